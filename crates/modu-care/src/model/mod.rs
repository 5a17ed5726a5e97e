//! Models: made of an analysis table, kept as a document without persons.
//!
//! `care.fit` takes an analysis table and gives a model that tells of a
//! patient the risk of the outcome by a few horizons, and how good it is: as
//! it looks on the patients it was made of, and corrected for having been made
//! of them. What is kept is a document ([`ModelDocument`]) that a person can
//! read: predictors with their units and ranges, and what it makes of them
//! ([`Model`]): a coefficient for each term and the baseline in steps, or trees.
//! It holds no row and no number of fewer than five people.

mod columns;
mod document;
mod engine;
mod hazards;
mod landmark;
mod learn;
mod make;
mod method;
mod optimism;
mod page;
mod patient;
mod performance;
mod request;
mod tell;
mod trees;

pub use document::{
    Bin, CodedLevel, Coding, MODEL_FORMAT, MadeOf, Model, ModelDocument, ModelPredictor, Term,
    Transform,
};
pub use engine::{FIT, FitReport, TermEffect};
pub use hazards::{Cause, Effect, HazardModel, Step};
pub use landmark::LandmarkModel;
pub use method::Method;
pub use performance::{AtHorizon, Performance};
pub use request::{FitRequest, MAX_HORIZONS};
pub use trees::{BoostedModel, ForestModel};

pub(crate) use columns::filled;
pub(crate) use engine::{Watched, outcomes};
pub(crate) use learn::{Chosen, learn};
pub(crate) use make::finding;
pub(crate) use optimism::some;
pub(crate) use patient::{Known, Reading, value};
pub(crate) use performance::{Asked, performance};
pub(crate) use request::{check_horizons, default_confidence};
pub(crate) use tell::{back, link};
