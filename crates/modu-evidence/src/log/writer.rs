//! Writing a log: batches of entries, each durable with one checkpoint.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::bundle::MAX_ENTRY_BYTES;
use super::checkpoint::{Checkpoint, LogKeys};
use super::edge::Edge;
use super::folder::{Folder, Lock};
use super::reader::LogReader;
use super::recovery;
use super::tile::{MAX_LEVEL, TILE_WIDTH, Tile, TileKind, members};
use super::{Hash, MAX_TREE_SIZE};
use crate::EvidenceError;
use crate::note::{Note, NoteSigner};

/// The most entries that are appended at once.
pub const MAX_BATCH_ENTRIES: usize = 65_536;
/// The most bytes of entries that are appended at once.
pub const MAX_BATCH_BYTES: u64 = 1 << 30;

/// How many threads wait for the disk in a large commit.
const SYNCING_THREADS: usize = 8;
/// Where a commit writes before it renames.
pub(super) const STAGING: &str = "staging";
/// Where a checkpoint waits, durable, to be renamed.
pub(super) const STAGED_CHECKPOINT: &str = "staging/checkpoint";

/// A log that this process alone may append to, until it is dropped.
///
/// ```no_run
/// # use modu_evidence::{log::{Log, LogKeys}, note::NoteSigner};
/// # fn example(keys: &LogKeys, signer: &dyn NoteSigner) -> Result<(), modu_evidence::EvidenceError> {
/// let mut log = Log::create("/var/lib/modu/log", keys, signer)?;
/// let appended = log.append_batch(&["first", "second"], signer)?;
/// let proof = log.reader().inclusion_proof(appended.first, appended.checkpoint.size)?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Log {
    folder: Folder,
    keys: LogKeys,
    edge: Edge,
    reader: LogReader,
    uncertain: bool,
    _lock: Lock,
}

/// What a batch became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The index of the batch's first entry; the others follow it.
    pub first: u64,
    /// The checkpoint that covers the batch.
    pub checkpoint: Checkpoint,
    /// The same, signed.
    pub note: Note,
}

impl Log {
    /// Makes a new, empty log in a folder that does not hold one, with a
    /// signed checkpoint of size 0.
    ///
    /// # Errors
    /// [`EvidenceError::AlreadyExists`], [`EvidenceError::InUse`],
    /// [`EvidenceError::Io`]; [`EvidenceError::Signature`] where the signer's
    /// lines do not verify with `keys`.
    pub fn create(
        folder: impl Into<PathBuf>,
        keys: &LogKeys,
        signer: &dyn NoteSigner,
    ) -> Result<Self, EvidenceError> {
        Self::create_folder(Folder::new(folder), keys, signer)
    }

    pub(super) fn create_folder(
        folder: Folder,
        keys: &LogKeys,
        signer: &dyn NoteSigner,
    ) -> Result<Self, EvidenceError> {
        folder.create()?;
        let lock = folder.lock()?;
        if holds_log(&folder) {
            return Err(EvidenceError::AlreadyExists {
                path: folder.root().to_owned(),
            });
        }
        let empty = Checkpoint::new(keys.origin().clone(), 0, Hash::of_empty_tree());
        let note = sign(&empty, keys, signer)?;
        folder.create_folder(&folder.path(STAGING), &mut BTreeSet::new())?;
        publish_checkpoint(&folder, &note)?;
        Self::with_lock(folder, lock, keys)
    }

    /// Opens an existing log for appending, and finishes or clears away what a
    /// killed process left.
    ///
    /// # Errors
    /// [`EvidenceError::InUse`] where another process has it open;
    /// [`EvidenceError::NoLog`] where there is none; [`EvidenceError::Io`]
    /// where the folder cannot be written; as [`LogReader::open`] where its files do not agree.
    pub fn open(folder: impl Into<PathBuf>, keys: &LogKeys) -> Result<Self, EvidenceError> {
        Self::open_folder(Folder::new(folder), keys)
    }

    pub(super) fn open_folder(folder: Folder, keys: &LogKeys) -> Result<Self, EvidenceError> {
        if !holds_log(&folder) {
            return Err(EvidenceError::NoLog {
                path: folder.root().to_owned(),
            });
        }
        let lock = folder.lock()?;
        Self::with_lock(folder, lock, keys)
    }

