//! What keeps a solution from being a function of a query.

use modu_proof::ProofError;
use modu_proof::evaluate::EvaluateError;
use thiserror::Error;

/// Why a function cannot be made or its answers not be put together.
#[derive(Debug, Error)]
pub enum AdapterError {
    /// A document or a column does not fit.
    #[error("{place}: {source}")]
    Input {
        /// `need.toml`, `solution.toml` or `the columns`.
        place: &'static str,
        /// What is wrong and what to do.
        source: ProofError,
    },
    /// The model is refused or fails.
    #[error(transparent)]
    Model(#[from] EvaluateError),
    /// The score of the positive class is asked of a need that has none.
    #[error(
        "the need `{need}` has no positive class; ask for all scores of a row (Answer::AllScores)"
    )]
    NoPositive {
        /// The need's id.
        need: String,
    },
    /// A batch of answers does not have the two columns that [`crate::Parts`]
    /// takes.
    #[error(
        "a batch of answers has other columns; select the row number (UInt64) and the scores \
         (a list of Float32), neither null"
    )]
    OtherColumns,
    /// An answer is for a row that is past the end or was answered before.
    #[error("row {row} is {problem}; number the rows of the whole table from 0, each once")]
    Row {
        /// The row's number.
        row: u64,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Rows have different numbers of scores.
    #[error("row {row} has {found} scores, others have {expected}; use one solution at a time")]
    Width {
        /// The row's number.
        row: u64,
        /// How many it has.
        found: usize,
        /// How many the first answer had.
        expected: usize,
    },
    /// Rows are left without an answer.
    #[error("{missing} of {rows} rows have no answer; query the whole table")]
    Missing {
        /// How many.
        missing: usize,
        /// Of how many.
        rows: usize,
    },
}
