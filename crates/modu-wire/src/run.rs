//! Runs that somebody did elsewhere, put on record: what they measured and
//! which files came out, signed and in the log, in the name of who says so.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::value::{Content, DigestName, Line, MediaType, Moment, Number};

/// Metrics of one run.
pub const MAX_METRICS: usize = 1_000;
/// Parameters of one run.
pub const MAX_PARAMETERS: usize = 200;
/// Files of one run that are handed in.
pub const MAX_FILES: usize = 16;
/// Files of one run that are only named.
pub const MAX_NAMED: usize = 200;

/// A run to be put on record. No two metrics, parameters or files have the
/// same name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRun {
    /// What the run is called.
    pub name: Line,
    /// What was measured.
    #[schema(max_items = 1000)]
    pub metrics: Vec<Metric>,
    /// What it was done with.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub parameters: Vec<Parameter>,
    /// Files that are kept with it.
    #[serde(default)]
    #[schema(max_items = 16)]
    pub files: Vec<HandedFile>,
    /// Files that stay where they are: only what names them is kept.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub named: Vec<NamedFile>,
}

/// A figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// Its name.
    pub name: Line,
    /// Its value.
    pub value: f64,
}

/// A setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Its name.
    pub name: Line,
    /// Its value.
    pub value: Line,
}

/// A file with its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandedFile {
    /// Its name.
    pub name: Line,
    /// Its kind.
    pub media_type: MediaType,
    /// Its bytes.
    pub content: Content,
}

/// A file by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedFile {
    /// Its name.
    pub name: Line,
    /// Its kind.
    pub media_type: MediaType,
    /// SHA-256 of its bytes.
    pub digest: DigestName,
    /// How many bytes.
    pub size: Number,
}

/// What a run became once it was put on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Recorded {
    /// Its number: the place of its evidence in the log.
    pub run: Number,
    /// The hash that holds it there.
    pub leaf_hash: DigestName,
}

/// A run on record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunView {
    /// Its number: the place of its evidence in the log.
    pub run: Number,
    /// When it was taken into the log.
    pub at: Moment,
    /// What it is called.
    pub name: Line,
    /// Who says so.
    pub by: Submitter,
    /// What was measured, in the order in which it was told.
    pub metrics: Vec<Metric>,
    /// What it was done with.
    pub parameters: Vec<Parameter>,
    /// Its files: those that were handed in, then those that were named.
    pub files: Vec<FileView>,
}

/// Who put a run on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Submitter {
    /// The organisation.
    pub organisation: Number,
    /// Its name at the time.
    pub organisation_name: Line,
    /// The person.
    pub person: Number,
}

/// A file of a run on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileView {
    /// Its name.
    pub name: Line,
    /// Its kind.
    pub media_type: MediaType,
    /// SHA-256 of its bytes.
    pub digest: DigestName,
    /// How many bytes.
    pub size: Number,
    /// Whether its bytes were handed in.
    pub kept: bool,
}