    fn with_lock(folder: Folder, lock: Lock, keys: &LogKeys) -> Result<Self, EvidenceError> {
        let (reader, edge) = recovery::recover(&folder, keys)?;
        Ok(Self {
            folder,
            keys: keys.clone(),
            edge,
            reader,
            uncertain: false,
            _lock: lock,
        })
    }

    /// Reads the log at its last durable checkpoint.
    #[must_use]
    pub fn reader(&self) -> &LogReader {
        &self.reader
    }

    /// The last durable checkpoint.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        self.reader.checkpoint()
    }

    /// Appends entries, durably and all together or not at all. An empty batch
    /// signs the checkpoint anew, as after a rotation of keys.
    ///
    /// The batch's files, the checkpoint and their folders are synced before
    /// this returns: the cost is some syncs for each batch and two for each
    /// 256 entries, so few large batches are far cheaper than many small ones.
    ///
    /// # Errors
    /// [`EvidenceError::TooLarge`] for an entry over [`MAX_ENTRY_BYTES`] or a
    /// batch over [`MAX_BATCH_ENTRIES`] or [`MAX_BATCH_BYTES`];
    /// [`EvidenceError::Signature`] where the signer's lines do not verify with
    /// the log's keys; [`EvidenceError::Io`] where the disk fails. Nothing of
    /// the batch is in the log then, except after a failure at the very moment
    /// of publishing the checkpoint: further appends are then refused with
    /// [`EvidenceError::Reopen`], and opening the log again settles it.
    pub fn append_batch<E: AsRef<[u8]>>(
        &mut self,
        entries: &[E],
        signer: &dyn NoteSigner,
    ) -> Result<Appended, EvidenceError> {
        if self.uncertain {
            return Err(EvidenceError::Reopen {
                path: self.folder.root().to_owned(),
            });
        }
        let first = self.edge.size();
        check_batch(first, entries)?;

        let mut edge = self.edge.clone();
        let mut tiles = Publication::new(&self.folder);
        let note = match self.prepare(entries, signer, &mut edge, &mut tiles) {
            Ok(note) => note,
            Err(error) => {
                tiles.withdraw();
                return Err(error);
            }
        };
        if let Err(error) = publish_checkpoint(&self.folder, &note) {
            self.uncertain = true;
            return Err(error);
        }
        let checkpoint = Checkpoint::parse(note.text())?;
        self.reader
            .advance(note.clone(), checkpoint.clone(), edge.tiles());
        self.edge = edge;
        self.remove_finished_partials(first);
        Ok(Appended {
            first,
            checkpoint,
            note,
        })
    }

    /// Makes all tiles of the larger tree durable in their places, where no
    /// checkpoint names them yet, and signs the one that will.
    fn prepare<E: AsRef<[u8]>>(
        &self,
        entries: &[E],
        signer: &dyn NoteSigner,
        edge: &mut Edge,
        tiles: &mut Publication<'_>,
    ) -> Result<Note, EvidenceError> {
        let old_size = edge.size();
        for entry in entries {
            edge.push(entry.as_ref(), &mut |tile, bytes| tiles.stage(tile, bytes))?;
        }
        edge.partials(old_size, &mut |tile, bytes| tiles.stage(tile, bytes))?;
        let root = edge.tiles().root();
        let checkpoint = Checkpoint::new(self.keys.origin().clone(), edge.size(), root);
        let note = sign(&checkpoint, &self.keys, signer)?;
        tiles.publish()?;
        Ok(note)
    }

    /// Partial files of tiles that are now full are of no more use (readers of
    /// earlier checkpoints take the full file); one that stays does no harm.
    fn remove_finished_partials(&self, old_size: u64) {
        let levels = (0..=MAX_LEVEL).map(TileKind::Hashes);
        for kind in std::iter::once(TileKind::Entries).chain(levels) {
            let full = members(kind, self.edge.size()) / u64::from(TILE_WIDTH);
            match Tile::partial_at(kind, old_size) {
                Some(tile) if tile.index < full => {
                    let _ = self.folder.remove_folder(&partials_of(&self.folder, tile));
                }
                _ => {}
            }
        }
    }

    #[cfg(test)]
    pub(super) fn faults(&self) -> &super::folder::faults::Faults {
        &self.folder.faults
    }
}

fn holds_log(folder: &Folder) -> bool {
    folder.path("checkpoint").exists() || folder.path(STAGED_CHECKPOINT).exists()
}

/// The folder that holds the partial files of a tile.
pub(super) fn partials_of(folder: &Folder, tile: Tile) -> PathBuf {
    let full = Tile::full(tile.kind, tile.index);
    folder.path(format!("{full}.p"))
}

