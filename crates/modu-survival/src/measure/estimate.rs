//! A measure with its uncertainty, or the reason why there is none.

use modu_statistics::{Finite, Interval, Share};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a measure does not exist on these rows.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error,
)]
#[serde(rename_all = "snake_case")]
pub enum Unmeasured {
    /// No two rows can be compared.
    #[error("no two rows can be compared")]
    NoPairs,
    /// Nobody had the event by the horizon.
    #[error("nobody had the event by the horizon")]
    NoCases,
    /// Everyone seen until the horizon had the event.
    #[error("nobody is left without the event at the horizon")]
    NoControls,
    /// Nobody was watched until the horizon.
    #[error("nobody was watched until the horizon")]
    BeyondFollowUp,
    /// At a time that is asked about, all rows had been censored before.
    #[error("the chance of still being seen falls to zero")]
    NoneStillSeen,
    /// All risks are equal, so a slope or curve cannot be fitted.
    #[error("all risks are equal")]
    EqualRisks,
    /// The fit came to no end in the stated number of steps.
    #[error("the fit did not converge")]
    NotConverged,
    /// Too few of the resamples have a value.
    #[error("too few of the resamples have a value")]
    TooFewResamples,
    /// The result is too large for a number.
    #[error("the result is too large for a number")]
    Overflow,
}

/// A measure with its uncertainty.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// The measure on these rows.
    pub value: Finite,
    /// Its standard error.
    pub standard_error: Finite,
    /// Where the truth lies, at the confidence that was asked; none where the
    /// rows show no spread (a share of 0 or 1).
    pub interval: Option<Interval>,
}

/// A measure, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Estimated {
    /// The measure.
    Estimate(Estimate),
    /// Why there is none.
    Undefined(Unmeasured),
}

/// On which scale an interval is symmetric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// The measure's own.
    Plain,
    /// The logit of a share.
    Logit,
    /// The logarithm of a ratio.
    Logarithm,
}

impl Estimated {
    /// The measure itself, where there is one.
    #[must_use]
    pub const fn value(&self) -> Option<f64> {
        match self {
            Self::Estimate(estimate) => Some(estimate.value.get()),
            Self::Undefined(_) => None,
        }
    }

    /// The interval, where there is one.
    #[must_use]
    pub const fn interval(&self) -> Option<Interval> {
        match self {
            Self::Estimate(estimate) => estimate.interval,
            Self::Undefined(_) => None,
        }
    }
}

impl From<Result<Estimate, Unmeasured>> for Estimated {
    fn from(result: Result<Estimate, Unmeasured>) -> Self {
        match result {
            Ok(estimate) => Self::Estimate(estimate),
            Err(reason) => Self::Undefined(reason),
        }
    }
}

impl Estimate {
    /// A measure with a standard error on its own scale, and the interval
    /// that is symmetric on `scale`.
    ///
    /// # Errors
    /// [`Unmeasured::Overflow`].
    pub fn new(
        value: f64,
        standard_error: f64,
        scale: Scale,
        confidence: Share,
    ) -> Result<Self, Unmeasured> {
        let finite = |value| Finite::new(value).ok_or(Unmeasured::Overflow);
        let interval = match standard_error > 0.0 {
            true => interval(value, standard_error, scale, confidence),
            false => None,
        };
        Ok(Self {
            value: finite(value)?,
            standard_error: finite(standard_error)?,
            interval,
        })
    }
}

fn interval(value: f64, error: f64, scale: Scale, confidence: Share) -> Option<Interval> {
    let wald = |value, error| Interval::wald(value, error, confidence).ok();
    let back = |interval: Interval, to: fn(f64) -> f64| {
        Interval::new(
            to(interval.lower.get()),
            to(interval.upper.get()),
            confidence,
        )
        .ok()
    };
    match scale {
        Scale::Plain => wald(value, error),
        Scale::Logit => {
            let spread = value * (1.0 - value);
            (spread > 0.0)
                .then(|| wald(libm::log(value / (1.0 - value)), error / spread))
                .flatten()
                .and_then(|logit| back(logit, |x| 1.0 / (1.0 + libm::exp(-x))))
        }
        Scale::Logarithm => (value > 0.0)
            .then(|| wald(libm::log(value), error / value))
            .flatten()
            .and_then(|logarithm| back(logarithm, libm::exp)),
    }
}

/// The standard error from what each row adds, rows of a cluster together:
/// the root of the sum of squares.
pub(crate) fn standard_error(influences: &[f64], cluster: Option<&[u32]>) -> f64 {
    let Some(cluster) = cluster else {
        return influences.iter().map(|one| one * one).sum::<f64>().sqrt();
    };
    let mut rows: Vec<(u32, f64)> = cluster
        .iter()
        .copied()
        .zip(influences.iter().copied())
        .collect();
    rows.sort_by_key(|(cluster, _)| *cluster);
    let together = rows.chunk_by(|a, b| a.0 == b.0);
    let squares = together.map(|rows| rows.iter().map(|row| row.1).sum::<f64>());
    squares.map(|sum| sum * sum).sum::<f64>().sqrt()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_share_stays_between_zero_and_one_within_its_interval() {
        let confidence = Share::new(0.95).unwrap();
        let found = Estimate::new(0.99, 0.02, Scale::Logit, confidence).unwrap();
        let interval = found.interval.unwrap();
        assert!(interval.lower.get() < 0.99 && interval.upper.get() < 1.0);
        let certain = Estimate::new(1.0, 0.0, Scale::Logit, confidence).unwrap();
        assert_eq!(certain.interval, None);
    }

    #[test]
    fn rows_of_a_cluster_are_added_before_they_are_squared() {
        let influences = [1.0, 2.0, -3.0, 4.0];
        assert_eq!(standard_error(&influences, None), 30.0_f64.sqrt());
        let clusters = [7, 1, 7, 1];
        assert_eq!(
            standard_error(&influences, Some(&clusters)),
            40.0_f64.sqrt()
        );
    }
}
