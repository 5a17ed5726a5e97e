//! When a released number may move.
//!
//! Whoever submits again and again against the same data, and sees each time
//! exactly how well it went, learns the data itself: five hundred random
//! answers and a vote of those that did well "reach" far more than they are
//! worth. The Ladder (Blum & Hardt 2015, "The Ladder: A Reliable Leaderboard
//! for Machine Learning Competitions", Figure 1) tells a number only when it
//! is better, by a step, than the best told before; else it repeats that best.
//! What leaks is then which few of many submissions moved the number.
//!
//! The step here is their parameter-free one (Figure 2): a multiple of the
//! standard error of the *paired* difference between the submission and the
//! best before it, on the same rows. Where they take one standard error, we
//! take as many as make it unlikely (5 %) that any submission of a supplier's
//! whole budget moves a number by chance: the upper `0.05 / submissions`
//! point of the normal distribution (Bonferroni). A need may ask for a least
//! step besides.

use modu_statistics::{Finite, Interval, Share};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::need::ReleaseRule;

/// The chance that any number moves without being better, over the whole
/// budget of a supplier.
pub const CHANCE_OF_A_LUCKY_STEP: f64 = 0.05;

/// How much better a submission must be before its number is told.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Standard errors of the paired difference.
    pub standard_errors: Finite,
    /// And at least so much, in the unit of the measure.
    pub least: Finite,
}

/// How a submission compares with the best one released before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Comparison {
    /// Both are measured.
    Paired {
        /// How much better it is, in the favourable direction.
        gain: f64,
        /// The standard error of that, paired by row.
        standard_error: f64,
    },
    /// It is measured, and the one before was not.
    FirstMeasured,
    /// It is not measured.
    NotMeasured,
}

impl Step {
    /// The step of a need.
    #[must_use]
    pub fn of(rule: &ReleaseRule) -> Self {
        let tail = CHANCE_OF_A_LUCKY_STEP / f64::from(rule.submissions.max(1));
        let standard_errors = Share::new(1.0 - 2.0 * tail)
            .and_then(|confidence| Interval::wald(0.0, 1.0, confidence).ok())
            .map_or(Finite::ZERO, |interval| interval.upper);
        Self {
            standard_errors,
            least: Finite::new(rule.step).unwrap_or(Finite::ZERO),
        }
    }

    /// Whether a submission's own number is told. What cannot be compared is
    /// not told.
    #[must_use]
    pub fn is_climbed(&self, comparison: Comparison) -> bool {
        match comparison {
            Comparison::FirstMeasured => true,
            Comparison::NotMeasured => false,
            Comparison::Paired {
                gain,
                standard_error,
            } => {
                let step = self.standard_errors.get() * standard_error;
                gain > 0.0 && gain > step && gain >= self.least.get()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(submissions: u32, least: f64) -> Step {
        Step::of(&ReleaseRule {
            submissions,
            total: submissions,
            step: least,
        })
    }

    #[test]
    fn the_step_is_the_normal_quantile_of_the_budget() {
        // scipy 1.17.1: norm.isf(0.05), norm.isf(0.05 / 50), norm.isf(0.05 / 500)
        let cases = [
            (1, 1.644_853_626_951_472_9),
            (50, 3.090_232_306_167_813_5),
            (500, 3.719_016_485_455_709_4),
        ];
        for (submissions, expected) in cases {
            let found = step(submissions, 0.0).standard_errors.get();
            assert!((found - expected).abs() < 1e-9, "{submissions}: {found}");
        }
    }

    #[test]
    fn only_a_clear_gain_climbs() {
        let paired = |gain, standard_error| Comparison::Paired {
            gain,
            standard_error,
        };
        let step_of_50 = step(50, 0.0);
        assert!(step_of_50.is_climbed(paired(0.04, 0.01)));
        assert!(!step_of_50.is_climbed(paired(0.03, 0.01)));
        assert!(!step_of_50.is_climbed(paired(-0.04, 0.001)));
        // The same answers again, and what is no number.
        assert!(!step_of_50.is_climbed(paired(0.0, 0.0)));
        assert!(!step_of_50.is_climbed(paired(f64::NAN, 0.01)));
        assert!(!step_of_50.is_climbed(paired(0.04, f64::NAN)));
        assert!(!step_of_50.is_climbed(Comparison::NotMeasured));
        assert!(step_of_50.is_climbed(Comparison::FirstMeasured));
        assert!(!step(50, 0.05).is_climbed(paired(0.04, 0.01)));
    }
}
