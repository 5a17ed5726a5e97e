//! Trying a model at another hospital, and setting it right there.
//!
//! A model that was good where it was made may be poor elsewhere: other
//! patients, other care. `care.validate` takes a model and the table of
//! another hospital, and says how good its risks are there, with what
//! certainty, whether that is enough by criteria that were fixed beforehand,
//! and what is different about the patients. It moves the model's risks to
//! where they belong there ([`modu_survival::recalibrate`]) and gives the moved
//! model as a document of its own, judged on people that it was not moved by.

mod cross;
mod drift;
mod engine;
mod page;
mod request;
mod verdict;

pub use drift::{CalibrationAlarm, CaseMixAlarm, DriftReport, WhatMoved};
pub use engine::{VALIDATE, ValidateReport};
pub use request::{Criteria, UpdateRequest, ValidateRequest};
pub use verdict::{Criterion, Judged, JudgedAnswer, Verdict};
