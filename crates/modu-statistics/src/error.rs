//! What is wrong with a question before any number is computed.

use crate::{Task, Undefined};

/// Why a question could not be asked, or has no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StatisticsError {
    /// Two columns that describe the same rows differ in length.
    #[error(
        "{what} has {found} rows where the labels have {expected}; give one value for each row"
    )]
    Length {
        /// Which column.
        what: &'static str,
        /// Rows of the labels.
        expected: usize,
        /// Rows of the column.
        found: usize,
    },
    /// More of something than this crate is made for.
    #[error("{found} {what} are more than the limit of {limit}; ask about fewer at a time")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many were given.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// A class code outside 0..classes.
    #[error("{what}, row {row}: class {found} is not one of 0..{classes}; correct the code")]
    Class {
        /// Which column.
        what: &'static str,
        /// Row, from 0.
        row: usize,
        /// The code found.
        found: u16,
        /// Number of classes.
        classes: u16,
    },
    /// A number outside the range that it must lie in.
    #[error("{what} is {found}, but must be {range}")]
    Range {
        /// Which number.
        what: &'static str,
        /// Its value, as text.
        found: String,
        /// Where it must lie.
        range: &'static str,
    },
    /// Something that a study of this task does not have.
    #[error("a study of {task:?} has no {what}; ask it of a study of another task")]
    OtherTask {
        /// What was given or asked.
        what: &'static str,
        /// The study's task.
        task: Task,
    },
    /// An id of a model or subset of another study, or a class that it lacks.
    #[error("the study has no {what} of this id; use the ids that it handed out")]
    Unknown {
        /// Model, subset or class.
        what: &'static str,
    },
    /// The question was well put, but its answer is undefined.
    #[error("the result is undefined: {0}")]
    Undefined(#[from] Undefined),
    /// The watcher asked the bootstrap to stop.
    #[error("the bootstrap was cancelled")]
    Cancelled,
}

impl StatisticsError {
    pub(crate) fn range(what: &'static str, found: impl ToString, range: &'static str) -> Self {
        let found = found.to_string();
        Self::Range { what, found, range }
    }
}

/// Refuses a column of another length than the labels.
pub(crate) fn check_length(
    what: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), StatisticsError> {
    if expected == found {
        Ok(())
    } else {
        Err(StatisticsError::Length {
            what,
            expected,
            found,
        })
    }
}
