//! Exact planning for a share of rows.
//!
//! The limit is that of Clopper and Pearson, so whether it reaches the bound
//! depends only on the count: there is a fewest number of successes that
//! proves the claim, and the power is the binomial chance of reaching it. The
//! power does not grow smoothly with the number of trials but in the shape of
//! a saw: one more trial may ask for one more success. So "the trials needed"
//! is the number *from which on* the power is never below the wanted one.
//!
//! A claim "at most" is its mirror image, "at least" for the failures.

use super::{Claim, MAX_PLANNED, first};
use crate::{
    Finite, Share, Side, StatisticsError, Undefined,
    special::{incomplete_beta, incomplete_beta_inverse},
};

/// How many critical counts beyond the found one are looked at first: the teeth
/// of the saw differ by one trial in length, so their feet do not rise strictly.
const TEETH: u64 = 32;

impl Claim {
    /// The number of successes nearest to none (at least) or to all (at most)
    /// that proves the claim of a share: the fewest for "at least", the most
    /// for "at most". `None` where no count of so few trials does.
    ///
    /// # Errors
    /// A bound outside 0..=1, no trials, or more than [`MAX_PLANNED`].
    pub fn share_critical(&self, trials: u64) -> Result<Option<u64>, StatisticsError> {
        let good = self.share_bound()?;
        check_trials(trials)?;
        let count = self.critical(good, trials);
        Ok(count.map(|count| match self.side {
            Side::Lower => count,
            Side::Upper => trials - count,
        }))
    }

    /// The chance that the exact limit of so many trials reaches the bound,
    /// if `truth` is the true share.
    ///
    /// # Errors
    /// A bound or truth outside 0..=1, no trials, or more than
    /// [`MAX_PLANNED`].
    pub fn share_power(&self, truth: f64, trials: u64) -> Result<Finite, StatisticsError> {
        let good = self.share_bound()?;
        let truth = self.mirrored("the true share", truth)?;
        check_trials(trials)?;
        let power = self
            .critical(good, trials)
            .map_or(0.0, |count| at_least(count, trials, truth));
        Ok(Finite::new(power).ok_or(Undefined::Overflow)?)
    }

    /// The true share nearest to the bound that so many trials prove with at
    /// least `power`; `None` where no share is proven.
    ///
    /// # Errors
    /// As [`Self::share_critical`].
    pub fn share_detectable(
        &self,
        trials: u64,
        power: Share,
    ) -> Result<Option<Finite>, StatisticsError> {
        let good = self.share_bound()?;
        check_trials(trials)?;
        let Some(count) = self.critical(good, trials) else {
            return Ok(None);
        };
        let truth = match count {
            0 => good,
            count => {
                let (k, n) = (count as f64, trials as f64);
                incomplete_beta_inverse(k, n - k + 1.0, power.get())
            }
        };
        let truth = match self.side {
            Side::Lower => truth,
            Side::Upper => 1.0 - truth,
        };
        Ok(Some(Finite::new(truth).ok_or(Undefined::Overflow)?))
    }

    /// The number of trials from which on a true share is proven with at
    /// least `power`; `None` where [`MAX_PLANNED`] do not suffice, as for a
    /// truth that is not better than the bound.
    ///
    /// # Errors
    /// A bound or truth outside 0..=1.
    pub fn share_trials(&self, truth: f64, power: Share) -> Result<Option<u64>, StatisticsError> {
        let good = self.share_bound()?;
        let truth = self.mirrored("the true share", truth)?;
        if good <= 0.0 {
            return Ok(Some(1));
        }
        if truth <= good {
            return Ok(None);
        }
        Ok(self.trials(good, truth, power.get()))
    }

    fn share_bound(&self) -> Result<f64, StatisticsError> {
        self.mirrored("the bound of a share", self.bound.get())
    }

    /// A share, or that of the failures where few are wanted.
    fn mirrored(&self, what: &'static str, share: f64) -> Result<f64, StatisticsError> {
        if !(0.0..=1.0).contains(&share) {
            return Err(StatisticsError::range(what, share, "within 0..=1"));
        }
        Ok(match self.side {
            Side::Lower => share,
            Side::Upper => 1.0 - share,
        })
    }

    fn error(&self) -> f64 {
        1.0 - self.confidence.get()
    }

    /// Whether so many successes have a lower limit at the bound or above.
    fn proves(&self, count: u64, trials: u64, bound: f64) -> bool {
        bound <= 0.0 || (count > 0 && at_least(count, trials, bound) <= self.error())
    }

    /// The fewest successes that prove the share to be at least `bound`.
    fn critical(&self, bound: f64, trials: u64) -> Option<u64> {
        first(0, trials, |count| self.proves(count, trials, bound))
    }

    /// The most trials of which `count` successes still prove the bound.
    fn most_trials(&self, count: u64, bound: f64) -> Option<u64> {
        let fails = |trials| !self.proves(count, trials, bound);
        match first(count, MAX_PLANNED, fails) {
            None => Some(MAX_PLANNED),
            Some(trials) => (trials > count).then(|| trials - 1),
        }
    }

    /// The first number of trials for which `count` is critical: there the
    /// power is least among those for which it is.
    fn foot(&self, count: u64, bound: f64) -> u64 {
        let before = count
            .checked_sub(1)
            .and_then(|count| self.most_trials(count, bound));
        before.map_or(count, |most| most + 1).max(count).max(1)
    }

