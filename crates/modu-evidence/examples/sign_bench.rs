//! How many statements a second are signed, certified, promised, stored and
//! logged, durably; then, once, how long an export and its verification take.
//! Prints lines of JSON.
//!
//! `sign_bench [ENTRIES] [BATCH] [FOLDER]`, by default 10,000 entries in batches
//! of 1,000 in a temporary folder. Each entry is a statement of about 600 bytes
//! with its own two signatures; a batch has one certificate and one checkpoint.

#![allow(clippy::print_stdout, reason = "a program for the command line")]

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use jiff::Timestamp;
use modu_evidence::archive::{Identity, Recorder};
use modu_evidence::keys::SystemRandom;
use modu_evidence::statement::{EngineReport, EngineVersion, ReportedInput, Statement};
use modu_evidence::verify::{Expectations, verify};
use modu_kernel::Artifact;
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default| arguments.next().map_or(Ok(default), |text| text.parse());
    let (entries, batch): (usize, usize) = (number(10_000)?, number(1_000)?);
    let temporary = tempfile::tempdir()?;
    let folder = arguments
        .next()
        .map_or_else(|| temporary.path().join("evidence"), PathBuf::from);

    let now = Timestamp::now();
    let identity = Identity {
        organisation: "Bench".into(),
        uri: "https://modu.example/agency/bench".into(),
        issuer: "https://modu.example/oidc".into(),
        origin: "log.modu.example/bench".into(),
    };
    let mut recorder = Recorder::init(folder, identity, &mut SystemRandom, now)?;
    let statements: Vec<_> = (0..entries).map(|n| statement(n, now)).collect();
    let bytes = statements.first().map_or(Ok(0), size)?;

    let start = Instant::now();
    for batch in statements.chunks(batch.max(1)) {
        recorder.record_batch(batch, now)?;
    }
    let record = start.elapsed().as_secs_f64();

    let index = entries as u64 / 2;
    let result = Artifact::of(&(entries / 2).to_be_bytes()).digest;
    let start = Instant::now();
    let bundle = recorder.export(index)?;
    let export = start.elapsed().as_secs_f64();
    let start = Instant::now();
    verify(
        &bundle,
        recorder.trusted_root(),
        &result,
        &Expectations::default(),
    )?;
    let verify = start.elapsed().as_secs_f64();

    println!(
        "{}",
        json!({
            "measure": "fully signed",
            "entries": entries,
            "batch": batch,
            "statement_bytes": bytes,
            "entries_per_second": (entries as f64 / record).round(),
        })
    );
    for (measure, seconds) in [("export a bundle", export), ("verify a bundle", verify)] {
        let milliseconds = (seconds * 1e5).round() / 100.0;
        println!(
            "{}",
            json!({ "measure": measure, "entries": entries, "ms": milliseconds })
        );
    }
    Ok(())
}

fn size(statement: &Statement) -> Result<usize, modu_evidence::EvidenceError> {
    Ok(statement.to_bytes()?.len())
}

fn statement(number: usize, finished: Timestamp) -> Statement {
    let bytes = number.to_be_bytes();
    Statement::engine_report(EngineReport {
        engine: EngineVersion {
            name: "bench".into(),
            version: "1".into(),
        },
        request: json!({ "number": number }),
        inputs: vec![ReportedInput::public("need", Artifact::of(&bytes))],
        result: Artifact::of(&bytes),
        outputs: vec![],
        criteria: None,
        finished,
    })
}
