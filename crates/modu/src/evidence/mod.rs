//! `modu evidence ...`: what was said, by whom, and whether it holds.

mod audit;
mod inclusion;
mod read;
mod replay;
mod verify;
pub(crate) mod witness;

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;
use modu_evidence::archive::{Archive, Cosignatures};
use modu_evidence::keys::SystemRandom;
use modu_evidence::note::VerifierKey;
use modu_evidence::statement::{Change, Statement, Withdrawal};
use modu_kernel::Label;
use serde_json::json;

pub(crate) use self::audit::audit_log;
use crate::command_line::{Evidence, EvidenceExport, EvidenceWithdraw, Shared};
use crate::exit::Wrong;
use crate::home::{Home, read_limited};
use crate::remote;
use crate::terminal::{Answer, Terminal};

pub(crate) use inclusion::Inclusion;
pub(crate) use replay::StoredArtifacts;

/// The largest bundle, trusted root or note that is read.
const MAX_DOCUMENT_BYTES: u64 = 8 << 20;

/// Performs one of the commands.
pub(crate) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &Evidence,
) -> anyhow::Result<Answer> {
    if let Some(client) = remote::server(shared)? {
        match command {
            Evidence::Log => return remote::evidence::log(terminal, &client),
            Evidence::Show(command) => {
                return remote::evidence::show(terminal, &client, command.index);
            }
            Evidence::Export(command) => {
                return remote::evidence::export(terminal, &client, command);
            }
            // It needs no server, and no home either.
            Evidence::Verify(_) => {}
            _ => remote::stay_here(shared)?,
        }
    }
    match command {
        Evidence::Log => read::log(terminal, &Home::open(shared)?),
        Evidence::Show(command) => read::show(terminal, &Home::open(shared)?, command.index),
        Evidence::Verify(command) => verify::run(terminal, command),
        Evidence::Export(command) => export(terminal, &Home::open(shared)?, command),
        Evidence::Replay(command) => replay::run(terminal, &Home::open(shared)?, command),
        Evidence::Withdraw(command) => withdraw(terminal, &Home::open(shared)?, command),
        Evidence::Audit => audit::run(terminal, &Home::open(shared)?),
        Evidence::Rotate => rotate(terminal, &Home::open(shared)?),
        Evidence::Witness(command) => witness::run(terminal, shared, command),
    }
}

/// Writes an entry's bundle and what a reader needs beside it.
pub(crate) fn write_bundle(
    archive: &Archive,
    index: u64,
    cosignatures: Cosignatures,
    into: &Path,
) -> anyhow::Result<std::path::PathBuf> {
    fs::create_dir_all(into).with_context(|| format!("could not make {}", into.display()))?;
    let bundle = into.join(format!("{index}.sigstore.json"));
    write_file(&bundle, &archive.export_as(index, cosignatures)?)?;
    for name in ["trusted_root.json", "trust.json"] {
        let bytes = read_limited(&archive.folder().join(name), MAX_DOCUMENT_BYTES)?;
        write_file(&into.join(name), &bytes)?;
    }
    let checkpoint = archive.log().note().to_string();
    write_file(&into.join("checkpoint"), checkpoint.as_bytes())?;
    Ok(bundle)
}

/// Writes a file whole or not at all: a reader never finds half of it.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let fresh = path.with_file_name(format!(".{name}.part"));
    fs::write(&fresh, bytes)
        .and_then(|()| fs::rename(&fresh, path))
        .with_context(|| format!("could not write {}", path.display()))
}

fn export(terminal: Terminal, home: &Home, command: &EvidenceExport) -> anyhow::Result<Answer> {
    let cosignatures = match command.with_witnesses {
        true => Cosignatures::With,
        false => Cosignatures::Without,
    };
    let bundle = write_bundle(&home.archive()?, command.index, cosignatures, &command.into)?;
    terminal.document(&json!({ "bundle": bundle.display().to_string() }))?;
    terminal.line(format!(
        "{} {}",
        terminal.sign(Answer::Yes),
        bundle.display()
    ))?;
    Ok(Answer::Yes)
}

fn withdraw(terminal: Terminal, home: &Home, command: &EvidenceWithdraw) -> anyhow::Result<Answer> {
    let mut recorder = home.recorder()?;
    let entry = recorder.get(command.index)?;
    let change = match command.superseded_by {
        None => Change::Withdrawn,
        Some(index) => Change::SupersededBy(recorder.get(index)?.reference()),
    };
    let now = Timestamp::now();
    let withdrawal = Withdrawal {
        entry: entry.reference(),
        change,
        reason: Label::new(&command.reason, &command.reason),
        at: now,
    };
    let recorded = recorder.record(&Statement::withdrawal(withdrawal, &entry.statement), now)?;
    terminal.document(&json!({ "log_index": recorded.log_index.to_string() }))?;
    let index = recorded.log_index;
    terminal.line(match terminal.language {
        modu_kernel::Language::Ko => {
            format!(
                "{}번 항목을 거두었습니다. 거둔 기록은 {index}번입니다.",
                command.index
            )
        }
        modu_kernel::Language::En => {
            format!(
                "Entry {} no longer counts; entry {index} says so.",
                command.index
            )
        }
    })?;
    Ok(Answer::Yes)
}

fn rotate(terminal: Terminal, home: &Home) -> anyhow::Result<Answer> {
    let rotated = home
        .recorder()?
        .rotate(&mut SystemRandom, Timestamp::now())?;
    let root = rotated.folder().join("trusted_root.json");
    terminal.document(&json!({ "trusted_root": root.display().to_string() }))?;
    terminal.line(format!(
        "{} {} {}",
        terminal.sign(Answer::Yes),
        terminal.say(
            "열쇠를 바꿨습니다. 검증할 사람들에게 새 신뢰 뿌리를 주십시오:",
            "Changed all keys. Give readers the new trusted root:"
        ),
        root.display()
    ))?;
    Ok(Answer::Yes)
}

/// A witness key given as vkey text or as the file that holds it.
fn witness_key(text: &str) -> anyhow::Result<VerifierKey> {
    let from_file = Path::new(text).is_file();
    let vkey = match from_file {
        true => String::from_utf8(read_limited(Path::new(text), 4096)?)
            .map_err(|_| Wrong(format!("{text} is not text: expected a vkey")))?,
        false => text.to_owned(),
    };
    vkey.trim()
        .parse()
        .map_err(|error| Wrong(format!("`{text}` is no witness key: {error}")).into())
}
