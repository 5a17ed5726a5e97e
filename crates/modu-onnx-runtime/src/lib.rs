//! Scores one's own models with ONNX Runtime, to compare.
//!
//! Most suppliers try their models in ONNX Runtime before they hand them in.
//! This crate lets the same file be scored there and by our kernels, so that it
//! can be seen that the decisions are the same and by how many units in the
//! last place the scores differ. It loads the runtime's shared library, such as
//! the PyPI wheel `onnxruntime` carries, from a path that the caller names. It
//! stands behind the cargo feature `onnxruntime`, off by default, and is empty
//! without it.
//!
//! # Not for strangers' models
//! The library is some twenty megabytes of C++ that opens files, starts
//! threads and trusts what it reads. It is therefore not offered inside the walls
//! of `modu-proof-run`, where none of that is allowed, and evidence is never made
//! of its scores: this crate compares, outside of any sandbox, models that one
//! has made oneself. The file is vetted all the same, and the runtime reads what
//! [`modu_onnx::vet`] wrote again.
//!
//! # Where to start reading
//! [`Library`] loads the runtime, [`RuntimeModel`] scores;
//! `examples/compare.rs` puts both beside our kernels.

#[cfg(feature = "onnxruntime")]
mod difference;
#[cfg(feature = "onnxruntime")]
mod error;
#[cfg(feature = "onnxruntime")]
mod model;

#[cfg(feature = "onnxruntime")]
pub use difference::{Difference, difference};
#[cfg(feature = "onnxruntime")]
pub use error::RuntimeError;
#[cfg(feature = "onnxruntime")]
pub use model::{Library, RuntimeModel};
