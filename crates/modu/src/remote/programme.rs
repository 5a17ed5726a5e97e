//! `modu programme ...`

use modu_client::Client;
use modu_client::wire::value::Moment;
use modu_client::wire::{
    Done, KindName, NewNeed, NewOrganisation, NewPerson, NewStep, PhaseName, ProjectView, RoleName,
    VerdictName,
};
use serde::Serialize;
use serde_json::json;

use super::command_line::{Programme, Step};
use crate::command_line::Shared;
use crate::terminal::{Answer, Terminal, table};

/// Asks the server, and shows what it says.
pub(crate) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &Programme,
) -> anyhow::Result<Answer> {
    let client = super::needed(shared)?;
    match command {
        Programme::Me => me(terminal, &client)?,
        Programme::Projects => projects(terminal, &client)?,
        Programme::Project(of) => project(terminal, &client.project(of.number)?)?,
        Programme::Proposals(of) => {
            let found: Vec<_> = client.proposals(of.number).collect::<Result<_, _>>()?;
            let head = [
                terminal.say("번호", "number"),
                terminal.say("제안", "proposal"),
                terminal.say("기업", "supplier"),
                terminal.say("선정", "selected"),
                terminal.say("점수", "totals"),
            ];
            let rows = found.iter().map(|it| {
                let totals: Vec<_> = it.totals.iter().map(ToString::to_string).collect();
                vec![
                    it.proposal.to_string(),
                    it.title.as_str().to_owned(),
                    it.supplier.to_string(),
                    yes(terminal, it.selected).to_owned(),
                    totals.join(" "),
                ]
            });
            listed(terminal, &head, rows, &found)?;
        }
        Programme::Publish(of) => {
            let need = NewNeed {
                title: of.title.clone(),
                description: of.description.clone(),
                need: of.need,
            };
            done(terminal, &client.publish(&need)?)?;
        }
        Programme::Step(of) => done(terminal, &client.take(of.project, &step(&of.step))?)?,
        Programme::Organisations => organisations(terminal, &client)?,
        Programme::Register(of) => {
            let organisation = NewOrganisation {
                name: of.name.clone(),
                kind: of.kind.into(),
            };
            done(terminal, &client.register(&organisation)?)?;
        }
        Programme::People => people(terminal, &client)?,
        Programme::Enrol(of) => {
            let person = NewPerson {
                organisation: of.organisation,
                name: of.name.clone(),
                role: of.role.into(),
            };
            done(terminal, &client.enrol(&person)?)?;
        }
        Programme::Suspend(of) => done(terminal, &client.suspend(of.number)?)?,
        Programme::Reinstate(of) => done(terminal, &client.reinstate(of.number)?)?,
        Programme::History(of) => {
            let found: Vec<_> = client.history(of.after).collect::<Result<_, _>>()?;
            let head = [
                terminal.say("번호", "number"),
                terminal.say("때 (UTC)", "time (UTC)"),
                terminal.say("무엇", "what"),
            ];
            let rows = found.iter().map(|it| {
                let what = it.event.get("event").and_then(|what| what.as_str());
                let what = what.unwrap_or("?").to_owned();
                vec![it.sequence.to_string(), time(it.at), what]
            });
            listed(terminal, &head, rows, &found)?;
        }
        Programme::Data => super::nodes::data(terminal, &client)?,
        Programme::Nodes => super::nodes::list(terminal, &client)?,
        Programme::AdmitNode(of) => super::nodes::admit(terminal, &client, of)?,
        Programme::ShutNodeOut(of) => done(terminal, &client.shut_node_out(of.number)?)?,
        Programme::Keys => {
            let found: Vec<_> = client.keys().collect::<Result<_, _>>()?;
            let head = [
                terminal.say("번호", "number"),
                terminal.say("이름", "name"),
                terminal.say("끝나는 때 (UTC)", "ends (UTC)"),
            ];
            let rows = found.iter().map(|it| {
                vec![
                    it.key.to_string(),
                    it.name.as_str().to_owned(),
                    time(it.ends),
                ]
            });
            listed(terminal, &head, rows, &found)?;
        }
        Programme::EndKey(of) => {
            client.end_key(of.number)?;
            terminal.document(&json!({ "ended": of.number }))?;
            terminal.line(terminal.say("끝났습니다.", "It holds no longer."))?;
        }
    }
    Ok(Answer::Yes)
}

