//! The program through its command line.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is a failed test"
)]

mod demonstration;
mod evidence;
mod program;
mod refusals;
mod route;
mod utterances;
