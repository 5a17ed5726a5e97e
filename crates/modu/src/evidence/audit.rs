//! `modu evidence audit`: reads the whole log and the whole store.
//!
//! What an owner does after restoring a copy, and now and then before time
//! damages what nobody reads: every file of the log is checked against the
//! signed checkpoint, every statement against its envelope, and every artifact
//! against its name.

use modu_evidence::EvidenceError;
use modu_evidence::archive::Archive;
use modu_kernel::Progress;
use modu_store::CheckReport;
use serde_json::json;

use crate::home::Home;
use crate::terminal::{Answer, Terminal};

/// Audits the log, then the store; a fault in one does not hide the other's.
pub(super) fn run(terminal: Terminal, home: &Home) -> anyhow::Result<Answer> {
    let archive = home.archive()?;
    let bar = terminal.progress(terminal.say("로그", "log"));
    let log = match audit_log(&archive, &bar) {
        Ok(()) => None,
        Err(fault) if is_damage(&fault) => Some(fault.to_string()),
        Err(failed) => return Err(failed.into()),
    };
    bar.finish();
    let bar = terminal.progress(terminal.say("저장소", "store"));
    let store = home.store.check(&bar)?;
    bar.finish();
    let answer = match (&log, store.is_sound()) {
        (None, true) => Answer::Yes,
        _ => Answer::No,
    };
    terminal.document(&json!({
        "sound": answer == Answer::Yes,
        "log": { "entries": archive.size().to_string(), "fault": log },
        "store": {
            "artifacts": store.sound.to_string(),
            "bytes": store.sound_bytes.to_string(),
            "faults": store.listed.iter().map(|it| it.error.to_string()).collect::<Vec<_>>(),
        },
    }))?;
    say_log(terminal, &archive, log.as_deref())?;
    say_store(terminal, &store)?;
    Ok(answer)
}

/// Every entry is in the log, signed by whom it says.
pub(crate) fn audit_log(archive: &Archive, progress: &dyn Progress) -> Result<(), EvidenceError> {
    archive.log().audit(progress)?;
    for entry in archive.entries(0..archive.size()) {
        archive.signer(&entry?)?;
    }
    Ok(())
}

/// Whether the log is at fault, and not the disk that it lies on.
fn is_damage(error: &EvidenceError) -> bool {
    !matches!(error, EvidenceError::Io { .. })
}

fn say_log(terminal: Terminal, archive: &Archive, fault: Option<&str>) -> anyhow::Result<()> {
    let size = archive.size();
    terminal.line(match fault {
        None => format!(
            "{} {} {size}",
            terminal.sign(Answer::Yes),
            terminal.say("로그: 성한 항목", "log: sound entries"),
        ),
        Some(fault) => format!(
            "{} {} {fault}",
            terminal.sign(Answer::No),
            terminal.say("로그:", "log:"),
        ),
    })?;
    Ok(())
}

fn say_store(terminal: Terminal, store: &CheckReport) -> anyhow::Result<()> {
    let sign = match store.is_sound() {
        true => Answer::Yes,
        false => Answer::No,
    };
    terminal.line(format!(
        "{} {} {} ({} B)",
        terminal.sign(sign),
        terminal.say("저장소: 성한 자료", "store: sound artifacts"),
        store.sound,
        store.sound_bytes
    ))?;
    for fault in &store.listed {
        terminal.line(format!("  {}", fault.error))?;
    }
    let unlisted = store.faults.saturating_sub(store.listed.len() as u64);
    if unlisted > 0 {
        terminal.line(format!("  +{unlisted}"))?;
    }
    Ok(())
}
