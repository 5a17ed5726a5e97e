//! The share that had the event by a horizon, and what each row adds to it.

use modu_statistics::Share;

use super::estimate::standard_error;
use super::scored::{check_horizon, watched_from_the_start};
use super::{Estimate, Estimated, Scale, Unmeasured};
use crate::order::ascending;
use crate::{EventCode, Outcomes, SurvivalError};

/// The observed risk of an event by a horizon: the Aalen-Johansen estimate,
/// which without competing events is one minus Kaplan-Meier. With it, what
/// each row adds (the infinitesimal jackknife), of which the standard error
/// and pseudo-observations are made.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservedRisk {
    risk: f64,
    influences: Vec<f64>,
    total: f64,
}

/// A time by the horizon at which something happened.
struct Step {
    /// Chance of nothing having happened before it.
    free: f64,
    at_risk: f64,
    /// Weight of all events, and of the one asked about.
    events: f64,
    caused: f64,
}

impl ObservedRisk {
    /// The risk by `horizon`. Undefined where nobody was watched so long and
    /// somebody might still have had the event. Cost: a sort.
    ///
    /// # Errors
    /// A horizon that is not a time; rows with entries.
    pub fn new(
        outcomes: &Outcomes,
        cause: EventCode,
        horizon: f64,
    ) -> Result<Result<Self, Unmeasured>, SurvivalError> {
        check_horizon(horizon)?;
        watched_from_the_start(outcomes)?;
        Ok(Self::estimate(outcomes, cause, horizon))
    }

    fn estimate(outcomes: &Outcomes, cause: EventCode, horizon: f64) -> Result<Self, Unmeasured> {
        let weight = |row: usize| outcomes.weight().map_or(1.0, |all| all[row]);
        let order = ascending(outcomes.time());
        let total: f64 = order.iter().map(|one| weight(one.1 as usize)).sum();
        let (mut steps, mut at_risk, mut free) = (Vec::new(), total, 1.0);
        // The step of each row: how many steps it was at risk at.
        let mut step_of = vec![0_u32; order.len()];
        for group in order.chunk_by(|a, b| a.0 == b.0) {
            if outcomes.time()[group[0].1 as usize] > horizon {
                break;
            }
            let (mut events, mut caused, mut left) = (0.0, 0.0, 0.0);
            for (_, row) in group {
                let row = *row as usize;
                left += weight(row);
                let event = outcomes.event()[row];
                events += if event.is_censored() {
                    0.0
                } else {
                    weight(row)
                };
                caused += if event == cause { weight(row) } else { 0.0 };
            }
            if events > 0.0 {
                steps.push(Step {
                    free,
                    at_risk,
                    events,
                    caused,
                });
                let staying = at_risk - events;
                free *= if staying <= 1e-9 * events {
                    0.0
                } else {
                    staying / at_risk
                };
            }
            for (_, row) in group {
                step_of[*row as usize] = steps.len() as u32;
            }
            at_risk -= left;
            if at_risk <= 1e-9 * left {
                at_risk = 0.0;
            }
        }
        let beyond = outcomes.time().iter().any(|time| *time >= horizon);
        if !beyond && free > 0.0 {
            return Err(Unmeasured::BeyondFollowUp);
        }
        for (time, step) in outcomes.time().iter().zip(&mut step_of) {
            if *time > horizon {
                *step = steps.len() as u32;
            }
        }
        let risk: f64 = steps.iter().map(|s| s.free * s.caused / s.at_risk).sum();
        let influences = influences(outcomes, cause, horizon, risk, &steps, &step_of);
        Ok(Self {
            risk,
            influences,
            total,
        })
    }

    /// The risk.
    #[must_use]
    pub fn risk(&self) -> f64 {
        self.risk
    }

    /// What each row adds: its weight times the derivative of the risk by its
    /// weight. They sum to zero.
    #[must_use]
    pub fn influences(&self) -> &[f64] {
        &self.influences
    }

    /// Pseudo-observations (Andersen et al. 2003, by the infinitesimal
    /// jackknife as in R's `pseudo`): numbers whose regression on covariates
    /// is that of the event, seen or not. Of rows that weigh 1.
    #[must_use]
    pub fn pseudo_observations(&self, outcomes: &Outcomes) -> Vec<f64> {
        let of_row = |(row, influence): (usize, &f64)| {
            let weight = outcomes.weight().map_or(1.0, |all| all[row]);
            self.risk + self.total * influence / weight
        };
        self.influences.iter().enumerate().map(of_row).collect()
    }

    /// The risk with its interval, symmetric on the logit scale.
    #[must_use]
    pub fn estimated(&self, outcomes: &Outcomes, confidence: Share) -> Estimated {
        let error = standard_error(&self.influences, outcomes.cluster());
        Estimate::new(self.risk, error, Scale::Logit, confidence).into()
    }
}

fn influences(
    outcomes: &Outcomes,
    cause: EventCode,
    horizon: f64,
    risk: f64,
    steps: &[Step],
    step_of: &[u32],
) -> Vec<f64> {
    // By step, summed over it and those before: the effect of being at risk.
    let mut exposed = vec![0.0];
    // By step: the risk that comes after it, over the weight left by it.
    let mut after = Vec::with_capacity(steps.len());
    let (mut sum, mut until) = (0.0, 0.0);
    for step in steps {
        let caused = step.free * step.caused / step.at_risk;
        until += caused;
        let staying = step.at_risk - step.events;
        let later = match staying > 1e-9 * step.events {
            true => (risk - until) / staying,
            false => 0.0,
        };
        sum += later * step.events / step.at_risk - caused / step.at_risk;
        exposed.push(sum);
        after.push(later);
    }
    let of_row = |row: usize| {
        let step = step_of[row] as usize;
        let event = outcomes.event()[row];
        let mut change = exposed[step];
        if !event.is_censored() && outcomes.time()[row] <= horizon {
            let own = &steps[step - 1];
            change -= after[step - 1];
            if event == cause {
                change += own.free / own.at_risk;
            }
        }
        outcomes.weight().map_or(1.0, |all| all[row]) * change
    };
    (0..outcomes.len()).map(of_row).collect()
}
