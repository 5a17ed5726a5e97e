//! From outcomes and covariates to a model.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cox::design::Design;
use crate::cox::detail::Detail;
use crate::cox::matrix::Matrix;
use crate::cox::model::{Baseline, CoxFinding, CoxModel};
use crate::cox::newton::{Fate, LAST_STEP, Summit, climb};
use crate::cox::robust::robust_variance;
use crate::cox::sweep::null_log_likelihood;
use crate::{Covariates, EventCode, Outcomes, SurvivalError};

/// What is done where several events share a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ties {
    /// Each of d tied events sees on average half of the others at risk still.
    /// Close to the exact likelihood, and R's default.
    #[default]
    Efron,
    /// Each tied event sees all the others at risk. Simpler, and biased to
    /// zero where ties are many.
    Breslow,
}

/// How a model is fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CoxOptions {
    /// The event that is modelled; a row that ended in another is censored
    /// then (the cause-specific hazard).
    pub event: EventCode,
    /// What is done with ties.
    pub ties: Ties,
    /// `ridge / 2 * sum(b^2)` is taken off the log-likelihood, with the
    /// coefficients of the columns as they are given; at least 0.
    pub ridge: f64,
    /// Whether the robust variance is computed as well, by the clusters of the
    /// outcomes or, without them, by rows.
    pub robust: bool,
}

impl Default for CoxOptions {
    fn default() -> Self {
        Self {
            event: EventCode::EVENT,
            ties: Ties::Efron,
            ridge: 0.0,
            robust: false,
        }
    }
}

/// From so many rows on, the search starts where it ends on a part of them.
const MANY: usize = 65_536;
/// That part is one row in so many.
const PART: usize = 16;
/// The last step on that part: far below what tells it from the whole.
const ROUGHLY: f64 = 1e-4;

/// Fits the model. Time: a sort of the rows, then some five passes over them
/// for each few columns; memory: the table once more.
///
/// # Errors
/// Covariates of another length than the outcomes, more than
/// [`MAX_MODEL_COLUMNS`](crate::cox::MAX_MODEL_COLUMNS) of them, no row with
/// the event, or a ridge that is not a number of at least 0.
pub fn fit(
    outcomes: &Outcomes,
    covariates: &Covariates,
    options: &CoxOptions,
) -> Result<CoxModel, SurvivalError> {
    if !(options.ridge.is_finite() && options.ridge >= 0.0) {
        return Err(SurvivalError::Setting {
            what: "the ridge",
            found: options.ridge.to_string(),
            range: "a finite number of at least 0",
        });
    }
    let design = Design::new(outcomes, covariates, options.event)?;
    let start = start(&design, outcomes, options);
    let penalty = penalty(&design, options.ridge);
    let summit = climb(&design, options.ties, &penalty, &start, LAST_STEP);
    let mut model = describe(&design, &summit, covariates.names(), options);
    if options.robust {
        let detail = Detail::new(&design, options.ties, &summit.coefficients);
        let variance = robust_variance(&detail, outcomes, &summit.variance);
        model.robust_variance = Some(unscaled(&design, &variance));
    }
    Ok(model)
}

/// The ridge as it acts on the coefficients of the scaled columns.
pub(crate) fn penalty(design: &Design, ridge: f64) -> Vec<f64> {
    let scaling = design.scaling.iter();
    scaling
        .map(|scaling| ridge / (scaling.scale * scaling.scale))
        .collect()
}

/// Where the search starts: at zero, or at what a part of the rows says.
fn start(design: &Design, outcomes: &Outcomes, options: &CoxOptions) -> Vec<f64> {
    let zero = vec![0.0; design.stride];
    if design.rows() < MANY || design.entering.is_some() {
        return zero;
    }
    let part = design.thinned(PART, outcomes, options.event);
    if part.moments.is_empty() {
        return zero;
    }
    let penalty = penalty(&part, options.ridge / PART as f64);
    let summit = climb(&part, options.ties, &penalty, &zero, ROUGHLY);
    let sound = summit.converged && summit.fates.iter().all(|fate| *fate == Fate::Estimated);
    if sound { summit.coefficients } else { zero }
}

/// The model that a search led to, without a robust variance.
pub(crate) fn describe(
    design: &Design,
    summit: &Summit,
    names: &[String],
    options: &CoxOptions,
) -> CoxModel {
    let scaling = &design.scaling;
    let mut findings: Vec<CoxFinding> = names
        .iter()
        .zip(&summit.fates)
        .filter_map(|(name, fate)| {
            let column = name.clone();
            match fate {
                Fate::Estimated => None,
                Fate::Constant => Some(CoxFinding::Constant { column }),
                Fate::Collinear => Some(CoxFinding::Collinear { column }),
                Fate::Separated => Some(CoxFinding::Separated { column }),
            }
        })
        .collect();
    if !summit.converged {
        findings.push(CoxFinding::NotConverged {
            steps: summit.steps,
        });
    }
    let coefficients = summit.coefficients.iter().zip(scaling);
    CoxModel {
        names: names.to_vec(),
        coefficients: coefficients
            .map(|(coefficient, scaling)| coefficient / scaling.scale)
            .collect(),
        centres: scaling.iter().map(|scaling| scaling.centre).collect(),
        variance: unscaled(design, &summit.variance),
        robust_variance: None,
        log_likelihood: summit.log_likelihood,
        null_log_likelihood: null_log_likelihood(design, options.ties),
        event: options.event,
        ties: options.ties,
        ridge: options.ridge,
        rows: design.rows() as u64,
        events: design.events(),
        steps: summit.steps,
        findings,
        baselines: baselines(design, summit),
    }
}

/// A variance of the coefficients of the scaled columns, as one of the columns
/// that were given.
pub(crate) fn unscaled(design: &Design, variance: &Matrix) -> Vec<Vec<f64>> {
    let scale = |column: usize| design.scaling[column].scale;
    let columns = 0..design.columns;
    columns
        .clone()
        .map(|a| {
            let row = columns.clone();
            row.map(|b| variance.get(a, b) / (scale(a) * scale(b)))
                .collect()
        })
        .collect()
}

fn baselines(design: &Design, summit: &Summit) -> Vec<Baseline> {
    let strata = design.strata.iter();
    let of = |stratum: &crate::cox::design::Stratum| {
        let (mut time, mut hazard) = (Vec::new(), Vec::new());
        let mut cumulative = 0.0;
        for moment in stratum.moments.clone().rev() {
            cumulative += summit.hazard[moment].step;
            time.push(design.moments[moment].time);
            hazard.push(cumulative);
        }
        Baseline {
            stratum: stratum.number,
            time,
            cumulative_hazard: hazard,
        }
    };
    strata.map(of).collect()
}
