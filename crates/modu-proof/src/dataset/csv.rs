//! CSV through Arrow's record decoder.
//!
//! Every column is decoded as text and typed here, so that both formats obey
//! one set of rules and no error message of a parser quotes a cell. The bytes
//! are checked to be UTF-8 before Arrow splits them into cells.

use std::io::Read;
use std::sync::Arc;

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::csv::ReaderBuilder;
use arrow::csv::reader::{Decoder, Format};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use modu_kernel::ReadSeek;
use unicode_normalization::UnicodeNormalization as _;

use super::cells::{Cell, ColumnBuilder};
use super::{Dataset, Limits, check_rows, is_read, match_header};
use crate::error::ProofError;
use crate::need::Need;

/// The header row must end within this many bytes.
const HEADER_BYTES: usize = 1 << 20;
/// Bytes read at once.
const CHUNK_BYTES: usize = 1 << 16;
/// Rows decoded at once.
const BATCH_ROWS: usize = 1024;
/// More bytes in one batch mean that a quotation mark is not closed.
const BATCH_BYTES: usize = 1 << 28;

pub(super) fn read(
    reader: &mut dyn ReadSeek,
    need: &Need,
    limits: &Limits,
) -> Result<Dataset, ProofError> {
    let mut source = Utf8Source::new(reader, limits.file_bytes);
    let mut start = Vec::new();
    while start.len() < HEADER_BYTES && source.fill(&mut start)? {}
    let names = header(&start)?;
    let order = match_header(&names, need)?;
    let mut table = Table::new(&order, need, limits);
    let mut decoder = decoder(&names);
    let mut pending = 0;
    let mut chunk = start;
    loop {
        let ended = chunk.is_empty();
        let mut offset = 0;
        loop {
            let rest = chunk.get(offset..).unwrap_or_default();
            let decoded = decoder.decode(rest).map_err(|error| wrong_shape(&error))?;
            offset += decoded;
            pending += decoded;
            if decoder.capacity() == 0 || (ended && decoded == 0) {
                if let Some(batch) = decoder.flush().map_err(|error| wrong_shape(&error))? {
                    table.push(&batch)?;
                }
                pending = 0;
                if ended {
                    break;
                }
            }
            if offset >= chunk.len() {
                break;
            }
        }
        if pending > BATCH_BYTES {
            return Err(never_closed());
        }
        if ended {
            break;
        }
        chunk.clear();
        source.fill(&mut chunk)?;
    }
    source.finish()?;
    Ok(table.finish(need.columns.len()))
}

fn decoder(names: &[String]) -> Decoder {
    let fields: Vec<_> = names
        .iter()
        .map(|name| Field::new(name, DataType::Utf8, true))
        .collect();
    ReaderBuilder::new(Arc::new(Schema::new(fields)))
        .with_header(true)
        .with_batch_size(BATCH_ROWS)
        .build_decoder()
}

/// The column names of the header row, in NFC, spaces around them dropped.
fn header(start: &[u8]) -> Result<Vec<String>, ProofError> {
    let place = "the header row";
    if start.is_empty() {
        return Err(ProofError::unreadable(
            "the file",
            "it is empty; write a header row and the data",
        ));
    }
    let (schema, _) = Format::default()
        .with_header(true)
        .infer_schema(start, Some(0))
        .map_err(|_| {
            ProofError::unreadable(place, "it is not CSV; separate the columns by commas")
        })?;
    let names: Vec<String> = schema
        .fields()
        .iter()
        .map(|field| field.name().trim().nfc().collect())
        .collect();
    if names.len() > crate::need::limits::COLUMNS {
        return Err(ProofError::Limit {
            what: "the number of columns".to_owned(),
            found: names.len() as u64,
            limit: crate::need::limits::COLUMNS as u64,
            remedy: "remove columns from the file".to_owned(),
        });
    }
    Ok(names)
}

/// Arrow's messages about structure hold numbers only; any other is not shown.
fn wrong_shape(error: &ArrowError) -> ProofError {
    match error {
        ArrowError::CsvError(message) => ProofError::unreadable(
            "the rows",
            format!(
                "{message} (the header is line 1, empty lines are not counted); \
                 quote cells that hold commas"
            ),
        ),
        _ => ProofError::unreadable("the rows", "they are not CSV"),
    }
}

fn never_closed() -> ProofError {
    ProofError::unreadable(
        "the rows",
        "a quotation mark is not closed; close it, or double it inside a quoted cell",
    )
}

