//! One authority: what it holds and what it wants to say.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::Bytes;
use modu_route::{Asn, Aspa, Prefix, Vrp};
use rpki::repository::resources::{
    Addr, AsBlock, AsBlocks, IpBlock, IpBlocks, Ipv4Blocks, Ipv6Blocks, ResourceSet,
};

use crate::shape::draw;
use crate::{Shape, WorldError};

/// A prefix of a ROA, and how long more-specifics may be, where it says so.
pub type RoaPrefix = (Prefix, Option<u8>);

/// A ROA that an authority publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteOrigin {
    /// The serial number of its certificate; with it its file name.
    pub serial: u64,
    /// The network.
    pub origin: Asn,
    /// Prefixes, and how long more-specifics may be, where that is said.
    pub prefixes: Vec<RoaPrefix>,
}

impl RouteOrigin {
    /// Its file name.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{:08x}.roa", self.serial)
    }

    /// What it authorises.
    pub fn vrps(&self) -> impl Iterator<Item = Vrp> {
        let origin = self.origin;
        self.prefixes.iter().map(move |(prefix, max_length)| Vrp {
            prefix: *prefix,
            max_length: max_length.unwrap_or(prefix.len()),
            origin,
        })
    }
}

/// An ASPA that an authority publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// The serial number of its certificate; with it its file name.
    pub serial: u64,
    /// What it says.
    pub aspa: Aspa,
}

impl Provider {
    /// Its file name.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{:08x}.asa", self.serial)
    }
}

/// An authority and its publication point. Change it, then
/// [`crate::World::publish`] it.
#[derive(Debug, Clone)]
pub struct Authority {
    /// Its name; also that of its files and folder.
    pub name: String,
    /// Its issuer; a trust anchor has none.
    pub parent: Option<usize>,
    /// Those it certifies.
    pub children: Vec<usize>,
    /// The number of its key.
    pub key: usize,
    /// The number of its publication server.
    pub host: usize,
    /// What its certificate gives it.
    pub resources: ResourceSet,
    /// The serial number of its certificate.
    pub certificate_serial: u64,
    /// The last second of its certificate.
    pub not_after: i64,
    /// Its ROAs.
    pub roas: Vec<RouteOrigin>,
    /// Its ASPAs.
    pub aspas: Vec<Provider>,
    /// Serial numbers on its revocation list.
    pub revoked: Vec<u64>,
    /// Objects that are laid in as they are, listed with their true hash; one
    /// of these stands in the place of an honest object of its name.
    pub laid_in: BTreeMap<String, Bytes>,
    /// The number of its latest manifest and revocation list.
    pub manifest_number: u64,
    /// The next serial number that it gives.
    pub next_serial: u64,
}

impl Authority {
    /// The next serial number.
    pub fn serial(&mut self) -> u64 {
        self.next_serial += 1;
        self.next_serial
    }

    /// Adds a ROA and says its place.
    pub fn add_roa(&mut self, origin: Asn, prefixes: Vec<RoaPrefix>) -> usize {
        let serial = self.serial();
        self.roas.push(RouteOrigin {
            serial,
            origin,
            prefixes,
        });
        self.roas.len() - 1
    }

    /// Takes a ROA away and revokes its certificate, as one should.
    pub fn revoke_roa(&mut self, place: usize) -> RouteOrigin {
        let roa = self.roas.remove(place);
        self.revoked.push(roa.serial);
        roa
    }
}

/// Where the blocks of authority `number` lie: each has as many /24 and /48
/// as it has VRPs, rounded up to a power of two, so that its addresses are
/// one prefix.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Blocks {
    /// Prefixes of each family for one authority.
    each: u64,
    /// AS numbers for one authority.
    networks: u64,
}

/// The first /24: 1.0.0.0.
const FIRST_V4: u64 = 1 << 16;
/// Past the last /24: 224.0.0.0 is multicast.
const PAST_V4: u64 = 224 << 16;
/// The first /48 of 2000::/3, the addresses that are given out.
const FIRST_V6: u64 = 0x2000_0000_0000;
/// Past the AS numbers of documentation and private use in 16 bits.
const FIRST_AS: u64 = 100_000;

