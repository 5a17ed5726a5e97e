//! Counts of people, told only where they are many enough.

use modu_kernel::Language;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The smallest number of people that is told.
pub const SMALLEST_CELL: u64 = 5;

/// A number of people in a report: none, enough to be told, or fewer than
/// [`SMALLEST_CELL`], of which only that is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// So many; 0, or at least [`SMALLEST_CELL`].
    Of(u64),
    /// At least one, and not so many that the number is told.
    Few,
}

impl Count {
    /// A number as it may be told.
    #[must_use]
    pub const fn new(people: u64) -> Self {
        match people {
            1..SMALLEST_CELL => Self::Few,
            _ => Self::Of(people),
        }
    }

    /// The number, where it is told.
    #[must_use]
    pub const fn told(self) -> Option<u64> {
        match self {
            Self::Of(people) => Some(people),
            Self::Few => None,
        }
    }

    /// For people.
    #[must_use]
    pub fn text(self, language: Language) -> String {
        match self {
            Self::Of(people) => people.to_string(),
            Self::Few => language.pick("5명 미만", "fewer than 5").to_owned(),
        }
    }
}
