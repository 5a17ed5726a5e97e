//! Laws of scores whose measures are known.

use modu_statistics::{Finite, Share, Side, power::Claim};
use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::Rng};

/// Share of positives.
pub(crate) const PREVALENCE: f64 = 0.3;

/// Normal scores of variance 1 around `positive` for positive rows, and around
/// `-negative[g]` for negative rows of group `g`. At or above 0 decides
/// positive.
#[derive(Clone, Copy)]
pub(crate) struct Law {
    pub(crate) positive: f64,
    pub(crate) negative: [f64; 2],
}

impl Law {
    /// Both classes as far from the threshold.
    pub(crate) fn even(distance: f64) -> Self {
        Self {
            positive: distance,
            negative: [distance; 2],
        }
    }

    /// The recall of an even law among the `budget` of rows with the highest
    /// scores.
    pub(crate) fn recall_at_budget(distance: f64, budget: f64) -> f64 {
        let listed = |cut: f64| {
            PREVALENCE * normal(distance - cut) + (1.0 - PREVALENCE) * normal(-distance - cut)
        };
        let cut = solve(|cut| budget - listed(cut));
        normal(distance - cut)
    }
}

/// The chance that a standard normal variable is at most `x`: a claim at
/// confidence one half is proven with just that chance.
pub(crate) fn normal(x: f64) -> f64 {
    let claim = Share::new(0.5).map(|confidence| Claim {
        side: Side::Lower,
        bound: Finite::ZERO,
        confidence,
    });
    let power = claim.and_then(|claim| claim.power(x, 1.0).ok());
    power.map_or(f64::NAN, Finite::get)
}

/// The point that a standard normal variable stays below with this chance.
pub(crate) fn quantile(chance: f64) -> f64 {
    solve(|x| normal(x) - chance)
}

/// Where a rising function crosses zero, within -20..20.
pub(crate) fn solve(function: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (-20.0, 20.0);
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if function(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// A number within 0..1.
pub(crate) fn unit(random: &mut Xoshiro256PlusPlus) -> f64 {
    ((random.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
}

/// A standard normal number (Box & Muller 1958).
pub(crate) fn standard(random: &mut Xoshiro256PlusPlus) -> f64 {
    let radius = (-2.0 * unit(random).ln()).sqrt();
    radius * (2.0 * std::f64::consts::PI * unit(random)).cos()
}
