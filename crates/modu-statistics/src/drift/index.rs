//! The population stability index, with an alarm that knows its own chance.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    DriftPlan, DriftTest, Inverse, Lone, NullDistribution, check_rows, permutation, two_samples,
};
use crate::{Finite, StatisticsError, Undefined, special::chi_square_upper_tail};

/// Where every bin expects at least so many rows of either sample, the
/// chi-square distribution is trusted (Cochran 1954's rule).
const FEWEST_EXPECTED: f64 = 5.0;

/// What each bin counts beyond its rows, so that an empty one has a logarithm.
const HALF_A_ROW: f64 = 0.5;

/// The population stability index of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stability {
    /// `Σ (a - e) ln(a / e)` over the bins, with `e` and `a` the bin's shares
    /// of reference and current, each `(rows + 1/2) / (all rows + bins / 2)`:
    /// the sum of both Kullback-Leibler divergences. 0 where the shares are
    /// equal.
    pub index: Finite,
    /// Its chance where nothing has changed. For large samples the index is
    /// `(1/n + 1/m) χ²` of bins - 1 degrees of freedom (Yurdakul 2018, and
    /// Kullback 1959, 6.4); where a bin expects fewer than five rows, seeded
    /// permutations, the bins cut anew in each.
    pub p_value: Finite,
    /// Where that comes from.
    pub distribution: NullDistribution,
    /// The bins, ascending; of codes, one each.
    pub bins: Vec<StabilityBin>,
}

/// One bin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StabilityBin {
    /// Numbers: the largest value that belongs to it, `None` for the last
    /// bin, which is open. Codes: the code.
    pub to: Option<Finite>,
    /// Rows of the reference.
    pub reference: u64,
    /// Rows of today.
    pub current: u64,
}

/// The index of numbers, in bins cut at the quantiles of the reference: the
/// upper edge of bin `k` of `B` is the reference's order statistic of rank
/// `ceil(k m / B)` (Hyndman & Fan 1996, definition 1), and belongs to it.
/// Equal edges fall together.
///
/// # Errors
/// No rows, a number that is not finite, or too many rows.
pub fn stability(
    reference: &[f64],
    current: &[f64],
    plan: &DriftPlan,
) -> Result<Stability, StatisticsError> {
    let pooled = Pooled::new(reference, current)?;
    let edges = pooled.edges(&pooled.current, plan.bins);
    let counts = pooled.counts(&pooled.current, &edges);
    let index = index_of(&counts);
    let (p_value, distribution) = if few_expected(&counts) {
        let as_drawn = |places: &[usize]| {
            let edges = pooled.edges(places, plan.bins);
            index_of(&pooled.counts(places, &edges))
        };
        let drawn = pooled.current.len();
        let p = permutation::p_value(pooled.values.len(), drawn, index, plan, as_drawn);
        (p, NullDistribution::Permutations)
    } else {
        (large_sample(index, &counts), NullDistribution::LargeSample)
    };
    let to = |edge: usize| edges.get(edge).map(|&place| pooled.values[place - 1]);
    let bins = counts.iter().enumerate().map(|(bin, counts)| StabilityBin {
        to: to(bin).and_then(Finite::new),
        reference: counts.0,
        current: counts.1,
    });
    Stability::new(index, p_value, distribution, bins.collect())
}

/// The index of codes; each code of either sample is a bin.
///
/// # Errors
/// No rows or too many.
pub fn stability_of_codes(
    reference: &[i64],
    current: &[i64],
    plan: &DriftPlan,
) -> Result<Stability, StatisticsError> {
    let counts = CodeCounts::new(reference, current)?;
    let index = index_of(&counts.pairs);
    let (p_value, distribution) = if few_expected(&counts.pairs) {
        let p = counts.permuted(index, plan, index_of);
        (p, NullDistribution::Permutations)
    } else {
        let p = large_sample(index, &counts.pairs);
        (p, NullDistribution::LargeSample)
    };
    let bins = counts.codes.iter().zip(&counts.pairs);
    let bins = bins.map(|(&code, counts)| StabilityBin {
        to: Finite::new(code as f64),
        reference: counts.0,
        current: counts.1,
    });
    Stability::new(index, p_value, distribution, bins.collect())
}

impl Stability {
    fn new(
        index: f64,
        p_value: f64,
        distribution: NullDistribution,
        bins: Vec<StabilityBin>,
    ) -> Result<Self, StatisticsError> {
        Ok(Self {
            index: Finite::new(index).ok_or(Undefined::Overflow)?,
            p_value: Finite::new(p_value).ok_or(Undefined::Overflow)?,
            distribution,
            bins,
        })
    }

    pub(super) fn lone(&self, rows: (u64, u64)) -> Lone {
        Lone {
            test: DriftTest::PopulationStability,
            statistic: self.index,
            p_value: self.p_value,
            distribution: self.distribution,
            inverse: Inverse::ChiSquare {
                degrees: self.bins.len() as u64 - 1,
                factor: 1.0 / rows.0 as f64 + 1.0 / rows.1 as f64,
            },
        }
    }
}

/// Rows of reference and current in a bin.
type Pair = (u64, u64);

fn totals(counts: &[Pair]) -> (f64, f64) {
    let reference: u64 = counts.iter().map(|pair| pair.0).sum();
    let current: u64 = counts.iter().map(|pair| pair.1).sum();
    (reference as f64, current as f64)
}

