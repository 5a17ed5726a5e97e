//! Running a reported run again.
//!
//! A report names the engine and its version, the request, and the inputs by
//! digest. Whoever holds the inputs can run the engine again and compare the
//! result's bytes with what was signed.

use std::io;

use modu_kernel::{
    Artifact, Digest, Engine, EngineError, Input, Inputs, Outcome, Progress, ReadSeek,
};

use crate::EvidenceError;
use crate::commitment::Opening;
use crate::statement::{EngineReport, InputContent, ReportedInput};

/// Where a replay finds the inputs' bytes.
pub trait Artifacts: Sync {
    /// Opens the bytes of a digest. The replay hashes them before it trusts
    /// them.
    ///
    /// # Errors
    /// `NotFound` where they are not there; else what the store says.
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn ReadSeek + '_>>;
}

/// What a replay came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    /// Whether the result has the same bytes.
    pub same: bool,
    /// The result that was reported.
    pub recorded: Artifact,
    /// The result that came out now.
    pub recomputed: Artifact,
    /// All that came out now.
    pub outcome: Outcome,
}

/// Runs a reported run again. `openings` are for the inputs that the report
/// only commits to. Each input is read once more than the engine reads it.
///
/// # Errors
/// [`EvidenceError::Replay`] where the engine is not at hand in the reported
/// version, or an input is missing or has other bytes;
/// [`EvidenceError::Engine`] where the engine fails.
pub fn replay(
    report: &EngineReport,
    openings: &[Opening],
    artifacts: &dyn Artifacts,
    engines: &[Engine],
    progress: &dyn Progress,
) -> Result<Replayed, EvidenceError> {
    let engine = find_engine(report, engines)?;
    let list = (report.inputs.iter())
        .map(|input| resolve(input, openings))
        .collect::<Result<Vec<_>, _>>()?;
    let inputs = CheckedInputs { list, artifacts };
    for input in &inputs.list {
        inputs.check(input)?;
    }
    let outcome = (engine.run)(&report.request, &inputs, progress)?;
    let result = outcome.to_canonical().map_err(EngineError::from)?;
    let recomputed = Artifact::of(&result);
    Ok(Replayed {
        same: recomputed == report.result,
        recorded: report.result,
        recomputed,
        outcome,
    })
}

fn find_engine<'e>(
    report: &EngineReport,
    engines: &'e [Engine],
) -> Result<&'e Engine, EvidenceError> {
    let wanted = &report.engine;
    let of_name = engines.iter().filter(|engine| engine.name == wanted.name);
    if let Some(engine) = of_name.clone().find(|e| e.version == wanted.version) {
        return Ok(engine);
    }
    let here: Vec<_> = of_name.map(|engine| engine.version).collect();
    Err(EvidenceError::Replay(match here.as_slice() {
        [] => format!("there is no engine `{}` in this build", wanted.name),
        versions => format!(
            "it was made by version {} of `{}`, and this build has {}: use a build of that version",
            wanted.version,
            wanted.name,
            versions.join(", ")
        ),
    }))
}

fn resolve(input: &ReportedInput, openings: &[Opening]) -> Result<Input, EvidenceError> {
    let artifact = match &input.content {
        InputContent::Artifact(artifact) => *artifact,
        InputContent::Commitment(commitment) => {
            let opening = openings.iter().find(|opening| opening.opens(commitment));
            let missing = || {
                EvidenceError::Replay(format!(
                    "the input `{}` is published as a commitment only: its owner's opening file is needed",
                    input.name
                ))
            };
            opening.ok_or_else(missing)?.artifact
        }
    };
    Ok(Input {
        name: input.name.clone(),
        artifact,
    })
}

struct CheckedInputs<'a> {
    list: Vec<Input>,
    artifacts: &'a dyn Artifacts,
}

impl CheckedInputs<'_> {
    fn check(&self, input: &Input) -> Result<(), EvidenceError> {
        let digest = input.artifact.digest;
        let failed = |problem: String| {
            EvidenceError::Replay(format!("the input `{}`, {digest}: {problem}", input.name))
        };
        let found = self
            .artifacts
            .open(&digest)
            .and_then(Digest::of_reader)
            .map_err(|error| failed(error.to_string()))?;
        if found != input.artifact {
            let problem = format!(
                "the bytes at hand are {} of {} bytes",
                found.digest, found.size
            );
            return Err(failed(problem));
        }
        Ok(())
    }
}

impl Inputs for CheckedInputs<'_> {
    fn list(&self) -> &[Input] {
        &self.list
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn ReadSeek + '_>> {
        let input = self.list.iter().find(|input| input.name == name);
        let input = input.ok_or(io::ErrorKind::NotFound)?;
        self.artifacts.open(&input.artifact.digest)
    }

    /// Checked before it is handed on, as the listed inputs are.
    fn open_part(&self, digest: &Digest) -> io::Result<Box<dyn ReadSeek + '_>> {
        let found = Digest::of_reader(self.artifacts.open(digest)?)?;
        match found.digest == *digest {
            true => self.artifacts.open(digest),
            false => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("the bytes at hand are {}", found.digest),
            )),
        }
    }
}
