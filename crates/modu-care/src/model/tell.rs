//! What a model says of patients.

use modu_statistics::{Interval, Share};

use super::document::{Model, ModelDocument};

/// What a model says of rows.
pub(crate) struct Told {
    /// What orders them.
    pub(crate) score: Vec<f64>,
    /// By horizon, the risk of each.
    pub(crate) risks: Vec<Vec<f64>>,
}

/// The complementary log-log of a risk: where hazard ratios add.
pub(crate) fn link(risk: f64) -> f64 {
    const EDGE: f64 = 1e-12;
    let risk = risk.clamp(EDGE, 1.0 - EDGE);
    libm::log(-libm::log1p(-risk))
}

/// The risk of a complementary log-log.
pub(crate) fn back(link: f64) -> f64 {
    -libm::expm1(-libm::exp(link))
}

impl ModelDocument {
    /// What orders patients: the linear predictor where there is one, else what
    /// grows with the risk.
    #[must_use]
    pub fn score(&self, row: &[f64]) -> f64 {
        match &self.model {
            Model::Hazards(it) => match it.causes.as_slice() {
                [only] => only.linear(row),
                _ => link(it.risk(self.horizons.last().copied().unwrap_or(0.0), row)),
            },
            Model::Landmark(it) => link(it.risk(self.horizons.last().copied().unwrap_or(0.0), row)),
            Model::Boosting(it) => it.linear(row),
            Model::Forest(it) => it.told(row).0,
        }
    }

    /// The risk of the outcome by a horizon (by its place), of a patient's
    /// columns in the order of the terms.
    #[must_use]
    pub fn risk(&self, horizon: usize, row: &[f64]) -> f64 {
        self.recalibrated_risk(horizon, self.own_risk(horizon, row))
    }

    /// The risk before anything was done to it at other hospitals.
    fn own_risk(&self, horizon: usize, row: &[f64]) -> f64 {
        let days = self.horizons.get(horizon).copied().unwrap_or(0.0);
        match &self.model {
            Model::Hazards(it) => it.risk(days, row),
            Model::Landmark(it) => it.risk(days, row),
            Model::Boosting(it) => it.risk(horizon, row),
            Model::Forest(it) => it.told(row).1.get(horizon).copied().unwrap_or(0.0),
        }
    }

    fn recalibrated_risk(&self, horizon: usize, risk: f64) -> f64 {
        let by = self.recalibrated.iter();
        by.fold(risk, |risk, by| by.risk(horizon, risk))
    }

    /// Where that risk may lie, the model having been made of these people and
    /// not of others; none where the model does not know it.
    #[must_use]
    pub fn interval(&self, horizon: usize, row: &[f64], confidence: Share) -> Option<[f64; 2]> {
        let days = *self.horizons.get(horizon)?;
        let mut risk = self.own_risk(horizon, row);
        let slope = (1.0 - risk) * -libm::log1p(-risk);
        let mut error = match &self.model {
            Model::Hazards(it) => it.standard_error(days, row)?,
            Model::Landmark(it) => it.standard_error(days, row)?,
            Model::Boosting(_) | Model::Forest(_) => return None,
        } / slope;
        for by in &self.recalibrated {
            error = by.standard_error(horizon, risk, error)?;
            risk = by.risk(horizon, risk);
        }
        let limits = Interval::wald(link(risk), error, confidence).ok()?;
        let [lower, upper] = [limits.lower, limits.upper].map(|it| back(it.get()));
        (lower..=upper).contains(&risk).then_some([lower, upper])
    }

    /// Whether [`Self::interval`] tells how sure a risk is.
    #[must_use]
    pub fn tells_intervals(&self) -> bool {
        let known = match &self.model {
            Model::Hazards(it) => it.causes.iter().all(|cause| cause.covariance.is_some()),
            Model::Landmark(it) => it.cause.covariance.is_some(),
            Model::Boosting(_) | Model::Forest(_) => false,
        };
        known && self.recalibrated.iter().all(|by| !by.covariance.is_empty())
    }

    /// What it says of rows, by their columns.
    pub(crate) fn tell(&self, columns: &[Vec<f64>], rows: usize) -> Told {
        let mut told = Told {
            score: Vec::with_capacity(rows),
            risks: vec![Vec::with_capacity(rows); self.horizons.len()],
        };
        let mut row = vec![0.0; columns.len()];
        for place in 0..rows {
            for (value, column) in row.iter_mut().zip(columns) {
                *value = column[place];
            }
            if let Model::Forest(forest) = &self.model {
                let (score, risks) = forest.told(&row);
                told.score.push(score);
                for (horizon, (to, risk)) in told.risks.iter_mut().zip(risks).enumerate() {
                    to.push(self.recalibrated_risk(horizon, risk));
                }
                continue;
            }
            told.score.push(self.score(&row));
            for (horizon, to) in told.risks.iter_mut().enumerate() {
                to.push(self.risk(horizon, &row));
            }
        }
        told
    }
}
