//! The console through HTTP, as browsers use it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so by failing"
)]

mod attackers;
mod journey;
mod load;
mod postgresql;
mod server;
mod texts;
mod who_sees_what;
