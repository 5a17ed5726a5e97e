//! Drawing rows with replacement, as a multiplicity for each row.
//!
//! What has to be drawn is a multinomial sample: as many draws as the stratum
//! has rows, each row equally likely. Draw by draw all over a large table,
//! that is a cache miss each. But independent Poisson numbers of one rate are
//! a multinomial sample once their total is known, and a block of rows that
//! has a Poisson number of draws may share them out by itself. So a large
//! stratum is drawn block by block, at a rate a little below one, and the few
//! draws that then lack are made all over the stratum. The result is exactly
//! multinomial; nothing is approximated but the 53 bits of a probability.

use std::ops::Range;

use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng, SeedableRng},
};

use super::lanes::{Lanes, Multiplicity};

/// Rows of a block: a byte names one of them.
const BLOCK: usize = 256;
/// Strata of fewer rows are drawn row by row.
const LARGE: usize = 1024;
/// By how many standard deviations the blocks' total lies below the number
/// of rows: it exceeds that once in 30,000 times, and is then drawn again.
const RESERVE: f64 = 4.0;

/// The random stream of one replicate.
pub(super) struct Stream(Xoshiro256PlusPlus);

/// How the units of a plan are drawn.
pub(super) struct Draws(Vec<Stratum>);

struct Stratum {
    units: Range<usize>,
    /// Draws of a block, where the stratum is large.
    of_block: Option<Poisson>,
}

impl Draws {
    /// Draws from each stratum, a range of units, as many as it has.
    pub(super) fn new(strata: Vec<Range<usize>>) -> Self {
        let strata = strata.into_iter().map(|units| Stratum {
            of_block: (units.len() >= LARGE).then(|| {
                let rows = units.len() as f64;
                Poisson::new(BLOCK as f64 * (1.0 - RESERVE / rows.sqrt()))
            }),
            units,
        });
        Self(strata.filter(|stratum| !stratum.units.is_empty()).collect())
    }
}

impl Stream {
    /// The stream of replicate `replicate` of a plan's seed: xoshiro256++
    /// (Blackman & Vigna) with four successive outputs of `SplitMix64` as its
    /// state, the latter started at a mixture of both numbers. It is a
    /// function of the two alone, so replicates can be drawn in any order.
    pub(super) fn new(seed: u64, replicate: u32) -> Self {
        let mut state = mix(seed.wrapping_add(GOLDEN)) ^ mix(u64::from(replicate));
        let mut bytes = [0; 32];
        for word in bytes.chunks_exact_mut(8) {
            state = state.wrapping_add(GOLDEN);
            word.copy_from_slice(&mix(state).to_le_bytes());
        }
        Self(Xoshiro256PlusPlus::from_seed(bytes))
    }

    /// Puts units in random order (Durstenfeld 1964).
    pub(super) fn shuffle(&mut self, units: &mut [usize]) {
        for place in (1..units.len()).rev() {
            let other = self.below(place as u64 + 1);
            units.swap(place, other as usize);
        }
    }

    /// A number below a limit of at most 2^32, each equally likely (Lemire,
    /// "Fast random integer generation in an interval", 2019).
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

/// Draws a replicate into each lane from its own stream, over what the lanes
/// held.
pub(super) fn draw(draws: &Draws, streams: &mut Lanes<Stream>, units: &mut [Lanes<Multiplicity>]) {
    units.fill(Lanes::default());
    for stratum in &draws.0 {
        let units = &mut units[stratum.units.clone()];
        let mut drawn = [0; _];
        if let Some(of_block) = &stratum.of_block {
            drawn = draw_blocks(of_block, streams, units);
        }
        for (lane, stream) in streams.iter_mut().enumerate() {
            while drawn[lane] > units.len() {
                units.iter_mut().for_each(|weights| weights[lane] = 0);
                let of_block = stratum.of_block.as_ref();
                drawn[lane] = of_block.map_or(0, |of_block| {
                    let blocks = units.chunks_mut(BLOCK);
                    blocks
                        .map(|block| stream.draw_block(of_block, block, lane))
                        .sum()
                });
            }
            stream.draw_singly(units.len() - drawn[lane], units, lane);
        }
    }
}

/// Draws all blocks of a stratum, all lanes of a block while it is at hand;
/// the number of units drawn in each lane.
fn draw_blocks(
    of_block: &Poisson,
    streams: &mut Lanes<Stream>,
    units: &mut [Lanes<Multiplicity>],
) -> Lanes<usize> {
    let mut drawn = [0; _];
    for block in units.chunks_mut(BLOCK) {
        for (lane, stream) in streams.iter_mut().enumerate() {
            drawn[lane] += stream.draw_block(of_block, block, lane);
        }
    }
    drawn
}

impl Stream {
    /// Draws a Poisson number of units of a block: each byte of a word, low
    /// byte first, names one. In a block that is not whole, a byte that names
    /// none is passed over, which leaves the others Poisson.
    fn draw_block(
        &mut self,
        of_block: &Poisson,
        block: &mut [Lanes<Multiplicity>],
        lane: usize,
    ) -> usize {
        let draws = of_block.number(self.0.next_u64());
        // A local copy stays in registers.
        let mut random = self.0.clone();
        let mut kept = draws;
        if let Ok(block) = <&mut [Lanes<Multiplicity>; BLOCK]>::try_from(&mut *block) {
            for _ in 0..draws / 8 {
                for byte in random.next_u64().to_le_bytes() {
                    increase(&mut block[usize::from(byte)][lane]);
                }
            }
            let last = random.next_u64().to_le_bytes();
            for &byte in &last[..draws % 8] {
                increase(&mut block[usize::from(byte)][lane]);
            }
        } else {
            for _ in 0..draws {
                match block.get_mut((random.next_u64() & 0xff) as usize) {
                    Some(weights) => increase(&mut weights[lane]),
                    None => kept -= 1,
                }
            }
        }
        self.0 = random;
        kept
    }

