//! Reading a log: every byte that comes out leads to the checkpoint's root.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use modu_kernel::Progress;

use super::bundle::{self, MAX_BUNDLE_BYTES};
use super::checkpoint::{Checkpoint, LogKeys};
use super::edge::EdgeTiles;
use super::folder::Folder;
use super::merkle::{ConsistencyProof, Hash, InclusionProof};
use super::prove::{self, Nodes};
use super::tile::{MAX_LEVEL, TILE_HEIGHT, TILE_WIDTH, Tile, TileKind, TileNodes, members};
use crate::EvidenceError;
use crate::note::{MAX_NOTE_BYTES, Note};

/// Checked tiles that a reader keeps, 16 KiB each.
const CACHED_TILES: usize = 512;

/// A log as one signed checkpoint shows it. The folder may be a copy that
/// somebody else made: what does not lead to the checkpoint's root is an error.
/// A writer may append meanwhile; the reader stays at its checkpoint.
#[derive(Debug)]
pub struct LogReader {
    folder: Folder,
    note: Note,
    checkpoint: Checkpoint,
    edge: EdgeTiles,
    cache: Mutex<HashMap<(u8, u64), Arc<TileNodes>>>,
}

impl LogReader {
    /// Opens the log in a folder at the checkpoint that lies there.
    ///
    /// # Errors
    /// [`EvidenceError::NoLog`] where there is none; [`EvidenceError::Io`]
    /// where it cannot be read; as [`LogKeys::open`]
    /// where the checkpoint is not acceptable; [`EvidenceError::Corrupt`]
    /// where the tiles do not agree with it.
    pub fn open(folder: impl Into<PathBuf>, keys: &LogKeys) -> Result<Self, EvidenceError> {
        let folder = Folder::new(folder);
        let note = read_checkpoint(&folder, "checkpoint")?.ok_or_else(|| EvidenceError::NoLog {
            path: folder.root().to_owned(),
        })?;
        Self::at(folder.root(), note, keys)
    }

