//! What the proof engine promises, tried from outside.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod dataset;
mod demo;
mod documents;
mod golden;
mod independence;
mod kit;
mod leakage;
mod predictions;
mod preparation;
mod scoring;
mod world;
