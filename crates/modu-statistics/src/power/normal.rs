//! Planning by the normal approximation: whatever has a standard error.

use super::{Claim, MAX_PLANNED, first};
use crate::{
    Finite, Share, Side, StatisticsError,
    special::{normal_upper_quantile, normal_upper_tail},
};

/// The standard errors that a plan reckons with. A number stands for both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Errors {
    /// How far estimates lie from the planned value.
    pub of_truth: f64,
    /// How far a limit lies from an estimate that just proves the claim. Where
    /// the error depends on the value, that of the bound: a limit that corrects
    /// for it (BCa) ends there, and so reckons with the error there.
    pub at_bound: f64,
}

impl From<f64> for Errors {
    fn from(standard_error: f64) -> Self {
        Self {
            of_truth: standard_error,
            at_bound: standard_error,
        }
    }
}

impl Errors {
    fn checked(self) -> Result<Self, StatisticsError> {
        deviation(self.of_truth)?;
        deviation(self.at_bound)?;
        Ok(self)
    }
}

impl Claim {
    /// The chance that the limit `estimate ∓ z * error at the bound` reaches
    /// the bound, if `truth` is the true value:
    /// `Φ((lead - z * error at the bound) / error of the truth)`, with `lead`
    /// how far the truth lies on the good side of the bound and `z` the normal
    /// quantile of the confidence. At the bound itself it is `1 - confidence`.
    /// Without any error it is 1 or 0.
    ///
    /// # Errors
    /// A truth that is not finite, or a standard error that is not a finite
    /// number of at least zero.
    pub fn power(
        &self,
        truth: f64,
        standard_error: impl Into<Errors>,
    ) -> Result<Finite, StatisticsError> {
        let truth = finite("the true value", truth)?;
        let errors = standard_error.into().checked()?;
        let power = self.normal_power(truth, errors);
        finite("the power", power).and_then(|power| finite_number("the power", power))
    }

    /// The value nearest to the bound that is proven with at least `power`;
    /// `None` where not even `farthest`, the best value that the measure can
    /// take, is. `standard_error` gives the standard error of the measure if
    /// a value is the truth.
    ///
    /// Exact where the power grows along the way from the bound to
    /// `farthest`, which holds for all formulas of this module.
    ///
    /// # Errors
    /// A farthest value that is not finite or on the wrong side of the bound,
    /// or a standard error that is none.
    pub fn detectable<E: Into<Errors>>(
        &self,
        power: Share,
        farthest: f64,
        standard_error: impl Fn(f64) -> E,
    ) -> Result<Option<Finite>, StatisticsError> {
        let farthest = finite("the farthest value", farthest)?;
        let proven = |value: f64| -> Result<bool, StatisticsError> {
            let errors = standard_error(value).into().checked()?;
            Ok(self.normal_power(value, errors) >= power.get())
        };
        if self.lead(farthest) < 0.0 || !proven(farthest)? {
            return Ok(None);
        }
        let (mut far, mut near) = (farthest, self.bound.get());
        loop {
            let middle = f64::midpoint(near, far);
            if middle == near || middle == far {
                return finite_number("the detectable value", far).map(Some);
            }
            if proven(middle)? {
                far = middle;
            } else {
                near = middle;
            }
        }
    }

    /// The fewest rows of which `truth` is proven with at least `power`;
    /// `None` where [`MAX_PLANNED`] do not suffice, as for a truth that does
    /// not lie on the good side. `standard_error` gives the standard error at
    /// a number of rows; it must not grow with them.
    ///
    /// # Errors
    /// A truth that is not finite, or a standard error that is none.
    pub fn rows<E: Into<Errors>>(
        &self,
        truth: f64,
        power: Share,
        standard_error: impl Fn(u64) -> E,
    ) -> Result<Option<u64>, StatisticsError> {
        let truth = finite("the true value", truth)?;
        standard_error(MAX_PLANNED).into().checked()?;
        let enough =
            |rows: u64| self.normal_power(truth, standard_error(rows).into()) >= power.get();
        Ok(first(1, MAX_PLANNED, enough))
    }

    fn normal_power(&self, truth: f64, errors: Errors) -> f64 {
        let z = normal_upper_quantile(1.0 - self.confidence.get());
        let clear = self.lead(truth) - z * errors.at_bound;
        if errors.of_truth == 0.0 {
            return f64::from(u8::from(clear >= 0.0));
        }
        1.0 - normal_upper_tail(clear / errors.of_truth)
    }
}

