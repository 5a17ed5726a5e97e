//! What is published: the present table, its serial, and what changed before.
//!
//! Routers and people are told the same [`Edition`]. A new one is first brought
//! to the disk with its serial ([`state`]), then shown to all at once; so no
//! serial that a router has heard of is ever used for something else, however
//! the process ends. Earlier editions are kept as differences to the present
//! one, a bounded number of them: who is further behind starts anew.

mod delta;
mod state;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use modu_kernel::Digest;
use modu_route::RouterTable;
use rpki::rtr::server::NotifySender;

pub use self::delta::Delta;
use self::state::{Sessions, State, StateFolder};
use crate::NetError;

/// Earlier serials from which a router is brought up to date by a difference.
pub const HISTORY: usize = 64;
/// All differences together hold at most this many changes more than the
/// present table has rows: beyond it a whole table is shorter.
const SPARE_CHANGES: usize = 10_000;

/// One published table.
#[derive(Debug)]
pub struct Edition {
    /// Its serial.
    pub serial: u32,
    /// When it was published, in seconds since 1970 (UTC).
    pub time: i64,
    /// What it says.
    pub table: RouterTable,
    /// The digest of the table's bytes.
    pub digest: Digest,
    /// The places of the table's rows in the order in which routers are told:
    /// longer prefixes first, so that a router that has heard only a part
    /// takes no route of a more-specific for invalid
    /// (draft-ietf-sidrops-8210bis, "ROA PDU race minimization").
    pub(crate) order: Vec<u32>,
    /// From earlier serials to this one, oldest first.
    pub(crate) differences: Vec<(u32, Arc<Delta>)>,
}

/// What a publication changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The serial now.
    pub serial: u32,
    /// What routers see change; empty where the serial is as it was.
    pub delta: Arc<Delta>,
}

/// The place where tables are published.
#[derive(Debug)]
pub struct Publication {
    sessions: Sessions,
    folder: StateFolder,
    /// What was published before this process started, until its first table.
    remembered: Mutex<Option<State>>,
    /// The first serial of new sessions.
    first_serial: u32,
    current: RwLock<Option<Arc<Edition>>>,
    notify: NotifySender,
}

impl Publication {
    /// Opens the folder that holds the state, alone. Sessions go on where the
    /// file is as this program left it; else new ones begin.
    ///
    /// # Errors
    /// [`NetError`] where the folder is in use or the disk fails.
    pub fn open(folder: &Path) -> Result<Self, NetError> {
        let folder_held = StateFolder::take(folder)?;
        let remembered = folder_held.read()?;
        let (fresh, first_serial) = fresh_sessions().map_err(|source| NetError::Io {
            action: "read",
            place: "the system's random numbers".into(),
            source,
        })?;
        Ok(Self {
            sessions: (remembered.as_ref()).map_or(fresh, |state| state.sessions),
            folder: folder_held,
            remembered: Mutex::new(remembered),
            first_serial,
            current: RwLock::new(None),
            notify: NotifySender::new(),
        })
    }

    /// What is published now; nothing before this process's first table, for
    /// what was true before it started may not be so any more.
    #[must_use]
    pub fn current(&self) -> Option<Arc<Edition>> {
        let current = self.current.read();
        current.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the process before this one published last, until the first table
    /// of this one.
    #[must_use]
    pub fn remembered(&self) -> Option<RouterTable> {
        let remembered = self.remembered.lock();
        let remembered = remembered.unwrap_or_else(PoisonError::into_inner);
        remembered.as_ref().map(|state| state.table.clone())
    }

    /// The session of a version of the protocol.
    #[must_use]
    pub fn session(&self, version: u8) -> u16 {
        let [.., newest] = self.sessions;
        let session = self.sessions.get(usize::from(version));
        session.copied().unwrap_or(newest)
    }

    /// What wakes the routers' sessions.
    pub(crate) fn notifications(&self) -> &NotifySender {
        &self.notify
    }

    /// Publishes a table. The serial moves only where routers are told
    /// something else.
    ///
    /// # Errors
    /// [`NetError`] where the state cannot be kept; then what was published
    /// before stays published.
    pub fn publish(&self, table: RouterTable, time: i64) -> Result<Published, NetError> {
        let remembered = self.remembered.lock();
        let mut remembered = remembered.unwrap_or_else(PoisonError::into_inner);
        let before = match self.current() {
            Some(edition) => Some(Before {
                serial: edition.serial,
                differences: edition.differences.clone(),
                delta: Delta::between(&edition.table, &table),
            }),
            None => remembered
                .as_ref()
                .map(|state| Before::of_state(state, &table)),
        };
        let (serial, delta, differences) = match before {
            None => (self.first_serial, Delta::default(), Vec::new()),
            Some(before) if before.delta.is_empty() => {
                (before.serial, before.delta, before.differences)
            }
            Some(before) => before.step(table.rows().len()),
        };
        let edition = Edition::new(serial, time, table, differences);
        if self.is_news(&edition, remembered.as_ref()) {
            self.folder.write(&State {
                sessions: self.sessions,
                serial,
                time,
                table: edition.table.clone(),
                earlier: (edition.differences.iter())
                    .map(|(serial, delta)| (*serial, Delta::clone(delta)))
                    .collect(),
            })?;
        }
        let first = self.current().is_none();
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(edition));
        *remembered = None;
        if first || !delta.is_empty() {
            self.notify.clone().notify();
        }
        Ok(Published {
            serial,
            delta: Arc::new(delta),
        })
    }

