//! Which router speaks for which peer.
//!
//! Two routers may tell of the same peer, and a router that reconnects tells
//! all its peers' routes again. So each peer has one router that speaks for it,
//! the first; and when that one is gone, what it told stands for a while, until
//! it or another tells of the peer again.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::event::{Moment, Peer};
use super::super::mrt;
use super::session::{Bgp, PeerNews, Told};

/// One thing heard of a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The peer.
    pub peer: Peer,
    /// When its router heard it, by that router's clock.
    pub told: Option<Moment>,
    /// When it came here.
    pub arrived: Moment,
    /// What it is.
    pub what: What,
}

/// What is heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// All that the peer has will be told anew.
    Began,
    /// What it told is void.
    Lost,
    /// A BGP message.
    Message(Bgp),
}

impl Heard {
    /// The MRT record of it, and its time: the router's, unless that lies
    /// before what was heard already or in the future.
    #[must_use]
    pub fn record(&self, not_before: Moment) -> (Moment, Vec<u8>) {
        let latest = self.arrived.max(not_before);
        let time = self.told.unwrap_or(latest).clamp(not_before, latest);
        let record = match &self.what {
            What::Began => mrt::session(time, self.peer, true),
            What::Lost => mrt::session(time, self.peer, false),
            What::Message(bgp) => mrt::message(time, self.peer, bgp.coding, &bgp.bytes),
        };
        (time, record)
    }
}

/// Who speaks for a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Voice {
    Connection(u64),
    /// Nobody now; what was told stands until then.
    None(Moment),
}

/// All peers that were told of.
#[derive(Debug)]
pub struct Roster {
    voices: BTreeMap<Peer, Voice>,
    limit: usize,
    grace: Duration,
    passed_over: u64,
}

impl Roster {
    /// Begins with the peers that an earlier process heard, whose routers have
    /// the time of grace to connect again.
    #[must_use]
    pub fn new(
        known: impl IntoIterator<Item = Peer>,
        limit: usize,
        grace: Duration,
        now: Moment,
    ) -> Self {
        let until = Voice::None(after(now, grace));
        Self {
            voices: known.into_iter().map(|peer| (peer, until)).collect(),
            limit,
            grace,
            passed_over: 0,
        }
    }

    /// Messages that were passed over: another router speaks for their peer,
    /// or there are too many peers.
    #[must_use]
    pub const fn passed_over(&self) -> u64 {
        self.passed_over
    }

    /// Takes what a connection told, and gives what is heard by it.
    pub fn take(&mut self, connection: u64, told: Told, arrived: Moment) -> Vec<Heard> {
        let peer = told.peer;
        let begins = match self.voices.get(&peer) {
            Some(Voice::Connection(voice)) if *voice == connection => told.news == PeerNews::Up,
            None if self.voices.len() < self.limit => true,
            Some(Voice::None(_)) => true,
            _ => {
                self.passed_over += 1;
                return Vec::new();
            }
        };
        let heard = |what| Heard {
            peer,
            told: told.time,
            arrived,
            what,
        };
        match told.news {
            PeerNews::Down => {
                self.voices.remove(&peer);
                vec![heard(What::Lost)]
            }
            news => {
                self.voices.insert(peer, Voice::Connection(connection));
                let mut all = Vec::new();
                if begins {
                    all.push(heard(What::Began));
                }
                if let PeerNews::Message(bgp) = news {
                    all.push(heard(What::Message(bgp)));
                }
                all
            }
        }
    }

    /// A connection is gone: its peers have no voice.
    pub fn gone(&mut self, connection: u64, now: Moment) {
        let until = Voice::None(after(now, self.grace));
        for voice in self.voices.values_mut() {
            if *voice == Voice::Connection(connection) {
                *voice = until;
            }
        }
    }

    /// The peers of which nobody told again in time.
    pub fn due(&mut self, now: Moment) -> Vec<Heard> {
        let over: Vec<Peer> = (self.voices.iter())
            .filter(|(_, voice)| matches!(voice, Voice::None(until) if *until <= now))
            .map(|(peer, _)| *peer)
            .collect();
        let lost = over.into_iter().map(|peer| {
            self.voices.remove(&peer);
            Heard {
                peer,
                told: None,
                arrived: now,
                what: What::Lost,
            }
        });
        lost.collect()
    }
}

fn after(now: Moment, grace: Duration) -> Moment {
    Moment(now.0.saturating_add(grace.as_micros() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::mrt::AsnWidth;

    const GRACE: Duration = Duration::from_secs(10);

    fn told(news: PeerNews) -> Told {
        let peer = Peer {
            address: [192, 0, 2, 1].into(),
            asn: 64_501,
        };
        Told {
            peer,
            time: None,
            news,
        }
    }

    fn whats(heard: Vec<Heard>) -> Vec<What> {
        heard.into_iter().map(|it| it.what).collect()
    }

    #[test]
    fn one_router_speaks_for_a_peer_and_another_when_that_one_is_gone() {
        let mut roster = Roster::new([], 8, GRACE, Moment(0));
        let bgp = || Bgp {
            coding: AsnWidth::Four.into(),
            bytes: vec![1],
        };
        let (route, message) = (|| PeerNews::Message(bgp()), || What::Message(bgp()));
        let at = Moment(5_000_000);
        assert_eq!(whats(roster.take(1, told(PeerNews::Up), at)), [What::Began]);
        assert_eq!(whats(roster.take(1, told(route()), at)), [message()]);
        assert_eq!(whats(roster.take(2, told(route()), at)), []);
        assert_eq!(whats(roster.take(2, told(PeerNews::Down), at)), []);
        assert_eq!(roster.passed_over(), 2);
        roster.gone(1, at);
        assert!(roster.due(Moment(14_999_999)).is_empty());
        let again = whats(roster.take(2, told(route()), at));
        assert_eq!(again, [What::Began, message()]);
        assert!(roster.due(Moment(15_000_000)).is_empty());
    }

    #[test]
    fn a_peer_of_which_nobody_tells_again_is_lost_after_the_time_of_grace() {
        let known = told(PeerNews::Up).peer;
        let mut roster = Roster::new([known], 8, GRACE, Moment(0));
        assert!(roster.due(Moment(9_999_999)).is_empty());
        assert_eq!(whats(roster.due(Moment(10_000_000))), [What::Lost]);
        assert!(roster.due(Moment(20_000_000)).is_empty());
    }

    #[test]
    fn a_record_has_the_routers_time_within_what_is_possible() {
        let heard = |told| Heard {
            peer: Peer {
                address: [192, 0, 2, 1].into(),
                asn: 1,
            },
            told,
            arrived: Moment(100),
            what: What::Lost,
        };
        let time = |told| heard(told).record(Moment(50)).0;
        assert_eq!(time(Some(Moment(70))), Moment(70));
        assert_eq!(time(Some(Moment(20))), Moment(50));
        assert_eq!(time(Some(Moment(900))), Moment(100));
        assert_eq!(time(None), Moment(100));
        assert_eq!(heard(None).record(Moment(300)).0, Moment(300));
    }
}
