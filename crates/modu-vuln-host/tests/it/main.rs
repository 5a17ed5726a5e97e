//! What `modu-vuln-host` sees, and what `vuln.host` says of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests"
)]

mod engine;
mod fixture;
mod items;
mod secrets;
mod ssh;
