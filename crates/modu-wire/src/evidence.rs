//! Evidence: what stands in the log.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::value::{DigestName, Moment, Number};

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EvidenceView {
    /// Its place, from 0.
    pub evidence: Number,
    /// When it was taken into the log.
    pub at: Moment,
    /// The kind of what it says: a URI.
    pub predicate: String,
    /// The engine, where it reports a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<EngineView>,
    /// What it is about.
    pub subjects: Vec<SubjectView>,
}

/// An engine of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EngineView {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// A file that evidence is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SubjectView {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub digest: DigestName,
}
