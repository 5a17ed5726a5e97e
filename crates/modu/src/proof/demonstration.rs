//! `modu proof run`: solutions over the data, the gate, the evidence.
//!
//! The order is the point: the criteria stand in the log before the run; each
//! solution predicts in a confined child process; the scores are measured
//! against the criteria; and what was decided is signed and logged.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::Timestamp;
use modu_evidence::precedence::Precedence;
use modu_evidence::statement::{
    EntryReference, Predicate, SimpleVerificationResult, Statement, Subject, TestOutcome,
    TestResult, VerifierName,
};
use modu_kernel::{Artifact, Digest};
use modu_proof::need::Need;
use modu_proof::predict::{MAX_MODEL_BYTES, PredictRequest, Walls};
use modu_proof::report::{
    DecisionAnswer, OwnerReport, Registration, ReleasedCriterion, ReleasedReport, ReleasedSolution,
    SolutionSection, Source, Verdict,
};
use modu_proof::score::{PublishData, ScoreRequest};
use modu_proof::solution::Solution;

use super::ledger::{self, Chain};
use super::listener::Listener;
use super::{MAX_TOML_BYTES, in_file, register, summary};
use crate::command_line::ProofRun;
use crate::engines::Confined;
use crate::evidence::write_file;
use crate::exit::Wrong;
use crate::home::{Home, read_limited};
use crate::run::{Done, RunInput, perform};
use crate::submitted;
use crate::terminal::{Answer, Terminal};

/// What is demonstrated: everything is in the store already.
#[derive(Debug)]
pub(crate) struct Demonstration {
    pub(crate) need: Artifact,
    pub(crate) dataset: RunInput,
    /// Secret bytes that go into every run on data that is not public, so that
    /// the digests of what comes out do not confirm a guess of the data.
    pub(crate) blind: Option<RunInput>,
    pub(crate) solutions: Vec<Submission>,
    pub(crate) criteria: EntryReference,
    /// Whether the report names its own place in this log. Without it the same
    /// data gives the same result digest in any home.
    pub(crate) name_registration: bool,
}

/// A solution that takes part.
#[derive(Debug, Clone)]
pub(crate) struct Submission {
    pub(crate) id: String,
    pub(crate) document: Artifact,
    pub(crate) model: Artifact,
}

/// What a demonstration came to.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) report: OwnerReport,
    pub(crate) released: ReleasedReport,
    pub(crate) score: Done,
    /// Which walls stood around the models.
    pub(crate) walls: Walls,
    /// Where each run and decision stands in the log.
    pub(crate) entries: Vec<EntryReference>,
}

impl Decided {
    /// Whether any solution is adopted.
    pub(crate) fn adopts(&self) -> bool {
        let mut solutions = self.report.solutions.iter().zip(&self.released.solutions);
        solutions.any(|(section, told)| is_adopted(section, told))
    }
}

impl Submission {
    /// Puts a solution's folder into the store.
    pub(crate) fn read(home: &Home, folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("solution.toml");
        let bytes = submitted::read(&path, MAX_TOML_BYTES)?;
        let solution = Solution::parse(&bytes).map_err(|error| in_file(&path, &error))?;
        let model = submitted::read(&folder.join(&solution.model), MAX_MODEL_BYTES)?;
        Ok(Self {
            id: solution.id,
            document: home.store.put_bytes(&bytes)?,
            model: home.store.put_bytes(&model)?,
        })
    }
}

/// Runs, judges, records.
pub(crate) fn demonstrate(
    listener: &dyn Listener,
    home: &Home,
    demonstration: &Demonstration,
    predict: &Confined,
) -> anyhow::Result<Decided> {
    let mut predictions = Vec::new();
    for solution in &demonstration.solutions {
        predictions.push(predict_one(
            listener,
            home,
            demonstration,
            solution,
            predict,
        )?);
    }
    let chain = Chain::read(home, &home.archive()?, demonstration.dataset.artifact)?;
    let submitted = ledger::submitted(home, demonstration.need, &demonstration.solutions)?;
    let of_ledger = chain.inputs(home, &submitted)?;
    let walls = &predict.walls;
    let score = score(
        listener,
        home,
        demonstration,
        &predictions,
        of_ledger,
        walls,
    )?;
    let report: OwnerReport = serde_json::from_value(score.outcome.report.clone())
        .context("the engine's report is not what its type says")?;
    let released = score.outcome.output("released.json");
    let released = released.context("the score engine gave no released report")?;
    let released: ReleasedReport = serde_json::from_slice(&released.bytes)
        .context("the released report is not what its type says")?;
    let runs = Runs {
        predictions: &predictions,
        score: &score,
        departed_from: &chain,
    };
    let entries = record(listener, home, demonstration, &report, &released, &runs)?;
    Ok(Decided {
        report,
        released,
        score,
        walls: predict.walls.clone(),
        entries,
    })
}

