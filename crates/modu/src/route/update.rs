//! `modu route update`: fetch what is published, and validate it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use modu_kernel::Language;
use modu_route::RouterTable;
use modu_route::repository::Source;
use modu_route::validate::{ValidateReport, report_of};
use modu_route_net::fetch::{SourceReport, Updated};
use modu_route_net::runs::Runs;
use modu_route_net::upkeep::Upkeep;
use modu_route_net::{Failure, How};
use serde_json::json;

use super::command_line::RouteUpdate;
use super::fetching::locators;
use super::history::keep_run;
use super::validate::show;
use crate::command_line::Shared;
use crate::evidence::write_file;
use crate::home::Home;
use crate::terminal::{Answer, Terminal};

/// Updates. The answer is no where a trust anchor could not be used.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &RouteUpdate,
) -> anyhow::Result<Answer> {
    let locators = locators(&command.tals)?;
    let state = command.folder.path(shared)?;
    // A home that is missing is found before anything is fetched.
    if command.record {
        crate::remote::stay_here(shared)?;
    }
    let home = command.record.then(|| Home::open(shared)).transpose()?;
    // Whoever asks by hand wants every server asked.
    let origin = command.origin.origin(Duration::ZERO);
    let mut upkeep = Upkeep::open(&state, origin)?;
    let clock = || command.time.unwrap_or_else(Timestamp::now).as_second();
    let bar = terminal.progress("route.update");
    let updated = upkeep.update(&locators, &clock, &bar)?;
    bar.finish();
    let table = RouterTable::of_tree(&updated.tree);
    let mut written = vec![upkeep.tree_file()];
    written.extend(write(&state, &table)?);
    let runs = Runs::in_folder(state.join("runs"));
    let (kept, entry) = keep_run(home.as_ref(), &runs, &updated.tree, terminal)?;
    written.push(kept.path);
    let (report, _) = report_of(&updated.tree, &table, None);
    let answer = match report.anchors.iter().all(|anchor| anchor.valid) {
        true => Answer::Yes,
        false => Answer::No,
    };
    terminal.document(&json!({
        "report": report,
        "fetched": updated.report,
        "written": written,
        "run": kept.run.number,
        "log_index": entry.map(|entry| entry.log_index.to_string()),
    }))?;
    tell(terminal, answer, &updated, &report, &written)?;
    Ok(answer)
}

/// Writes the tables.
fn write(state: &Path, table: &RouterTable) -> anyhow::Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    for (name, bytes) in [("vrps.csv", table.csv()), ("rpki.json", table.json())] {
        let path = state.join(name);
        write_file(&path, &bytes)?;
        written.push(path);
    }
    Ok(written)
}

fn tell(
    terminal: Terminal,
    answer: Answer,
    updated: &Updated,
    report: &ValidateReport,
    written: &[PathBuf],
) -> anyhow::Result<()> {
    show(terminal, answer, report)?;
    let fetched = &updated.report;
    let (all, failed) = (fetched.sources.len(), fetched.failures().count());
    let changed = fetched
        .sources
        .iter()
        .filter(|it| !matches!(it.outcome, Ok(How::Unchanged) | Err(_)));
    let changed = changed.count();
    terminal.line(match terminal.language {
        Language::Ko => format!("  서버 {all}곳: {changed}곳에서 새로 받음, {failed}곳 실패."),
        Language::En => format!("  {all} servers: {changed} had something new, {failed} failed."),
    })?;
    for anchor in &fetched.anchors {
        for failure in &anchor.failures {
            terminal.line(format!("  ! {}: {failure}", anchor.name))?;
        }
    }
    for (source, failure) in fetched.failures() {
        terminal.line(failed_line(terminal, source, failure))?;
    }
    for note in &fetched.notes {
        terminal.line(format!("  ! {note}"))?;
    }
    for path in written {
        terminal.line(format!("  → {}", path.display()))?;
    }
    Ok(())
}

fn failed_line(terminal: Terminal, source: &SourceReport, failure: &Failure) -> String {
    let (Source::Rrdp(name) | Source::Rsync(name)) = &source.source;
    let since = source
        .last_success
        .and_then(|last| Timestamp::from_second(last).ok());
    let points = source.points;
    match (terminal.language, since) {
        (Language::Ko, Some(since)) => {
            format!("  ! {name}: {failure} ({since}에 받은 게시점 {points}곳을 그대로 둠)")
        }
        (Language::En, Some(since)) => {
            format!("  ! {name}: {failure} (its {points} publication points of {since} stand)")
        }
        (Language::Ko, None) => format!("  ! {name}: {failure} (받은 적이 없음)"),
        (Language::En, None) => format!("  ! {name}: {failure} (it has never worked)"),
    }
}
