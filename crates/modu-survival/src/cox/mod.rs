//! Cox's proportional-hazards model: what makes an event come sooner.
//!
//! The hazard of a row is `h0(t) exp(x b)`: a baseline that may have any
//! shape, times a factor that its covariates set. At each event the row that
//! had it is compared with all who were at risk just then, so the baseline
//! drops out and what is left, the partial likelihood, is a function of the
//! coefficients `b` alone (Cox, "Regression models and life-tables", JRSS B
//! 34, 1972). [`fit`] finds its maximum by Newton's method.
//!
//! - Several events at one time: Efron's or Breslow's approximation ([`Ties`]).
//! - Strata have baselines of their own and share the coefficients.
//! - A row is at risk in (entry, time], so late entry and values that change
//!   with time (several rows of one person) are one thing.
//! - Weights count a row more or less than once, everywhere.
//! - A ridge keeps coefficients small ([`CoxOptions::ridge`]).
//! - An elastic net along a path of penalties ([`path`]).
//! - A robust variance where rows depend on each other
//!   ([`CoxOptions::robust`]).
//!
//! What a model leaves unexplained is in its [`residuals`], and whether its
//! coefficients hold at all times is asked by [`proportional_hazards`].
//!
//! Data that have no maximum are common: a column that is constant or follows
//! from others, or one that separates those with the event. Nothing diverges
//! then; the model says so ([`CoxFinding`]) and the other coefficients are
//! what they would be in its limit.

mod cross;
pub(crate) mod design;
pub(crate) mod detail;
pub(crate) mod fit;
pub(crate) mod kernel;
pub(crate) mod matrix;
mod model;
pub(crate) mod newton;
mod path;
mod proportional;
mod residual;
mod risk_set;
pub(crate) mod robust;
mod spacious;
pub(crate) mod steps;
mod sweep;
mod walk;

pub use cross::{CrossValidated, MAX_FOLDS, cross_validate, folds};
pub use design::MAX_MODEL_COLUMNS;
pub use fit::{CoxOptions, Ties, fit};
pub use model::{Baseline, CoxFinding, CoxModel};
pub use path::{MAX_PENALTIES, PathOptions, PathPoint, path};
pub use proportional::{ProportionalHazards, ProportionalTest, TimeScale, proportional_hazards};
pub use residual::{Residuals, Schoenfeld, residuals};
pub use steps::{BaselineStep, BaselineSteps, baseline_steps};
