//! What a new programme opens with: the census demonstration, from its need to
//! what the gate let through. The data, the models, the runs and the evidence
//! are real; the organisations and the sheets are made up, and say so.

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use modu_evidence::statement::{Predicate, TestOutcome};
use modu_kernel::{Artifact, Language};
use modu_programme::access::Role;
use modu_programme::account::Token;
use modu_programme::job::Desk;
use modu_programme::project::{Score, ScoreSheet, Verdict};
use modu_programme::store::{DatabaseHistory, Kept};
use modu_programme::{
    Actor, Event, OrganisationId, OrganisationKind, PersonId, ProjectId, ProposalId, Sequence, Text,
};
use modu_proof::need::Need;
use modu_proof::solution::Solution;

use super::name;
use crate::command_line::Sandbox;
use crate::demo;
use crate::engines::Confined;
use crate::home::Home;
use crate::job::tell::verdict_of;
use crate::proof::demonstration::{Decided, Demonstration, demonstrate};
use crate::terminal::Terminal;

/// Every sheet of the demonstration: nobody was asked.
const POINTS: [u16; 4] = [30, 22, 11, 11];

/// How long before now the story begins.
pub(super) const LASTS: SignedDuration = SignedDuration::from_mins(30);

/// Runs the demonstration and tells it as a project.
pub(super) fn demonstration(
    terminal: Terminal,
    home: &Home,
    kept: &mut Kept<DatabaseHistory>,
    jobs: &Desk,
    sandbox: Sandbox,
) -> anyhow::Result<()> {
    terminal.line(terminal.say(
        "• 시범 사업을 넣습니다: 인구조사 공공 데이터, 솔루션 넷.",
        "• Putting in the demonstration: public census data, four solutions.",
    ))?;
    // The steps of the story lie in the minutes before now.
    let mut story = Story {
        kept,
        now: Timestamp::now() - LASTS,
        language: terminal.language,
    };
    let (project, official_agency) = story.need()?;
    let prepared = demo::prepare(home)?;
    materials(jobs, official_agency, &prepared)?;
    let (proposals, evaluators) = story.proposals(home, project, &prepared)?;
    story.selection(project, &proposals, &evaluators)?;
    let predict = Confined::within(sandbox)?;
    let decided = demonstrate(&terminal, home, &prepared, &predict)?;
    story.now = Timestamp::now();
    story.results(
        home,
        project,
        &proposals,
        &prepared,
        &decided,
        official_agency,
    )
}

struct Story<'k> {
    kept: &'k mut Kept<DatabaseHistory>,
    now: Timestamp,
    language: Language,
}

