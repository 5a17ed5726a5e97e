//! Is a share larger in one set of rows than in another?

use crate::{Finite, Side, StatisticsError, Undefined};

/// The one-sided p-value of Fisher's exact test (1935) that the share of
/// `first` (successes, trials) is no larger ([`Side::Lower`]: is it proven to
/// be above?) or no smaller ([`Side::Upper`]) than that of `second`, two sets
/// that share no row: the probability of as many successes in the first or
/// more (fewer), where all successes fall on the rows by lot
/// (hypergeometric). Never less than the truth, however small the counts; to
/// about 1e-15 times the number of trials, relatively. Cost: at most one step
/// per trial of the first.
///
/// # Errors
/// More successes than trials; [`Undefined::Empty`] where one has no trials.
pub fn fisher_p_value(
    side: Side,
    first: (u64, u64),
    second: (u64, u64),
) -> Result<Finite, StatisticsError> {
    for (successes, trials) in [first, second] {
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
    }
    let urn = Urn {
        rows: first.1 + second.1,
        successes: first.0 + second.0,
        drawn: first.1,
    };
    let p = match side {
        Side::Lower => urn.at_least(first.0),
        Side::Upper => urn.mirrored().at_least(first.1 - first.0),
    };
    Ok(Finite::new(p.clamp(0.0, 1.0)).ok_or(Undefined::Overflow)?)
}

/// So many rows, of which some are successes, and of which some are drawn.
#[derive(Clone, Copy)]
struct Urn {
    rows: u64,
    successes: u64,
    drawn: u64,
}

impl Urn {
    /// Failures counted in place of successes.
    const fn mirrored(self) -> Self {
        Self {
            successes: self.rows - self.successes,
            ..self
        }
    }

    const fn fewest(self) -> u64 {
        (self.drawn + self.successes).saturating_sub(self.rows)
    }

    fn most(self) -> u64 {
        self.drawn.min(self.successes)
    }

    /// The probability of `count` successes among the drawn or more. The tail
    /// that does not hold the mean is summed, outward, so that no digit is
    /// lost to a difference and no first term vanishes.
    fn at_least(self, count: u64) -> f64 {
        if count <= self.fewest() {
            return 1.0;
        }
        let mean = self.drawn as f64 * self.successes as f64 / self.rows as f64;
        if count as f64 > mean {
            self.outward(count, self.most(), |x| self.ratio_up(x))
        } else {
            let below = self.outward(count - 1, self.fewest(), |x| 1.0 / self.ratio_up(x - 1));
            1.0 - below
        }
    }

    /// The sum of the probabilities from `from` to `to`, by the ratio of each
    /// to the one before.
    fn outward(self, from: u64, to: u64, ratio: impl Fn(u64) -> f64) -> f64 {
        let mut term = self.probability(from);
        let mut sum = term;
        let mut at = from;
        while at != to && term > sum * 1e-18 {
            term *= ratio(at);
            sum += term;
            at = if to > from { at + 1 } else { at - 1 };
        }
        sum
    }

    /// The probability of `x + 1` over that of `x`.
    fn ratio_up(self, x: u64) -> f64 {
        let (left, drawn) = (self.successes - x, self.drawn - x);
        let others = self.rows + x + 1 - self.successes - self.drawn;
        left as f64 / (x + 1) as f64 * (drawn as f64 / others as f64)
    }

    fn probability(self, x: u64) -> f64 {
        let failures = self.rows - self.successes;
        let log = ln_choose(self.successes, x) + ln_choose(failures, self.drawn - x)
            - ln_choose(self.rows, self.drawn);
        libm::exp(log)
    }
}

fn ln_choose(of: u64, taken: u64) -> f64 {
    let ln_factorial = |n: u64| libm::lgamma(n as f64 + 1.0);
    ln_factorial(of) - ln_factorial(taken) - ln_factorial(of - taken)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    type Case = ((u64, u64), (u64, u64), f64);
    const LARGE: [Case; 4] = [
        ((60, 400), (900, 9600), 0.00029000475824206707),
        ((5, 1200), (31, 3000), 0.9888430110053907),
        ((0, 50), (3, 5000), 1.0),
        ((700, 1000), (500, 1000), 3.7638307854337894e-20),
    ];

    fn choose(of: u64, taken: u64) -> f64 {
        (0..taken).fold(1.0, |product, i| product * (of - i) as f64 / (i + 1) as f64)
    }

    #[test]
    fn the_p_value_is_the_sum_over_all_tables_that_say_as_much() {
        for first_trials in 1..8_u64 {
            for second_trials in 1..8_u64 {
                for first in 0..=first_trials {
                    for second in 0..=second_trials {
                        let (rows, successes) = (first_trials + second_trials, first + second);
                        let chance = |x: u64| {
                            if x > successes || first_trials - x > rows - successes {
                                return 0.0;
                            }
                            choose(successes, x) * choose(rows - successes, first_trials - x)
                                / choose(rows, first_trials)
                        };
                        let of = |side| {
                            let p = fisher_p_value(
                                side,
                                (first, first_trials),
                                (second, second_trials),
                            );
                            p.unwrap().get()
                        };
                        let above: f64 = (first..=first_trials).map(chance).sum();
                        let below: f64 = (0..=first).map(chance).sum();
                        assert!((of(Side::Lower) - above).abs() < 1e-12);
                        assert!((of(Side::Upper) - below).abs() < 1e-12);
                    }
                }
            }
        }
    }

    #[test]
    fn large_tables_have_the_p_values_of_exact_arithmetic() {
        // Python 3.11, `math.comb` in whole numbers, divided at the end.
        for (first, second, above) in LARGE {
            let p = fisher_p_value(Side::Lower, first, second).unwrap().get();
            assert!((p / above - 1.0).abs() < 1e-8, "{first:?} {second:?}: {p}");
        }
    }

    #[test]
    fn a_share_against_nothing_is_an_error() {
        assert!(fisher_p_value(Side::Lower, (0, 0), (1, 2)).is_err());
        assert!(fisher_p_value(Side::Lower, (3, 2), (1, 2)).is_err());
    }
}
