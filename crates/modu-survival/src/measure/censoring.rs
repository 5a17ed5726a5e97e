//! The chance of still being seen, by which those who were are weighted.

use super::scored::watched_from_the_start;
use crate::order::{ascending, key};
use crate::{Outcomes, SurvivalError};

/// Whether the chance of still being seen at a time counts those who are lost
/// at that very time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Evaluated {
    /// Just before it: an event at a time was seen if its row had not been
    /// lost earlier.
    #[default]
    JustBefore,
    /// At it, as scikit-survival does. The two differ only where an event and
    /// a loss share a time.
    At,
}

/// The Kaplan-Meier curve of being lost from sight: the chance `G(t)` that a
/// row is still seen, whatever would have happened to it. At a time with both,
/// events come before losses.
#[derive(Debug, Clone, PartialEq)]
pub struct Censoring {
    evaluated: Evaluated,
    steps: Vec<Step>,
    /// Whether the rows measured are those it was estimated in.
    same_rows: bool,
}

/// A time at which rows were lost.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    /// The key of its time.
    key: u64,
    /// The chance of being seen after it.
    seen: f64,
    /// `c / (y (y - c))` for `c` lost of `y` at risk; 0 where all are lost.
    common: f64,
    /// `1 / (y - c)`; 0 where all are lost.
    own: f64,
}

impl Censoring {
    /// Estimated in the rows that are measured; intervals know that it is an
    /// estimate.
    ///
    /// # Errors
    /// Rows with entries.
    pub fn of(outcomes: &Outcomes, evaluated: Evaluated) -> Result<Self, SurvivalError> {
        Self::estimate(outcomes, evaluated, true)
    }

    /// Estimated in other rows, such as those a model was fitted to; intervals
    /// take it as known.
    ///
    /// # Errors
    /// Rows with entries.
    pub fn of_others(outcomes: &Outcomes, evaluated: Evaluated) -> Result<Self, SurvivalError> {
        Self::estimate(outcomes, evaluated, false)
    }

    fn estimate(
        outcomes: &Outcomes,
        evaluated: Evaluated,
        same_rows: bool,
    ) -> Result<Self, SurvivalError> {
        watched_from_the_start(outcomes)?;
        let weight = |row: u32| outcomes.weight().map_or(1.0, |all| all[row as usize]);
        let order = ascending(outcomes.time());
        let mut at_risk: f64 = order.iter().map(|one| weight(one.1)).sum();
        let (mut seen, mut steps) = (1.0, Vec::new());
        for group in order.chunk_by(|a, b| a.0 == b.0) {
            let (mut lost, mut left) = (0.0, 0.0);
            for (_, row) in group {
                left += weight(*row);
                if outcomes.event()[*row as usize].is_censored() {
                    lost += weight(*row);
                }
            }
            let exposed = at_risk - (left - lost);
            at_risk -= left;
            if lost > 0.0 {
                // The last rows of all: what is left is rounding.
                let none_left = exposed - lost <= 1e-9 * lost;
                let staying = if none_left { 0.0 } else { exposed - lost };
                seen *= staying / exposed;
                let own = if none_left { 0.0 } else { 1.0 / staying };
                steps.push(Step {
                    key: group[0].0,
                    seen,
                    common: own * lost / exposed,
                    own,
                });
            }
        }
        Ok(Self {
            evaluated,
            steps,
            same_rows,
        })
    }

    /// The chance of still being seen at a time.
    #[must_use]
    pub fn seen(&self, time: f64) -> f64 {
        match self.steps_until(time) {
            0 => 1.0,
            steps => self.steps[steps - 1].seen,
        }
    }

    /// Whether a row is known to be without any event at a horizon, so that
    /// it counts there by one over the chance of being seen until then. One
    /// lost at that very time is, if the chance is that just before it.
    pub(crate) fn knows_free(&self, outcomes: &Outcomes, row: usize, horizon: f64) -> bool {
        let time = outcomes.time()[row];
        let lost = || time == horizon && outcomes.event()[row].is_censored();
        time > horizon || (self.evaluated == Evaluated::JustBefore && lost())
    }

    fn steps_until(&self, time: f64) -> usize {
        let key = key(time);
        self.steps.partition_point(|step| match self.evaluated {
            Evaluated::JustBefore => step.key < key,
            Evaluated::At => step.key <= key,
        })
    }

    /// Adds to the influence of each row (its weight times a derivative by
    /// its weight) what it has through this curve on a number whose
    /// derivatives by the logarithm of `G` at given times are `slopes`, one
    /// or more for any time.
    pub(crate) fn add_influence(
        &self,
        outcomes: &Outcomes,
        slopes: impl Iterator<Item = (f64, f64)>,
        influences: &mut [f64],
    ) {
        if !self.same_rows || self.steps.is_empty() {
            return;
        }
        // Of each step, the sum of the slopes at times that are past it.
        let mut past = vec![0.0; self.steps.len() + 1];
        for (time, slope) in slopes {
            past[self.steps_until(time)] += slope;
        }
        let mut sum = 0.0;
        for slot in past.iter_mut().rev() {
            sum += *slot;
            *slot = sum;
        }
        let past = &past[1..];
        let mut common = vec![0.0];
        for (step, past) in self.steps.iter().zip(past) {
            common.push(common[common.len() - 1] + past * step.common);
        }
        for (row, influence) in influences.iter_mut().enumerate() {
            let key = key(outcomes.time()[row]);
            let before = self.steps.partition_point(|step| step.key < key);
            let mut change = common[before];
            if outcomes.event()[row].is_censored() {
                change = common[before + 1] - past[before] * self.steps[before].own;
            }
            *influence += outcomes.weight().map_or(1.0, |all| all[row]) * change;
        }
    }
}
