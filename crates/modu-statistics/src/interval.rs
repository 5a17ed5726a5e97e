//! Intervals of a share, and the interval type that all methods give.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Finite, Share, StatisticsError, Undefined,
    special::{incomplete_beta_inverse, normal_upper_quantile},
};

/// A two-sided interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// Lower limit.
    pub lower: Finite,
    /// Upper limit.
    pub upper: Finite,
    /// Confidence of the two limits together.
    pub confidence: Share,
}

impl Interval {
    /// The interval between two limits.
    ///
    /// # Errors
    /// [`Undefined::Overflow`] where a limit is not finite.
    pub fn new(lower: f64, upper: f64, confidence: Share) -> Result<Self, Undefined> {
        Ok(Self {
            lower: Finite::new(lower).ok_or(Undefined::Overflow)?,
            upper: Finite::new(upper).ok_or(Undefined::Overflow)?,
            confidence,
        })
    }

    /// The Wald interval: the estimate plus and minus the normal quantile
    /// times its standard error.
    ///
    /// # Errors
    /// [`Undefined::Overflow`] where a limit is not finite.
    pub fn wald(estimate: f64, standard_error: f64, confidence: Share) -> Result<Self, Undefined> {
        let reach = critical_value(confidence) * standard_error;
        Self::new(estimate - reach, estimate + reach, confidence)
    }
}

/// The score interval of a share of `successes` in `trials` (Wilson 1927):
/// good coverage on average, a little off for single shares.
///
/// # Errors
/// More successes than trials; [`Undefined::Empty`] without trials.
pub fn wilson(successes: u64, trials: u64, confidence: Share) -> Result<Interval, StatisticsError> {
    check(successes, trials)?;
    let z = critical_value(confidence);
    let n = trials as f64;
    let share = successes as f64 / n;
    let shrink = 1.0 + z * z / n;
    let centre = (share + z * z / (2.0 * n)) / shrink;
    let reach = z / shrink * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let lower = if successes == 0 { 0.0 } else { centre - reach };
    let upper = if successes == trials {
        1.0
    } else {
        centre + reach
    };
    Ok(Interval::new(lower, upper, confidence)?)
}

/// The exact interval of a share of `successes` in `trials` (Clopper &
/// Pearson 1934): never less than its confidence, often more.
///
/// # Errors
/// More successes than trials; [`Undefined::Empty`] without trials.
pub fn clopper_pearson(
    successes: u64,
    trials: u64,
    confidence: Share,
) -> Result<Interval, StatisticsError> {
    check(successes, trials)?;
    let tail = (1.0 - confidence.get()) / 2.0;
    let (k, n) = (successes as f64, trials as f64);
    let lower = if successes == 0 {
        0.0
    } else {
        incomplete_beta_inverse(k, n - k + 1.0, tail)
    };
    // The mirror image: solving for 1 - upper keeps precision near 1.
    let upper = if successes == trials {
        1.0
    } else {
        1.0 - incomplete_beta_inverse(n - k, k + 1.0, tail)
    };
    Ok(Interval::new(lower, upper, confidence)?)
}

fn critical_value(confidence: Share) -> f64 {
    normal_upper_quantile((1.0 - confidence.get()) / 2.0)
}

fn check(successes: u64, trials: u64) -> Result<(), StatisticsError> {
    if trials == 0 {
        return Err(Undefined::Empty.into());
    }
    if successes > trials {
        return Err(StatisticsError::range(
            "the number of successes",
            successes,
            "at most the number of trials",
        ));
    }
    Ok(())
}
