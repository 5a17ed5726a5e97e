//! What `modu-vuln-host` sees, and what `vuln.host` says of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod engine;
mod fixture;
mod items;
mod secrets;
mod ssh;
