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

/// Puts the multiplicities of whole replicates, one after the other in
/// `replicates`, side by side.
pub(super) fn interleave(replicates: &[Multiplicity], weights: &mut [Lanes<Multiplicity>]) {
    const ROWS: usize = size_of::<u64>();
    let rows = weights.len();
    let mut columns = [&replicates[..0]; LANES];
    for (lane, column) in columns.iter_mut().enumerate() {
        *column = &replicates[lane * rows..(lane + 1) * rows];
    }
    let (blocks, rest) = weights.as_chunks_mut::<ROWS>();
    let first_of_rest = rows - rest.len();
    for (block, weights) in blocks.iter_mut().enumerate() {
        let words = columns.map(|column| {
            let bytes = &column[block * ROWS..][..ROWS];
            let mut word = [0; ROWS];
            word.copy_from_slice(bytes);
            u64::from_le_bytes(word)
        });
        for (weights, word) in weights.iter_mut().zip(transposed(words)) {
            *weights = word.to_le_bytes();
        }
    }
    for (row, weights) in rest.iter_mut().enumerate() {
        *weights = columns.map(|column| column[first_of_rest + row]);
    }
}

/// Eight by eight bytes, mirrored at the diagonal: squares of one, two and
/// four bytes change places (Warren, "Hacker's Delight", section 7-3).
fn transposed(mut words: [u64; LANES]) -> [u64; LANES] {
    for (size, mask) in [
        (1, 0x00ff_00ff_00ff_00ff_u64),
        (2, 0x0000_ffff_0000_ffff),
        (4, 0x0000_0000_ffff_ffff),
    ] {
        for first in (0..LANES).filter(|first| first & size == 0) {
            let other = first + size;
            let moved = ((words[first] >> (8 * size)) ^ words[other]) & mask;
            words[other] ^= moved;
            words[first] ^= moved << (8 * size);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interleaved_replicates_keep_every_multiplicity() {
        for rows in [0, 1, 7, 8, 9, 64, 101] {
            let drawn: Vec<Multiplicity> = (0..LANES * rows).map(|n| (n * 37) as u8).collect();
            let mut weights = vec![[0; LANES]; rows];
            interleave(&drawn, &mut weights);
            for (row, weights) in weights.iter().enumerate() {
                for (lane, &weight) in weights.iter().enumerate() {
                    assert_eq!(weight, drawn[lane * rows + row]);
                }
            }
        }
    }

    #[test]
    fn sums_do_not_overflow_where_every_multiplicity_is_the_largest() {
        let weights = vec![[255; LANES]; 1000];
        let rows: Vec<u32> = (0..1000).rev().collect();
        assert_eq!(weight_of(&weights, 0..1000), [255_000; LANES]);
        assert_eq!(weight_of_listed(&weights, &rows), [255_000; LANES]);
    }
}
