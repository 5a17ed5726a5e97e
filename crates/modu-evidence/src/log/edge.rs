//! The right edge of a growing tree: all that a writer must remember.

use super::bundle;
use super::merkle::Hash;
use super::tile::{TILE_HEIGHT, TILE_WIDTH, Tile, TileKind, TileNodes, members};
use crate::EvidenceError;

/// The unfinished tile of each level and the unfinished bundle. At most 255
/// hashes a level and 255 entries.
#[derive(Debug, Clone, Default)]
pub(super) struct Edge {
    size: u64,
    bundle: Vec<u8>,
    levels: Vec<Vec<Hash>>,
}

/// Takes a tile's file as it is finished.
pub(super) type TileSink<'s> = dyn FnMut(Tile, &[u8]) -> Result<(), EvidenceError> + 's;

impl Edge {
    /// The edge of a tree, of the bytes of its unfinished bundle and the
    /// hashes of its unfinished tiles from level 0 upwards.
    pub(super) fn new(size: u64, bundle: Vec<u8>, levels: Vec<Vec<Hash>>) -> Self {
        Self {
            size,
            bundle,
            levels,
        }
    }

    /// How many entries the tree has.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Adds an entry of at most [`bundle::MAX_ENTRY_BYTES`]; tiles and bundles
    /// that become full go to `sink`.
    pub(super) fn push(
        &mut self,
        entry: &[u8],
        sink: &mut TileSink<'_>,
    ) -> Result<(), EvidenceError> {
        bundle::push(&mut self.bundle, entry).ok_or_else(|| EvidenceError::TooLarge {
            what: "an entry, in bytes,".into(),
            size: entry.len() as u64,
            limit: bundle::MAX_ENTRY_BYTES as u64,
        })?;
        let index = self.size / u64::from(TILE_WIDTH);
        self.size += 1;
        if self.size.is_multiple_of(u64::from(TILE_WIDTH)) {
            sink(Tile::full(TileKind::Entries, index), &self.bundle)?;
            self.bundle.clear();
        }
        self.push_hash(0, Hash::of_leaf(entry), sink)
    }

    fn push_hash(
        &mut self,
        level: u8,
        hash: Hash,
        sink: &mut TileSink<'_>,
    ) -> Result<(), EvidenceError> {
        let place = usize::from(level);
        if self.levels.len() <= place {
            self.levels.resize_with(place + 1, Vec::new);
        }
        self.levels[place].push(hash);
        if self.levels[place].len() < usize::from(TILE_WIDTH) {
            return Ok(());
        }
        let hashes = std::mem::take(&mut self.levels[place]);
        let kind = TileKind::Hashes(level);
        let index = members(kind, self.size) / u64::from(TILE_WIDTH) - 1;
        sink(Tile::full(kind, index), &tile_bytes(&hashes))?;
        match TileNodes::new(hashes).node(TILE_HEIGHT, 0) {
            Some(root) => self.push_hash(level + 1, root, sink),
            None => Ok(()),
        }
    }

    /// Gives the unfinished tiles that changed since the tree had `old_size`
    /// entries.
    pub(super) fn partials(
        &self,
        old_size: u64,
        sink: &mut TileSink<'_>,
    ) -> Result<(), EvidenceError> {
        let changed = |kind: &TileKind| members(*kind, old_size) != members(*kind, self.size);
        let partial = |kind| Tile::partial_at(kind, self.size);
        if let Some(tile) = Some(TileKind::Entries).filter(changed).and_then(partial) {
            sink(tile, &self.bundle)?;
        }
        for (level, hashes) in (0..).zip(&self.levels) {
            let kind = TileKind::Hashes(level);
            if let Some(tile) = Some(kind).filter(changed).and_then(partial) {
                sink(tile, &tile_bytes(hashes))?;
            }
        }
        Ok(())
    }

    /// The unfinished hash tiles, level by level.
    pub(super) fn tiles(&self) -> EdgeTiles {
        EdgeTiles::new(self.levels.clone())
    }
}

fn tile_bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(Hash::as_bytes).copied().collect()
}

/// The unfinished hash tiles with the nodes above their hashes.
#[derive(Debug, Default)]
pub(super) struct EdgeTiles(Vec<TileNodes>);

impl EdgeTiles {
    /// Of the hashes of each level, lowest first; empty where a level ends in
    /// a full tile.
    pub(super) fn new(levels: Vec<Vec<Hash>>) -> Self {
        Self(levels.into_iter().map(TileNodes::new).collect())
    }

    /// A node of the unfinished tile of a level.
    pub(super) fn node(&self, level: u8, height: u8, index: u64) -> Option<Hash> {
        self.0.get(usize::from(level))?.node(height, index)
    }

    /// The root of the whole tree: the complete subtrees that the edge holds,
    /// joined from the right (RFC 9162, section 2.1.2).
    pub(super) fn root(&self) -> Hash {
        let mut root: Option<Hash> = None;
        for tile in &self.0 {
            let width = tile.width();
            for height in 0..TILE_HEIGHT {
                if width >> height & 1 == 0 {
                    continue;
                }
                let index = (width >> height) - 1;
                if let Some(left) = tile.node(height, index as u64) {
                    root = Some(root.map_or(left, |right| Hash::of_node(&left, &right)));
                }
            }
        }
        root.unwrap_or_else(Hash::of_empty_tree)
    }
}
