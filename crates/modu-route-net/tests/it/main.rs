//! The effects of the route engine, from outside.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod bmp;
mod cache;
mod crash;
mod decided;
mod descriptors;
mod fetched;
mod hostile;
mod http;
mod local;
mod router;
mod rrdp;
mod rsync;
mod rtr;
mod rtr_strangers;
mod runs;
mod scene;
mod server;
mod slurm;
