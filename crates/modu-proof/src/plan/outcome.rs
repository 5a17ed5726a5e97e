//! The plan as a document.

use modu_kernel::{Digest, Label};
use modu_statistics::Finite;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::composition::Origin;
use crate::need::Direction;

/// Schema name of [`Plan`].
pub const PLAN_SCHEMA: &str = "modu.proof.plan/1";

/// What a number of rows can prove, criterion by criterion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// [`PLAN_SCHEMA`].
    pub schema: String,
    /// Digest of `need.toml`.
    pub need: Digest,
    /// Rows that are planned for.
    pub rows: u64,
    /// Where the shares of classes and members come from.
    pub composition: Origin,
    /// Solutions that compete.
    pub contenders: u32,
    /// One-sided confidence of every limit: that of the first step of Holm's
    /// procedure over the contenders.
    pub confidence: Finite,
    /// The wanted chance of adoption.
    pub power: Finite,
    /// The power that every single comparison needs, so that all of them
    /// together have the wanted one: the chance of missing it is shared out
    /// equally (Bonferroni), which holds however the comparisons depend on
    /// each other.
    pub power_of_each: Finite,
    /// By criterion, in the order of the need.
    pub criteria: Vec<CriterionPlan>,
    /// The chance of adoption for the stated true values, where every
    /// comparison has one.
    pub adoption: Option<Adoption>,
    /// Whether the rows suffice: where true values are stated for all
    /// comparisons, they are adopted with at least the wanted power; else,
    /// some solution could be.
    pub suffices: bool,
    /// What the plan rests on.
    pub assumptions: Vec<Label>,
}

/// The chance that all comparisons are met.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Adoption {
    /// At least this, however the comparisons depend on each other (Bonferroni).
    pub at_least: Finite,
    /// This, if they were independent.
    pub independent: Finite,
    /// At most this: the chance of the hardest one.
    pub at_most: Finite,
    /// The rows from which on the first of these is the wanted power; `None`
    /// where no number of rows helps.
    pub rows_needed: Option<u64>,
}

/// What can be said of one criterion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CriterionPlan {
    /// The criterion's id.
    pub id: String,
    /// The criterion as a sentence.
    pub sentence: Label,
    /// Its comparisons: for each member a threshold, a margin, or both.
    pub comparisons: Vec<Comparison>,
}

/// What is held against a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// The measure against the threshold.
    Threshold,
    /// The improvement over the incumbent against the margin.
    Margin,
}

/// How the chance of a comparison is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The binomial distribution of the exact limit.
    Exact,
    /// Hanley and McNeil's variance of an area (1982).
    HanleyMcNeil,
    /// A formula for the variance, at its worst where it needs what is not
    /// known.
    Formula,
    /// The pilot's own standard error, scaled to the number of rows.
    Pilot,
    /// Imagined samples of a gap.
    Imagined,
}

/// One limit against one bound.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// The member's id for `each:`.
    pub member: Option<String>,
    /// Its name, or the name of the rows.
    pub name: Label,
    /// What is compared.
    pub asked: Asked,
    /// Which side of the bound is good.
    pub direction: Direction,
    /// The bound.
    pub bound: Finite,
    /// What stands behind the numbers, or the reason why there are none.
    pub outlook: Outlook,
    /// The same as a sentence.
    pub sentence: Label,
}

/// The numbers of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, tag = "state", rename_all = "snake_case")]
pub enum Outlook {
    /// They could be had.
    Planned {
        /// How.
        method: Method,
        /// Rows that carry the measure: for a recall the positives.
        carried: u64,
        /// The true value nearest to the bound that meets *this comparison*
        /// with the wanted power; `None` where none does.
        detectable: Option<Finite>,
        /// The one that every comparison needs if *all* are to be met with
        /// the wanted power.
        detectable_with_all: Option<Finite>,
        /// For the stated true value.
        stated: Option<Stated>,
    },
    /// The rows are too few to be judged at all.
    TooFewRows {
        /// The rows from which on they are not.
        rows_needed: Option<u64>,
    },
    /// Too few replicates carry a limit at this confidence.
    TooFewReplicates,
    /// Only a pilot, or a number that was not given, can tell.
    NotPlanned {
        /// What is missing.
        missing: Missing,
    },
}

/// What must be known to plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// How common positives are.
    Prevalence,
    /// An earlier run: there is no formula for this measure.
    Pilot,
    /// The measure is the same for every solution.
    Nothing,
}

/// A true value that somebody states, and what follows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stated {
    /// The value.
    pub truth: Finite,
    /// The chance that this comparison is met.
    pub chance: Finite,
    /// The rows from which on it is met with the wanted power.
    pub rows_needed: Option<u64>,
    /// The rows from which on it is met with the power of each.
    pub rows_needed_with_all: Option<u64>,
}
