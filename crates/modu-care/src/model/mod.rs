//! Models: made of an analysis table, kept as a document without persons.
//!
//! `care.fit` takes an analysis table and gives a model that tells of a
//! patient the risk of the outcome by a few horizons, and how good it is: as
//! it looks on the patients it was made of, and corrected for having been made
//! of them. What is kept is a document ([`ModelDocument`]) that a person can
//! read: predictors with their units and ranges, a coefficient for each term,
//! the baseline at the horizons. It holds no row and no number of fewer than
//! five people.

mod columns;
mod document;
mod engine;
mod learn;
mod optimism;
mod page;
mod performance;
mod request;

pub use document::{
    BaselinePoint, Bin, CodedLevel, Coding, MODEL_FORMAT, MadeOf, Method, ModelDocument,
    ModelPredictor, Term, Transform,
};
pub use engine::{FIT, FitReport, TermEffect};
pub use performance::{AtHorizon, Performance};
pub use request::{FitRequest, MAX_HORIZONS, MethodRequest};

pub(crate) use columns::{filled, linear};
pub(crate) use engine::{outcomes, risks};
pub(crate) use optimism::some;
pub(crate) use performance::{Asked, performance};
pub(crate) use request::default_confidence;
