//! Alarm budget (`care.alarm`): from how many alarms a day the staff can
//! answer to the threshold at which a score rings.
//!
//! A model that finds everybody and rings all day is switched off. So the
//! operator states the budget first: alarms a day for every 1,000 patients.
//! The threshold is the lowest at which the patients whose data are given
//! would have rung no more than that, and what is not known about it (other
//! patients would have given another one) is told by a bootstrap of patients.
//! How many of those to whom it happened were rung for, and how long before,
//! stands beside what NEWS2 does with the same number of alarms.
//!
//! What counts as an alarm: an observation whose score is at least the
//! threshold, unless the same stay had an alarm less than the refractory time
//! before. What counts as found: an event with an alarm at most the horizon
//! and at least the least lead time before it.
//!
//! The score stands in the observations, or is the risk that a model tells of
//! them (input `model`). A rule that was made earlier can be held against other
//! patients (input `rule`): whether their alarms keep to its budget.

mod bootstrap;
mod counting;
mod detection;
mod engine;
mod picture;
mod report;
mod rule;
mod scoring;
mod visits;
mod watched;

pub use engine::{ALARM, Alarm};
pub use report::{
    AlarmReport, AlarmRequest, Compared, CurvePoint, Estimate, LeadTime, LeftOut, Performance,
    VisitColumns,
};
pub use rule::{AlarmRule, RULE_SCHEMA};

/// The inputs of the engine.
pub mod input {
    /// Observations: CSV `person,time,score` (or a model's predictors in place
    /// of the score) and, for the comparison, `news2` or the vital signs that
    /// `care.score` reads; times in days. Or an analysis table with a row for
    /// each visit.
    pub const OBSERVATIONS: &str = "observations";
    /// A model whose risks are the score; may be left out.
    pub const MODEL: &str = "model";
    /// A rule that is tried on these patients; may be left out.
    pub const RULE: &str = "rule";
    /// Stays: CSV `person,start,end,event`; from when to when each patient was
    /// watched in days, and whether the outcome came at the end (1) or not (0).
    pub const STAYS: &str = "stays";
}