/// Reads chunks that end between characters, checks that they are UTF-8, and
/// counts bytes, lines and quotation marks on the way.
struct Utf8Source<'a> {
    reader: &'a mut dyn ReadSeek,
    /// Bytes of a character whose end is not yet read.
    carried: Vec<u8>,
    first: bool,
    bytes: u64,
    limit: u64,
    lines: u64,
    quotes: u64,
}

impl<'a> Utf8Source<'a> {
    fn new(reader: &'a mut dyn ReadSeek, limit: u64) -> Self {
        Self {
            reader,
            carried: Vec::new(),
            first: true,
            bytes: 0,
            limit,
            lines: 0,
            quotes: 0,
        }
    }

    /// Appends the next chunk; false at the end of the file.
    fn fill(&mut self, chunk: &mut Vec<u8>) -> Result<bool, ProofError> {
        let mut read = std::mem::take(&mut self.carried);
        let count = (&mut *self.reader)
            .take(CHUNK_BYTES as u64)
            .read_to_end(&mut read)
            .map_err(|error| ProofError::unreadable("the file", error))?;
        self.bytes += count as u64;
        if self.bytes > self.limit {
            return Err(ProofError::Limit {
                what: "the size of the file in bytes".to_owned(),
                found: self.bytes,
                limit: self.limit,
                remedy: "draw a sample of the rows, or write it as Parquet".to_owned(),
            });
        }
        if std::mem::take(&mut self.first) && read.starts_with(b"\xef\xbb\xbf") {
            read.drain(..3);
        }
        let valid = match std::str::from_utf8(&read) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() && count > 0 => error.valid_up_to(),
            Err(error) => return Err(self.not_utf8(&read, error.valid_up_to())),
        };
        self.carried = read.split_off(valid);
        for byte in &read {
            self.lines += u64::from(*byte == b'\n');
            self.quotes += u64::from(*byte == b'"');
        }
        chunk.extend_from_slice(&read);
        Ok(count > 0)
    }

    fn not_utf8(&self, read: &[u8], valid: usize) -> ProofError {
        let lines = read.iter().take(valid).filter(|byte| **byte == b'\n');
        ProofError::unreadable(
            format!("line {}", self.lines + lines.count() as u64 + 1),
            "the text is not UTF-8 (perhaps CP949 or EUC-KR); save the file as UTF-8",
        )
    }

    /// RFC 4180: quotation marks come in pairs.
    fn finish(self) -> Result<(), ProofError> {
        if !self.carried.is_empty() {
            return Err(self.not_utf8(&[], 0));
        }
        if self.quotes.is_multiple_of(2) {
            Ok(())
        } else {
            Err(never_closed())
        }
    }
}

/// The columns being filled.
struct Table<'a> {
    /// In the order of the file: the column's index in the need.
    order: Vec<usize>,
    builders: Vec<ColumnBuilder<'a>>,
    need: &'a Need,
    limits: &'a Limits,
    rows: u64,
}

impl<'a> Table<'a> {
    fn new(order: &[usize], need: &'a Need, limits: &'a Limits) -> Self {
        let builders = order
            .iter()
            .filter_map(|index| need.columns.get(*index))
            .map(|column| ColumnBuilder::new(column, limits))
            .collect();
        Self {
            order: order.to_vec(),
            builders,
            need,
            limits,
            rows: 0,
        }
    }

    fn push(&mut self, batch: &RecordBatch) -> Result<(), ProofError> {
        self.rows += batch.num_rows() as u64;
        check_rows(self.rows, self.need, self.limits)?;
        let columns = batch.columns().iter().zip(&self.order);
        let mut columns: Vec<_> = columns
            .zip(&mut self.builders)
            .filter(|((_, index), _)| is_read(self.need, **index))
            .map(|((cells, _), builder)| (cells.as_string::<i32>(), builder))
            .collect();
        for row in 0..batch.num_rows() {
            for (cells, builder) in &mut columns {
                let cell = if cells.is_null(row) {
                    Cell::Empty
                } else {
                    Cell::Text(cells.value(row))
                };
                builder.push(&cell)?;
            }
        }
        super::check_text_bytes(&self.builders, self.limits)
    }

    fn finish(self, columns: usize) -> Dataset {
        super::assemble(self.rows, &self.order, self.builders, columns)
    }
}
