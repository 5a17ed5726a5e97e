//! The history: what happened, as it is kept.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::value::{DigestName, Moment, Number};

/// An entry of the history. Its digest is that of its canonical JSON
/// (RFC 8785), which the next entry names.
/// What happened is JSON as it is kept, so that a client reads also what a newer
/// server knows to happen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EntryView {
    /// Its place, from 1.
    pub sequence: Number,
    /// When.
    pub at: Moment,
    /// Who: `"system"`, or `{"person": 12}`.
    pub by: serde_json::Value,
    /// What happened; `event` in it says which kind.
    #[schema(value_type = Object)]
    pub event: serde_json::Value,
    /// The digest of the entry before it.
    pub previous: DigestName,
}

/// What a change became: an entry of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Done {
    /// The entry's number, which also names what it brought into being.
    pub sequence: Number,
    /// When.
    pub at: Moment,
}