impl Story<'_> {
    fn tell(&mut self, event: Event) -> anyhow::Result<Sequence> {
        // Never ahead of the clock: else nobody could take a step until it
        // has caught up.
        self.now = (self.now + SignedDuration::from_secs(1)).min(Timestamp::now());
        Ok(self.kept.act(Actor::System, event, self.now)?.sequence)
    }

    fn organisation(
        &mut self,
        text: &str,
        kind: OrganisationKind,
    ) -> anyhow::Result<OrganisationId> {
        let name = name(text)?;
        let told = self.tell(Event::OrganisationRegistered { name, kind })?;
        Ok(OrganisationId(told))
    }

    fn text(text: &str) -> anyhow::Result<Text> {
        Text::new(text).map_err(anyhow::Error::msg)
    }

    fn need(&mut self) -> anyhow::Result<(ProjectId, OrganisationId)> {
        let need = Need::parse(demo::NEED).context("the demonstration's need")?;
        let agency = self.organisation("수요부처 (시범)", OrganisationKind::DemandAgency)?;
        let question = self.language.pick(&need.question.ko, &need.question.en);
        let title = self.language.pick(
            "소득 기준 확인 (시범)",
            "Checking an income limit (demonstration)",
        );
        let event = Event::NeedPublished {
            agency,
            title: name(title)?,
            description: Self::text(question)?,
            need: Some(Artifact::of(demo::NEED).digest),
        };
        Ok((ProjectId(self.tell(event)?), agency))
    }

    fn proposals(
        &mut self,
        home: &Home,
        project: ProjectId,
        prepared: &Demonstration,
    ) -> anyhow::Result<(Vec<ProposalId>, Vec<PersonId>)> {
        let closes = self.now + SignedDuration::from_mins(5);
        self.tell(Event::CallOpened { project, closes })?;
        let mut proposals = Vec::new();
        for submission in &prepared.solutions {
            let document = home.store.read(submission.document.digest, 1 << 20)?;
            let solution = Solution::parse(&document).context("a solution of the demonstration")?;
            let supplier = self
                .language
                .pick(&solution.supplier.ko, &solution.supplier.en);
            let supplier = self.organisation(supplier, OrganisationKind::Supplier)?;
            let title = self.language.pick(&solution.name.ko, &solution.name.en);
            let event = Event::ProposalSubmitted {
                project,
                supplier,
                title: name(title)?,
                summary: Text::default(),
                solution: Some(submission.document.digest),
            };
            proposals.push(ProposalId(self.tell(event)?));
        }
        let operators = self.kept.programme().organisations().values();
        let mut operators = operators.filter(|it| it.kind == OrganisationKind::Operator);
        let operator = operators.next().context("there is no operator")?.id;
        let mut evaluators = Vec::new();
        for text in ["평가위원 1 (시범)", "평가위원 2 (시범)"] {
            let event = Event::PersonEnrolled {
                organisation: operator,
                name: name(text)?,
                role: Role::Evaluator,
            };
            evaluators.push(PersonId(self.tell(event)?));
        }
        self.now = closes;
        self.tell(Event::CallClosed {
            project,
            evaluators: evaluators.clone(),
        })?;
        Ok((proposals, evaluators))
    }

    fn selection(
        &mut self,
        project: ProjectId,
        proposals: &[ProposalId],
        evaluators: &[PersonId],
    ) -> anyhow::Result<()> {
        let comment = "시범: 평가를 거치지 않은 보기입니다 | an example, not judged by anybody";
        let mut sheets = Vec::new();
        for (proposal, evaluator) in proposals.iter().flat_map(|proposal| {
            evaluators
                .iter()
                .map(move |evaluator| (*proposal, *evaluator))
        }) {
            let sheet = ScoreSheet {
                points: POINTS,
                comment: Self::text(comment)?,
                nonce: Token::new()?.reveal(),
            };
            self.tell(Event::ScoreSealed {
                project,
                proposal,
                evaluator,
                sheet: sheet.digest()?,
            })?;
            sheets.push(Score {
                proposal,
                evaluator,
                sheet,
            });
        }
        self.tell(Event::ScoresOpened { project, sheets })?;
        self.tell(Event::Selected {
            project,
            proposals: proposals.to_vec(),
            reason: Self::text("시범: 모두 실증합니다 | all demonstrate")?,
        })?;
        Ok(())
    }

    fn results(
        &mut self,
        home: &Home,
        project: ProjectId,
        proposals: &[ProposalId],
        prepared: &Demonstration,
        decided: &Decided,
        agency: OrganisationId,
    ) -> anyhow::Result<()> {
        for ((proposal, submission), section) in proposals
            .iter()
            .zip(&prepared.solutions)
            .zip(&decided.released.solutions)
        {
            let verdict = verdict_of(section.decision.answer);
            let evidence = decision_about(home, decided, submission.document.digest, verdict)?;
            self.tell(Event::Demonstrated {
                project,
                proposal: *proposal,
                verdict,
                report: decided.score.result.digest,
                evidence,
            })?;
            if verdict == Verdict::Adopt {
                let proposal = *proposal;
                self.tell(Event::Adopted {
                    project,
                    proposal,
                    agency,
                })?;
            }
        }
        Ok(())
    }
}

/// The data and the models, so that it can be demonstrated again.
fn materials(jobs: &Desk, agency: OrganisationId, prepared: &Demonstration) -> anyhow::Result<()> {
    let data = prepared.dataset.artifact;
    let data = (Some(data.digest), data.size);
    let title = name("인구조사 공공 데이터 (시범)")?;
    let materials = jobs.materials();
    materials.keep_dataset(agency, &title, data, true, None)?;
    for solution in &prepared.solutions {
        materials.keep_solution(solution.document.digest, solution.model.digest)?;
    }
    Ok(())
}

/// The entry that says what was decided on a solution.
fn decision_about(
    home: &Home,
    decided: &Decided,
    document: modu_kernel::Digest,
    verdict: Verdict,
) -> anyhow::Result<u64> {
    let archive = home.archive()?;
    for reference in &decided.entries {
        let entry = archive.get(reference.log_index)?;
        let Predicate::TestResult(result) = &entry.statement.predicate else {
            continue;
        };
        if entry.statement.is_about(&document) {
            let passed = result.result == TestOutcome::Passed;
            anyhow::ensure!(
                passed == (verdict == Verdict::Adopt),
                "entry {} and the report say different things",
                entry.index
            );
            return Ok(entry.index);
        }
    }
    anyhow::bail!("the log has no decision on a solution of the demonstration")
}
