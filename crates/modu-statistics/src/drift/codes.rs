//! Do two samples have the same distribution of codes?

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    DriftPlan, DriftTest, Inverse, Lone, NullDistribution,
    index::{CodeCounts, few_expected},
};
use crate::{Finite, StatisticsError, Undefined, special::chi_square_upper_tail};

/// Pearson's chi-square test of homogeneity (1900), with the likelihood-ratio
/// statistic beside it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Homogeneity {
    /// `Σ (observed - expected)² / expected` over both samples and all codes.
    pub chi_square: Finite,
    /// `2 Σ observed ln(observed / expected)`: the G statistic.
    pub likelihood_ratio: Finite,
    /// Codes less one.
    pub degrees: u64,
    /// The chance of the chi-square where nothing has changed: by the
    /// chi-square distribution, or by seeded permutations where some code
    /// expects fewer than five rows of either sample.
    pub p_value: Finite,
    /// Where that comes from.
    pub distribution: NullDistribution,
}

/// Tests whether two samples draw their codes from the same distribution.
///
/// # Errors
/// No rows or too many.
pub fn homogeneity(
    reference: &[i64],
    current: &[i64],
    plan: &DriftPlan,
) -> Result<Homogeneity, StatisticsError> {
    let counts = CodeCounts::new(reference, current)?;
    let chi_square = chi_square_of(&counts.pairs);
    let degrees = counts.pairs.len() as u64 - 1;
    let (p_value, distribution) = if degrees == 0 {
        (1.0, NullDistribution::LargeSample)
    } else if few_expected(&counts.pairs) {
        let p = counts.permuted(chi_square, plan, chi_square_of);
        (p, NullDistribution::Permutations)
    } else {
        let p = chi_square_upper_tail(degrees, chi_square);
        (p, NullDistribution::LargeSample)
    };
    let finite = |value: f64| Finite::new(value).ok_or(Undefined::Overflow);
    Ok(Homogeneity {
        chi_square: finite(chi_square)?,
        likelihood_ratio: finite(likelihood_ratio_of(&counts.pairs))?,
        degrees,
        p_value: finite(p_value)?,
        distribution,
    })
}

impl Homogeneity {
    pub(super) fn lone(&self) -> Lone {
        Lone {
            test: DriftTest::ChiSquare,
            statistic: self.chi_square,
            p_value: self.p_value,
            distribution: self.distribution,
            inverse: Inverse::ChiSquare {
                degrees: self.degrees,
                factor: 1.0,
            },
        }
    }
}

/// Observed and expected rows of both samples, code by code.
fn cells(pairs: &[(u64, u64)]) -> impl Iterator<Item = (f64, f64)> {
    let reference: u64 = pairs.iter().map(|pair| pair.0).sum();
    let current: u64 = pairs.iter().map(|pair| pair.1).sum();
    let all = (reference + current) as f64;
    pairs.iter().flat_map(move |pair| {
        let code = (pair.0 + pair.1) as f64;
        [
            (pair.0 as f64, code * reference as f64 / all),
            (pair.1 as f64, code * current as f64 / all),
        ]
    })
}

fn chi_square_of(pairs: &[(u64, u64)]) -> f64 {
    cells(pairs)
        .map(|(observed, expected)| (observed - expected) * (observed - expected) / expected)
        .sum()
}

fn likelihood_ratio_of(pairs: &[(u64, u64)]) -> f64 {
    let terms = cells(pairs).map(|(observed, expected)| {
        if observed > 0.0 {
            observed * libm::log(observed / expected)
        } else {
            0.0
        }
    });
    2.0 * terms.sum::<f64>()
}
