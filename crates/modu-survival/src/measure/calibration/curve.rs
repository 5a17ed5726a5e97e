//! The calibration curve, the distance of risks from it, and groups.

use modu_statistics::{Interval, Share};

use super::super::decision::part;
use super::super::{Estimated, ObservedRisk, Scored, Unmeasured};
use super::CalibrationSettings;
use super::fit::{Fit, Regression, back, complementary};
use super::spline::{Spline, quantile};
use crate::SurvivalError;

/// A point of the curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalibrationCurvePoint {
    /// The predicted risk.
    pub predicted: f64,
    /// The observed risk of rows of that prediction, as the curve has it.
    pub observed: f64,
    /// Where it lies, point by point; none where it cannot be said.
    pub interval: Option<Interval>,
}

/// Rows of similar predicted risk.
#[derive(Debug, Clone, PartialEq)]
pub struct CalibrationGroup {
    /// How many.
    pub rows: u64,
    /// How many of them had the event by the horizon, as seen.
    pub events: u64,
    /// Their mean predicted risk.
    pub predicted: f64,
    /// Their observed risk.
    pub observed: Estimated,
}

/// A smooth function from predicted to observed risk.
pub(super) struct Curve {
    spline: Spline,
    fit: Fit,
}

impl Curve {
    pub(super) fn fit(
        scored: &Scored<'_>,
        links: &[f64],
        observed: &[f64],
        knots: u8,
    ) -> Result<Self, Unmeasured> {
        if links.iter().all(|link| *link == links[0]) {
            return Err(Unmeasured::EqualRisks);
        }
        let spline = Spline::new(links, knots);
        let straight = [links];
        let line = Regression::of(scored, &straight, None, observed);
        let line = Fit::new(&line, &[0.0, 1.0])?;
        let mut bent = vec![Vec::with_capacity(links.len()); spline.columns()];
        for link in links {
            for (column, term) in bent.iter_mut().zip(spline.terms(*link)) {
                column.push(term);
            }
        }
        let mut columns = vec![links];
        columns.extend(bent.iter().map(Vec::as_slice));
        let mut start = line.coefficients;
        start.resize(columns.len() + 1, 0.0);
        let bent = Regression::of(scored, &columns, None, observed);
        let fit = Fit::new(&bent, &start)?;
        Ok(Self { spline, fit })
    }

    fn terms(&self, link: f64) -> Vec<f64> {
        let straight = [1.0, link].into_iter();
        straight.chain(self.spline.terms(link)).collect()
    }

    fn linear(&self, terms: &[f64]) -> f64 {
        terms
            .iter()
            .zip(&self.fit.coefficients)
            .map(|(x, b)| x * b)
            .sum()
    }

    /// Mean, median, nine tenths and largest distance of risks from the curve.
    pub(super) fn distances(&self, scored: &Scored<'_>) -> [f64; 4] {
        let away = |risk: &f64| {
            let terms = self.terms(complementary(*risk));
            (risk - back(self.linear(&terms))).abs()
        };
        let mut away: Vec<f64> = scored.risk.iter().map(away).collect();
        let weighted = away
            .iter()
            .enumerate()
            .map(|(row, away)| scored.weight(row) * away);
        let mean = weighted.sum::<f64>() / scored.total();
        away.sort_unstable_by(f64::total_cmp);
        [
            mean,
            quantile(&away, 0.5),
            quantile(&away, 0.9),
            quantile(&away, 1.0),
        ]
    }

    /// The curve at even steps from the smallest to the largest risk.
    pub(super) fn points(
        &self,
        risk: &[f64],
        points: u16,
        confidence: Share,
    ) -> Vec<CalibrationCurvePoint> {
        let from = risk.iter().copied().fold(f64::INFINITY, f64::min);
        let to = risk.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let share = |point: u16| f64::from(point) / f64::from(points - 1);
        let at = (0..points).map(|point| from + share(point) * (to - from));
        at.map(|predicted| self.point(predicted, confidence))
            .collect()
    }

    fn point(&self, predicted: f64, confidence: Share) -> CalibrationCurvePoint {
        let terms = self.terms(complementary(predicted));
        let linear = self.linear(&terms);
        let lines = self.fit.covariance.iter().zip(&terms).map(|(line, own)| {
            let products = line.iter().zip(&terms).map(|(c, x)| c * x);
            own * products.sum::<f64>()
        });
        let variance: f64 = lines.sum();
        let interval = Interval::wald(linear, variance.max(0.0).sqrt(), confidence);
        let limits = interval.and_then(|interval| {
            let (lower, upper) = (back(interval.lower.get()), back(interval.upper.get()));
            Interval::new(lower, upper, confidence)
        });
        CalibrationCurvePoint {
            predicted,
            observed: back(linear),
            interval: limits.ok(),
        }
    }
}

/// Rows by predicted risk, in groups of about equal size; equal risks are not
/// parted.
pub(super) fn groups(
    scored: &Scored<'_>,
    horizon: f64,
    settings: &CalibrationSettings,
) -> Result<Vec<CalibrationGroup>, SurvivalError> {
    let mut sorted = scored.risk.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let count = usize::from(settings.groups);
    let mut limits: Vec<f64> = (1..count)
        .map(|group| sorted[(group * sorted.len()).div_ceil(count).max(1) - 1])
        .collect();
    limits.push(sorted[sorted.len() - 1]);
    limits.dedup();
    let mut members = vec![Vec::new(); limits.len()];
    for (row, risk) in scored.risk.iter().enumerate() {
        members[limits.partition_point(|limit| limit < risk)].push(row);
    }
    let members = members.iter().filter(|rows| !rows.is_empty());
    members
        .map(|rows| group(scored, horizon, settings, rows))
        .collect()
}

fn group(
    scored: &Scored<'_>,
    horizon: f64,
    settings: &CalibrationSettings,
    rows: &[usize],
) -> Result<CalibrationGroup, SurvivalError> {
    let mut part = part(scored.outcomes, rows)?;
    if let Some(cluster) = scored.outcomes.cluster() {
        part = part.with_clusters(rows.iter().map(|row| cluster[*row]).collect())?;
    }
    let weight: f64 = rows.iter().map(|row| scored.weight(*row)).sum();
    let risks = rows
        .iter()
        .map(|row| scored.weight(*row) * scored.risk[*row]);
    let happened =
        |row: &&usize| scored.is_cause(**row) && scored.outcomes.time()[**row] <= horizon;
    let observed = match ObservedRisk::new(&part, scored.cause, horizon)? {
        Ok(observed) => observed.estimated(&part, settings.confidence),
        Err(reason) => Estimated::Undefined(reason),
    };
    Ok(CalibrationGroup {
        rows: rows.len() as u64,
        events: rows.iter().filter(happened).count() as u64,
        predicted: risks.sum::<f64>() / weight,
        observed,
    })
}
