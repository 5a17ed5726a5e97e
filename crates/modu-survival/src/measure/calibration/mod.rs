//! Calibration at a horizon: of those told 20 %, does it happen to 20 %?
//!
//! What happened is not known of all rows, so each row's outcome by the
//! horizon is stood in for by its pseudo-observation ([`ObservedRisk`]), which
//! is what it adds to the observed risk; its mean given the predicted risk is
//! the true risk, censoring and competing events accounted for (Andersen et
//! al. 2003; for validation van Geloven et al. 2022). Pseudo-observations are
//! regressed on the predicted risk on the complementary log-log scale,
//! `log(-log(1 - p))`, on which proportional hazards are shifts.

mod curve;
pub(crate) mod fit;
mod spline;

use modu_statistics::Share;

use self::curve::Curve;
use self::fit::{Fit, Regression, complementary};
use super::decision::part;
use super::estimate::standard_error;
use super::{Estimate, Estimated, ObservedRisk, Resamples, Scale, Scored, Unmeasured};
use crate::SurvivalError;

pub use self::curve::{CalibrationCurvePoint, CalibrationGroup};

/// How calibration is looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalibrationSettings {
    /// Knots of the restricted cubic spline of the curve, 3, 4 or 5, at the
    /// quantiles that Harrell (2015) gives. Where predicted risks take too few
    /// values, fewer.
    pub knots: u8,
    /// Points of the curve, 2 to 1000.
    pub points: u16,
    /// Groups of about equal size, 2 to 100.
    pub groups: u8,
    /// For the intervals of the distances of curve and risks.
    pub resamples: Resamples,
    /// Confidence of all intervals.
    pub confidence: Share,
}

/// Calibration at a horizon.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// The mean predicted risk.
    pub expected: f64,
    /// The observed risk.
    pub observed: Estimated,
    /// Observed over expected: 1 where right on the whole, above 1 where risks
    /// are too low.
    pub ratio: Estimated,
    /// Calibration in the large: by how much the predicted risks are to be
    /// shifted on the complementary log-log scale; 0 where right on the whole.
    pub intercept: Estimated,
    /// The slope on that scale: 1 where right, below where risks are too
    /// extreme.
    pub slope: Estimated,
    /// The integrated calibration index: the mean distance between predicted
    /// risk and the curve (Austin & Steyerberg 2019). Never negative, so chance
    /// alone lifts it; its interval is the bootstrap's that takes this off, and
    /// holds the estimate.
    pub ici: Estimated,
    /// The median of those distances.
    pub e50: Estimated,
    /// Their nine tenths.
    pub e90: Estimated,
    /// The largest.
    pub emax: Estimated,
    /// The curve, from the smallest to the largest predicted risk; or why
    /// there is none.
    pub curve: Result<Vec<CalibrationCurvePoint>, Unmeasured>,
    /// Groups by predicted risk, ascending.
    pub groups: Vec<CalibrationGroup>,
}

/// Calibration of risks (probabilities) at a horizon. Standard errors of
/// intercept and slope are robust ones that take the pseudo-observations as
/// they are, which errs a little on the wide side (Jacobsen & Martinussen
/// 2016). Cost: a few sorts and fits, and as much again for each resample.
///
/// # Errors
/// A horizon that is not a time; settings outside their ranges.
pub fn calibration(
    scored: &Scored<'_>,
    horizon: f64,
    settings: &CalibrationSettings,
) -> Result<Calibration, SurvivalError> {
    settings.check()?;
    let confidence = settings.confidence;
    let observed = ObservedRisk::new(scored.outcomes, scored.cause, horizon)?;
    let rows = (0..scored.len()).map(|row| scored.weight(row) * scored.risk[row]);
    let expected = rows.sum::<f64>() / scored.total();
    let ratio = observed.as_ref().map_err(|reason| *reason);
    let ratio = ratio.and_then(|observed| ratio_of(scored, observed, expected, confidence));
    let links = links(scored.risk);
    let pseudo = observed.as_ref().map_err(|reason| *reason);
    let pseudo = pseudo.map(|observed| observed.pseudo_observations(scored.outcomes));
    let (intercept, slope) = lines(scored, &links, &pseudo, confidence);
    let curve = pseudo.and_then(|pseudo| Curve::fit(scored, &links, &pseudo, settings.knots));
    let distances = distances(scored, horizon, settings, &curve);
    Ok(Calibration {
        expected,
        observed: match &observed {
            Ok(observed) => observed.estimated(scored.outcomes, confidence),
            Err(reason) => Estimated::Undefined(*reason),
        },
        ratio: ratio.into(),
        intercept: intercept.into(),
        slope: slope.into(),
        ici: distances[0],
        e50: distances[1],
        e90: distances[2],
        emax: distances[3],
        curve: curve.map(|curve| curve.points(scored.risk, settings.points, confidence)),
        groups: curve::groups(scored, horizon, settings)?,
    })
}