fn me(terminal: Terminal, client: &Client) -> anyhow::Result<()> {
    let me = client.me()?;
    terminal.document(&me)?;
    let name = me.name.as_ref().map_or("-", |name| name.as_str());
    let role = role(terminal, me.role);
    terminal.line(format!("  {name} ({role})"))?;
    Ok(())
}

fn projects(terminal: Terminal, client: &Client) -> anyhow::Result<()> {
    let found: Vec<_> = client.projects().collect::<Result<_, _>>()?;
    let head = [
        terminal.say("번호", "number"),
        terminal.say("사업", "project"),
        terminal.say("기관", "agency"),
        terminal.say("단계", "phase"),
        terminal.say("공개 (UTC)", "published (UTC)"),
    ];
    let rows = found.iter().map(|it| {
        vec![
            it.project.to_string(),
            it.title.as_str().to_owned(),
            it.agency_name.as_str().to_owned(),
            phase(terminal, it.phase).to_owned(),
            time(it.since),
        ]
    });
    listed(terminal, &head, rows, &found)
}

fn project(terminal: Terminal, project: &ProjectView) -> anyhow::Result<()> {
    terminal.document(project)?;
    terminal.line(format!(
        "{} {}: {} ({})",
        terminal.say("사업", "Project"),
        project.project,
        project.title.as_str(),
        phase(terminal, project.phase)
    ))?;
    terminal.line(format!("  {}", project.agency_name.as_str()))?;
    for text in project.description.lines() {
        terminal.line(format!("  {text}"))?;
    }
    for result in &project.results {
        for judged in &result.judged {
            terminal.line(format!(
                "  → {}: {} ({} {})",
                result.title.as_str(),
                verdict(terminal, judged.verdict),
                terminal.say("증거", "evidence"),
                judged.evidence
            ))?;
        }
    }
    Ok(())
}

fn organisations(terminal: Terminal, client: &Client) -> anyhow::Result<()> {
    let found: Vec<_> = client.organisations().collect::<Result<_, _>>()?;
    let head = [
        terminal.say("번호", "number"),
        terminal.say("기관", "organisation"),
        terminal.say("하는 일", "kind"),
    ];
    let rows = found.iter().map(|it| {
        let kind = match it.kind {
            KindName::DemandAgency => role(terminal, RoleName::DemandAgency),
            KindName::Supplier => role(terminal, RoleName::Supplier),
            KindName::Operator => role(terminal, RoleName::Operator),
            KindName::Auditor => role(terminal, RoleName::Auditor),
        };
        let name = it.name.as_str().to_owned();
        vec![it.organisation.to_string(), name, kind.to_owned()]
    });
    listed(terminal, &head, rows, &found)
}

fn people(terminal: Terminal, client: &Client) -> anyhow::Result<()> {
    let found: Vec<_> = client.people().collect::<Result<_, _>>()?;
    let head = [
        terminal.say("번호", "number"),
        terminal.say("이름", "name"),
        terminal.say("기관", "organisation"),
        terminal.say("역할", "role"),
        terminal.say("활동", "active"),
    ];
    let rows = found.iter().map(|it| {
        vec![
            it.person.to_string(),
            it.name.as_str().to_owned(),
            it.organisation.to_string(),
            role(terminal, it.role).to_owned(),
            yes(terminal, it.active).to_owned(),
        ]
    });
    listed(terminal, &head, rows, &found)
}

/// A list as a table for people, and as it is for programs.
pub(super) fn listed(
    terminal: Terminal,
    head: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
    found: &[impl Serialize],
) -> anyhow::Result<()> {
    terminal.document(&json!({ "items": found }))?;
    let head = head.iter().map(|cell| (*cell).to_owned()).collect();
    let rows: Vec<_> = std::iter::once(head).chain(rows).collect();
    Ok(terminal.line(table(&rows))?)
}

