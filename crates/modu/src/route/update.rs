//! `modu route update`: fetch what is published, and validate it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::Timestamp;
use modu_kernel::{Digest, Language, Progress};
use modu_route::RouterTable;
use modu_route::repository::Source;
use modu_route::validate::{Locator, ValidateReport, ValidatedTree, report_of};
use modu_route_net::cache::Cache;
use modu_route_net::fetch::{SourceReport, UpdateSettings, Updated, update, update_from_folder};
use modu_route_net::runs::Runs;
use modu_route_net::{Budgets, Failure, How, HttpSettings, RsyncSettings};
use serde_json::json;

use super::command_line::RouteUpdate;
use super::history::keep_run;
use super::validate::{locator, show};
use crate::command_line::Shared;
use crate::evidence::write_file;
use crate::home::Home;
use crate::terminal::{Answer, Terminal};

/// The last update's tree: the next one's memory.
const TREE: &str = "latest.tree";
/// The longest tree that is read.
const TREE_BYTES: u64 = 8 << 30;

/// Updates. The answer is no where a trust anchor could not be used.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &RouteUpdate,
) -> anyhow::Result<Answer> {
    let locators = (command.tals.iter())
        .map(|path| Ok(locator(path)?.0))
        .collect::<anyhow::Result<Vec<Locator>>>()?;
    let state = match &command.state {
        Some(state) => state.clone(),
        None => Home::place(shared)?.join("route"),
    };
    let mut cache = Cache::open(&state.join("cache"))?;
    let prior = prior(&state.join(TREE))?;
    let bar = terminal.progress("route.update");
    let updated = fetch(command, &cache, &locators, prior.as_ref(), &bar)?;
    bar.finish();
    let table = RouterTable::of_tree(&updated.tree);
    let mut written = write(&state, &updated.tree, &table)?;
    let runs = Runs::in_folder(state.join("runs"));
    let (kept, entry) = keep_run(shared, &runs, &updated.tree, command.record, terminal)?;
    written.push(kept.path);
    cache.sweep(prior.iter().chain([&updated.tree]).flat_map(packs))?;
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

fn fetch(
    command: &RouteUpdate,
    cache: &Cache,
    locators: &[Locator],
    prior: Option<&ValidatedTree>,
    bar: &dyn Progress,
) -> anyhow::Result<Updated> {
    let clock = || command.time.unwrap_or_else(Timestamp::now).as_second();
    if let Some(folder) = &command.repository {
        let updated = update_from_folder(cache, folder, locators, prior, clock(), bar)?;
        return Ok(updated);
    }
    let settings = UpdateSettings {
        rrdp: (!command.no_rrdp).then(|| HttpSettings {
            root_certificates: command.rrdp_root_certs.clone(),
            local_hosts: command.allow_local_hosts,
            ..HttpSettings::default()
        }),
        rsync: (!command.no_rsync).then(|| RsyncSettings {
            program: command.rsync.clone(),
            local_hosts: command.allow_local_hosts,
        }),
        budgets: Budgets::default(),
    };
    Ok(update(cache, &settings, locators, prior, &clock, bar)?)
}

/// The last update's tree. One that cannot be read is as none: everything is
/// validated again.
fn prior(path: &Path) -> anyhow::Result<Option<ValidatedTree>> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.len() <= TREE_BYTES => {}
        _ => return Ok(None),
    }
    let bytes = fs::read(path).with_context(|| format!("could not read {}", path.display()))?;
    Ok(ValidatedTree::parse(&bytes).ok())
}

/// Writes the tree and the tables.
fn write(state: &Path, tree: &ValidatedTree, table: &RouterTable) -> anyhow::Result<Vec<PathBuf>> {
    let files = [
        (TREE, tree.to_bytes()),
        ("vrps.csv", table.csv()),
        ("rpki.json", table.json()),
    ];
    let mut written = Vec::new();
    for (name, bytes) in files {
        let path = state.join(name);
        write_file(&path, &bytes)?;
        written.push(path);
    }
    Ok(written)
}

/// The packs and certificates that a tree stands on.
fn packs(tree: &ValidatedTree) -> impl Iterator<Item = Digest> {
    let anchors = tree.authorities.iter().filter(|it| it.parent.is_none());
    let anchors = anchors.map(|anchor| anchor.certificate_digest);
    let points = tree.authorities.iter();
    anchors.chain(points.filter_map(|it| Some(it.decision.manifest()?.pack)))
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
