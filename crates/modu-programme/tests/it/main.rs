//! The programme through its public door.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on says so by failing"
)]

mod access;
mod account;
mod conformance;
mod copy;
mod doors;
mod evaluators;
mod factor;
mod history;
mod journey;
mod laws;
mod nodes;
mod notices;
mod postgres;
mod scene;
mod schema;
mod scribe;
mod sheets;
mod sqlite;
mod tls;
mod told;
mod waiting;
