//! Intervals of a share, and the interval type that all methods give.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Finite, Share, Side, StatisticsError, Undefined,
    special::{incomplete_beta, incomplete_beta_inverse, normal_upper_quantile},
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

/// How the interval of a share of independent rows is had from its counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShareInterval {
    /// The exact one ([`clopper_pearson`]).
    ClopperPearson,
    /// The score interval ([`wilson`]).
    Wilson,
}

impl ShareInterval {
    /// The interval of a share of `successes` in `trials`.
    ///
    /// # Errors
    /// More successes than trials; [`Undefined::Empty`] without trials.
    pub fn of(
        self,
        successes: u64,
        trials: u64,
        confidence: Share,
    ) -> Result<Interval, StatisticsError> {
        match self {
            Self::ClopperPearson => clopper_pearson(successes, trials, confidence),
            Self::Wilson => wilson(successes, trials, confidence),
        }
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
    Ok(Interval::new(
        exact_limit(Side::Lower, successes, trials, tail),
        exact_limit(Side::Upper, successes, trials, tail),
        confidence,
    )?)
}

/// The exact one-sided limit of a share of `successes` in `trials` (Clopper &
/// Pearson 1934): the true share lies beyond it with a probability of at most
/// `1 - confidence`, however small the counts. `5` of `5` are at least 0.549
/// at 0.95, not 1.
///
/// # Errors
/// More successes than trials; [`Undefined::Empty`] without trials.
pub fn clopper_pearson_limit(
    side: Side,
    successes: u64,
    trials: u64,
    confidence: Share,
) -> Result<Finite, StatisticsError> {
    check(successes, trials)?;
    let limit = exact_limit(side, successes, trials, 1.0 - confidence.get());
    Ok(Finite::new(limit).ok_or(Undefined::Overflow)?)
}

/// The exact one-sided p-value against the null hypothesis that the share
/// does not exceed `reference` ([`Side::Lower`]) or does not fall below it
/// ([`Side::Upper`]): the binomial tail that [`clopper_pearson_limit`] inverts.
///
/// # Errors
/// More successes than trials; [`Undefined::Empty`] without trials.
pub fn binomial_p_value(
    side: Side,
    successes: u64,
    trials: u64,
    reference: f64,
) -> Result<Finite, StatisticsError> {
    check(successes, trials)?;
    let reference = reference.clamp(0.0, 1.0);
    let (k, n) = (successes as f64, trials as f64);
    let p = match side {
        Side::Lower if successes == 0 => 1.0,
        Side::Lower => incomplete_beta(k, n - k + 1.0, reference),
        Side::Upper if successes == trials => 1.0,
        Side::Upper => incomplete_beta(n - k, k + 1.0, 1.0 - reference),
    };
    Ok(Finite::new(p).ok_or(Undefined::Overflow)?)
}

fn exact_limit(side: Side, successes: u64, trials: u64, tail: f64) -> f64 {
    let (k, n) = (successes as f64, trials as f64);
    match side {
        Side::Lower if successes == 0 => 0.0,
        Side::Lower => incomplete_beta_inverse(k, n - k + 1.0, tail),
        // The mirror image: solving for 1 - upper keeps precision near 1.
        Side::Upper if successes == trials => 1.0,
        Side::Upper => 1.0 - incomplete_beta_inverse(n - k, k + 1.0, tail),
    }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn nothing_but_successes_have_the_exact_limit_of_the_closed_form() {
        // k = n: the lower limit solves share^n = tail.
        let confidence = Share::new(0.95).unwrap();
        for trials in [1_u64, 5, 30, 1000] {
            let closed = 0.05_f64.powf(1.0 / trials as f64);
            let lower = clopper_pearson_limit(Side::Lower, trials, trials, confidence).unwrap();
            let upper = clopper_pearson_limit(Side::Upper, 0, trials, confidence).unwrap();
            assert!((lower.get() - closed).abs() < 1e-12, "{lower} {closed}");
            assert!((upper.get() - (1.0 - closed)).abs() < 1e-12, "{upper}");
        }
    }

    #[test]
    fn at_zero_and_one_both_intervals_are_those_of_statsmodels() {
        // statsmodels 0.15.0 (scipy 1.17.1), proportion_confint(count, nobs,
        // 0.05, method="wilson" and "beta").
        let confidence = Share::new(0.95).unwrap();
        for (successes, trials, wilson, exact) in [
            (0, 1, [0.0, 0.7934506856227627], [0.0, 0.975]),
            (1, 1, [0.2065493143772374, 1.0], [0.025, 1.0]),
            (0, 20, [0.0, 0.1611251580528194], [0.0, 0.16843347098308534]),
            (20, 20, [0.8388748419471804, 1.0], [0.8315665290169146, 1.0]),
            (
                0,
                1000,
                [0.0, 0.003826758485555125],
                [0.0, 0.003682083896865672],
            ),
            (
                1000,
                1000,
                [0.996173241514445, 1.0],
                [0.9963179161031344, 1.0],
            ),
            (
                1,
                20,
                [0.008881448800795402, 0.2361311934467421],
                [0.0012650894979498038, 0.24873276277202783],
            ),
            (
                19,
                20,
                [0.7638688065532577, 0.9911185511992044],
                [0.7512672372279722, 0.9987349105020502],
            ),
        ] {
            for (method, expected) in [
                (ShareInterval::Wilson, wilson),
                (ShareInterval::ClopperPearson, exact),
            ] {
                let found = method.of(successes, trials, confidence).unwrap();
                let [lower, upper]: [f64; 2] = expected;
                assert!((found.lower.get() - lower).abs() < 1e-12, "{found:?}");
                assert!((found.upper.get() - upper).abs() < 1e-12, "{found:?}");
            }
        }
    }

    #[test]
    fn the_p_value_at_an_exact_limit_is_its_tail() {
        let confidence = Share::new(0.9).unwrap();
        for (successes, trials) in [(1, 7), (5, 5), (0, 9), (12, 40), (39, 40)] {
            for side in [Side::Lower, Side::Upper] {
                let limit = clopper_pearson_limit(side, successes, trials, confidence).unwrap();
                if limit.get() == 0.0 || limit.get() == 1.0 {
                    continue;
                }
                let p = binomial_p_value(side, successes, trials, limit.get()).unwrap();
                assert!((p.get() - 0.1).abs() < 1e-9, "{successes} {trials}: {p}");
            }
        }
    }
}