fn done(terminal: Terminal, done: &Done) -> anyhow::Result<()> {
    terminal.document(done)?;
    let said = terminal.say("이력에 남겼습니다: 번호", "In the history, as number");
    Ok(terminal.line(format!("{said} {}", done.sequence))?)
}

fn step(step: &Step) -> NewStep {
    match step {
        Step::OpenCall { closes } => NewStep::OpenCall { closes: *closes },
        Step::Propose {
            title,
            summary,
            solution,
        } => NewStep::Propose {
            title: title.clone(),
            summary: summary.clone(),
            solution: *solution,
        },
        Step::Withdraw(of) => NewStep::Withdraw {
            proposal: of.number,
        },
        Step::CloseCall { evaluators } => NewStep::CloseCall {
            evaluators: evaluators.clone(),
        },
        Step::AppointEvaluator { evaluator } => NewStep::AppointEvaluator {
            evaluator: *evaluator,
        },
        Step::ReleaseEvaluator { evaluator, reason } => NewStep::ReleaseEvaluator {
            evaluator: *evaluator,
            reason: reason.clone(),
        },
        Step::Recuse { proposal, reason } => NewStep::Recuse {
            proposal: *proposal,
            reason: reason.clone(),
        },
        Step::Score {
            proposal,
            points,
            comment,
        } => NewStep::Score {
            proposal: *proposal,
            points: *points,
            comment: comment.clone(),
        },
        Step::OpenScores => NewStep::OpenScores {},
        Step::Select { proposals, reason } => NewStep::Select {
            proposals: proposals.clone(),
            reason: reason.clone(),
        },
        Step::Adopt(of) => NewStep::Adopt {
            proposal: of.number,
        },
        Step::Retire { proposal, reason } => NewStep::Retire {
            proposal: *proposal,
            reason: reason.clone(),
        },
        Step::Close { reason } => NewStep::Close {
            reason: reason.clone(),
        },
    }
}

/// To the second.
pub(super) fn time(moment: Moment) -> String {
    moment.0.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

pub(super) fn yes(terminal: Terminal, is_so: bool) -> &'static str {
    match is_so {
        true => terminal.say("예", "yes"),
        false => terminal.say("아니요", "no"),
    }
}

fn role(terminal: Terminal, role: RoleName) -> &'static str {
    match role {
        RoleName::Public => terminal.say("국민", "public"),
        RoleName::DemandAgency => terminal.say("수요기관", "demand agency"),
        RoleName::Supplier => terminal.say("공급기업", "supplier"),
        RoleName::Evaluator => terminal.say("평가위원", "evaluator"),
        RoleName::Operator => terminal.say("전담기관", "operator"),
        RoleName::Auditor => terminal.say("감사", "auditor"),
    }
}

fn phase(terminal: Terminal, phase: PhaseName) -> &'static str {
    match phase {
        PhaseName::Need => terminal.say("수요 공개", "need published"),
        PhaseName::Call => terminal.say("공모 중", "call open"),
        PhaseName::Scoring => terminal.say("평가 중", "scoring"),
        PhaseName::Selection => terminal.say("선정", "selection"),
        PhaseName::Demonstration => terminal.say("실증 중", "demonstration"),
        PhaseName::Adopted => terminal.say("도입", "adopted"),
        PhaseName::Closed => terminal.say("종료", "closed"),
    }
}

pub(super) fn verdict(terminal: Terminal, verdict: VerdictName) -> &'static str {
    match verdict {
        VerdictName::Adopt => terminal.say("도입 가능", "may be adopted"),
        VerdictName::Refuse => terminal.say("도입 불가", "refused"),
        VerdictName::NotSeparable => terminal.say("가릴 수 없음", "not separable"),
        VerdictName::NotEnoughData => terminal.say("자료 부족", "not enough data"),
    }
}
