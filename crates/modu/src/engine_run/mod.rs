//! An engine's run as a command: over files where they lie, or in a home and
//! its log, and what every such command says at its end.

mod files;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;
use modu_evidence::statement::{EntryReference, Statement};
use modu_kernel::{Artifact, Digest, Engine, Inputs as _, Outcome, canonical};
use serde_json::Value;

use self::files::FileInputs;
pub(crate) use self::files::Source;
use crate::command_line::Shared;
use crate::evidence::write_file;
use crate::home::Home;
use crate::remote;
use crate::run::{RunInput, perform};
use crate::terminal::Terminal;

/// Where the results of an engine's run go.
#[derive(Debug, Args)]
pub(crate) struct RunResults {
    /// 결과 파일을 둘 폴더 | Folder for the files that come out
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// 이 실행을 증거로 남깁니다(홈 폴더나 --server가 있어야 함) | Record the run as evidence (needs a home folder, or --server)
    #[arg(long)]
    pub(crate) record: bool,
}

/// A run that has been done.
pub(crate) struct Ran {
    pub(crate) outcome: Outcome,
    pub(crate) result: Artifact,
    /// Its place in the log, where it was recorded.
    pub(crate) entry: Option<EntryReference>,
    /// The files that were written.
    pub(crate) written: Vec<PathBuf>,
}

/// Runs an engine over files: in a home and its log where that is asked, else
/// straight from where they lie.
pub(crate) fn run_engine(
    terminal: Terminal,
    shared: &Shared,
    engine: &Engine,
    request: Value,
    files: &[(&str, &Path)],
    results: &RunResults,
) -> anyhow::Result<Ran> {
    let inputs: Vec<_> = (files.iter())
        .map(|(name, path)| (*name, Source::File(path)))
        .collect();
    run_engine_on(terminal, shared, engine, request, &inputs, results)
}

/// As [`run_engine`], over inputs that need not be files.
pub(crate) fn run_engine_on(
    terminal: Terminal,
    shared: &Shared,
    engine: &Engine,
    request: Value,
    inputs: &[(&str, Source<'_>)],
    results: &RunResults,
) -> anyhow::Result<Ran> {
    let bar = terminal.progress(engine.name);
    let (outcome, result, entry) = match results.record {
        false => {
            let outcome = (engine.run)(&request, &FileInputs::open(inputs)?, &bar)?;
            let result = Artifact::of(&outcome.to_canonical()?);
            (outcome, result, None)
        }
        true if shared.server.is_some() => {
            let files = FileInputs::open(inputs)?;
            let outcome = (engine.run)(&request, &files, &bar)?;
            let result = Artifact::of(&outcome.to_canonical()?);
            let request = Digest::of(&canonical::to_vec(&request)?);
            let entry = match remote::server(shared)? {
                Some(client) => {
                    let files = files.list();
                    let ran = (&outcome, result);
                    Some(remote::record(&client, engine, request, files, ran)?)
                }
                None => None,
            };
            (outcome, result, entry)
        }
        true => {
            let home = Home::open(shared)?;
            let inputs = inputs
                .iter()
                .map(|(name, source)| {
                    let artifact = match source {
                        Source::File(path) => home.put_file(path)?,
                        Source::Bytes(bytes) => home.store.put_bytes(bytes)?,
                    };
                    Ok(RunInput::public(*name, artifact))
                })
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

/// Writes the report and what came out beside it into a folder.
pub(crate) fn write_outcome(outcome: &Outcome, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
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
