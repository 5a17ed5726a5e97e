//! The variance of an area under the ROC curve, and a paired test of two.
//!
//! DeLong, DeLong & Clarke-Pearson (1988), computed from midranks as in Sun &
//! Xu, "Fast implementation of DeLong's algorithm" (IEEE Signal Processing
//! Letters 21, 2014). All sums are exact integers (midranks are multiples of
//! one half), so the order of rows changes no bit.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Finite, Interval, Share, StatisticsError, Undefined, error::check_length,
    special::normal_upper_tail, study::MAX_ROWS,
};

/// An area under the ROC curve with DeLong's variance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AreaVariance {
    /// The area, ties by midrank.
    pub area: Finite,
    /// Its variance.
    pub variance: Finite,
}

/// DeLong's paired test that two areas are equal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeLong {
    /// The first model's area and variance.
    pub first: AreaVariance,
    /// The second model's.
    pub second: AreaVariance,
    /// Covariance of the two areas.
    pub covariance: Finite,
    /// Standard error of the difference of the areas.
    pub standard_error: Finite,
    /// `(first - second) / standard error`; standard normal under the null.
    pub z: Finite,
    /// Two-sided p-value.
    pub p_value: Finite,
}

impl AreaVariance {
    /// The Wald interval of the area, cut to 0..=1 (as R pROC's `ci.auc`).
    ///
    /// # Errors
    /// Never in practice: the limits of an area are finite.
    pub fn interval(&self, confidence: Share) -> Result<Interval, Undefined> {
        let error = self.variance.get().sqrt();
        let wald = Interval::wald(self.area.get(), error, confidence)?;
        Interval::new(
            wald.lower.get().max(0.0),
            wald.upper.get().min(1.0),
            confidence,
        )
    }
}

/// The area under the ROC curve of one model and DeLong's variance of it.
/// Cost: three sorts.
///
/// # Errors
/// Where the lengths differ, a class is missing, a score is not finite, or a
/// class has a single row ([`Undefined::NoVariance`]).
pub fn area_variance(labels: &[bool], scores: &[f64]) -> Result<AreaVariance, StatisticsError> {
    let placements = Placements::new(labels, scores, "the scores")?;
    placements.check_variance()?;
    placements.area_variance()
}

/// DeLong's test of two models on the same rows.
///
/// # Errors
/// As [`area_variance`]; and [`Undefined::NoVariance`] where the difference
/// has none (two models that rank alike).
pub fn delong(labels: &[bool], first: &[f64], second: &[f64]) -> Result<DeLong, StatisticsError> {
    let first = Placements::new(labels, first, "the first scores")?;
    let second = Placements::new(labels, second, "the second scores")?;
    first.check_variance()?;
    let (a, b) = (first.area_variance()?, second.area_variance()?);
    let covariance = first.covariance(&second);
    let variance = a.variance.get() + b.variance.get() - 2.0 * covariance;
    if variance <= 0.0 || first.ranks_like(&second) {
        return Err(Undefined::NoVariance.into());
    }
    let standard_error = variance.sqrt();
    let z = (a.area.get() - b.area.get()) / standard_error;
    let finite = |value: f64| Finite::new(value).ok_or(Undefined::Overflow);
    Ok(DeLong {
        first: a,
        second: b,
        covariance: finite(covariance)?,
        standard_error: finite(standard_error)?,
        z: finite(z)?,
        p_value: finite(2.0 * normal_upper_tail(z.abs()))?,
    })
}

/// For each row, twice the number of rows of the other class that it beats
/// (a tie counts one half): Sun & Xu's midrank among all minus midrank within
/// the own class. In the order of the rows of each class.
struct Placements {
    /// Per positive: twice the negatives below it.
    positives: Vec<u64>,
    /// Per negative: twice the positives above it.
    negatives: Vec<u64>,
}

impl Placements {
    fn new(labels: &[bool], scores: &[f64], what: &'static str) -> Result<Self, StatisticsError> {
        check_length(what, labels.len(), scores.len())?;
        if labels.len() > MAX_ROWS {
            return Err(StatisticsError::TooMany {
                what: "rows",
                found: labels.len(),
                limit: MAX_ROWS,
            });
        }
        if scores.iter().any(|score| !score.is_finite()) {
            return Err(Undefined::ScoreNotFinite.into());
        }
        let of_class = |class: bool| -> Vec<f64> {
            let rows = labels.iter().zip(scores);
            rows.filter(|(label, _)| **label == class)
                .map(|(_, &score)| score + 0.0)
                .collect()
        };
        let (positives, negatives) = (of_class(true), of_class(false));
        if positives.is_empty() {
            return Err(Undefined::NoPositives.into());
        }
        if negatives.is_empty() {
            return Err(Undefined::NoNegatives.into());
        }
        let below = twice_below(&positives, &negatives);
        let others = 2 * positives.len() as u64;
        let above = twice_below(&negatives, &positives);
        Ok(Self {
            positives: below,
            negatives: above.into_iter().map(|twice| others - twice).collect(),
        })
    }

    fn check_variance(&self) -> Result<(), Undefined> {
        if self.positives.len() < 2 || self.negatives.len() < 2 {
            Err(Undefined::NoVariance)
        } else {
            Ok(())
        }
    }

    fn area_variance(&self) -> Result<AreaVariance, StatisticsError> {
        let twice: u64 = self.positives.iter().sum();
        let pairs = self.positives.len() as f64 * self.negatives.len() as f64;
        Ok(AreaVariance {
            area: Finite::new(twice as f64 / (2.0 * pairs)).ok_or(Undefined::Overflow)?,
            variance: Finite::new(self.covariance(self)).ok_or(Undefined::Overflow)?,
        })
    }

    /// Sun & Xu, equation 10: the covariance of the placements of the
    /// positives over their number, plus that of the negatives over theirs.
    fn covariance(&self, other: &Self) -> f64 {
        covariance_of_mean(&self.positives, &other.positives, self.negatives.len())
            + covariance_of_mean(&self.negatives, &other.negatives, self.positives.len())
    }

    fn ranks_like(&self, other: &Self) -> bool {
        self.positives == other.positives && self.negatives == other.negatives
    }
}

/// For each value, twice the number of `others` below it, ties counted once.
fn twice_below(values: &[f64], others: &[f64]) -> Vec<u64> {
    let mut sorted = others.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut twice = vec![0; values.len()];
    let (mut below, mut not_above) = (0, 0);
    for index in order {
        while below < sorted.len() && sorted[below] < values[index] {
            below += 1;
        }
        while not_above < sorted.len() && sorted[not_above] <= values[index] {
            not_above += 1;
        }
        twice[index] = (below + not_above) as u64;
    }
    twice
}

/// Sample covariance (divisor n - 1) of two columns of doubled placements in
/// a class of `others`, over n. With at most 2^31 rows every integer here
/// stays below 2^127.
fn covariance_of_mean(a: &[u64], b: &[u64], others: usize) -> f64 {
    let n = a.len() as i128;
    let (mut sum_a, mut sum_b, mut products) = (0_i128, 0_i128, 0_i128);
    for (&a, &b) in a.iter().zip(b) {
        sum_a += i128::from(a);
        sum_b += i128::from(b);
        products += i128::from(a) * i128::from(b);
    }
    let centred = (n * products - sum_a * sum_b) as f64;
    let n = n as f64;
    let scale = 2.0 * others as f64;
    centred / (n * (n - 1.0) * n) / (scale * scale)
}
