//! Where the history is kept: a database that only ever gets longer.
//!
//! What a history must do is said by [`History`] and by the tests that each
//! database passes, SQLite in a folder and PostgreSQL for several servers.

pub(crate) mod database;

pub use self::database::DatabaseHistory;

use jiff::Timestamp;
use modu_kernel::Digest;

use crate::error::HistoryError;
use crate::event::{Actor, Entry, Event};
use crate::identity::{ProjectId, Sequence};
pub use crate::job::Settlement;
use crate::programme::Programme;

/// Entries that are read at once.
pub const MAX_PAGE: usize = 10_000;

/// Which entries follow on what others added meanwhile.
pub type Continue<'a> = dyn FnMut(&[Entry]) -> Result<Vec<Entry>, HistoryError> + 'a;

/// What is kept in one transaction with entries.
#[derive(Debug, Clone, Copy)]
pub enum Beside<'b> {
    /// That the job is done which brought them about.
    Done(&'b Settlement),
    /// What is kept of the token of the node that they let in.
    NodeToken(&'b [u8; 32]),
}

/// A history that is kept.
///
/// An entry is kept whole or not at all, is durable when [`History::append`]
/// returns, and never changes. Two writers never both write the same place.
pub trait History {
    /// The last entry's place.
    ///
    /// # Errors
    /// [`HistoryError::Database`].
    fn last(&mut self) -> Result<Sequence, HistoryError>;

    /// Entries after a place, in order, at most `limit` and [`MAX_PAGE`].
    ///
    /// # Errors
    /// [`HistoryError::Database`]; [`HistoryError::Changed`] where what is
    /// kept is no entry.
    fn after(&mut self, place: Sequence, limit: usize) -> Result<Vec<Entry>, HistoryError>;

    /// As [`Self::after`], each entry with the digest of its bytes: for reading
    /// all of it, where the chain shows that they are those of its content.
    ///
    /// # Errors
    /// As [`Self::after`].
    fn read_on(
        &mut self,
        place: Sequence,
        limit: usize,
    ) -> Result<Vec<(Entry, Digest)>, HistoryError> {
        let digested = |entry: Entry| {
            let digest = entry.digest()?;
            Ok((entry, digest))
        };
        self.after(place, limit)?
            .into_iter()
            .map(digested)
            .collect()
    }

    /// The entries about one project, its need first, at most `limit` and
    /// [`MAX_PAGE`]. Costs what they are, not what the history is.
    ///
    /// # Errors
    /// As [`Self::after`].
    fn about(&mut self, project: ProjectId, limit: usize) -> Result<Vec<Entry>, HistoryError>;

    /// Keeps the next entries, all or none, and with them what lies beside the
    /// history. While nobody else can write, `next` is given
    /// what others added after `known` and says which entries follow on that.
    ///
    /// # Errors
    /// What `next` refuses; [`HistoryError::Grown`] where others added more
    /// than [`MAX_PAGE`]; [`HistoryError::Misplaced`];
    /// [`HistoryError::LeaseLost`] where the job is another worker's by now;
    /// [`HistoryError::Database`].
    fn extend(
        &mut self,
        known: Sequence,
        next: &mut Continue<'_>,
        beside: Option<Beside<'_>>,
    ) -> Result<Vec<Entry>, HistoryError>;
}

/// The programme with its history: what is done is kept before it counts.
#[derive(Debug)]
pub struct Kept<H> {
    history: H,
    programme: Programme,
}

impl<H: History> Kept<H> {
    /// Reads the whole history.
    ///
    /// # Errors
    /// What reading it fails with; [`HistoryError::Changed`] where the chain
    /// does not hold.
    pub fn open(history: H) -> Result<Self, HistoryError> {
        let mut kept = Self {
            history,
            programme: Programme::new(),
        };
        kept.catch_up()?;
        Ok(kept)
    }

    /// Where everything stands.
    #[must_use]
    pub fn programme(&self) -> &Programme {
        &self.programme
    }

    /// The history itself, for reading.
    pub fn history(&mut self) -> &mut H {
        &mut self.history
    }

    /// Reads what others have added.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn catch_up(&mut self) -> Result<(), HistoryError> {
        loop {
            let page = self.history.read_on(self.programme.last(), MAX_PAGE)?;
            for (entry, digest) in &page {
                self.programme.follow_digested(entry, *digest)?;
            }
            if page.len() < MAX_PAGE {
                return Ok(());
            }
        }
    }

    /// Does one thing: it is checked on what everybody did before, kept, and
    /// then counts.
    ///
    /// # Errors
    /// [`HistoryError::Refused`] and whatever keeping it fails with; the
    /// programme is then as it was.
    pub fn act(&mut self, by: Actor, event: Event, now: Timestamp) -> Result<Entry, HistoryError> {
        let mut kept = self.act_all(by, vec![event], now, None)?;
        kept.pop().ok_or(HistoryError::Nothing)
    }

    /// Does several things at once, all or none, and keeps with them what lies
    /// beside the history, such as that the job is done which brought them
    /// about: whoever lost the job's lease changes nothing.
    ///
    /// # Errors
    /// As [`Self::act`], and [`HistoryError::LeaseLost`].
    pub fn act_all(
        &mut self,
        by: Actor,
        events: Vec<Event>,
        now: Timestamp,
        beside: Option<Beside<'_>>,
    ) -> Result<Vec<Entry>, HistoryError> {
        loop {
            let mut after = None;
            let programme = &mut self.programme;
            let kept = self.history.extend(
                programme.last(),
                &mut |meanwhile| {
                    for entry in meanwhile {
                        programme.follow(entry)?;
                    }
                    let (entries, programme) = proposed(programme, by, &events, now)?;
                    after = programme;
                    Ok(entries)
                },
                beside,
            );
            match kept {
                Ok(entries) => {
                    match after {
                        Some(after) => self.programme = after,
                        None => {
                            for entry in &entries {
                                self.programme.follow(entry)?;
                            }
                        }
                    }
                    return Ok(entries);
                }
                // This server was away for long: it reads on without keeping
                // others from writing, which ends where they write less than
                // is read at once.
                Err(HistoryError::Grown { .. }) => self.catch_up()?,
                Err(error) => return Err(error),
            }
        }
    }
}

/// The entries that events would become, each on those before it, and where
/// everything would stand then if there are several.
fn proposed(
    programme: &Programme,
    by: Actor,
    events: &[Event],
    now: Timestamp,
) -> Result<(Vec<Entry>, Option<Programme>), HistoryError> {
    if let [event] = events {
        return Ok((vec![programme.propose(by, event.clone(), now)?], None));
    }
    let mut programme = programme.clone();
    let mut entries = Vec::with_capacity(events.len());
    for event in events {
        let entry = programme.propose(by, event.clone(), now)?;
        programme.follow(&entry)?;
        entries.push(entry);
    }
    Ok((entries, Some(programme)))
}
