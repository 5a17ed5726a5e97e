//! What can be wrong with what people bring: a need, a solution, a data set.

use modu_kernel::EngineError;

/// Why an input cannot be used: which place in it, what is wrong there, and
/// what to do. No variant quotes a cell of the data, so an error may be shown
/// to a supplier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The bytes are not the document they should be (not UTF-8, not TOML, a
    /// broken Parquet footer).
    #[error("{place}: {problem}")]
    Unreadable {
        /// Line and column, a byte offset, or a part's name.
        place: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A key of a TOML document breaks a rule.
    #[error("key `{key}`: {problem}; {remedy}")]
    Key {
        /// The key with its path, such as `criteria[2].over`.
        key: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// A limit is passed.
    #[error("{what} is {found}, over the limit of {limit}; {remedy}")]
    Limit {
        /// What is counted.
        what: String,
        /// How much there is (at least).
        found: u64,
        /// How much may be.
        limit: u64,
        /// What to do.
        remedy: String,
    },
    /// The header of a table does not fit the declared columns.
    #[error("{place}: {problem}; {remedy}")]
    Header {
        /// Which column of the table or of the need.
        place: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// A cell of a table does not fit its column.
    #[error("row {row}, column `{column}`: {problem}; {remedy}")]
    Cell {
        /// The row, counted from 1 without the header.
        row: u64,
        /// The column's declared name.
        column: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: String,
    },
}

impl ProofError {
    /// A [`Self::Key`] error.
    pub(crate) fn key(
        key: impl Into<String>,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::Key {
            key: key.into(),
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }

    /// An [`Self::Unreadable`] error.
    pub(crate) fn unreadable(place: impl Into<String>, problem: impl ToString) -> Self {
        Self::Unreadable {
            place: place.into(),
            problem: problem.to_string(),
        }
    }

    /// The engine's error about the input of this name.
    pub(crate) fn of_input(self, name: &str) -> EngineError {
        let (place, problem) = match &self {
            Self::Unreadable { place, problem } => (place.clone(), problem.clone()),
            Self::Key {
                key,
                problem,
                remedy,
            } => (format!("key `{key}`"), format!("{problem}; {remedy}")),
            Self::Limit { what, .. } => (what.clone(), self.to_string()),
            Self::Header {
                place,
                problem,
                remedy,
            } => (place.clone(), format!("{problem}; {remedy}")),
            Self::Cell {
                row,
                column,
                problem,
                remedy,
            } => (
                format!("row {row}, column `{column}`"),
                format!("{problem}; {remedy}"),
            ),
        };
        EngineError::input(name, place, problem)
    }
}
