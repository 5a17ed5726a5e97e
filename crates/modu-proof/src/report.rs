//! The two reports of a demonstration, as types.
//!
//! The **owner's report** is full and stays with the owner of the data: the
//! data's profile, every metric, every group, the curves. The **released
//! report** goes back to the suppliers and the public: the criteria that were
//! fixed beforehand, their verdicts and the numbers they name, rounded to what
//! the intervals support, and the decision; nothing else about the data.
//!
//! The types hold every number, name and reason that a page shows, so that
//! [`crate::html`] only lays out. All numbers are finite ([`Finite`]); what
//! could not be had is `None` or a [`Measurement::NotMeasured`] with its
//! reason, never a null that might be mistaken for a zero.

use modu_kernel::{Digest, Label};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::need::{Direction, Metric, Task};
use modu_statistics::Finite;

mod measurement;
pub use measurement::{Interval, Measurement, NotMeasuredReason};

/// Schema name of [`OwnerReport`].
pub const OWNER_SCHEMA: &str = "modu.proof.owner/1";
/// Schema name of [`ReleasedReport`].
pub const RELEASED_SCHEMA: &str = "modu.proof.released/1";

/// Everything, for the owner of the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnerReport {
    /// [`OWNER_SCHEMA`].
    pub schema: String,
    /// The question and how it is asked.
    pub need: NeedSummary,
    /// When the run was asked for, as the request says (RFC 3339 UTC).
    pub time: Option<String>,
    /// Where the criteria stand in the evidence log, as the request says; the
    /// order of entries is checked by the evidence, not by this engine.
    pub registration: Option<Registration>,
    /// What the data is.
    pub data: DataSection,
    /// The recorded decisions of today, or which solution is the incumbent.
    pub incumbent: Option<IncumbentSection>,
    /// The solutions in the order of the request.
    pub solutions: Vec<SolutionSection>,
    /// Every pair of contenders (incumbent included), paired by row.
    pub comparisons: Vec<Comparison>,
    /// What this demonstration did not measure, and why.
    pub not_measured: Vec<NotMeasured>,
    /// How to check and replay this report.
    pub verification: Verification,
}

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
    /// The classes in order of `label.classes`.
    pub classes: Vec<ClassName>,
    /// Binary: the code of the class asked about.
    pub positive: Option<i64>,
    /// Binary: scores at or above it decide positive.
    pub threshold: Option<Finite>,
    /// Binary: the share of units that can be reviewed.
    pub review_budget: Option<Finite>,
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
    /// Over which rows, as written: `all`, `each:<group>`, `gap:<group>`.
    pub over: String,
    /// The same for people.
    pub over_name: Label,
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

/// What the data set is. Owner only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataSection {
    /// Digest of the file. Not for release: a small data set can be guessed.
    pub digest: Digest,
    /// How it is named in public.
    pub published: PublishedData,
    /// Bytes of the file.
    pub size: u64,
    /// Its columns.
    pub profile: crate::dataset::DatasetProfile,
    /// Rows of each class.
    pub classes: Vec<ClassCount>,
    /// The protected groups and their sizes.
    pub groups: Vec<GroupCount>,
}

/// How a data set is named where everybody can read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PublishedData {
    /// By a salted commitment, which the evidence made and its owner can open.
    Commitment(Digest),
    /// By its digest: the data is public anyway.
    Digest(Digest),
}

/// Rows of one class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassCount {
    /// The class.
    pub class: ClassName,
    /// Rows that bear it.
    pub rows: u64,
}

/// A protected group and the sizes of its members.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupCount {
    /// The group's id.
    pub id: String,
    /// Its name.
    pub name: Label,
    /// Its members.
    pub members: Vec<MemberCount>,
    /// Rows that no member takes in.
    pub outside: u64,
}

/// The size of one member of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberCount {
    /// The member's id.
    pub id: String,
    /// Its name.
    pub name: Label,
    /// Its rows.
    pub rows: u64,
    /// Binary: its positives.
    pub positives: Option<u64>,
    /// Whether it reaches the minimum sizes.
    pub enough: bool,
}

/// The incumbent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "snake_case")]
pub enum IncumbentSection {
    /// A column of decisions recorded today.
    Recorded {
        /// The column's name.
        column: String,
        /// Its measures; hard decisions have no score metrics.
        measures: Box<Measures>,
    },
    /// One of the solutions.
    Solution {
        /// Its id among [`OwnerReport::solutions`].
        id: String,
    },
}

/// Everything about one solution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SolutionSection {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Label,
    /// Who made it.
    pub supplier: Label,
    /// Its version.
    pub version: String,
    /// Whether it is the incumbent that others are measured against.
    pub incumbent: bool,
    /// Digest of `solution.toml`.
    pub solution_digest: Digest,
    /// Digest of the model file, as the predictions say.
    pub model_digest: Option<Digest>,
    /// Digest of the predictions; `None` where there are none.
    pub predictions_digest: Option<Digest>,
    /// The columns it was given, in order.
    pub columns_used: Vec<String>,
    /// Its measures.
    pub measures: Measures,
    /// Verdicts, in the order of the criteria.
    pub criteria: Vec<CriterionResult>,
    /// What follows from them.
    pub decision: Decision,
}

/// Measures of one contender.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measures {
    /// Over all rows.
    pub overall: Vec<MetricMeasure>,
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

/// Two contenders on the same rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// A solution's id.
    pub first: String,
    /// Another's, or `incumbent` for a recorded column.
    pub second: String,
    /// First minus second, paired bootstrap.
    pub differences: Vec<MetricMeasure>,
    /// McNemar's test of their decisions.
    pub mcnemar: Option<McNemarResult>,
    /// DeLong's test of their ROC areas.
    pub delong: Option<DeLongResult>,
}

/// McNemar's test on which decisions are right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct McNemarResult {
    /// Rows where only the first is right.
    pub first_only: u64,
    /// Rows where only the second is right.
    pub second_only: u64,
    /// Chi-square without correction.
    pub uncorrected: Finite,
    /// Its p-value (1 degree of freedom).
    pub uncorrected_p: Finite,
    /// Chi-square with Edwards' continuity correction.
    pub corrected: Finite,
    /// Its p-value.
    pub corrected_p: Finite,
    /// The exact binomial p-value, to be read where fewer than 25 rows are
    /// discordant.
    pub exact_p: Finite,
}

/// DeLong, DeLong and Clarke-Pearson 1988, by midranks (Sun and Xu 2014).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeLongResult {
    /// First area.
    pub first: Finite,
    /// Second area.
    pub second: Finite,
    /// First minus second.
    pub difference: Finite,
    /// Its interval.
    pub interval: Option<Interval>,
    /// Z statistic.
    pub z: Finite,
    /// Two-sided p-value.
    pub p_value: Finite,
}

/// Something that was not measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotMeasured {
    /// What.
    pub what: Label,
    /// Why not, and what could be done.
    pub reason: Label,
}

/// How to check and replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// The engine, `proof.score`.
    pub engine: String,
    /// Its version.
    pub version: String,
    /// Every input of the run (owner's report), or those that may be named
    /// (released report: never the data set).
    pub inputs: Vec<InputName>,
    /// What to do, step by step.
    pub steps: Vec<Label>,
}

/// An input and its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InputName {
    /// Its name in the run.
    pub name: String,
    /// Its digest.
    pub digest: Digest,
}

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
    /// What was not measured.
    pub not_measured: Vec<NotMeasured>,
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
    /// Where there is no number: why, without counts of the data.
    pub reason: Option<Label>,
}
