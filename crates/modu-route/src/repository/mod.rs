//! The RPKI as it was fetched: publication points as packs of objects, and the
//! index that names them.
//!
//! A certificate authority publishes its objects in one folder, its
//! *publication point*. What was fetched of it is kept as a [`PointPack`], one
//! artifact named by its digest; the [`RepositoryIndex`] says which pack stands
//! for which publication point. So a fetch in which nothing changed gives the
//! same index, a run is named by the digest of one small file, and a changed
//! authority costs one new pack. Nothing here is validated yet: a pack holds
//! whatever a stranger's server said.

mod index;
mod pack;

use std::io;

use bytes::Bytes;
use modu_kernel::Digest;

pub use index::{AnchorEntry, PointEntry, PointKey, RepositoryIndex, Source};
pub use pack::PointPack;

/// Where packs are read from by their digest. The one who implements it
/// promises that the bytes have the digest.
pub trait Packs: Sync {
    /// The bytes of a pack.
    ///
    /// # Errors
    /// `NotFound` where there is none of this digest; else what reading says.
    fn pack(&self, digest: &Digest) -> io::Result<Bytes>;
}