    /// Opens the log in a folder at a checkpoint that the caller holds, such
    /// as an earlier one.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn at(
        folder: impl Into<PathBuf>,
        note: Note,
        keys: &LogKeys,
    ) -> Result<Self, EvidenceError> {
        let folder = Folder::new(folder);
        let checkpoint = keys.open(&note)?.checkpoint;
        let edge = EdgeTiles::new(read_edge(&folder, checkpoint.size)?);
        if edge.root() != checkpoint.root {
            return Err(EvidenceError::Corrupt {
                path: folder.path("tile"),
                problem: format!(
                    "the last tiles of each level at {} entries lead to another root",
                    checkpoint.size
                ),
            });
        }
        Ok(Self {
            folder,
            note,
            checkpoint,
            edge,
            cache: Mutex::default(),
        })
    }

    /// Moves on to a checkpoint that the writer has just published.
    pub(super) fn advance(&mut self, note: Note, checkpoint: Checkpoint, edge: EdgeTiles) {
        self.note = note;
        self.checkpoint = checkpoint;
        self.edge = edge;
    }

    /// What was signed.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The checkpoint with all its signature lines.
    #[must_use]
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// How many entries there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.checkpoint.size
    }

    /// The log's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.root()
    }

    /// The root of the tree as it was at `size` entries.
    ///
    /// # Errors
    /// [`EvidenceError::OutOfRange`] past the checkpoint's size; as
    /// [`Self::entry`] for the tiles.
    pub fn root_at(&self, size: u64) -> Result<Hash, EvidenceError> {
        self.check_size(size)?;
        prove::root(self, size)
    }

    /// Proves that entry `index` is in the tree of `size` entries. Costs about
    /// one tile of 8 KiB per level that is not cached: 2 at ten million.
    ///
    /// # Errors
    /// [`EvidenceError::OutOfRange`], [`EvidenceError::Corrupt`] or
    /// [`EvidenceError::Io`].
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Result<InclusionProof, EvidenceError> {
        self.check_size(size)?;
        if index >= size {
            return Err(out_of_range("entry", index, size));
        }
        prove::inclusion(self, index, size)
    }

    /// Proves that the tree of `new_size` entries begins with that of
    /// `old_size`.
    ///
    /// # Errors
    /// As [`Self::inclusion_proof`].
    pub fn consistency_proof(
        &self,
        old_size: u64,
        new_size: u64,
    ) -> Result<ConsistencyProof, EvidenceError> {
        self.check_size(new_size)?;
        if old_size > new_size {
            return Err(out_of_range("tree size", old_size, new_size));
        }
        prove::consistency(self, old_size, new_size)
    }

    /// Checks that this log continues an earlier checkpoint of it, and gives
    /// the proof. The caller must have verified the earlier one's signatures.
    ///
    /// # Errors
    /// [`EvidenceError::Fork`] where it does not: a larger earlier checkpoint
    /// included, since a log never shrinks.
    pub fn check_continues(&self, earlier: &Checkpoint) -> Result<ConsistencyProof, EvidenceError> {
        let fork = |problem: String| {
            Err(EvidenceError::Fork {
                origin: self.checkpoint.origin.to_string(),
                problem,
            })
        };
        if earlier.origin != self.checkpoint.origin {
            return fork(format!(
                "the earlier checkpoint is of another log, `{}`",
                earlier.origin
            ));
        }
        if earlier.size > self.size() {
            return fork(format!(
                "it held {} entries and now holds {}",
                earlier.size,
                self.size()
            ));
        }
        let proof = self.consistency_proof(earlier.size, self.size())?;
        match proof.verify(&earlier.root, &self.checkpoint.root) {
            Ok(()) => Ok(proof),
            Err(_) => fork(format!(
                "its first {} entries are not those that the earlier checkpoint was signed for",
                earlier.size
            )),
        }
    }

    /// The bytes of an entry. Reads its bundle, and the tile that vouches for
    /// it where that is not cached.
    ///
    /// # Errors
    /// [`EvidenceError::OutOfRange`]; [`EvidenceError::Corrupt`] where a file
    /// is missing or does not agree with the checkpoint; [`EvidenceError::Io`].
    pub fn entry(&self, index: u64) -> Result<Vec<u8>, EvidenceError> {
        if index >= self.size() {
            return Err(out_of_range("entry", index, self.size()));
        }
        let name = self.bundle_of(index);
        let within = (index % u64::from(TILE_WIDTH)) as usize;
        let entry = with_entries(&self.folder, name, |entries| {
            entries.get(within).map(|entry| entry.to_vec())
        })?;
        // Of the others in the file nothing is told, so they are not looked at.
        let entry = entry.ok_or_else(|| corrupt(&self.folder, name, "it ends too early"))?;
        self.check(name, index, &entry)?;
        Ok(entry)
    }

    /// Entries with their indexes, in order; the range is cut at the end of
    /// the log. Holds one bundle in memory, at most 16 MiB.
    pub fn entries(&self, range: Range<u64>) -> Entries<'_> {
        Entries {
            reader: self,
            next: range.start,
            end: range.end.min(self.size()),
            bundle: None,
        }
    }

    /// Reads every file that the checkpoint speaks of and checks it: what
    /// a monitor does, and what an owner does after restoring a copy.
    ///
    /// # Errors
    /// As [`Self::entry`], at the first file that does not agree.
    pub fn audit(&self, progress: &dyn Progress) -> Result<(), EvidenceError> {
        let size = self.size();
        for level in 0..=MAX_LEVEL {
            let full = members(TileKind::Hashes(level), size) / u64::from(TILE_WIDTH);
            (0..full).try_for_each(|index| self.tile(level, index).map(|_| ()))?;
        }
        for entry in self.entries(0..size) {
            let (index, _) = entry?;
            if index % u64::from(TILE_WIDTH) == 0 {
                progress.report("audit", index, size);
            }
        }
        progress.report("audit", size, size);
        Ok(())
    }

    fn check_size(&self, size: u64) -> Result<(), EvidenceError> {
        match size <= self.size() {
            true => Ok(()),
            false => Err(out_of_range("tree size", size, self.size())),
        }
    }

    /// A full tile, checked against the tile above it, and so on to the root.
    fn tile(&self, level: u8, index: u64) -> Result<Arc<TileNodes>, EvidenceError> {
        let key = (level, index);
        let cached = |reader: &Self| {
            let cache = reader.cache.lock().unwrap_or_else(PoisonError::into_inner);
            cache.get(&key).cloned()
        };
        if let Some(tile) = cached(self) {
            return Ok(tile);
        }
        let name = Tile::full(TileKind::Hashes(level), index);
        let tile = Arc::new(TileNodes::new(read_hashes(&self.folder, name)?));
        let expected = self.node((level + 1) * TILE_HEIGHT, index)?;
        if tile.node(TILE_HEIGHT, 0) != Some(expected) {
            return Err(corrupt(
                &self.folder,
                name,
                "its hashes are not those of the log",
            ));
        }
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= CACHED_TILES {
            // The upper levels are few and serve every proof.
            cache.retain(|(level, _), _| *level > 0);
            if cache.len() >= CACHED_TILES {
                cache.clear();
            }
        }
        cache.insert(key, Arc::clone(&tile));
        Ok(tile)
    }

    /// The file of the bundle that holds entry `index`.
    fn bundle_of(&self, index: u64) -> Tile {
        let place = index / u64::from(TILE_WIDTH);
        Tile::partial_at(TileKind::Entries, self.size())
            .filter(|last| last.index == place)
            .unwrap_or(Tile::full(TileKind::Entries, place))
    }

    /// The checked entries of the bundle that holds entry `index`.
    fn bundle(&self, index: u64) -> Result<Vec<Vec<u8>>, EvidenceError> {
        let name = self.bundle_of(index);
        let entries = read_entries(&self.folder, name)?;
        let first = index - index % u64::from(TILE_WIDTH);
        for (index, entry) in (first..).zip(&entries) {
            self.check(name, index, entry)?;
        }
        Ok(entries)
    }

    /// Whether an entry that a file holds is the one in the log.
    fn check(&self, name: Tile, index: u64, entry: &[u8]) -> Result<(), EvidenceError> {
        if self.node(0, index)? != Hash::of_leaf(entry) {
            let problem = format!("entry {index} is not the one in the log");
            return Err(corrupt(&self.folder, name, &problem));
        }
        Ok(())
    }
}

