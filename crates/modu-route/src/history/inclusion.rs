//! One hash for a whole table, and short proofs that a line is in it.
//!
//! The lines are the leaves of the binary tree of RFC 9162, section 2.1 (the
//! tree of RFC 6962, which transparency logs use), so that any implementation
//! of its inclusion proofs checks these, too. A router's operator who wants one
//! line proved need not be given 800,000.

use modu_kernel::Digest;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::payload::{Aspa, Payloads};
use crate::vrp::Vrp;

/// A table's tree of hashes: all levels, the leaves first.
#[derive(Debug, Clone)]
pub struct MerkleTree {
    levels: Vec<Vec<Digest>>,
}

/// What stands for a whole table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableRoot {
    /// How many lines it has.
    pub size: u64,
    /// The root of the tree over them (RFC 9162, section 2.1.1).
    pub root: Digest,
}

impl MerkleTree {
    /// The tree over lines. Cost: two hashings a line, on all cores.
    #[must_use]
    pub fn of(lines: &[String]) -> Self {
        let leaf = |line: &String| Digest::of(&[&[0], line.as_bytes()].concat());
        let mut levels = vec![lines.par_iter().map(leaf).collect::<Vec<_>>()];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            // A node without a sibling is a node of the level above.
            let above = below.par_chunks(2).map(|pair| match pair {
                [left, right] => node(left, right),
                rest => rest.first().copied().unwrap_or_else(|| Digest::of(&[])),
            });
            levels.push(above.collect());
        }
        Self { levels }
    }

    /// Its size and root.
    #[must_use]
    pub fn root(&self) -> TableRoot {
        let top = self.levels.last().and_then(|level| level.first());
        TableRoot {
            size: self.levels.first().map_or(0, |leaves| leaves.len() as u64),
            root: top.copied().unwrap_or_else(|| Digest::of(&[])),
        }
    }

    /// The siblings on the way from a leaf to the root (RFC 9162, section
    /// 2.1.3.1); none where there is no such leaf.
    #[must_use]
    pub fn path(&self, mut index: usize) -> Option<Vec<Digest>> {
        self.levels.first()?.get(index)?;
        let mut path = Vec::new();
        for level in &self.levels {
            path.extend(level.get(index ^ 1).copied());
            index >>= 1;
        }
        Some(path)
    }
}

fn node(left: &Digest, right: &Digest) -> Digest {
    let mut bytes = [1; 65];
    bytes[1..33].copy_from_slice(left.as_bytes());
    bytes[33..].copy_from_slice(right.as_bytes());
    Digest::of(&bytes)
}

/// A VRP as a leaf: `AS64496,192.0.2.0/24,26`.
#[must_use]
pub fn vrp_line(vrp: &Vrp) -> String {
    format!("{},{},{}", vrp.origin, vrp.prefix, vrp.max_length)
}

/// An ASPA as a leaf: `AS64496,AS64500 AS64501`.
#[must_use]
pub fn aspa_line(aspa: &Aspa) -> String {
    let providers: Vec<_> = aspa.providers.iter().map(ToString::to_string).collect();
    format!("{},{}", aspa.customer, providers.join(" "))
}

/// The tree over a run's VRPs, in the order of a routing table.
#[must_use]
pub fn vrp_tree(payloads: &Payloads) -> MerkleTree {
    let lines: Vec<_> = (payloads.vrps.as_slice().par_iter())
        .map(vrp_line)
        .collect();
    MerkleTree::of(&lines)
}

/// The tree over a run's ASPAs, by customer.
#[must_use]
pub fn aspa_tree(payloads: &Payloads) -> MerkleTree {
    let lines: Vec<_> = payloads.aspas.iter().map(aspa_line).collect();
    MerkleTree::of(&lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree of RFC 9162, section 2.1.1, word by word.
    fn by_the_book(lines: &[String]) -> Digest {
        match lines {
            [] => Digest::of(&[]),
            [line] => Digest::of(&[&[0], line.as_bytes()].concat()),
            _ => {
                let half = lines.len().next_power_of_two() / 2;
                let (left, right) = lines.split_at(half);
                node(&by_the_book(left), &by_the_book(right))
            }
        }
    }

    #[test]
    fn roots_are_those_of_the_book_at_every_small_size() {
        for size in 0..70 {
            let lines: Vec<_> = (0..size).map(|line: u32| line.to_string()).collect();
            let tree = MerkleTree::of(&lines);
            assert_eq!(tree.root().root, by_the_book(&lines), "{size}");
            assert_eq!(tree.root().size, u64::from(size));
            assert_eq!(tree.path(lines.len()), None);
        }
    }
}
