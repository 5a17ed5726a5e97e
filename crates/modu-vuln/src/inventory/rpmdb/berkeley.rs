//! Packages in a hash table of Berkeley DB, as RPM kept its `Packages` until
//! 4.15 (CentOS 6 and 7, RHEL 8, SLE 12): pages of one size; a page of the
//! table holds keys and values in turns; a value that is too long for it goes
//! on in pages of its own. Numbers are in the order of the machine that wrote
//! them, which the file tells.
//!
//! Layouts: `db_page.h` of Berkeley DB 5.3 and `lib/backend/bdb_ro.c` of RPM
//! 4.18. Every page of the table says its own number, so none need be sought
//! by its bucket: all are read, and no page twice.

use crate::VulnError;

/// What stands at byte 12 of a hash table.
const HASH: u32 = 0x0006_1561;
/// The same of a tree, in which RPM never kept its packages.
const TREE: u32 = 0x0005_3162;
/// Versions of the layout that RPM itself reads.
const VERSIONS: std::ops::RangeInclusive<u32> = 8..=10;
/// Bytes of what the file says of itself.
const META: usize = 512;
/// Bytes before what a page holds.
const HEADER: usize = 26;

/// Kinds of pages.
const FREE: u8 = 0;
const UNSORTED: u8 = 2;
const OVERFLOW: u8 = 7;
const META_PAGE: u8 = 8;
const SORTED: u8 = 13;

/// Kinds of items.
const HERE: u8 = 1;
const ELSEWHERE: u8 = 3;

/// A file's bytes and their order.
struct Database<'a> {
    bytes: &'a [u8],
    is_big: bool,
    page_bytes: usize,
}

/// A value on its page, or the first of its pages and its length.
enum Stored<'a> {
    Here(&'a [u8]),
    From(u32, usize),
}

/// Whether a file is a database of Berkeley's, of whatever kind.
pub(super) fn recognised(bytes: &[u8]) -> bool {
    order(bytes).is_some()
}

/// Whether numbers are big-endian, and what kind of table it is.
fn order(bytes: &[u8]) -> Option<(bool, u32)> {
    let magic: [u8; 4] = bytes.get(12..16)?.try_into().ok()?;
    let orders = [
        (false, u32::from_le_bytes(magic)),
        (true, u32::from_be_bytes(magic)),
    ];
    orders
        .into_iter()
        .find(|(_, kind)| [HASH, TREE].contains(kind))
}

fn damaged(page: u32) -> VulnError {
    let problem = "the database is cut or damaged: copy it again while no `rpm` runs";
    VulnError::at(format!("page {page}"), problem)
}

/// Takes the header of each package by its number, ascending.
pub(super) fn packages(
    bytes: &[u8],
    mut take: impl FnMut(u32, &[u8]) -> Result<(), VulnError>,
) -> Result<(), VulnError> {
    let (database, last) = Database::open(bytes)?;
    let mut stored = Vec::new();
    for number in 1..=last {
        let page = database.page(number)?;
        match page[25] {
            UNSORTED | SORTED => {
                let found = database.pairs(page, number);
                stored.extend(found.ok_or_else(|| damaged(number))?);
            }
            FREE | OVERFLOW => {}
            _ => return Err(damaged(number)),
        }
    }
    stored.sort_by_key(|(package, _)| *package);
    if let Some(pair) = stored.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(VulnError::at(
            format!("package {}", pair[0].0),
            "it stands there twice: the database is damaged",
        ));
    }
    let mut pages_left = last;
    // Under zero RPM counts its packages.
    for (package, value) in stored.into_iter().filter(|(package, _)| *package > 0) {
        match value {
            Stored::Here(header) => take(package, header)?,
            Stored::From(first, length) => {
                take(package, &database.joined(first, length, &mut pages_left)?)?;
            }
        }
    }
    Ok(())
}

