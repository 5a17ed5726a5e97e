//! Origin validation: is this network authorised to originate this prefix?
//!
//! RFC 6811, section 2: a route is *valid* where some VRP covers its prefix,
//! allows its length and names its origin; *invalid* where VRPs cover it and
//! none of them does; *not found* where none covers it.
//!
//! The index holds the prefixes of all VRPs sorted by address and length, each
//! with its nearest covering prefix. Every prefix that covers a route lies at
//! or before the route in that order, on the chain of covering prefixes of the
//! last one there: so a lookup is a search for one place, narrowed by a table
//! over the first bits of the address, and a short walk up.

use rpki::resources::{Asn, addr::Prefix};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::vrp::{Vrp, VrpTable, bits_of};

/// What VRPs say of a route (RFC 6811, section 2).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    /// Some VRP authorises it.
    Valid,
    /// VRPs cover it, and none authorises it.
    Invalid,
    /// No VRP covers it.
    NotFound,
}

/// Why a covered route is authorised by none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Invalid {
    /// The origin is named by a covering VRP, but the prefix is longer than
    /// its maxLength.
    TooSpecific,
    /// No covering VRP names the origin.
    WrongOrigin,
}

/// All VRPs, arranged for lookups.
#[derive(Debug, Clone)]
pub struct OriginIndex {
    v4: Family,
    v6: Family,
}

impl OriginIndex {
    /// Arranges a table. Cost: one pass over the sorted VRPs; about 40 bytes
    /// a VRP.
    #[must_use]
    pub fn new(table: &VrpTable) -> Self {
        let vrps = table.as_slice();
        // The table is sorted with IPv4 first.
        let (v4, v6) = vrps.split_at(vrps.partition_point(|vrp| vrp.prefix.is_v4()));
        Self {
            v4: Family::new(v4),
            v6: Family::new(v6),
        }
    }

    /// What the VRPs say of a route; an origin is absent where the path ends
    /// in an AS_SET, which no VRP can match (RFC 6811, section 2).
    #[must_use]
    pub fn validity(&self, prefix: Prefix, origin: Option<Asn>) -> Validity {
        let mut covered = false;
        for authorisation in self.family(prefix).covering(prefix) {
            if authorisation.authorises(prefix, origin) {
                return Validity::Valid;
            }
            covered = true;
        }
        match covered {
            true => Validity::Invalid,
            false => Validity::NotFound,
        }
    }

    /// Why a route is invalid; `None` where it is not.
    #[must_use]
    pub fn why_invalid(&self, prefix: Prefix, origin: Option<Asn>) -> Option<Invalid> {
        let mut why = None;
        for authorisation in self.family(prefix).covering(prefix) {
            if authorisation.authorises(prefix, origin) {
                return None;
            }
            let named = origin == Some(authorisation.origin) && authorisation.origin != AS_0;
            why = match (why, named) {
                (_, true) => Some(Invalid::TooSpecific),
                (None, false) => Some(Invalid::WrongOrigin),
                (why, false) => why,
            };
        }
        why
    }

    fn family(&self, prefix: Prefix) -> &Family {
        match prefix.is_v4() {
            true => &self.v4,
            false => &self.v6,
        }
    }
}

/// The network that is nobody: a VRP for it authorises no route (RFC 6483,
/// section 4).
const AS_0: Asn = Asn::MIN;

/// What a VRP allows, beside its prefix.
#[derive(Debug, Clone, Copy)]
struct Authorisation {
    origin: Asn,
    max_length: u8,
}

impl Authorisation {
    fn authorises(self, prefix: Prefix, origin: Option<Asn>) -> bool {
        origin == Some(self.origin) && self.origin != AS_0 && prefix.len() <= self.max_length
    }
}

/// How many first bits of an address the table of places looks at.
const FIRST_BITS: u32 = 18;

/// No covering prefix.
const NONE: u32 = u32::MAX;

