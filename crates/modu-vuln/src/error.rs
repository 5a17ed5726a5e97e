//! What can be wrong with what is read.

use modu_kernel::EngineError;

/// Why an input cannot be read as what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VulnError {
    /// A place is not what it should be.
    #[error("{place}: {problem}")]
    Malformed {
        /// The line or member.
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
}

impl VulnError {
    /// A place and what is wrong there.
    pub(crate) fn at(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Malformed {
            place: place.into(),
            problem: problem.into(),
        }
    }

    /// What a JSON reader says.
    pub(crate) fn json(error: &serde_json::Error) -> Self {
        Self::Malformed {
            place: format!("line {}, column {}", error.line(), error.column()),
            problem: match error.to_string() {
                // Its own words: "recursion limit exceeded".
                words if words.starts_with("recursion limit") => format!(
                    "lists stand within lists more than {} deep: flatten them",
                    crate::limits::DEPTH
                ),
                words => words,
            },
        }
    }

    /// What a TOML reader says.
    pub(crate) fn toml(bytes: &[u8], error: &toml::de::Error) -> Self {
        let before = error.span().and_then(|span| bytes.get(..span.start));
        let line = before.map(|before| before.iter().filter(|byte| **byte == b'\n').count() + 1);
        Self::Malformed {
            place: line.map_or("the document".to_owned(), |line| format!("line {line}")),
            problem: error.message().to_owned(),
        }
    }

    /// What a CSV reader says of a text.
    pub(crate) fn csv(text: &[u8], error: &csv::Error) -> Self {
        let line = error
            .position()
            .map(|place| crate::table::line_of(text, place));
        let problem = match error.kind() {
            csv::ErrorKind::Deserialize { err, .. } => err.to_string(),
            _ => error.to_string(),
        };
        Self::Malformed {
            place: line.map_or("the table".to_owned(), |line| format!("line {line}")),
            problem,
        }
    }

    /// The same, of an engine's input of this name.
    pub(crate) fn of_input(self, name: &str) -> EngineError {
        match self {
            Self::Malformed { place, problem } => EngineError::input(name, place, problem),
            Self::TooMany { .. } => EngineError::input(name, "its length", self),
        }
    }
}