impl<'a> Database<'a> {
    /// The database and its last page.
    fn open(bytes: &'a [u8]) -> Result<(Self, u32), VulnError> {
        let wrong = |problem: &str| VulnError::at("the database", problem);
        let (is_big, kind) = order(bytes).ok_or_else(|| damaged(0))?;
        if kind != HASH {
            return Err(wrong(
                "this is an index beside the packages: hand in the file `Packages`",
            ));
        }
        let meta = bytes.get(..META).ok_or_else(|| damaged(0))?;
        let mut database = Self {
            bytes,
            is_big,
            page_bytes: META,
        };
        let word = |at| database.u32_at(meta, at).ok_or_else(|| damaged(0));
        let (version, page_bytes, last) = (word(16)?, word(20)? as usize, word(32)?);
        let is_plain = meta[24] == 0 && meta[26] == 0;
        if !VERSIONS.contains(&version) || !is_plain || meta[25] != META_PAGE {
            return Err(wrong(
                "it is of a version, or with ciphers or checksums, that RPM never wrote",
            ));
        }
        let pages = bytes.len() / page_bytes.max(1);
        let is_size = page_bytes.is_power_of_two() && (512..=65_536).contains(&page_bytes);
        if !is_size || !bytes.len().is_multiple_of(page_bytes) || last as usize >= pages {
            return Err(damaged(last));
        }
        database.page_bytes = page_bytes;
        Ok((database, last))
    }

    fn page(&self, number: u32) -> Result<&'a [u8], VulnError> {
        let start = (number as usize).checked_mul(self.page_bytes);
        let page = start.and_then(|start| self.bytes.get(start..)?.get(..self.page_bytes));
        page.ok_or_else(|| damaged(number))
    }

    /// Keys and values of a page of the table: the offsets of its items stand
    /// behind its header, and the items from its end.
    fn pairs(&self, page: &'a [u8], number: u32) -> Option<Vec<(u32, Stored<'a>)>> {
        let count = usize::from(self.u16_at(page, 20)?);
        if self.u32_at(page, 8)? != number || !count.is_multiple_of(2) {
            return None;
        }
        let (mut items, mut end) = (Vec::with_capacity(count), page.len());
        for place in 0..count {
            let start = usize::from(self.u16_at(page, HEADER + 2 * place)?);
            if start < HEADER + 2 * count {
                return None;
            }
            items.push(page.get(start..end)?.split_first()?);
            end = start;
        }
        let pairs = items.chunks_exact(2).map(|pair| {
            let [(key_kind, key), (kind, value)] = pair else {
                return None;
            };
            let key = self
                .u32_at(key, 0)
                .filter(|_| **key_kind == HERE && key.len() == 4)?;
            let value = match **kind {
                HERE => Stored::Here(value),
                // Three unused bytes, the page, the length.
                ELSEWHERE => Stored::From(self.u32_at(value, 3)?, self.u32_at(value, 7)? as usize),
                _ => return None,
            };
            Some((key, value))
        });
        pairs.collect()
    }

    /// A value from its pages.
    fn joined(&self, first: u32, length: usize, left: &mut u32) -> Result<Vec<u8>, VulnError> {
        let (mut value, mut next) = (Vec::new(), first);
        while value.len() < length {
            let number = next;
            let broken = || damaged(number);
            *left = left.checked_sub(1).ok_or_else(broken)?;
            let page = self.page(number)?;
            let here = self.u16_at(page, 22).map(usize::from);
            let here = here.filter(|it| (1..=length - value.len()).contains(it));
            let part = here.and_then(|here| page.get(HEADER..)?.get(..here));
            let part =
                part.filter(|_| page[25] == OVERFLOW && self.u32_at(page, 8) == Some(number));
            value.extend_from_slice(part.ok_or_else(broken)?);
            next = self.u32_at(page, 16).ok_or_else(broken)?;
        }
        Ok(value)
    }

    fn u16_at(&self, bytes: &[u8], at: usize) -> Option<u16> {
        let bytes = bytes.get(at..)?.get(..2)?.try_into().ok()?;
        Some(match self.is_big {
            true => u16::from_be_bytes(bytes),
            false => u16::from_le_bytes(bytes),
        })
    }

    fn u32_at(&self, bytes: &[u8], at: usize) -> Option<u32> {
        let bytes = bytes.get(at..)?.get(..4)?.try_into().ok()?;
        Some(match self.is_big {
            true => u32::from_be_bytes(bytes),
            false => u32::from_le_bytes(bytes),
        })
    }
}
