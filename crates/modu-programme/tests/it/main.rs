//! The programme through its public door.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so by failing"
)]

mod access;
mod account;
mod history;
mod journey;
mod laws;
mod scene;
