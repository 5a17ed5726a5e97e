//! Models of hazards that a patient's columns multiply.
//!
//! A cause is an event with its own hazard: the outcome first, then the
//! competing events where they are modelled too. Each has a coefficient for
//! every column and a baseline that is kept in steps, so that no time of a
//! single event stands in the model. Within a step the causes' hazards are
//! taken to keep their proportion, and then the share who have the outcome in
//! it is known exactly: with `a` of the outcome and `A` of all causes together,
//! those who came to the step have the outcome in `a/A (1 - exp(-A))` of cases.
//! One cause alone gives `1 - exp(-H)`.
//!
//! How sure such a risk is follows by the delta method from the variance of the
//! coefficients and of the steps ([`modu_survival::cox::baseline_steps`]).

use modu_survival::cox::BaselineSteps;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::CareError;

/// Linear predictors beyond this mean hazards of nothing or all.
pub(super) const FARTHEST: f64 = 500.0;

/// Hazards that columns multiply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HazardModel {
    /// Where the steps of the baselines end, in days, ascending; the horizons
    /// are among them.
    pub until: Vec<f64>,
    /// The outcome, then the competing events that have a hazard here.
    pub causes: Vec<Cause>,
}

/// An event with its hazard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// Its code: 1 is the outcome.
    pub event: u16,
    /// What each term does.
    pub effects: Vec<Effect>,
    /// Variance and covariances of the coefficients; none where they are not
    /// known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covariance: Option<Vec<Vec<f64>>>,
    /// The baseline of a patient at all terms' centres.
    pub steps: Vec<Step>,
}

/// What a term does.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Effect {
    /// The term's mean where the model was made.
    pub centre: f64,
    /// What one unit adds to the logarithm of the hazard.
    pub coefficient: f64,
}

/// A step of a baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The hazard added up over it.
    pub hazard: f64,
    /// The variance of that, were the coefficients known.
    pub variance: f64,
    /// The terms' means among those at risk, from the centres, times the
    /// hazard; empty where the covariance is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub met: Vec<f64>,
}

impl Cause {
    /// A cause of what a fit gave.
    pub(super) fn new(
        event: u16,
        coefficients: &[f64],
        covariance: Option<Vec<Vec<f64>>>,
        baseline: BaselineSteps,
    ) -> Self {
        let effects = coefficients.iter().zip(&baseline.centres);
        let effect = |(coefficient, centre): (&f64, &f64)| Effect {
            centre: *centre,
            coefficient: *coefficient,
        };
        let known = covariance.is_some();
        let step = |step: modu_survival::cox::BaselineStep| Step {
            hazard: step.hazard,
            variance: step.variance,
            met: if known { step.met } else { Vec::new() },
        };
        Self {
            event,
            effects: effects.map(effect).collect(),
            covariance,
            steps: baseline.steps.into_iter().map(step).collect(),
        }
    }

    /// Forgets what came before the end of the first step, of which few tell.
    pub(super) fn forget_first_step(&mut self) {
        if let Some(step) = self.steps.first_mut() {
            (step.hazard, step.variance) = (0.0, 0.0);
            step.met.fill(0.0);
        }
    }

    /// The linear predictor of a patient's columns.
    #[must_use]
    pub fn linear(&self, row: &[f64]) -> f64 {
        let terms = self.effects.iter().zip(row);
        terms
            .map(|(effect, value)| (value - effect.centre) * effect.coefficient)
            .sum()
    }

    /// The standard error of a term's coefficient.
    #[must_use]
    pub fn standard_error(&self, term: usize) -> Option<f64> {
        let variance = *self.covariance.as_ref()?.get(term)?.get(term)?;
        Some(variance.max(0.0).sqrt())
    }

    fn ratio(&self, row: &[f64]) -> f64 {
        libm::exp(self.linear(row).clamp(-FARTHEST, FARTHEST))
    }

    pub(super) fn is_sound(&self, terms: usize, steps: usize) -> bool {
        let finite = |values: &[f64]| values.iter().all(|value| value.is_finite());
        let effect = |it: &Effect| finite(&[it.centre, it.coefficient]);
        let mets = match &self.covariance {
            None => 0,
            Some(_) => terms,
        };
        let step = |it: &Step| {
            let counted = [it.hazard, it.variance];
            finite(&counted)
                && counted.iter().all(|it| *it >= 0.0)
                && it.met.len() == mets
                && finite(&it.met)
        };
        let square = |rows: &Vec<Vec<f64>>| {
            rows.len() == terms && rows.iter().all(|row| row.len() == terms && finite(row))
        };
        self.effects.len() == terms
            && self.effects.iter().all(effect)
            && self.steps.len() == steps
            && self.steps.iter().all(step)
            && self.covariance.as_ref().is_none_or(square)
    }
}

