//! The few types that every Modu crate shares.
//!
//! Modu carries everything through one path: *inputs -> engine -> outcome ->
//! evidence -> gate -> decision*. This crate names the stations of that path
//! and nothing else:
//!
//! - [`Digest`] and [`Artifact`]: bytes named by their SHA-256;
//! - [`Engine`]: a pure function from a typed request and named inputs to an
//!   [`Outcome`]; [`TypedEngine`] is how a crate writes one;
//! - [`Outcome`], [`Finding`] and [`Output`]: what came out;
//! - [`canonical`]: the one JSON form (RFC 8785) that is hashed and signed;
//! - [`Progress`]: how long work tells its watcher where it is;
//! - [`Label`]: a text in Korean and English; [`grouped`]: a count for readers;
//! - [`contained`]: panics of decoders over a stranger's bytes, made answers.
//!
//! An engine never reads the clock, the network, the environment or a random
//! source: times and seeds are fields of its request. That is what lets
//! anybody who holds the inputs get the same bytes again.

pub mod canonical;
pub mod contained;
mod digest;
mod engine;
mod error;
mod label;
mod number;
mod outcome;
mod progress;

pub use digest::{Artifact, Digest, DigestError, DigestWriter};
pub use engine::{Engine, Input, Inputs, InputsInMemory, ReadSeek, TypedEngine, read_input};
pub use error::EngineError;
pub use label::{Label, Language};
pub use number::grouped;
pub use outcome::{Finding, Outcome, Output, Severity};
pub use progress::{NoProgress, Progress};
