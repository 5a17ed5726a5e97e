//! What is asked of `care.fit`.

use std::collections::BTreeMap;

use modu_kernel::EngineError;
use modu_statistics::Share;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::learn::Chosen;
use super::{Method, Transform};
use crate::table::TableColumns;

/// The most horizons of a model.
pub const MAX_HORIZONS: usize = 20;
/// The most resamples for optimism.
const MAX_RESAMPLES: u32 = 10_000;

/// What is asked of `care.fit`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FitRequest {
    /// Which columns of a plain CSV are what; without it the input
    /// `table/description` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<TableColumns>,
    /// How the model is made.
    pub method: Method,
    /// By when risks are told, in days, ascending.
    pub horizons: Vec<f64>,
    /// The predictors by name; none: all that the table has.
    #[serde(default)]
    pub predictors: Vec<String>,
    /// Numbers that enter other than as they are, by the predictor's name.
    #[serde(default)]
    pub transforms: BTreeMap<String, Transform>,
    /// Of a landmark model: the column that tells the day of a row's visit,
    /// counted from the person's start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<String>,
    /// Of a landmark model: the days at which the table, whose rows follow
    /// people as time runs, is turned into one with a row for everyone who is
    /// watched then, ascending. Without them the rows are visits already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub landmarks: Vec<f64>,
    /// How often the model is made anew for its optimism; 0 is not at all.
    pub resamples: u32,
    /// Seed of all that is drawn.
    pub seed: u64,
    /// Confidence of intervals.
    #[serde(default = "default_confidence")]
    pub confidence: Share,
}

/// 95 %.
pub(crate) fn default_confidence() -> Share {
    Share::new(0.95).unwrap_or(Share::HALF)
}

impl FitRequest {
    pub(super) fn check(&self) -> Result<(), EngineError> {
        check_horizons(&self.horizons)?;
        self.method.check().map_err(EngineError::Request)?;
        self.check_clock().map_err(EngineError::Request)?;
        if self.resamples > MAX_RESAMPLES {
            let problem = format!("resamples: more than the limit of {MAX_RESAMPLES}");
            return Err(EngineError::Request(problem));
        }
        Ok(())
    }
}

impl FitRequest {
    fn check_clock(&self) -> Result<(), String> {
        match (self.method, &self.clock) {
            (Method::Landmark { .. }, None) => Err(
                "clock: a landmark model needs the column that tells the day of each visit"
                    .to_owned(),
            ),
            (Method::Landmark { .. }, Some(clock)) if self.transforms.contains_key(clock) => {
                Err("transforms: the day of a visit enters as it is".to_owned())
            }
            (Method::Landmark { .. }, Some(_)) => Ok(()),
            (_, None) if self.landmarks.is_empty() => Ok(()),
            _ => Err(format!(
                "clock, landmarks: `{}` knows no visits: take `landmark`, or leave them out",
                self.method.typed()
            )),
        }
    }

    /// Which predictors are taken, and how.
    pub(super) fn chosen(&self) -> Chosen<'_> {
        Chosen {
            names: &self.predictors,
            transforms: &self.transforms,
            clock: self.clock.as_deref().map(|clock| (clock, true)),
        }
    }
}

pub(crate) fn check_horizons(horizons: &[f64]) -> Result<(), EngineError> {
    let times = horizons.iter().all(|time| time.is_finite() && *time > 0.0);
    let ascend = horizons.windows(2).all(|pair| pair[0] < pair[1]);
    match times && ascend && (1..=MAX_HORIZONS).contains(&horizons.len()) {
        true => Ok(()),
        false => Err(EngineError::Request(format!(
            "horizons: give 1 to {MAX_HORIZONS} numbers of days above 0, ascending"
        ))),
    }
}
