//! The tests of this crate that use it as another crate does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails where something is missing"
)]
#![allow(
    clippy::print_stderr,
    reason = "a skipped test says why it was skipped"
)]

mod archive;
mod archive_kill;
mod common;
mod keys;
mod log;
mod log_damage;
mod log_disk;
mod log_keys;
mod log_kill;
mod mutation;
mod note;
mod precedence;
mod replay;
mod statement;
mod verify;
mod witness;
