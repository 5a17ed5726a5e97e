//! Folders of records as they come: cut off, of other types, too large.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a failed expectation is a failed test; measurements are printed"
)]

mod open;
mod plain;
