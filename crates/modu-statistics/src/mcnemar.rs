//! Do two models decide correctly equally often, on the same rows?

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Finite, StatisticsError, Undefined,
    error::check_length,
    special::{chi_square_one_upper_tail, incomplete_beta},
};

/// McNemar's test (1947). Only the rows on which exactly one of the two is
/// right say anything. All p-values are two-sided.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct McNemar {
    /// Rows that both decide correctly.
    pub both: u64,
    /// Rows that only the first decides correctly.
    pub first_only: u64,
    /// Rows that only the second decides correctly.
    pub second_only: u64,
    /// Rows that neither decides correctly.
    pub neither: u64,
    /// `(b - c)^2 / (b + c)`, with `b` and `c` the two discordant counts.
    pub chi_square: Finite,
    /// Its p-value by the chi-square distribution of one degree of freedom.
    pub p_value: Finite,
    /// With Edwards' continuity correction: `(|b - c| - 1)^2 / (b + c)`.
    pub corrected_chi_square: Finite,
    /// Its p-value.
    pub corrected_p_value: Finite,
    /// The exact binomial p-value, twice the smaller tail, at most 1.
    pub exact_p_value: Finite,
    /// The p-value to read: the exact one where fewer than
    /// [`FEW_DISCORDANT`] rows are discordant, else the uncorrected one.
    pub recommended: McNemarForm,
}

/// Which form of the test to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum McNemarForm {
    /// The exact binomial test.
    Exact,
    /// The uncorrected chi-square.
    ChiSquare,
}

/// Below as many discordant rows the chi-square is too rough.
pub const FEW_DISCORDANT: u64 = 25;

/// Compares the decisions of two models on rows with the same labels.
///
/// # Errors
/// Where the lengths differ, or the models are never discordant
/// ([`Undefined::NoDisagreement`]).
pub fn mcnemar(labels: &[u16], first: &[u16], second: &[u16]) -> Result<McNemar, StatisticsError> {
    check_length("the first decisions", labels.len(), first.len())?;
    check_length("the second decisions", labels.len(), second.len())?;
    let mut table = [[0_u64; 2]; 2];
    for ((label, first), second) in labels.iter().zip(first).zip(second) {
        table[usize::from(first != label)][usize::from(second != label)] += 1;
    }
    McNemar::of(table)
}

impl McNemar {
    /// The test of a table of counts: `table[i][j]`, with `i` 0 where the
    /// first is right and 1 where it is wrong, `j` likewise for the second.
    ///
    /// # Errors
    /// [`Undefined::NoDisagreement`] where both discordant counts are 0.
    pub fn of(table: [[u64; 2]; 2]) -> Result<Self, StatisticsError> {
        let [[both, first_only], [second_only, neither]] = table;
        let discordant = first_only + second_only;
        if discordant == 0 {
            return Err(Undefined::NoDisagreement.into());
        }
        let difference = first_only.abs_diff(second_only) as f64;
        let chi_square = difference * difference / discordant as f64;
        // |b - c| of 0 is corrected to 1, as the formula is written and as
        // R and statsmodels compute it.
        let corrected = (difference - 1.0) * (difference - 1.0) / discordant as f64;
        let finite = |value: f64| Finite::new(value).ok_or(Undefined::Overflow);
        Ok(Self {
            both,
            first_only,
            second_only,
            neither,
            chi_square: finite(chi_square)?,
            p_value: finite(chi_square_one_upper_tail(chi_square))?,
            corrected_chi_square: finite(corrected)?,
            corrected_p_value: finite(chi_square_one_upper_tail(corrected))?,
            exact_p_value: finite(exact(first_only.min(second_only), discordant))?,
            recommended: if discordant < FEW_DISCORDANT {
                McNemarForm::Exact
            } else {
                McNemarForm::ChiSquare
            },
        })
    }

    /// The p-value that [`Self::recommended`] names.
    #[must_use]
    pub const fn recommended_p_value(&self) -> Finite {
        match self.recommended {
            McNemarForm::Exact => self.exact_p_value,
            McNemarForm::ChiSquare => self.p_value,
        }
    }
}

/// Twice the probability of at most `fewer` heads in `tosses` of a fair coin,
/// at most 1: `P(X <= k) = I_{1/2}(n - k, k + 1)` (DLMF 8.17.5).
fn exact(fewer: u64, tosses: u64) -> f64 {
    let (k, n) = (fewer as f64, tosses as f64);
    (2.0 * incomplete_beta(n - k, k + 1.0, 0.5)).min(1.0)
}
