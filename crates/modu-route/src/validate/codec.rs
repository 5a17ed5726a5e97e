//! The bytes of a validated tree.
//!
//! A run's tree is the next run's memory, read and written each time: so it is
//! compact, and reading it is one pass. Layout: the line `modu tree 1`, then
//! the fields in the order of the types. Counts and lengths are LEB128 numbers
//! in their shortest form, instants eight bytes (big-endian, two's
//! complement), digests and key identifiers their bytes, texts UTF-8 behind
//! their length, choices one byte; a bit of an object's choice says that bytes
//! follow its DER. One tree has one encoding.

mod read;
mod write;

use super::tree::ValidatedTree;
use crate::RouteError;

const MAGIC: &[u8] = b"modu tree 1\n";

/// The choices, one byte each.
mod tag {
    pub(super) const ABSENT: u8 = 0;
    pub(super) const PRESENT: u8 = 1;
    pub(super) const CURRENT: u8 = 0;
    pub(super) const KEPT: u8 = 1;
    pub(super) const REFUSED: u8 = 2;
    pub(super) const RRDP: u8 = 0;
    pub(super) const RSYNC: u8 = 1;
    pub(super) const ROA: u8 = 0;
    pub(super) const ASPA: u8 = 1;
    pub(super) const AUTHORITY: u8 = 2;
    pub(super) const REVOCATION_LIST: u8 = 3;
    pub(super) const PASSED_OVER: u8 = 4;
    pub(super) const REJECTED: u8 = 5;
    /// Beside an object's choice: bytes follow its DER.
    pub(super) const TRAILING: u8 = 0x80;
}

impl ValidatedTree {
    /// The one encoding. Cost: about 80 bytes for an object of one prefix.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        write::tree(self)
    }

    /// Reads an encoding.
    ///
    /// # Errors
    /// [`RouteError`] where it is not the one encoding of a tree, or larger
    /// than [`crate::limits::TREE_BYTES`].
    pub fn parse(bytes: &[u8]) -> Result<Self, RouteError> {
        read::tree(bytes)
    }
}

#[cfg(test)]
mod tests;
