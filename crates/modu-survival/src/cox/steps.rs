//! The baseline in steps between chosen times, with what tells how sure a risk
//! is.
//!
//! The cumulative hazard of a row `x` by a time is the baseline's times
//! `exp(x b)`, and it is unsure for two reasons: the baseline was estimated, and
//! so were the coefficients, on which the baseline depends as well. With the
//! columns measured from their centres, the variance of the hazard over a step is
//!
//! `exp(2 x b) (variance + (hazard x - met)' V (hazard x - met))`,
//!
//! `V` being the variance of the coefficients, `variance` the sum of `d / S0^2`
//! and `met` the sum of the risk sets' means times the steps of the hazard
//! (Tsiatis, "A large sample study of Cox's regression model", Annals of
//! Statistics 9, 1981). A step holds those three numbers and no time of any
//! single event, so a model can be handed on with them.

use crate::cox::design::Design;
use crate::cox::detail::scaled;
use crate::cox::sweep::Sweep;
use crate::cox::{CoxOptions, Ties};
use crate::{Covariates, Outcomes, SurvivalError};

/// A step of the baseline: from the end of the one before it to its own.
#[derive(Debug, Clone, PartialEq)]
pub struct BaselineStep {
    /// Where it ends, inclusive.
    pub until: f64,
    /// The hazard of a row at the centres, added up over it.
    pub hazard: f64,
    /// The variance of that, were the coefficients known.
    pub variance: f64,
    /// The means of the risk sets, from the centres, times the hazard that they
    /// met; one for each column.
    pub met: Vec<f64>,
}

/// A baseline in steps.
#[derive(Debug, Clone, PartialEq)]
pub struct BaselineSteps {
    /// The row that it is of: the mean of each column.
    pub centres: Vec<f64>,
    /// One for each of the times that were asked for.
    pub steps: Vec<BaselineStep>,
}

/// The baseline at coefficients, in steps that end at `until`, which ascend.
/// Strata share one baseline here; the ridge of the options is of no account.
/// Time: one pass over the rows.
///
/// # Errors
/// Covariates of another length than the outcomes, another number of
/// coefficients, no row with the event, and times that do not ascend.
pub fn baseline_steps(
    outcomes: &Outcomes,
    covariates: &Covariates,
    options: &CoxOptions,
    coefficients: &[f64],
    until: &[f64],
) -> Result<BaselineSteps, SurvivalError> {
    let design = Design::new(outcomes, covariates, options.event)?;
    of_design(&design, options.ties, coefficients, until)
}

/// The same, of rows that are laid out already.
pub(crate) fn of_design(
    design: &Design,
    ties: Ties,
    coefficients: &[f64],
    until: &[f64],
) -> Result<BaselineSteps, SurvivalError> {
    crate::outcome::check_length("the coefficients", coefficients.len(), design.columns)?;
    if !until.is_sorted_by(|before, after| before < after) {
        return Err(SurvivalError::Setting {
            what: "the ends of the baseline's steps",
            found: format!("{until:?}"),
            range: "ascending",
        });
    }
    let empty = |until: &f64| BaselineStep {
        until: *until,
        hazard: 0.0,
        variance: 0.0,
        met: vec![0.0; design.columns],
    };
    let mut steps: Vec<BaselineStep> = until.iter().map(empty).collect();
    let mut sweep = Sweep::new(design, ties);
    sweep.back_in_time(&scaled(design, coefficients), &mut |comparison| {
        let time = design.moments[comparison.moment].time;
        let Some(step) = steps.get_mut(until.partition_point(|end| *end < time)) else {
            return;
        };
        let hazard = comparison.weight * comparison.inverse;
        step.hazard += hazard;
        step.variance += hazard * comparison.inverse;
        let means = comparison.sums.iter().zip(&design.scaling);
        for (met, (sum, scaling)) in step.met.iter_mut().zip(means) {
            *met += hazard * comparison.inverse * sum * scaling.scale;
        }
    });
    Ok(BaselineSteps {
        centres: design.scaling.iter().map(|it| it.centre).collect(),
        steps,
    })
}
