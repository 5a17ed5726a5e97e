//! Writing evidence for many at once.
//!
//! An entry of the log is acknowledged when it is durable, and making a batch
//! durable costs about the same for one entry as for a hundred. So whoever
//! comes while a batch is being written waits for the next one, and one of
//! those who wait writes it for all: no thread of its own, no delay where
//! nobody else comes, and hundreds of entries with one signature of the log
//! and a few syncs where many do.
//!
//! The evidence has one writer at a time. It stays open for a moment after the
//! last entry, and other processes that want to write get their turn at least
//! every few seconds.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use modu_evidence::EvidenceError;
use modu_evidence::archive::Recorder;
use modu_evidence::statement::{EntryReference, Statement};

/// Entries of one batch.
const MAX_BATCH: usize = 512;
/// How long the evidence stays open after the last entry.
const LINGER: Duration = Duration::from_millis(100);
/// After so long others who want to write get their turn.
const LONGEST_TURN: Duration = Duration::from_secs(2);
/// How long one stays away then: longer than others wait between two looks.
const AWAY: Duration = Duration::from_millis(150);
/// How often one looks whether another process has done writing, and how long
/// it is waited for in all.
const LOOK: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(20);

/// Why a statement was not taken into the log.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ScribeError {
    /// The statement itself cannot be taken.
    #[error("{0}")]
    Statement(String),
    /// The evidence could not be written.
    #[error("the evidence could not be written: {0}")]
    Evidence(Arc<EvidenceError>),
    /// Whoever wrote for all fell over; the log may have the entry or not.
    #[error("writing the evidence was cut off: look whether it is in the log")]
    CutOff,
}

type Answer = Result<EntryReference, ScribeError>;

/// Writes evidence for all threads of a server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Scribe {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    evidence: PathBuf,
    clock: fn() -> Timestamp,
    queue: Mutex<Queue>,
    desk: Mutex<Desk>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// Somebody writes, or was told to.
    is_led: bool,
}

#[derive(Debug)]
struct Waiting {
    statement: Statement,
    tell: Sender<Told>,
}

/// What somebody who waits is told.
#[derive(Debug)]
enum Told {
    /// It is done.
    Done(Answer),
    /// Write for all who wait now.
    Lead,
}

/// The evidence while it is open to be written.
#[derive(Debug, Default)]
struct Desk {
    open: Option<Open>,
    /// A thread sees to it that it is closed.
    is_watched: bool,
}

#[derive(Debug)]
struct Open {
    recorder: Recorder,
    since: Instant,
    last: Instant,
}

impl Scribe {
    /// A scribe of the archive in a folder.
    #[must_use]
    pub fn new(evidence: PathBuf, clock: fn() -> Timestamp) -> Self {
        Self {
            inner: Arc::new(Inner {
                evidence,
                clock,
                queue: Mutex::default(),
                desk: Mutex::default(),
            }),
        }
    }

    /// Where the archive is.
    pub(crate) fn folder(&self) -> &Path {
        &self.inner.evidence
    }

    /// Signs a statement and appends it to the log, durably. Blocks until the
    /// batch that it is in is durable.
    ///
    /// # Errors
    /// [`ScribeError`].
    pub fn record(&self, statement: Statement) -> Answer {
        // One that cannot be written must not spoil the batch of others.
        if let Err(error) = statement.to_bytes() {
            return Err(ScribeError::Statement(error.to_string()));
        }
        let (tell, told) = channel();
        let leads = {
            let mut queue = lock(&self.inner.queue);
            queue.waiting.push(Waiting { statement, tell });
            !std::mem::replace(&mut queue.is_led, true)
        };
        if leads {
            self.write_for_all();
        }
        loop {
            match told.recv() {
                Ok(Told::Done(answer)) => return answer,
                Ok(Told::Lead) => self.write_for_all(),
                Err(_) => return Err(ScribeError::CutOff),
            }
        }
    }

    /// Writes for those who wait, and hands the pen on to who came meanwhile.
    fn write_for_all(&self) {
        let _hands_on = HandsOn(&self.inner);
        let waiting = {
            let mut queue = lock(&self.inner.queue);
            let count = queue.waiting.len().min(MAX_BATCH);
            queue.waiting.drain(..count).collect::<Vec<_>>()
        };
        let (statements, tell): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .map(|it| (it.statement, it.tell))
            .unzip();
        let answers: Vec<Answer> = match self.write(&statements) {
            Ok(entries) => entries.into_iter().map(Ok).collect(),
            Err(error) => {
                let error = ScribeError::Evidence(Arc::new(error));
                tell.iter().map(|_| Err(error.clone())).collect()
            }
        };
        for (tell, answer) in tell.into_iter().zip(answers) {
            // Who went away meanwhile finds it in the log.
            let _gone = tell.send(Told::Done(answer));
        }
    }

    fn write(&self, statements: &[Statement]) -> Result<Vec<EntryReference>, EvidenceError> {
        let mut desk = lock(&self.inner.desk);
        if (desk.open.as_ref()).is_some_and(|open| open.since.elapsed() > LONGEST_TURN) {
            desk.open = None;
            thread::sleep(AWAY);
        }
        let mut open = match desk.open.take() {
            Some(open) => open,
            None => self.open()?,
        };
        let entries = open
            .recorder
            .record_batch(statements, (self.inner.clock)())?;
        open.last = Instant::now();
        desk.open = Some(open);
        if !std::mem::replace(&mut desk.is_watched, true) {
            let inner = Arc::clone(&self.inner);
            thread::spawn(move || close_when_idle(&inner));
        }
        Ok(entries)
    }

    /// Opens the evidence when whoever writes it now has done so.
    fn open(&self) -> Result<Open, EvidenceError> {
        let asked = Instant::now();
        loop {
            match Recorder::open(self.inner.evidence.clone()) {
                Err(EvidenceError::InUse { .. }) if asked.elapsed() < PATIENCE => {
                    thread::sleep(LOOK);
                }
                opened => {
                    let now = Instant::now();
                    return Ok(Open {
                        recorder: opened?,
                        since: now,
                        last: now,
                    });
                }
            }
        }
    }
}

/// Hands the pen on when it is dropped, also where its holder fell over.
struct HandsOn<'s>(&'s Inner);

impl Drop for HandsOn<'_> {
    fn drop(&mut self) {
        let mut queue = lock(&self.0.queue);
        let next = queue
            .waiting
            .iter()
            .position(|it| it.tell.send(Told::Lead).is_ok());
        queue.is_led = next.is_some();
    }
}

fn close_when_idle(inner: &Inner) {
    loop {
        thread::sleep(LINGER);
        let mut desk = lock(&inner.desk);
        if (desk.open.as_ref()).is_none_or(|open| open.last.elapsed() >= LINGER) {
            desk.open = None;
            desk.is_watched = false;
            return;
        }
    }
}

/// What stands behind a lock is whole at every moment that it can be let go.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
