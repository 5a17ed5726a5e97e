//! Statistics of outcomes that take time: how long until a relapse, a death, a
//! return to hospital.
//!
//! After a treatment one waits. Some patients have the outcome, some have
//! another event that makes it impossible, and of most one knows only that
//! nothing had happened when they were last seen. A yes-or-no model throws
//! that knowledge away; this crate keeps it. It takes [`Outcomes`] (who was
//! watched from when to when, and what happened) and [`Covariates`] (what was
//! known beforehand) as columns, and gives curves, models and measures.
//!
//! Every result is the same bit for bit on any number of threads and any
//! machine: sums are in fixed order, `libm` stands in place of the platform's
//! mathematics, and random streams derive from a seed. The crate knows nothing
//! of files, patients or records.

pub mod cox;
pub mod estimator;
pub mod fine_gray;
pub mod recurrent;

mod branch;
mod chi_square;
mod covariates;
mod error;
mod growing;
mod order;
mod outcome;
mod random;
mod timeline;

pub mod boosting;
pub mod forest;
pub mod landmark;
pub mod measure;
pub mod recalibrate;
pub mod simulate;

pub use covariates::{Covariates, MAX_COLUMNS};
pub use error::SurvivalError;
pub use outcome::{EventCode, MAX_ROWS, Outcomes};
