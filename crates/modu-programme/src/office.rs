//! What all doors of the programme work on: pages, the interface for programs,
//! workers. Each has a clone of one [`Office`].

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use modu_evidence::EvidenceError;
use modu_evidence::archive::Archive;
use modu_evidence::statement::{EntryReference, Statement};
use modu_kernel::Digest;
use modu_store::Store;

use crate::access::{Action, reach};
use crate::account::{AccountError, Accounts, Entered, Password, Token};
use crate::allowance::Allowances;
use crate::error::{HistoryError, Refusal};
use crate::event::{Access, Actor, Entry, Event};
use crate::identity::{OrganisationId, PersonId};
use crate::job::{self, AskedDemonstration, Desk, Job, JobError, JobId, NewNode, NodeId, NodeKey};
use crate::notice::Board;
use crate::organisation::Person;
use crate::room::Room;
use crate::scribe::{Scribe, ScribeError};
use crate::shelf::{LoggedRun, LoggedRuns, Shelf};
use crate::step::StepError;
use crate::store::{DatabaseHistory, Kept};
use crate::text::Title;

/// The programme, its accounts, its evidence and its artifacts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Office {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    kept: Mutex<Kept<DatabaseHistory>>,
    accounts: Mutex<Accounts>,
    /// Held while a password is hashed: it takes 19 MiB and keeps a core busy.
    hashing: Mutex<()>,
    jobs: Desk,
    shelf: Shelf,
    scribe: Scribe,
    allowances: Allowances,
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
                hashing: Mutex::new(()),
                jobs,
                scribe: Scribe::new(evidence.clone(), clock),
                allowances: Allowances::default(),
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

    /// Lets somebody in by name and password. Passwords are looked at one
    /// after another, while the accounts are free for everybody else: many who
    /// guess at once take neither the memory nor the pages from others.
    ///
    /// # Errors
    /// As [`Accounts::sign_in`].
    pub fn sign_in(
        &self,
        login: &str,
        password: &str,
        address: &str,
    ) -> Result<Entered, AccountError> {
        let attempt = self.accounts().attempt(login, address, self.now())?;
        let proven = {
            let hashing = self.inner.hashing.lock();
            let _one = hashing.unwrap_or_else(PoisonError::into_inner);
            attempt.check(password)?
        };
        self.accounts().enter(proven, self.now())
    }

    /// Changes a person's password, for which they give the one until now. All
    /// their sessions and keys end, and a new session begins. Passwords are
    /// looked at as in [`Self::sign_in`].
    ///
    /// # Errors
    /// [`AccountError::NoPassword`], [`AccountError::WrongPassword`],
    /// [`AccountError::SamePassword`], [`AccountError::TooMany`],
    /// [`AccountError::Random`], [`AccountError::Database`].
    pub fn change_password(
        &self,
        person: PersonId,
        (current, new): (&str, &Password),
        address: &str,
    ) -> Result<Token, AccountError> {
        if new.is(current) {
            return Err(AccountError::SamePassword);
        }
        let changed = || {
            let login = self.accounts().login_with_password(person)?;
            let attempt = self.accounts().attempt(&login, address, self.now())?;
            let (proven, hashed) = {
                let hashing = self.inner.hashing.lock();
                let _one = hashing.unwrap_or_else(PoisonError::into_inner);
                (attempt.check(current)?, new.hashed()?)
            };
            self.accounts()
                .change_password(person, proven, hashed, self.now())
        };
        changed().map_err(|error| match error {
            AccountError::Wrong => AccountError::WrongPassword,
            error => error,
        })
    }

    /// Whether a person is asked for a second factor before anything else.
    ///
    /// # Errors
    /// [`AccountError::Database`].
    pub fn must_enrol_factor(&self, person: &Person) -> Result<bool, AccountError> {
        let required = {
            let kept = self.kept();
            kept.programme().second_factor().contains(&person.role)
        };
        match required {
            true => self.accounts().lacks_factor(person.id),
            false => Ok(false),
        }
    }

    /// A link for a person to come in with: an invitation for who has never
    /// been in. For anybody else all that let them in ends with it, and the
    /// history says so.
    ///
    /// # Errors
    /// What the programme refuses, or keeping it fails with.
    pub fn give_link(&self, by: PersonId, to: PersonId) -> Result<Token, StepError> {
        self.may_manage(by, to)?;
        if !self.accounts().has_way_in(to)? {
            return Ok(self.accounts().link(to, self.now())?);
        }
        let access = Access::SignIn;
        self.act(by, Event::AccessReset { person: to, access })?;
        Ok(self.accounts().reset(to, self.now())?)
    }

    /// Takes a person's second factor away, and the history says so.
    ///
    /// # Errors
    /// As [`Self::give_link`]; [`AccountError::NoFactor`].
    pub fn take_factor(&self, by: PersonId, from: PersonId) -> Result<(), StepError> {
        self.may_manage(by, from)?;
        if !self.accounts().has_factor(from)? {
            return Err(AccountError::NoFactor.into());
        }
        let (person, access) = (from, Access::SecondFactor);
        self.act(by, Event::AccessReset { person, access })?;
        Ok(self.accounts().take_factor(from)?)
    }

    /// Whether somebody may let people in, and this is a person to let in.
    fn may_manage(&self, by: PersonId, whom: PersonId) -> Result<(), Refusal> {
        let kept = self.kept();
        let people = kept.programme().people();
        let active = |id| people.get(&id).filter(|person| person.active);
        let by = active(by).ok_or(Refusal::Missing("such person"))?;
        let action = Action::ManagePeople;
        if reach(by.role, action).is_none() {
            let role = by.role;
            return Err(Refusal::NotAllowed { role, action });
        }
        active(whom)
            .map(drop)
            .ok_or(Refusal::Missing("such person"))
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

    /// Lets a node in for a demand agency, in the name of a person; the token
    /// is shown to nobody again.
    ///
    /// # Errors
    /// As [`job::admit`].
    pub fn admit_node(
        &self,
        by: PersonId,
        whose: (OrganisationId, &Title),
        key: NodeKey,
    ) -> Result<NewNode, StepError> {
        let now = self.now();
        let admitted = job::admit(&mut self.kept(), Actor::Person(by), whose, key, now)?;
        self.board().news().ring();
        Ok(admitted)
    }

    /// Shuts a node out, in the name of a person.
    ///
    /// # Errors
    /// As [`job::shut_out`].
    pub fn shut_node_out(&self, by: PersonId, node: NodeId) -> Result<Entry, HistoryError> {
        let now = self.now();
        let entry = job::shut_out(&mut self.kept(), Actor::Person(by), node, now)?;
        self.board().news().ring();
        Ok(entry)
    }

    /// Remembers by which trusted root a node's evidence is verified from here
    /// on.
    ///
    /// # Errors
    /// As [`job::bind_root`].
    pub fn bind_root(&self, node: NodeId, root: Digest) -> Result<(), HistoryError> {
        let now = self.now();
        job::bind_root(&mut self.kept(), node, root, now)
    }

    /// Calls a job off in the name of a person who could have asked for it;
    /// the job as it is then.
    ///
    /// # Errors
    /// As [`Desk::cancel`].
    pub fn cancel_job(&self, by: PersonId, id: JobId) -> Result<Job, JobError> {
        let now = self.now();
        let kept = self.kept();
        self.jobs().cancel(by, id, kept.programme(), now)?;
        let job = self.jobs().queue().get(id)?;
        Ok(job.ok_or(Refusal::Missing("such job"))?)
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

    /// Whether what is left of the disk is for the programme itself, and no
    /// place for runs that members put on record.
    #[must_use]
    pub fn keeps_the_rest(&self) -> bool {
        Room::of(self.inner.scribe.folder()).is_some_and(Room::is_for_the_programme)
    }

    /// Says how much each organisation may put on record in a day, instead of
    /// 4 GiB; at least 64 MiB.
    pub fn allow_runs(&self, bytes_a_day: u64) {
        self.inner.allowances.set(bytes_a_day);
    }

    /// Takes a run of so many bytes from what an organisation may put on
    /// record. It may bring a day's worth at once, and that comes back evenly
    /// over a day.
    ///
    /// # Errors
    /// How long until that much is left; nothing was taken then.
    pub fn take_allowance(&self, organisation: OrganisationId, bytes: u64) -> Result<(), Duration> {
        let now = Instant::now();
        self.inner.allowances.take(organisation, bytes, now)
    }

    /// Gives a run back that was taken, and is not on record.
    pub fn give_back_allowance(&self, organisation: OrganisationId, bytes: u64) {
        self.inner.allowances.give_back(organisation, bytes);
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
