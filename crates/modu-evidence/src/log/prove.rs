//! Making proofs and roots from stored nodes.
//!
//! A log stores only *complete* subtrees: those of 2^h leaves that begin at a
//! multiple of 2^h. They never change once they exist. Everything else, the
//! root and the right edge of any earlier or later tree included, is hashed
//! from them when it is asked for.

use super::merkle::{ConsistencyProof, Hash, InclusionProof};
use crate::EvidenceError;

/// Where complete subtrees are looked up.
pub(super) trait Nodes {
    /// The root of the complete subtree of 2^`height` leaves that begins at
    /// leaf `index * 2^height`. Only subtrees within the tree are asked for.
    fn node(&self, height: u8, index: u64) -> Result<Hash, EvidenceError>;
}

/// The largest power of two below `size`; `size` is at least 2.
fn split(size: u64) -> u64 {
    1 << (63 - (size - 1).leading_zeros())
}

/// The hash over leaves `start..end`, where `start` is a multiple of a power
/// of two not smaller than the range, as every right subtree's is.
fn range(nodes: &dyn Nodes, start: u64, end: u64) -> Result<Hash, EvidenceError> {
    let size = end - start;
    if size.is_power_of_two() {
        let height = size.trailing_zeros() as u8;
        return nodes.node(height, start >> height);
    }
    let middle = start + split(size);
    let left = range(nodes, start, middle)?;
    let right = range(nodes, middle, end)?;
    Ok(Hash::of_node(&left, &right))
}

/// MTH(D[size]) of RFC 9162, section 2.1.1.
pub(super) fn root(nodes: &dyn Nodes, size: u64) -> Result<Hash, EvidenceError> {
    match size {
        0 => Ok(Hash::of_empty_tree()),
        _ => range(nodes, 0, size),
    }
}

/// PATH(index, D[size]) of RFC 9162, section 2.1.3.1; `index` is below `size`.
pub(super) fn inclusion(
    nodes: &dyn Nodes,
    index: u64,
    size: u64,
) -> Result<InclusionProof, EvidenceError> {
    let mut hashes = Vec::new();
    let (mut start, mut end) = (0, size);
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            hashes.push(range(nodes, middle, end)?);
            end = middle;
        } else {
            hashes.push(range(nodes, start, middle)?);
            start = middle;
        }
    }
    hashes.reverse();
    Ok(InclusionProof {
        index,
        size,
        hashes,
    })
}

/// PROOF(old, D[new]) of RFC 9162, section 2.1.4.1; `old` is at most `new`.
pub(super) fn consistency(
    nodes: &dyn Nodes,
    old_size: u64,
    new_size: u64,
) -> Result<ConsistencyProof, EvidenceError> {
    let mut hashes = Vec::new();
    if old_size != 0 && old_size != new_size {
        let (mut start, mut end) = (0, new_size);
        while end != old_size {
            let middle = start + split(end - start);
            if old_size <= middle {
                hashes.push(range(nodes, middle, end)?);
                end = middle;
            } else {
                hashes.push(range(nodes, start, middle)?);
                start = middle;
            }
        }
        // The subtree that ends where the earlier tree ends; where it is the
        // whole earlier tree, the verifier has its root already.
        if start != 0 {
            hashes.push(range(nodes, start, end)?);
        }
        hashes.reverse();
    }
    Ok(ConsistencyProof {
        old_size,
        new_size,
        hashes,
    })
}
