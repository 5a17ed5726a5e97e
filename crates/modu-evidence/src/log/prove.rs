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

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test fails where something is missing"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Leaf hashes, answering by the definition alone.
    struct Naive(Vec<Hash>);

    impl Naive {
        fn new(size: u64) -> Self {
            Self((0..size).map(|n| Hash::of_leaf(&n.to_be_bytes())).collect())
        }

        /// MTH as RFC 9162, section 2.1.1 defines it.
        fn mth(leaves: &[Hash]) -> Hash {
            match leaves {
                [] => Hash::of_empty_tree(),
                [leaf] => *leaf,
                _ => {
                    let mut middle = 1;
                    while middle * 2 < leaves.len() {
                        middle *= 2;
                    }
                    let (left, right) = leaves.split_at(middle);
                    Hash::of_node(&Self::mth(left), &Self::mth(right))
                }
            }
        }

        fn root(&self, size: u64) -> Hash {
            Self::mth(&self.0[..size as usize])
        }
    }

    impl Nodes for Naive {
        fn node(&self, height: u8, index: u64) -> Result<Hash, EvidenceError> {
            let start = (index << height) as usize;
            Ok(Self::mth(&self.0[start..start + (1 << height)]))
        }
    }

    /// Everything that differs from a list of hashes by one small step.
    fn mutants(hashes: &[Hash]) -> Vec<Vec<Hash>> {
        let mut mutants = Vec::new();
        for place in 0..hashes.len() {
            for byte in 0..32 {
                let mut flipped = *hashes[place].as_bytes();
                flipped[byte] ^= 1 << (byte % 8);
                let mut mutant = hashes.to_vec();
                mutant[place] = Hash::from_bytes(flipped);
                mutants.push(mutant);
            }
            let mut shorter = hashes.to_vec();
            shorter.remove(place);
            mutants.push(shorter);
            let mut doubled = hashes.to_vec();
            doubled.insert(place, hashes[place]);
            mutants.push(doubled);
            if place > 0 {
                let mut swapped = hashes.to_vec();
                swapped.swap(place - 1, place);
                mutants.push(swapped);
            }
        }
        let mut longer = hashes.to_vec();
        longer.push(Hash::of_empty_tree());
        mutants.push(longer);
        mutants.retain(|mutant| mutant != hashes);
        mutants
    }

    #[test]
    fn the_roots_of_the_certificate_transparency_test_data_come_out() {
        // RFC 6962 reference implementation (certificate-transparency,
        // merkle_tree_test.cc): eight leaves and the root after each.
        let leaves: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let nodes = Naive(leaves.iter().map(|leaf| Hash::of_leaf(leaf)).collect());
        for (size, expected) in (1..).zip(roots) {
            let root = modu_kernel::Digest::from_bytes(*root(&nodes, size).unwrap().as_bytes());
            assert_eq!(root.to_hex(), expected, "{size} leaves");
        }
    }

    #[test]
    fn every_inclusion_proof_of_small_trees_verifies_and_no_other_index_does() {
        let nodes = Naive::new(70);
        for size in 1..=70 {
            let naive = nodes.root(size);
            assert_eq!(root(&nodes, size).unwrap(), naive);
            for index in 0..size {
                let mut proof = inclusion(&nodes, index, size).unwrap();
                let leaf = &nodes.0[index as usize];
                proof.verify(leaf, &naive).unwrap();
                for other in (0..size + 2).filter(|other| *other != index) {
                    proof.index = other;
                    assert!(
                        proof.verify(leaf, &naive).is_err(),
                        "{index} as {other} of {size}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_consistency_proof_of_small_trees_verifies() {
        let nodes = Naive::new(130);
        let roots: Vec<_> = (0..=130).map(|size| nodes.root(size)).collect();
        for new in 0..=130 {
            for old in 0..=new {
                let proof = consistency(&nodes, old, new).unwrap();
                let (old, new) = (&roots[old as usize], &roots[new as usize]);
                proof.verify(old, new).unwrap();
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_mutant_of_an_inclusion_proof_verifies(size in 1u64..600, at: prop::sample::Index) {
            let nodes = Naive::new(size);
            let root = nodes.root(size);
            let index = at.index(size as usize) as u64;
            let leaf = nodes.0[index as usize];
            let proof = inclusion(&nodes, index, size).unwrap();
            prop_assert!(proof.verify(&leaf, &root).is_ok());
            prop_assert!(proof.verify(&root, &leaf).is_err() || size == 1);
            for hashes in mutants(&proof.hashes) {
                let mutant = InclusionProof { hashes, ..proof };
                prop_assert!(mutant.verify(&leaf, &root).is_err());
            }
        }

        #[test]
        fn no_mutant_of_a_consistency_proof_verifies(size in 2u64..600, at: prop::sample::Index) {
            let nodes = Naive::new(size);
            let old_size = 1 + at.index(size as usize) as u64;
            let (old, new) = (nodes.root(old_size), nodes.root(size));
            let proof = consistency(&nodes, old_size, size).unwrap();
            prop_assert!(proof.verify(&old, &new).is_ok());
            let empty = Hash::of_empty_tree();
            prop_assert!(proof.verify(&empty, &new).is_err());
            prop_assert!(proof.verify(&old, &empty).is_err());
            for hashes in mutants(&proof.hashes) {
                let mutant = ConsistencyProof { hashes, ..proof };
                prop_assert!(mutant.verify(&old, &new).is_err());
            }
        }
    }
}
