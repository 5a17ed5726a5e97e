//! Evaluates networks whose operators `modu-onnx` has no kernel for:
//! convolutions, recurrence, pooling.
//!
//! Trees, linear models and plain networks are the business of `modu-onnx`,
//! whose own kernels give the same bits on every processor. A supplier's
//! network may need more operators than those. This crate hands such a network
//! to [tract](https://github.com/sonos/tract), a runtime in pure Rust, behind
//! the cargo feature `tract`: its build takes minutes of processor time, so it
//! is off by default, and the crate is then empty.
//!
//! # What is kept
//! - tract sees no byte of a stranger's file: it reads what
//!   [`modu_onnx::vet`] wrote again after vetting the whole file, and only
//!   operators of the list that `operators` gives.
//! - Tensors that are too large are refused before they are computed, and a
//!   panic inside tract ends as an error. What it takes beyond that, memory and
//!   time, is bounded by the process it runs in: this crate is made for the
//!   confined child of `modu-proof-run`, which calls `prepare` before it shuts
//!   itself in, because tract looks at the machine's files for its caches.
//! - Each row is evaluated alone, as a batch of one. So a score depends neither
//!   on the rows beside it nor on how the rows were cut into batches.
//!
//! # How far results agree
//! The same build gives the same bits on the same processor. On x86-64 tract is
//! held to kernels for AVX2 and FMA, so that the wider units of some processors
//! change nothing; a processor without them, or one of another architecture,
//! may differ in the last places, as ONNX Runtime does: on the networks of the
//! tests by at most 16 units. The predictions name the back end, so that a replay knows
//! what it needs.
//!
//! # Where to start reading
//! `model` reads and evaluates; `operators` is the list.

#[cfg(feature = "tract")]
mod error;
#[cfg(feature = "tract")]
mod model;
#[cfg(feature = "tract")]
mod operators;
#[cfg(feature = "tract")]
mod processor;

#[cfg(feature = "tract")]
pub use error::TractError;
#[cfg(feature = "tract")]
pub use model::TractModel;
#[cfg(feature = "tract")]
pub use operators::operators;
#[cfg(feature = "tract")]
pub use processor::prepare;

/// The name and version of the runtime behind this crate.
pub const BACK_END: &str = "tract 0.23.9";
