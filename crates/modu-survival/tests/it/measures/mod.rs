//! Measures of predicted risks against what happened.

mod bad_input;
mod laws;
mod reference;
mod table;
