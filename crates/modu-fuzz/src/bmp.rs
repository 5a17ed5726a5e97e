//! What routers tell over BMP: two of them, one after the other and at once.

use std::collections::BTreeSet;
use std::time::Duration;

use modu_route::watch::bmp::{HEADER, Heard, Roster, Session, What, length_of};
use modu_route::watch::{Moment, News, Peer, Update, read_updates};

use crate::Target;
use crate::random::Random;

/// Messages of two routers: before each a byte whose last bit says whose.
pub const TARGET: Target = Target {
    name: "bmp",
    law,
    seeds,
    mutate: Some(mutate),
};

/// Peers of one router, and of both.
const PEERS: usize = 4;
const PEERS_OF_ALL: usize = 6;
/// Bytes of one message.
const LONGEST: usize = 2_048;
const GRACE: Duration = Duration::from_secs(5);
const SECOND: i64 = 1_000_000;

/// - A message is told, passed over, a fault, or ends its own session.
/// - A peer's messages come after its session began, from one router at a
///   time; no more peers are known than may be.
/// - What is heard goes into MRT records whose times never go back, and is
///   read from them as of the same peer; a begin and an end as just that.
pub fn law(bytes: &[u8]) {
    let mut scene = Scene::default();
    let mut rest = bytes;
    let mut taken = 0;
    while let Some((which, frame, behind)) = next(rest) {
        scene.take(usize::from(which & 1), frame);
        rest = behind;
        taken += 1;
        let faults: u64 = scene.sessions.iter().map(Session::faults).sum();
        assert!(faults <= taken);
    }
    // All are lost when nobody comes again.
    scene.end();
}

/// Whose the next message is, the message, and what follows it.
fn next(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (which, rest) = bytes.split_first()?;
    let header: [u8; HEADER] = rest.get(..HEADER)?.try_into().ok()?;
    let (frame, behind) = rest.split_at_checked(length_of(header, LONGEST).ok()?)?;
    Some((*which, frame, behind))
}

struct Scene {
    sessions: [Session; 2],
    roster: Roster,
    /// Those of which something stands.
    begun: BTreeSet<Peer>,
    now: Moment,
    written: Moment,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            sessions: [Session::new(PEERS), Session::new(PEERS)],
            roster: Roster::new([], PEERS_OF_ALL, GRACE, Moment(0)),
            begun: BTreeSet::new(),
            now: Moment(0),
            written: Moment(0),
        }
    }
}

impl Scene {
    fn take(&mut self, which: usize, frame: &[u8]) {
        self.now.0 += SECOND;
        match self.sessions[which].take(frame) {
            Ok(Some(told)) => {
                let heard = self.roster.take(which as u64, told, self.now);
                heard.iter().for_each(|heard| self.hear(heard));
            }
            Ok(None) => {}
            Err(ending) => {
                assert!(!ending.to_string().is_empty());
                self.roster.gone(which as u64, self.now);
                self.sessions[which] = Session::new(PEERS);
            }
        }
        self.pass();
    }

    fn pass(&mut self) {
        for heard in self.roster.due(self.now) {
            self.hear(&heard);
        }
    }

    fn end(&mut self) {
        (0..2).for_each(|which| self.roster.gone(which, self.now));
        self.now.0 += GRACE.as_micros() as i64;
        self.pass();
        assert!(self.begun.is_empty(), "{:?} stand for ever", self.begun);
    }

    fn hear(&mut self, heard: &Heard) {
        let (time, record) = heard.record(self.written);
        assert!(self.written <= time && time <= heard.arrived.max(self.written));
        self.written = time;
        let mut updates: Vec<Update> = Vec::new();
        let read = read_updates(record.as_slice(), &mut |it| updates.push(it.clone()));
        read.expect("reading from memory");
        assert!(updates.iter().all(|it| it.peer == heard.peer));
        let news: Vec<&News> = updates.iter().map(|it| &it.news).collect();
        match &heard.what {
            What::Began => {
                assert_eq!(news, [&News::SessionBegan]);
                self.begun.insert(heard.peer);
                assert!(self.begun.len() <= PEERS_OF_ALL);
            }
            What::Lost => {
                assert_eq!(news, [&News::SessionLost]);
                self.begun.remove(&heard.peer);
            }
            What::Message(_) => {
                assert!(self.begun.contains(&heard.peer), "it has not begun");
                let of_session = |it: &&News| matches!(it, News::SessionBegan | News::SessionLost);
                assert!(!news.iter().any(of_session));
            }
        }
    }
}

