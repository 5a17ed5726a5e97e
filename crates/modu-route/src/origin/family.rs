//! The VRPs of one address family, arranged for lookups.

use rpki::resources::{Asn, addr::Prefix};

use super::directory::Directory;
use super::{AS_0, Authorisation, Validity};
use crate::vrp::{Vrp, bits_of};

/// The bits of an address, in as many as its family has.
pub(super) trait Address: Copy + Ord {
    /// The unspecified address.
    const ZERO: Self;

    /// A prefix's first address.
    fn of(prefix: Prefix) -> Self;

    /// The first 32 bits.
    fn head(self) -> u32;

    /// How many first bits are the same.
    fn common(self, other: Self) -> u32;
}

macro_rules! address {
    ($bits:ty) => {
        impl Address for $bits {
            const ZERO: Self = 0;

            fn of(prefix: Prefix) -> Self {
                (bits_of(prefix) >> (u128::BITS - Self::BITS)) as Self
            }

            fn head(self) -> u32 {
                (self >> (Self::BITS - u32::BITS)) as u32
            }

            fn common(self, other: Self) -> u32 {
                (self ^ other).leading_zeros()
            }
        }
    };
}

address!(u32);
address!(u128);

/// No covering prefix.
const NONE: u32 = u32::MAX;

/// Nodes before the first that stand behind no route and cover none, so that a
/// look at the [`NEAR`] nodes before a place needs no question.
const BEFORE: usize = NEAR;

/// How many nodes are compared at once: cells hold one or two.
const NEAR: usize = 3;

/// A VRP. Those of one prefix follow each other, each the parent of the next.
#[derive(Debug, Clone, Copy)]
struct Node<A> {
    bits: A,
    /// The VRP before it of the same prefix, else the last of the nearest
    /// prefix that covers it, or [`NONE`].
    parent: u32,
    origin: u32,
    length: u8,
    max_length: u8,
    /// The length of the widest prefix on the way up; more than any length
    /// where it stands before the first node.
    widest: u8,
    /// The origins named on the way up, itself included: see [`mark`].
    named: u8,
}

/// What is asked of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Route<A> {
    pub(super) bits: A,
    /// AS 0, which is nobody, stands for no origin too.
    pub(super) origin: u32,
    pub(super) length: u8,
}

#[derive(Debug, Clone)]
pub(super) struct Family<A> {
    nodes: Vec<Node<A>>,
    directory: Directory,
}

impl<A: Address> Family<A> {
    /// From VRPs of one family, in order.
    pub(super) fn new(vrps: &[Vrp]) -> Self {
        let before = Node {
            bits: A::ZERO,
            parent: NONE,
            origin: 0,
            length: 0,
            max_length: 0,
            widest: u8::MAX,
            named: 0,
        };
        let mut nodes: Vec<Node<A>> = Vec::with_capacity(BEFORE + vrps.len());
        nodes.resize(BEFORE, before);
        // The prefixes that cover the current place, the widest first.
        let mut covering: Vec<u32> = Vec::new();
        for vrp in vrps {
            let (bits, length) = (A::of(vrp.prefix), vrp.prefix.len());
            while let Some(&nearest) = covering.last() {
                if nodes[nearest as usize].covers(bits, length) {
                    break;
                }
                covering.pop();
            }
            let parent = covering.last().copied();
            let above = parent.map(|parent| nodes[parent as usize]);
            covering.push(nodes.len() as u32);
            let origin = vrp.origin.into_u32();
            nodes.push(Node {
                bits,
                parent: parent.unwrap_or(NONE),
                origin,
                length,
                max_length: vrp.max_length,
                widest: above.map_or(length, |above| above.widest),
                named: above.map_or(0, |above| above.named) | mark(origin),
            });
        }
        let directory = Directory::new(nodes[BEFORE..].iter().map(|node| node.bits));
        Self { nodes, directory }
    }

    /// What the VRPs say of a route.
    pub(super) fn ask(&self, route: &Route<A>) -> Validity {
        let cell = self.directory.cell(route.bits);
        self.validity(route, cell, self.behind(cell))
    }

