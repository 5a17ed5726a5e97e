//! Integration tests of `modu-statistics`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod bootstrap;
mod clusters;
mod coverage;
mod laws;
mod planning;
mod reference;
mod support;
mod tasks;
mod undefined;
