//! `modu evidence witness ...`: keeping watch over another organisation's log.
//!
//! A witness's folder holds its key and, for each log, the last checkpoint
//! that it cosigned.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;
use modu_evidence::EvidenceError;
use modu_evidence::keys::{SystemRandom, WitnessKey};
use modu_evidence::log::{Checkpoint, LogReader};
use modu_evidence::note::{KeyName, Note, UnixTime, VerifierKey};
use modu_evidence::trust::TrustedRoot;
use modu_evidence::witness::{AddCheckpoint, Witness};
use serde_json::json;

use super::{MAX_DOCUMENT_BYTES, witness_key, write_file};
use crate::command_line::{EvidenceWitness, Shared, WitnessCosign, WitnessInit, WitnessKeep};
use crate::exit::Wrong;
use crate::home::{Home, read_limited};
use crate::terminal::{Answer, Terminal};

/// Performs one of the commands.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &EvidenceWitness,
) -> anyhow::Result<Answer> {
    match command {
        EvidenceWitness::Init(command) => init(terminal, command),
        EvidenceWitness::Cosign(command) => cosign(terminal, command),
        EvidenceWitness::Keep(command) => keep(terminal, &Home::open(shared)?, command),
    }
}

/// Makes a witness in a fresh folder and gives its public key.
pub(crate) fn create(folder: &Path, name: &str) -> anyhow::Result<VerifierKey> {
    if folder.join("key.pem").exists() {
        let text = format!(
            "{} holds a witness already: name a fresh folder with --folder",
            folder.display()
        );
        return Err(Wrong(text).into());
    }
    fs::create_dir_all(folder)
        .with_context(|| format!("could not make the folder {}", folder.display()))?;
    let key = WitnessKey::generate(KeyName::new(name)?, &mut SystemRandom)?;
    key.save(&folder.join("key.pem"))?;
    write_file(
        &folder.join("vkey"),
        format!("{}\n", key.public()).as_bytes(),
    )?;
    Ok(key.public().clone())
}

/// Checks the checkpoint in a log's folder and cosigns it.
pub(crate) fn cosign_log(
    folder: &Path,
    log: &Path,
    root: &TrustedRoot,
    now: Timestamp,
) -> anyhow::Result<Note> {
    let public = witness_key(&folder.join("vkey").display().to_string())?;
    let key = WitnessKey::load(public.name().clone(), &folder.join("key.pem"))?;
    let note = Note::parse(read_limited(&log.join("checkpoint"), MAX_DOCUMENT_BYTES)?)?;
    let origin = Checkpoint::parse(note.text())?.origin;
    let log_keys = root.keys_of(&origin)?;
    let reader = LogReader::open(log, &log_keys)?;
    let mut witness = Witness::open(folder.join("seen"))?;
    let held = witness.last(&log_keys)?;
    let held = held.map_or(0, |(checkpoint, _)| checkpoint.size);
    // A log that shrank has no proof to offer; the witness says why it refuses.
    let request = match held > reader.size() {
        true => AddCheckpoint {
            old_size: held,
            proof: Vec::new(),
            note: reader.note().clone(),
        },
        false => AddCheckpoint::new(&reader, held)?,
    };
    let seconds = u64::try_from(now.as_second()).ok().and_then(UnixTime::new);
    let now = seconds.ok_or_else(|| Wrong(format!("the clock shows {now}: set the clock")))?;
    let line = witness.cosign(&log_keys, &request, now, &key)?;
    Ok(request.note.with_signature(line)?)
}

fn init(terminal: Terminal, command: &WitnessInit) -> anyhow::Result<Answer> {
    let key = create(&command.folder, &command.name)?;
    terminal.document(&json!({ "vkey": key.to_string() }))?;
    terminal.line(format!(
        "{}\n{key}",
        terminal.say(
            "증인을 만들었습니다. 읽는 사람들에게 줄 열쇠:",
            "Made a witness. Give this key to readers:"
        )
    ))?;
    Ok(Answer::Yes)
}

fn cosign(terminal: Terminal, command: &WitnessCosign) -> anyhow::Result<Answer> {
    let root = TrustedRoot::parse(&read_limited(&command.trusted_root, MAX_DOCUMENT_BYTES)?)?;
    let cosigned = match cosign_log(&command.folder, &command.log, &root, Timestamp::now()) {
        Ok(note) => note,
        Err(error) => {
            return match error.downcast_ref::<EvidenceError>() {
                Some(EvidenceError::Refused(_)) => refused(terminal, &error),
                _ => Err(error),
            };
        }
    };
    write_file(&command.out, cosigned.to_string().as_bytes())?;
    let checkpoint = Checkpoint::parse(cosigned.text())?;
    terminal.document(&json!({
        "cosigned": true,
        "origin": checkpoint.origin.as_str(),
        "size": checkpoint.size.to_string(),
        "root_hash": checkpoint.root.to_string(),
    }))?;
    terminal.line(format!(
        "{} {} {} ({})",
        terminal.sign(Answer::Yes),
        terminal.say("함께 서명했습니다:", "cosigned:"),
        checkpoint.origin,
        checkpoint.size
    ))?;
    Ok(Answer::Yes)
}

fn refused(terminal: Terminal, error: &anyhow::Error) -> anyhow::Result<Answer> {
    terminal.document(&json!({ "cosigned": false, "reason": error.to_string() }))?;
    terminal.line(format!(
        "{} {}: {error}",
        terminal.sign(Answer::No),
        terminal.say("서명하지 않음", "not cosigned")
    ))?;
    Ok(Answer::No)
}

fn keep(terminal: Terminal, home: &Home, command: &WitnessKeep) -> anyhow::Result<Answer> {
    let note = Note::parse(read_limited(&command.checkpoint, MAX_DOCUMENT_BYTES)?)?;
    let keys = command
        .witnesses
        .iter()
        .map(|text| witness_key(text))
        .collect::<anyhow::Result<Vec<_>>>()?;
    home.recorder()?.keep_cosignatures(&note, &keys)?;
    terminal.document(&json!({ "kept": true }))?;
    terminal.line(format!(
        "{} {}",
        terminal.sign(Answer::Yes),
        terminal.say(
            "증인의 서명을 보관했습니다.",
            "kept the witness's signature."
        )
    ))?;
    Ok(Answer::Yes)
}
