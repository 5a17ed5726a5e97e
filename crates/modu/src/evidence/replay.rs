//! `modu evidence replay`: the run again, byte for byte.

use std::io;

use modu_evidence::archive::Archive;
use modu_evidence::replay::{Artifacts, replay};
use modu_evidence::statement::{EngineReport, Predicate};
use modu_kernel::{Digest, ReadSeek};
use modu_route_net::runs::Runs;
use modu_store::StoreError;
use serde_json::json;

use crate::command_line::EvidenceReplay;
use crate::engines::replayed;
use crate::exit::Wrong;
use crate::home::Home;
use crate::terminal::{Answer, Terminal};

/// A replay's inputs, taken from a home: its store and, for the trees of
/// routes, which would be far too many there, its kept runs.
pub(crate) struct StoredArtifacts<'a>(pub(crate) &'a Home);

impl Artifacts for StoredArtifacts<'_> {
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn ReadSeek + '_>> {
        let absent = match self.0.store.open_verified(*digest) {
            Ok(file) => return Ok(Box::new(file)),
            Err(error @ StoreError::Absent { .. }) => error,
            Err(error) => return Err(error.into()),
        };
        let runs = Runs::in_folder(self.0.folder().join("route/runs"));
        let bytes = runs.bytes_of(digest).map_err(io::Error::other)?;
        match bytes {
            Some(bytes) => Ok(Box::new(io::Cursor::new(bytes))),
            None => Err(absent.into()),
        }
    }
}

/// Replays one run, or all of them.
pub(super) fn run(
    terminal: Terminal,
    home: &Home,
    command: &EvidenceReplay,
) -> anyhow::Result<Answer> {
    let engines = replayed(command.sandbox);
    let archive = home.archive()?;
    let runs = match command.index {
        Some(index) => vec![(index, report_at(&archive, index)?)],
        None => all_reports(&archive)?,
    };
    if runs.is_empty() {
        terminal.line(terminal.say("로그에 실행이 없습니다.", "The log holds no run."))?;
    }
    let mut answer = Answer::Yes;
    let mut documents = Vec::new();
    for (index, report) in runs {
        let title = format!("{} #{index}", report.engine.name);
        let bar = terminal.progress(&title);
        let openings = home.openings()?;
        let artifacts = StoredArtifacts(home);
        let replayed = replay(&report, &openings, &artifacts, &engines, &bar)?;
        bar.finish();
        let same = match replayed.same {
            true => Answer::Yes,
            false => Answer::No,
        };
        if same == Answer::No {
            answer = Answer::No;
        }
        terminal.line(format!(
            "{} {title}: {} {}",
            terminal.sign(same),
            match same {
                Answer::Yes => terminal.say("같은 바이트", "the same bytes"),
                Answer::No => terminal.say("다른 바이트", "other bytes"),
            },
            replayed.recomputed.digest
        ))?;
        documents.push(json!({
            "log_index": index.to_string(),
            "engine": report.engine,
            "same": replayed.same,
            "recorded": replayed.recorded,
            "recomputed": replayed.recomputed,
        }));
    }
    terminal.document(&json!({ "replays": documents }))?;
    Ok(answer)
}

fn report_at(archive: &Archive, index: u64) -> anyhow::Result<EngineReport> {
    match archive.get(index)?.statement.predicate {
        Predicate::EngineReport(report) => Ok(report),
        _ => Err(Wrong(format!(
            "entry {index} reports no run: see `modu evidence log`"
        ))
        .into()),
    }
}

fn all_reports(archive: &Archive) -> anyhow::Result<Vec<(u64, EngineReport)>> {
    let mut reports = Vec::new();
    for entry in archive.entries(0..archive.size()) {
        let entry = entry?;
        if let Predicate::EngineReport(report) = entry.statement.predicate {
            reports.push((entry.index, report));
        }
    }
    Ok(reports)
}