/// A prefix that some VRP names.
#[derive(Debug, Clone, Copy)]
struct Node {
    bits: u128,
    length: u8,
    /// The nearest prefix that covers it, or [`NONE`].
    parent: u32,
    /// Where its authorisations begin; they end where the next node's do.
    first: u32,
}

impl Node {
    fn covers(&self, bits: u128, length: u8) -> bool {
        self.length <= length && (self.bits ^ bits) & mask(self.length) == 0
    }
}

/// The first `length` bits set.
fn mask(length: u8) -> u128 {
    match length {
        0 => 0,
        length => u128::MAX << (128 - u32::from(length)),
    }
}

#[derive(Debug, Clone)]
struct Family {
    nodes: Vec<Node>,
    authorisations: Vec<Authorisation>,
    /// For each value of the first bits, the first node that begins with it or
    /// a larger one; one more at the end.
    places: Vec<u32>,
}

impl Family {
    /// From VRPs of one family, in order.
    fn new(vrps: &[Vrp]) -> Self {
        let mut nodes: Vec<Node> = Vec::new();
        let mut authorisations = Vec::with_capacity(vrps.len());
        // The prefixes that cover the current place, the widest first.
        let mut covering: Vec<u32> = Vec::new();
        for vrp in vrps {
            let (bits, length) = (bits_of(vrp.prefix), vrp.prefix.len());
            let known = nodes.last();
            if !known.is_some_and(|node| node.bits == bits && node.length == length) {
                while let Some(&widest) = covering.last() {
                    if nodes[widest as usize].covers(bits, length) {
                        break;
                    }
                    covering.pop();
                }
                let index = nodes.len() as u32;
                nodes.push(Node {
                    bits,
                    length,
                    parent: covering.last().copied().unwrap_or(NONE),
                    first: authorisations.len() as u32,
                });
                covering.push(index);
            }
            authorisations.push(Authorisation {
                origin: vrp.origin,
                max_length: vrp.max_length,
            });
        }
        let places = places(&nodes);
        Self {
            nodes,
            authorisations,
            places,
        }
    }

    /// The authorisations of all VRPs that cover a prefix, the nearest first.
    fn covering(&self, prefix: Prefix) -> impl Iterator<Item = Authorisation> {
        let (bits, length) = (bits_of(prefix), prefix.len());
        let bucket = first_bits(bits);
        let from = self.places[bucket] as usize;
        let to = self.places[bucket + 1] as usize;
        let here = &self.nodes[from..to];
        let behind = from + here.partition_point(|node| (node.bits, node.length) <= (bits, length));
        let mut next = match behind {
            0 => NONE,
            behind => behind as u32 - 1,
        };
        std::iter::from_fn(move || {
            while next != NONE {
                let index = next as usize;
                let node = self.nodes[index];
                next = node.parent;
                if node.covers(bits, length) {
                    let last = self
                        .nodes
                        .get(index + 1)
                        .map_or(self.authorisations.len(), |after| after.first as usize);
                    return Some(&self.authorisations[node.first as usize..last]);
                }
            }
            None
        })
        .flatten()
        .copied()
    }
}

fn first_bits(bits: u128) -> usize {
    (bits >> (128 - FIRST_BITS)) as usize
}

