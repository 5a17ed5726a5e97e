//! The notification file, and which way leads from what is held to it.

use rpki::rrdp::{DeltaInfo, NotificationFile};

use super::Memory;
use crate::Failure;

/// How to get to the state that a notification names.
pub(super) enum Way<'a> {
    /// It is held.
    Unchanged,
    /// By these deltas, in this order.
    Deltas(Vec<&'a DeltaInfo>),
    /// By the snapshot; why, where something was held.
    Snapshot(Option<Failure>),
}

/// Reads a notification file. Where it lists more deltas than the limit, none
/// is looked at.
pub(super) fn read(bytes: &[u8], deltas: usize) -> Result<NotificationFile, Failure> {
    let mut read = NotificationFile::parse_limited(bytes, deltas)
        .map_err(|error| Failure::new("rrdp.notification", error))?;
    read.sort_deltas();
    Ok(read)
}

/// The way from what is remembered.
pub(super) fn way<'a>(new: &'a NotificationFile, memory: Option<&Memory>) -> Way<'a> {
    let Some(memory) = memory else {
        return Way::Snapshot(None);
    };
    let snapshot = |code: &str, detail: String| Way::Snapshot(Some(Failure::new(code, detail)));
    if new.session_id().to_string() != memory.session {
        return snapshot("rrdp.session", "the server began a new session".into());
    }
    let rewritten = new.deltas().iter().find(|delta| {
        let before = memory.deltas.get(&delta.serial());
        before.is_some_and(|before| *before != delta.hash().to_string())
    });
    if let Some(delta) = rewritten {
        let detail = format!("delta {} is another than it was", delta.serial());
        return snapshot("rrdp.rewritten", detail);
    }
    let (from, to) = (memory.serial, new.serial());
    if from == to {
        return Way::Unchanged;
    }
    if from > to {
        return snapshot(
            "rrdp.backwards",
            format!("the serial fell from {from} to {to}"),
        );
    }
    if let Err(error) = new.delta_status() {
        return snapshot("rrdp.deltas", error.to_string());
    }
    let deltas: Vec<&DeltaInfo> = (new.deltas().iter())
        .filter(|delta| delta.serial() > from)
        .collect();
    let complete = deltas.len() as u64 == to - from
        && (deltas.iter().zip(from + 1..)).all(|(delta, serial)| delta.serial() == serial);
    match complete {
        true => Way::Deltas(deltas),
        false => snapshot(
            "rrdp.gap",
            format!("deltas from {from} to {to} are not all listed"),
        ),
    }
}