impl CalibrationSettings {
    fn check(&self) -> Result<(), SurvivalError> {
        let inside = [
            (
                "the knots of the curve",
                u32::from(self.knots),
                3..=5,
                "3, 4 or 5",
            ),
            (
                "the points of the curve",
                u32::from(self.points),
                2..=1000,
                "2 to 1000",
            ),
            ("the groups", u32::from(self.groups), 2..=100, "2 to 100"),
        ];
        for (what, found, holds, range) in inside {
            if !holds.contains(&found) {
                let found = found.to_string();
                return Err(SurvivalError::Setting { what, found, range });
            }
        }
        self.resamples.check()
    }
}

/// Risks on the complementary log-log scale.
pub(crate) fn links(risk: &[f64]) -> Vec<f64> {
    risk.iter().map(|risk| complementary(*risk)).collect()
}

fn ratio_of(
    scored: &Scored<'_>,
    observed: &ObservedRisk,
    expected: f64,
    confidence: Share,
) -> Result<Estimate, Unmeasured> {
    if expected <= 0.0 {
        return Err(Unmeasured::EqualRisks);
    }
    let (value, total) = (observed.risk() / expected, scored.total());
    let influences = observed.influences().iter().enumerate().map(|(row, own)| {
        let of_mean = scored.weight(row) * (scored.risk[row] - expected) / total;
        (own - value * of_mean) / expected
    });
    let influences: Vec<f64> = influences.collect();
    let error = standard_error(&influences, scored.outcomes.cluster());
    Estimate::new(value, error, Scale::Logarithm, confidence)
}

/// Intercept with the slope held at 1, and the slope beside a free intercept.
fn lines(
    scored: &Scored<'_>,
    links: &[f64],
    pseudo: &Result<Vec<f64>, Unmeasured>,
    confidence: Share,
) -> (Result<Estimate, Unmeasured>, Result<Estimate, Unmeasured>) {
    let fit = |columns: &[&[f64]], offset: Option<&[f64]>, start: &[f64]| {
        let pseudo = pseudo.as_ref().map_err(|reason| *reason)?;
        Fit::new(&Regression::of(scored, columns, offset, pseudo), start)
    };
    let last = |fit: Fit| {
        let place = fit.coefficients.len() - 1;
        let error = fit.covariance[place][place].sqrt();
        Estimate::new(fit.coefficients[place], error, Scale::Plain, confidence)
    };
    let intercept = fit(&[], Some(links), &[0.0]).and_then(last);
    let slope = match links.iter().all(|link| *link == links[0]) {
        true => Err(Unmeasured::EqualRisks),
        false => fit(&[links], None, &[0.0, 1.0]).and_then(last),
    };
    (intercept, slope)
}

/// Mean, median, nine tenths and largest distance, with intervals of the
/// bootstrap, in which observed risks, curve and distances are had anew.
fn distances(
    scored: &Scored<'_>,
    horizon: f64,
    settings: &CalibrationSettings,
    curve: &Result<Curve, Unmeasured>,
) -> [Estimated; 4] {
    let found = match curve {
        Ok(curve) => curve.distances(scored),
        Err(reason) => return [Estimated::Undefined(*reason); 4],
    };
    let again = |rows: &[u32]| -> Option<[f64; 4]> {
        let rows: Vec<usize> = rows.iter().map(|row| *row as usize).collect();
        let outcomes = part(scored.outcomes, &rows).ok()?;
        let risk: Vec<f64> = rows.iter().map(|row| scored.risk[*row]).collect();
        let scored = Scored::new(&outcomes, scored.cause, &risk).ok()?;
        let observed = ObservedRisk::new(&outcomes, scored.cause, horizon)
            .ok()?
            .ok()?;
        let pseudo = observed.pseudo_observations(&outcomes);
        let curve = Curve::fit(&scored, &links(&risk), &pseudo, settings.knots).ok()?;
        Some(curve.distances(&scored))
    };
    let replicates = settings.resamples.map(scored.outcomes, again);
    std::array::from_fn(|which| {
        let values = replicates.iter().map(|one| one.map(|four| four[which]));
        Resamples::distance(found[which], values, settings.confidence).into()
    })
}
