//! Why a child gave no scores.

use std::io;
use std::time::Duration;

use modu_onnx::RefusalKind;
use modu_proof::evaluate::EvaluateError;
use modu_proof::predict::Wall;

/// Why a child gave no scores.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// This system has none of the walls.
    #[error("models are confined on Linux only: run Modu on Linux, on x86-64 or 64-bit ARM")]
    System,
    /// No process could be started, or talked to.
    #[error("{doing}: {source}; check that the program may start a process here")]
    Start {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// Walls that the caller demands do not stand.
    #[error(
        "of the walls around a model these cannot be put up here: {}; run where the kernel offers \
         them and no container forbids them, or allow running without them (`--sandbox`)",
        listed(.missing)
    )]
    Unconfined {
        /// Which walls, at least one.
        missing: Vec<MissingWall>,
    },
    /// The model was refused, with the reason and remedy.
    #[error("{reason}")]
    Refused {
        /// What kind of refusal.
        kind: RefusalKind,
        /// What, where and what to do.
        reason: String,
    },
    /// The model does not fit its `solution.toml`.
    #[error("{0}")]
    Mismatch(String),
    /// The child took too long and was ended.
    #[error(
        "it took longer than {} s {doing} and was ended; allow more time, or ask for a smaller model",
        .limit.as_secs_f64()
    )]
    Late {
        /// What it was doing.
        doing: &'static str,
        /// How long it had.
        limit: Duration,
    },
    /// The child ended without an answer.
    #[error("the process that evaluated it ended {doing}: {how}")]
    Ended {
        /// What it was doing.
        doing: &'static str,
        /// How it ended, in words.
        how: String,
    },
    /// The child answered what no honest child answers.
    #[error(
        "the process that evaluated it gave no proper answer ({problem}); do not use this model"
    )]
    Answer {
        /// What was wrong.
        problem: String,
    },
    /// The batch is too large to be sent.
    #[error("a batch of {found} bytes is over the limit of {limit}: send fewer rows at once")]
    Batch {
        /// Its size in bytes.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// The child had failed before.
    #[error("the process that evaluated it is gone: start another")]
    Gone,
}

/// A wall that a machine does not offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingWall {
    /// Which wall.
    pub wall: Wall,
    /// What the system said.
    pub reason: String,
}

fn listed(missing: &[MissingWall]) -> String {
    let words = missing
        .iter()
        .map(|it| format!("{} ({})", it.wall.name(), it.reason));
    words.collect::<Vec<_>>().join(", ")
}

impl From<RunError> for EvaluateError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Refused { kind, reason } => match kind {
                RefusalKind::Encoding | RefusalKind::Forbidden | RefusalKind::Unsupported => {
                    Self::Refused(reason)
                }
                RefusalKind::Request => Self::Mismatch(reason),
                RefusalKind::Malformed | RefusalKind::Limit => Self::Failed(reason),
            },
            RunError::Mismatch(problem) => Self::Mismatch(problem),
            RunError::System | RunError::Unconfined { .. } => {
                Self::Machine(io::Error::new(io::ErrorKind::Unsupported, error))
            }
            RunError::Start { .. } => Self::Machine(io::Error::other(error)),
            RunError::Late { .. }
            | RunError::Ended { .. }
            | RunError::Answer { .. }
            | RunError::Batch { .. }
            | RunError::Gone => Self::Failed(error.to_string()),
        }
    }
}