fn check_batch<E: AsRef<[u8]>>(first: u64, entries: &[E]) -> Result<(), EvidenceError> {
    let too_large = |what: String, size: u64, limit: u64| {
        (size > limit).then_some(EvidenceError::TooLarge { what, size, limit })
    };
    let count = entries.len() as u64;
    let bytes = entries.iter().map(|e| e.as_ref().len() as u64).sum();
    let longest = entries.iter().enumerate().find_map(|(place, entry)| {
        let size = entry.as_ref().len() as u64;
        let what = format!("entry {place} of the batch, in bytes,");
        too_large(what, size, MAX_ENTRY_BYTES as u64)
    });
    longest
        .or_else(|| too_large("the batch".into(), count, MAX_BATCH_ENTRIES as u64))
        .or_else(|| too_large("the batch, in bytes,".into(), bytes, MAX_BATCH_BYTES))
        .or_else(|| too_large("the log".into(), first.saturating_add(count), MAX_TREE_SIZE))
        .map_or(Ok(()), Err)
}

/// Signs a checkpoint and checks the lines as a reader would: a log never
/// publishes what its own keys do not open.
fn sign(
    checkpoint: &Checkpoint,
    keys: &LogKeys,
    signer: &dyn NoteSigner,
) -> Result<Note, EvidenceError> {
    let text = checkpoint.to_string();
    let lines = signer.sign(&text)?;
    let note = Note::new(text, lines)?;
    keys.open(&note)?;
    Ok(note)
}

/// Makes a checkpoint durable before anybody can read it, then shows it. After
/// a power failure between the two, recovery shows it.
pub(super) fn publish_checkpoint(folder: &Folder, note: &Note) -> Result<(), EvidenceError> {
    folder.replace(STAGED_CHECKPOINT, note.to_string().as_bytes())?;
    show_checkpoint(folder)
}

/// Renames the staged checkpoint into its place.
pub(super) fn show_checkpoint(folder: &Folder) -> Result<(), EvidenceError> {
    let mut changed = BTreeSet::new();
    let (from, to) = (folder.path(STAGED_CHECKPOINT), folder.path("checkpoint"));
    folder.rename(&from, &to, &mut changed)?;
    folder.sync_folders(&changed)
}

/// The tiles of one commit on their way into their places.
struct Publication<'f> {
    folder: &'f Folder,
    staged: Vec<(PathBuf, PathBuf)>,
}

impl<'f> Publication<'f> {
    fn new(folder: &'f Folder) -> Self {
        Self {
            folder,
            staged: Vec::new(),
        }
    }

    fn stage(&mut self, tile: Tile, bytes: &[u8]) -> Result<(), EvidenceError> {
        let from = self.folder.path(format!("{STAGING}/{}", self.staged.len()));
        let to = self.folder.path(tile.to_string());
        self.staged.push((from.clone(), to));
        self.folder.write(&from, bytes)
    }

    /// A name never shows a file that is not whole and durable.
    fn publish(&self) -> Result<(), EvidenceError> {
        self.sync_staged()?;
        let mut changed = BTreeSet::new();
        for (from, to) in &self.staged {
            self.folder.rename(from, to, &mut changed)?;
        }
        self.folder.sync_folders(&changed)
    }

    /// Many files at once: the file system makes them durable together, where
    /// one after the other each would wait for its own turn of the disk.
    fn sync_staged(&self) -> Result<(), EvidenceError> {
        let share = self.staged.len().div_ceil(SYNCING_THREADS);
        let sync = |files: &[(PathBuf, PathBuf)]| {
            let mut staged = files.iter().map(|(from, _)| from);
            staged.try_for_each(|from| self.folder.sync_file(from))
        };
        if self.staged.len() <= 2 {
            return sync(&self.staged);
        }
        std::thread::scope(|scope| {
            let threads: Vec<_> = self
                .staged
                .chunks(share)
                .map(|files| scope.spawn(move || sync(files)))
                .collect();
            threads
                .into_iter()
                .try_for_each(|thread| match thread.join() {
                    Ok(result) => result,
                    Err(panic) => std::panic::resume_unwind(panic),
                })
        })
    }

    /// Clears away as much as can be; the rest is cleared or overwritten later.
    fn withdraw(&self) {
        for path in self.staged.iter().flat_map(|(from, to)| [from, to]) {
            let _ = self.folder.remove(path);
        }
    }
}
