//! What a watch says, as types.

use modu_kernel::{Digest, Label};
use modu_statistics::Finite;
use modu_statistics::drift::ColumnDrift;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::need::{ColumnType, Direction, Metric};
use crate::report::{InputName, Measurement, PublishedData, Registration, Verdict};

/// Schema name of [`WatchReport`].
pub const WATCH_SCHEMA: &str = "modu.proof.watch/1";
/// Schema name of [`WatchReleased`].
pub const WATCH_RELEASED_SCHEMA: &str = "modu.proof.watch.released/1";

/// How an adopted solution, or one criterion of it, fares.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum WatchAnswer {
    /// The gate passes it again, and it is not provably worse.
    Keep,
    /// The new rows cannot tell.
    CannotTell,
    /// There are too few new rows.
    NotEnoughData,
    /// It is provably worse than when it was adopted, or provably misses its
    /// bound, or gives no measure any more.
    Decayed,
}

/// Everything, for the owner of the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WatchReport {
    /// [`WATCH_SCHEMA`].
    pub schema: String,
    /// The need's id.
    pub need: String,
    /// Digest of `need.toml`.
    pub need_digest: Digest,
    /// The question.
    pub question: Label,
    /// The solution that is watched.
    pub solution: WatchedSolution,
    /// The entry of the run on whose evidence it was adopted.
    pub adopted: Registration,
    /// When the watch was asked for.
    pub time: Option<String>,
    /// The rows of both times.
    pub data: WatchedData,
    /// The worst of the criteria.
    pub answer: WatchAnswer,
    /// Why, in a sentence.
    pub reason: Label,
    /// By how much a measure may be worse before that counts, in its unit.
    pub tolerance: Finite,
    /// If nothing has changed, the chance that any criterion is called worse
    /// than at adoption.
    pub false_alarm_rate: Finite,
    /// The criteria in the need's order.
    pub criteria: Vec<WatchedCriterion>,
    /// What can be seen without labels.
    pub drift: DriftSection,
    /// Every input of the run.
    pub inputs: Vec<InputName>,
}

/// The solution that is watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WatchedSolution {
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
    /// Digest of the model.
    pub model_digest: Option<Digest>,
}

/// The rows of both times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WatchedData {
    /// Digest of the data set of the adoption.
    pub reference: Digest,
    /// Its rows.
    pub reference_rows: u64,
    /// Digest of the new data set.
    pub current: Digest,
    /// Its rows.
    pub current_rows: u64,
    /// What stands for the new data set in public.
    pub published: PublishedData,
}

/// A criterion at both times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WatchedCriterion {
    /// Its id.
    pub id: String,
    /// What is measured.
    pub metric: Metric,
    /// The metric's name.
    pub metric_name: Label,
    /// Over which rows.
    pub over_name: Label,
    /// Which side is good.
    pub direction: Direction,
    /// The bound, where there is one.
    pub threshold: Option<Finite>,
    /// The worst of its parts.
    pub answer: WatchAnswer,
    /// One per member for `each:`; else one.
    pub parts: Vec<WatchedPart>,
}

/// One part of a criterion at both times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WatchedPart {
    /// The member's id for `each:`.
    pub member: Option<String>,
    /// Its name, or the name of the rows.
    pub name: Label,
    /// What follows.
    pub answer: WatchAnswer,
    /// The gate's verdict on the new rows.
    pub verdict: Verdict,
    /// The measure on the rows of the adoption.
    pub then: Measurement,
    /// The measure on the new rows.
    pub now: Measurement,
    /// How much better it is now (less than 0: worse), with the interval of
    /// two independent samples.
    pub change: Measurement,
    /// One-sided p-value of being worse by more than the tolerance.
    pub p_value: Option<Finite>,
    /// The same after Holm's adjustment over all parts of all criteria.
    pub holm_p_value: Option<Finite>,
    /// Why, with its numbers.
    pub reason: Label,
}

/// Drift of the inputs and of the scores, without labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DriftSection {
    /// If nothing has changed, the chance of any alarm.
    pub false_alarm_rate: Finite,
    /// Whether any column or the score rings.
    pub alarm: bool,
    /// The columns that solutions see or groups are cut from, then the score.
    pub columns: Vec<WatchedColumn>,
}

/// One column, or the score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WatchedColumn {
    /// Its name; `None` for the score.
    pub column: Option<String>,
    /// Its name for people.
    pub label: Label,
    /// Its type; of texts the length in code points is watched.
    #[serde(rename = "type")]
    pub column_type: Option<ColumnType>,
    /// How it fares.
    pub drift: ColumnDrift,
}

/// What may leave: answers, and not one number of the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WatchReleased {
    /// [`WATCH_RELEASED_SCHEMA`].
    pub schema: String,
    /// The need's id.
    pub need: String,
    /// Digest of `need.toml`.
    pub need_digest: Digest,
    /// The solution that is watched.
    pub solution: WatchedSolution,
    /// The entry of the run on whose evidence it was adopted.
    pub adopted: Registration,
    /// When the watch was asked for.
    pub time: Option<String>,
    /// What stands for the new data set.
    pub data: PublishedData,
    /// The worst of the criteria.
    pub answer: WatchAnswer,
    /// The criteria in the need's order.
    pub criteria: Vec<ReleasedAnswer>,
    /// Whether inputs or scores have drifted.
    pub drift: bool,
    /// If nothing has changed: the chance that a criterion is called worse.
    pub false_alarm_rate: Finite,
    /// If nothing has changed: the chance of a drift alarm.
    pub drift_false_alarm_rate: Finite,
}

/// A criterion in the released report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleasedAnswer {
    /// Its id.
    pub id: String,
    /// How it fares.
    pub answer: WatchAnswer,
}

impl WatchReport {
    /// What may leave of it.
    #[must_use]
    pub fn released(&self) -> WatchReleased {
        let criteria = self.criteria.iter().map(|criterion| ReleasedAnswer {
            id: criterion.id.clone(),
            answer: criterion.answer,
        });
        WatchReleased {
            schema: WATCH_RELEASED_SCHEMA.to_owned(),
            need: self.need.clone(),
            need_digest: self.need_digest,
            solution: self.solution.clone(),
            adopted: self.adopted.clone(),
            time: self.time.clone(),
            data: self.data.published,
            answer: self.answer,
            criteria: criteria.collect(),
            drift: self.drift.alarm,
            false_alarm_rate: self.false_alarm_rate,
            drift_false_alarm_rate: self.drift.false_alarm_rate,
        }
    }
}
