//! What may leave the owner's house.

use modu_kernel::{Digest, Label};
use modu_statistics::Finite;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ledger::{Budget, Step};

use super::{
    Decision, NeedSummary, NotMeasured, PublishedData, Registration, ReleasedStanding, Source,
    Verdict, Verification,
};

/// What may leave the owner's house.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleasedReport {
    /// [`RELEASED_SCHEMA`].
    pub schema: String,
    /// The question and the criteria.
    pub need: NeedSummary,
    /// When the run was asked for.
    pub time: Option<String>,
    /// Where the criteria stand in the evidence log.
    pub registration: Option<Registration>,
    /// What stands for the data set.
    pub data: PublishedData,
    /// Rows, rounded to one significant digit.
    pub rows_about: u64,
    /// The solutions and what was decided.
    pub solutions: Vec<ReleasedSolution>,
    /// For each metric that criteria name: who cannot be told apart.
    pub standings: Vec<ReleasedStanding>,
    /// What was not measured.
    pub not_measured: Vec<NotMeasured>,
    /// How often the data has answered the suppliers of these solutions, and
    /// all together.
    pub budget: Budget,
    /// By how much a number must be better before it is told.
    pub step: Step,
    /// How to check.
    pub verification: Verification,
}

/// A solution in the released report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleasedSolution {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Label,
    /// Who made it.
    pub supplier: Label,
    /// Its version.
    pub version: String,
    /// Digest of `solution.toml`.
    pub solution_digest: Digest,
    /// Digest of the model file.
    pub model_digest: Option<Digest>,
    /// Verdicts in the order of the criteria.
    pub criteria: Vec<ReleasedCriterion>,
    /// What follows.
    pub decision: Decision,
    /// Whether the decision is told of this submission.
    #[serde(default)]
    pub source: Source,
}

/// A criterion in the released report: verdict and rounded numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleasedCriterion {
    /// The criterion's id.
    pub id: String,
    /// The worst verdict of its parts.
    pub verdict: Verdict,
    /// One per member for `each:`; else one.
    pub parts: Vec<ReleasedPart>,
}

/// One comparison, rounded to what its interval supports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleasedPart {
    /// The member's id for `each:`.
    pub member: Option<String>,
    /// Its name, or the name of the rows.
    pub name: Label,
    /// This part's verdict, taken on the unrounded numbers.
    pub verdict: Verdict,
    /// The estimate, rounded to nearest.
    pub estimate: Option<Finite>,
    /// The judged limit, rounded to the unfavourable side.
    pub limit: Option<Finite>,
    /// The improvement over the incumbent, rounded to nearest.
    pub improvement: Option<Finite>,
    /// Its judged limit, rounded down.
    pub improvement_limit: Option<Finite>,
    /// Digits after the point that the interval supports (0 to 4).
    pub digits: Option<u8>,
    /// Where there is no number, or the data cannot tell: why, without counts
    /// of the data.
    pub reason: Option<Label>,
    /// Which submission's numbers and verdict these are.
    #[serde(default)]
    pub source: Source,
}