/// A pilot's standard error at another number of rows:
/// `standard error * sqrt(pilot rows / rows)`. Good for every measure whose
/// replicates come from independent rows of the same kind.
#[must_use]
pub fn rescaled(standard_error: f64, pilot_rows: u64, rows: u64) -> f64 {
    standard_error * (pilot_rows as f64 / rows.max(1) as f64).sqrt()
}

/// How many rows would tell a measure from its bound: if the truth is where
/// the `estimate` of so many `rows` lies, the limit on the bound's side clears
/// the bound with at least `power`. On whichever side of the bound the
/// estimate lies; `None` where it lies on the bound itself, or so near that
/// [`MAX_PLANNED`] rows do not suffice. An estimate is not the truth, so this
/// is an order of magnitude, not a promise.
///
/// # Errors
/// An estimate or bound that is not finite, or a standard error that is not a
/// finite number of at least zero.
pub fn rows_to_separate(
    estimate: f64,
    bound: f64,
    standard_error: f64,
    rows: u64,
    confidence: Share,
    power: Share,
) -> Result<Option<u64>, StatisticsError> {
    let bound = finite_number("the bound", bound)?;
    deviation(standard_error)?;
    let side = if estimate < bound.get() {
        Side::Upper
    } else {
        Side::Lower
    };
    let claim = Claim {
        side,
        bound,
        confidence,
    };
    if claim.lead(estimate) == 0.0 {
        return Ok(None);
    }
    claim.rows(estimate, power, |others| {
        rescaled(standard_error, rows, others)
    })
}

fn finite(what: &'static str, value: f64) -> Result<f64, StatisticsError> {
    finite_number(what, value).map(Finite::get)
}

fn finite_number(what: &'static str, value: f64) -> Result<Finite, StatisticsError> {
    Finite::new(value).ok_or_else(|| StatisticsError::range(what, value, "a finite number"))
}

fn deviation(value: f64) -> Result<f64, StatisticsError> {
    if value.is_finite() && value >= 0.0 {
        Ok(value)
    } else {
        let range = "a finite number of at least 0";
        Err(StatisticsError::range("the standard error", value, range))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn share(value: f64) -> Share {
        Share::new(value).unwrap()
    }

    fn claim(side: Side, bound: f64) -> Claim {
        Claim {
            side,
            bound: Finite::new(bound).unwrap(),
            confidence: share(0.95),
        }
    }

    #[test]
    fn at_the_bound_the_power_is_the_error_of_the_limit() {
        for side in [Side::Lower, Side::Upper] {
            let power = claim(side, 2.0).power(2.0, 0.3).unwrap();
            assert!((power.get() - 0.05).abs() < 1e-12, "{power}");
        }
    }

    #[test]
    fn the_detectable_value_and_the_rows_invert_the_power() {
        let error = |rows: u64| 1.7 / (rows as f64).sqrt();
        for side in [Side::Lower, Side::Upper] {
            let claim = claim(side, 0.0);
            let far = if side == Side::Lower { 9.0 } else { -9.0 };
            let found = claim.detectable(share(0.8), far, |_| error(400));
            let value = found.unwrap().unwrap().get();
            let power = claim.power(value, error(400)).unwrap().get();
            assert!((power - 0.8).abs() < 1e-9, "{power}");
            let rows = claim.rows(value, share(0.8), error).unwrap().unwrap();
            assert!((399..=400).contains(&rows), "{rows}");
        }
    }

    #[test]
    fn what_is_not_better_than_its_bound_is_never_proven() {
        let claim = claim(Side::Lower, 0.5);
        let error = |rows: u64| 1.0 / (rows as f64).sqrt();
        assert_eq!(claim.rows(0.5, share(0.8), error).unwrap(), None);
        assert_eq!(claim.rows(0.4, share(0.8), error).unwrap(), None);
        assert_eq!(claim.detectable(share(0.8), 0.6, |_| 0.2).unwrap(), None);
        assert_eq!(claim.power(0.4, 0.0).unwrap(), Finite::ZERO);
        for bad in [f64::NAN, f64::INFINITY, -1.0] {
            assert!(claim.power(0.6, bad).is_err());
            assert!(claim.rows(0.6, share(0.8), |_| bad).is_err());
        }
        assert!(claim.power(f64::NAN, 0.1).is_err());
    }

    #[test]
    fn an_estimate_on_either_side_is_told_apart_by_as_many_rows() {
        let rows =
            |estimate| rows_to_separate(estimate, 0.5, 0.02, 800, share(0.95), share(0.8)).unwrap();
        assert_eq!(rows(0.5), None);
        assert_eq!(rows(0.51), rows(0.49));
        // (1.645 + 0.842)^2 * 800 * (0.02 / 0.01)^2
        assert_eq!(rows(0.51), Some(19_785));
    }
}
