//! Making a model's risks right at another hospital.
//!
//! A model that was made elsewhere often tells patients apart as well as at
//! home, while its risks are too high or too low: people there are sicker, or
//! live longer for reasons that no predictor knows. Fitting it anew would take
//! many patients; moving its risks takes few. On the complementary log-log
//! scale, `log(-log(1 - p))`, each horizon's risks are shifted by an intercept
//! and, if asked, all stretched by one slope (van Houwelingen, "Validation,
//! calibration, revision and combination of prognostic survival models",
//! Statistics in Medicine 2000). For proportional hazards that is a new
//! baseline, and coefficients times the slope. Both are fitted to
//! pseudo-observations of all horizons at once, so that censoring and
//! competing events are accounted for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::SurvivalError;
use crate::measure::calibration::fit::{Fit, Regression, back, complementary};
use crate::measure::{ObservedRisk, Scored, Unmeasured};

/// How much of a model is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Update {
    /// The risks at each horizon, as a whole.
    Intercept,
    /// And how far apart they lie.
    InterceptAndSlope,
}

/// What is done to a model's risks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recalibration {
    /// The shift at each horizon, in their order; 0 changes nothing.
    pub intercepts: Vec<f64>,
    /// The stretch; 1 changes nothing.
    pub slope: f64,
    /// The standard error of the slope, where it was fitted.
    pub slope_standard_error: Option<f64>,
    /// Variance and covariances of the intercepts and, where it was fitted, the
    /// slope, in this order; empty where they are not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covariance: Vec<Vec<f64>>,
}

