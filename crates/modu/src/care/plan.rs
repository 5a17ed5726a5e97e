//! `modu care plan`: what is done for whom until when.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;
use modu_care::plan::{PlanReport, TaskState, input};
use modu_care::{PLAN, risk};
use modu_kernel::Language;

use crate::command_line::Shared;
use crate::engine_run::{RunResults, Source, run_engine_on};
use crate::terminal::{Answer, Terminal, table};

/// `modu care plan`
#[derive(Debug, Args)]
pub(crate) struct CarePlan {
    /// 병원의 추적 계획(TOML) | The hospital's plan (TOML)
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// 위험(한 줄에 JSON 하나) | Risks, a line of JSON each
    #[arg(long, value_name = "FILE")]
    risks: PathBuf,
    /// 들어온 FHIR Observation(NDJSON) | FHIR Observations that came in (NDJSON)
    #[arg(long, value_name = "FILE")]
    observations: Option<PathBuf>,
    /// 시각(기본: 지금) | The moment (default: now)
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    #[command(flatten)]
    results: RunResults,
}

/// Holds the plan against what came in. The answer is yes only where nothing is
/// overdue.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &CarePlan,
) -> anyhow::Result<Answer> {
    let observations = command.observations.as_ref();
    let inputs = [
        (input::PLAN, Source::File(&command.plan)),
        (risk::INPUT, Source::File(&command.risks)),
        (
            input::OBSERVATIONS,
            observations.map_or(Source::Bytes(b""), |path| Source::File(path)),
        ),
    ];
    let request = serde_json::json!({ "at": command.at.unwrap_or_else(Timestamp::now) });
    let ran = run_engine_on(terminal, shared, &PLAN, request, &inputs, &command.results)?;
    let report: PlanReport = serde_json::from_value(ran.outcome.report.clone())
        .context("the engine's report is not what its type says")?;
    terminal.document(&ran.document())?;
    let count = |state| report.tasks.get(&state).copied().unwrap_or_default();
    let overdue = count(TaskState::Overdue);
    let answer = if overdue == 0 {
        Answer::Yes
    } else {
        Answer::No
    };
    let (sign, waiting, due) = (
        terminal.sign(answer),
        count(TaskState::Waiting),
        count(TaskState::Due),
    );
    terminal.line(match terminal.language {
        Language::Ko => format!("{sign} 할 일: 아직 {waiting}, 할 때 {due}, 늦음 {overdue}."),
        Language::En => format!("{sign} Tasks: {waiting} waiting, {due} due, {overdue} overdue."),
    })?;
    let say = |ko: &str, en: &str| terminal.say(ko, en).to_owned();
    let mut rows = vec![vec![
        say("위험 구간", "band"),
        say("사람", "people"),
        say("늦은 사람", "with something overdue"),
        say("한계 밖", "outside of limits"),
    ]];
    let language = terminal.language;
    rows.extend(report.bands.iter().map(|band| {
        let counts = [band.people, band.overdue, band.outside_limits];
        let name = std::iter::once(band.band.get(language).to_owned());
        name.chain(counts.map(|count| count.text(language)))
            .collect()
    }));
    terminal.line(format!("\n{}", table(&rows)))?;
    ran.close(terminal)?;
    Ok(answer)
}
