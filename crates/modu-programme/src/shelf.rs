//! The evidence as it is now, opened once and kept until it grows.
//!
//! Opening an archive reads its settings, verifies the log's checkpoint and
//! lists its records. That is cheap once, and dear for each of thousands of
//! readers a second. What was read and verified of the log never changes, so
//! runs on record are kept at hand, too.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use modu_evidence::EvidenceError;
use modu_evidence::archive::Archive;
use modu_evidence::statement::{Predicate, RecordedRun};

/// Places of the log of which is kept at hand what stands there.
const MAX_KEPT: usize = 65_536;
/// Bytes that the runs among them take, about.
const MAX_KEPT_BYTES: usize = 20 << 20;
/// Bytes of one of them.
const MAX_RUN_BYTES: usize = 16 << 10;
/// Entries that are looked through for one page of runs.
const LOOKED_THROUGH: u64 = 1_000;

/// A run on record.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedRun {
    /// The place of its evidence in the log.
    pub place: u64,
    /// When the log took it.
    pub at: Timestamp,
    /// What was told.
    pub run: RecordedRun,
}

/// Some runs on record.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedRuns {
    /// In the order of the log.
    pub runs: Vec<Arc<LoggedRun>>,
    /// Behind this entry there may be others.
    pub more_after: Option<u64>,
}

/// Where the evidence is read.
#[derive(Debug)]
pub(crate) struct Shelf {
    evidence: PathBuf,
    open: Mutex<Option<(Stamps, Arc<Archive>)>>,
    known: Mutex<Known>,
}

/// What tells a file from the one that replaces it.
type Stamp = (u64, u64, i64, i64);
/// Those of the checkpoint and the settings.
type Stamps = [Stamp; 2];

/// What stands at places that were looked at: a run, or something else.
#[derive(Debug, Default)]
struct Known {
    places: BTreeMap<u64, Option<Arc<LoggedRun>>>,
    order: VecDeque<u64>,
    bytes: usize,
}

impl Known {
    fn keep(&mut self, place: u64, found: Option<Arc<LoggedRun>>) {
        let bytes = found.as_ref().map_or(0, bytes);
        if bytes > MAX_RUN_BYTES {
            return;
        }
        if self.places.insert(place, found).is_none() {
            self.order.push_back(place);
            self.bytes += bytes;
        }
        while self.order.len() > MAX_KEPT || self.bytes > MAX_KEPT_BYTES {
            let Some(oldest) = self.order.pop_front() else {
                break;
            };
            let gone = self.places.remove(&oldest).flatten();
            self.bytes -= gone.as_ref().map_or(0, self::bytes);
        }
    }
}

/// What a run takes in memory, about.
fn bytes(logged: &Arc<LoggedRun>) -> usize {
    let run = &logged.run;
    let metrics = run
        .metrics
        .iter()
        .map(|it| (it.name.len(), size_of_val(it)));
    let parameters = run.parameters.iter();
    let parameters = parameters.map(|it| (it.name.len() + it.value.len(), size_of_val(it)));
    let files = run.files.iter();
    let files = files.map(|it| (it.name.len() + it.media_type.len(), size_of_val(it)));
    // Each text is a piece of memory of its own, with what manages it.
    let parts = metrics.chain(parameters).chain(files);
    let parts: usize = parts.map(|(text, fixed)| text + fixed + 16).sum();
    size_of::<LoggedRun>() + run.name.len() + run.by.organisation.len() + parts
}

impl Shelf {
    pub(crate) fn new(evidence: PathBuf) -> Self {
        Self {
            evidence,
            open: Mutex::default(),
            known: Mutex::default(),
        }
    }

    /// The archive at its newest checkpoint.
    pub(crate) fn archive(&self) -> Result<Arc<Archive>, EvidenceError> {
        let mut open = lock(&self.open);
        // Looked at before it is opened: what is newer than its stamp is
        // opened once more, and never the other way round.
        let stamps = self.stamps();
        if let (Some(stamps), Some((known, archive))) = (&stamps, &*open)
            && known == stamps
        {
            return Ok(Arc::clone(archive));
        }
        let archive = Arc::new(Archive::open(self.evidence.clone())?);
        *open = stamps.map(|stamps| (stamps, Arc::clone(&archive)));
        Ok(archive)
    }

    /// None where they cannot be told: opening says why.
    fn stamps(&self) -> Option<Stamps> {
        let stamp = |name| {
            let it = fs::metadata(self.evidence.join(name)).ok()?;
            Some((it.ino(), it.len(), it.mtime(), it.mtime_nsec()))
        };
        Some([stamp("log/checkpoint")?, stamp("archive.json")?])
    }

    /// The run at a place of the log; none where something else stands there.
    pub(crate) fn run(&self, place: u64) -> Result<Option<Arc<LoggedRun>>, EvidenceError> {
        if let Some(known) = lock(&self.known).places.get(&place) {
            return Ok(known.clone());
        }
        let archive = self.archive()?;
        match place < archive.size() {
            true => self.read(&archive, place),
            false => Ok(None),
        }
    }

    /// Runs after a place, at most so many, of the entries that are looked
    /// through at once.
    pub(crate) fn runs(
        &self,
        after: Option<u64>,
        limit: usize,
    ) -> Result<LoggedRuns, EvidenceError> {
        let archive = self.archive()?;
        let from = after.map_or(0, |after| after.saturating_add(1));
        let until = from.saturating_add(LOOKED_THROUGH).min(archive.size());
        let mut runs = Vec::new();
        let mut place = from;
        while place < until && runs.len() < limit {
            let known = lock(&self.known).places.get(&place).cloned();
            runs.extend(match known {
                Some(known) => known,
                None => self.read(&archive, place)?,
            });
            place += 1;
        }
        let more_after = (place < archive.size()).then(|| place.saturating_sub(1));
        Ok(LoggedRuns { runs, more_after })
    }

    fn read(&self, archive: &Archive, place: u64) -> Result<Option<Arc<LoggedRun>>, EvidenceError> {
        let entry = archive.get(place)?;
        let found = match entry.statement.predicate {
            Predicate::RecordedRun(run) => Some(Arc::new(LoggedRun {
                place,
                at: entry.integrated_time,
                run,
            })),
            _ => None,
        };
        lock(&self.known).keep(place, found.clone());
        Ok(found)
    }
}

/// What is kept at hand is whole at every moment that a lock can be let go.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
