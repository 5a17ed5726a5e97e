//! Integration tests of `modu-survival`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod competing;
mod cox;
mod fine_gray;
mod kaplan_meier;
mod measures;
mod path;
mod recurrent;
mod residuals;
mod support;