    /// A count from which on no foot falls below `power` again: feet lie
    /// within one tooth (the probability of the count itself) of a curve that
    /// only rises.
    fn above_the_teeth(&self, settled: u64, bound: f64, truth: f64, power: f64) -> u64 {
        let mut step = TEETH;
        loop {
            let count = settled + step;
            let trials = self.foot(count, bound);
            let here = at_least(count, trials, truth);
            let tooth = here - at_least(count + 1, trials, truth);
            if here >= power + tooth || trials >= MAX_PLANNED {
                return count;
            }
            step *= 2;
        }
    }

    fn trials(&self, bound: f64, truth: f64, power: f64) -> Option<u64> {
        let least = first(1, MAX_PLANNED, |count| self.proves(count, count, bound))?;
        let enough = |count: u64| {
            let trials = self.foot(count, bound);
            trials <= MAX_PLANNED && at_least(count, trials, truth) >= power
        };
        let mut above = least;
        while !enough(above) {
            above = above.checked_mul(2).filter(|count| *count <= MAX_PLANNED)?;
        }
        let settled = first(least, above, enough)?;
        let top = self.above_the_teeth(settled, bound, truth, power);
        let fails = (least..top).rev().find(|count| !enough(*count));
        let Some(count) = fails else {
            return Some(self.foot(least, bound));
        };
        let (low, high) = (self.foot(count, bound), self.foot(count + 1, bound));
        let within = first(low, high.saturating_sub(1), |trials| {
            at_least(count, trials, truth) >= power
        });
        Some(within.unwrap_or(high)).filter(|trials| *trials <= MAX_PLANNED)
    }
}

/// Probability of at least `count` successes in `trials`.
fn at_least(count: u64, trials: u64, share: f64) -> f64 {
    if count == 0 {
        return 1.0;
    }
    let (k, n) = (count as f64, trials as f64);
    incomplete_beta(k, n - k + 1.0, share)
}

fn check_trials(trials: u64) -> Result<(), StatisticsError> {
    if (1..=MAX_PLANNED).contains(&trials) {
        Ok(())
    } else {
        let range = "within 1..=2147483648";
        Err(StatisticsError::range(
            "the number of trials",
            trials,
            range,
        ))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::clopper_pearson_limit;

    fn share(value: f64) -> Share {
        Share::new(value).unwrap()
    }

    fn claim(side: Side, bound: f64, confidence: f64) -> Claim {
        Claim {
            side,
            bound: Finite::new(bound).unwrap(),
            confidence: share(confidence),
        }
    }

    #[test]
    fn the_critical_count_is_where_the_exact_limit_reaches_the_bound() {
        for side in [Side::Lower, Side::Upper] {
            for bound in [0.05, 0.3, 0.5, 0.9] {
                let claim = claim(side, bound, 0.975);
                for trials in [1, 10, 37, 400] {
                    let meets = |count| {
                        let limit = clopper_pearson_limit(side, count, trials, claim.confidence);
                        match side {
                            Side::Lower => limit.unwrap().get() >= bound,
                            Side::Upper => limit.unwrap().get() <= bound,
                        }
                    };
                    let expected = match side {
                        Side::Lower => (0..=trials).find(|count| meets(*count)),
                        Side::Upper => (0..=trials).rev().find(|count| meets(*count)),
                    };
                    assert_eq!(claim.share_critical(trials).unwrap(), expected);
                }
            }
        }
    }

    #[test]
    fn from_the_needed_trials_on_the_power_is_never_below_the_wanted_one() {
        for (side, bound, truth) in [
            (Side::Lower, 0.5, 0.65),
            (Side::Lower, 0.9, 0.97),
            (Side::Lower, 0.1, 0.2),
            (Side::Upper, 0.06, 0.02),
            (Side::Upper, 0.5, 0.4),
        ] {
            for confidence in [0.9, 0.95, 0.99] {
                let claim = claim(side, bound, confidence);
                let power = |trials| claim.share_power(truth, trials).unwrap().get();
                let last_failure = (1..3000).rev().find(|trials| power(*trials) < 0.8);
                assert_eq!(
                    claim.share_trials(truth, share(0.8)).unwrap(),
                    last_failure.map(|trials| trials + 1),
                    "{claim:?}"
                );
            }
        }
    }

    #[test]
    fn the_detectable_share_has_the_wanted_power() {
        for side in [Side::Lower, Side::Upper] {
            for trials in [30, 800, 99_762] {
                let claim = claim(side, 0.4, 0.95);
                let truth = claim.share_detectable(trials, share(0.8)).unwrap();
                let power = claim.share_power(truth.unwrap().get(), trials).unwrap();
                assert!((power.get() - 0.8).abs() < 1e-9, "{power}");
            }
        }
    }

    #[test]
    fn what_cannot_be_proven_has_no_plan() {
        // Of 5 trials even 5 successes have a lower limit of 0.549.
        let claim = claim(Side::Lower, 0.6, 0.95);
        assert_eq!(claim.share_critical(5).unwrap(), None);
        assert_eq!(claim.share_power(1.0, 5).unwrap(), Finite::ZERO);
        assert_eq!(claim.share_detectable(5, share(0.8)).unwrap(), None);
        assert_eq!(claim.share_trials(0.6, share(0.8)).unwrap(), None);
        assert!(claim.share_power(1.1, 5).is_err());
        assert!(claim.share_power(0.5, 0).is_err());
    }

    #[test]
    fn a_bound_that_everything_meets_is_always_proven() {
        let claim = claim(Side::Lower, 0.0, 0.95);
        assert_eq!(claim.share_power(0.1, 7).unwrap().get(), 1.0);
        assert_eq!(claim.share_trials(0.1, share(0.8)).unwrap(), Some(1));
    }
}
