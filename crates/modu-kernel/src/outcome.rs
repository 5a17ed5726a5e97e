//! What an engine's run came to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::canonical::{self, CanonicalError};
use crate::{Artifact, Label};

/// How much a finding matters to the reader of a report.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// The result stands, but something in the data limits it.
    Warning,
    /// A part of the result could not be had.
    Problem,
}

/// Something in the *data* that the reader should know. Bad data is a finding
/// beside the result; only what prevents the work is an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// A stable name for machines, such as `column.constant`.
    pub code: String,
    /// Where: an input's name, a column, a row range.
    pub place: String,
    /// What it is and what may be done, for people.
    pub message: Label,
}

/// Bytes that a run produced beside its report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// A name unique in this outcome, such as `report.ko.html`.
    pub name: String,
    /// Its IANA media type.
    pub media_type: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// The result of a run: a report, findings and output artifacts.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The report as JSON; its canonical form is what is hashed.
    pub report: Value,
    /// What the reader should know of the data.
    pub findings: Vec<Finding>,
    /// Further bytes that came out, in the engine's order.
    pub outputs: Vec<Output>,
}

impl Outcome {
    /// The outcome as one canonical document: the report, the findings, and
    /// each output by name, media type, digest and size. Its digest is the
    /// run's *result digest*.
    ///
    /// # Errors
    /// A report without canonical form, such as one with an integer over 2^53.
    pub fn to_canonical(&self) -> Result<Vec<u8>, CanonicalError> {
        #[derive(Serialize)]
        struct OutputEntry<'a> {
            name: &'a str,
            media_type: &'a str,
            #[serde(flatten)]
            artifact: Artifact,
        }
        #[derive(Serialize)]
        struct Document<'a> {
            report: &'a Value,
            findings: &'a [Finding],
            outputs: Vec<OutputEntry<'a>>,
        }
        canonical::to_vec(&Document {
            report: &self.report,
            findings: &self.findings,
            outputs: self
                .outputs
                .iter()
                .map(|output| OutputEntry {
                    name: &output.name,
                    media_type: &output.media_type,
                    artifact: Artifact::of(&output.bytes),
                })
                .collect(),
        })
    }

    /// The output of a name.
    #[must_use]
    pub fn output(&self, name: &str) -> Option<&Output> {
        self.outputs.iter().find(|output| output.name == name)
    }
}
