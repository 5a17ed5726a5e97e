//! What all doors of the programme work on: pages, the interface for programs,
//! workers. Each has a clone of one [`Office`].

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use modu_evidence::EvidenceError;
use modu_evidence::archive::Archive;
use modu_evidence::statement::{EntryReference, Statement};
use modu_store::Store;

use crate::account::Accounts;
use crate::error::HistoryError;
use crate::event::{Actor, Entry, Event};
use crate::identity::PersonId;
use crate::job::{AskedDemonstration, Desk, JobError, JobId};
use crate::notice::Board;
use crate::scribe::{Scribe, ScribeError};
use crate::shelf::{LoggedRun, LoggedRuns, Shelf};
use crate::store::{DatabaseHistory, Kept};

/// The programme, its accounts, its evidence and its artifacts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Office {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    kept: Mutex<Kept<DatabaseHistory>>,
    accounts: Mutex<Accounts>,
    jobs: Desk,
    shelf: Shelf,
    scribe: Scribe,
    board: Board,
    store: Store,
    clock: fn() -> Timestamp,
}

impl Office {
    /// An office over what is kept; `evidence` is the folder of the archive.
    #[must_use]
    pub fn new(
        kept: Kept<DatabaseHistory>,
        accounts: Accounts,
        jobs: Desk,
        evidence: PathBuf,
        store: Store,
        clock: fn() -> Timestamp,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                kept: Mutex::new(kept),
                accounts: Mutex::new(accounts),
                board: Board::over(Arc::clone(jobs.database())),
                jobs,
                scribe: Scribe::new(evidence.clone(), clock),
                shelf: Shelf::new(evidence),
                store,
                clock,
            }),
        }
    }

    /// The programme. A step is kept before it counts, so that a thread that
    /// fell over has left it whole.
    pub fn kept(&self) -> MutexGuard<'_, Kept<DatabaseHistory>> {
        self.inner
            .kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Passwords, sessions and links.
    pub fn accounts(&self) -> MutexGuard<'_, Accounts> {
        self.inner
            .accounts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Jobs, and what demonstrations are made of.
    #[must_use]
    pub fn jobs(&self) -> &Desk {
        &self.inner.jobs
    }

    /// Notices, webhooks and mailboxes.
    #[must_use]
    pub fn board(&self) -> &Board {
        &self.inner.board
    }

    /// Asks for a demonstration in a person's name: a worker takes it at once,
    /// and what comes of it is told in the history.
    ///
    /// # Errors
    /// Why it may not be asked for, or what keeping it fails with.
    pub fn demonstrate(&self, by: PersonId, asked: &AskedDemonstration) -> Result<JobId, JobError> {
        let now = self.now();
        let kept = self.kept();
        self.jobs().ask(by, asked, kept.programme(), now)
    }

    /// The evidence as it is now. It is opened again only where it has grown.
    ///
    /// # Errors
    /// What opening it fails with.
    pub fn archive(&self) -> Result<Arc<Archive>, EvidenceError> {
        self.inner.shelf.archive()
    }

    /// Signs a statement and appends it to the log, durably, together with
    /// those of others who ask at the same time.
    ///
    /// # Errors
    /// [`ScribeError`].
    pub fn record(&self, statement: Statement) -> Result<EntryReference, ScribeError> {
        self.inner.scribe.record(statement)
    }

    /// The run on record at a place of the log; none where something else
    /// stands there, or nothing.
    ///
    /// # Errors
    /// What reading the log fails with.
    pub fn run(&self, place: u64) -> Result<Option<Arc<LoggedRun>>, EvidenceError> {
        self.inner.shelf.run(place)
    }

    /// Runs on record after a place of the log, in its order, at most `limit`.
    /// Looks through a thousand entries at once: there may be more behind.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn runs(&self, after: Option<u64>, limit: usize) -> Result<LoggedRuns, EvidenceError> {
        self.inner.shelf.runs(after, limit)
    }

    /// The artifacts.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.inner.clock)()
    }

    /// Does one thing in a person's name.
    ///
    /// # Errors
    /// What the programme refuses or keeping it fails with.
    pub fn act(&self, by: PersonId, event: Event) -> Result<Entry, HistoryError> {
        let now = self.now();
        let entry = self.kept().act(Actor::Person(by), event, now)?;
        self.board().news().ring();
        Ok(entry)
    }
}
