//! `modu evidence verify`: a bundle, a trusted root and an artifact, no server.

use std::fs::File;
use std::path::Path;

use anyhow::Context as _;
use modu_evidence::EvidenceError;
use modu_evidence::log::{Checkpoint, LogReader};
use modu_evidence::note::Note;
use modu_evidence::trust::TrustedRoot;
use modu_evidence::verify::{Earlier, Expectations, Verified, verify};
use modu_evidence::witness::WitnessPolicy;
use modu_kernel::Digest;
use serde_json::json;

use super::{Inclusion, MAX_DOCUMENT_BYTES, witness_key};
use crate::command_line::EvidenceVerify;
use crate::home::read_limited;
use crate::terminal::{Answer, Terminal};

/// Verifies, and says what stands against a rewritten log.
pub(super) fn run(terminal: Terminal, command: &EvidenceVerify) -> anyhow::Result<Answer> {
    let bundle = read_limited(&command.bundle, MAX_DOCUMENT_BYTES)?;
    let root = TrustedRoot::parse(&read_limited(&command.trusted_root, MAX_DOCUMENT_BYTES)?)?;
    let artifact = digest_of(&command.artifact)?;
    let expected = expectations(command, &root, &bundle)?;
    let checked = verify(&bundle, &root, &artifact, &expected)
        .map_err(anyhow::Error::from)
        .and_then(|verified| Ok((verified, included(command, &artifact)?)));
    match checked {
        Ok((verified, line)) => accepted(terminal, &verified, line.as_deref()),
        Err(error) => match error.downcast_ref::<EvidenceError>() {
            Some(refusal) if is_refusal(refusal) => refused(terminal, refusal),
            _ => Err(error),
        },
    }
}

/// The line that is shown to be in a table of the artifact, where one is.
fn included(command: &EvidenceVerify, artifact: &Digest) -> anyhow::Result<Option<String>> {
    let Some(path) = &command.inclusion else {
        return Ok(None);
    };
    let inclusion = Inclusion::parse(&read_limited(path, MAX_DOCUMENT_BYTES)?)?;
    let result = read_limited(&command.artifact, MAX_DOCUMENT_BYTES)?;
    // The bytes that are read now must be those that were verified.
    if Digest::of(&result) != *artifact {
        let place = command.artifact.display();
        anyhow::bail!("{place} changed while it was verified: verify it again");
    }
    inclusion.check(&result)?;
    Ok(Some(inclusion.line))
}

fn digest_of(path: &Path) -> anyhow::Result<Digest> {
    let file = File::open(path).with_context(|| format!("could not open {}", path.display()))?;
    Ok(Digest::of_reader(file)
        .with_context(|| format!("could not read {}", path.display()))?
        .digest)
}

/// What the reader asks for. Whoever names witnesses wants all of them to have
/// signed, unless a quorum is given.
fn expectations(
    command: &EvidenceVerify,
    root: &TrustedRoot,
    bundle: &[u8],
) -> anyhow::Result<Expectations> {
    let keys = command
        .witnesses
        .iter()
        .map(|text| witness_key(text))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let quorum = command.quorum.unwrap_or(keys.len());
    let witnesses = match keys.is_empty() && quorum == 0 {
        true => None,
        false => Some(WitnessPolicy::new(keys, quorum)?),
    };
    let earlier = match (&command.earlier, &command.log) {
        (Some(earlier), Some(log)) => {
            let kept = Note::parse(read_limited(earlier, MAX_DOCUMENT_BYTES)?)?;
            let origin = Checkpoint::parse(kept.text())?.origin;
            let reader = LogReader::open(log, &root.keys_of(&origin)?)?;
            Some(Earlier::prove(kept, &reader, bundle)?)
        }
        _ => None,
    };
    Ok(Expectations {
        identity: command.identity.clone(),
        issuer: command.issuer.clone(),
        witnesses,
        earlier,
    })
}

/// Whether it is the bundle that does not hold, not the machine that failed.
fn is_refusal(error: &EvidenceError) -> bool {
    matches!(
        error,
        EvidenceError::Malformed { .. }
            | EvidenceError::Signature(_)
            | EvidenceError::Proof { .. }
            | EvidenceError::Fork { .. }
            | EvidenceError::Corrupt { .. }
            | EvidenceError::Unverified { .. }
    )
}

fn accepted(terminal: Terminal, verified: &Verified, line: Option<&str>) -> anyhow::Result<Answer> {
    let assurance = verified.assurance().label();
    terminal.document(&json!({
        "verified": true,
        "identity": verified.identity,
        "issuer": verified.issuer,
        "predicate_type": verified.statement.predicate.type_uri(),
        "log_index": verified.index.to_string(),
        "time": verified.integrated_time.to_string(),
        "witnesses": verified.witnesses.iter().map(|(key, time)| json!({
            "key": key.to_string(), "time": time.to_string(),
        })).collect::<Vec<_>>(),
        "assurance": assurance,
        "included": line,
    }))?;
    terminal.line(format!(
        "{} {}",
        terminal.sign(Answer::Yes),
        terminal.say("검증됨", "verified")
    ))?;
    for (name, value) in [
        (terminal.say("서명자", "signer "), verified.identity.clone()),
        (terminal.say("보증인", "issuer "), verified.issuer.clone()),
        (
            terminal.say("말    ", "says   "),
            verified.statement.predicate.type_uri().to_owned(),
        ),
        (
            terminal.say("로그  ", "log    "),
            format!("{} #{}", verified.checkpoint.origin, verified.index),
        ),
        (
            terminal.say("시각  ", "time   "),
            verified.integrated_time.to_string(),
        ),
        (
            terminal.say("증인  ", "witness"),
            assurance.get(terminal.language).to_owned(),
        ),
    ] {
        terminal.line(format!("  {name}  {value}"))?;
    }
    if let Some(line) = line {
        let name = terminal.say("들어 있음", "included");
        terminal.line(format!("  {name}  {line}"))?;
    }
    Ok(Answer::Yes)
}

fn refused(terminal: Terminal, error: &EvidenceError) -> anyhow::Result<Answer> {
    terminal.document(&json!({ "verified": false, "reason": error.to_string() }))?;
    terminal.line(format!(
        "{} {}: {error}",
        terminal.sign(Answer::No),
        terminal.say("검증되지 않음", "not verified")
    ))?;
    Ok(Answer::No)
}
