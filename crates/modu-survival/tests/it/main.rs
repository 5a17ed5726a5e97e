//! Integration tests of `modu-survival`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod cox;
mod kaplan_meier;
mod measures;
mod residuals;
mod support;
