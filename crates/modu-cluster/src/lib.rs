//! PostgreSQL for tests: a server of a test's own, and the tests of a program
//! once more over it.
//!
//! What the programme does over SQLite it does over PostgreSQL, and the same
//! tests say so. A test program has one test that starts a [`Cluster`] and
//! runs the program's other tests again as a child ([`run_again`]); those ask
//! [`fresh_database`] where to keep what they make: nowhere special at first,
//! in a database of their own the second time.
//!
//! For tests only: what cannot be done panics, as a test that fails does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on says so by failing"
)]

mod again;
mod cluster;
mod programs;

pub use self::again::{fresh_database, run_again};
pub use self::cluster::Cluster;
