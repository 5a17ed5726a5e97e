//! Components by package, in one file.
//!
//! ```text
//! "MODUVRI3"                     8 bytes
//! number of slots, their place   2 x u64
//! blocks                         a checksum of 8 bytes, then rows
//! slots                          hash of the key, place and length of its block: 3 x u64,
//!                                ascending, each slot with a checksum of 8 bytes
//! ```
//!
//! Numbers are little-endian. A row is five lengths (u32; 2^32 - 1 for "none")
//! and its texts. Finding a package reads some twenty slots and one block.
//! Two keys of one hash share a block: whoever asks judges each row anyway. One
//! block more holds the first component of each product that is named by CPE.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use modu_kernel::Digest;
use modu_vuln::delta::{is_of_product, key_of};
use modu_vuln::inventory::Component;

use crate::StoreError;

const MAGIC: &[u8; 8] = b"MODUVRI3";
/// The key of one component of each product; no component has it.
const PRODUCTS: &[u8] = b"CPE";
const HEADER: u64 = 24;
const SLOT: u64 = 32;
const NONE: u32 = u32::MAX;
/// Components of one index.
const COMPONENTS: usize = 50_000_000;
/// Bytes of the components of one package.
const BLOCK_BYTES: u64 = 1 << 30;

/// A component of an asset, as it was indexed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The asset.
    pub asset: String,
    /// The component's name as the list has it.
    pub name: String,
    /// Its version as the list has it.
    pub version: Option<String>,
    /// Its package URL.
    pub purl: Option<String>,
    /// Its CPE name.
    pub cpe: Option<String>,
}

impl Row {
    /// The component, as a list has it.
    #[must_use]
    pub fn component(&self) -> Component<'_> {
        Component {
            name: Cow::Borrowed(&self.name),
            version: self.version.as_deref().map(Cow::Borrowed),
            purl: self.purl.as_deref().map(Cow::Borrowed),
            cpe: self.cpe.as_deref().map(Cow::Borrowed),
        }
    }
}

/// An index that is being made, in memory: some 200 bytes a component.
#[derive(Debug, Default)]
pub struct ReverseIndexBuilder {
    rows: Vec<u8>,
    /// Hash of the key, place and length of the row.
    entries: Vec<(u64, u64, u32)>,
    /// The keys of the products that are named by CPE.
    products: HashSet<u64>,
}

impl ReverseIndexBuilder {
    /// Adds a component. False where no advisory can speak of it: it has no
    /// readable package URL or CPE name, or one of no known ecosystem or release.
    ///
    /// # Errors
    /// [`StoreError::TooMany`]
    pub fn add(&mut self, asset: &str, component: &Component<'_>) -> Result<bool, StoreError> {
        let Some(key) = key_of(component) else {
            return Ok(false);
        };
        if self.entries.len() == COMPONENTS {
            return Err(StoreError::TooMany(COMPONENTS as u64));
        }
        let start = self.rows.len();
        let texts = [
            Some(asset),
            Some(component.name.as_ref()),
            component.version.as_deref(),
            component.purl.as_deref(),
            component.cpe.as_deref(),
        ];
        for text in texts {
            let length = text.map_or(NONE, |text| u32::try_from(text.len()).unwrap_or(NONE));
            self.rows.extend_from_slice(&length.to_le_bytes());
        }
        for text in texts.into_iter().flatten() {
            self.rows.extend_from_slice(text.as_bytes());
        }
        let length = u32::try_from(self.rows.len() - start);
        let length = length.map_err(|_| StoreError::TooMany(COMPONENTS as u64))?;
        let key = hash(&key);
        self.entries.push((key, start as u64, length));
        if is_of_product(component) && self.products.insert(key) {
            self.entries.push((hash(PRODUCTS), start as u64, length));
        }
        Ok(true)
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// [`StoreError::Io`]
    pub fn write(mut self, path: &Path) -> Result<(), StoreError> {
        let could_not = StoreError::io("write", path);
        // Stable, so that rows stay in the order of the lists.
        self.entries.sort_by_key(|(hash, ..)| *hash);
        let fresh = path.with_extension("part");
        let file = File::create(&fresh).map_err(&could_not)?;
        self.write_to(BufWriter::new(file)).map_err(&could_not)?;
        fs::rename(&fresh, path).map_err(&could_not)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(could_not)
    }

    fn write_to(&self, mut file: BufWriter<File>) -> std::io::Result<()> {
        file.write_all(&[0; HEADER as usize])?;
        let (mut slots, mut place, mut count) = (Vec::new(), HEADER, 0_u64);
        for same in self.entries.chunk_by(|one, other| one.0 == other.0) {
            let mut block = Vec::new();
            for (_, start, length) in same {
                let (start, length) = (*start as usize, *length as usize);
                block.extend_from_slice(&self.rows[start..start + length]);
            }
            file.write_all(&checksum(&block))?;
            file.write_all(&block)?;
            let length = 8 + block.len() as u64;
            let slot = [same[0].0, place, length].map(u64::to_le_bytes).concat();
            slots.extend_from_slice(&slot);
            slots.extend_from_slice(&checksum(&slot));
            place += length;
            count += 1;
        }
        file.write_all(&slots)?;
        let file = file.into_inner().map_err(|error| error.into_error())?;
        let mut header = MAGIC.to_vec();
        header.extend_from_slice(&count.to_le_bytes());
        header.extend_from_slice(&place.to_le_bytes());
        file.write_all_at(&header, 0)?;
        file.sync_all()
    }
}

/// An index, to look things up in.
#[derive(Debug)]
pub struct ReverseIndex {
    file: File,
    path: PathBuf,
    slots: u64,
    slots_at: u64,
}

impl ReverseIndex {
    /// Opens an index.
    ///
    /// # Errors
    /// [`StoreError::Io`], or [`StoreError::Corrupt`] where it is none.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let could_not = StoreError::io("read", path);
        let corrupt = |problem| StoreError::Corrupt {
            path: path.to_owned(),
            problem,
        };
        let file = File::open(path).map_err(&could_not)?;
        let length = file.metadata().map_err(&could_not)?.len();
        let mut header = [0; HEADER as usize];
        if length < HEADER {
            return Err(corrupt("it is no index of components"));
        }
        file.read_exact_at(&mut header, 0).map_err(could_not)?;
        let (slots, slots_at) = (number(&header, 8), number(&header, 16));
        let ends = slots
            .checked_mul(SLOT)
            .and_then(|it| it.checked_add(slots_at));
        if !header.starts_with(MAGIC) || ends != Some(length) {
            return Err(corrupt("it is no whole index of components"));
        }
        Ok(Self {
            file,
            path: path.to_owned(),
            slots,
            slots_at,
        })
    }