pub(super) fn predict_one(
    listener: &dyn Listener,
    home: &Home,
    demonstration: &Demonstration,
    solution: &Submission,
    predict: &Confined,
) -> anyhow::Result<Done> {
    let request = serde_json::to_value(PredictRequest {
        solution: solution.id.clone(),
        walls: Some(predict.walls.clone()),
    })?;
    let mut inputs = vec![
        RunInput::public("need", demonstration.need),
        demonstration.dataset.clone(),
        RunInput::public("solution", solution.document),
        RunInput::public("model", solution.model),
    ];
    inputs.extend(demonstration.blind.clone());
    let bar = listener.piece(&solution.id, &solution.id);
    perform(home, &predict.engine, request, &inputs, None, &*bar)
        .with_context(|| format!("the solution `{}` could not be run", solution.id))
}

fn score(
    listener: &dyn Listener,
    home: &Home,
    demonstration: &Demonstration,
    predictions: &[Done],
    of_ledger: Vec<RunInput>,
    walls: &Walls,
) -> anyhow::Result<Done> {
    let registration = Registration {
        log_index: demonstration.criteria.log_index.to_string(),
        entry: Digest::from_bytes(*demonstration.criteria.leaf_hash.as_bytes()),
    };
    let opening = demonstration.dataset.private.as_ref();
    let request = serde_json::to_value(ScoreRequest {
        need: demonstration.need.digest,
        solutions: demonstration
            .solutions
            .iter()
            .map(|it| it.id.clone())
            .collect(),
        registration: demonstration.name_registration.then_some(registration),
        publish: match opening {
            Some(opening) => PublishData::Commitment(opening.commitment().digest()),
            None => PublishData::Digest,
        },
        time: None,
        walls: Some(walls.clone()),
    })?;
    let mut inputs = vec![
        RunInput::public("need", demonstration.need),
        demonstration.dataset.clone(),
    ];
    inputs.extend(demonstration.blind.clone());
    for (solution, done) in demonstration.solutions.iter().zip(predictions) {
        let name = format!("solution/{}", solution.id);
        inputs.push(RunInput::public(name, solution.document));
        let output = done.outcome.output("predictions");
        let output = output.context("the predict engine gave no predictions")?;
        let name = format!("predictions/{}", solution.id);
        inputs.push(RunInput::public(name, Artifact::of(&output.bytes)));
    }
    inputs.extend(of_ledger);
    let bar = listener.piece("견주기", "compare");
    let criteria = Some(demonstration.criteria);
    perform(home, &modu_proof::SCORE, request, &inputs, criteria, &*bar)
}

/// What is to be logged, and the ledger that it departed from.
struct Runs<'a> {
    predictions: &'a [Done],
    score: &'a Done,
    departed_from: &'a Chain,
}

/// Signs and logs the runs, with them what they spent, and, if the log shows
/// that the criteria came first and stand, what was decided. All of it is one
/// batch: a process that is killed leaves a run without its decision nowhere,
/// which no later run could make up for. Under the archive's lock no other run
/// can spend the same budget; and nothing is shown before the log holds it.
fn record(
    listener: &dyn Listener,
    home: &Home,
    demonstration: &Demonstration,
    report: &OwnerReport,
    released: &ReleasedReport,
    of: &Runs<'_>,
) -> anyhow::Result<Vec<EntryReference>> {
    let mut recorder = listener.recorder(home)?;
    let now = Chain::read(home, &recorder, demonstration.dataset.artifact)?;
    of.departed_from.check_newest(&now)?;
    listener.about_to_record(&recorder, of.score.result.digest)?;
    let runs = of.predictions.iter().chain([of.score]);
    let mut statements: Vec<_> = runs
        .map(|done| Statement::engine_report(done.report.clone()))
        .collect();
    let now = Timestamp::now();
    if let Precedence::Void(reason) = recorder.criteria_would_precede(&of.score.report)? {
        // What a void run spent is spent.
        recorder.record_batch(&statements, now)?;
        let text = format!(
            "the run is void, and nothing was decided: {}",
            reason.label().en
        );
        return Err(Wrong(text).into());
    }
    let verifier = recorder.identity().uri.clone();
    // What is in use already does not compete, and is not adopted again.
    // Of a solution that is told nothing new, nothing is stated either.
    let competing = report.solutions.iter().zip(&released.solutions);
    let competing = competing.zip(&demonstration.solutions);
    for ((section, told), solution) in competing {
        if section.incumbent || told.source == Source::EarlierSubmission {
            continue;
        }
        let decision = Decision {
            need: demonstration.need,
            result: of.score.result,
            told,
            solution,
        };
        statements.push(decision.test_result());
        if is_adopted(section, told) {
            statements.push(decision.adopted(&verifier, now));
        }
    }
    Ok(recorder.record_batch(&statements, now)?)
}

/// A solution is adopted where the gate says so and the guard lets it be told.
pub(crate) fn is_adopted(section: &SolutionSection, told: &ReleasedSolution) -> bool {
    !section.incumbent
        && section.decision.answer == DecisionAnswer::Adopt
        && told.decision.answer == DecisionAnswer::Adopt
        && told.source == Source::ThisSubmission
}

/// What was decided on one solution, as statements.
struct Decision<'a> {
    need: Artifact,
    result: Artifact,
    told: &'a ReleasedSolution,
    solution: &'a Submission,
}

