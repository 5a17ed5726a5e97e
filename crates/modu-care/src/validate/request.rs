//! What is asked of `care.validate`.

use modu_kernel::EngineError;
use modu_statistics::Share;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::default_confidence;
use crate::table::TableColumns;

/// The most resamples for intervals.
const MAX_RESAMPLES: u32 = 10_000;

/// What is asked of `care.validate`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidateRequest {
    /// Which columns of a plain CSV are what; without it the input
    /// `table/description` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<TableColumns>,
    /// What is asked of the model here.
    #[serde(default)]
    pub criteria: Criteria,
    /// How much of the model may be moved.
    #[serde(default)]
    pub update: UpdateRequest,
    /// The chance of any drift alarm where nothing has changed.
    pub false_alarm_rate: Share,
    /// Resamples for the intervals of calibration indices.
    pub resamples: u32,
    /// Seed of all that is drawn.
    pub seed: u64,
    /// Confidence of intervals.
    #[serde(default = "default_confidence")]
    pub confidence: Share,
}

/// Criteria. Each is met where the whole interval of the measure meets it,
/// broken where none of it does, and else not shown.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Criteria {
    /// Fewer events than this say nothing (Collins et al. 2016: 100).
    pub least_events: u64,
    /// Harrell's concordance is at least this.
    pub least_concordance: f64,
    /// At each horizon, observed over expected lies within.
    pub ratio: [f64; 2],
    /// At each horizon, the calibration slope lies within.
    pub slope: [f64; 2],
}

impl Default for Criteria {
    fn default() -> Self {
        Self {
            least_events: 100,
            least_concordance: 0.6,
            ratio: [0.8, 1.25],
            slope: [0.7, 1.3],
        }
    }
}

/// How much of a model may be moved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UpdateRequest {
    /// Nothing.
    None,
    /// The risks at each horizon, as a whole.
    Intercept,
    /// And how far apart they lie.
    #[default]
    InterceptAndSlope,
}

impl ValidateRequest {
    pub(super) fn check(&self) -> Result<(), EngineError> {
        let within = |[low, high]: [f64; 2]| low.is_finite() && high.is_finite() && low < high;
        let criteria = &self.criteria;
        let wrong = if !(0.0..=1.0).contains(&criteria.least_concordance) {
            "criteria.least_concordance: give a number from 0 to 1"
        } else if !within(criteria.ratio) || !within(criteria.slope) {
            "criteria: give a lower and a higher number for ratio and slope"
        } else if self.resamples > MAX_RESAMPLES {
            "resamples: give at most 10000"
        } else {
            return Ok(());
        };
        Err(EngineError::Request(wrong.to_owned()))
    }
}
