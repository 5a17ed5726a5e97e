//! What leaves of a run, and what stays because the data set has answered
//! before.

use modu_kernel::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ledger::{Budget, Step};

/// Which submission a released number is of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The one that the report speaks of.
    #[default]
    ThisSubmission,
    /// The best one of the same supplier before: this one is not clearly
    /// better, so that nothing new is told.
    EarlierSubmission,
}

/// What leaves of a run, for the owner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseSection {
    /// The ledger that the run departed from; `None` for the first run on the
    /// data set.
    pub prior: Option<Digest>,
    /// What is spent with this run.
    pub budget: Budget,
    /// By how much a number must be better before it is told.
    pub step: Step,
    /// The solutions in the order of the request.
    pub solutions: Vec<SolutionRelease>,
}

/// What leaves of one solution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SolutionRelease {
    /// The solution's id.
    pub id: String,
    /// Whether it was counted; the very same solution again is not.
    pub counted: bool,
    /// Whether its decision leaves.
    pub decision: Source,
    /// How many of its parts of criteria leave with their own numbers.
    pub told: u64,
    /// How many parts there are.
    pub parts: u64,
}

impl SolutionRelease {
    /// Whether nothing of it is held back.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.decision == Source::ThisSubmission && self.told == self.parts
    }
}
