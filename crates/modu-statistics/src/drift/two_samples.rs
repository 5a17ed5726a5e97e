//! Smirnov's test: do two samples of numbers have the same distribution?

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DriftTest, Inverse, Lone, NullDistribution, check_rows};
use crate::{Finite, StatisticsError, Undefined};

/// The exact distribution is used up to so many pairs of a reference row and
/// a current row.
pub const EXACT_CELLS: u64 = 10_000_000;

/// Smirnov's two-sample test (1939), named after Kolmogorov too.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Smirnov {
    /// The largest distance between the two empirical distribution functions.
    pub distance: Finite,
    /// The two-sided chance of so large a distance where nothing has changed.
    /// Exact up to [`EXACT_CELLS`], given the ties (Schröer & Trenkler 1995);
    /// above, Kolmogorov's limit, which in the presence of ties errs on the
    /// side of silence.
    pub p_value: Finite,
    /// Where that comes from.
    pub distribution: NullDistribution,
}

/// Smirnov's test of two samples. Cost: a sort, and up to [`EXACT_CELLS`]
/// steps for the exact distribution.
///
/// # Errors
/// No rows, a number that is not finite, or too many rows.
pub fn smirnov(reference: &[f64], current: &[f64]) -> Result<Smirnov, StatisticsError> {
    check_rows(reference.len(), current.len())?;
    let rows = sorted(reference, current)?;
    let (m, n) = (reference.len() as u64, current.len() as u64);
    let distance = distance(&rows, m, n);
    let cells = u128::from(m) * u128::from(n);
    let share = distance as f64 / cells as f64;
    let (p_value, distribution) = if cells <= u128::from(EXACT_CELLS) {
        let p = exact(&rows, m as usize, n as usize, distance);
        (p, NullDistribution::Exact)
    } else {
        let p = kolmogorov(effective(m, n).sqrt() * share);
        (p, NullDistribution::LargeSample)
    };
    Ok(Smirnov {
        distance: Finite::new(share).ok_or(Undefined::Overflow)?,
        p_value: Finite::new(p_value).ok_or(Undefined::Overflow)?,
        distribution,
    })
}

impl Smirnov {
    pub(super) fn lone(&self, rows: (u64, u64)) -> Lone {
        Lone {
            test: DriftTest::Smirnov,
            statistic: self.distance,
            p_value: self.p_value,
            distribution: self.distribution,
            inverse: Inverse::Kolmogorov {
                rows: effective(rows.0, rows.1),
            },
        }
    }
}

fn effective(m: u64, n: u64) -> f64 {
    let (m, n) = (m as f64, n as f64);
    m * n / (m + n)
}

/// Both samples in one ascending column; `true` marks today's rows.
pub(super) fn sorted(
    reference: &[f64],
    current: &[f64],
) -> Result<Vec<(f64, bool)>, StatisticsError> {
    let of = |values: &[f64], is_current: bool| -> Vec<(f64, bool)> {
        // Adding zero makes a negative zero positive.
        values.iter().map(|&v| (v + 0.0, is_current)).collect()
    };
    let mut rows = of(reference, false);
    rows.extend(of(current, true));
    if let Some(row) = rows.iter().find(|row| !row.0.is_finite()) {
        return Err(StatisticsError::range(
            "a value to compare",
            row.0,
            "a finite number",
        ));
    }
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    Ok(rows)
}

/// The distance times both numbers of rows: a whole number.
fn distance(rows: &[(f64, bool)], m: u64, n: u64) -> u128 {
    let (mut first, mut second, mut largest) = (0_u128, 0_u128, 0_u128);
    for tied in rows.chunk_by(|a, b| a.0 == b.0) {
        let current = tied.iter().filter(|row| row.1).count();
        second += current as u128;
        first += (tied.len() - current) as u128;
        let difference = (first * u128::from(n)).abs_diff(second * u128::from(m));
        largest = largest.max(difference);
    }
    largest
}

