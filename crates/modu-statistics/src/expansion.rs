//! The tail that a limit must leave so that its promise holds although the
//! variance is itself an estimate.
//!
//! A bootstrap takes the spread of the data for the truth. Two things make
//! intervals from few units too short by that, whatever quantiles they are
//! read from: the replicates' variance lacks the factor `n / (n - 1)`, and a
//! sample in which the variance came out too small by chance gives an interval
//! that is too short, more often than one too long makes good. For a mean of
//! normal numbers Student's distribution mends both. So the level of a limit
//! is *expanded* (Hesterberg, "What teachers should know about the bootstrap",
//! 2015, section 5.3): the tail `p` becomes
//!
//! `1 - Phi(sqrt(n / (n - 1)) t)`, with `t` that Student's variable of `d`
//! degrees of freedom exceeds with probability `p`.
//!
//! Hesterberg takes `d = n - 1`, which holds for normal numbers. A variance of
//! numbers with long tails is far more uncertain: few units make most of it.
//! What is known of that is the kurtosis `k` of the units' influences, so here
//! `d = 2 n / (k - (n - 3) / (n - 1))`, which matches the variance of the
//! sample variance (O'Neill, "Some useful moment results in sampling
//! problems", 2014, section 4); at `k = 3` it is `n - 1`. Clusters of unequal
//! size have influences of long tails, so this is also a correction for few
//! effective clusters (Carter, Schnepel & Steigerwald 2017). Of several strata
//! the degrees are put together as Welch and Satterthwaite do (1946).

use crate::{
    bca::{Block, Jackknife},
    special::{
        normal_upper_quantile, normal_upper_tail, student_upper_quantile, student_upper_tail,
    },
};

/// How uncertain the variance of the replicates is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Expansion {
    /// Degrees of freedom.
    degrees: f64,
    /// An unbiased standard error over that of the replicates.
    ratio: f64,
}

impl Expansion {
    /// What the influences say; none where they do not vary or there are too
    /// few units to say anything.
    pub(crate) fn of(jackknife: &Jackknife) -> Option<Self> {
        let (mut plain, mut unbiased, mut uncertainty) = (0.0, 0.0, 0.0);
        for (blocks, influences) in jackknife.strata() {
            let stratum = Stratum::of(blocks, &influences);
            if stratum.variance > 0.0 {
                let variance = stratum.variance * stratum.units / (stratum.units - 1.0);
                plain += stratum.variance;
                unbiased += variance;
                uncertainty += variance * variance / stratum.degrees();
            } else if stratum.variance.is_nan() {
                return None;
            }
        }
        let expansion = Self {
            degrees: unbiased * unbiased / uncertainty,
            ratio: (unbiased / plain).sqrt(),
        };
        let is_known = expansion.degrees.is_finite() && expansion.degrees > 0.0;
        (is_known && expansion.ratio.is_finite()).then_some(expansion)
    }

    /// The tail to be cut off so that `tail` is left out, both within 0..1.
    pub(crate) fn tail(self, tail: f64) -> f64 {
        normal_upper_tail(self.ratio * student_upper_quantile(self.degrees, tail))
    }

    /// The tail that is left out where `cut` is cut off.
    pub(crate) fn inverse(self, cut: f64) -> f64 {
        if cut <= 0.0 || cut >= 1.0 {
            return cut;
        }
        student_upper_tail(self.degrees, normal_upper_quantile(cut) / self.ratio)
    }
}

/// The influences of one stratum.
struct Stratum {
    units: f64,
    /// Their sum of squares.
    variance: f64,
    kurtosis: f64,
}

impl Stratum {
    /// Where a block holds several units, the kurtosis of these follows from
    /// that of the blocks: of a sum of `m` its excess over 3 is an `m`-th. That
    /// is a rough guess, so it is not taken for less than 3.
    fn of(blocks: &[Block], influences: &[f64]) -> Self {
        let count = blocks.len() as f64;
        let units: f64 = blocks.iter().map(|block| f64::from(block.units)).sum();
        let squares = |power| influences.iter().map(|it| it.powi(power)).sum::<f64>();
        let (variance, fourths) = (squares(2), squares(4));
        let of_blocks = count * fourths / (variance * variance);
        let kurtosis = if units > count {
            (3.0 + units / count * (of_blocks - 3.0)).max(3.0)
        } else {
            of_blocks
        };
        Self {
            units,
            variance,
            kurtosis,
        }
    }

    fn degrees(&self) -> f64 {
        let n = self.units;
        2.0 * n / (self.kurtosis - (n - 3.0) / (n - 1.0))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use rand_xoshiro::{
        Xoshiro256PlusPlus,
        rand_core::{Rng, SeedableRng},
    };

    use super::*;

    fn of_units(values: &[f64]) -> Expansion {
        Expansion::of(&Jackknife::of_units(values.to_vec())).unwrap()
    }

    #[test]
    fn numbers_of_normal_kurtosis_have_students_degrees_of_freedom() {
        // Two points at each of -1 and 1, and zeros: k = n / 4 is 3 at n = 12.
        let mut values = vec![0.0; 12];
        values[..4].copy_from_slice(&[-1.0, 1.0, -1.0, 1.0]);
        let expansion = of_units(&values);
        assert!((expansion.degrees - 11.0).abs() < 1e-9, "{expansion:?}");
        assert!((expansion.ratio - (12.0_f64 / 11.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn long_tails_expand_more_than_short_ones() {
        let short: Vec<f64> = (0..50).map(f64::from).collect();
        let long: Vec<f64> = short.iter().map(|value| value.powi(6)).collect();
        let (short, long) = (of_units(&short), of_units(&long));
        assert!(long.tail(0.025) < short.tail(0.025));
        assert!(short.tail(0.025) < 0.025);
    }

    #[test]
    fn blocks_of_units_tell_the_kurtosis_of_the_units() {
        // 40,000 units of kurtosis 9 (exponential) in 400 blocks.
        let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
        let mut value =
            || -libm::log(((random.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64);
        let sums: Vec<f64> = (0..400).map(|_| (0..100).map(|_| value()).sum()).collect();
        let all: f64 = sums.iter().sum();
        let block = Block {
            stratum: 0,
            units: 100,
            left: 399.0 / 400.0,
        };
        let left_out = sums.iter().map(|sum| (all - sum) / 39_900.0).collect();
        let blocks = Expansion::of(&Jackknife::new(vec![block; 400].into(), left_out)).unwrap();
        // By units 10,000; the kurtosis of 400 blocks has a standard error of
        // 24 units, so that only the order of magnitude is asked.
        assert!((1_500.0..39_999.5).contains(&blocks.degrees), "{blocks:?}");
        assert!((blocks.tail(0.025) - 0.025).abs() < 1e-4);
    }

    #[test]
    fn the_inverse_inverts() {
        let expansion = of_units(&[1.0, 2.0, 4.0, 8.0, 16.0, 3.0, 9.0]);
        for tail in [0.001, 0.05, 0.3, 0.5, 0.7] {
            let back = expansion.inverse(expansion.tail(tail));
            assert!((back - tail).abs() < 1e-9, "{tail} {back}");
        }
    }

    #[test]
    fn influences_that_do_not_vary_or_are_undefined_expand_nothing() {
        for values in [vec![2.0; 5], vec![1.0, f64::NAN, 2.0], vec![], vec![1.0]] {
            assert_eq!(Expansion::of(&Jackknife::of_units(values)), None);
        }
    }
}