impl Nodes for LogReader {
    fn node(&self, height: u8, index: u64) -> Result<Hash, EvidenceError> {
        let (level, above) = (height / TILE_HEIGHT, height % TILE_HEIGHT);
        let in_tile = u64::from(TILE_WIDTH) >> above;
        let (place, within) = (index / in_tile, index % in_tile);
        let full = members(TileKind::Hashes(level), self.size()) / u64::from(TILE_WIDTH);
        let node = match place < full {
            true => self.tile(level, place)?.node(above, within),
            false => self.edge.node(level, above, within),
        };
        node.ok_or_else(|| out_of_range("tree node", index, self.size()))
    }
}

/// An iterator over entries; see [`LogReader::entries`].
#[derive(Debug)]
pub struct Entries<'r> {
    reader: &'r LogReader,
    next: u64,
    end: u64,
    bundle: Option<(u64, Vec<Vec<u8>>)>,
}

impl Iterator for Entries<'_> {
    type Item = Result<(u64, Vec<u8>), EvidenceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let index = self.next;
        let place = index / u64::from(TILE_WIDTH);
        if self.bundle.as_ref().is_none_or(|(held, _)| *held != place) {
            match self.reader.bundle(index) {
                Ok(entries) => self.bundle = Some((place, entries)),
                Err(error) => {
                    self.next = self.end;
                    return Some(Err(error));
                }
            }
        }
        let within = (index % u64::from(TILE_WIDTH)) as usize;
        let (_, entries) = self.bundle.as_mut()?;
        self.next += 1;
        entries
            .get_mut(within)
            .map(|entry| Ok((index, std::mem::take(entry))))
    }
}

/// Reads a checkpoint file; `None` where there is none.
pub(super) fn read_checkpoint(
    folder: &Folder,
    relative: &str,
) -> Result<Option<Note>, EvidenceError> {
    folder
        .read(relative, MAX_NOTE_BYTES as u64)?
        .map(Note::parse)
        .transpose()
}

/// The hashes of the unfinished tile of each level of a tree, lowest first.
pub(super) fn read_edge(folder: &Folder, size: u64) -> Result<Vec<Vec<Hash>>, EvidenceError> {
    (0..=MAX_LEVEL)
        .map(
            |level| match Tile::partial_at(TileKind::Hashes(level), size) {
                Some(tile) => read_hashes(folder, tile),
                None => Ok(Vec::new()),
            },
        )
        .collect()
}

/// A tile's file. Once a tile is full its partial files may be gone, and the
/// full file begins with what they held.
fn read_tile(folder: &Folder, tile: Tile, limit: u64) -> Result<(Tile, Vec<u8>), EvidenceError> {
    let full = Tile::full(tile.kind, tile.index);
    for candidate in [tile, full] {
        if let Some(bytes) = folder.read(candidate.to_string(), limit)? {
            return Ok((candidate, bytes));
        }
    }
    Err(corrupt(folder, tile, "the file is missing"))
}

fn read_hashes(folder: &Folder, tile: Tile) -> Result<Vec<Hash>, EvidenceError> {
    let (found, bytes) = read_tile(folder, tile, u64::from(TILE_WIDTH) * 32)?;
    let mut hashes = TileNodes::read(&bytes)
        .filter(|hashes| hashes.len() == usize::from(found.width))
        .ok_or_else(|| {
            let expected = usize::from(found.width) * 32;
            let problem = format!("it has {} bytes, not {expected}", bytes.len());
            corrupt(folder, found, &problem)
        })?;
    hashes.truncate(usize::from(tile.width));
    Ok(hashes)
}

/// The entries of a bundle, unchecked.
pub(super) fn read_entries(folder: &Folder, tile: Tile) -> Result<Vec<Vec<u8>>, EvidenceError> {
    with_entries(folder, tile, |entries| {
        entries.iter().map(|entry| entry.to_vec()).collect()
    })
}

/// Takes something from the entries of a bundle, which are unchecked.
fn with_entries<T>(
    folder: &Folder,
    tile: Tile,
    take: impl FnOnce(&[&[u8]]) -> T,
) -> Result<T, EvidenceError> {
    let (found, bytes) = read_tile(folder, tile, MAX_BUNDLE_BYTES)?;
    let Some((entries, [])) = bundle::split(&bytes, found.width) else {
        let problem = format!("it does not hold exactly {} entries", found.width);
        return Err(corrupt(folder, found, &problem));
    };
    let wanted = entries.get(..usize::from(tile.width));
    Ok(take(wanted.unwrap_or(&entries)))
}

fn corrupt(folder: &Folder, tile: Tile, problem: &str) -> EvidenceError {
    EvidenceError::Corrupt {
        path: folder.path(tile.to_string()),
        problem: problem.to_owned(),
    }
}

fn out_of_range(what: &'static str, asked: u64, size: u64) -> EvidenceError {
    EvidenceError::OutOfRange { what, asked, size }
}
