//! What an engine computed, from what.

use jiff::Timestamp;
use modu_kernel::canonical::CanonicalError;
use modu_kernel::{Artifact, Engine, Outcome};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::EntryReference;
use crate::commitment::Commitment;

pub(super) const TYPE: &str = "https://modu.example/attestation/engine-report/v1";

/// A run of an engine: enough to run it again and compare bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EngineReport {
    /// Which engine.
    pub engine: EngineVersion,
    /// The request, as the engine takes it.
    pub request: Value,
    /// The inputs, in the order of the run.
    pub inputs: Vec<ReportedInput>,
    /// The canonical outcome ([`Outcome::to_canonical`]).
    pub result: Artifact,
    /// The files that came out beside it.
    pub outputs: Vec<ReportedOutput>,
    /// The entry with the criteria on which the run rests, if it rests on any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criteria: Option<EntryReference>,
    /// When the run ended, as its owner says.
    pub finished: Timestamp,
}

impl EngineReport {
    /// Reports an outcome. Costs one canonical form of it.
    ///
    /// # Errors
    /// An outcome without canonical form.
    pub fn new(
        engine: &Engine,
        request: Value,
        inputs: Vec<ReportedInput>,
        outcome: &Outcome,
        criteria: Option<EntryReference>,
        finished: Timestamp,
    ) -> Result<Self, CanonicalError> {
        let outputs = outcome.outputs.iter().map(|output| ReportedOutput {
            name: output.name.clone(),
            media_type: output.media_type.clone(),
            artifact: Artifact::of(&output.bytes),
        });
        Ok(Self {
            engine: EngineVersion {
                name: engine.name.into(),
                version: engine.version.into(),
            },
            request,
            inputs,
            result: Artifact::of(&outcome.to_canonical()?),
            outputs: outputs.collect(),
            criteria,
            finished,
        })
    }

    /// The input of a name.
    #[must_use]
    pub fn input(&self, name: &str) -> Option<&ReportedInput> {
        self.inputs.iter().find(|input| input.name == name)
    }
}

/// An engine by name and version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineVersion {
    /// The engine's name.
    pub name: String,
    /// Its version: another version may give other bytes.
    pub version: String,
}

/// An input of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedInput {
    /// The role it played, such as `need`.
    pub name: String,
    /// Its bytes, or what stands for them.
    #[serde(flatten)]
    pub content: InputContent,
}

impl ReportedInput {
    /// An input whose digest is published.
    pub fn public(name: impl Into<String>, artifact: Artifact) -> Self {
        Self {
            name: name.into(),
            content: InputContent::Artifact(artifact),
        }
    }

    /// An input whose digest is not published, because its bytes are few or
    /// easily guessed.
    pub fn committed(name: impl Into<String>, commitment: Commitment) -> Self {
        Self {
            name: name.into(),
            content: InputContent::Commitment(commitment),
        }
    }
}

/// How a report names an input's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum InputContent {
    /// By digest and size.
    Artifact(Artifact),
    /// By a salted commitment that its owner can open.
    Commitment(Commitment),
}

/// A file that came out of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReportedOutput {
    /// Its name in the outcome.
    pub name: String,
    /// Its IANA media type.
    pub media_type: String,
    /// Its bytes.
    pub artifact: Artifact,
}
