//! What is asked of the alarm budget, and what is answered.

use modu_kernel::Digest;
use modu_statistics::{Finite, Interval, Measure, Share};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::privacy::Count;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlarmRequest {
    /// Alarms a day for 1,000 patients that the staff can answer; above 0.
    pub budget: Finite,
    /// For so many days after an alarm the same stay raises none; at least 0.
    pub refractory_days: Finite,
    /// An alarm at most so many days before an event finds it; above 0.
    pub horizon_days: Finite,
    /// An alarm must come at least so many days before; from 0, below the
    /// horizon.
    #[serde(default = "zero")]
    pub least_lead_days: Finite,
    /// Resamples of patients, 100 to 100,000.
    #[serde(default = "replicates")]
    pub replicates: u32,
    /// Seed of the resamples.
    #[serde(default)]
    pub seed: u32,
    /// Confidence of the intervals.
    #[serde(default = "confidence")]
    pub confidence: Share,
    /// Where a model gives the score: which of its horizons, in days; without
    /// it the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk_horizon_days: Option<Finite>,
    /// Where the observations are visits that tell themselves what followed,
    /// and there are no stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visits: Option<VisitColumns>,
}

/// Columns of an analysis table with a row for each visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitColumns {
    /// The day of the visit, counted for each person from any one day.
    pub day: String,
    /// Days from the visit until the person was last seen.
    #[serde(default = "time")]
    pub time: String,
    /// What happened then: 0 nothing, 1 the outcome, 2 and up another event.
    #[serde(default = "event")]
    pub event: String,
}

fn time() -> String {
    "time".to_owned()
}

fn event() -> String {
    "event".to_owned()
}

const fn zero() -> Finite {
    Finite::ZERO
}

const fn replicates() -> u32 {
    1_000
}

fn confidence() -> Share {
    Share::new(0.95).unwrap_or(Share::HALF)
}

/// A number with its interval; none where resamples tell nothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// The number on the data.
    pub value: Measure,
    /// Where other patients would have put it.
    pub interval: Option<Interval>,
}

/// Observations that did not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    /// Without a score.
    pub without_score: u64,
    /// Of nobody's stay at that time.
    pub outside_stays: u64,
    /// At the event or after it: they could not have told of it.
    pub at_event: u64,
    /// At the same time as one with a higher score.
    pub same_time: u64,
}

/// Days from the first alarm in time to the event, over the events found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LeadTime {
    /// A quarter had less.
    pub lower_quartile: Finite,
    /// Half had less.
    pub median: Finite,
    /// A quarter had more.
    pub upper_quartile: Finite,
}

/// What a way of ringing does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Performance {
    /// It rings from so much on.
    pub threshold: Finite,
    /// Alarms a day for 1,000 patients.
    pub alarms_a_day: Estimate,
    /// Share of the events that were rung for in time; none with fewer than
    /// five events.
    pub sensitivity: Option<Estimate>,
    /// Share of the alarms that an event followed in time; likewise.
    pub precision: Option<Estimate>,
    /// How long before; none with fewer than five events found.
    pub lead: Option<LeadTime>,
}

/// NEWS2 and the score at the same number of alarms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Compared {
    /// NEWS2 that rings from its threshold on; a missing NEWS2 does not ring.
    pub news2: Performance,
    /// The score at the lowest threshold with no more alarms.
    pub score: Performance,
    /// Sensitivity of the score minus that of NEWS2, resampled together.
    pub difference: Option<Estimate>,
}

/// One point of the trade.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CurvePoint {
    /// Alarms a day for 1,000 patients.
    pub alarms_a_day: Finite,
    /// Share of the events found.
    pub sensitivity: Finite,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AlarmReport {
    /// The schema's name.
    pub schema: String,
    /// What was asked.
    pub request: AlarmRequest,
    /// The model whose risks are the score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Digest>,
    /// The rule that was tried on these patients; none where theirs was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried: Option<Digest>,
    /// People.
    pub people: Count,
    /// Stays.
    pub stays: u64,
    /// Days that all were watched, together.
    pub patient_days: Finite,
    /// Observations that counted.
    pub observations: u64,
    /// Those that did not.
    pub left_out: LeftOut,
    /// Events.
    pub events: Count,
    /// The rule's threshold and what it does on the data.
    pub chosen: Performance,
    /// Where the threshold would have come from other patients.
    pub threshold: Estimate,
    /// How far the interval of the alarms reaches from the budget at most, as a
    /// share of the budget.
    pub reach: Measure,
    /// Whether that is at most a tenth: the rule may be relied on to hold it.
    /// Of a rule that was tried: whether the alarms of these patients lie
    /// within a tenth of the budget.
    pub holds_within_a_tenth: bool,
    /// Beside NEWS2, where the observations have it.
    pub comparison: Vec<Compared>,
    /// The trade of alarms for events found.
    pub curve: Vec<CurvePoint>,
}
