//! One run of an engine on artifacts of the store, and what is said of it.
//! Every engine's command goes through here: the one path of the house.

use jiff::Timestamp;
use modu_evidence::commitment::Opening;
use modu_evidence::statement::{EngineReport, EntryReference, ReportedInput};
use modu_kernel::{Artifact, Engine, Input, Outcome, Progress};
use modu_store::StoredInputs;
use serde_json::Value;

use crate::home::Home;

/// An input of a run, and whether its digest may be published.
#[derive(Debug, Clone)]
pub(crate) struct RunInput {
    /// The role it plays.
    pub(crate) name: String,
    /// Its bytes, in the store.
    pub(crate) artifact: Artifact,
    /// What opens its commitment, where only a commitment is published.
    pub(crate) private: Option<Opening>,
}

impl RunInput {
    /// An input whose digest is published.
    pub(crate) fn public(name: impl Into<String>, artifact: Artifact) -> Self {
        Self {
            name: name.into(),
            artifact,
            private: None,
        }
    }

    /// An input that is published as a commitment.
    pub(crate) fn private(name: impl Into<String>, opening: Opening) -> Self {
        Self {
            name: name.into(),
            artifact: opening.artifact,
            private: Some(opening),
        }
    }

    fn reported(&self) -> ReportedInput {
        match &self.private {
            None => ReportedInput::public(&self.name, self.artifact),
            Some(opening) => ReportedInput::committed(&self.name, opening.commitment()),
        }
    }
}

/// A run that has been done: its result and outputs are in the store.
#[derive(Debug)]
pub(crate) struct Done {
    /// What came out.
    pub(crate) outcome: Outcome,
    /// The canonical outcome; its digest is the result digest.
    pub(crate) result: Artifact,
    /// What is to be signed.
    pub(crate) report: EngineReport,
}

/// Runs an engine and keeps what comes out.
pub(crate) fn perform(
    home: &Home,
    engine: &Engine,
    request: Value,
    inputs: &[RunInput],
    criteria: Option<EntryReference>,
    progress: &dyn Progress,
) -> anyhow::Result<Done> {
    let list = inputs
        .iter()
        .map(|input| Input {
            name: input.name.clone(),
            artifact: input.artifact,
        })
        .collect();
    let outcome = (engine.run)(&request, &StoredInputs::new(&home.store, list)?, progress)?;
    for output in &outcome.outputs {
        home.store.put_bytes(&output.bytes)?;
    }
    let result = home.store.put_bytes(&outcome.to_canonical()?)?;
    let reported = inputs.iter().map(RunInput::reported).collect();
    let now = Timestamp::now();
    let report = EngineReport::new(engine, request, reported, &outcome, criteria, now)?;
    Ok(Done {
        outcome,
        result,
        report,
    })
}
