//! Opening a log for writing after whatever happened before.
//!
//! A killed process, a power failure or a full disk may leave: files under
//! `staging/`, a staged checkpoint whose tiles are all durable, tiles that no
//! checkpoint names, and partial tiles of tiles that are full. The staged
//! checkpoint is finished, since somebody may have read it before the power
//! failed; the rest is cleared away.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::bundle;
use super::checkpoint::LogKeys;
use super::edge::Edge;
use super::folder::Folder;
use super::merkle::Hash;
use super::reader::{LogReader, read_checkpoint, read_edge, read_entries};
use super::tile::{MAX_LEVEL, TILE_HEIGHT, TILE_WIDTH, Tile, TileKind, members};
use super::writer::{MAX_BATCH_ENTRIES, STAGED_CHECKPOINT, STAGING, partials_of, show_checkpoint};
use crate::EvidenceError;

/// How many tiles of a kind one batch can begin, at most.
const fn tiles_per_batch(kind: TileKind) -> u64 {
    let level = match kind {
        TileKind::Entries => 0,
        TileKind::Hashes(level) => level,
    };
    let height = TILE_HEIGHT as u32 * (level as u32 + 1);
    (MAX_BATCH_ENTRIES as u64).unbounded_shr(height) + 1
}

/// Brings the folder to its last checkpoint and reads what the writer needs.
/// The caller holds the lock.
pub(super) fn recover(folder: &Folder, keys: &LogKeys) -> Result<(LogReader, Edge), EvidenceError> {
    if finish_staged(folder, keys)? {
        folder.sync_file(&folder.path(STAGED_CHECKPOINT))?;
        show_checkpoint(folder)?;
    }
    let reader = LogReader::open(folder.root(), keys)?;
    folder.sync_file(&folder.path("checkpoint"))?;
    clear(folder, reader.size())?;
    let edge = read_writer_edge(folder, &reader)?;
    Ok((reader, edge))
}

/// Whether a staged checkpoint is whole, continues the shown one and has all
/// its tiles.
fn finish_staged(folder: &Folder, keys: &LogKeys) -> Result<bool, EvidenceError> {
    let Ok(Some(staged)) = read_checkpoint(folder, STAGED_CHECKPOINT) else {
        return Ok(false);
    };
    let Ok(reader) = LogReader::at(folder.root(), staged, keys) else {
        return Ok(false);
    };
    let continues = match read_checkpoint(folder, "checkpoint")? {
        Some(shown) => {
            let shown = keys.open(&shown)?.checkpoint;
            reader.check_continues(&shown).is_ok()
        }
        None => true,
    };
    Ok(continues && read_writer_edge(folder, &reader).is_ok())
}

/// Removes what lies past the checkpoint, and makes the names of what stays
/// durable: the process that wrote them may have ended before it did.
fn clear(folder: &Folder, size: u64) -> Result<(), EvidenceError> {
    let staging = folder.path(STAGING);
    folder.remove_folder(&staging)?;
    let mut folders = BTreeSet::new();
    folder.create_folder(&staging, &mut folders)?;
    folders.insert(folder.root().to_owned());

    let levels = (0..=MAX_LEVEL).map(TileKind::Hashes);
    for kind in std::iter::once(TileKind::Entries).chain(levels) {
        let full = members(kind, size) / u64::from(TILE_WIDTH);
        let reach = tiles_per_batch(kind);
        for index in full.saturating_sub(reach)..full {
            let tile = Tile::full(kind, index);
            if folder.path(tile.to_string()).exists() {
                folder.remove_folder(&partials_of(folder, tile))?;
            }
            add_ancestors(folder, tile, &mut folders);
        }
        for index in full..=full + reach {
            let tile = Tile::full(kind, index);
            clear_unfinished(folder, tile, size)?;
            add_ancestors(folder, tile, &mut folders);
        }
    }
    folders.retain(|path| path.is_dir());
    folder.sync_folders(&folders)
}

/// Removes the full file of a tile that is not full yet, and its partial files
/// that are wider than the tree.
fn clear_unfinished(folder: &Folder, tile: Tile, size: u64) -> Result<(), EvidenceError> {
    folder.remove(&folder.path(tile.to_string()))?;
    let partials = partials_of(folder, tile);
    let width = Tile::partial_at(tile.kind, size)
        .filter(|last| last.index == tile.index)
        .map_or(0, |last| last.width);
    if width == 0 {
        return folder.remove_folder(&partials);
    }
    let entries = fs::read_dir(&partials).map_err(EvidenceError::io("read", &partials))?;
    for entry in entries {
        let entry = entry.map_err(EvidenceError::io("read", &partials))?;
        let name = entry.file_name();
        let stays = name
            .to_str()
            .and_then(|name| name.parse::<u16>().ok())
            .is_some_and(|found| found <= width);
        if !stays {
            folder.remove(&entry.path())?;
        }
    }
    Ok(())
}

/// The folders between a tile and the log's root.
fn add_ancestors(folder: &Folder, tile: Tile, folders: &mut BTreeSet<PathBuf>) {
    let path = partials_of(folder, tile).join("_");
    for ancestor in path.ancestors().skip(1) {
        if ancestor == folder.root() || !folders.insert(ancestor.to_owned()) {
            return;
        }
    }
}

/// The unfinished tiles and the unfinished bundle, checked.
fn read_writer_edge(folder: &Folder, reader: &LogReader) -> Result<Edge, EvidenceError> {
    let size = reader.size();
    let levels = read_edge(folder, size)?;
    let mut bytes = Vec::new();
    if let Some(tile) = Tile::partial_at(TileKind::Entries, size) {
        let entries = read_entries(folder, tile)?;
        let hashes: Vec<Hash> = entries.iter().map(|entry| Hash::of_leaf(entry)).collect();
        if levels.first() != Some(&hashes) {
            return Err(EvidenceError::Corrupt {
                path: folder.path(tile.to_string()),
                problem: "its entries are not those in the log".into(),
            });
        }
        for entry in &entries {
            let _ = bundle::push(&mut bytes, entry);
        }
    }
    let edge = Edge::new(size, bytes, levels);
    match edge.tiles().root() == reader.checkpoint().root {
        true => Ok(edge),
        false => Err(EvidenceError::Corrupt {
            path: folder.path("tile"),
            problem: "its last tiles changed while they were read".into(),
        }),
    }
}
