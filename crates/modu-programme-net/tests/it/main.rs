//! What is sent, as those who get it see it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so by failing"
)]

mod hooks;
mod mail;
mod receiver;
mod senders;
