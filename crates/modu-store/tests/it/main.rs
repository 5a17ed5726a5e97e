//! The store as its callers, other processes and the machine treat it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "tests"
)]

mod child;
mod conformance;
mod folder;
mod full;
mod killed;
mod memory;
mod noise;
mod remote;
mod server;
mod together;
