//! What is asked of `care.recur`, and what is answered.

use std::collections::BTreeMap;

use modu_kernel::EngineError;
use modu_statistics::{Finite, Interval, Share};
use modu_survival::recurrent::Layout;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{TermEffect, Transform, check_horizons, default_confidence};
use crate::privacy::Count;
use crate::table::TableColumns;

/// The most resamples of people.
const MAX_RESAMPLES: u32 = 10_000;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecurRequest {
    /// Which columns of a plain CSV are what; without it the input
    /// `table/description` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<TableColumns>,
    /// Which stretches are compared with each other.
    pub layout: Layout,
    /// The column that tells the day, since the person's start, from which a
    /// row's days count; without it they count from the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<String>,
    /// By when mean numbers of events are told, in days, ascending.
    pub horizons: Vec<f64>,
    /// The predictors by name; none: all that the table has.
    #[serde(default)]
    pub predictors: Vec<String>,
    /// Numbers that enter other than as they are, by the predictor's name.
    #[serde(default)]
    pub transforms: BTreeMap<String, Transform>,
    /// The ridge penalty; 0 is none.
    #[serde(default)]
    pub ridge: f64,
    /// From which event on all count as of one number (in the layouts by
    /// number); none: the last that five people had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u32>,
    /// Resamples of people for the intervals of mean numbers; 0 is none.
    pub resamples: u32,
    /// Their seed.
    pub seed: u64,
    /// Confidence of intervals.
    #[serde(default = "default_confidence")]
    pub confidence: Share,
}

impl RecurRequest {
    pub(super) fn check(&self) -> Result<(), EngineError> {
        check_horizons(&self.horizons)?;
        let wrong = |problem: String| Err(EngineError::Request(problem));
        if self.most == Some(0) {
            return wrong("most: give 1 or more".to_owned());
        }
        if self.resamples > MAX_RESAMPLES {
            return wrong(format!("resamples: more than the limit of {MAX_RESAMPLES}"));
        }
        let nobody = |columns: &TableColumns| columns.person.is_none();
        if self.columns.as_ref().is_some_and(nobody) {
            return wrong(
                "columns.person: whose event comes again must be known: name the column".to_owned(),
            );
        }
        Ok(())
    }
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecurReport {
    /// Which stretches were compared with each other.
    pub layout: Layout,
    /// Rows of the table.
    pub rows: u64,
    /// People.
    pub people: u64,
    /// Events of them all.
    pub events: u64,
    /// People whose watching something else ended for good.
    pub ended: Count,
    /// People with no event, with one, with two, ...; the last with so many or
    /// more. None of few people; nothing where that cannot be.
    pub people_by_events: Vec<u64>,
    /// From which event on all count as of one number; none where numbers are
    /// of no account.
    pub most: Option<u32>,
    /// What each term does to the hazard of the next event.
    pub terms: Vec<TermEffect>,
    /// The logarithm of the partial likelihood, and without predictors.
    pub log_likelihood: [f64; 2],
    /// Events that a person has had by each of the days, on average.
    pub means: Vec<MeanNumber>,
}

/// Events that a person has had by a day, on average.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeanNumber {
    /// Days since the start.
    pub day: f64,
    /// Rows that were watched then.
    pub watched: Count,
    /// The number; none where fewer than five people had had an event, or
    /// fewer than five were watched.
    pub number: Option<Finite>,
    /// Where it would lie with other people like these.
    pub interval: Option<Interval>,
}
