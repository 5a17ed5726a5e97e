//! The share still without the event, by time.
//!
//! `S(t)` is the product of `1 - d/n` over the times of events up to `t`, with
//! `d` events among `n` at risk (Kaplan & Meier, JASA 53, 1958). The variance
//! of `log S` is Greenwood's sum of `d / (n (n - d))`.

use modu_statistics::{Finite, Interval, Share};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::estimator::{RiskTable, risk_tables};
use crate::{EventCode, Outcomes, SurvivalError};

/// The Kaplan-Meier curve of one stratum: a step at each time of the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KaplanMeier {
    /// Who was at risk and who had the event.
    pub table: RiskTable,
    /// The share without the event after each time.
    pub survival: Vec<f64>,
    /// Greenwood's variance of the logarithm of that share; where nobody is
    /// left, that of the time before.
    pub log_variance: Vec<f64>,
}

/// On which scale an interval is symmetrical before it is cut to 0..=1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IntervalScale {
    /// The share itself.
    Plain,
    /// Its logarithm: R's default.
    Log,
    /// The logarithm of minus its logarithm: never leaves 0..=1, and keeps its
    /// coverage in small samples.
    #[default]
    LogMinusLog,
}

/// The curve of each stratum, by its number. Time: a sort of the rows.
///
/// # Errors
/// No row with the event.
pub fn kaplan_meier(
    outcomes: &Outcomes,
    event: EventCode,
) -> Result<Vec<KaplanMeier>, SurvivalError> {
    let tables = risk_tables(outcomes, event)?;
    Ok(tables.into_iter().map(KaplanMeier::of).collect())
}

impl KaplanMeier {
    /// The curve of a table.
    #[must_use]
    pub fn of(table: RiskTable) -> Self {
        let times = table.time.len();
        let (mut survival, mut log_variance) =
            (Vec::with_capacity(times), Vec::with_capacity(times));
        let (mut share, mut sum) = (1.0, 0.0);
        for (at_risk, events) in table.at_risk.iter().zip(&table.events) {
            let left = at_risk - events;
            if left > at_risk * 1e-12 {
                share *= left / at_risk;
                sum += events / (at_risk * left);
            } else {
                share = 0.0;
            }
            survival.push(share);
            log_variance.push(sum);
        }
        Self {
            table,
            survival,
            log_variance,
        }
    }

    /// The share without the event after `time`: that of the last step.
    #[must_use]
    pub fn at(&self, time: f64) -> f64 {
        self.place(time).map_or(1.0, |place| self.survival[place])
    }

    /// The interval of that share; the whole of 0..=1 where nobody is left to
    /// say more.
    #[must_use]
    pub fn interval(&self, time: f64, confidence: Share, scale: IntervalScale) -> Interval {
        let (share, variance) = match self.place(time) {
            None => (1.0, 0.0),
            Some(place) => (self.survival[place], self.log_variance[place]),
        };
        share_interval(share, variance.sqrt(), confidence, scale)
    }

    /// The earliest time by which at most `share` are without the event.
    #[must_use]
    pub fn quantile(&self, share: Share) -> Option<f64> {
        // What rounding leaves above the share counts as reaching it.
        let reached = |survival: &f64| *survival <= share.get() * (1.0 + 1e-12);
        let place = self.survival.iter().position(reached)?;
        Some(self.table.time[place])
    }

    /// The mean time without the event up to `horizon`: the area under the
    /// curve.
    #[must_use]
    pub fn restricted_mean(&self, horizon: f64) -> f64 {
        let (mut area, mut from, mut share) = (0.0, 0.0, 1.0);
        for (time, survival) in self.table.time.iter().zip(&self.survival) {
            let to = time.min(horizon);
            area += share * (to - from);
            (from, share) = (to, *survival);
        }
        area + share * (horizon - from).max(0.0)
    }

    fn place(&self, time: f64) -> Option<usize> {
        let steps = self.table.time.partition_point(|step| *step <= time);
        steps.checked_sub(1)
    }
}

/// An interval of a share from the standard error of its logarithm.
pub(crate) fn share_interval(
    share: f64,
    log_error: f64,
    confidence: Share,
    scale: IntervalScale,
) -> Interval {
    let finite = |value: f64| Finite::new(value.clamp(0.0, 1.0)).unwrap_or(Finite::ZERO);
    let limits = |lower: f64, upper: f64| Interval {
        lower: finite(lower),
        upper: finite(upper),
        confidence,
    };
    if share <= 0.0 {
        return limits(0.0, 1.0);
    }
    if log_error == 0.0 || share >= 1.0 {
        return limits(share, share);
    }
    // The standard normal interval of zero with variance one.
    let z = Interval::wald(0.0, 1.0, confidence).map_or(0.0, |wald| wald.upper.get());
    match scale {
        IntervalScale::Plain => {
            let error = z * share * log_error;
            limits(share - error, share + error)
        }
        IntervalScale::Log => {
            let error = z * log_error;
            limits(share * libm::exp(-error), share * libm::exp(error))
        }
        IntervalScale::LogMinusLog => {
            let log = libm::log(share);
            let error = z * log_error / log.abs();
            limits(
                libm::exp(log * libm::exp(error)),
                libm::exp(log * libm::exp(-error)),
            )
        }
    }
}
