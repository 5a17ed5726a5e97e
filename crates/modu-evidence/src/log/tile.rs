//! Tiles: the tree cut into files that never change.
//!
//! A hash tile holds 256 neighbouring nodes of the tree, eight levels apart
//! from the tiles below: level 0 tiles hold leaf hashes, level 1 tiles the
//! roots of full level 0 tiles, and so on. An entry bundle holds the 256
//! entries whose hashes a level 0 tile holds. The last tile of a level is
//! *partial* while it has fewer, and its path says how many.
//!
//! Paths are those of C2SP tlog-tiles (<https://c2sp.org/tlog-tiles>), so the
//! folder may be served as it is.

use std::fmt;

use super::MAX_TREE_SIZE;
use super::checkpoint::parse_decimal;
use super::merkle::Hash;

/// Hashes in a full tile and entries in a full bundle.
pub const TILE_WIDTH: u16 = 256;
/// The height of the subtree that a full tile stands for.
pub(super) const TILE_HEIGHT: u8 = 8;
/// The highest level that a tree of [`MAX_TREE_SIZE`] has.
pub(super) const MAX_LEVEL: u8 = 7;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileKind {
    /// Entries, under `tile/entries`.
    Entries,
    /// Hashes of a level, 0 to 7, under `tile/<level>`.
    Hashes(u8),
}

/// A tile's name: what it holds, which of its kind, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// What it holds.
    pub kind: TileKind,
    /// Its place within the level, from 0.
    pub index: u64,
    /// How many hashes or entries, 1 to [`TILE_WIDTH`].
    pub width: u16,
}

impl Tile {
    /// A full tile.
    #[must_use]
    pub const fn full(kind: TileKind, index: u64) -> Self {
        Self {
            kind,
            index,
            width: TILE_WIDTH,
        }
    }

    /// Whether it has [`TILE_WIDTH`] members.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.width == TILE_WIDTH
    }

    /// The partial tile at the right edge of a level in a tree of `size`
    /// entries; none where the level ends in a full tile.
    #[must_use]
    pub fn partial_at(kind: TileKind, size: u64) -> Option<Self> {
        let members = members(kind, size);
        let width = (members % u64::from(TILE_WIDTH)) as u16;
        (width > 0).then_some(Self {
            kind,
            index: members / u64::from(TILE_WIDTH),
            width,
        })
    }

    /// Reads a path as [`Tile`]'s `Display` writes it.
    ///
    /// Gives `None` for any other spelling, for a level over 7 and for an
    /// index that no tree has.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let mut parts = path.strip_prefix("tile/")?.split('/').peekable();
        let kind = match parts.next()? {
            "entries" => TileKind::Entries,
            level => TileKind::Hashes(
                u8::try_from(parse_decimal(level)?)
                    .ok()
                    .filter(|level| *level <= MAX_LEVEL)?,
            ),
        };
        let mut index = 0u64;
        let mut width = TILE_WIDTH;
        while let Some(part) = parts.next() {
            let last_of_partial = part.strip_suffix(".p");
            let group = match last_of_partial {
                Some(group) => {
                    width = u16::try_from(parse_decimal(parts.next()?)?).ok()?;
                    group
                }
                None if parts.peek().is_some() => part.strip_prefix('x')?,
                None => part,
            };
            if group.len() != 3 || !group.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            index = index
                .checked_mul(1000)?
                .checked_add(group.parse::<u64>().ok()?)?;
            if last_of_partial.is_some() && parts.peek().is_some() {
                return None;
            }
        }
        let tile = Self { kind, index, width };
        // Writing it again settles leading zero groups, widths and the rest.
        (index <= MAX_TREE_SIZE / 256 && (1..=TILE_WIDTH).contains(&width))
            .then_some(tile)
            .filter(|tile| tile.to_string() == path)
    }
}

/// How many members a level has in a tree of `size` entries.
pub(super) fn members(kind: TileKind, size: u64) -> u64 {
    match kind {
        TileKind::Entries => size,
        TileKind::Hashes(level) => size >> (TILE_HEIGHT * level),
    }
}

/// The path below the log's folder, with `/` between its parts.
impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Entries => f.write_str("tile/entries/")?,
            TileKind::Hashes(level) => write!(f, "tile/{level}/")?,
        }
        let mut divisor = 1;
        while self.index / divisor >= 1000 {
            divisor *= 1000;
        }
        while divisor > 1 {
            write!(f, "x{:03}/", self.index / divisor % 1000)?;
            divisor /= 1000;
        }
        write!(f, "{:03}", self.index % 1000)?;
        match self.is_full() {
            true => Ok(()),
            false => write!(f, ".p/{}", self.width),
        }
    }
}

/// A hash tile with the nodes above its hashes, up to its own root.
#[derive(Debug)]
pub(super) struct TileNodes {
    /// `rows[h][i]` is the root over hashes `i * 2^h .. (i + 1) * 2^h`.
    rows: Vec<Vec<Hash>>,
}

impl TileNodes {
    /// Hashes a tile's rows: one hashing for each member, nearly.
    pub(super) fn new(hashes: Vec<Hash>) -> Self {
        let mut rows = vec![hashes];
        while let Some(row) = rows.last().filter(|row| row.len() > 1) {
            let above = row
                .chunks_exact(2)
                .map(|pair| Hash::of_node(&pair[0], &pair[1]))
                .collect();
            rows.push(above);
        }
        Self { rows }
    }

    /// How many members the tile has.
    pub(super) fn width(&self) -> usize {
        self.rows.first().map_or(0, Vec::len)
    }

    /// The bytes of a tile's file; `None` where they are not whole hashes.
    pub(super) fn read(bytes: &[u8]) -> Option<Vec<Hash>> {
        let (hashes, rest) = bytes.as_chunks::<32>();
        rest.is_empty()
            .then(|| hashes.iter().copied().map(Hash::from_bytes).collect())
    }

    /// The root over 2^`height` members from `index * 2^height`, if it has all
    /// of them.
    pub(super) fn node(&self, height: u8, index: u64) -> Option<Hash> {
        let row = self.rows.get(usize::from(height))?;
        row.get(usize::try_from(index).ok()?).copied()
    }
}
