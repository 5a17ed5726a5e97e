//! Where the history is kept: a database that only ever gets longer.
//!
//! Two kinds are meant: SQLite in a folder, and PostgreSQL for several servers.
//! What both must do is said by [`History`] and by the tests that every kind
//! passes; only this module and those below hold SQL.

mod sqlite;

pub use self::sqlite::SqliteHistory;

use jiff::Timestamp;

use crate::error::HistoryError;
use crate::event::{Actor, Entry, Event};
use crate::identity::{ProjectId, Sequence};
use crate::programme::Programme;

/// Entries that are read at once.
pub const MAX_PAGE: usize = 10_000;

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

    /// The entries about one project, its need first, at most `limit` and
    /// [`MAX_PAGE`]. Costs what they are, not what the history is.
    ///
    /// # Errors
    /// As [`Self::after`].
    fn about(&mut self, project: ProjectId, limit: usize) -> Result<Vec<Entry>, HistoryError>;

    /// Keeps the next entry.
    ///
    /// # Errors
    /// [`HistoryError::Grown`] where its place is taken or leaves a gap;
    /// [`HistoryError::Database`].
    fn append(&mut self, entry: &Entry) -> Result<(), HistoryError>;
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
            let page = self.history.after(self.programme.last(), MAX_PAGE)?;
            for entry in &page {
                self.programme.follow(entry)?;
            }
            if page.len() < MAX_PAGE {
                return Ok(());
            }
        }
    }

    /// Does one thing: it is checked, kept, and then counts. Where another
    /// server was faster, it is checked again on what that one did.
    ///
    /// # Errors
    /// [`HistoryError::Refused`] and whatever keeping it fails with; the
    /// programme is then as it was.
    pub fn act(&mut self, by: Actor, event: Event, now: Timestamp) -> Result<Entry, HistoryError> {
        /// Others may be faster a few times; not for ever.
        const ATTEMPTS: usize = 16;
        let mut attempt = 1;
        loop {
            let entry = self.programme.propose(by, event.clone(), now)?;
            match self.history.append(&entry) {
                Ok(()) => {
                    self.programme.follow(&entry)?;
                    return Ok(entry);
                }
                Err(HistoryError::Grown { .. }) if attempt < ATTEMPTS => {
                    attempt += 1;
                    self.catch_up()?;
                }
                Err(error) => return Err(error),
            }
        }
    }
}
