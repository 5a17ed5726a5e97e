//! `modu care score`: NEWS2, MEWS and qSOFA of a table of measurements.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use modu_care::SCORE;
use modu_care::score::table::{Counts, ScoreReport};
use modu_kernel::Language;

use crate::command_line::Shared;
use crate::engine_run::{RunResults, run_engine};
use crate::terminal::{Answer, Terminal, table};

/// `modu care score`
#[derive(Debug, Args)]
pub(crate) struct CareScore {
    /// 측정값 표(CSV: person, time, respiratory_rate, ...) | Measurements (CSV: person, time, respiratory_rate, ...)
    #[arg(value_name = "FILE")]
    observations: PathBuf,
    /// 진단 표(CSV: person, code, age): 찰슨 지수도 셈합니다 | Diagnoses (CSV: person, code, age): Charlson's index too
    #[arg(long, value_name = "FILE")]
    conditions: Option<PathBuf>,
    #[command(flatten)]
    results: RunResults,
}

/// Scores the rows.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &CareScore,
) -> anyhow::Result<Answer> {
    let mut files = vec![("observations", command.observations.as_path())];
    files.extend(
        command
            .conditions
            .as_deref()
            .map(|path| ("conditions", path)),
    );
    let request = serde_json::json!({});
    let ran = run_engine(terminal, shared, &SCORE, request, &files, &command.results)?;
    let report: ScoreReport = serde_json::from_value(ran.outcome.report.clone())
        .context("the engine's report is not what its type says")?;
    terminal.document(&ran.document())?;
    terminal.line(match terminal.language {
        Language::Ko => format!(
            "{} {}행을 채점했습니다.",
            terminal.sign(Answer::Yes),
            report.rows
        ),
        Language::En => format!(
            "{} Scored {} rows.",
            terminal.sign(Answer::Yes),
            report.rows
        ),
    })?;
    let say = |ko: &str, en: &str| terminal.say(ko, en).to_owned();
    let mut rows = vec![vec![
        say("점수", "score"),
        say("합계 있음", "complete"),
        say("항목 빠짐", "incomplete"),
        say("기준 이상", "at its threshold"),
    ]];
    let scores = [
        ("NEWS2 ≥5", &report.news2),
        ("MEWS ≥5", &report.mews),
        ("qSOFA ≥2", &report.qsofa),
    ];
    rows.extend(scores.map(|(name, counts)| row(name, counts)));
    terminal.line(format!("\n{}", table(&rows)))?;
    if let Some(charlson) = &report.charlson {
        let mut rows = vec![vec![
            say("찰슨 지수", "Charlson's index"),
            say("사람", "people"),
        ]];
        let told = charlson.totals.iter();
        rows.extend(told.map(|(points, it)| vec![points.to_string(), it.text(terminal.language)]));
        terminal.line(format!("\n{}", table(&rows)))?;
    }
    ran.close(terminal)?;
    Ok(Answer::Yes)
}

fn row(name: &str, counts: &Counts) -> Vec<String> {
    vec![
        name.to_owned(),
        counts.complete.to_string(),
        counts.incomplete.to_string(),
        counts.at_threshold.to_string(),
    ]
}