/// The chance that the distance of a random arrangement of the same values is
/// at least the one found. A walk over how many rows of each sample lie among
/// the least: each step takes a row of either with the chance that is left
/// for it, and a walk that reaches the distance where a run of ties ends is
/// counted and ends there. Nothing is subtracted, so small chances keep their
/// precision.
fn exact(rows: &[(f64, bool)], m: usize, n: usize, found: u128) -> f64 {
    if found == 0 {
        return 1.0;
    }
    let ends_a_run: Vec<bool> = (0..rows.len())
        .map(|place| {
            rows.get(place + 1)
                .is_none_or(|next| next.0 != rows[place].0)
        })
        .collect();
    let is_over = |i: usize, j: usize| {
        let after = i + j;
        after > 0
            && ends_a_run[after - 1]
            && (i as u128 * n as u128).abs_diff(j as u128 * m as u128) >= found
    };
    let mut over = 0.0;
    // chances[j]: of standing at i rows of the first sample and j of the other.
    let mut chances = vec![0.0; n + 1];
    chances[0] = 1.0;
    for i in 0..=m {
        for j in 0..=n {
            let mut chance = 0.0;
            if i == 0 && j == 0 {
                chance = 1.0;
            }
            if i > 0 {
                let left = (m - i + 1) as f64;
                chance += chances[j] * left / (left + (n - j) as f64);
            }
            if j > 0 {
                let left = (n - j + 1) as f64;
                chance += chances[j - 1] * left / (left + (m - i) as f64);
            }
            if is_over(i, j) {
                over += chance;
                chance = 0.0;
            }
            chances[j] = chance;
        }
    }
    over.min(1.0)
}

/// Probability that Kolmogorov's variable exceeds `x`:
/// `2 Σ (-1)^(k-1) exp(-2 k² x²)`, and for small `x` its theta transform
/// `1 - √(2π)/x Σ exp(-(2k-1)² π² / (8 x²))`.
fn kolmogorov(x: f64) -> f64 {
    use std::f64::consts::PI;
    if x <= 0.0 {
        return 1.0;
    }
    if x < 1.0 {
        let terms = (1..=20).map(|k| {
            let odd = f64::from(2 * k - 1);
            libm::exp(-odd * odd * PI * PI / (8.0 * x * x))
        });
        return 1.0 - (2.0 * PI).sqrt() / x * terms.sum::<f64>();
    }
    let terms = (1..=20).map(|k| {
        let sign = if k % 2 == 1 { 1.0 } else { -1.0 };
        sign * libm::exp(-2.0 * f64::from(k * k) * x * x)
    });
    (2.0 * terms.sum::<f64>()).clamp(0.0, 1.0)
}

/// The point that Kolmogorov's variable exceeds with probability `p`.
pub(super) fn kolmogorov_quantile(p: f64) -> f64 {
    let (mut low, mut high) = (0.0_f64, 30.0_f64);
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return high;
        }
        if kolmogorov(middle) > p {
            low = middle;
        } else {
            high = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kolmogorovs_tail_is_that_of_scipy() {
        // scipy 1.17.1, scipy.stats.kstwobign.sf.
        for (x, tail) in [
            (0.32206441932644225, 0.9999468268621637),
            (0.7559289460184544, 0.6171949793981648),
            (0.8945159194551711, 0.4003470822576635),
            (1.170255360019984, 0.12923561099581235),
            (1.420093893609386, 0.035430164672031715),
        ] {
            let found = kolmogorov(x);
            assert!((found - tail).abs() <= 1e-11 * tail, "{found} {tail}");
        }
    }

    #[test]
    fn kolmogorovs_quantile_inverts_its_tail() {
        for p in [1e-6, 0.05, 0.27, 0.9] {
            assert!((kolmogorov(kolmogorov_quantile(p)) - p).abs() < 1e-12);
        }
    }
}