/// What happens in a step to those who come to it.
struct Passage {
    /// Those who come to it.
    come: f64,
    /// Those who have the outcome in it.
    outcome: f64,
    /// The outcome's hazard, and that of all causes.
    own: f64,
    all: f64,
}

impl Passage {
    /// How the outcome's share of those who come grows with the outcome's
    /// hazard, or with another cause's.
    fn slope(&self, of_outcome: bool) -> f64 {
        if self.all <= 0.0 {
            return f64::from(u8::from(of_outcome));
        }
        let (gone, left) = (-libm::expm1(-self.all), libm::exp(-self.all));
        let change = match of_outcome {
            true => self.all - self.own,
            false => -self.own,
        };
        change / self.all / self.all * gone + self.own / self.all * left
    }
}

impl HazardModel {
    /// Whether its parts fit one another and the model's horizons.
    pub(super) fn check(&self, terms: usize, horizons: &[f64]) -> Result<(), CareError> {
        let wrong = |problem: &str| Err(CareError::at("the hazards", problem));
        let ascend = self.until.is_sorted_by(|before, after| before < after);
        if !ascend || !horizons.iter().all(|horizon| self.until.contains(horizon)) {
            return wrong("its steps do not ascend, or lack a horizon: make the model again");
        }
        if self.causes.first().is_none_or(|first| first.event != 1) {
            return wrong("the outcome has none: make the model again");
        }
        let sound = |cause: &Cause| cause.is_sound(terms, self.until.len());
        if !self.causes.iter().all(sound) {
            return wrong("its parts do not fit one another: make the model again");
        }
        let first = self.until.partition_point(|until| *until <= horizons[0]);
        let hazards = self.causes[0].steps[..first].iter();
        match hazards.map(|step| step.hazard).sum::<f64>() > 0.0 {
            true => Ok(()),
            false => wrong("nothing happens by the first horizon: make the model again"),
        }
    }

    fn passages(&self, horizon: f64, ratios: &[f64]) -> Vec<Passage> {
        let steps = self.until.partition_point(|until| *until <= horizon);
        let mut come = 1.0;
        let passage = |step: usize| {
            let hazards = self.causes.iter().zip(ratios);
            let hazards = hazards.map(|(cause, ratio)| cause.steps[step].hazard * ratio);
            let all: f64 = hazards.clone().sum();
            let own = hazards.clone().next().unwrap_or(0.0);
            let share = if all > 0.0 { own / all } else { 0.0 };
            let passage = Passage {
                come,
                outcome: come * share * -libm::expm1(-all),
                own,
                all,
            };
            come *= libm::exp(-all);
            passage
        };
        (0..steps).map(passage).collect()
    }

    /// The risk of the outcome by a horizon, in days.
    #[must_use]
    pub fn risk(&self, horizon: f64, row: &[f64]) -> f64 {
        let ratios: Vec<f64> = self.causes.iter().map(|cause| cause.ratio(row)).collect();
        let passages = self.passages(horizon, &ratios);
        let risk: f64 = passages.iter().map(|it| it.outcome).sum();
        risk.min(1.0)
    }

    /// The standard error of that risk; none where the model does not know it.
    #[must_use]
    pub fn standard_error(&self, horizon: f64, row: &[f64]) -> Option<f64> {
        let ratios: Vec<f64> = self.causes.iter().map(|cause| cause.ratio(row)).collect();
        let passages = self.passages(horizon, &ratios);
        let mut later: f64 = passages.iter().map(|it| it.outcome).sum();
        // What happens after each step, were its hazard a little higher.
        let after: Vec<f64> = passages
            .iter()
            .map(|it| {
                later -= it.outcome;
                later
            })
            .collect();
        let mut variance = 0.0;
        for (place, (cause, ratio)) in self.causes.iter().zip(&ratios).enumerate() {
            let covariance = cause.covariance.as_ref()?;
            let mut gradient = vec![0.0; row.len()];
            for ((passage, after), step) in passages.iter().zip(&after).zip(&cause.steps) {
                let slope = (passage.come * passage.slope(place == 0) - after) * ratio;
                variance += slope * slope * step.variance;
                let terms = row.iter().zip(&cause.effects).zip(&step.met);
                for (sum, ((value, effect), met)) in gradient.iter_mut().zip(terms) {
                    *sum += slope * (step.hazard * (value - effect.centre) - met);
                }
            }
            for (a, row) in gradient.iter().zip(covariance) {
                let turned: f64 = row.iter().zip(&gradient).map(|(v, b)| v * b).sum();
                variance += a * turned;
            }
        }
        Some(variance.max(0.0).sqrt())
    }
}
