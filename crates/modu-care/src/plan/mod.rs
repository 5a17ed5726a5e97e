//! The follow-up plan (`care.plan`): what is done for whom until when, by how
//! large their risk is, and what of it has come in.
//!
//! A hospital writes its plan once, as a document: bands of risk, and for each
//! what the patient is told and what comes back how often: a call, a visit, a
//! questionnaire, a reading of a wearable. For every person the engine takes
//! the latest risk, finds the band, and holds the plan against the FHIR
//! Observations that came in: done, due, overdue, or outside of its limits.

mod document;
mod engine;
mod observation;

pub use document::{Band, CarePlan, Contact, Kind, Limits, Task};
pub use engine::{BandCounts, PLAN, Plan, PlanReport, PlanRequest, TaskState};

/// The inputs of the engine, beside [`crate::risk::INPUT`].
pub mod input {
    /// The hospital's plan: TOML.
    pub const PLAN: &str = "plan";
    /// FHIR R4 Observations, a line of JSON each; empty where none came in.
    pub const OBSERVATIONS: &str = "observations";
}
