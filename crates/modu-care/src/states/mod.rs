//! Tables of states (`care.states`): well, ill, dead, and the moves between.
//!
//! After a treatment one may fall ill, recover, and die of it or of something
//! else. Told apart are where people are by a day (the share in each state, by
//! Aalen and Johansen) and how fast they move (of each move the number, the rate
//! in a year, and the intensity added up by a day, by Nelson and Aalen). There
//! is no model and no predictor: a table for each group answers how groups
//! differ.
//!
//! Rows come in one of three forms ([`StateForm`]): each a stay in one state
//! that ends in a move or is not seen to end; one row for each person with the
//! times of an illness and of the end; or one row for each person with a first
//! event, as cohorts have them.

mod engine;
mod page;
mod report;
mod stays;

pub use engine::STATES;
pub use report::{
    AtDay, Cumulative, ShareInState, StateForm, StatesReport, StatesRequest, Transition,
};