fn places(nodes: &[Node]) -> Vec<u32> {
    let mut places = Vec::with_capacity((1 << FIRST_BITS) + 1);
    let mut index = 0;
    for first in 0..=1_usize << FIRST_BITS {
        while nodes
            .get(index)
            .is_some_and(|node| first_bits(node.bits) < first)
        {
            index += 1;
        }
        places.push(index as u32);
    }
    places
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use proptest::prelude::*;

    use super::*;
    use crate::text;

    fn table(vrps: &[(&str, u8, u32)]) -> VrpTable {
        vrps.iter()
            .map(|&(prefix, max_length, origin)| Vrp {
                prefix: text::prefix(prefix).unwrap(),
                max_length,
                origin: Asn::from_u32(origin),
            })
            .collect()
    }

    #[test]
    fn the_cases_of_rfc_6811_are_told_apart() {
        let index = OriginIndex::new(&table(&[
            ("192.0.2.0/24", 26, 64496),
            ("198.51.100.0/24", 24, 0),
            ("2001:db8::/32", 48, 64497),
            ("0.0.0.0/0", 0, 64498),
        ]));
        let ask = |prefix: &str, origin: u32| {
            let (prefix, origin) = (text::prefix(prefix).unwrap(), Some(Asn::from_u32(origin)));
            let why = index.why_invalid(prefix, origin);
            assert_eq!(
                why.is_some(),
                index.validity(prefix, origin) == Validity::Invalid
            );
            (index.validity(prefix, origin), why)
        };
        let invalid = |why| (Validity::Invalid, Some(why));
        assert_eq!(ask("192.0.2.0/24", 64496), (Validity::Valid, None));
        assert_eq!(ask("192.0.2.64/26", 64496), (Validity::Valid, None));
        assert_eq!(ask("192.0.2.0/27", 64496), invalid(Invalid::TooSpecific));
        assert_eq!(ask("192.0.2.0/24", 64499), invalid(Invalid::WrongOrigin));
        assert_eq!(ask("198.51.100.0/24", 0), invalid(Invalid::WrongOrigin));
        assert_eq!(ask("0.0.0.0/0", 64498), (Validity::Valid, None));
        assert_eq!(ask("2001:db8:1::/48", 64497), (Validity::Valid, None));
        assert_eq!(ask("2001:db9::/32", 64497), (Validity::NotFound, None));
        let set = text::prefix("192.0.2.0/24").unwrap();
        assert_eq!(index.validity(set, None), Validity::Invalid);
        let empty = OriginIndex::new(&VrpTable::default());
        assert_eq!(empty.validity(set, None), Validity::NotFound);
    }

    /// Straight from the RFC's text.
    fn by_the_rfc(vrps: &[Vrp], prefix: Prefix, origin: Option<Asn>) -> Validity {
        let covering: Vec<_> = vrps.iter().filter(|it| it.prefix.covers(prefix)).collect();
        let matched = covering.iter().any(|it| {
            origin == Some(it.origin) && it.origin != Asn::MIN && prefix.len() <= it.max_length
        });
        match (matched, covering.is_empty()) {
            (true, _) => Validity::Valid,
            (false, false) => Validity::Invalid,
            (false, true) => Validity::NotFound,
        }
    }

    prop_compose! {
        /// Few bits vary, so that prefixes often cover each other.
        fn any_prefix()(v6: bool, seed: u8, length in 0_u8..=6, deep: bool) -> Prefix {
            let length = if deep { length + 20 } else { length };
            let bits = (u128::from(seed & 7) << 125 | u128::from(seed >> 3) << 103) & mask(length);
            match v6 {
                true => Prefix::new(std::net::Ipv6Addr::from(bits).into(), length).unwrap(),
                false => {
                    let bits = std::net::Ipv4Addr::from((bits >> 96) as u32);
                    Prefix::new(bits.into(), length).unwrap()
                }
            }
        }
    }

    prop_compose! {
        fn any_vrp()(prefix in any_prefix(), more in 0_u8..4, origin in 0_u32..4) -> Vrp {
            let max_length = prefix.len() + more;
            Vrp { prefix, max_length, origin: Asn::from_u32(origin) }
        }
    }

    proptest! {
        #[test]
        fn the_index_answers_as_the_rfc_does(
            vrps in prop::collection::vec(any_vrp(), 0..60),
            routes in prop::collection::vec((any_prefix(), prop::option::of(0_u32..4)), 1..60),
        ) {
            let index = OriginIndex::new(&vrps.iter().copied().collect());
            for (prefix, origin) in routes {
                let origin = origin.map(Asn::from_u32);
                prop_assert_eq!(
                    index.validity(prefix, origin),
                    by_the_rfc(&vrps, prefix, origin),
                    "{} {:?}", prefix, origin
                );
            }
        }
    }
}
