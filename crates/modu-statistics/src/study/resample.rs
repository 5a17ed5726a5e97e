//! Drawing rows with replacement, as a multiplicity for each row.

use std::ops::Range;

use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng, SeedableRng},
};

use super::lanes::Multiplicity;

/// The random stream of one replicate.
pub(super) struct Stream(Xoshiro256PlusPlus);

impl Stream {
    /// The stream of replicate `replicate` of a plan's seed: xoshiro256++
    /// (Blackman & Vigna) with four successive outputs of `SplitMix64` as its
    /// state, the latter started at a mixture of both numbers.
    pub(super) fn new(seed: u64, replicate: u32) -> Self {
        let mut state = mix(seed.wrapping_add(GOLDEN)) ^ mix(u64::from(replicate));
        let mut bytes = [0; 32];
        for word in bytes.chunks_exact_mut(8) {
            state = state.wrapping_add(GOLDEN);
            word.copy_from_slice(&mix(state).to_le_bytes());
        }
        Self(Xoshiro256PlusPlus::from_seed(bytes))
    }

    /// Draws, from each stratum (a range of rows), as many rows as it has,
    /// and counts them. Each half of a random word, high half first, names a
    /// row without bias (Lemire, "Fast random integer generation in an
    /// interval", 2019): the few values that would favour some rows are
    /// passed over. What is left of a stratum's last word is dropped.
    pub(super) fn draw(&mut self, strata: &[Range<usize>], counts: &mut [Multiplicity]) {
        const LOW: u64 = 0xffff_ffff;
        counts.fill(0);
        // A local copy stays in registers.
        let mut random = self.0.clone();
        for stratum in strata.iter().filter(|stratum| !stratum.is_empty()) {
            let counts = &mut counts[stratum.clone()];
            let rows = counts.len() as u64;
            let unbiased = (1 << 32) % rows;
            let mut left = rows;
            while left > 0 {
                let word = random.next_u64();
                for half in [word >> 32, word & LOW] {
                    let product = half * rows;
                    if product & LOW >= unbiased && left > 0 {
                        let count = &mut counts[(product >> 32) as usize];
                        *count = count.wrapping_add(1);
                        left -= 1;
                    }
                }
            }
        }
        self.0 = random;
    }
}

impl Stream {
    /// Puts units in random order (Durstenfeld 1964).
    pub(super) fn shuffle(&mut self, units: &mut [usize]) {
        for place in (1..units.len()).rev() {
            let other = self.below(place as u64 + 1);
            units.swap(place, other as usize);
        }
    }

    /// A number below a limit of at most 2^32, each equally likely (Lemire).
    fn below(&mut self, limit: u64) -> u64 {
        let unbiased = (1 << 32) % limit;
        loop {
            let product = (self.0.next_u64() >> 32) * limit;
            if product & 0xffff_ffff >= unbiased {
                return product >> 32;
            }
        }
    }
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The output function of `SplitMix64` (Steele, Lea & Flood 2014, with
/// Stafford's variant 13 of the constants).
const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "one stratum is a case")]
mod tests {
    use super::*;

    #[test]
    fn a_draw_has_as_many_rows_as_each_stratum() {
        let strata = [0..1, 1..8, 8..8, 8..1008];
        let mut counts = vec![0; 1008];
        Stream::new(5, 3).draw(&strata, &mut counts);
        for stratum in strata {
            let drawn: usize = counts[stratum.clone()]
                .iter()
                .map(|&c| usize::from(c))
                .sum();
            assert_eq!(drawn, stratum.len());
        }
    }

    #[test]
    fn rows_are_drawn_equally_often() {
        // 3,000 draws of each of 7 rows: chi-square of 6 degrees of freedom
        // exceeds 22.5 once in a thousand seeds.
        let mut totals = [0_u32; 7];
        let mut counts = [0; 7];
        for replicate in 0..3000 {
            Stream::new(11, replicate).draw(&[0..7], &mut counts);
            for (total, count) in totals.iter_mut().zip(counts) {
                *total += u32::from(count);
            }
        }
        let chi_square: f64 = totals
            .iter()
            .map(|&total| (f64::from(total) - 3000.0).powi(2) / 3000.0)
            .sum();
        assert!(chi_square < 22.5, "{totals:?}");
    }

    #[test]
    fn replicates_and_seeds_have_streams_of_their_own() {
        let draw = |seed, replicate| {
            let mut counts = vec![0; 100];
            Stream::new(seed, replicate).draw(&[0..100], &mut counts);
            counts
        };
        assert_eq!(draw(1, 1), draw(1, 1));
        assert_ne!(draw(1, 1), draw(1, 2));
        assert_ne!(draw(1, 1), draw(2, 1));
        assert_ne!(draw(0, 0), draw(1, 1));
    }
}