const ROUTE_MONITORING: u8 = 0;
const PEER_DOWN: u8 = 2;
const PEER_UP: u8 = 3;

/// A message of a peer (RFC 7854, sections 4.1 and 4.2), and whose it is.
fn of_peer(router: u8, kind: u8, flags: u8, peer: u8, body: &[u8]) -> Vec<u8> {
    let length = (48 + body.len() as u32).to_be_bytes();
    [
        &[router, 3][..],
        &length,
        &[kind, 0, flags],
        &[0; 20],
        &[192, 0, 2, peer, 0, 0, 0xfb, peer, 192, 0, 2, peer],
        &[0x65, 0x53, 0xf1, 0, 0, 0, 0, 0],
        body,
    ]
    .concat()
}

/// A Peer Up whose two OPENs hold one capability.
fn up(router: u8, peer: u8, capability: &[u8]) -> Vec<u8> {
    let length = capability.len() as u8;
    let open = [
        &[0xff; 16][..],
        &[0, 31 + length, 1, 4, 0xfb, peer, 0, 90, 192, 0, 2, peer],
        &[length + 2, 2, length],
        capability,
    ]
    .concat();
    let body = [&[0; 20][..], &open, &open].concat();
    of_peer(router, PEER_UP, 0, peer, &body)
}

/// A Route Monitoring message: an UPDATE with prefixes as they stand in it.
fn route(router: u8, peer: u8, prefixes: &[u8]) -> Vec<u8> {
    let attributes = [
        0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfb, peer, 0x40, 3, 4, 192, 0, 2, 1,
    ];
    let length = (43 + prefixes.len() as u16).to_be_bytes();
    let update = [
        &[0xff; 16][..],
        &length,
        &[2, 0, 0, 0, 20],
        &attributes,
        prefixes,
    ]
    .concat();
    of_peer(router, ROUTE_MONITORING, 0, peer, &update)
}

/// Sessions that begin and end, of peers with one path of a prefix and with
/// several, and of a peer that two routers tell of.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let initiation = [0, 3, 0, 0, 0, 6, 4];
    let termination = [0, 3, 0, 0, 0, 6, 5];
    let down = |router, peer| of_peer(router, PEER_DOWN, 0, peer, &[1]);
    let one = [24, 192, 0, 2];
    let several = [0, 0, 0, 7, 24, 192, 0, 2, 0, 0, 0, 8, 24, 192, 0, 2];
    let (plain, add_path) = ([2, 0], [69, 4, 0, 1, 1, 3]);
    vec![
        [
            &initiation[..],
            &up(0, 1, &plain),
            &route(0, 1, &one),
            &down(0, 1),
            &termination,
        ]
        .concat(),
        [up(0, 1, &add_path), route(0, 1, &several), down(0, 1)].concat(),
        [
            up(0, 1, &plain),
            up(1, 1, &plain),
            route(0, 1, &[0, 24, 192, 0, 2]),
            route(1, 1, &one),
            down(0, 1),
            route(1, 1, &one),
        ]
        .concat(),
        (1..=5)
            .flat_map(|peer| up(peer & 1, peer, &plain))
            .collect(),
    ]
}

/// Repeats, moves, drops or gives away whole messages, or changes bytes of one.
fn mutate(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    let mut messages = Vec::new();
    let mut rest = bytes;
    while let Some((which, frame, behind)) = next(rest) {
        messages.push([&[which], frame].concat());
        rest = behind;
    }
    if messages.is_empty() {
        return bytes.to_vec();
    }
    let (one, other) = (random.below(messages.len()), random.below(messages.len()));
    match random.below(5) {
        0 => messages.insert(other, messages[one].clone()),
        1 => messages.swap(one, other),
        2 => drop(messages.remove(one)),
        3 => messages[one][0] ^= 1,
        _ => {
            let mut body = messages[one].split_off(1 + HEADER);
            random.touch(&mut body);
            let length = (HEADER + body.len()) as u32;
            messages[one][2..6].copy_from_slice(&length.to_be_bytes());
            messages[one].extend(body);
        }
    }
    messages.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_seeds_tell_is_heard() {
        let heard: Vec<usize> = (seeds().iter())
            .map(|seed| {
                let mut scene = Scene::default();
                let mut rest = seed.as_slice();
                while let Some((which, frame, behind)) = next(rest) {
                    scene.take(usize::from(which & 1), frame);
                    rest = behind;
                }
                assert!(rest.is_empty());
                scene.begun.len()
            })
            .collect();
        // The first two end their peer; the third gives it to the other router.
        assert_eq!(heard, [0, 0, 1, 5]);
    }
}
