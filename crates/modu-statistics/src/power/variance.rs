//! Variances that are known before anything is measured.
//!
//! Each function but [`hanley_mcneil_variance`] gives the variance of *one
//! row's* contribution: divided by the number of rows it is the variance of
//! the measure, and the square root of that is the standard error that
//! [`super::Claim::power`] asks for. Where a formula needs more than is known, it takes
//! the worst case and says so, so that a plan asks for too many rows rather
//! than for too few.

use crate::StatisticsError;

/// Of a share of rows: `p (1 - p)`.
///
/// # Errors
/// A share outside 0..=1.
pub fn share_variance(share: f64) -> Result<f64, StatisticsError> {
    let p = unit("the share", share)?;
    Ok(p * (1.0 - p))
}

/// The most that the variance of a mean of numbers within 0..=1 can be:
/// `m (1 - m)` (Bhatia & Davis 2000). Of a Brier score, for instance.
///
/// # Errors
/// A mean outside 0..=1.
pub fn bounded_mean_variance(mean: f64) -> Result<f64, StatisticsError> {
    share_variance(mean)
}

/// Of the difference of two shares on the same rows: `d - δ²`, with `d` the
/// share of rows on which exactly one of the two is right and `δ` the
/// difference (McNemar 1947).
///
/// # Errors
/// A share outside 0..=1, or a difference larger than it.
pub fn paired_difference_variance(
    discordant: f64,
    difference: f64,
) -> Result<f64, StatisticsError> {
    let d = unit("the share of discordant rows", discordant)?;
    if difference.is_nan() || difference.abs() > d {
        let range = "at most the share of discordant rows, either way";
        return Err(StatisticsError::range("the difference", difference, range));
    }
    Ok(d - difference * difference)
}

/// Of an area under the ROC curve itself, of so many positives and negatives
/// (Hanley & McNeil 1982, equation 2, for exponentially distributed scores):
/// `(A(1-A) + (P-1)(Q1-A²) + (N-1)(Q2-A²)) / (P N)`, `Q1 = A/(2-A)`,
/// `Q2 = 2A²/(1+A)`.
///
/// # Errors
/// An area outside 0..=1, or a class of less than one row.
pub fn hanley_mcneil_variance(
    area: f64,
    positives: f64,
    negatives: f64,
) -> Result<f64, StatisticsError> {
    let a = unit("the area under the ROC curve", area)?;
    for (what, count) in [
        ("the number of positives", positives),
        ("the number of negatives", negatives),
    ] {
        if !(count >= 1.0 && count.is_finite()) {
            return Err(StatisticsError::range(what, count, "at least 1"));
        }
    }
    let square = a * a;
    let first = a / (2.0 - a) - square;
    let second = 2.0 * square / (1.0 + a) - square;
    let sum = a * (1.0 - a) + (positives - 1.0) * first + (negatives - 1.0) * second;
    Ok((sum / (positives * negatives)).max(0.0))
}

/// Of an F1 score: `F (1 - F) (2 - F) / (π + σ)`, with the share `π` of
/// positive rows and `σ` of rows decided positive: the delta method on
/// `2 TP / (2 TP + FP + FN)`.
///
/// # Errors
/// A share outside 0..=1, or no positive and no selected row at all.
pub fn f1_variance(f1: f64, prevalence: f64, selected: f64) -> Result<f64, StatisticsError> {
    let f = unit("the F1 score", f1)?;
    let sum =
        unit("the share of positives", prevalence)? + unit("the share decided positive", selected)?;
    if sum <= 0.0 {
        let range = "above 0 for at least one of positives and selected rows";
        return Err(StatisticsError::range("the share", sum, range));
    }
    Ok(f * (1.0 - f) * (2.0 - f) / sum)
}

/// Of the recall `R` among the `b` of all rows with the highest scores, where
/// `π` are positive. The cut moves with the sample, by an amount that depends
/// on `q`, the share of positives *at* the cut:
/// `(π R (1-R) (1-2q) + q² b (1-b)) / π²` (delta method). `q` is unknown but,
/// where the scores rank at all, at most the precision `π R / b`; the formula
/// is convex in it, so the worse of the two ends is taken.
///
/// # Errors
/// A share outside 0..=1, no positives, or no budget.
pub fn recall_at_budget_variance(
    recall: f64,
    prevalence: f64,
    budget: f64,
) -> Result<f64, StatisticsError> {
    let r = unit("the recall", recall)?;
    let pi = positive("the share of positives", prevalence)?;
    let b = positive("the review budget", budget)?;
    let at = |q: f64| (pi * r * (1.0 - r) * (1.0 - 2.0 * q) + q * q * b * (1.0 - b)) / (pi * pi);
    Ok(at(0.0).max(at((pi * r / b).min(1.0))))
}

