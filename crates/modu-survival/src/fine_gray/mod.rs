//! Fine and Gray's model: what makes one event more likely by a time, where
//! another event can come first.
//!
//! Cox's model of one cause says how fast the event comes to those who have had
//! none; the share who will ever have it also depends on how fast the others
//! go. Fine & Gray ("A proportional hazards model for the subdistribution of a
//! competing risk", JASA 94, 1999) model that share, the cumulative incidence
//! `1 - exp(-H0(t) exp(x b))`, directly: those who had a competing event stay
//! in the risk set, since they will never have the event of interest, but with
//! the probability `G(t-) / G(T-)` of still being watched at `t`, given that
//! they were when it happened at `T`. `G` is the Kaplan-Meier curve of being
//! watched, in each stratum.
//!
//! Others spread each such row over the later times, which makes of n rows up
//! to n^2. Here the weight is kept as the product that it is: the sum over
//! those who stay is `G(t-)` times one running sum of `r / G(T-)`, so a fit
//! costs what one of Cox's model does.
//!
//! Packages differ where rows that leave and events share a time. `cmprsk::crr`
//! counts an event at `t` as watched when others leave at `t`, and takes
//! Breslow's ties; `survival::finegray` lets events go first, and its Cox fit
//! takes Efron's ties. Both are here ([`FineGrayOptions::crr`],
//! [`FineGrayOptions::finegray`]), and the second is the default, for it agrees
//! with how [`estimator`](crate::estimator) counts.

mod censoring;
mod variance;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cox::design::{Design, Lingering};
use crate::cox::detail::Detail;
use crate::cox::fit::{describe, unscaled};
use crate::cox::newton::{LAST_STEP, climb};
use crate::cox::robust::robust_variance;
use crate::cox::steps::of_design;
use crate::cox::{BaselineSteps, CoxModel, CoxOptions, Ties};
use crate::{Covariates, EventCode, Outcomes, SurvivalError};

/// What comes first where a row leaves at the time of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CensoringTies {
    /// The event: who has one is not watched any more when others leave.
    #[default]
    EventsFirst,
    /// Both at once: who has an event counts as watched when others leave.
    Together,
}

/// How the model is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FineGrayOptions {
    /// The event of interest; every other but censoring competes with it.
    pub event: EventCode,
    /// What is done where events of interest share a time.
    pub ties: Ties,
    /// What comes first where rows leave at the time of an event.
    pub censoring: CensoringTies,
}

impl Default for FineGrayOptions {
    fn default() -> Self {
        Self::finegray()
    }
}

impl FineGrayOptions {
    /// As `survival::finegray` and `coxph` in R.
    #[must_use]
    pub const fn finegray() -> Self {
        Self {
            event: EventCode::EVENT,
            ties: Ties::Efron,
            censoring: CensoringTies::EventsFirst,
        }
    }

    /// As `cmprsk::crr` in R.
    #[must_use]
    pub const fn crr() -> Self {
        Self {
            event: EventCode::EVENT,
            ties: Ties::Breslow,
            censoring: CensoringTies::Together,
        }
    }
}

/// A fitted model. It can be kept as JSON and read back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FineGrayModel {
    /// Coefficients, variance and baseline, of the subdistribution's hazard.
    /// The robust variance takes the weights as given, as `coxph` does on the
    /// rows that `finegray` makes, by clusters or rows.
    pub hazard: CoxModel,
    /// The variance of Fine and Gray, as `crr` gives it, which knows that `G`
    /// was estimated; by rows.
    pub variance: Vec<Vec<f64>>,
    /// What came first at ties.
    pub censoring: CensoringTies,
}

/// Fits the model. Time: as [`cox::fit`](crate::cox::fit).
///
/// # Errors
/// Covariates of another length than the outcomes, no row with the event, and
/// rows that enter late.
pub fn fit(
    outcomes: &Outcomes,
    covariates: &Covariates,
    options: &FineGrayOptions,
) -> Result<FineGrayModel, SurvivalError> {
    let (design, curve) = laid_out(outcomes, covariates, options)?;
    let zero = vec![0.0; design.stride];
    let summit = climb(
        &design,
        options.ties,
        &vec![0.0; design.columns],
        &zero,
        LAST_STEP,
    );
    let settings = CoxOptions {
        event: options.event,
        ties: options.ties,
        ridge: 0.0,
        robust: true,
    };
    let mut hazard = describe(&design, &summit, covariates.names(), &settings);
    let detail = Detail::new(&design, options.ties, &summit.coefficients);
    let robust = robust_variance(&detail, outcomes, &summit.variance);
    hazard.robust_variance = Some(unscaled(&design, &robust));
    let variance = variance::variance(&detail, &curve, outcomes, &summit.variance);
    Ok(FineGrayModel {
        hazard,
        variance: unscaled(&design, &variance),
        censoring: options.censoring,
    })
}

/// The rows, where those with a competing event stay at risk.
fn laid_out(
    outcomes: &Outcomes,
    covariates: &Covariates,
    options: &FineGrayOptions,
) -> Result<(Design, censoring::Watched), SurvivalError> {
    if outcomes.entry().is_some() {
        return Err(SurvivalError::Setting {
            what: "late entry (or several rows of a person)",
            found: "given".to_owned(),
            range: "absent in a model of the subdistribution",
        });
    }
    let mut design = Design::new(outcomes, covariates, options.event)?;
    let curve = censoring::Watched::of(&design, outcomes, options.censoring);
    design.lingering = Some(Lingering {
        share: curve.shares(&design, outcomes, options.event),
        watched: curve.at_moments(&design),
    });
    Ok((design, curve))
}

/// The baseline of the subdistribution in steps that end at `until`, as
/// [`cox::baseline_steps`](crate::cox::baseline_steps) gives it; its variance
/// takes the weights as known.
///
/// # Errors
/// As [`fit`], another number of coefficients, and times that do not ascend.
pub fn baseline_steps(
    outcomes: &Outcomes,
    covariates: &Covariates,
    options: &FineGrayOptions,
    coefficients: &[f64],
    until: &[f64],
) -> Result<BaselineSteps, SurvivalError> {
    let (design, _) = laid_out(outcomes, covariates, options)?;
    of_design(&design, options.ties, coefficients, until)
}

impl FineGrayModel {
    /// The probability of the event by each of `times`, for each row of a
    /// table.
    ///
    /// # Errors
    /// Another number of columns, and a stratum that the model lacks.
    pub fn incidence(
        &self,
        covariates: &Covariates,
        stratum: u32,
        times: &[f64],
    ) -> Result<Vec<Vec<f64>>, SurvivalError> {
        let mut curves = self.hazard.survival(covariates, stratum, times)?;
        for value in curves.iter_mut().flatten() {
            *value = 1.0 - *value;
        }
        Ok(curves)
    }
}
