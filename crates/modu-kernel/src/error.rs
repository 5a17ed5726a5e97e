//! What prevents an engine from doing its work.

use crate::canonical::CanonicalError;

/// Why a run has no outcome. The binary turns these into exit codes: 2 for
/// [`Self::Request`] and [`Self::Input`], 3 for the rest.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The request does not fit the engine.
    #[error("the request is wrong: {0}")]
    Request(String),
    /// An input is missing, too large or cannot be read as what it should be.
    #[error("input `{name}`, {place}: {problem}")]
    Input {
        /// The input's name in the run.
        name: String,
        /// Where in it: a line, a column, a byte offset.
        place: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// Reading an input failed in the machine, not in the data.
    #[error("input `{name}` could not be read: {source}")]
    Read {
        /// The input's name in the run.
        name: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The listener asked the work to stop.
    #[error("the work was cancelled")]
    Cancelled,
    /// The report has no canonical form: a fault of the engine.
    #[error("the report has no canonical form: {0}")]
    Report(#[from] CanonicalError),
    /// A broken promise inside the engine; please report it.
    #[error("the engine broke its own rule: {0}")]
    Internal(String),
}

impl EngineError {
    /// An [`Self::Input`] error.
    pub fn input(
        name: impl Into<String>,
        place: impl Into<String>,
        problem: impl ToString,
    ) -> Self {
        Self::Input {
            name: name.into(),
            place: place.into(),
            problem: problem.to_string(),
        }
    }
}
