//! The demonstration's solutions as functions of a query, beside the engine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod queries;