    /// The components of a package, in the order in which they were added.
    ///
    /// # Errors
    /// [`StoreError::Io`], or [`StoreError::Corrupt`] where a byte changed.
    pub fn components_of(&self, key: &[u8]) -> Result<Vec<Row>, StoreError> {
        let wanted = hash(key);
        let (mut low, mut high) = (0, self.slots);
        while low < high {
            let middle = low + (high - low) / 2;
            let slot = self.slot(middle)?;
            match slot.0.cmp(&wanted) {
                std::cmp::Ordering::Equal => return self.block(slot.1, slot.2),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Ok(Vec::new())
    }

    /// One component of each product that is named by CPE.
    ///
    /// # Errors
    /// As [`ReverseIndex::components_of`].
    pub fn products(&self) -> Result<Vec<Row>, StoreError> {
        self.components_of(PRODUCTS)
    }

    fn slot(&self, place: u64) -> Result<(u64, u64, u64), StoreError> {
        let mut slot = [0; SLOT as usize];
        (self.file)
            .read_exact_at(&mut slot, self.slots_at + place * SLOT)
            .map_err(StoreError::io("read", &self.path))?;
        let (numbers, sum) = slot.split_at(24);
        // A changed hash would hide a package.
        if checksum(numbers) != *sum {
            return Err(self.corrupt("the place of a package has changed"));
        }
        Ok((number(&slot, 0), number(&slot, 8), number(&slot, 16)))
    }

    fn block(&self, place: u64, length: u64) -> Result<Vec<Row>, StoreError> {
        let ends = place.checked_add(length);
        if !(8..=BLOCK_BYTES).contains(&length) || ends.is_none_or(|end| end > self.slots_at) {
            return Err(self.corrupt("a package lies outside of it"));
        }
        let mut block = vec![0; length as usize];
        (self.file)
            .read_exact_at(&mut block, place)
            .map_err(StoreError::io("read", &self.path))?;
        let (sum, rows) = block.split_at(8);
        if checksum(rows) != *sum {
            return Err(self.corrupt("the components of a package have changed"));
        }
        read_rows(rows).ok_or_else(|| self.corrupt("a component cannot be read"))
    }

    fn corrupt(&self, problem: &'static str) -> StoreError {
        StoreError::Corrupt {
            path: self.path.clone(),
            problem,
        }
    }
}

fn read_rows(mut bytes: &[u8]) -> Option<Vec<Row>> {
    let mut rows = Vec::new();
    while !bytes.is_empty() {
        let (lengths, mut rest) = bytes.split_at_checked(20)?;
        let mut texts = [const { None }; 5];
        for (length, text) in lengths.chunks_exact(4).zip(&mut texts) {
            let length = u32::from_le_bytes(length.try_into().ok()?);
            if length != NONE {
                let (of_text, after) = rest.split_at_checked(length as usize)?;
                *text = Some(std::str::from_utf8(of_text).ok()?.to_owned());
                rest = after;
            }
        }
        let [asset, name, version, purl, cpe] = texts;
        rows.push(Row {
            asset: asset?,
            name: name?,
            version,
            purl,
            cpe,
        });
        bytes = rest;
    }
    Some(rows)
}

fn number(bytes: &[u8], at: usize) -> u64 {
    let bytes = bytes.get(at..at + 8).and_then(|it| it.try_into().ok());
    bytes.map_or(0, u64::from_le_bytes)
}

fn checksum(bytes: &[u8]) -> [u8; 8] {
    hash(bytes).to_le_bytes()
}

/// The first 64 bits of SHA-256: nobody can choose packages that share one.
fn hash(bytes: &[u8]) -> u64 {
    let hex = Digest::of(bytes).to_hex();
    u64::from_str_radix(&hex[..16], 16).unwrap_or_default()
}
