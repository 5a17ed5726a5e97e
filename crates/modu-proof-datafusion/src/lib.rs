//! Scoring a table that is larger than one machine: a solution as a function
//! of [Apache DataFusion](https://datafusion.apache.org), so that a query
//! engine does the reading, cutting and distributing.
//!
//! A score comes from its row alone, and is the same bits in whichever batch
//! the row stands. So a table may be cut into any partitions, on one machine or
//! on Ballista's executors, and the parts put together again by row number are
//! the same bytes as the artifact of `proof.predict`:
//!
//! - [`Predict`] holds a need, a solution and its model, and is registered as a
//!   scalar function: of all scores of a row, or of the positive class's;
//! - [`Parts`] takes the answers in any order and gives all rows' scores;
//! - where even the scores are too many for one machine, the engine's own
//!   `count(*)` by score and class is exact and does not depend on the
//!   partitions either; the estimates of every metric of a binary need's
//!   decisions and ranking follow from it.
//!
//! The model runs in the query engine's process, with no wall but the limits
//! of `modu-onnx`: for models of one's own, and for those that have been through
//! `modu proof run`. [`Predict::evaluated_by`] takes another evaluator.
//!
//! Everything is behind the feature `datafusion`: without it the crate is empty,
//! for DataFusion takes minutes to build.

#[cfg(feature = "datafusion")]
mod error;
#[cfg(feature = "datafusion")]
mod parts;
#[cfg(feature = "datafusion")]
mod predict;

#[cfg(feature = "datafusion")]
pub use error::AdapterError;
#[cfg(feature = "datafusion")]
pub use parts::Parts;
#[cfg(feature = "datafusion")]
pub use predict::{Answer, MakeSendEvaluator, Predict, Sources};
