//! Criteria fixed before the runs that they judge.

use jiff::Timestamp;
use modu_kernel::{Artifact, Label};
use serde::{Deserialize, Serialize};

pub(super) const TYPE: &str = "https://modu.example/attestation/criteria/v1";

/// Criteria, registered in the log before any run that rests on them.
///
/// A run keeps to them where, for each document, it has an input of the same
/// name with the same digest, and its own entry stands later in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Criteria {
    /// What is judged, such as the `id` of a need.
    pub id: String,
    /// The same for people.
    pub title: Label,
    /// The name of the engine whose runs will be judged.
    pub engine: String,
    /// The files that hold the criteria, one at least.
    pub documents: Vec<CriteriaDocument>,
    /// When they were registered, as their owner says; the log's order decides.
    pub registered: Timestamp,
}

/// A file that holds criteria.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CriteriaDocument {
    /// The name that it has among a run's inputs, such as `need`.
    pub name: String,
    /// Its bytes.
    pub artifact: Artifact,
}
