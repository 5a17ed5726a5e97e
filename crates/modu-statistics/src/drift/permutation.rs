//! The chance of a statistic by exchanging rows between the two samples.
//!
//! If nothing has changed, which of the pooled rows are today's is a matter of
//! lot. So today's rows are drawn again, and again, and the p-value is the
//! share of draws whose statistic is at least the one found, that one counted
//! among them: `(1 + as large) / (1 + permutations)`. It is valid for every
//! statistic and every number of rows.

use std::collections::HashSet;

use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng, SeedableRng},
};

use super::DriftPlan;

/// The p-value of `found`. `statistic` gets the places, ascending, of the rows
/// that are drawn: `drawn` of `0..pooled`. Cost: one sort of `drawn` places a
/// permutation.
pub(super) fn p_value(
    pooled: usize,
    drawn: usize,
    found: f64,
    plan: &DriftPlan,
    mut statistic: impl FnMut(&[usize]) -> f64,
) -> f64 {
    // Equal tables that were summed in another order are as large.
    let as_large = found - 1e-9 * found.abs();
    let mut random = Xoshiro256PlusPlus::seed_from_u64(plan.seed);
    let mut places = Vec::with_capacity(drawn);
    let mut count = 0_u32;
    for _ in 0..plan.permutations {
        draw(&mut random, pooled, drawn, &mut places);
        if statistic(&places) >= as_large {
            count += 1;
        }
    }
    f64::from(1 + count) / (1.0 + f64::from(plan.permutations))
}

/// `drawn` of `0..pooled` without replacement (Floyd's algorithm in Bentley &
/// Floyd, "A sample of brilliance", 1987), ascending.
fn draw(random: &mut Xoshiro256PlusPlus, pooled: usize, drawn: usize, places: &mut Vec<usize>) {
    let mut taken = HashSet::with_capacity(drawn);
    for last in pooled - drawn..pooled {
        let place = below(random, last + 1);
        taken.insert(if taken.contains(&place) { last } else { place });
    }
    places.clear();
    places.extend(taken);
    places.sort_unstable();
}

/// A number below `bound`; its bias is less than `bound / 2^64`.
fn below(random: &mut Xoshiro256PlusPlus, bound: usize) -> usize {
    ((u128::from(random.next_u64()) * bound as u128) >> 64) as usize
}
