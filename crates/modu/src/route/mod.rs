//! `modu route ...`: internet routes, before a change is made.

pub(crate) mod command_line;
mod coverage;
mod files;
mod guarded;
pub(crate) mod history;
mod holds;
mod plan;
mod serve;
mod update;
mod validate;
mod watch;
mod whatif;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::Timestamp;
use modu_evidence::statement::{EntryReference, Statement};
use modu_kernel::{Artifact, Engine, Outcome, canonical};
use modu_route::hold::Answer as HoldAnswer;
use serde_json::Value;

use self::command_line::{Route, RouteResults};
use self::files::FileInputs;
use crate::command_line::Shared;
use crate::evidence::write_file;
use crate::home::Home;
use crate::run::{RunInput, perform};
use crate::terminal::{Answer, Terminal};

/// Performs one of the commands.
pub(crate) fn run(terminal: Terminal, shared: &Shared, command: &Route) -> anyhow::Result<Answer> {
    match command {
        Route::Whatif(command) => whatif::run(terminal, shared, command),
        Route::Validate(command) => validate::run(terminal, shared, command),
        Route::Update(command) => update::run(terminal, shared, command),
        Route::Keep(command) => history::keep(terminal, shared, command),
        Route::At(command) => history::at(terminal, shared, command),
        Route::Why(command) => history::why(terminal, shared, command),
        Route::Prove(command) => history::prove(terminal, shared, command),
        Route::History(command) => history::history(terminal, shared, command),
        Route::Plan(command) => plan::run(terminal, shared, command),
        Route::Serve(command) => serve::run(terminal, shared, command),
        Route::Holds(command) => holds::list(terminal, command),
        Route::Release(command) => holds::give(terminal, shared, command, HoldAnswer::Release),
        Route::Reject(command) => holds::give(terminal, shared, command, HoldAnswer::Reject),
        Route::Coverage(command) => coverage::run(terminal, shared, command),
        Route::Watch(command) => watch::run(terminal, shared, command),
    }
}

/// A run that has been done.
pub(crate) struct Ran {
    pub(crate) outcome: Outcome,
    result: Artifact,
    /// Its place in the log, where it was recorded.
    entry: Option<EntryReference>,
    /// The files that were written.
    written: Vec<PathBuf>,
}

/// Runs an engine over files: in a home and its log where that is asked, else
/// straight from where they lie.
pub(crate) fn run_engine(
    terminal: Terminal,
    shared: &Shared,
    engine: &Engine,
    request: Value,
    files: &[(&str, &Path)],
    results: &RouteResults,
) -> anyhow::Result<Ran> {
    let bar = terminal.progress(engine.name);
    let (outcome, result, entry) = match results.record {
        false => {
            let outcome = (engine.run)(&request, &FileInputs::open(files)?, &bar)?;
            let result = Artifact::of(&outcome.to_canonical()?);
            (outcome, result, None)
        }
        true => {
            let home = Home::open(shared)?;
            let inputs = files
                .iter()
                .map(|(name, path)| Ok(RunInput::public(*name, home.put_file(path)?)))
                .collect::<anyhow::Result<Vec<_>>>()?;
            let done = perform(&home, engine, request, &inputs, None, &bar)?;
            let mut recorder = home.recorder()?;
            let statement = Statement::engine_report(done.report);
            let entry = recorder.record(&statement, Timestamp::now())?;
            (done.outcome, done.result, Some(entry))
        }
    };
    bar.finish();
    let written = match &results.out {
        None => Vec::new(),
        Some(folder) => write_outcome(&outcome, folder)?,
    };
    Ok(Ran {
        outcome,
        result,
        entry,
        written,
    })
}

fn write_outcome(outcome: &Outcome, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("could not make {}", folder.display()))?;
    let mut written = Vec::new();
    let report = canonical::to_vec(&outcome.report)?;
    let outputs = outcome
        .outputs
        .iter()
        .map(|it| (it.name.as_str(), &it.bytes));
    for (name, bytes) in outputs.chain([("report.json", &report)]) {
        let path = folder.join(name);
        write_file(&path, bytes)?;
        written.push(path);
    }
    Ok(written)
}

impl Ran {
    /// Adds what a program wants to know beside the report.
    pub(crate) fn document(&self) -> Value {
        serde_json::json!({
            "report": self.outcome.report,
            "findings": self.outcome.findings,
            "result_digest": self.result.digest,
            "log_index": self.entry.map(|entry| entry.log_index.to_string()),
            "written": self.written,
        })
    }

    /// The last lines for people: findings, files, the digest.
    pub(crate) fn close(&self, terminal: Terminal) -> anyhow::Result<()> {
        for finding in &self.outcome.findings {
            terminal.line(format!("  ! {}", finding.message.get(terminal.language)))?;
        }
        for path in &self.written {
            terminal.line(format!("  → {}", path.display()))?;
        }
        if let Some(entry) = self.entry {
            terminal.line(format!(
                "  {} {}",
                terminal.say("로그 항목", "log entry"),
                entry.log_index
            ))?;
        }
        terminal.line(format!("  result digest: {}", self.result.digest))?;
        Ok(())
    }
}
