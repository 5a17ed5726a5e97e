//! `modu route coverage`: how much is covered, whose it is, and how it grows.

use std::path::Path;

use anyhow::Context as _;
use modu_route::COVERAGE;
use modu_route::coverage::{CoverageReport, CoverageRequest, Group};
use modu_route::whatif::Tally;

use super::command_line::RouteCoverage;
use crate::command_line::Shared;
use crate::engine_run::run_engine;
use crate::exit::Wrong;
use crate::terminal::{Answer, Terminal, table};

/// How many groups are shown on a terminal.
const SHOWN: usize = 20;

/// Runs it and shows the last time.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &RouteCoverage,
) -> anyhow::Result<Answer> {
    let mut tables = Vec::new();
    for given in &command.vrps {
        let (time, file) = given.split_once('=').ok_or_else(|| {
            Wrong(format!(
                "--vrps {given}: write the time first, as 2026-01-01=vrps.csv"
            ))
        })?;
        tables.push((format!("vrps/{time}"), Path::new(file)));
    }
    for (number, tree) in (1..).zip(&command.trees) {
        tables.push((format!("tree/{number:06}"), tree.as_path()));
    }
    let mut files: Vec<(&str, &Path)> = vec![("routes", &command.routes)];
    files.extend((command.organisations.as_deref()).map(|path| ("organisations", path)));
    files.extend(tables.iter().map(|(name, path)| (name.as_str(), *path)));
    let request = serde_json::to_value(CoverageRequest {})?;
    let ran = run_engine(
        terminal,
        shared,
        &COVERAGE,
        request,
        &files,
        &command.results,
    )?;
    let report: CoverageReport = serde_json::from_value(ran.outcome.report.clone())
        .context("the engine's report is not what its type says")?;
    terminal.document(&ran.document())?;
    show(terminal, &report)?;
    ran.close(terminal)?;
    Ok(Answer::Yes)
}

fn show(terminal: Terminal, report: &CoverageReport) -> anyhow::Result<()> {
    let say = |ko: &str, en: &str| terminal.say(ko, en).to_owned();
    let row = |name: &str, tally: Tally| {
        let all = tally.valid + tally.invalid + tally.not_found;
        let percent = 100.0 * tally.valid as f64 / all.max(1) as f64;
        vec![
            name.to_owned(),
            tally.valid.to_string(),
            tally.invalid.to_string(),
            tally.not_found.to_string(),
            format!("{percent:.1} %"),
        ]
    };
    let mut rows = vec![vec![
        say("때 · 누구", "time · who"),
        say("유효", "valid"),
        say("무효", "invalid"),
        say("인가 없음", "not found"),
        say("유효 비율", "valid share"),
    ]];
    let times = report.times.iter().zip(&report.all);
    rows.extend(times.map(|(time, tally)| row(time, *tally)));
    let groups: &[Group] = match report.organisations.is_empty() {
        true => &report.networks,
        false => &report.organisations,
    };
    for group in groups.iter().take(SHOWN) {
        rows.push(row(
            &group.name,
            group.tallies.last().copied().unwrap_or_default(),
        ));
    }
    terminal.line(table(&rows))?;
    Ok(())
}
