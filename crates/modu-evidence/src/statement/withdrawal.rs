//! Taking back what an earlier entry says, without taking out the entry.

use jiff::Timestamp;
use modu_kernel::Label;
use serde::{Deserialize, Serialize};

use super::EntryReference;

pub(super) const TYPE: &str = "https://modu.example/attestation/withdrawal/v1";

/// An earlier entry no longer counts. It stays in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// The entry.
    pub entry: EntryReference,
    /// What becomes of it.
    pub change: Change,
    /// Why, for people.
    pub reason: Label,
    /// When, as its owner says; the log's order decides.
    pub at: Timestamp,
}

/// What becomes of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// It was wrong: what rests on it is void, whenever it was made.
    Withdrawn,
    /// Another entry takes its place from here on; what rested on it before
    /// stands.
    SupersededBy(EntryReference),
}
