//! The console through HTTP, as browsers use it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so by failing"
)]

mod account;
mod attackers;
mod away;
mod crawl;
mod every_form;
mod journey;
mod live;
mod load;
mod notices;
mod postgresql;
mod provider;
mod recorded;
mod second_factor;
mod server;
mod texts;
mod uploads;
mod who_sees_what;
mod world;