fn index_of(counts: &[Pair]) -> f64 {
    let (reference, current) = totals(counts);
    let beyond = HALF_A_ROW * counts.len() as f64;
    let terms = counts.iter().map(|&(e, a)| {
        let e = (e as f64 + HALF_A_ROW) / (reference + beyond);
        let a = (a as f64 + HALF_A_ROW) / (current + beyond);
        (a - e) * libm::log(a / e)
    });
    terms.sum()
}

fn large_sample(index: f64, counts: &[Pair]) -> f64 {
    let (reference, current) = totals(counts);
    match counts.len() as u64 - 1 {
        0 => 1.0,
        degrees => chi_square_upper_tail(degrees, index / (1.0 / reference + 1.0 / current)),
    }
}

/// Whether some bin would hold fewer than five rows of either sample if the
/// pooled shares held in both.
pub(super) fn few_expected(counts: &[Pair]) -> bool {
    let (reference, current) = totals(counts);
    let smaller = reference.min(current) / (reference + current);
    counts
        .iter()
        .any(|pair| (pair.0 + pair.1) as f64 * smaller < FEWEST_EXPECTED)
}

/// Both samples in one ascending column.
struct Pooled {
    values: Vec<f64>,
    /// Places of today's rows, ascending.
    current: Vec<usize>,
}

impl Pooled {
    fn new(reference: &[f64], current: &[f64]) -> Result<Self, StatisticsError> {
        check_rows(reference.len(), current.len())?;
        let rows = two_samples::sorted(reference, current)?;
        Ok(Self {
            current: (0..rows.len()).filter(|&place| rows[place].1).collect(),
            values: rows.into_iter().map(|row| row.0).collect(),
        })
    }

    /// Where each bin but the last ends, in places of the pooled column,
    /// exclusive, if the rows at `current` are today's.
    fn edges(&self, current: &[usize], bins: u16) -> Vec<usize> {
        let reference = self.values.len() - current.len();
        let mut edges = Vec::with_capacity(usize::from(bins));
        for bin in 1..usize::from(bins) {
            let rank = (bin * reference).div_ceil(usize::from(bins)).max(1);
            let edge = self.values[place_of_rank(current, rank)];
            let end = self.values.partition_point(|&value| value <= edge);
            if edges.last() != Some(&end) && end < self.values.len() {
                edges.push(end);
            }
        }
        edges
    }

    fn counts(&self, current: &[usize], edges: &[usize]) -> Vec<Pair> {
        let mut before = (0, 0);
        let ends = edges.iter().copied().chain([self.values.len()]);
        ends.map(|end| {
            let ours = current.partition_point(|&place| place < end);
            let bin = ((end - ours) - before.0, ours - before.1);
            before = (end - ours, ours);
            (bin.0 as u64, bin.1 as u64)
        })
        .collect()
    }
}

/// The place of the reference's row of a rank (from 1) among the pooled rows,
/// where `current` are not the reference's: the least place with so many
/// reference rows up to it.
fn place_of_rank(current: &[usize], rank: usize) -> usize {
    // Before today's k-th row (from 0) there are current[k] - k others.
    let (mut low, mut high) = (0, current.len());
    while low < high {
        let middle = low + (high - low) / 2;
        if current[middle] - middle < rank {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    rank - 1 + low
}

/// The codes of both samples with their counts.
pub(super) struct CodeCounts {
    pub(super) codes: Vec<i64>,
    pub(super) pairs: Vec<Pair>,
}

impl CodeCounts {
    pub(super) fn new(reference: &[i64], current: &[i64]) -> Result<Self, StatisticsError> {
        check_rows(reference.len(), current.len())?;
        let mut counts = BTreeMap::<i64, Pair>::new();
        for code in reference {
            counts.entry(*code).or_default().0 += 1;
        }
        for code in current {
            counts.entry(*code).or_default().1 += 1;
        }
        let (codes, pairs) = counts.into_iter().unzip();
        Ok(Self { codes, pairs })
    }

    /// The p-value of a statistic of the counts by permutations. The smaller
    /// sample is the one that is drawn.
    pub(super) fn permuted(
        &self,
        found: f64,
        plan: &DriftPlan,
        statistic: impl Fn(&[Pair]) -> f64,
    ) -> f64 {
        let ends: Vec<usize> = self
            .pairs
            .iter()
            .scan(0, |end, pair| {
                *end += (pair.0 + pair.1) as usize;
                Some(*end)
            })
            .collect();
        let reference: u64 = self.pairs.iter().map(|pair| pair.0).sum();
        let current: u64 = self.pairs.iter().map(|pair| pair.1).sum();
        let draws_reference = reference < current;
        let pooled = (reference + current) as usize;
        let mut pairs = self.pairs.clone();
        permutation::p_value(
            pooled,
            reference.min(current) as usize,
            found,
            plan,
            |places| {
                let mut before = (0, 0);
                for (pair, &end) in pairs.iter_mut().zip(&ends) {
                    let drawn = places.partition_point(|&place| place < end);
                    let (ours, all) = ((drawn - before.0) as u64, (end - before.1) as u64);
                    *pair = if draws_reference {
                        (ours, all - ours)
                    } else {
                        (all - ours, ours)
                    };
                    before = (drawn, end);
                }
                statistic(&pairs)
            },
        )
    }
}
