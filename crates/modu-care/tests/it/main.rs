//! The engine through its public door.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests"
)]

mod alarm;
mod alert;
mod card;
mod cohort;
mod courses;
mod model;
mod page;
mod plan;
mod predict;
mod score;
mod visits;
