//! The routes inside own prefixes, as each peer has them, and what each shows.

use std::collections::{BTreeMap, BTreeSet};

use rpki::resources::addr::Prefix;

use super::super::alert::Cause;
use super::super::event::{Family, PathId, Peer};
use super::{Key, key};
use crate::aspa::AsPath;
use crate::limits;

/// A route inside an own prefix, and what is wrong with it.
pub(super) struct Held {
    pub(super) path: AsPath,
    pub(super) causes: Vec<Cause>,
    /// Whether its peer's session began anew, and it has not been told again.
    pub(super) stale: bool,
}

/// Whose route to a prefix: a peer may have several, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Teller {
    pub(super) peer: Peer,
    pub(super) path_id: PathId,
}

/// All that is held.
#[derive(Default)]
pub(super) struct Routes {
    routes: BTreeMap<Key, BTreeMap<Teller, Held>>,
    of_peer: BTreeMap<Peer, BTreeSet<(Key, PathId)>>,
    /// By cause: how many of a peer's routes show it.
    shown: BTreeMap<Cause, BTreeMap<Peer, u32>>,
    held: usize,
}

impl Routes {
    /// Whether one more route of a peer may be held.
    pub(super) fn have_room(&self, peer: Peer) -> bool {
        let of_peer = self.of_peer.get(&peer).map_or(0, BTreeSet::len);
        self.held < limits::WATCHED_ROUTES && of_peer < limits::WATCHED_ROUTES_OF_PEER
    }

    /// Holds a route in a place where its teller has none yet.
    pub(super) fn put(&mut self, prefix: Prefix, teller: Teller, held: Held) {
        for cause in &held.causes {
            let peers = self.shown.entry(cause.clone()).or_default();
            *peers.entry(teller.peer).or_insert(0) += 1;
        }
        self.held += 1;
        let places = self.of_peer.entry(teller.peer).or_default();
        places.insert((key(prefix), teller.path_id));
        (self.routes.entry(key(prefix)).or_default()).insert(teller, held);
    }

    /// Takes a route out.
    pub(super) fn take_out(&mut self, prefix: Prefix, teller: Teller) -> Option<Held> {
        let place = key(prefix);
        let tellers = self.routes.get_mut(&place)?;
        let held = tellers.remove(&teller)?;
        if tellers.is_empty() {
            self.routes.remove(&place);
        }
        self.held -= 1;
        if let Some(places) = self.of_peer.get_mut(&teller.peer) {
            places.remove(&(place, teller.path_id));
            if places.is_empty() {
                self.of_peer.remove(&teller.peer);
            }
        }
        for cause in &held.causes {
            self.hide(cause, teller.peer);
        }
        Some(held)
    }

    fn hide(&mut self, cause: &Cause, peer: Peer) {
        let Some(peers) = self.shown.get_mut(cause) else {
            return;
        };
        if let Some(routes) = peers.get_mut(&peer) {
            *routes -= 1;
            if *routes == 0 {
                peers.remove(&peer);
            }
        }
        if peers.is_empty() {
            self.shown.remove(cause);
        }
    }

    /// How many peers have a route that shows a cause.
    pub(super) fn showing(&self, cause: &Cause) -> usize {
        self.shown.get(cause).map_or(0, BTreeMap::len)
    }

    /// How many peers have a route to exactly a prefix.
    pub(super) fn peers_of(&self, place: &Key) -> usize {
        let mut peers = 0;
        let mut last = None;
        for teller in self.routes.get(place).into_iter().flat_map(BTreeMap::keys) {
            peers += usize::from(last.replace(teller.peer) != Some(teller.peer));
        }
        peers
    }

    /// The routes that a peer has.
    pub(super) fn of_peer(&self, peer: Peer) -> Vec<(Prefix, Teller)> {
        let places = self.of_peer.get(&peer).into_iter().flatten();
        places
            .map(|&((_, prefix), path_id)| (prefix, Teller { peer, path_id }))
            .collect()
    }

    /// Marks a peer's routes as not told again yet; whether it has any.
    pub(super) fn mark_stale(&mut self, peer: Peer) -> bool {
        let places = self.of_peer.get(&peer).into_iter().flatten();
        let mut any = false;
        for &(place, path_id) in places {
            let teller = Teller { peer, path_id };
            let tellers = self.routes.get_mut(&place);
            if let Some(held) = tellers.and_then(|tellers| tellers.get_mut(&teller)) {
                held.stale = true;
                any = true;
            }
        }
        any
    }

    /// The routes that a peer has not told again, of one family or both.
    pub(super) fn stale_of(&self, peer: Peer, family: Option<Family>) -> Vec<(Prefix, Teller)> {
        let mut routes = self.of_peer(peer);
        routes.retain(|(prefix, teller)| {
            let tellers = self.routes.get(&key(*prefix));
            let held = tellers.and_then(|tellers| tellers.get(teller));
            held.is_some_and(|held| held.stale)
                && family.is_none_or(|family| family == Family::of(*prefix))
        });
        routes
    }

    /// Every route, in order of prefix, peer and number.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Prefix, Teller, &Held)> {
        self.routes.iter().flat_map(|((_, prefix), tellers)| {
            (tellers.iter()).map(move |(teller, held)| (*prefix, *teller, held))
        })
    }

    /// Forgets all, and gives it.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = (Prefix, Teller, Held)> + use<> {
        let all = std::mem::take(self).routes;
        all.into_iter().flat_map(|((_, prefix), tellers)| {
            (tellers.into_iter()).map(move |(teller, held)| (prefix, teller, held))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn peer(number: u8) -> Peer {
        Peer {
            address: [192, 0, 2, number].into(),
            asn: 64_500,
        }
    }

    #[test]
    fn a_peer_that_tells_too_many_routes_takes_no_room_from_the_others() {
        let mut routes = Routes::default();
        for number in 0..limits::WATCHED_ROUTES_OF_PEER {
            assert!(routes.have_room(peer(1)));
            let network = (0x2001_0db8_0000_0000 + number as u128) << 64;
            let prefix = Prefix::new(std::net::Ipv6Addr::from(network).into(), 64);
            let held = Held {
                path: AsPath::default(),
                causes: Vec::new(),
                stale: false,
            };
            let teller = Teller {
                peer: peer(1),
                path_id: PathId::default(),
            };
            routes.put(prefix.unwrap(), teller, held);
        }
        assert!(!routes.have_room(peer(1)) && routes.have_room(peer(2)));
        let (prefix, teller) = routes.of_peer(peer(1))[0];
        routes.take_out(prefix, teller);
        assert!(routes.have_room(peer(1)));
    }
}
