//! What the proof engine promises, tried from outside.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests"
)]

mod allocations;
mod dataset;
mod demo;
mod documents;
mod golden;
mod guard;
mod independence;
mod kit;
mod ladder;
mod leakage;
mod metrics_document;
mod parquet_bombs;
mod plan;
mod predictions;
mod preparation;
mod scoring;
mod simulation;
mod tasks;
mod watch;
mod world;
