//! The verdicts on criteria, and what follows for a solution.

use modu_kernel::Label;
use modu_statistics::Finite;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Measurement;

/// A criterion's answer.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The unfavourable confidence limit reaches the bound.
    Met,
    /// Even the favourable confidence limit misses it.
    NotMet,
    /// The bound lies between the two limits: the data cannot tell.
    NotSeparable,
    /// Too few rows to tell.
    NotEnoughData,
    /// The measure could not be had: counts as not met.
    Missing,
}

/// What follows for a solution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecisionAnswer {
    /// Every criterion is met.
    Adopt,
    /// A criterion is proven to be missed, or a measure is missing.
    Refuse,
    /// No criterion is proven to be missed, but there are too few data to
    /// judge one.
    NotEnoughData,
    /// No criterion is proven to be missed, but the data cannot separate the
    /// solution from a bound: it may meet it or miss it.
    NotSeparable,
}

/// The decision on one solution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The answer.
    pub answer: DecisionAnswer,
    /// Why, in a sentence.
    pub reason: Label,
    /// The criteria that stand in the way, by id.
    pub blocking: Vec<String>,
}

/// One criterion for one solution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CriterionResult {
    /// The criterion's id.
    pub id: String,
    /// The worst verdict of its parts.
    pub verdict: Verdict,
    /// Why, in a sentence with its numbers.
    pub reason: Label,
    /// One per member for `each:`; else one.
    pub parts: Vec<CriterionPart>,
    /// Largest one-sided p-value of its parts, where they can be had.
    pub p_value: Option<Finite>,
    /// The same after Holm's adjustment over all criteria of all solutions.
    /// Shown, not decided on.
    pub holm_p_value: Option<Finite>,
}

/// One comparison of a limit with a bound.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CriterionPart {
    /// The member's id for `each:`.
    pub member: Option<String>,
    /// Its name, or the name of the rows.
    pub name: Label,
    /// This part's verdict.
    pub verdict: Verdict,
    /// The measure, with its two-sided interval.
    pub measurement: Measurement,
    /// The one-sided confidence limit on the unfavourable side, which was
    /// compared with the threshold.
    pub limit: Option<Finite>,
    /// The confidence of the limits of this part.
    pub confidence: Option<Finite>,
    /// The incumbent's value where there is a margin.
    pub incumbent: Option<Measurement>,
    /// Improvement over the incumbent in the favourable direction.
    pub improvement: Option<Measurement>,
    /// Its one-sided lower limit, which was compared with the margin.
    pub improvement_limit: Option<Finite>,
    /// The other side, by which a miss is proven.
    pub favourable: FavourableLimits,
    /// Where the data cannot tell: how many rows could.
    pub needed: Option<RowsNeeded>,
    /// Why, with its numbers.
    pub reason: Label,
}

/// The one-sided limits on the favourable side: where these miss a bound, the
/// solution is proven to miss it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FavourableLimits {
    /// Of the measure.
    pub measure: Option<Finite>,
    /// The upper limit of the improvement over the incumbent.
    pub improvement: Option<Finite>,
    /// The confidence of each, raised so that all limits of a criterion hold
    /// together at the need's.
    pub confidence: Finite,
}

/// How much data would separate a solution from a bound, if other rows were
/// like these.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RowsNeeded {
    /// Rows of this part in the data.
    pub rows: u64,
    /// How far the estimate lies from the bound; positive on the good side.
    pub distance: Finite,
    /// About how many rows of this part would tell, in four of five runs;
    /// none where the estimate lies on the bound, or no number would do.
    pub needed: Option<u64>,
}
