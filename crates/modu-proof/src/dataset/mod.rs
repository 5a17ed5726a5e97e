//! The data set: a CSV or Parquet file, read by the schema that the need
//! declares.
//!
//! Nothing is guessed. Every column of the file must be declared and every
//! declared column must be there; each cell must fit its column's type, range
//! and codes, and an empty cell is an error unless the need gives a number for
//! it. The first cell that does not fit ends the reading with its row, column
//! and a remedy. Errors never quote a cell, so that they can be shown to
//! someone who may not see the data.
//!
//! CSV follows RFC 4180 with a header row, in UTF-8 (a byte-order mark is
//! tolerated). Parquet may hold integers, floating-point numbers and strings,
//! dictionary-encoded or not. Text is normalised to NFC. The same table gives
//! the same [`Dataset`] from either format.

use std::io::Read;

use modu_kernel::ReadSeek;

mod arrays;
mod cells;
mod csv;
mod groups;
mod parquet;
mod profile;
mod whole;

pub use groups::{GroupRows, OUTSIDE};
pub(crate) use profile::finding;
pub use profile::{ColumnProfile, DatasetProfile, findings};
pub use whole::WholeColumn;

use crate::error::ProofError;
use crate::need::{ColumnRole, Need};

/// What a data set may cost; past one of them it is refused with a clear
/// error. The defaults keep a data set within about 4 GiB of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Rows.
    pub rows: u64,
    /// Rows times the columns that are read.
    pub cells: u64,
    /// UTF-8 bytes of one text cell.
    pub cell_bytes: u64,
    /// UTF-8 bytes of all text together.
    pub text_bytes: u64,
    /// Bytes of one Parquet page once decompressed.
    pub page_bytes: u64,
    /// Bytes of one Parquet row group once decompressed.
    pub row_group_bytes: u64,
    /// Bytes of the columns of a Parquet file that are read, once decompressed.
    pub decompressed_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 1 << 30,
            rows: 20_000_000,
            cells: 250_000_000,
            cell_bytes: 1 << 16,
            text_bytes: 1 << 30,
            page_bytes: 1 << 28,
            row_group_bytes: 1 << 30,
            decompressed_bytes: 8 << 30,
        }
    }
}

/// A data set in memory, column by column.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    rows: usize,
    /// Parallel to the need's columns.
    columns: Vec<ColumnData>,
    /// Per column: cells that took the declared substitute.
    missing: Vec<u64>,
}

/// The cells of one column.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnData {
    /// Types integer and code.
    Whole(WholeColumn),
    /// Type number.
    Number(Vec<f64>),
    /// Type text.
    Text(TextColumn),
    /// A column of role ignored is not read.
    Unread,
}

impl ColumnData {
    /// The number in a row; `None` for text and unread columns.
    #[must_use]
    pub fn number(&self, row: usize) -> Option<f64> {
        match self {
            Self::Whole(values) => values.get(row).map(|value| value as f64),
            Self::Number(values) => values.get(row).copied(),
            Self::Text(_) | Self::Unread => None,
        }
    }
}

/// Texts, end to end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextColumn {
    text: String,
    ends: Vec<usize>,
}

impl TextColumn {
    /// How many texts there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The text of a row; empty past the end.
    #[must_use]
    pub fn get(&self, row: usize) -> &str {
        let start = row
            .checked_sub(1)
            .and_then(|before| self.ends.get(before).copied())
            .unwrap_or(0);
        self.ends
            .get(row)
            .and_then(|end| self.text.get(start..*end))
            .unwrap_or("")
    }

    pub(crate) fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }
}

/// The two file formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values, RFC 4180.
    Csv,
    /// Apache Parquet.
    Parquet,
}

impl Dataset {
    /// Reads a data set by the need's schema. A file that begins with the
    /// Parquet magic number is Parquet, any other is CSV.
    ///
    /// # Errors
    /// [`ProofError`]: the file, header or a cell does not fit, or a limit is
    /// passed.
    pub fn read(
        reader: &mut dyn ReadSeek,
        need: &Need,
        limits: &Limits,
    ) -> Result<Self, ProofError> {
        let mut magic = Vec::new();
        let format = (&mut *reader)
            .take(4)
            .read_to_end(&mut magic)
            .and_then(|_| reader.rewind())
            .map(|()| {
                if magic == b"PAR1" {
                    Format::Parquet
                } else {
                    Format::Csv
                }
            })
            .map_err(|error| ProofError::unreadable("the file", error))?;
        let dataset = match format {
            Format::Csv => csv::read(reader, need, limits)?,
            Format::Parquet => parquet::read(reader, need, limits)?,
        };
        if dataset.rows == 0 {
            return Err(ProofError::unreadable(
                "the table",
                "it has no rows; nothing could be measured",
            ));
        }
        Ok(dataset)
    }

    /// Rows.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// A column by its index in the need.
    #[must_use]
    pub fn column(&self, index: usize) -> &ColumnData {
        self.columns.get(index).unwrap_or(&ColumnData::Unread)
    }

    /// The numbers of a column that holds some; none of text.
    #[must_use]
    pub fn numbers(&self, column: usize) -> Vec<f64> {
        let column = self.column(column);
        (0..self.rows)
            .filter_map(|row| column.number(row))
            .collect()
    }