impl Decision<'_> {
    fn subjects(&self) -> Vec<Subject> {
        let id = &self.solution.id;
        vec![
            Subject::new(format!("{id}/model"), self.solution.model.digest),
            Subject::new(format!("{id}/solution.toml"), self.solution.document.digest),
        ]
    }

    /// What the decision rests on: by it, a pass for one need cannot be shown
    /// as a pass for another.
    fn basis(&self) -> Vec<Subject> {
        vec![
            Subject::new("need.toml", self.need.digest),
            Subject::new("result", self.result.digest),
        ]
    }

    /// Which criteria were met, of those whose verdicts are told. Anything but an adoption is a failure: a
    /// reader that only looks at the result must not take it for a pass.
    fn test_result(&self) -> Statement {
        let of = |wanted: &[Verdict]| {
            let criteria = self.told.criteria.iter();
            criteria
                .filter(|criterion| wanted.contains(&criterion.verdict) && is_own(criterion))
                .map(|criterion| criterion.id.clone())
                .collect()
        };
        Statement {
            subject: self.subjects(),
            predicate: Predicate::TestResult(TestResult {
                result: match self.told.decision.answer {
                    DecisionAnswer::Adopt => TestOutcome::Passed,
                    DecisionAnswer::Refuse
                    | DecisionAnswer::NotSeparable
                    | DecisionAnswer::NotEnoughData => TestOutcome::Failed,
                },
                configuration: self.basis(),
                passed_tests: of(&[Verdict::Met]),
                // A warned test has passed. What is not proven has not.
                warned_tests: Vec::new(),
                failed_tests: of(&[
                    Verdict::NotMet,
                    Verdict::NotSeparable,
                    Verdict::NotEnoughData,
                    Verdict::Missing,
                ]),
            }),
        }
    }

    fn adopted(&self, verifier: &str, now: Timestamp) -> Statement {
        Statement {
            subject: [self.subjects(), self.basis()].concat(),
            predicate: Predicate::SimpleVerificationResult(SimpleVerificationResult {
                verifier: VerifierName {
                    id: verifier.to_owned(),
                },
                time_created: now,
                properties: vec!["MODU_GATE_PASSED".to_owned()],
            }),
        }
    }
}

/// Whether a verdict is of this submission, and not of an earlier one.
fn is_own(criterion: &ReleasedCriterion) -> bool {
    let mut parts = criterion.parts.iter();
    parts.all(|part| part.source == Source::ThisSubmission)
}

/// Writes the reports where people look for them.
pub(crate) fn write_reports(done: &Done, out: &Path) -> anyhow::Result<Vec<PathBuf>> {
    std::fs::create_dir_all(out).with_context(|| format!("could not make {}", out.display()))?;
    let mut written = Vec::new();
    for output in &done.outcome.outputs {
        let path = out.join(&output.name);
        write_file(&path, &output.bytes)?;
        written.push(path);
    }
    let path = out.join("owner.json");
    write_file(
        &path,
        &modu_kernel::canonical::to_vec(&done.outcome.report)?,
    )?;
    written.push(path);
    Ok(written)
}

/// `modu proof run`
pub(super) fn run(terminal: Terminal, home: &Home, command: &ProofRun) -> anyhow::Result<Answer> {
    let need_bytes = read_limited(&command.need, MAX_TOML_BYTES)?;
    let parsed = Need::parse(&need_bytes).map_err(|error| in_file(&command.need, &error))?;
    let rule = parsed.release;
    let need = Artifact::of(&need_bytes);
    let criteria = register::find(&home.archive()?, need)?;
    home.store.put_bytes(&need_bytes)?;
    let solutions = command
        .solutions
        .iter()
        .map(|folder| Submission::read(home, folder))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let data = home.put_file(&command.data)?;
    let (dataset, blind) = match command.public_data {
        true => (RunInput::public("dataset", data), None),
        false => (
            RunInput::private("dataset", home.commit_to(data)?),
            Some(RunInput::private("blind", home.new_secret()?)),
        ),
    };
    let demonstration = Demonstration {
        need,
        dataset,
        blind,
        solutions,
        criteria,
        name_registration: true,
    };
    let chain = Chain::read(home, &home.archive()?, data)?;
    let submitted = ledger::submitted(home, need, &demonstration.solutions)?;
    if let Err(exhausted) = chain.ledger.check_budget(&rule, &submitted) {
        return ledger::refuse(terminal, &exhausted);
    }
    let predict = Confined::within(command.sandbox)?;
    let decided = demonstrate(&terminal, home, &demonstration, &predict)?;
    let written = write_reports(&decided.score, &command.out)?;
    terminal.document(&summary::document(&decided, &written))?;
    terminal.line(summary::table(terminal, &decided.report))?;
    terminal.line(format!("\n  {}", summary::walls(terminal, &decided.walls)))?;
    terminal.line(format!(
        "  {}  {}",
        terminal.say("보고서", "report"),
        command.out.display()
    ))?;
    terminal.line(format!("  result digest: {}", decided.score.result.digest))?;
    Ok(match decided.adopts() {
        true => Answer::Yes,
        false => Answer::No,
    })
}
