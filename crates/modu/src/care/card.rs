//! `modu care card`: the model card in the order of TRIPOD+AI.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use modu_care::CARD;
use modu_care::card::{CardReport, Filled, input};
use modu_kernel::Language;

use crate::command_line::Shared;
use crate::engine_run::{RunResults, run_engine};
use crate::terminal::{Answer, Terminal};

/// `modu care card`
#[derive(Debug, Args)]
pub(crate) struct CareCard {
    /// 모형의 이름 | The model's name
    #[arg(long, value_name = "NAME")]
    name: String,
    /// 모형의 영어 이름(없으면 같은 이름) | Its name in English (else the same)
    #[arg(long, value_name = "NAME")]
    name_en: Option<String>,
    /// `modu care cohort`의 report.json | report.json of `modu care cohort`
    #[arg(long, value_name = "FILE")]
    cohort: Option<PathBuf>,
    /// `modu care fit`의 report.json | report.json of `modu care fit`
    #[arg(long, value_name = "FILE")]
    fit: Option<PathBuf>,
    /// `modu care validate`의 report.json | report.json of `modu care validate`
    #[arg(long, value_name = "FILE")]
    validate: Option<PathBuf>,
    /// `modu care alarm`의 report.json | report.json of `modu care alarm`
    #[arg(long, value_name = "FILE")]
    alarm: Option<PathBuf>,
    /// 사람이 채운 항목(TOML: "17" = { ko = "...", en = "..." }) | What people answered (TOML: "17" = { ko = "...", en = "..." })
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    #[command(flatten)]
    results: RunResults,
}

/// Makes the card. The answer is yes only where no item is open.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &CareCard,
) -> anyhow::Result<Answer> {
    let named = [
        (input::COHORT, &command.cohort),
        (input::FIT, &command.fit),
        (input::VALIDATE, &command.validate),
        (input::ALARM, &command.alarm),
        (input::ANSWERS, &command.answers),
    ];
    let given = named
        .iter()
        .filter_map(|(name, path)| Some((*name, path.as_deref()?)));
    let files: Vec<_> = given.collect();
    let english = command.name_en.as_ref().unwrap_or(&command.name);
    let request = serde_json::json!({ "name": { "ko": command.name, "en": english } });
    let ran = run_engine(terminal, shared, &CARD, request, &files, &command.results)?;
    let report: CardReport = serde_json::from_value(ran.outcome.report.clone())
        .context("the engine's report is not what its type says")?;
    terminal.document(&ran.document())?;
    let count = |filled| report.counts.get(&filled).copied().unwrap_or_default();
    let (run, person) = (count(Filled::Run), count(Filled::Person));
    let (partly, open) = (count(Filled::Partly), count(Filled::Open));
    let answer = if partly + open == 0 {
        Answer::Yes
    } else {
        Answer::No
    };
    let sign = terminal.sign(answer);
    terminal.line(match terminal.language {
        Language::Ko => format!("{sign} 항목 {}개: 실행이 채움 {run}, 사람이 채움 {person}, 마저 채울 것 {partly}, 채울 것 {open}.", report.items.len()),
        Language::En => format!("{sign} {} items: {run} filled by runs, {person} by people, {partly} to complete, {open} open.", report.items.len()),
    })?;
    ran.close(terminal)?;
    Ok(answer)
}
