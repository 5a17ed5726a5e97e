//! Several replicates at a time.
//!
//! A pass over the rows costs what its memory traffic costs, and a gather by
//! rank costs a cache miss a row. So [`LANES`] replicates share every pass:
//! the multiplicities of a row in all of them lie side by side, are fetched
//! at once, and the loops over them are what the compiler turns into vector
//! instructions. No lane hears of another, so a replicate's value does not
//! depend on its company.

use std::ops::Range;

/// How often a row is drawn. A byte suffices: in a stratum of up to 255 rows
/// no row can be drawn more often than that, and in a larger one the
/// probability that any row is drawn 256 times is below 1e-490 (at most
/// rows / 256!, by a union over rows and choices of draws). Bytes, not words,
/// because the time of a draw is that of its cache misses.
pub(super) type Multiplicity = u8;

/// How many replicates are evaluated at a time.
pub(super) const LANES: usize = 8;

/// Something of each of them.
pub(super) type Lanes<T> = [T; LANES];

/// How many multiplicities a 16-bit sum holds.
const BLOCK: usize = 256;

/// Sums multiplicities of rows that come in slices of at most [`BLOCK`].
fn add_block<'a>(total: &mut Lanes<u32>, rows: impl Iterator<Item = &'a Lanes<Multiplicity>>) {
    let mut sum: Lanes<u16> = [0; LANES];
    for weights in rows {
        for lane in 0..LANES {
            sum[lane] += u16::from(weights[lane]);
        }
    }
    for lane in 0..LANES {
        total[lane] += u32::from(sum[lane]);
    }
}

/// The sum of the weights of a range of rows.
pub(super) fn weight_of(weights: &[Lanes<Multiplicity>], range: Range<usize>) -> Lanes<u32> {
    let mut total = [0; LANES];
    for block in weights[range].chunks(BLOCK) {
        add_block(&mut total, block.iter());
    }
    total
}

/// The sum of the weights of listed rows.
pub(super) fn weight_of_listed(weights: &[Lanes<Multiplicity>], rows: &[u32]) -> Lanes<u32> {
    let mut total = [0; LANES];
    for block in rows.chunks(BLOCK) {
        add_block(&mut total, block.iter().map(|&row| &weights[row as usize]));
    }
    total
}

/// The sum of `weight * value` over a range of rows, row after row.
pub(super) fn weighted_sum(
    weights: &[Lanes<Multiplicity>],
    values: &[f64],
    range: Range<usize>,
) -> Lanes<f64> {
    let mut sum = [0.0; LANES];
    for (weights, value) in weights[range.clone()].iter().zip(&values[range]) {
        for lane in 0..LANES {
            sum[lane] += f64::from(weights[lane]) * value;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_do_not_overflow_where_every_multiplicity_is_the_largest() {
        let weights = vec![[255; LANES]; 1000];
        let rows: Vec<u32> = (0..1000).rev().collect();
        assert_eq!(weight_of(&weights, 0..1000), [255_000; LANES]);
        assert_eq!(weight_of_listed(&weights, &rows), [255_000; LANES]);
    }
}
