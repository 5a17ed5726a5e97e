//! What prevents the work. What is wrong with single records is a finding.
//!
//! No variant quotes what a cell or a member holds: it may be somebody's name.

use modu_kernel::EngineError;
use modu_survival::SurvivalError;

/// Why a run of this engine could not be done.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CareError {
    /// Nothing could be estimated from the table.
    #[error(transparent)]
    Survival(#[from] SurvivalError),
    /// A place is not what it should be.
    #[error("{place}: {problem}")]
    Malformed {
        /// The line, column or member.
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
    /// Something that tells who a person is stands where it must not.
    #[error("{place}: it holds {what}; remove it at its source, for nothing here may hold it")]
    Identifier {
        /// The column or member.
        place: String,
        /// What kind of identifier.
        what: &'static str,
    },
    /// A measurement that nobody has, or in another unit.
    #[error("{what} must be {range}; correct it, or leave it out as not measured")]
    Measurement {
        /// What was measured.
        what: &'static str,
        /// What it must be.
        range: String,
    },
}

impl CareError {
    /// A place and what is wrong there.
    pub(crate) fn at(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Malformed {
            place: place.into(),
            problem: problem.into(),
        }
    }

    /// Where JSON of our own making breaks; the reader's words may quote it.
    pub(crate) fn json(error: &serde_json::Error) -> Self {
        Self::Malformed {
            place: format!("line {}, column {}", error.line(), error.column()),
            problem: match error.classify() {
                serde_json::error::Category::Eof => "it ends too early: copy it whole".to_owned(),
                serde_json::error::Category::Data => {
                    "a member is missing, unknown or of another type: make it again".to_owned()
                }
                _ => "it is not JSON: make it again".to_owned(),
            },
        }
    }

    /// What a TOML reader says of a document that people write.
    pub(crate) fn toml(bytes: &[u8], error: &toml::de::Error) -> Self {
        let before = error.span().and_then(|span| bytes.get(..span.start));
        let line = before.map(|before| before.iter().filter(|byte| **byte == b'\n').count() + 1);
        Self::Malformed {
            place: line.map_or("the document".to_owned(), |line| format!("line {line}")),
            problem: error.message().to_owned(),
        }
    }

    /// What a CSV reader says; it quotes no cell.
    pub(crate) fn csv(error: &csv::Error) -> Self {
        let line = error.position().map(csv::Position::line);
        Self::Malformed {
            place: line.map_or("the table".to_owned(), |line| format!("line {line}")),
            problem: match error.kind() {
                csv::ErrorKind::Utf8 { .. } => "it is not UTF-8: save it as UTF-8".to_owned(),
                csv::ErrorKind::UnequalLengths {
                    expected_len, len, ..
                } => format!(
                    "it has {len} cells where the header has {expected_len}: mend or remove it"
                ),
                _ => "it cannot be read as CSV".to_owned(),
            },
        }
    }

    /// The same, of an engine's input of this name.
    pub(crate) fn of_input(self, name: &str) -> EngineError {
        match self {
            Self::Malformed { place, problem } => EngineError::input(name, place, problem),
            Self::TooMany { .. } => EngineError::input(name, "its length", self),
            Self::Identifier { .. } | Self::Survival(_) | Self::Measurement { .. } => {
                EngineError::input(name, "its content", self)
            }
        }
    }
}
