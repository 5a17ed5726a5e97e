//! The routes inside own prefixes, as each peer has them, and what each shows.

use std::collections::{BTreeMap, BTreeSet};

use rpki::resources::addr::Prefix;

use super::super::alert::Cause;
use super::super::event::{Family, Peer};
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

/// All that is held.
#[derive(Default)]
pub(super) struct Routes {
    routes: BTreeMap<Key, BTreeMap<Peer, Held>>,
    of_peer: BTreeMap<Peer, BTreeSet<Key>>,
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

    /// Holds a route of which its peer has none yet.
    pub(super) fn put(&mut self, prefix: Prefix, peer: Peer, held: Held) {
        for cause in &held.causes {
            let peers = self.shown.entry(cause.clone()).or_default();
            *peers.entry(peer).or_insert(0) += 1;
        }
        self.held += 1;
        self.of_peer.entry(peer).or_default().insert(key(prefix));
        (self.routes.entry(key(prefix)).or_default()).insert(peer, held);
    }

    /// Takes a route out.
    pub(super) fn take_out(&mut self, prefix: Prefix, peer: Peer) -> Option<Held> {
        let place = key(prefix);
        let peers = self.routes.get_mut(&place)?;
        let held = peers.remove(&peer)?;
        if peers.is_empty() {
            self.routes.remove(&place);
        }
        self.held -= 1;
        if let Some(places) = self.of_peer.get_mut(&peer) {
            places.remove(&place);
            if places.is_empty() {
                self.of_peer.remove(&peer);
            }
        }
        for cause in &held.causes {
            self.hide(cause, peer);
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
        self.routes.get(place).map_or(0, BTreeMap::len)
    }

    /// The prefixes to which a peer has routes.
    pub(super) fn of_peer(&self, peer: Peer) -> Vec<Prefix> {
        let places = self.of_peer.get(&peer).into_iter().flatten();
        places.map(|(_, prefix)| *prefix).collect()
    }

    /// Marks a peer's routes as not told again yet; whether it has any.
    pub(super) fn mark_stale(&mut self, peer: Peer) -> bool {
        let places = self.of_peer.get(&peer).into_iter().flatten();
        let mut any = false;
        for place in places {
            let peers = self.routes.get_mut(place);
            if let Some(held) = peers.and_then(|peers| peers.get_mut(&peer)) {
                held.stale = true;
                any = true;
            }
        }
        any
    }

    /// The prefixes whose routes a peer has not told again, of one family or
    /// both.
    pub(super) fn stale_of(&self, peer: Peer, family: Option<Family>) -> Vec<Prefix> {
        let places = self.of_peer.get(&peer).into_iter().flatten();
        let stale = places.filter(|place| {
            let peers = self.routes.get(*place);
            let held = peers.and_then(|peers| peers.get(&peer));
            held.is_some_and(|held| held.stale)
                && family.is_none_or(|family| family == Family::of(place.1))
        });
        stale.map(|(_, prefix)| *prefix).collect()
    }

    /// Every route, in order of prefix and peer.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Prefix, Peer, &Held)> {
        self.routes.iter().flat_map(|((_, prefix), peers)| {
            peers.iter().map(move |(peer, held)| (*prefix, *peer, held))
        })
    }

    /// Forgets all, and gives it.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = (Prefix, Peer, Held)> + use<> {
        let all = std::mem::take(self).routes;
        all.into_iter().flat_map(|((_, prefix), peers)| {
            peers
                .into_iter()
                .map(move |(peer, held)| (prefix, peer, held))
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
            routes.put(prefix.unwrap(), peer(1), held);
        }
        assert!(!routes.have_room(peer(1)) && routes.have_room(peer(2)));
        let one = routes.of_peer(peer(1))[0];
        routes.take_out(one, peer(1));
        assert!(routes.have_room(peer(1)));
    }
}
