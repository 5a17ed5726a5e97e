//! The interface over a real connection, as programs call it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod calls;
mod evidence;
mod jobs;
mod keys;
mod nodes;
mod postgresql;
mod runs;
mod server;
mod who_may_what;
