//! Rows of a table of an SQLite 3 database, read from the file's bytes
//! (<https://www.sqlite.org/fileformat2.html>): pages of one size; a table is a
//! tree of them; a row too long for its page goes on in others.
//!
//! No byte is trusted: a table has no more pages than the file, and its rows
//! together no more bytes.

use crate::VulnError;

/// The first page of the schema, a table of tables.
pub(super) const SCHEMA: u32 = 1;

/// Bytes of the file's own header.
const FILE_HEADER: usize = 100;
/// Columns of one row that are read.
const COLUMNS: usize = 64;

/// An inner page of a table.
const INNER: u8 = 5;
/// A page of a table with rows.
const LEAF: u8 = 13;

/// A column's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'r> {
    /// A whole number.
    Integer(i64),
    /// A text or a blob.
    Bytes(&'r [u8]),
    /// Nothing, or a broken number.
    Other,
}

/// A database.
pub(super) struct Database<'a> {
    bytes: &'a [u8],
    page_bytes: usize,
    /// Those of a page that hold what is stored.
    usable: usize,
}

fn damaged(page: u32) -> VulnError {
    let problem = "the database is cut or damaged: copy it again while no `rpm` runs";
    VulnError::at(format!("page {page}"), problem)
}

impl<'a> Database<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, VulnError> {
        let header = bytes.get(..FILE_HEADER).ok_or_else(|| damaged(1))?;
        let page_bytes = match usize::from(u16::from_be_bytes([header[16], header[17]])) {
            1 => 65_536,
            size => size,
        };
        let reserved = usize::from(header[20]);
        let pages = u32_at(header, 28).unwrap_or_default() as usize;
        if pages > bytes.len() / page_bytes.max(1) {
            return Err(damaged(u32::try_from(pages).unwrap_or(u32::MAX)));
        }
        let is_size = page_bytes.is_power_of_two() && page_bytes >= 512;
        if !is_size || page_bytes - reserved < 480 || !bytes.len().is_multiple_of(page_bytes) {
            return Err(damaged(1));
        }
        Ok(Self {
            bytes,
            page_bytes,
            usable: page_bytes - reserved,
        })
    }

    fn page(&self, number: u32) -> Result<&'a [u8], VulnError> {
        let start = (number as usize).checked_sub(1);
        let start = start.and_then(|place| place.checked_mul(self.page_bytes));
        let page = start.and_then(|start| self.bytes.get(start..)?.get(..self.usable));
        page.ok_or_else(|| damaged(number))
    }

    /// Takes each row of a table by its number, ascending, with its columns.
    pub(super) fn rows(
        &self,
        root: u32,
        mut take: impl FnMut(i64, &[Value<'_>]) -> Result<(), VulnError>,
    ) -> Result<(), VulnError> {
        let mut waiting = vec![root];
        let mut pages_left = self.bytes.len() / self.page_bytes;
        let mut bytes_left = self.bytes.len();
        while let Some(number) = waiting.pop() {
            let broken = || damaged(number);
            pages_left = pages_left.checked_sub(1).ok_or_else(broken)?;
            let page = self.page(number)?;
            let start = if number == SCHEMA { FILE_HEADER } else { 0 };
            let kind = page[start];
            let cells = cells(page, start).ok_or_else(broken)?;
            match kind {
                INNER => {
                    let last = u32_at(page, start + 8).ok_or_else(broken)?;
                    let children = cells.iter().map(|cell| u32_at(page, *cell));
                    let children: Option<Vec<u32>> = children.collect();
                    waiting.push(last);
                    waiting.extend(children.ok_or_else(broken)?.iter().rev());
                }
                LEAF => {
                    for cell in cells {
                        let (row, payload) = self
                            .payload(page, cell, &mut bytes_left)?
                            .ok_or_else(broken)?;
                        take(row, &columns(&payload).ok_or_else(broken)?)?;
                    }
                }
                _ => return Err(broken()),
            }
        }
        Ok(())
    }

    /// A row's number and bytes; none where it does not fit its page.
    fn payload(
        &self,
        page: &[u8],
        cell: usize,
        bytes_left: &mut usize,
    ) -> Result<Option<(i64, Vec<u8>)>, VulnError> {
        let Some((length, row, at)) = cell_head(page, cell) else {
            return Ok(None);
        };
        let Some(left) = bytes_left.checked_sub(length) else {
            return Ok(None);
        };
        *bytes_left = left;
        let here = self.bytes_here(length);
        let Some(first) = page.get(at..).and_then(|rest| rest.get(..here)) else {
            return Ok(None);
        };
        let mut payload = first.to_vec();
        let mut next = match here < length {
            true => u32_at(page, at + here),
            false => None,
        };
        while payload.len() < length {
            let Some(number) = next else {
                return Ok(None);
            };
            let more = self.page(number)?;
            let wanted = (length - payload.len()).min(more.len() - 4);
            payload.extend_from_slice(&more[4..4 + wanted]);
            next = u32_at(more, 0);
        }
        Ok(Some((row, payload)))
    }

    /// How many bytes of a row stand on its own page (section 1.6).
    fn bytes_here(&self, length: usize) -> usize {
        let most = self.usable - 35;
        if length <= most {
            return length;
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let fitting = least + (length - least) % (self.usable - 4);
        if fitting <= most { fitting } else { least }
    }
}

/// Where the cells of a page begin.
fn cells(page: &[u8], start: usize) -> Option<Vec<usize>> {
    let header = if page[start] == INNER { 12 } else { 8 };
    let count = usize::from(u16_at(page, start + 3)?);
    let places = page.get(start + header..)?.get(..2 * count)?;
    let places = places
        .chunks_exact(2)
        .map(|it| u16::from_be_bytes([it[0], it[1]]));
    Some(places.map(usize::from).collect())
}

/// Length and number of a row, and where it begins.
fn cell_head(page: &[u8], cell: usize) -> Option<(usize, i64, usize)> {
    let (length, after) = variable(page, cell)?;
    let (row, at) = variable(page, after)?;
    Some((usize::try_from(length).ok()?, row, at))
}

/// The columns of a row (section 2.1).
fn columns(payload: &[u8]) -> Option<Vec<Value<'_>>> {
    let (header, mut at) = variable(payload, 0)?;
    let header = usize::try_from(header).ok()?;
    let mut data = payload.get(header..)?;
    let mut values = Vec::new();
    while at < header && values.len() < COLUMNS {
        let (kind, after) = variable(payload, at)?;
        at = after;
        let length = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind as usize,
            5 => 6,
            6 | 7 => 8,
            12.. => usize::try_from((kind - 12) / 2).ok()?,
            _ => return None,
        };
        let (value, rest) = data.split_at_checked(length)?;
        data = rest;
        values.push(match kind {
            1..=6 => Value::Integer(integer(value)),
            8 | 9 => Value::Integer(kind - 8),
            12.. => Value::Bytes(value),
            _ => Value::Other,
        });
    }
    Some(values)
}

/// A whole number of up to eight bytes, with its sign.
fn integer(bytes: &[u8]) -> i64 {
    let negative = bytes.first().is_some_and(|first| *first >= 0x80);
    let start = if negative { -1 } else { 0 };
    let join = |number: i64, byte: &u8| (number << 8) | i64::from(*byte);
    bytes.iter().fold(start, join)
}

/// A number of one to nine bytes (section 1.6), and where it ends.
fn variable(bytes: &[u8], at: usize) -> Option<(i64, usize)> {
    let mut number = 0_i64;
    for place in 0..9 {
        let byte = *bytes.get(at + place)?;
        if place == 8 {
            return Some(((number << 8) | i64::from(byte), at + 9));
        }
        number = (number << 7) | i64::from(byte & 0x7f);
        if byte < 0x80 {
            return Some((number, at + place + 1));
        }
    }
    None
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..)?.get(..2)?;
    Some(u16::from_be_bytes(bytes.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.get(..4)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}
