//! Routes folded into announcements while a table is read.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use rpki::resources::{Asn, addr::Prefix};

use super::{Announcement, RouteTable};
use crate::aspa::{AsPath, Interner, PathTable};
use crate::vrp::order_of;
use crate::{RouteError, limits};

/// How much of a route is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Prefix and origin.
    Origins,
    /// The different paths too.
    Paths,
}

/// Which paths each announcement of a table is seen by. Costs 4 bytes for each
/// different pair, beside the paths themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeenPaths {
    table: PathTable,
    /// Where each announcement's paths begin in `numbers`; one more at the end.
    first: Vec<u32>,
    numbers: Vec<u32>,
}

impl SeenPaths {
    /// The different paths.
    #[must_use]
    pub const fn table(&self) -> &PathTable {
        &self.table
    }

    /// The numbers of the paths by which the announcement at a place of the
    /// table is seen, ascending.
    #[must_use]
    pub fn of(&self, announcement: usize) -> &[u32] {
        let first = self.first.get(announcement).copied().unwrap_or(0);
        let end = self.first.get(announcement + 1).copied().unwrap_or(first);
        self.numbers
            .get(first as usize..end as usize)
            .unwrap_or(&[])
    }

    /// From pairs of an announcement's place and a path's number.
    fn of_pairs(mut pairs: Vec<(u32, u32)>, announcements: usize, table: PathTable) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        let mut first = Vec::with_capacity(announcements + 1);
        for (at, (announcement, _)) in pairs.iter().enumerate() {
            while first.len() <= *announcement as usize {
                first.push(at as u32);
            }
        }
        first.resize(announcements + 1, pairs.len() as u32);
        Self {
            table,
            first,
            numbers: pairs.into_iter().map(|(_, path)| path).collect(),
        }
    }
}

/// Announcements while they are gathered.
pub(super) struct Fold {
    /// The peers that see each, as bits, and its place in order of appearance.
    seen: HashMap<(Prefix, Option<Asn>), (u128, u32)>,
    peers: HashMap<IpAddr, u32>,
    paths: Option<Gathered>,
}

#[derive(Default)]
struct Gathered {
    interner: Interner,
    /// Place in order of appearance, number of the path.
    pairs: Vec<(u32, u32)>,
}

impl Fold {
    pub(super) fn new(keep: Keep) -> Self {
        Self {
            seen: HashMap::new(),
            peers: HashMap::new(),
            paths: (keep == Keep::Paths).then(Gathered::default),
        }
    }

    /// Whether paths are kept.
    pub(super) const fn keeps_paths(&self) -> bool {
        self.paths.is_some()
    }

    /// Takes a route in; `path` is made only where paths are kept.
    pub(super) fn add(
        &mut self,
        prefix: Prefix,
        origin: Option<Asn>,
        peer: IpAddr,
        path: Option<AsPath>,
    ) -> Result<(), RouteError> {
        let next = self.peers.len().min(127) as u32;
        let peer = *self.peers.entry(peer).or_insert(next);
        let number = self.see(prefix, origin, 1 << peer);
        if let Some(path) = path {
            self.by(number, path);
        }
        let too_many = |what, limit: usize| RouteError::TooMany {
            what,
            limit: limit as u64,
        };
        let pairs = self.paths.as_ref().map_or(0, |paths| paths.pairs.len());
        if self.seen.len() > limits::ANNOUNCEMENTS {
            Err(too_many("announcements", limits::ANNOUNCEMENTS))
        } else if pairs > limits::PATHS_SEEN {
            Err(too_many("routes with their paths", limits::PATHS_SEEN))
        } else {
            Ok(())
        }
    }

    /// Takes a pair in, and gives its place in order of appearance.
    pub(super) fn see(&mut self, prefix: Prefix, origin: Option<Asn>, peers: u128) -> u32 {
        let next = self.seen.len() as u32;
        let (seen_by, place) = self.seen.entry((prefix, origin)).or_insert((0, next));
        *seen_by |= peers;
        *place
    }

    /// Says by which path one of them is seen.
    pub(super) fn by(&mut self, place: u32, path: AsPath) {
        if let Some(Gathered { interner, pairs }) = &mut self.paths {
            pairs.push((place, interner.number_of(path)));
        }
    }

    pub(super) fn finish(self, skipped: BTreeMap<String, u64>) -> RouteTable {
        let mut seen: Vec<_> = self.seen.into_iter().collect();
        seen.sort_unstable_by_key(|((prefix, origin), _)| (order_of(*prefix), *origin));
        let paths = self.paths.map(
            |Gathered {
                 interner,
                 mut pairs,
             }| {
                let mut place_of = vec![0_u32; seen.len()];
                for (place, (_, (_, appeared))) in (0..).zip(&seen) {
                    place_of[*appeared as usize] = place;
                }
                for (announcement, _) in &mut pairs {
                    *announcement = place_of[*announcement as usize];
                }
                SeenPaths::of_pairs(pairs, seen.len(), interner.finish())
            },
        );
        let announcement =
            |((prefix, origin), (peers, _)): ((Prefix, _), (u128, _))| Announcement {
                prefix,
                origin,
                peers: peers.count_ones(),
            };
        RouteTable {
            announcements: seen.into_iter().map(announcement).collect(),
            paths,
            skipped,
        }
    }
}