impl Recalibration {
    /// Fits it to risks at one or more horizons, of the same rows.
    ///
    /// # Errors
    /// No horizons, horizons of different rows, or one that is not a time.
    pub fn fit(
        at: &[(f64, Scored<'_>)],
        update: Update,
    ) -> Result<Result<Self, Unmeasured>, SurvivalError> {
        let mut pseudo = Vec::new();
        for (horizon, scored) in at {
            crate::outcome::check_length("the risks", scored.len(), at[0].1.len())?;
            match ObservedRisk::new(scored.outcomes, scored.cause, *horizon)? {
                Ok(observed) => pseudo.extend(observed.pseudo_observations(scored.outcomes)),
                Err(reason) => return Ok(Err(reason)),
            }
        }
        match at.first() {
            None => Err(SurvivalError::Empty),
            Some((_, first)) => Ok(Self::of(at, first, &pseudo, update)),
        }
    }

    fn of(
        at: &[(f64, Scored<'_>)],
        first: &Scored<'_>,
        pseudo: &[f64],
        update: Update,
    ) -> Result<Self, Unmeasured> {
        let rows = first.len();
        let risks = at.iter().flat_map(|(_, scored)| scored.risk);
        let links: Vec<f64> = risks.map(|risk| complementary(*risk)).collect();
        let own_cluster = || (0..rows as u32).collect();
        let cluster = first
            .outcomes
            .cluster()
            .map_or_else(own_cluster, <[u32]>::to_vec);
        let weight = first
            .outcomes
            .weight()
            .map(|weight| weight.repeat(at.len()));
        // One column for each horizon after the first, and that of the links.
        let mark = |horizon: usize| -> Vec<f64> {
            let one = |row: usize| f64::from(u8::from(row / rows == horizon));
            (0..links.len()).map(one).collect()
        };
        let marks: Vec<Vec<f64>> = (1..at.len()).map(mark).collect();
        let mut columns: Vec<&[f64]> = marks.iter().map(Vec::as_slice).collect();
        let mut start = vec![0.0; at.len()];
        let sloped = update == Update::InterceptAndSlope;
        if sloped {
            if at
                .iter()
                .all(|(_, scored)| scored.risk.iter().all(|risk| *risk == scored.risk[0]))
            {
                return Err(Unmeasured::EqualRisks);
            }
            columns.push(&links);
            start.push(1.0);
        }
        let problem = Regression {
            weight: weight.as_deref(),
            cluster: Some(&cluster.repeat(at.len())),
            columns: &columns,
            offset: (!sloped).then_some(&links),
            observed: pseudo,
        };
        let fit = Fit::new(&problem, &start)?;
        let later = |horizon: usize| {
            if horizon == 0 {
                0.0
            } else {
                fit.coefficients[horizon]
            }
        };
        let variance = sloped.then(|| fit.covariance[at.len()][at.len()]);
        Ok(Self {
            intercepts: (0..at.len())
                .map(|h| fit.coefficients[0] + later(h))
                .collect(),
            slope: if sloped {
                fit.coefficients[at.len()]
            } else {
                1.0
            },
            slope_standard_error: variance.map(f64::sqrt),
            covariance: of_intercepts(&fit.covariance, at.len()),
        })
    }

    /// A risk at a horizon (by its place) after it.
    #[must_use]
    pub fn risk(&self, horizon: usize, risk: f64) -> f64 {
        let shift = self.intercepts.get(horizon).copied().unwrap_or(0.0);
        back(shift + self.slope * complementary(risk))
    }

    /// The standard error of a risk's `log(-log(1 - p))` after it, from that
    /// before it, the model and the recalibration having been made of different
    /// people; none where its own covariance is not known.
    #[must_use]
    pub fn standard_error(&self, horizon: usize, risk: f64, before: f64) -> Option<f64> {
        let link = complementary(risk);
        let horizons = self.intercepts.len();
        let turn = |place: usize| match place {
            _ if place == horizon => 1.0,
            _ if place == horizons => link,
            _ => 0.0,
        };
        let known = self.covariance.get(horizon)?.len();
        let mut variance = self.slope * self.slope * before * before;
        for a in 0..known {
            for b in 0..known {
                variance += turn(a) * turn(b) * self.covariance.get(a)?.get(b)?;
            }
        }
        Some(variance.max(0.0).sqrt())
    }
}

/// The covariance of the intercepts and the slope from that of the first
/// intercept, what the others add to it, and the slope.
fn of_intercepts(covariance: &[Vec<f64>], horizons: usize) -> Vec<Vec<f64>> {
    let parts = |place: usize| match place {
        0 => vec![0],
        _ if place < horizons => vec![0, place],
        _ => vec![place],
    };
    let between = |a: usize, b: usize| -> f64 {
        let pairs = parts(a).into_iter();
        let pairs = pairs.flat_map(|one| parts(b).into_iter().map(move |other| (one, other)));
        pairs.map(|(one, other)| covariance[one][other]).sum()
    };
    let places = 0..covariance.len();
    places
        .clone()
        .map(|a| places.clone().map(|b| between(a, b)).collect())
        .collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::random::Stream;
    use crate::{EventCode, Outcomes};

    /// Exponential times with hazards `0.2 exp(x)`, censored at 3 at the
    /// latest, and the `x`.
    fn study(rows: usize) -> (Outcomes, Vec<f64>) {
        let mut stream = Stream::new(8, 0);
        let (mut time, mut event, mut x) = (vec![], vec![], vec![]);
        for _ in 0..rows {
            let value = stream.normal();
            let happens = stream.exponential() / (0.2 * libm::exp(value));
            let lost = 3.0 * stream.share();
            time.push(happens.min(lost));
            event.push(happens <= lost);
            x.push(value);
        }
        (Outcomes::single(time, &event).unwrap(), x)
    }

    fn risks(x: &[f64], hazard: f64, slope: f64) -> Vec<f64> {
        let link = |x: &f64| back(libm::log(hazard) + slope * x);
        x.iter().map(link).collect()
    }

    #[test]
    fn a_model_with_half_the_hazard_and_twice_the_spread_is_set_right() {
        let (outcomes, x) = study(6000);
        let wrong = [risks(&x, 0.1, 2.0), risks(&x, 0.2, 2.0)];
        let scored = |risk| Scored::new(&outcomes, EventCode::EVENT, risk).unwrap();
        let at = [(1.0, scored(&wrong[0])), (2.0, scored(&wrong[1]))];
        let found = Recalibration::fit(&at, Update::InterceptAndSlope)
            .unwrap()
            .unwrap();
        let error = found.slope_standard_error.unwrap();
        assert!((found.slope - 0.5).abs() < 4.0 * error, "{found:?}");
        for (horizon, hazard) in [0.2, 0.4].into_iter().enumerate() {
            let right = risks(&x, hazard, 1.0);
            let pairs = wrong[horizon].iter().zip(&right);
            let away = pairs.map(|(wrong, right)| (found.risk(horizon, *wrong) - right).abs());
            let mean = away.sum::<f64>() / x.len() as f64;
            assert!(mean < 0.02, "{horizon}: {mean}");
        }
    }

    #[test]
    fn what_is_right_already_is_left_nearly_as_it_was() {
        let (outcomes, x) = study(4000);
        let right = risks(&x, 0.2, 1.0);
        let scored = Scored::new(&outcomes, EventCode::EVENT, &right).unwrap();
        let found = Recalibration::fit(&[(1.0, scored)], Update::Intercept)
            .unwrap()
            .unwrap();
        assert!(found.intercepts[0].abs() < 0.1, "{found:?}");
        assert_eq!(found.slope, 1.0);
        let nothing = Recalibration {
            intercepts: vec![0.0],
            slope: 1.0,
            slope_standard_error: None,
            covariance: vec![],
        };
        assert!((nothing.risk(0, 0.3) - 0.3).abs() < 1e-12);
    }

    #[test]
    fn equal_risks_have_no_slope() {
        let (outcomes, _) = study(50);
        let same = vec![0.3; 50];
        let scored = Scored::new(&outcomes, EventCode::EVENT, &same).unwrap();
        let found = Recalibration::fit(&[(1.0, scored)], Update::InterceptAndSlope).unwrap();
        assert_eq!(found, Err(Unmeasured::EqualRisks));
        assert!(Recalibration::fit(&[], Update::Intercept).is_err());
    }
}
