//! Commands against a server: `modu --server URL ...`.
//!
//! What the programme holds is asked of the server (`modu programme`, `modu
//! jobs`, `modu runs`, `modu evidence log`, `show`, `export`, `verify`). Engines run here,
//! where their inputs are; with `--record` what they ran on and what came out
//! is put on record there, by digests alone. Other commands work on a home of
//! this machine and say so.

pub(crate) mod command_line;
pub(crate) mod evidence;
mod jobs;
mod nodes;
mod programme;
mod runs;

use std::path::Path;

use modu_client::wire::value::{DigestName, Line, MediaType, Number};
use modu_client::wire::{MAX_NAMED, NamedFile, NewRun, Parameter};
use modu_client::{Client, Key};
use modu_evidence::log::Hash;
use modu_evidence::statement::EntryReference;
use modu_kernel::{Artifact, Digest, Engine, Input, Outcome};

pub(crate) use self::jobs::run as jobs;
pub(crate) use self::programme::run as programme;
pub(crate) use self::runs::run as runs;
use crate::command_line::Shared;
use crate::exit::Wrong;
use crate::home::read_limited;

/// Bytes of a file with a key.
const MAX_KEY_BYTES: u64 = 4096;
/// Where a key is looked for that no file holds: not on the command line,
/// which everybody on the machine can read.
const KEY: &str = "MODU_KEY";

/// The server that was asked for, if one was.
pub(crate) fn server(shared: &Shared) -> anyhow::Result<Option<Client>> {
    let Some(server) = shared.server.as_deref() else {
        return Ok(None);
    };
    Ok(Some(Client::new(server, key(shared)?)?))
}

/// The server, for a command that needs one.
fn needed(shared: &Shared) -> anyhow::Result<Client> {
    let text = "name the server: --server URL, or the variable MODU_SERVER";
    server(shared)?.ok_or_else(|| Wrong(text.to_owned()).into())
}

fn key(shared: &Shared) -> anyhow::Result<Option<Key>> {
    let text = match &shared.key_file {
        Some(path) => String::from_utf8(read_limited(path, MAX_KEY_BYTES)?)
            .map_err(|_| Wrong(format!("{} holds no key: it is not text", path.display())))?,
        None => match std::env::var(KEY) {
            Ok(text) if !text.trim().is_empty() => text,
            _ => return Ok(None),
        },
    };
    Ok(Some(Key::read(&text)?))
}

/// For a command that works on a home of this machine only: what was meant for
/// a server is not quietly done here.
pub(crate) fn stay_here(shared: &Shared) -> anyhow::Result<()> {
    match &shared.server {
        None => Ok(()),
        Some(_) => Err(Wrong(
            "this command works on a home of this machine: leave --server (and MODU_SERVER) away"
                .to_owned(),
        )
        .into()),
    }
}

/// Puts an engine's run on record at a server: the engine, its request and the
/// digests of what it read and what came out. No byte of them is sent, for
/// what they hold may not be for the server.
pub(crate) fn record(
    client: &Client,
    engine: &Engine,
    request: Digest,
    inputs: &[Input],
    (outcome, result): (&Outcome, Artifact),
) -> anyhow::Result<EntryReference> {
    let line = |text: &str| Line::try_from(text.to_owned()).map_err(|error| Wrong(error.into()));
    let parameter = |name: &str, value: &str| -> anyhow::Result<Parameter> {
        Ok(Parameter {
            name: line(name)?,
            value: line(value)?,
        })
    };
    let named = |name: &str, media_type: &str, artifact: Artifact| -> anyhow::Result<NamedFile> {
        let plain = media_type.split(';').next().unwrap_or_default();
        let media_type = MediaType::try_from(plain.trim().to_owned());
        Ok(NamedFile {
            name: line(name)?,
            media_type: media_type.map_err(|error| Wrong(error.into()))?,
            digest: DigestName(artifact.digest),
            size: Number(artifact.size),
        })
    };
    let mut files = vec![named("result", "application/json", result)?];
    for input in inputs {
        let name = format!("input {}", input.name);
        files.push(named(&name, "application/octet-stream", input.artifact)?);
    }
    for output in &outcome.outputs {
        let name = format!("output {}", output.name);
        files.push(named(
            &name,
            &output.media_type,
            Artifact::of(&output.bytes),
        )?);
    }
    if files.len() > MAX_NAMED {
        let text = format!(
            "the run has {} files, and {MAX_NAMED} can be named",
            files.len()
        );
        return Err(Wrong(text).into());
    }
    let run = NewRun {
        name: line(&format!("{} {}", engine.name, engine.version))?,
        metrics: Vec::new(),
        parameters: vec![
            parameter("engine", engine.name)?,
            parameter("version", engine.version)?,
            parameter("request", &request.to_string())?,
        ],
        files: Vec::new(),
        named: files,
    };
    let recorded = client.record(&run)?;
    Ok(EntryReference {
        log_index: recorded.run.0,
        leaf_hash: Hash::from_bytes(*recorded.leaf_hash.0.as_bytes()),
    })
}

/// A file's name for a reader.
fn name_of(path: &Path) -> anyhow::Result<Line> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let line = Line::try_from(name.into_owned());
    line.map_err(|problem| Wrong(format!("the name of {}: {problem}", path.display())).into())
}