    /// Whether the disk does not hold this yet.
    fn is_news(&self, edition: &Edition, remembered: Option<&State>) -> bool {
        match (self.current(), remembered) {
            (Some(current), _) => current.serial != edition.serial,
            (None, Some(state)) => state.serial != edition.serial,
            (None, None) => true,
        }
    }
}

/// What a new table is compared with.
struct Before {
    serial: u32,
    differences: Vec<(u32, Arc<Delta>)>,
    delta: Delta,
}

impl Before {
    fn of_state(state: &State, table: &RouterTable) -> Self {
        let earlier = state.earlier.iter();
        Self {
            serial: state.serial,
            differences: earlier
                .map(|(serial, delta)| (*serial, Arc::new(delta.clone())))
                .collect(),
            delta: Delta::between(&state.table, table),
        }
    }

    /// The next serial, and the differences to it, as many as are kept.
    fn step(self, rows: usize) -> (u32, Delta, Vec<(u32, Arc<Delta>)>) {
        let mut differences: Vec<_> = (self.differences.iter())
            .map(|(serial, delta)| (*serial, Arc::new(delta.then(&self.delta))))
            .collect();
        differences.push((self.serial, Arc::new(self.delta.clone())));
        let mut changes = 0;
        let kept = differences.iter().rev().take(HISTORY).take_while(|it| {
            changes += it.1.len();
            changes <= rows + SPARE_CHANGES
        });
        let forgotten = differences.len() - kept.count();
        (
            self.serial.wrapping_add(1),
            self.delta,
            differences.split_off(forgotten),
        )
    }
}

impl Edition {
    fn new(
        serial: u32,
        time: i64,
        table: RouterTable,
        differences: Vec<(u32, Arc<Delta>)>,
    ) -> Self {
        let rows = table.rows();
        let mut order: Vec<u32> = (0..rows.len() as u32).collect();
        order.sort_by_key(|place| {
            let row = rows.get(*place as usize);
            std::cmp::Reverse(row.map_or(0, |row| row.vrp.prefix.len()))
        });
        Self {
            serial,
            time,
            digest: Digest::of(&table.to_bytes()),
            table,
            order,
            differences,
        }
    }

    /// The difference from an earlier serial to this edition.
    #[must_use]
    pub fn since(&self, serial: u32) -> Option<Arc<Delta>> {
        if serial == self.serial {
            return Some(Arc::default());
        }
        let mut earlier = self.differences.iter();
        let found = earlier.find(|(from, _)| *from == serial);
        found.map(|(_, delta)| delta.clone())
    }
}

/// Three different sessions, and a serial to begin with: even where chance
/// gives an earlier session again, a serial of it then hardly means anything.
fn fresh_sessions() -> std::io::Result<(Sessions, u32)> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|error| std::io::Error::other(error.to_string()))?;
    let [a, b, c, d, e, f, g, _] = random;
    let first = u16::from_be_bytes([a, b]);
    let step = u16::from(c >> 1) + 1;
    let sessions = [
        first,
        first.wrapping_add(step),
        first.wrapping_add(2 * step),
    ];
    Ok((sessions, u32::from_be_bytes([d, e, f, g]) >> 1))
}

#[cfg(test)]
mod tests;
