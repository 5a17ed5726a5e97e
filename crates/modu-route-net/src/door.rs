//! Who may come in: how many strangers are served at once.
//!
//! Every connection costs a descriptor, and a process has a fixed number of
//! them. A server that takes all who come can be emptied by one who opens
//! connections and says nothing. So there is room for a stated number, for
//! fewer of them from one place, and when all room is taken the one who has
//! been inside longest without asking anything goes first.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

/// How many may be inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// In all.
    pub connections: usize,
    /// From one IPv4 address, or one IPv6 /64.
    pub of_one_place: usize,
}

/// What a server has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visits {
    /// Connections now.
    pub inside: usize,
    /// Connections let in since the start.
    pub admitted: u64,
    /// Connections turned away, or ended to make room, since the start.
    pub turned_away: u64,
}

/// A server's door.
#[derive(Debug)]
pub(crate) struct Door {
    room: Room,
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    next: u64,
    turned_away: u64,
    visitors: BTreeMap<u64, Visitor>,
}

#[derive(Debug)]
struct Visitor {
    place: IpAddr,
    settled: bool,
    leave: Arc<Notify>,
}

/// A visitor's place; free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Visit {
    door: Arc<Door>,
    number: u64,
    leave: Arc<Notify>,
}

impl Door {
    pub(crate) fn new(room: Room) -> Arc<Self> {
        Arc::new(Self {
            room,
            inside: Mutex::default(),
        })
    }

    /// Lets somebody in, or not. Where all room is taken the oldest who has
    /// not settled is asked to leave.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Visit> {
        let place = place_of(address);
        let mut inside = self.inside();
        let of_one_place = (inside.visitors.values()).filter(|it| it.place == place);
        if of_one_place.count() >= self.room.of_one_place || !inside.make_room(self.room) {
            inside.turned_away += 1;
            return None;
        }
        let (number, leave) = (inside.next, Arc::new(Notify::new()));
        inside.next += 1;
        let visitor = Visitor {
            place,
            settled: false,
            leave: leave.clone(),
        };
        inside.visitors.insert(number, visitor);
        Some(Visit {
            door: self.clone(),
            number,
            leave,
        })
    }

    /// Who came.
    pub(crate) fn visits(&self) -> Visits {
        let inside = self.inside();
        Visits {
            inside: inside.visitors.len(),
            admitted: inside.next,
            turned_away: inside.turned_away,
        }
    }

    /// A poisoned lock holds a whole list: no code panics while it changes.
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn make_room(&mut self, room: Room) -> bool {
        if self.visitors.len() < room.connections {
            return true;
        }
        let oldest = self.visitors.iter().find(|(_, visitor)| !visitor.settled);
        let Some(number) = oldest.map(|(number, _)| *number) else {
            return false;
        };
        if let Some(visitor) = self.visitors.remove(&number) {
            visitor.leave.notify_one();
        }
        self.turned_away += 1;
        true
    }
}

impl Visit {
    /// Says that this visitor has asked something that a visitor asks: from
    /// now on nobody takes its place.
    pub(crate) fn settle(&self) {
        if let Some(visitor) = self.door.inside().visitors.get_mut(&self.number) {
            visitor.settled = true;
        }
    }

    /// What tells when the visitor is asked to leave.
    pub(crate) fn leave(&self) -> Arc<Notify> {
        self.leave.clone()
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.door.inside().visitors.remove(&self.number);
    }
}

/// Lets in all who come, until told to stop. A failed accept (no descriptor is
/// left, the visitor is gone already) is waited out for a moment.
pub(crate) async fn accept(
    listener: &TcpListener,
    door: &Arc<Door>,
    mut stop: watch::Receiver<bool>,
    mut visitor: impl FnMut(TcpStream, Visit),
) {
    loop {
        let accepted = tokio::select! {
            () = told_to_stop(&mut stop) => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                if let Some(visit) = door.enter(address.ip()) {
                    visitor(stream, visit);
                }
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Ends when a server is told to stop, or nobody is left who could tell it.
pub(crate) async fn told_to_stop(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// An IPv4 address, or the /64 that an IPv6 customer has to himself.
fn place_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 64 << 64;
            Ipv6Addr::from(network).into()
        }
        v4 => v4,
    }
}

/// The room that this process's limit of descriptors leaves for a server that
/// may take a third of them.
pub(crate) fn within_descriptors(wanted: usize) -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let limit = limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    });
    wanted.min((limit.saturating_sub(24) / 3).max(1))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn address(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    #[test]
    fn one_place_cannot_take_all_the_room() {
        let door = Door::new(Room {
            connections: 8,
            of_one_place: 2,
        });
        let first = door.enter(address(1)).unwrap();
        let _second = door.enter(address(1)).unwrap();
        assert!(door.enter(address(1)).is_none());
        let _another = door.enter(address(2)).unwrap();
        drop(first);
        assert!(door.enter(address(1)).is_some());
        assert_eq!((door.visits().inside, door.visits().turned_away), (2, 1));
        let one: IpAddr = "2001:db8::1".parse().unwrap();
        let same: IpAddr = "2001:db8::ffff:1".parse().unwrap();
        let other: IpAddr = "2001:db8:0:1::1".parse().unwrap();
        assert_eq!(place_of(one), place_of(same));
        assert_ne!(place_of(one), place_of(other));
    }

    #[tokio::test]
    async fn who_says_nothing_makes_way_and_who_settled_does_not() {
        let door = Door::new(Room {
            connections: 2,
            of_one_place: 2,
        });
        let router = door.enter(address(1)).unwrap();
        router.settle();
        let silent = door.enter(address(2)).unwrap();
        let third = door.enter(address(3)).unwrap();
        silent.leave().notified().await;
        third.settle();
        assert!(door.enter(address(4)).is_none());
        assert_eq!(door.visits().inside, 2);
    }
}
