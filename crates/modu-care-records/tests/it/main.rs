//! Folders of records as they come: cut off, of other types, too large.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is a failed test"
)]

mod open;
mod plain;