    /// For each row a code that equal cells of a column share, counted up from
    /// 0 in the order of first use. Costs a hash of each cell.
    #[must_use]
    pub fn identities(&self, column: usize) -> Vec<u32> {
        fn codes<T: std::hash::Hash + Eq>(cells: impl Iterator<Item = T>) -> Vec<u32> {
            let mut known = std::collections::HashMap::new();
            cells
                .map(|cell| {
                    // A data set has at most 20 million rows.
                    let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
                    *known.entry(cell).or_insert(next)
                })
                .collect()
        }
        match self.column(column) {
            ColumnData::Whole(values) => codes(values.iter()),
            ColumnData::Number(values) => codes(values.iter().map(|value| value.to_bits())),
            ColumnData::Text(texts) => codes((0..texts.len()).map(|row| texts.get(row))),
            ColumnData::Unread => Vec::new(),
        }
    }

    /// For each row the index of its class in `label.classes`.
    ///
    /// # Errors
    /// A cell that is not the code of a class.
    pub fn classes(&self, need: &Need, column: usize) -> Result<Vec<u16>, ProofError> {
        let ColumnData::Whole(codes) = self.column(column) else {
            return Ok(Vec::new());
        };
        codes
            .iter()
            .enumerate()
            .map(|(row, code)| {
                need.label
                    .classes
                    .iter()
                    .position(|class| class.code == code)
                    .and_then(|index| u16::try_from(index).ok())
                    .ok_or_else(|| ProofError::Cell {
                        row: row as u64 + 1,
                        column: column_name(need, column),
                        problem: "it is not the code of a class".to_owned(),
                        remedy: "correct the cell, or add the class to label.classes".to_owned(),
                    })
            })
            .collect()
    }
}

fn column_name(need: &Need, index: usize) -> String {
    need.columns
        .get(index)
        .map_or_else(String::new, |column| column.name.clone())
}

/// The declared columns in the order of a file's header, after the two are
/// found to name the same columns. A name in the file is never quoted: a file
/// without a header would show its first row.
fn match_header(names: &[String], need: &Need) -> Result<Vec<usize>, ProofError> {
    let mut order: Vec<usize> = Vec::with_capacity(names.len());
    let mut undeclared = None;
    for (position, name) in names.iter().enumerate() {
        match need.column_named(name) {
            Some(index) if order.contains(&index) => {
                return Err(ProofError::Header {
                    place: format!("column {} of the header", position + 1),
                    problem: format!("`{name}` is there twice"),
                    remedy: "remove or rename one".to_owned(),
                });
            }
            Some(index) => order.push(index),
            None => {
                undeclared.get_or_insert(position);
            }
        }
    }
    let absent: Vec<_> = need
        .columns
        .iter()
        .enumerate()
        .filter(|(index, _)| !order.contains(index))
        .map(|(_, column)| format!("`{}`", column.name))
        .collect();
    if let Some(position) = undeclared {
        let absent = if absent.is_empty() {
            String::new()
        } else {
            format!(" (not found in the file: {})", shown(&absent))
        };
        return Err(ProofError::Header {
            place: format!("column {} of the header", position + 1),
            problem: format!("the need declares no column of this name{absent}"),
            remedy: "declare it under [[columns]] (role `ignored` if it is not needed), \
                     correct its name, or add the header row"
                .to_owned(),
        });
    }
    if !absent.is_empty() {
        return Err(ProofError::Header {
            place: "the header".to_owned(),
            problem: format!("declared columns are not in the file: {}", shown(&absent)),
            remedy: "add them to the file or remove them from the need".to_owned(),
        });
    }
    Ok(order)
}

/// At most ten names.
fn shown(names: &[String]) -> String {
    let more = names.len().saturating_sub(10);
    let list = names
        .iter()
        .take(10)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if more == 0 {
        list
    } else {
        format!("{list} and {more} more")
    }
}

/// Which columns of the file are read.
fn is_read(need: &Need, index: usize) -> bool {
    need.columns
        .get(index)
        .is_some_and(|column| column.role != ColumnRole::Ignored)
}

/// Refuses a row count past the limits.
fn check_rows(rows: u64, need: &Need, limits: &Limits) -> Result<(), ProofError> {
    if rows > limits.rows {
        return Err(ProofError::Limit {
            what: "the number of rows".to_owned(),
            found: rows,
            limit: limits.rows,
            remedy: "draw a sample of the rows".to_owned(),
        });
    }
    let read = (0..need.columns.len())
        .filter(|index| is_read(need, *index))
        .count() as u64;
    if rows.saturating_mul(read) > limits.cells {
        return Err(ProofError::Limit {
            what: "the number of cells".to_owned(),
            found: rows.saturating_mul(read),
            limit: limits.cells,
            remedy: "draw a sample of the rows, or give unneeded columns the role `ignored`"
                .to_owned(),
        });
    }
    Ok(())
}

/// Refuses more text than the limit.
fn check_text_bytes(
    builders: &[cells::ColumnBuilder<'_>],
    limits: &Limits,
) -> Result<(), ProofError> {
    let bytes: usize = builders.iter().map(cells::ColumnBuilder::text_bytes).sum();
    if bytes as u64 <= limits.text_bytes {
        return Ok(());
    }
    Err(ProofError::Limit {
        what: "the text in bytes".to_owned(),
        found: bytes as u64,
        limit: limits.text_bytes,
        remedy: "draw a sample of the rows".to_owned(),
    })
}

/// Puts the columns of a file into the order of the need.
fn assemble(
    rows: u64,
    order: &[usize],
    builders: Vec<cells::ColumnBuilder<'_>>,
    columns: usize,
) -> Dataset {
    let mut dataset = Dataset {
        rows: usize::try_from(rows).unwrap_or(usize::MAX),
        columns: vec![ColumnData::Unread; columns],
        missing: vec![0; columns],
    };
    for (index, builder) in order.iter().zip(builders) {
        let (data, missing) = builder.finish();
        dataset.columns[*index] = data;
        dataset.missing[*index] = missing;
    }
    dataset
}
