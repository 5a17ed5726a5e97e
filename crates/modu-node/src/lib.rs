//! Nodes: a program beside an agency's data, which the server never sees.
//!
//! A node asks the server for jobs on its data ([`Server`]), runs them where
//! the data lie, and sends back what the gate names: signed evidence and the
//! released report. The server takes part as [`router`]. What they say to each
//! other is in [`message`]; there is no place in it for a row.
//!
//! Each request is signed (RFC 9421) with a key that never leaves the node's
//! machine, carries a token that the operator handed over, and is good once.
//! So neither a stolen token nor a recorded request opens anything.
//!
//! The node always asks and the server only answers: no port is opened beside
//! the data. A node that has nothing to do leaves a question open for some
//! seconds, so that a job is picked up as soon as it is asked for.

mod client;
mod error;
mod key;
pub mod message;
mod pieces;
mod service;
mod signature;

pub use client::{Server, Settings};
pub use error::NodeError;
pub use key::Key;
pub use service::{Receiver, Refused, Waiting, router};
pub use signature::{Head, SignatureError, Stamp, check, sign};

/// Below which everything lies.
pub const ROOT: &str = "/node/v1";
