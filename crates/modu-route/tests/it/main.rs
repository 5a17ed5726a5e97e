//! The route engine through its public door.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests"
)]

mod attacks;
mod dumps;
mod history;
mod validation;
mod watching;
mod worlds;
