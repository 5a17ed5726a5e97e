//! The model card (`care.card`): what a report of a prediction model should
//! say, in the order of TRIPOD+AI (Collins and others, BMJ 2024; 385:
//! e078378), each item filled from the reports of the runs where a run knows
//! it, and marked for a person where none does.
//!
//! The items' numbers and order are the statement's; what they ask is said
//! here in our own words. A card never says more than the reports that it was
//! made from, and names each of them by digest.

mod engine;
mod item;
mod page;
mod told;

pub use engine::{CARD, Card, CardItem, CardReport, CardRequest, Filled};
pub use item::{ITEMS, Item, Section};

/// The inputs of the engine; each but the answers may be missing.
pub mod input {
    /// report.json of `care.cohort`.
    pub const COHORT: &str = "cohort";
    /// report.json of `care.fit`.
    pub const FIT: &str = "fit";
    /// report.json of `care.validate`.
    pub const VALIDATE: &str = "validate";
    /// report.json of `care.alarm`.
    pub const ALARM: &str = "alarm";
    /// What people answered: TOML, `"5b" = { ko = "...", en = "..." }`.
    pub const ANSWERS: &str = "answers";
}
