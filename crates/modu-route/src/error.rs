//! What can be wrong with what is read.

use modu_kernel::EngineError;

/// Why an input cannot be read as what it should be.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    /// A line or record is not what it should be.
    #[error("{place}: {problem}")]
    Malformed {
        /// The line or record, counted from 1.
        place: String,
        /// What is wrong and what to write instead.
        problem: String,
    },
    /// There is more than the limit allows.
    #[error("it holds more than {limit} {what}: split it, or take fewer")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// The listener asked the work to stop.
    #[error("the work was cancelled")]
    Cancelled,
    /// Reading failed in the machine.
    #[error("reading failed: {0}")]
    Read(#[source] std::io::Error),
}

impl RouteError {
    /// What is wrong at a line, counted from 1.
    pub(crate) fn line(number: usize, problem: impl Into<String>) -> Self {
        Self::Malformed {
            place: format!("line {number}"),
            problem: problem.into(),
        }
    }

    /// The same, of an engine's input of this name.
    pub(crate) fn of_input(self, name: &str) -> EngineError {
        match self {
            Self::Malformed { place, problem } => EngineError::input(name, place, problem),
            Self::TooMany { .. } => EngineError::input(name, "its length", self),
            Self::Cancelled => EngineError::Cancelled,
            Self::Read(source) => EngineError::Read {
                name: name.to_owned(),
                source,
            },
        }
    }
}
