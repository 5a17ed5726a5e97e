//! The VRPs of one address family, arranged for lookups.

use rpki::resources::{Asn, addr::Prefix};

use super::Authorisation;
use super::directory::Directory;
use crate::vrp::{Vrp, bits_of};

/// The bits of an address, in as many as its family has.
pub(super) trait Address: Copy + Ord {
    /// A prefix's first address.
    fn of(prefix: Prefix) -> Self;

    /// Whether the first `length` bits are the same.
    fn same(self, other: Self, length: u8) -> bool;

    /// `count` bits behind the first `from`; together at most 32.
    fn bits(self, from: u32, count: u32) -> usize;
}

macro_rules! address {
    ($bits:ty, $of:expr) => {
        impl Address for $bits {
            fn of(prefix: Prefix) -> Self {
                $of(bits_of(prefix))
            }

            fn same(self, other: Self, length: u8) -> bool {
                (self ^ other).leading_zeros() >= u32::from(length)
            }

            fn bits(self, from: u32, count: u32) -> usize {
                let left = self << from;
                // Nothing is left of a shift by all of the bits.
                left.checked_shr(Self::BITS - count).unwrap_or(0) as usize
            }
        }
    };
}

address!(u32, |bits: u128| (bits >> 96) as u32);
address!(u128, |bits: u128| bits);

/// No covering prefix.
const NONE: u32 = u32::MAX;

/// In place of a maxLength: there are several authorisations.
const SEVERAL: u8 = u8::MAX;

/// A prefix that some VRP names.
#[derive(Debug, Clone, Copy)]
struct Node<A> {
    bits: A,
    /// The nearest prefix that covers it, or [`NONE`].
    parent: u32,
    /// The origin of its one authorisation; of several, their place in the
    /// list of lists.
    said: u32,
    length: u8,
    /// Of its one authorisation, or [`SEVERAL`].
    max_length: u8,
}

#[derive(Debug, Clone)]
pub(super) struct Family<A> {
    nodes: Vec<Node<A>>,
    /// The authorisations of prefixes that have several.
    several: Vec<Vec<Authorisation>>,
    directory: Directory,
}

impl<A: Address> Family<A> {
    /// From VRPs of one family, in order.
    pub(super) fn new(vrps: &[Vrp]) -> Self {
        let mut nodes: Vec<Node<A>> = Vec::with_capacity(vrps.len());
        let mut several = Vec::new();
        // The prefixes that cover the current place, the widest first.
        let mut covering: Vec<u32> = Vec::new();
        for same in vrps.chunk_by(|one, other| one.prefix == other.prefix) {
            let [first, ..] = same else { continue };
            let (bits, length) = (A::of(first.prefix), first.prefix.len());
            while let Some(&nearest) = covering.last() {
                if nodes[nearest as usize].covers(bits, length) {
                    break;
                }
                covering.pop();
            }
            let (said, max_length) = match same {
                [one] => (one.origin.into_u32(), one.max_length),
                all => {
                    several.push(all.iter().map(Authorisation::of).collect());
                    (several.len() as u32 - 1, SEVERAL)
                }
            };
            let parent = covering.last().copied().unwrap_or(NONE);
            covering.push(nodes.len() as u32);
            nodes.push(Node {
                bits,
                parent,
                said,
                length,
                max_length,
            });
        }
        let directory = Directory::new(nodes.iter().map(|node| node.bits));
        Self {
            nodes,
            several,
            directory,
        }
    }

    /// The authorisations of all VRPs that cover a prefix, the nearest first,
    /// until one is what was looked for.
    pub(super) fn covering(&self, prefix: Prefix, mut found: impl FnMut(Authorisation) -> bool) {
        let (bits, length) = (A::of(prefix), prefix.len());
        let (from, to) = self.directory.range(bits);
        let end = self.nodes.len();
        let (from, to) = (from.min(end), to.min(end));
        let here = &self.nodes[from..to];
        let behind = from + here.partition_point(|node| (node.bits, node.length) <= (bits, length));
        let mut next = match behind {
            0 => NONE,
            behind => behind as u32 - 1,
        };
        while next != NONE {
            let node = &self.nodes[next as usize];
            next = node.parent;
            if !node.covers(bits, length) {
                continue;
            }
            let done = match node.max_length {
                SEVERAL => self.several[node.said as usize]
                    .iter()
                    .any(|said| found(*said)),
                max_length => found(Authorisation {
                    origin: Asn::from_u32(node.said),
                    max_length,
                }),
            };
            if done {
                return;
            }
        }
    }
}

impl Authorisation {
    fn of(vrp: &Vrp) -> Self {
        Self {
            origin: vrp.origin,
            max_length: vrp.max_length,
        }
    }
}

impl<A: Address> Node<A> {
    fn covers(&self, bits: A, length: u8) -> bool {
        self.length <= length && self.bits.same(bits, self.length)
    }
}
