//! The Merkle tree: one hash for a whole log, and short proofs about it.
//!
//! The entries are the leaves of a binary tree; each inner node is the hash of
//! its two children, so the root changes when any entry does. Two kinds of
//! proof follow. An *inclusion* proof is the list of siblings on the way from
//! a leaf to the root: about log2(n) hashes show that an entry is in the log.
//! A *consistency* proof shows that a larger tree still begins with all of a
//! smaller one: nothing was taken out or changed in between.
//!
//! RFC 9162, sections 2.1.1 to 2.1.4 (the same tree as RFC 6962).

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

use super::MAX_TREE_SIZE;
use crate::EvidenceError;

/// The most hashes of a proof: a tree below 2^63 leaves has no longer one.
pub const MAX_PROOF_HASHES: usize = 63;

/// A node of the tree: a SHA-256 that is domain-separated, so that no entry
/// can pass as an inner node. Written in base64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The root of the tree without leaves, SHA-256 of nothing.
    #[must_use]
    pub fn of_empty_tree() -> Self {
        Self(Sha256::digest([]).into())
    }

    /// The hash of an entry: SHA-256(0x00 || entry).
    #[must_use]
    pub fn of_leaf(entry: &[u8]) -> Self {
        Self(
            Sha256::new()
                .chain_update([0])
                .chain_update(entry)
                .finalize()
                .into(),
        )
    }

    /// The hash of an inner node: SHA-256(0x01 || left || right).
    #[must_use]
    pub fn of_node(left: &Self, right: &Self) -> Self {
        let mut bytes = [1; 65];
        bytes[1..33].copy_from_slice(&left.0);
        bytes[33..].copy_from_slice(&right.0);
        Self(Sha256::digest(bytes).into())
    }

    /// A hash made of its 32 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads base64 of 32 bytes, in its one spelling.
    #[must_use]
    pub fn from_base64(text: &str) -> Option<Self> {
        if text.len() != 44 {
            return None;
        }
        let bytes = BASE64_STANDARD.decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Shows that the entry at `index` is in the tree of `size` entries.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InclusionProof {
    /// The entry's place, from 0.
    pub index: u64,
    /// How many entries the tree has.
    pub size: u64,
    /// The siblings on the way to the root, from the leaf upwards.
    pub hashes: Vec<Hash>,
}

impl InclusionProof {
    /// Checks that the proof leads from a leaf to a root (RFC 9162, section
    /// 2.1.3.2). One hashing per level.
    ///
    /// # Errors
    /// [`EvidenceError::Proof`].
    pub fn verify(&self, leaf: &Hash, root: &Hash) -> Result<(), EvidenceError> {
        let wrong = |problem: &str| {
            Err(EvidenceError::Proof {
                proof: "inclusion",
                problem: problem.into(),
            })
        };
        if self.size > MAX_TREE_SIZE || self.index >= self.size {
            return wrong("its index is not in a tree of its size");
        }
        let mut place = self.index;
        let mut last = self.size - 1;
        let mut node = *leaf;
        for sibling in &self.hashes {
            if last == 0 {
                return wrong("it is longer than the tree is high");
            }
            if place & 1 == 1 || place == last {
                node = Hash::of_node(sibling, &node);
                // The right edge may skip levels on which it has no sibling.
                while place & 1 == 0 && place != 0 {
                    place >>= 1;
                    last >>= 1;
                }
            } else {
                node = Hash::of_node(&node, sibling);
            }
            place >>= 1;
            last >>= 1;
        }
        if last != 0 {
            return wrong("it is shorter than the tree is high");
        }
        if node != *root {
            return wrong("it leads to another root");
        }
        Ok(())
    }
}

/// Shows that the tree of `new_size` entries begins with the tree of
/// `old_size`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConsistencyProof {
    /// The earlier tree's number of entries.
    pub old_size: u64,
    /// The later tree's number of entries.
    pub new_size: u64,
    /// The hashes of RFC 9162, section 2.1.4.1. Empty where the sizes are
    /// equal or the earlier tree is empty.
    pub hashes: Vec<Hash>,
}

impl ConsistencyProof {
    /// Checks that one history leads to both roots (RFC 9162, section
    /// 2.1.4.2). Two hashings per level at most.
    ///
    /// # Errors
    /// [`EvidenceError::Proof`].
    pub fn verify(&self, old_root: &Hash, new_root: &Hash) -> Result<(), EvidenceError> {
        let wrong = |problem: &str| {
            Err(EvidenceError::Proof {
                proof: "consistency",
                problem: problem.into(),
            })
        };
        if self.new_size > MAX_TREE_SIZE || self.old_size > self.new_size {
            return wrong("the earlier tree is larger than the later one");
        }
        if self.old_size == 0 || self.old_size == self.new_size {
            if !self.hashes.is_empty() {
                return wrong("it should be empty between these sizes");
            }
            if self.old_size == 0 && *old_root != Hash::of_empty_tree() {
                return wrong("the earlier root is not that of the empty tree");
            }
            if self.old_size == self.new_size && old_root != new_root {
                return wrong("two trees of one size have different roots");
            }
            return Ok(());
        }
        match self.roots(old_root) {
            None => wrong("it does not have the length that these sizes need"),
            Some((old, _)) if old != *old_root => wrong("it leads to another earlier root"),
            Some((_, new)) if new != *new_root => wrong("it leads to another later root"),
            Some(_) => Ok(()),
        }
    }

    /// The two roots that the hashes lead to, or nothing where there are too
    /// few or too many. Only for 0 < old size < new size.
    fn roots(&self, old_root: &Hash) -> Option<(Hash, Hash)> {
        // An earlier tree that is complete is itself a node of the later one,
        // and the proof leaves it out.
        let complete = self.old_size.is_power_of_two();
        let mut hashes = complete.then_some(old_root).into_iter().chain(&self.hashes);
        let mut place = self.old_size - 1;
        let mut last = self.new_size - 1;
        while place & 1 == 1 {
            place >>= 1;
            last >>= 1;
        }
        let first = *hashes.next()?;
        let (mut old, mut new) = (first, first);
        for hash in hashes {
            if last == 0 {
                return None;
            }
            if place & 1 == 1 || place == last {
                old = Hash::of_node(hash, &old);
                new = Hash::of_node(hash, &new);
                while place & 1 == 0 && place != 0 {
                    place >>= 1;
                    last >>= 1;
                }
            } else {
                new = Hash::of_node(&new, hash);
            }
            place >>= 1;
            last >>= 1;
        }
        (last == 0).then_some((old, new))
    }
}
