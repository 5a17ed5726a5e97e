//! One file of a run behind its own link: a patient's page, a ward's queue.
//!
//! No role leads here; who holds the link sees the file until the link ends.
//! A queue's link shows what the newest run left, so that a ward keeps one.

use modu_evidence::archive::Archive;
use modu_evidence::statement::{EngineReport, Predicate};
use modu_programme::{Shown, shown_key};

use super::{engine, links};
use crate::answer::{self, Answer};
use crate::error::ConsoleError;
use crate::router::Asked;

/// Bytes of a page.
const MAX_PAGE_BYTES: u64 = 16 << 20;
/// Entries that are looked through for a newer queue.
const LOOKED_THROUGH: u64 = 1_000;

pub(crate) fn show(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let token = asked.names.first().copied().unwrap_or_default();
    let archive = asked.office.archive()?;
    // The evidence lies in the home.
    let home = archive.folder().parent().ok_or(ConsoleError::NotFound)?;
    let key = shown_key(home).map_err(|_| ConsoleError::Failed)?;
    let key = key.ok_or(ConsoleError::NotFound)?;
    let shown = links::register(asked)?.open(token, &key, asked.office.now());
    let shown = shown.map_err(|_| ConsoleError::Failed)?;
    let shown = shown.ok_or(ConsoleError::NotFound)?;
    let run = run(&archive, &shown)?.ok_or(ConsoleError::NotFound)?;
    let mut outputs = run.outputs.iter();
    let output = outputs.find(|output| output.name == shown.output);
    let output = output.filter(|output| engine::behind_link(&run, &output.name));
    let digest = output.ok_or(ConsoleError::NotFound)?.artifact.digest;
    let bytes = asked.office.store().read(digest, MAX_PAGE_BYTES)?;
    Ok(answer::private_report(bytes))
}

/// The run that a link names; of a queue the newest that has this output.
fn run(archive: &Archive, shown: &Shown) -> Result<Option<EngineReport>, ConsoleError> {
    if shown.entry >= archive.size() {
        return Ok(None);
    }
    let Predicate::EngineReport(named) = archive.get(shown.entry)?.statement.predicate else {
        return Ok(None);
    };
    if !shown.output.starts_with("queue.") {
        return Ok(Some(named));
    }
    let mut newest = named;
    let from = archive.size().saturating_sub(LOOKED_THROUGH);
    for entry in archive.entries(from.max(shown.entry)..archive.size()) {
        if let Predicate::EngineReport(run) = entry?.statement.predicate
            && run.engine.name == newest.engine.name
            && run.outputs.iter().any(|output| output.name == shown.output)
        {
            newest = run;
        }
    }
    Ok(Some(newest))
}
