//! The proof engine: it demonstrates AI solutions on data that their owner
//! keeps, and decides by criteria that were fixed beforehand.
//!
//! An agency with a question writes it down as a *need* ([`need`]): what one
//! row is, what the truth is, which groups are protected, and which criteria a
//! solution must meet. It holds a *data set* ([`dataset`]). Suppliers bring
//! *solutions* ([`solution`]): an ONNX model and the declared preparation of
//! its inputs, so that the owner's side can prepare features without the
//! supplier's code ([`preparation`]).
//!
//! A demonstration is two engines in a row. [`predict`] runs one solution over
//! the data and keeps its scores as an artifact. [`mod@score`] measures all
//! solutions against the truth, lets the [`gate`] judge each criterion by the
//! confidence limit on the unfavourable side, and writes two reports
//! ([`report`]): the owner's, full, and the released one, with only what the
//! criteria name. A data set that answers again and again is guarded by its
//! [`ledger`]. [`mod@watch`] sees whether an adopted solution still does what
//! the evidence said. [`kit`] gives a supplier everything but the data. [`mod@plan`] says
//! beforehand what a number of rows can prove.
//!
//! Start reading at [`need`], then [`gate`].

pub mod dataset;
mod error;
pub mod evaluate;
pub mod gate;
pub mod html;
pub mod kit;
pub mod ledger;
pub mod need;
pub mod plan;
pub mod predict;
pub mod predictions;
pub mod preparation;
pub mod report;
mod rules;
pub mod score;
pub mod solution;
mod toml_text;
pub mod watch;

pub use error::ProofError;
pub use modu_statistics::{Finite, Share};
pub use predict::PREDICT;
pub use score::SCORE;
pub use watch::WATCH;
