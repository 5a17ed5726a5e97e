//! `modu route holds`, `release` and `reject`: what is held back from routers,
//! and the operator's answer.

use jiff::Timestamp;
use modu_evidence::statement::Statement;
use modu_kernel::{Language, NoProgress};
use modu_route::hold::{ANSWER, Answer as HoldAnswer, AnswerRequest};
use modu_route_net::guard::{GivenAnswer, Standing, answer, standing};
use serde_json::json;

use super::command_line::{RouteAnswer, RouteHolds};
use crate::command_line::Shared;
use crate::exit::Wrong;
use crate::home::Home;
use crate::run::{RunInput, perform};
use crate::terminal::{Answer, Terminal};

/// Lists what is held. The answer is no where something waits for one.
pub(super) fn list(
    terminal: Terminal,
    shared: &Shared,
    command: &RouteHolds,
) -> anyhow::Result<Answer> {
    let holds = standing(&command.folder.path(shared)?.join("hold"))?;
    let documents = holds.iter().map(|hold| {
        json!({
            "id": hold.id,
            "since": hold.since,
            "pending": hold.is_pending(),
            "report": hold.report,
        })
    });
    terminal.document(&documents.collect::<Vec<_>>())?;
    if holds.is_empty() {
        terminal.line(terminal.say("붙들린 것이 없습니다.", "Nothing is held back."))?;
    }
    for hold in &holds {
        show(terminal, hold)?;
    }
    match holds.iter().any(Standing::is_pending) {
        true => Ok(Answer::No),
        false => Ok(Answer::Yes),
    }
}

fn show(terminal: Terminal, hold: &Standing) -> anyhow::Result<()> {
    let report = &hold.report;
    let (id, anchor) = (&hold.id, &report.anchor);
    let (without, total, held) = (report.without_evidence, report.total, report.held);
    let until = report
        .until
        .and_then(|end| Timestamp::from_second(end).ok());
    let until = until.map_or("-".to_owned(), |end| end.to_string());
    let sign = terminal.sign(match hold.is_pending() {
        true => Answer::No,
        false => Answer::Yes,
    });
    terminal.line(match terminal.language {
        Language::Ko => format!(
            "{sign} {id}: {anchor}의 VRP {total}개 가운데 {without}개가 근거 없이 사라져 {held}개를 붙들었습니다 (늦어도 {until}까지)."
        ),
        Language::En => format!(
            "{sign} {id}: {without} of {anchor}'s {total} VRPs are gone without evidence; {held} are kept (until {until} at the latest)."
        ),
    })?;
    let aspas = report.aspas;
    if aspas.held > 0 {
        let (without, total, held) = (aspas.without_evidence, aspas.total, aspas.held);
        terminal.line(match terminal.language {
            Language::Ko => format!(
                "    ASPA: 고객 AS {total}개 가운데 {without}개에서 근거 없이 사라져 {held}개를 붙들었습니다."
            ),
            Language::En => format!(
                "    ASPAs: of {total} customers {without} lost some without evidence; those of {held} are kept."
            ),
        })?;
    }
    for cause in &report.causes {
        let label = cause.label.get(terminal.language);
        let (vrps, aspas) = (cause.vrps, cause.aspas);
        terminal.line(match aspas {
            0 => format!("    {vrps}  {label}"),
            _ => format!("    {vrps} + {aspas} ASPA  {label}"),
        })?;
    }
    Ok(())
}

/// Gives an answer. It is recorded where there is a home.
pub(super) fn give(
    terminal: Terminal,
    shared: &Shared,
    command: &RouteAnswer,
    given: HoldAnswer,
) -> anyhow::Result<Answer> {
    let folder = command.folder.path(shared)?.join("hold");
    let holds = standing(&folder)?;
    let hold = holds.iter().find(|hold| hold.id == command.id);
    let hold = hold.ok_or_else(|| {
        Wrong(format!(
            "there is no hold `{}`: see `modu route holds`",
            command.id
        ))
    })?;
    crate::remote::stay_here(shared)?;
    let home = match Home::open(shared) {
        Ok(home) => Some(home),
        Err(error) if shared.home.is_some() => return Err(error),
        Err(_) => None,
    };
    let entry = match &home {
        None => None,
        Some(home) => Some(record(home, hold, command, given)?),
    };
    let id = command.id.clone();
    answer(&folder, &GivenAnswer { id, answer: given })?;
    terminal.document(&json!({
        "id": command.id,
        "answer": given,
        "log_index": entry.map(|entry| entry.to_string()),
    }))?;
    terminal.line(match (terminal.language, given) {
        (Language::Ko, HoldAnswer::Release) => "풀었습니다. 라우터는 검증된 표를 받습니다.",
        (Language::En, HoldAnswer::Release) => "Released: routers are told what was validated.",
        (Language::Ko, HoldAnswer::Reject) => {
            "받아들이지 않았습니다. 라우터는 지금의 표를 지킵니다."
        }
        (Language::En, HoldAnswer::Reject) => "Rejected: routers keep what they have.",
    })?;
    if let Some(entry) = entry {
        let what = terminal.say("로그 항목", "log entry");
        terminal.line(format!("  {what} {entry}"))?;
    }
    Ok(Answer::Yes)
}

fn record(
    home: &Home,
    hold: &Standing,
    command: &RouteAnswer,
    given: HoldAnswer,
) -> anyhow::Result<u64> {
    let report = serde_json::to_vec(&hold.report)?;
    let inputs = [RunInput::public("hold", home.store.put_bytes(&report)?)];
    let request = serde_json::to_value(AnswerRequest {
        id: hold.id.clone(),
        time: Timestamp::now().as_second(),
        answer: given,
        because: command.because.clone().unwrap_or_default(),
    })?;
    let done = perform(home, &ANSWER, request, &inputs, None, &NoProgress)?;
    let statement = Statement::engine_report(done.report);
    let entry = home.recorder()?.record(&statement, Timestamp::now())?;
    Ok(entry.log_index)
}
