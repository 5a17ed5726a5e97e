//! What a fit leaves: coefficients with their variance, and the baseline.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cox::Ties;
use crate::{Covariates, EventCode, SurvivalError};

/// A fitted proportional-hazards model. It can be kept as JSON and read back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CoxModel {
    /// Names of the columns.
    pub names: Vec<String>,
    /// The logarithm of the hazard ratio for each column and one of its
    /// units; 0 for a column that was left out (see the findings).
    pub coefficients: Vec<f64>,
    /// The row that the baselines are of: the mean of each column.
    pub centres: Vec<f64>,
    /// Variance and covariances of the coefficients: the inverse of the
    /// (penalised) information, 0 for a column that was left out.
    pub variance: Vec<Vec<f64>>,
    /// The same, right also where rows depend on each other within a cluster
    /// or the hazards are not proportional, where it was asked for.
    pub robust_variance: Option<Vec<Vec<f64>>>,
    /// Logarithm of the partial likelihood (without the ridge).
    pub log_likelihood: f64,
    /// The same with all coefficients zero.
    pub null_log_likelihood: f64,
    /// The event that is modelled.
    pub event: EventCode,
    /// What was done with ties.
    pub ties: Ties,
    /// The ridge that was asked for.
    pub ridge: f64,
    /// How many rows there were.
    pub rows: u64,
    /// How many of them had the event.
    pub events: u64,
    /// Newton steps over all rows.
    pub steps: u32,
    /// What the reader must know of the columns.
    pub findings: Vec<CoxFinding>,
    /// The baseline of each stratum, by its number.
    pub baselines: Vec<Baseline>,
}

/// What stood in the way of an estimate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CoxFinding {
    /// The column has one value among those at risk, at each event; it was
    /// left out.
    #[error("`{column}` has the same value in all who are compared, and was left out")]
    Constant {
        /// Its name.
        column: String,
    },
    /// The column follows from those before it (to ten digits); it was left out.
    #[error("`{column}` follows from the columns before it, and was left out")]
    Collinear {
        /// Its name.
        column: String,
    },
    /// Those with the event lie at one end of the column (or of a combination
    /// that it is part of), so its coefficient has no finite maximum; the one
    /// given is where a further step gained less than 1e-9 of log-likelihood.
    #[error("`{column}` separates those with the event, so its coefficient has no finite estimate")]
    Separated {
        /// Its name.
        column: String,
    },
    /// The search ended before the maximum.
    #[error("the fit had not converged after {steps} steps")]
    NotConverged {
        /// How many steps were taken.
        steps: u32,
    },
}

/// The hazard of a row at the centres.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Baseline {
    /// The stratum's number; 0 where there are no strata.
    pub stratum: u32,
    /// Times of events, ascending.
    pub time: Vec<f64>,
    /// The hazard added up to each of them, inclusive.
    pub cumulative_hazard: Vec<f64>,
}

impl Baseline {
    /// The cumulative hazard at a time: that of the last event until then.
    #[must_use]
    pub fn at(&self, time: f64) -> f64 {
        match self.time.partition_point(|event| *event <= time) {
            0 => 0.0,
            events => self.cumulative_hazard[events - 1],
        }
    }

    /// The same curve known only at some ascending times: small enough to
    /// publish, and without the times of single persons. Between the times it
    /// stands where it stood at the last of them.
    #[must_use]
    pub fn at_times(&self, times: &[f64]) -> Self {
        Self {
            stratum: self.stratum,
            time: times.to_vec(),
            cumulative_hazard: times.iter().map(|time| self.at(*time)).collect(),
        }
    }
}

impl CoxModel {
    /// The logarithm of a row's hazard ratio to a row at the centres.
    ///
    /// # Errors
    /// A row of another length than the coefficients.
    pub fn linear_predictor(&self, row: &[f64]) -> Result<f64, SurvivalError> {
        crate::outcome::check_length("the row", row.len(), self.coefficients.len())?;
        let terms = row.iter().zip(&self.centres).zip(&self.coefficients);
        Ok(terms
            .map(|((value, centre), coefficient)| (value - centre) * coefficient)
            .sum())
    }

    /// The linear predictor of each row of a table, whose columns are in the
    /// model's order.
    ///
    /// # Errors
    /// Another number of columns.
    pub fn linear_predictors(&self, covariates: &Covariates) -> Result<Vec<f64>, SurvivalError> {
        let columns = covariates.columns();
        crate::outcome::check_length("the table, by columns,", columns.len(), self.names.len())?;
        let mut predictors = vec![0.0; covariates.rows()];
        for ((column, centre), coefficient) in
            columns.iter().zip(&self.centres).zip(&self.coefficients)
        {
            for (predictor, value) in predictors.iter_mut().zip(column) {
                *predictor += (value - centre) * coefficient;
            }
        }
        Ok(predictors)
    }

    /// The baseline of a stratum.
    ///
    /// # Errors
    /// A stratum that the model was not fitted with.
    pub fn baseline(&self, stratum: u32) -> Result<&Baseline, SurvivalError> {
        let place = self
            .baselines
            .binary_search_by_key(&stratum, |baseline| baseline.stratum);
        match place {
            Ok(place) => Ok(&self.baselines[place]),
            Err(_) => Err(SurvivalError::Setting {
                what: "the stratum",
                found: stratum.to_string(),
                range: "one that the model was fitted with",
            }),
        }
    }

    /// The probability of being without the event at each of `times`, for each
    /// row of a table: `exp(-H0(t) exp(x b))`. The baseline is looked up once
    /// for all rows.
    ///
    /// # Errors
    /// Another number of columns, and a stratum that the model lacks.
    pub fn survival(
        &self,
        covariates: &Covariates,
        stratum: u32,
        times: &[f64],
    ) -> Result<Vec<Vec<f64>>, SurvivalError> {
        let baseline = self.baseline(stratum)?;
        let hazard: Vec<f64> = times.iter().map(|time| baseline.at(*time)).collect();
        let predictors = self.linear_predictors(covariates)?;
        let curve = |predictor: &f64| {
            let ratio = libm::exp(*predictor);
            let survival = hazard.iter().map(|hazard| survival(*hazard, ratio));
            survival.collect()
        };
        Ok(predictors.iter().map(curve).collect())
    }
}

/// `exp(-hazard * ratio)`, and 1 where there is no hazard yet, however large
/// the ratio.
fn survival(hazard: f64, ratio: f64) -> f64 {
    if hazard == 0.0 {
        1.0
    } else {
        libm::exp(-hazard * ratio)
    }
}
