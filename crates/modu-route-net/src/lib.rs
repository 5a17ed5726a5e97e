//! The effects of the route engine: what touches the network and the disk.
//!
//! `modu-route` decides, from bytes that it is given; this crate brings the
//! bytes and carries the answers out. It fetches the RPKI over RRDP and rsync
//! into a cache of publication points, keeps the runs, serves routers over
//! RTR and people over HTTP, and listens to routers over BMP.
//!
//! - [`bmp`]: routers, listened to over BMP;
//! - [`cache`]: what was fetched, durable and checked;
//! - [`fetch`]: the update: validate, fetch what is wanted, validate again;
//! - [`upkeep`]: a state folder that is brought up to date again and again;
//! - [`feed`]: the thread that does so beside a service;
//! - [`local`]: a folder of rsync copies, read into a cache or into memory;
//! - [`publication`]: what is published, its serial and what changed before;
//! - [`rtr`]: routers, told over RTR;
//! - [`guard`]: withdrawals without evidence, held back from routers;
//! - [`http`]: people and programs, told over HTTP;
//! - [`service`]: rounds of work and these servers, until a signal;
//! - [`local_exceptions`]: files of local exceptions, read again when they
//!   change;
//! - [`runs`]: every run's tree, kept for good and restored exactly;

pub mod bmp;
pub mod cache;
mod door;
mod error;
mod failure;
pub mod feed;
pub mod fetch;
pub mod guard;
pub mod http;
mod http_client;
pub mod local;
pub mod local_exceptions;
mod looks;
pub mod publication;
mod rrdp;
mod rsync;
pub mod rtr;
pub mod runs;
pub mod service;
pub mod upkeep;
pub mod vrp_file;

pub use door::{Room, Visits};
pub use error::NetError;
pub use failure::{Budgets, Failure};
pub use http_client::HttpSettings;
pub use rrdp::How;
pub use rsync::RsyncSettings;

/// Limits of what is read and kept; past one, the report or the error says
/// which.
pub mod limits {
    /// Bytes of the cache's index; the world's takes about 15 MiB.
    pub const INDEX_BYTES: u64 = 1 << 30;
    /// Bytes of one publication point's pack.
    pub const PACK_BYTES: u64 = 1 << 30;
    /// Bytes of one run's tree, and of what changed in it; the world's tree
    /// takes about 60 MiB.
    pub const TREE_BYTES: u64 = 2 << 30;
    /// Bytes of the head of a kept run's file.
    pub const RUN_HEAD_BYTES: u64 = 1 << 20;
}