    /// Draws units one by one. Each half of a random word, high half first,
    /// names a unit without bias (Lemire): the few values that would favour
    /// some units are passed over. What is left of the last word is dropped.
    fn draw_singly(&mut self, draws: usize, units: &mut [Lanes<Multiplicity>], lane: usize) {
        const LOW: u64 = 0xffff_ffff;
        let rows = units.len() as u64;
        let unbiased = (1 << 32) % rows;
        let mut left = draws;
        while left > 0 {
            let word = self.0.next_u64();
            for half in [word >> 32, word & LOW] {
                let product = half * rows;
                if product & LOW >= unbiased && left > 0 {
                    increase(&mut units[(product >> 32) as usize][lane]);
                    left -= 1;
                }
            }
        }
    }
}

const fn increase(multiplicity: &mut Multiplicity) {
    *multiplicity = multiplicity.wrapping_add(1);
}

/// A Poisson number, read off its distribution function.
struct Poisson {
    /// The probability of at most 0, 1, 2, ... in units of 2^-64.
    until: Vec<u64>,
    /// For each value of the highest bits, the smallest number possible.
    guide: Vec<u32>,
}

impl Poisson {
    const GUIDE_BITS: u32 = 10;

    fn new(mean: f64) -> Self {
        const WHOLE: f64 = 18_446_744_073_709_551_616.0;
        let (mut until, mut sum) = (Vec::new(), 0.0);
        // Twelve standard deviations above the mean is less than 2^-64.
        let most = mean + 12.0 * mean.sqrt() + 12.0;
        for number in 0..=most as u32 {
            let number = f64::from(number);
            sum += libm::exp(number * libm::log(mean) - mean - libm::lgamma(number + 1.0));
            until.push((sum.min(1.0) * WHOLE) as u64);
        }
        let first_above = |limit: u64| until.partition_point(|&until| until <= limit) as u32;
        let guide = (0..1_u64 << Self::GUIDE_BITS)
            .map(|bits| first_above(bits << (64 - Self::GUIDE_BITS)))
            .collect();
        Self { until, guide }
    }

