//! What is asked of `care.states`, and what is answered.

use modu_kernel::{EngineError, Label};
use modu_statistics::{Finite, Interval, Share};
use modu_survival::estimator::MAX_STATES;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{check_horizons, default_confidence};
use crate::privacy::{self, Count};
use crate::table::TableColumns;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatesRequest {
    /// Which columns of a plain CSV are what; without it the input
    /// `table/description` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<TableColumns>,
    /// What a row is.
    pub form: StateForm,
    /// Names of the states, from state 1 on; none: as the table names events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// By when shares are told, in days, ascending.
    pub days: Vec<f64>,
    /// Confidence of intervals.
    #[serde(default = "default_confidence")]
    pub confidence: Share,
}

/// What a row of the table is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum StateForm {
    /// A person who is in state 1 until the first event: event 1 is state 2, and
    /// so on.
    FirstEvent {},
    /// A stay in a state, from the entry to the time; the event is the state
    /// that the person moved to, 0 where nothing was seen.
    Stays {
        /// The column that holds the state, from 1 on.
        state: String,
    },
    /// A person who may fall ill (state 2) before the end; the event is the
    /// death (state 3), at the time.
    IllnessDeath {
        /// The column of the days until the illness.
        time: String,
        /// The column that holds 1 where it came, else 0.
        event: String,
    },
}

impl StatesRequest {
    pub(super) fn check(&self) -> Result<(), EngineError> {
        check_horizons(&self.days)?;
        if self.names.len() > MAX_STATES {
            let problem = format!("names: more than the limit of {MAX_STATES} states");
            return Err(EngineError::Request(problem));
        }
        for name in &self.names {
            privacy::refuse_identifiers("names", name)
                .map_err(|error| EngineError::Request(error.to_string()))?;
        }
        Ok(())
    }
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatesReport {
    /// People.
    pub people: u64,
    /// The states, from state 1 on.
    pub states: Vec<Label>,
    /// Who was where when the watching began.
    pub start: Vec<Count>,
    /// The moves that were seen.
    pub transitions: Vec<Transition>,
    /// Where people are by each day.
    pub by_day: Vec<AtDay>,
}

/// A move from one state to another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transition {
    /// The state that is left.
    pub from: u16,
    /// The state that is entered.
    pub to: u16,
    /// How often.
    pub moves: Count,
    /// Moves in a year of those in the state; none of few moves.
    pub a_year: Option<Finite>,
    /// Its interval (Wald's, of the logarithm).
    pub interval: Option<Interval>,
    /// The intensity added up by each day.
    pub cumulative: Vec<Cumulative>,
}

/// An intensity added up from the start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cumulative {
    /// Days since the start.
    pub day: f64,
    /// The intensity; none of few moves.
    pub intensity: Option<Finite>,
    /// Its interval (Wald's, of the logarithm).
    pub interval: Option<Interval>,
}

/// Where people are by a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AtDay {
    /// Days since the start.
    pub day: f64,
    /// By state.
    pub states: Vec<ShareInState>,
}

/// The share of people in a state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShareInState {
    /// The share; none where few people had been in the state, or where it
    /// would tell another that is not told.
    pub share: Option<Finite>,
    /// Its interval, on the scale of log(-log(1 - share)).
    pub interval: Option<Interval>,
    /// People who were watched in it on that day.
    pub watched: Count,
}
