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
    /// The confidence limit is on the good side.
    Met,
    /// It is not.
    NotMet,
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
    /// A criterion is not met, or a measure is missing.
    Refuse,
    /// No criterion failed, but the data could not answer them all.
    NotEnoughData,
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
    /// Why, with its numbers.
    pub reason: Label,
}