    /// The number that 64 random bits stand for.
    fn number(&self, random: u64) -> usize {
        let mut number = self.guide[(random >> (64 - Self::GUIDE_BITS)) as usize] as usize;
        while self.until.get(number).is_some_and(|&until| until <= random) {
            number += 1;
        }
        number
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
    use crate::study::lanes::LANES;

    /// The first replicates of a seed.
    fn drawn(seed: u64, strata: &[Range<usize>]) -> Vec<Lanes<Multiplicity>> {
        let units = strata.last().map_or(0, |stratum| stratum.end);
        let mut counts = vec![[77; LANES]; units];
        let mut streams = std::array::from_fn(|lane| Stream::new(seed, lane as u32));
        draw(&Draws::new(strata.to_vec()), &mut streams, &mut counts);
        counts
    }

    #[test]
    fn a_draw_has_as_many_rows_as_each_stratum() {
        let strata = [0..1, 1..8, 8..8, 8..1008, 1008..2032, 2032..12_345];
        let counts = drawn(5, &strata);
        for stratum in strata {
            for lane in 0..LANES {
                let rows = counts[stratum.clone()].iter();
                let drawn: usize = rows.map(|weights| usize::from(weights[lane])).sum();
                assert_eq!(drawn, stratum.len());
            }
        }
    }

    #[test]
    fn rows_are_drawn_equally_often() {
        // 3,000 draws of each of 7 rows: chi-square of 6 degrees of freedom
        // exceeds 22.5 once in a thousand seeds.
        let mut totals = [0_u32; 7];
        for seed in 0..3000 / LANES as u64 {
            for (total, weights) in totals.iter_mut().zip(drawn(seed, &[0..7])) {
                *total += weights.iter().map(|&weight| u32::from(weight)).sum::<u32>();
            }
        }
        let chi_square: f64 = totals
            .iter()
            .map(|&total| (f64::from(total) - 3000.0).powi(2) / 3000.0)
            .sum();
        assert!(chi_square < 22.5, "{totals:?}");
    }

    #[test]
    fn a_large_stratum_is_drawn_as_multinomially_as_a_small_one() {
        // 1,300 rows in 800 replicates: variance and covariance of counts,
        // between neighbours, in one block and across blocks, and of the last,
        // incomplete block. Count n, each p = 1/n: variance 1 - 1/n,
        // covariance -1/n. Bounds are five standard errors.
        const ROWS: usize = 1300;
        let (mut squares, mut block_squares, mut last) = (0.0, 0.0, 0.0);
        let mut tally = [0_u32; 6];
        for seed in 0..100 {
            let counts = drawn(seed, &[0..ROWS]);
            for lane in 0..LANES {
                let count = |row: usize| f64::from(counts[row][lane]);
                squares += (0..ROWS).map(|row| (count(row) - 1.0).powi(2)).sum::<f64>();
                let in_block: f64 = (0..BLOCK).map(count).sum();
                block_squares += (in_block - 256.0).powi(2);
                last += (1280..ROWS).map(count).sum::<f64>();
                for row in &counts {
                    tally[usize::from(row[lane]).min(5)] += 1;
                }
            }
        }
        let replicates = 800.0;
        let variance = squares / replicates / ROWS as f64;
        assert!(
            (variance - (1.0 - 1.0 / ROWS as f64)).abs() < 0.01,
            "{variance}"
        );
        let share = 256.0 / ROWS as f64;
        let expected = ROWS as f64 * share * (1.0 - share);
        let found = block_squares / replicates;
        assert!((found / expected - 1.0).abs() < 0.25, "{found} {expected}");
        assert!((last / replicates - 20.0).abs() < 0.8, "{last}");
        // Binomial(n, 1/n) is close to Poisson(1).
        let rows = replicates * ROWS as f64;
        for (count, expected) in [0.3678, 0.3680, 0.1840, 0.0613, 0.0153].iter().enumerate() {
            let found = f64::from(tally[count]) / rows;
            assert!((found - expected).abs() < 0.0026, "{count}: {found}");
        }
    }

    #[test]
    fn a_poisson_number_has_its_mean_and_variance() {
        let poisson = Poisson::new(250.0);
        let mut stream = Stream::new(1, 1);
        let numbers: Vec<f64> = (0..100_000)
            .map(|_| poisson.number(stream.0.next_u64()) as f64)
            .collect();
        let mean = numbers.iter().sum::<f64>() / 1e5;
        let variance = numbers.iter().map(|n| (n - 250.0).powi(2)).sum::<f64>() / 1e5;
        assert!((mean - 250.0).abs() < 0.25, "{mean}");
        assert!((variance - 250.0).abs() < 5.6, "{variance}");
        // The ends lie where the tails fall below 2^-64.
        assert!((100..150).contains(&poisson.number(0)));
        assert!((390..470).contains(&poisson.number(u64::MAX)));
    }

    #[test]
    fn replicates_and_seeds_have_streams_of_their_own() {
        for rows in [100, 2000] {
            let (one, two) = (drawn(1, &[0..rows]), drawn(2, &[0..rows]));
            let lane = |of: &[Lanes<Multiplicity>], lane: usize| -> Vec<u8> {
                of.iter().map(|weights| weights[lane]).collect()
            };
            assert_eq!(one, drawn(1, &[0..rows]));
            assert_ne!(lane(&one, 1), lane(&one, 2));
            assert_ne!(lane(&one, 1), lane(&two, 1));
            assert_ne!(lane(&one, 1), lane(&two, 2));
        }
    }
}
