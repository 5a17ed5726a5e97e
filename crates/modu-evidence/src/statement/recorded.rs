//! What somebody says that a run of their own gave.

use modu_kernel::{Artifact, Digest, canonical};
use serde::{Deserialize, Serialize};

use super::malformed;
use crate::EvidenceError;
use crate::encoding::decimal;

pub(super) const TYPE: &str = "https://modu.example/attestation/recorded-run/v1";

/// A run that was done elsewhere, as whoever did it tells it. It says who said
/// what and when, and that nothing of it was changed since; nobody here ran
/// it, so it cannot be run again as an [`super::EngineReport`] can.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordedRun {
    /// What it is called.
    pub name: String,
    /// Who says so.
    pub by: RecordedBy,
    /// What was measured; finite numbers.
    pub metrics: Vec<RecordedMetric>,
    /// What it was done with.
    pub parameters: Vec<RecordedParameter>,
    /// Its files.
    pub files: Vec<RecordedFile>,
}

/// Who told of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordedBy {
    /// The organisation's name at the time.
    pub organisation: String,
    /// The organisation's place in the programme's history.
    #[serde(with = "decimal")]
    pub organisation_number: u64,
    /// The person's place there.
    #[serde(with = "decimal")]
    pub person_number: u64,
}

/// A figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedMetric {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: f64,
}

/// A setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedParameter {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A file of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordedFile {
    /// Its name.
    pub name: String,
    /// Its IANA media type.
    pub media_type: String,
    /// Its bytes.
    pub artifact: Artifact,
    /// Whether the bytes were handed in with the record.
    pub kept: bool,
}

impl RecordedRun {
    /// The digest of the record's canonical JSON, its statement's first
    /// subject.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] where a figure is no finite number.
    pub fn digest(&self) -> Result<Digest, EvidenceError> {
        if let Some(metric) = self.metrics.iter().find(|it| !it.value.is_finite()) {
            let place = format!("the metric `{}`", metric.name);
            return Err(malformed(&place, "it is no finite number"));
        }
        let bytes = canonical::to_vec(self).map_err(|error| malformed("predicate", error))?;
        Ok(Digest::of(&bytes))
    }
}