    /// The cell of the directory in which a prefix is looked for; below
    /// [`Family::cells`].
    pub(super) fn cell(&self, prefix: Prefix) -> u32 {
        self.directory.cell(A::of(prefix))
    }

    pub(super) fn cells(&self) -> usize {
        self.directory.cells()
    }

    /// Behind which node a cell ends, at the latest.
    pub(super) fn behind(&self, cell: u32) -> usize {
        self.directory.range(cell).1 + BEFORE
    }

    /// What the VRPs say of a route whose cell is known, and its end.
    ///
    /// The last node at or before the route in the list decides, mostly
    /// without a look at those that cover it: whether any covers the route is
    /// seen by the widest, and only where one of them may name the route's
    /// origin is it looked for.
    pub(super) fn validity(&self, route: &Route<A>, cell: u32, behind: usize) -> Validity {
        let node = &self.nodes[self.last(route, cell, behind)];
        let covered = (node.widest <= route.length)
            & (node.bits.common(route.bits) >= u32::from(node.widest));
        if !covered {
            return Validity::NotFound;
        }
        if node.named & mark(route.origin) == 0 {
            return Validity::Invalid;
        }
        let mut next = node;
        loop {
            if next.authorises(route) {
                return Validity::Valid;
            }
            if next.parent == NONE {
                return Validity::Invalid;
            }
            next = &self.nodes[next.parent as usize];
        }
    }

    /// Asks for the memory in which the node that decides will mostly lie,
    /// and gives something that depends on it.
    pub(super) fn touch(&self, behind: usize) -> u32 {
        self.nodes[behind - 1].origin
    }

    /// The authorisations of all VRPs that cover a route, the nearest first,
    /// until one is what was looked for.
    pub(super) fn covering(&self, route: &Route<A>, mut found: impl FnMut(Authorisation) -> bool) {
        let cell = self.directory.cell(route.bits);
        let last = self.last(route, cell, self.behind(cell));
        let mut next = if last < BEFORE { NONE } else { last as u32 };
        while next != NONE {
            let node = &self.nodes[next as usize];
            next = node.parent;
            let said = Authorisation {
                origin: Asn::from_u32(node.origin),
                max_length: node.max_length,
            };
            if node.covers(route.bits, route.length) && found(said) {
                return;
            }
        }
    }

    /// The last node at or before a route; all that cover it are on its way up.
    fn last(&self, route: &Route<A>, cell: u32, behind: usize) -> usize {
        let after = |node: &Node<A>| {
            (node.bits > route.bits) | ((node.bits == route.bits) & (node.length > route.length))
        };
        // Counted and not searched, so that no answer is guessed at.
        let near = &self.nodes[behind - NEAR..behind];
        let later: usize = near.iter().map(|node| usize::from(after(node))).sum();
        match later {
            NEAR => {
                let from = self.directory.range(cell).0 + BEFORE;
                from + self.nodes[from..behind].partition_point(|node| !after(node)) - 1
            }
            _ => behind - 1 - later,
        }
    }
}

impl<A: Address> Route<A> {
    pub(super) fn new(prefix: Prefix, origin: Option<Asn>) -> Self {
        Self {
            bits: A::of(prefix),
            origin: origin.unwrap_or(AS_0).into_u32(),
            length: prefix.len(),
        }
    }
}

impl<A: Address> Node<A> {
    fn covers(&self, bits: A, length: u8) -> bool {
        (self.length <= length) & (self.bits.common(bits) >= u32::from(self.length))
    }

    /// For a route of a network: AS 0 is not asked for.
    fn authorises(&self, route: &Route<A>) -> bool {
        (self.origin == route.origin)
            & (route.length <= self.max_length)
            & self.covers(route.bits, route.length)
    }
}

/// One of eight bits for each network, by a multiplicative hash (Knuth, The
/// Art of Computer Programming 3, section 6.4); none for AS 0, which a VRP
/// names to authorise nobody.
fn mark(origin: u32) -> u8 {
    u8::from(origin != AS_0.into_u32()) << (origin.wrapping_mul(0x9e37_79b1) >> 29)
}