impl Blocks {
    pub(crate) fn of(shape: &Shape) -> Result<Self, WorldError> {
        let too_much = |what: &str| WorldError::Shape(format!("{what}: make fewer authorities"));
        let authorities = shape.authorities.max(1) as u64;
        let each = (shape.vrps_each().max(1) as u64).next_power_of_two();
        let aspas = (shape.aspas as u64).div_ceil(authorities);
        let networks = (shape.roas as u64 + aspas).max(1);
        let first = FIRST_V4.next_multiple_of(each);
        if (authorities.checked_mul(each)).is_none_or(|all| first + all > PAST_V4) {
            return Err(too_much("there are not enough IPv4 prefixes of length 24"));
        }
        if FIRST_AS + authorities.saturating_mul(networks) > u64::from(u32::MAX) {
            return Err(too_much("there are not enough AS numbers"));
        }
        Ok(Self { each, networks })
    }

    /// The /24 of this place among those of the authority.
    fn v4(self, number: u64, place: u64) -> u32 {
        let first = FIRST_V4.next_multiple_of(self.each);
        ((first + number * self.each + place) << 8) as u32
    }

    fn v6(self, number: u64, place: u64) -> u128 {
        let first = FIRST_V6.next_multiple_of(self.each);
        u128::from(first + number * self.each + place) << 80
    }

    fn network(self, number: u64, place: u64) -> u32 {
        (FIRST_AS + number * self.networks + place) as u32
    }

    /// What an authority needs that has the blocks from `first` up to before
    /// `past`: its own and its descendants'.
    pub(crate) fn resources(self, first: usize, past: usize) -> ResourceSet {
        let (first, past) = (first as u64, past as u64);
        let v4 = |number| Addr::from_v4(Ipv4Addr::from(self.v4(number, 0)));
        let v4_last = Addr::from_v4(Ipv4Addr::from(self.v4(past, 0) - 1)).to_max(32);
        let v6 = (
            Addr::from_bits(self.v6(first, 0)),
            Addr::from_bits(self.v6(past, 0) - 1),
        );
        let asn = |number, place| Asn::from_u32(self.network(number, place));
        let asn_last = Asn::from_u32(self.network(past, 0) - 1);
        let ip = |block: IpBlock| IpBlocks::from_iter([block]);
        ResourceSet::new(
            AsBlocks::from_iter([AsBlock::from((asn(first, 0), asn_last))]),
            Ipv4Blocks::from(ip((v4(first), v4_last).into())),
            Ipv6Blocks::from(ip(v6.into())),
        )
    }

    /// The ROAs of an authority, without serial numbers.
    pub(crate) fn roas(self, shape: &Shape, number: usize) -> Vec<(Asn, Vec<RoaPrefix>)> {
        let number = number as u64;
        let roa = |roa: usize| {
            let prefixes = (0..shape.prefixes).map(|place| {
                let place = (roa * shape.prefixes + place) as u64;
                self.prefix(shape, number, place)
            });
            let origin = Asn::from_u32(self.network(number, roa as u64));
            (origin, prefixes.flatten().collect())
        };
        (0..shape.roas).map(roa).collect()
    }

    fn prefix(self, shape: &Shape, number: u64, place: u64) -> Option<RoaPrefix> {
        let drawn = draw(shape.seed, [number, place]);
        let longer = [None, None, Some(0), Some(2)][(drawn >> 8) as usize % 4];
        let (address, length): (IpAddr, u8) = match drawn % 100 < u64::from(shape.ipv6_percent) {
            true => (Ipv6Addr::from(self.v6(number, place)).into(), 48),
            false => (Ipv4Addr::from(self.v4(number, place)).into(), 24),
        };
        let prefix = Prefix::new(address, length).ok()?;
        Some((prefix, longer.map(|longer: u8| length + longer)))
    }

    /// The ASPAs of an authority, without serial numbers.
    pub(crate) fn aspas(self, shape: &Shape, number: usize) -> Vec<Aspa> {
        let all = shape.aspas as u64;
        let authorities = shape.authorities.max(1) as u64;
        let number = number as u64;
        let places =
            (0..all.div_ceil(authorities)).filter(|place| place * authorities + number < all);
        let aspa = |place: u64| {
            let customer = self.network(number, shape.roas as u64 + place);
            let drawn = draw(shape.seed ^ 0xa5, [number, place]);
            let providers = (0..=drawn % 4).map(|it| 64_000 + (drawn >> (8 * it)) as u32 % 400);
            let mut providers: Vec<_> = providers.map(Asn::from_u32).collect();
            providers.sort_unstable();
            providers.dedup();
            Aspa {
                customer: Asn::from_u32(customer),
                providers,
            }
        };
        places.map(aspa).collect()
    }
}
