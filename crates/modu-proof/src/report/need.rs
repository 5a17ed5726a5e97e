//! The need in the words of a report.

use modu_kernel::{Digest, Label};
use modu_statistics::Finite;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::need::{Direction, Metric, Task};

/// The need in the words of the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NeedSummary {
    /// The need's id.
    pub id: String,
    /// Digest of `need.toml`.
    pub digest: Digest,
    /// The question.
    pub question: Label,
    /// The unit of decision: what one row is.
    pub unit: Label,
    /// The task.
    pub task: Task,
    /// The classes in order of `label.classes`; none in regression and ranking.
    pub classes: Vec<ClassName>,
    /// Binary: the code of the class asked about.
    pub positive: Option<i64>,
    /// Binary: scores at or above it decide positive.
    pub threshold: Option<Finite>,
    /// Binary: the share of units that can be reviewed.
    pub review_budget: Option<Finite>,
    /// The column that says which rows belong together, where one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// Regression: the quantile of the pinball loss.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantile: Option<Finite>,
    /// Ranking: how many places a metric with a cutoff looks at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cutoff: Option<u32>,
    /// How numbers were made.
    pub statistics: StatisticsSummary,
    /// The criteria, as registered.
    pub criteria: Vec<CriterionSummary>,
}

/// A class and its names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassName {
    /// Its code in the label column.
    pub code: i64,
    /// Its name.
    pub name: Label,
}

/// The statistical settings of the need.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatisticsSummary {
    /// Bootstrap replicates.
    pub replicates: u32,
    /// Seed of the resampling, a decimal u64.
    pub seed: String,
    /// Confidence of two-sided intervals and of one-sided limits.
    pub confidence: Finite,
    /// Rows below which a group is not judged.
    pub minimum_group: u64,
    /// Positives (and negatives) below which a group is not judged.
    pub minimum_positives: u64,
    /// The confidence of the limits on which the gate judged each solution:
    /// `1 - (1 - confidence) / m` at the strictest step of Holm's procedure
    /// over `m` competing solutions.
    pub strictest_confidence: Finite,
    /// How the intervals were made, for people.
    pub method: Label,
}

/// One criterion as the need states it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CriterionSummary {
    /// Its id.
    pub id: String,
    /// What is measured.
    pub metric: Metric,
    /// The metric's name for people.
    pub metric_name: Label,
    /// Over which rows, as written: `all`, `each:<group>`, `gap:<group>`,
    /// `each_class`.
    pub over: String,
    /// The same for people.
    pub over_name: Label,
    /// Multi-class: the code of the class that is asked about against the
    /// rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<i64>,
    /// Which side is good.
    pub direction: Direction,
    /// The bound, where there is one.
    pub threshold: Option<Finite>,
    /// The improvement over the incumbent that must be proven.
    pub margin: Option<Finite>,
    /// Why it is asked.
    pub why: Label,
    /// The whole criterion as one sentence.
    pub sentence: Label,
}

/// A place in the evidence log, as given; only recorded here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// The entry's index in the log, a decimal u64.
    pub log_index: String,
    /// The entry's digest.
    pub entry: Digest,
}
