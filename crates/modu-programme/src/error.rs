//! Why a step is not taken, and why the history cannot be read or added to.

use crate::access::{Action, Role};
use crate::database::DatabaseError;
use crate::identity::Sequence;

/// Why an event does not follow on what has happened. The history stays as it
/// was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The asker's role does not allow it here.
    #[error("{role:?} may not {action:?} here")]
    NotAllowed {
        /// In what capacity it was asked.
        role: Role,
        /// What was asked.
        action: Action,
    },
    /// It names what does not exist, or what the asker may not know of.
    #[error("there is no {0}")]
    Missing(&'static str),
    /// It does not follow on where things stand.
    #[error("{0}")]
    NotNow(&'static str),
    /// What it says is wrong in itself.
    #[error("{what}: {problem}")]
    Wrong {
        /// Which part.
        what: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

impl Refusal {
    pub(crate) fn wrong(what: &'static str, problem: impl Into<String>) -> Self {
        Self::Wrong {
            what,
            problem: problem.into(),
        }
    }
}

/// Why the history could not be read or added to.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The step was refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Somebody else added an entry in the meantime: look again, then try again.
    #[error("the history has grown to entry {found} meanwhile, not {expected}; try again")]
    Grown {
        /// The last entry that was known.
        expected: Sequence,
        /// The last entry that there is.
        found: Sequence,
    },
    /// An entry that was to be kept does not have the next place.
    #[error("an entry for place {expected} of the history names place {found}")]
    Misplaced {
        /// The next place.
        expected: Sequence,
        /// The entry's.
        found: Sequence,
    },
    /// The clock of the machine went backwards.
    #[error("the clock says {now}, before the last entry's {last}; set the clock right")]
    ClockWentBack {
        /// What the clock says.
        now: jiff::Timestamp,
        /// The time of the last entry.
        last: jiff::Timestamp,
    },
    /// An entry is not the one that was written.
    #[error("entry {sequence} of the history was changed: {problem}; restore a backup")]
    Changed {
        /// Which entry.
        sequence: Sequence,
        /// How it shows.
        problem: String,
    },
    /// An entry cannot be written.
    #[error("entry {sequence} cannot be written: {problem}")]
    Unwritable {
        /// Which entry.
        sequence: Sequence,
        /// Why.
        problem: String,
    },
    /// The job that this came of is another worker's by now, or was called off.
    #[error("the job is another worker's by now, or was called off: nothing was kept")]
    LeaseLost,
    /// Nothing was to be done.
    #[error("nothing was to be done")]
    Nothing,
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] DatabaseError),
}
