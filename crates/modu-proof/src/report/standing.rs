//! Who is better, and who cannot be told apart.

use modu_kernel::Label;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Measurement;
use crate::need::{Direction, Metric};

/// The contenders in the order of a metric, over all rows, with the letters of
/// those that the data cannot tell apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// The metric, which a criterion names.
    pub metric: Metric,
    /// Its name, with the class that is asked about.
    pub name: Label,
    /// Which side is good.
    pub direction: Direction,
    /// How two contenders were compared.
    pub test: PairTestKind,
    /// Pairs that were read together by Holm's adjustment.
    pub pairs: u64,
    /// The contenders from the best.
    pub places: Vec<Place>,
    /// The largest sets of contenders of which no two are told apart, as
    /// indices of `places`; group `i` has the letter `letters[i]`.
    pub groups: Vec<Vec<u32>>,
    /// The letter of each group.
    pub letters: Vec<String>,
    /// Who is not told apart from the best, in a sentence.
    pub sentence: Label,
}

/// A contender in a standing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The solution's id, or `incumbent` for a recorded column.
    pub id: String,
    /// Its name.
    pub name: Label,
    /// Its measure.
    pub measurement: Measurement,
}

/// How two contenders are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PairTestKind {
    /// DeLong's test of two ROC areas.
    Delong,
    /// McNemar's test of which decisions are right: exact where fewer than 25
    /// rows are discordant.
    Mcnemar,
    /// The paired bootstrap: the difference in standard errors of its
    /// replicates, by the normal distribution.
    Bootstrap,
}

/// A standing in the released report: the order and the letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleasedStanding {
    /// The metric.
    pub metric: Metric,
    /// Its name, with the class that is asked about.
    pub name: Label,
    /// How two contenders were compared.
    pub test: PairTestKind,
    /// The contenders by their letters, those of the same letters in the order
    /// in which they were given.
    pub places: Vec<ReleasedPlace>,
    /// As in [`Standing::groups`].
    pub groups: Vec<Vec<u32>>,
    /// The letter of each group.
    pub letters: Vec<String>,
    /// Who is not told apart from the best, in a sentence.
    pub sentence: Label,
}

/// A contender in a released standing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleasedPlace {
    /// The solution's id, or `incumbent` for a recorded column.
    pub id: String,
    /// Its name.
    pub name: Label,
}