/// Of the precision `p` among the `b` of all rows with the highest scores, in
/// the worst case of no positives at the cut: `p (1 - b p) / b`. See
/// [`recall_at_budget_variance`].
///
/// # Errors
/// A share outside 0..=1, or no budget.
pub fn precision_at_budget_variance(precision: f64, budget: f64) -> Result<f64, StatisticsError> {
    let p = unit("the precision", precision)?;
    let b = positive("the review budget", budget)?;
    Ok(p * (1.0 - b * p) / b)
}

/// Of the false-alarm rate `F` among the `b` of all rows with the highest
/// scores: [`recall_at_budget_variance`] with the classes exchanged, in the
/// worse case of nothing but positives or nothing but negatives at the cut.
///
/// # Errors
/// A share outside 0..=1, no negatives, or no budget.
pub fn false_alarms_at_budget_variance(
    rate: f64,
    prevalence: f64,
    budget: f64,
) -> Result<f64, StatisticsError> {
    let f = unit("the false-alarm rate", rate)?;
    let negative = positive("the share of negatives", 1.0 - prevalence)?;
    let b = positive("the review budget", budget)?;
    let at = |q: f64| {
        let part = negative * f * (1.0 - f) * (1.0 - 2.0 * q);
        (part + q * q * b * (1.0 - b)) / (negative * negative)
    };
    Ok(at(0.0).max(at(1.0)))
}

fn unit(what: &'static str, value: f64) -> Result<f64, StatisticsError> {
    if (0.0..=1.0).contains(&value) {
        Ok(value)
    } else {
        Err(StatisticsError::range(what, value, "within 0..=1"))
    }
}

fn positive(what: &'static str, value: f64) -> Result<f64, StatisticsError> {
    if value > 0.0 && value <= 1.0 {
        Ok(value)
    } else {
        let range = "above 0 and at most 1";
        Err(StatisticsError::range(what, value, range))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn an_f1_of_equal_precision_and_recall_has_the_delta_methods_variance() {
        // TP, FP + FN, TN of one row: 0.2, 0.1, 0.7.
        let (tp, wrong): (f64, f64) = (0.2, 0.1);
        let size = 2.0 * tp + wrong;
        let (by_tp, by_wrong) = (2.0 * wrong / (size * size), -2.0 * tp / (size * size));
        let expected = by_tp * by_tp * tp * (1.0 - tp)
            + by_wrong * by_wrong * wrong * (1.0 - wrong)
            - 2.0 * by_tp * by_wrong * tp * wrong;
        let found = f1_variance(2.0 * tp / size, 0.25, 0.25).unwrap();
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }

    #[test]
    fn a_budget_never_makes_a_recall_more_certain_than_its_positives() {
        for recall in [0.1, 0.5, 0.9] {
            let found = recall_at_budget_variance(recall, 0.06, 0.1).unwrap();
            assert!(found >= recall * (1.0 - recall) / 0.06 * (1.0 - 1e-12));
        }
    }

    #[test]
    fn shares_that_are_none_are_refused() {
        for bad in [-0.1, 1.1, f64::NAN] {
            assert!(share_variance(bad).is_err());
            assert!(paired_difference_variance(bad, 0.0).is_err());
            assert!(hanley_mcneil_variance(bad, 10.0, 10.0).is_err());
            assert!(f1_variance(bad, 0.1, 0.1).is_err());
            assert!(recall_at_budget_variance(bad, 0.1, 0.1).is_err());
            assert!(precision_at_budget_variance(bad, 0.1).is_err());
            assert!(false_alarms_at_budget_variance(bad, 0.1, 0.1).is_err());
        }
        assert!(paired_difference_variance(0.1, 0.11).is_err());
        assert!(paired_difference_variance(0.1, f64::NAN).is_err());
        assert!(hanley_mcneil_variance(0.8, 0.0, 10.0).is_err());
        assert!(f1_variance(0.5, 0.0, 0.0).is_err());
        assert!(recall_at_budget_variance(0.5, 0.0, 0.1).is_err());
    }
}
