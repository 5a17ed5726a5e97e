//! The tail that a limit must leave so that its promise holds although the
//! variance is itself an estimate.
//!
//! A bootstrap takes the spread of the data for the truth. Two things make
//! intervals from few units too short by that, whatever quantiles they are
//! read from: the replicates' variance lacks a part, and a sample in which the
//! variance came out too small by chance gives an interval that is too short, more often than one too long makes good. For a mean of
//! normal numbers Student's distribution mends both. So the level of a limit
//! is *expanded* (Hesterberg, "What teachers should know about the bootstrap",
//! 2015, section 5.3): the tail `p` becomes
//!
//! `1 - Phi(r t)`, with `t` that Student's variable of `d` degrees of freedom
//! exceeds with probability `p`, and `r` the unbiased standard error over that
//! of the replicates.
//!
//! **The part that is lacking.** Every unit pulls the estimate towards itself,
//! by the share `h` of the rows that it has, so the squared influences `e` that
//! the replicates vary by are too small by the share
//! `2 sum(h e^2) / sum(e^2) - sum(h^2)` (of a mean of cluster means weighted
//! by `h` with one variance, as Bell & McCaffrey, "Bias reduction in standard
//! errors for linear regression with multi-stage samples", 2002, work out).
//! Where all units are alike that is the `1 / n` of the textbooks; where a few
//! clusters have most of the rows it is many times as much.
//!
//! **The degrees.** Hesterberg takes `d = n - 1`, which holds for normal numbers. A variance of
//! numbers with long tails is far more uncertain: few units make most of it.
//! What is known of that is the kurtosis `k` of the units' influences, so here
//! `d = 2 n / (k - (n - 3) / (n - 1))`, which matches the variance of the
//! sample variance (O'Neill, "Some useful moment results in sampling
//! problems", 2014, section 4); at `k = 3` it is `n - 1`. A share of some
//! units has no variance beside its value, which the acceleration follows, so
//! of that `d` is the number of those units less one. Clusters of unequal
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
                let variance = stratum.variance / (1.0 - stratum.leverage);
                plain += stratum.variance;
                unbiased += variance;
                uncertainty += variance * variance / stratum.degrees;
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

/// The largest share of the variance that is taken to be missing: a cluster
/// that has most of the rows tells nothing of how clusters differ.
const MOST_MISSING: f64 = 0.75;

/// The influences of one stratum.
struct Stratum {
    /// The share of the variance that is missing.
    leverage: f64,
    /// Their sum of squares.
    variance: f64,
    /// Degrees of freedom of that.
    degrees: f64,
}

impl Stratum {
    fn of(blocks: &[Block], influences: &[f64]) -> Self {
        let squares = |power| influences.iter().map(|it| it.powi(power)).sum::<f64>();
        let (variance, fourths) = (squares(2), squares(4));
        let count = blocks.len() as f64;
        let units: f64 = blocks.iter().map(|block| f64::from(block.units)).sum();
        let degrees = match counted_units(influences) {
            Some(counted) if units <= count => counted as f64 - 1.0,
            _ => degrees(units, count, count * fourths / (variance * variance)),
        };
        Self {
            leverage: leverage(blocks, influences, variance).min(MOST_MISSING),
            variance,
            degrees,
        }
    }
}

/// Of `units` units in so many blocks whose influences have this kurtosis.
///
/// Where a block holds several units, the kurtosis of these follows from that
/// of the blocks: of a sum of `m` its excess over 3 is an `m`-th. That is a
/// rough guess, so it is not taken for less than 3.
fn degrees(units: f64, blocks: f64, of_blocks: f64) -> f64 {
    let kurtosis = if units > blocks {
        (3.0 + units / blocks * (of_blocks - 3.0)).max(3.0)
    } else {
        of_blocks
    };
    2.0 * units / (kurtosis - (units - 3.0) / (units - 1.0))
}

/// The share of the variance that the influences lack, because every unit
/// pulls the estimate towards itself.
fn leverage(blocks: &[Block], influences: &[f64], variance: f64) -> f64 {
    let of_unit = |block: &Block| block.rows / f64::from(block.units);
    let squares = influences.iter().map(|influence| influence * influence);
    let pulled: f64 = blocks
        .iter()
        .zip(squares)
        .map(|(block, square)| of_unit(block) * square)
        .sum();
    let all: f64 = blocks.iter().map(|block| of_unit(block) * block.rows).sum();
    2.0 * pulled / variance - all
}

/// How many units have any influence, if all that pull upwards pull alike, and
/// all that pull downwards: then the quantity is a share of those units.
fn counted_units(influences: &[f64]) -> Option<usize> {
    let strongest = influences
        .iter()
        .fold(0.0_f64, |most, it| most.max(it.abs()));
    let rounding = 1e-9 * strongest;
    let alike = |sign: f64| {
        let mut pulls = influences
            .iter()
            .map(|it| sign * it)
            .filter(|it| *it > rounding);
        let first = pulls.next();
        pulls.all(|pull| first.is_some_and(|first| (pull - first).abs() <= rounding))
    };
    let counted = influences.iter().filter(|it| it.abs() > rounding).count();
    (counted > 1 && alike(1.0) && alike(-1.0)).then_some(counted)
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
        // Their squares add up to 12, their fourth powers to 36: at n = 12, k is
        // 12 times 36 / 144.
        let mut values = vec![0.0; 12];
        values[..6].copy_from_slice(&[-1.0, 1.0, -1.0, 1.0, -2.0, 2.0]);
        let expansion = of_units(&values);
        assert!((expansion.degrees - 11.0).abs() < 1e-9, "{expansion:?}");
        assert!((expansion.ratio - (12.0_f64 / 11.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn units_with_more_rows_hide_more_of_the_variance() {
        let values: Vec<f64> = (0..20).map(f64::from).collect();
        let alike = Jackknife::of_units(values.clone());
        let with_rows = |rows: fn(usize) -> f64| {
            let all: f64 = (0..20).map(rows).sum();
            let block = |unit| Block {
                stratum: 0,
                units: 1,
                left: 0.95,
                rows: rows(unit) / all,
            };
            let blocks: Vec<Block> = (0..20).map(block).collect();
            Expansion::of(&Jackknife::new(blocks.into(), values.clone())).unwrap()
        };
        let alike = Expansion::of(&alike).unwrap();
        assert_eq!(with_rows(|_| 7.0), alike);
        // The ends have the most influence; where they also have most rows,
        // more is hidden.
        let heavy_ends = with_rows(|unit| if (4..16).contains(&unit) { 1.0 } else { 9.0 });
        let light_ends = with_rows(|unit| if (4..16).contains(&unit) { 9.0 } else { 1.0 });
        assert!(heavy_ends.ratio > alike.ratio + 0.01, "{heavy_ends:?}");
        assert!(light_ends.ratio < heavy_ends.ratio, "{light_ends:?}");
        // One that has nearly all says nothing, and that is bounded.
        let one = with_rows(|unit| if unit == 0 { 1e6 } else { 1.0 });
        assert!(one.ratio <= 2.0 + 1e-12, "{one:?}");
    }

    #[test]
    fn a_share_has_as_many_degrees_as_units_that_count_less_one() {
        // 30 of 40 right, and 60 rows outside of the slice.
        let outside = vec![0.75; 60];
        let right = vec![29.0 / 39.0; 30];
        let wrong = vec![30.0 / 39.0; 10];
        let expansion = of_units(&[outside, right, wrong].concat());
        assert!((expansion.degrees - 39.0).abs() < 1e-9, "{expansion:?}");
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
            rows: 1.0 / 400.0,
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
