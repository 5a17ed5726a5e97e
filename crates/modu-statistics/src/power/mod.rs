//! How many rows a proof needs, asked before anything is measured.
//!
//! A criterion is met when a confidence limit reaches its bound, and a limit
//! lies away from the truth by the luck of the sample. So a solution must be
//! *better* than the bound to have a fair chance of proving that it reaches
//! it, and how much better depends on the number of rows. With too few rows a
//! good solution is refused for want of data; to learn that after the
//! supplier has worked for a month is late.
//!
//! A [`Claim`] is one such bound: the side, the value, and the confidence of
//! the limit that is held against it (with several solutions, the stricter
//! one of Holm's procedure). It answers three questions, which are one
//! equation solved for its three unknowns:
//!
//! - the *power*: the chance that the claim is proven if a given value is
//!   the truth;
//! - the *detectable* value: the one nearest to the bound which is proven
//!   with a wanted power;
//! - the *rows* that a value needs for that power.
//!
//! For a share of rows (accuracy, recall) all three are exact, by the
//! binomial distribution: [`Claim::share_power`] and its neighbours. For any
//! other measure they rest on the normal approximation and a standard error:
//! [`Claim::power`] and its neighbours, with the standard errors of
//! a formula, such as [`hanley_mcneil_variance`] for an area under the ROC
//! curve and [`paired_difference_variance`] for two solutions on the same rows
//! (McNemar's setting), or a pilot's own, scaled to the new number of rows
//! ([`rescaled`]). A gap between members of a group has a plan of its own,
//! [`GapPlan`].
//!
//! ```
//! use modu_statistics::{Finite, Share, Side, power::Claim};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let share = |value| Share::new(value).ok_or("not a share");
//! let claim = Claim {
//!     side: Side::Lower,
//!     bound: Finite::new(0.90).ok_or("not finite")?,
//!     confidence: share(0.95)?,
//! };
//! // Of 800 rows, an accuracy of 0.903 is hardly ever proven above 0.90 ...
//! assert!(claim.share_power(0.903, 800)?.get() < 0.08);
//! // ... it would need tens of thousands of them.
//! assert_eq!(claim.share_trials(0.903, share(0.8)?)?, Some(61_709));
//! # Ok(())
//! # }
//! ```

mod gap;
mod normal;
mod share;
mod variance;

pub use gap::GapPlan;
pub use normal::{Errors, rescaled, rows_to_separate};
pub use variance::{
    bounded_mean_variance, f1_variance, false_alarms_at_budget_variance, hanley_mcneil_variance,
    paired_difference_variance, precision_at_budget_variance, recall_at_budget_variance,
    share_variance,
};

use crate::{Finite, Share, Side};

/// The most rows that a plan speaks of; what needs more "cannot be had".
pub const MAX_PLANNED: u64 = 1 << 31;

/// A bound that a confidence limit must reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Claim {
    /// Which limit is held against the bound: the lower one of a claim "at
    /// least", the upper one of a claim "at most".
    pub side: Side,
    /// The bound.
    pub bound: Finite,
    /// One-sided confidence of the limit.
    pub confidence: Share,
}

impl Claim {
    /// How far a value lies on the good side of the bound.
    fn lead(&self, value: f64) -> f64 {
        match self.side {
            Side::Lower => value - self.bound.get(),
            Side::Upper => self.bound.get() - value,
        }
    }
}

/// The smallest number in `low..=high` for which a property holds that, once
/// it holds, holds for all greater ones; `None` where it does not hold at
/// `high` either. Cost: one call for each halving.
fn first(low: u64, high: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    if low > high || !holds(high) {
        return None;
    }
    let (mut low, mut high) = (low, high);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(low)
}
