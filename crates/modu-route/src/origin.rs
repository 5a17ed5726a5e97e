//! Origin validation: is this network authorised to originate this prefix?
//!
//! RFC 6811, section 2: a route is *valid* where some VRP covers its prefix,
//! allows its length and names its origin; *invalid* where VRPs cover it and
//! none of them does; *not found* where none covers it.
//!
//! The index holds all VRPs sorted by address and length, each with the
//! nearest that covers it. Every VRP that covers a route lies at or before the
//! route in that order, on the chain of covering VRPs of the last one there:
//! so a lookup is a search for one place, narrowed by a directory over the
//! first bits of the address, and rarely a short walk up. What a lookup costs
//! is waiting for memory, so a VRP is kept in 16 bytes for IPv4, 32 for IPv6,
//! and says of its chain what mostly decides without a walk. Where many routes
//! are asked for at once, in any order, the waiting is done for all together.

mod directory;
mod family;
mod list;

use rpki::resources::{Asn, addr::Prefix};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::family::{Family, Route};
use crate::vrp::VrpTable;

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
    v4: Family<u32>,
    v6: Family<u128>,
}

impl OriginIndex {
    /// Arranges a table. Cost: one pass over the sorted VRPs; about 20 bytes
    /// a VRP and 1 MiB.
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
        match prefix.is_v4() {
            true => self.v4.ask(&Route::new(prefix, origin)),
            false => self.v6.ask(&Route::new(prefix, origin)),
        }
    }

    /// What the VRPs say of each of many routes, in whatever order they come:
    /// as [`OriginIndex::validity`], but cheaper where the routes are not in
    /// the order of a routing table. Cost: some 40 bytes a
    /// route beside the answers, of a million routes at a time.
    #[must_use]
    pub fn validities(&self, routes: &[(Prefix, Option<Asn>)]) -> Vec<Validity> {
        let mut said = vec![Validity::NotFound; routes.len()];
        list::answer(&self.v4, &self.v6, routes, &mut said);
        said
    }

    /// Why a route is invalid; `None` where it is not.
    #[must_use]
    pub fn why_invalid(&self, prefix: Prefix, origin: Option<Asn>) -> Option<Invalid> {
        let mut why = None;
        self.covering(prefix, |authorisation| {
            let authorised = authorisation.authorises(prefix, origin);
            let named = origin == Some(authorisation.origin) && authorisation.origin != AS_0;
            why = match (authorised, why, named) {
                (true, ..) => None,
                (_, _, true) => Some(Invalid::TooSpecific),
                (_, None, false) => Some(Invalid::WrongOrigin),
                (_, why, false) => why,
            };
            authorised
        });
        why
    }

    /// The authorisations of all VRPs that cover a prefix, the nearest first,
    /// until one is what was looked for.
    fn covering(&self, prefix: Prefix, found: impl FnMut(Authorisation) -> bool) {
        match prefix.is_v4() {
            true => self.v4.covering(&Route::new(prefix, None), found),
            false => self.v6.covering(&Route::new(prefix, None), found),
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use proptest::prelude::*;

    use super::*;
    use crate::text;
    use crate::vrp::Vrp;

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

    /// The first `length` bits set.
    fn mask(length: u8) -> u128 {
        u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0)
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

    #[test]
    fn crowded_blocks_and_long_lists_are_answered_as_the_rfc_does() {
        let network = |block: u32, origin: u32| Vrp {
            prefix: Prefix::new(
                std::net::Ipv6Addr::from(0x2a0b_0005_u128 << 96 | u128::from(block) << 80).into(),
                48,
            )
            .unwrap(),
            max_length: 48,
            origin: Asn::from_u32(origin),
        };
        // More in one cell of the directory than a byte counts; of one prefix
        // too.
        let mut vrps: Vec<Vrp> = (0..3_000).map(|it| network(2 * it, it)).collect();
        vrps.extend((0..700).map(|it| network(4_000, 10 + it)));
        let wide = text::prefix("2a0b::/16").unwrap();
        vrps.push(Vrp {
            prefix: wide,
            max_length: 30,
            origin: Asn::from_u32(7),
        });
        let index = OriginIndex::new(&vrps.iter().copied().collect());
        let asked: Vec<(Prefix, Option<Asn>)> = (0..6_100_u32)
            .step_by(61)
            .chain([4_000, 4_001, 65_535])
            .flat_map(|it| [(it, it / 2), (it, 709), (it, 7)])
            .map(|(block, origin)| {
                let asked = network(block, origin);
                (asked.prefix, Some(asked.origin))
            })
            .chain([(wide, Some(Asn::from_u32(7)))])
            .collect();
        let expected: Vec<_> = (asked.iter())
            .map(|&(prefix, origin)| by_the_rfc(&vrps, prefix, origin))
            .collect();
        let alone: Vec<_> = (asked.iter())
            .map(|&(prefix, origin)| index.validity(prefix, origin))
            .collect();
        assert_eq!(alone, expected);
        let repeated = 1 + list::LONG / asked.len();
        assert_eq!(
            index.validities(&asked.repeat(repeated)),
            expected.repeat(repeated)
        );
    }

    proptest! {
        #[test]
        fn the_index_answers_as_the_rfc_does(
            vrps in prop::collection::vec(any_vrp(), 0..60),
            routes in prop::collection::vec((any_prefix(), prop::option::of(0_u32..4)), 1..60),
        ) {
            let index = OriginIndex::new(&vrps.iter().copied().collect());
            let routes: Vec<_> = (routes.into_iter())
                .map(|(prefix, origin)| (prefix, origin.map(Asn::from_u32)))
                .collect();
            for (&(prefix, origin), together) in routes.iter().zip(index.validities(&routes)) {
                let expected = by_the_rfc(&vrps, prefix, origin);
                prop_assert_eq!(index.validity(prefix, origin), expected, "{} {:?}", prefix, origin);
                prop_assert_eq!(together, expected, "{} {:?}", prefix, origin);
            }
        }
    }
}
