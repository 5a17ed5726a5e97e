//! Outcomes with a predicted risk for each row.

use crate::outcome::{check, check_length};
use crate::{EventCode, Outcomes, SurvivalError};

/// What is measured: outcomes, which event is asked about, and for each row
/// the higher number the sooner (or likelier) that event is predicted.
#[derive(Debug, Clone, Copy)]
pub struct Scored<'a> {
    pub(crate) outcomes: &'a Outcomes,
    pub(crate) cause: EventCode,
    pub(crate) risk: &'a [f64],
}

impl<'a> Scored<'a> {
    /// Outcomes with risks on any scale.
    ///
    /// # Errors
    /// Risks of another length or not finite; a cause that is the code of
    /// censoring; outcomes with entries, for a row that is watched from later
    /// on has no place in these measures.
    pub fn new(
        outcomes: &'a Outcomes,
        cause: EventCode,
        risk: &'a [f64],
    ) -> Result<Self, SurvivalError> {
        check_length("the risks", risk.len(), outcomes.len())?;
        check("the risks", risk, "a finite number", f64::is_finite)?;
        watched_from_the_start(outcomes)?;
        if cause.is_censored() {
            return Err(SurvivalError::Setting {
                what: "the event asked about",
                found: cause.0.to_string(),
                range: "at least 1, for 0 is that nothing happened",
            });
        }
        Ok(Self {
            outcomes,
            cause,
            risk,
        })
    }

    /// The same where the risks are probabilities of the event by a horizon.
    ///
    /// # Errors
    /// As [`Self::new`], and a risk outside 0..=1.
    pub fn probabilities(
        outcomes: &'a Outcomes,
        cause: EventCode,
        risk: &'a [f64],
    ) -> Result<Self, SurvivalError> {
        check("the risks", risk, "a probability", |risk| {
            (0.0..=1.0).contains(&risk)
        })?;
        Self::new(outcomes, cause, risk)
    }

    /// Number of rows, at least one.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "there is always a row")]
    pub fn len(&self) -> usize {
        self.risk.len()
    }

    pub(crate) fn is_cause(&self, row: usize) -> bool {
        self.outcomes.event()[row] == self.cause
    }

    pub(crate) fn weight(&self, row: usize) -> f64 {
        self.outcomes.weight().map_or(1.0, |weight| weight[row])
    }

    /// The weights of all rows together.
    pub(crate) fn total(&self) -> f64 {
        let weights = self.outcomes.weight();
        weights.map_or(self.len() as f64, |weight| weight.iter().sum())
    }
}

pub(crate) fn watched_from_the_start(outcomes: &Outcomes) -> Result<(), SurvivalError> {
    match outcomes.entry() {
        None => Ok(()),
        Some(_) => Err(SurvivalError::Setting {
            what: "the entry of the rows",
            found: "given".to_owned(),
            range: "absent: these measures are of rows watched from the start, \
                    one for each person and prediction",
        }),
    }
}

/// Refuses a horizon that is not a time.
pub(crate) fn check_horizon(horizon: f64) -> Result<(), SurvivalError> {
    match horizon.is_finite() && horizon >= 0.0 {
        true => Ok(()),
        false => Err(SurvivalError::Setting {
            what: "the horizon",
            found: horizon.to_string(),
            range: "a finite number of at least 0",
        }),
    }
}
