//! What was measured of one contender, and its curves.

use modu_kernel::Label;
use modu_statistics::Finite;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ClassName, Interval, Measurement};
use crate::need::Metric;

/// Measures of one contender.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measures {
    /// Over all rows.
    pub overall: Vec<MetricMeasure>,
    /// Multi-class: each class against the rest, in the order of the need.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ClassMeasures>,
    /// Per protected group.
    pub groups: Vec<GroupMeasures>,
    /// Rows by true class (outer) and decided class (inner), both in the
    /// order of the need's classes; `None` without decisions.
    pub confusion: Option<Vec<Vec<u64>>>,
    /// Binary with scores: the ROC curve.
    pub roc: Option<Curve>,
    /// Binary with scores: the precision-recall curve (x recall, y precision).
    pub precision_recall: Option<Curve>,
    /// Binary with probabilities: the reliability curve.
    pub reliability: Option<Reliability>,
    /// Regression: predictions against targets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<Fit>,
    /// Ranking: the metrics by how many places are looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub places: Option<Vec<PlacesPoint>>,
}

/// Measures of one class against the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassMeasures {
    /// The class.
    pub class: ClassName,
    /// Its metrics.
    pub metrics: Vec<MetricMeasure>,
}

/// Predictions against targets, counted in squares, and the residuals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fit {
    /// The range of both axes: all but half a percent of the targets and
    /// predictions at either end. What lies beyond counts in the outermost
    /// squares.
    pub range: Interval,
    /// Rows by prediction (outer, from low) and target (inner), in
    /// [`Fit::CELLS`] equal steps each.
    pub cells: Vec<Vec<u64>>,
    /// The range of the residuals, alike.
    pub residual_range: Interval,
    /// Rows by residual, prediction minus target, in equal steps.
    pub residuals: Vec<u64>,
}

impl Fit {
    /// Steps of each axis, and of the residuals.
    pub const CELLS: usize = 24;
}

/// The metrics of a ranking at one cutoff.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlacesPoint {
    /// How many places are looked at.
    pub cutoff: u32,
    /// Normalised discounted cumulative gain there.
    pub ndcg: Finite,
    /// Precision there.
    pub precision: Finite,
    /// Recall there.
    pub recall: Finite,
}

/// One metric and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MetricMeasure {
    /// The metric.
    pub metric: Metric,
    /// Its value, or why there is none.
    pub measurement: Measurement,
}

/// Measures over a protected group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupMeasures {
    /// The group's id.
    pub id: String,
    /// Its name.
    pub name: Label,
    /// Per member: the rows of a forest plot.
    pub members: Vec<MemberMeasures>,
    /// Per metric: the largest member value minus the smallest.
    pub gaps: Vec<MetricMeasure>,
}

/// Measures over one member of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberMeasures {
    /// The member's id.
    pub id: String,
    /// Its name.
    pub name: Label,
    /// Its rows.
    pub rows: u64,
    /// Its metrics.
    pub metrics: Vec<MetricMeasure>,
    /// Multi-class: each class against the rest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ClassMeasures>,
}

/// A curve in the unit square, thinned to at most [`Curve::MAX_POINTS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// `[x, y]`, in drawing order.
    pub points: Vec<[Finite; 2]>,
    /// Where the need's threshold lies on it.
    pub at_threshold: Option<[Finite; 2]>,
    /// Where the review budget lies on it.
    pub at_budget: Option<[Finite; 2]>,
}

impl Curve {
    /// More points are not kept: a page shows no more.
    pub const MAX_POINTS: usize = 200;
}

/// The reliability curve with its stated binning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reliability {
    /// How the bins were cut, for people.
    pub binning: Label,
    /// The bins by rising score; empty ones are left out.
    pub bins: Vec<ReliabilityBin>,
}

/// One bin of a reliability curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReliabilityBin {
    /// Rows in it.
    pub rows: u64,
    /// Positives in it.
    pub positives: u64,
    /// Mean score.
    pub mean_score: Finite,
    /// Share of positives.
    pub frequency: Finite,
    /// Wilson interval of the share.
    pub interval: Interval,
}
