//! Risk that is told anew at each visit: landmark models (van Houwelingen,
//! "Dynamic prediction by landmarking in event history analysis",
//! Scandinavian Journal of Statistics 2007).
//!
//! A patient who comes half a year after the operation has survived that half
//! year, and brings new measurements. What is asked then is the probability of
//! the event within the next so many months, given what is known *now*. So one
//! chooses times (landmarks), takes at each of them everyone who is still
//! watched without the event, with the values last measured, follows them for
//! the horizon, and fits one Cox model to all those groups together
//! ([`stack`], [`LandmarkModel::fit`]). Nothing that happens after a landmark
//! gets into what is known at it.
//!
//! A person is in several groups, so the variance is robust, by person. Event 1
//! is what is forecast; another event ends the following as censoring does, so
//! that the risk is that of a world without competing events.

mod stack;
#[cfg(test)]
mod tests;

pub use stack::{Stacked, stack};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cox::{self, CoxModel, CoxOptions};
use crate::{Covariates, Outcomes, SurvivalError};

/// How the baseline hazards of the landmarks are related.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LandmarkBaseline {
    /// Each landmark has its own. Risk is told at the landmarks only.
    Stratified,
    /// One for all, times a factor whose logarithm is a quadratic function of
    /// the landmark. Risk is told at any time from the first landmark to the
    /// last.
    Smooth,
}

/// What a landmark model is to tell, and how it is fitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LandmarkPlan {
    /// The landmarks, rising, at least 0; 1 to 1,000 of them.
    pub landmarks: Vec<f64>,
    /// How far ahead the risk is told, above 0.
    pub horizon: f64,
    /// How the baselines are related.
    pub baseline: LandmarkBaseline,
    /// The degree of the polynomial in the landmark that each coefficient is:
    /// 0 (the same at all landmarks), 1 or 2.
    pub degree: u32,
    /// The ridge of the Cox model.
    pub ridge: f64,
}

impl LandmarkPlan {
    fn check(&self) -> Result<(), SurvivalError> {
        let rise = self.landmarks.is_sorted_by(|before, after| before < after);
        let landmarks = (1..=1_000).contains(&self.landmarks.len())
            && rise
            && self.landmarks.iter().all(|at| at.is_finite() && *at >= 0.0);
        for (holds, what, found, range) in [
            (
                landmarks,
                "the list of landmarks",
                format!("{:?}", self.landmarks),
                "1 to 1000 rising numbers of at least 0",
            ),
            (
                self.horizon.is_finite() && self.horizon > 0.0,
                "the horizon",
                self.horizon.to_string(),
                "finite and above 0",
            ),
            (
                self.degree <= 2,
                "the degree",
                self.degree.to_string(),
                "0, 1 or 2",
            ),
        ] {
            if !holds {
                return Err(SurvivalError::Setting { what, found, range });
            }
        }
        Ok(())
    }

    /// The columns of a Cox model for rows whose landmarks are given: the
    /// table's, each times the landmark as often as the degree says, and where
    /// the baseline is smooth, the landmark and its square.
    fn columns(
        &self,
        covariates: &Covariates,
        row: &[u32],
        landmark: &[f64],
    ) -> Result<Covariates, SurvivalError> {
        let mut columns = Vec::new();
        for (name, column) in covariates.names().iter().zip(covariates.columns()) {
            let mut values: Vec<f64> = row.iter().map(|row| column[*row as usize]).collect();
            columns.push((name.clone(), values.clone()));
            for power in ["s", "s^2"].iter().take(self.degree as usize) {
                for (value, at) in values.iter_mut().zip(landmark) {
                    *value *= at;
                }
                columns.push((format!("{name}:{power}"), values.clone()));
            }
        }
        if self.baseline == LandmarkBaseline::Smooth {
            columns.push(("s".to_owned(), landmark.to_vec()));
            let squares = landmark.iter().map(|at| at * at);
            columns.push(("s^2".to_owned(), squares.collect()));
        }
        Covariates::new(row.len(), columns)
    }
}

/// A fitted landmark model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LandmarkModel {
    plan: LandmarkPlan,
    columns: Vec<String>,
    cox: CoxModel,
}

impl LandmarkModel {
    /// Fits a model to rows of persons who are watched from visit to visit:
    /// a row is in (entry, time] with the values measured at its entry, and the
    /// cluster says whose it is. Rows without clusters are a person each;
    /// without entries, they are watched from the start.
    ///
    /// # Errors
    /// A setting out of its range, tables of different length, nobody with
    /// event 1 within the horizon of a landmark, and outcomes with weights or
    /// strata.
    pub fn fit(
        outcomes: &Outcomes,
        covariates: &Covariates,
        plan: &LandmarkPlan,
    ) -> Result<Self, SurvivalError> {
        let stacked = stack(outcomes, covariates, plan)?;
        let options = CoxOptions {
            ridge: plan.ridge,
            robust: true,
            ..CoxOptions::default()
        };
        Ok(Self {
            plan: plan.clone(),
            columns: covariates.names().to_vec(),
            cox: cox::fit(&stacked.outcomes, &stacked.covariates, &options)?,
        })
    }

    /// How it was fitted.
    #[must_use]
    pub fn plan(&self) -> &LandmarkPlan {
        &self.plan
    }

    /// Names of the columns that it reads.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The Cox model of the landmarks together, whose columns `x:s` and
    /// `x:s^2` are products with the landmark; the robust variance is the one
    /// to use.
    #[must_use]
    pub fn cox(&self) -> &CoxModel {
        &self.cox
    }

    /// For each row, the probability of having the event within the horizon
    /// after the time `at`, of somebody without it until then who has these
    /// values then.
    ///
    /// # Errors
    /// Covariates of other columns, and a time at which the model tells no
    /// risk (see [`LandmarkBaseline`]).
    pub fn risk(&self, covariates: &Covariates, at: f64) -> Result<Vec<f64>, SurvivalError> {
        covariates.must_have(&self.columns)?;
        let hazard = self.hazard(at)?;
        let rows: Vec<u32> = (0..covariates.rows() as u32).collect();
        let columns = self
            .plan
            .columns(covariates, &rows, &vec![at; rows.len()])?;
        let predictors = self.cox.linear_predictors(&columns)?;
        let risk = |predictor: &f64| match hazard > 0.0 {
            true => -libm::expm1(-hazard * libm::exp(*predictor)),
            false => 0.0,
        };
        Ok(predictors.iter().map(risk).collect())
    }

    /// The baseline hazard from a time to the horizon after it.
    fn hazard(&self, at: f64) -> Result<f64, SurvivalError> {
        let landmarks = &self.plan.landmarks;
        let until = at + self.plan.horizon;
        let (first, last) = (landmarks[0], landmarks[landmarks.len() - 1]);
        match self.plan.baseline {
            LandmarkBaseline::Smooth if (first..=last).contains(&at) => {
                let baseline = self.cox.baseline(0)?;
                Ok(baseline.at(until) - baseline.at(at))
            }
            LandmarkBaseline::Stratified if landmarks.contains(&at) => {
                let before = landmarks.partition_point(|landmark| *landmark < at);
                Ok(self.cox.baseline(before as u32)?.at(until))
            }
            _ => Err(SurvivalError::Setting {
                what: "the time of the forecast",
                found: at.to_string(),
                range: "a landmark, or where the baseline is smooth, between the first and the last",
            }),
        }
    }
}
