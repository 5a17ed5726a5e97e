//! Curves of what is known without any model: how many are still without the
//! event, and how much of it has been met, by time.
//!
//! Each estimator counts, at every time at which the event happens, how many
//! were watched just before ([`RiskTable`]), and strings those shares
//! together. A row that leaves without the event counts as watched until then:
//! at one time, events come before those who leave, and before those who
//! enter.

mod aalen_johansen;
mod kaplan_meier;
mod multistate;
mod nelson_aalen;
mod risk_table;

pub use aalen_johansen::{AalenJohansen, Incidence, MAX_CAUSES, aalen_johansen};
pub use kaplan_meier::{IntervalScale, KaplanMeier, kaplan_meier};
pub use multistate::{MAX_STATES, Occupation, occupation};
pub use nelson_aalen::{NelsonAalen, nelson_aalen};
pub use risk_table::{RiskTable, risk_tables};
