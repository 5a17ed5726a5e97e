//! Parquet through Arrow's record-batch reader.
//!
//! The footer and each page header are a stranger's word until they are
//! checked: their form ([`thrift`]), then rows, columns and decompressed sizes
//! against the limits ([`footer`], [`pages`]), before the Parquet crate makes
//! room for any of it. The file's column types must be of the declared kind:
//! nothing is parsed out of text or rounded. The Arrow schema that a writer may
//! embed is ignored: it could choose how the pages are decoded.
//!
//! A page of a few bytes can stand for gigabytes of text: one long dictionary
//! value, named by thousands of rows. So text is read as views into its page,
//! 16 bytes a row, and a cell is held against the limits before it is copied.
//! The encodings that cannot be read so, `DELTA_BYTE_ARRAY` and
//! `DELTA_LENGTH_BYTE_ARRAY`, are refused.

mod footer;
mod pages;
mod shapes;
mod thrift;

use std::io::Read as _;
use std::sync::Arc;

use arrow::array::{Array, AsArray as _, PrimitiveArray, RecordBatch};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Field, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Schema, SchemaRef, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use bytes::Bytes;
use modu_kernel::ReadSeek;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use unicode_normalization::UnicodeNormalization as _;

use super::cells::{Cell, ColumnBuilder};
use super::{Dataset, Limits, check_rows, is_read, match_header};
use crate::contained::contained;
use crate::error::ProofError;
use crate::need::{ColumnType, Need, limits as need_limits};

/// Rows decoded at once.
const BATCH_ROWS: usize = 4096;

pub(super) fn read(
    reader: &mut dyn ReadSeek,
    need: &Need,
    limits: &Limits,
) -> Result<Dataset, ProofError> {
    let bytes = whole_file(reader, limits)?;
    // The Parquet and Arrow crates assert on some damaged pages. Nothing of
    // ours outlives such a panic but the borrowed need and limits.
    contained(|| read_table(bytes, need, limits)).unwrap_or_else(|| Err(broken("the pages")))
}

fn read_table(bytes: Bytes, need: &Need, limits: &Limits) -> Result<Dataset, ProofError> {
    footer::check(&bytes)?;
    let metadata = read_footer(&bytes).map_err(|_| broken("the footer"))?;
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(bytes.clone(), metadata)
        .with_batch_size(BATCH_ROWS);
    check_footer(&builder, need, limits)?;
    let fields = builder.schema().fields().clone();
    let names: Vec<String> = fields
        .iter()
        .map(|field| field.name().trim().nfc().collect())
        .collect();
    let order = match_header(&names, need)?;
    for (index, field) in order.iter().zip(fields.iter()) {
        check_type(need, *index, field.data_type())?;
    }
    let read: Vec<usize> = (0..order.len())
        .filter(|position| is_read(need, order[*position]))
        .collect();
    let named: Vec<(usize, &str)> = read
        .iter()
        .filter_map(|position| Some((*position, need.columns.get(order[*position])?.name.as_str())))
        .collect();
    pages::check(&bytes, builder.metadata(), &named, limits)?;
    let mask = ProjectionMask::roots(builder.parquet_schema(), read.iter().copied());
    let batches = builder
        .with_projection(mask)
        .build()
        .map_err(|_| broken("the row groups"))?;
    let read_order: Vec<usize> = read.iter().map(|position| order[*position]).collect();
    let mut columns: Vec<ColumnBuilder<'_>> = read_order
        .iter()
        .filter_map(|index| need.columns.get(*index))
        .map(|column| ColumnBuilder::new(column, limits))
        .collect();
    let mut rows = 0;
    for batch in batches {
        let batch = batch.map_err(|_| broken(&format!("the rows after row {rows}")))?;
        rows += batch.num_rows() as u64;
        check_rows(rows, need, limits)?;
        push(&batch, &mut columns, limits)?;
    }
    Ok(super::assemble(
        rows,
        &read_order,
        columns,
        need.columns.len(),
    ))
}

/// The footer, with texts to be read as views.
fn read_footer(bytes: &Bytes) -> Result<ArrowReaderMetadata, ParquetError> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let inferred = ArrowReaderMetadata::load(bytes, options)?;
    let options = ArrowReaderOptions::new().with_schema(with_text_views(inferred.schema()));
    ArrowReaderMetadata::try_new(Arc::clone(inferred.metadata()), options)
}

fn with_text_views(schema: &SchemaRef) -> SchemaRef {
    let fields: Vec<Field> = schema
        .fields()
        .iter()
        .map(|field| {
            let field = field.as_ref().clone();
            match field.data_type() {
                DataType::Utf8 => field.with_data_type(DataType::Utf8View),
                _ => field,
            }
        })
        .collect();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

fn whole_file(reader: &mut dyn ReadSeek, limits: &Limits) -> Result<Bytes, ProofError> {
    let mut bytes = Vec::new();
    reader
        .take(limits.file_bytes.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| ProofError::unreadable("the file", error))?;
    if bytes.len() as u64 > limits.file_bytes {
        return Err(ProofError::Limit {
            what: "the size of the file in bytes".to_owned(),
            found: bytes.len() as u64,
            limit: limits.file_bytes,
            remedy: "draw a sample of the rows".to_owned(),
        });
    }
    Ok(Bytes::from(bytes))
}

/// The reader's own messages may hold what a page holds; they are not shown.
fn broken(place: &str) -> ProofError {
    ProofError::unreadable(
        place,
        "it is not readable as Parquet (supported: uncompressed, or compressed with zstd); \
         write the file again and check that it is whole",
    )
}

/// What the structure of a part breaks, and what to do.
fn unsound(place: &str, thrift::Malformed(problem): thrift::Malformed) -> ProofError {
    ProofError::unreadable(
        place,
        format!(
            "it is not sound Parquet ({problem}); write the file again and check that it is whole"
        ),
    )
}

fn check_footer(
    builder: &ParquetRecordBatchReaderBuilder<Bytes>,
    need: &Need,
    limits: &Limits,
) -> Result<(), ProofError> {
    let metadata = builder.metadata();
    let columns = builder.schema().fields().len();
    if columns > need_limits::COLUMNS {
        return Err(ProofError::Limit {
            what: "the number of columns".to_owned(),
            found: columns as u64,
            limit: need_limits::COLUMNS as u64,
            remedy: "remove columns from the file".to_owned(),
        });
    }
    let mut rows = 0_u64;
    for (index, group) in metadata.row_groups().iter().enumerate() {
        let place = format!("row group {index}");
        let group_rows = u64::try_from(group.num_rows()).map_err(|_| broken(&place))?;
        rows = rows.saturating_add(group_rows);
        let bytes = group
            .columns()
            .iter()
            .map(|column| u64::try_from(column.uncompressed_size()).unwrap_or(u64::MAX))
            .fold(0, u64::saturating_add);
        if bytes > limits.row_group_bytes {
            return Err(ProofError::Limit {
                what: format!("{place}, decompressed, in bytes"),
                found: bytes,
                limit: limits.row_group_bytes,
                remedy: "write smaller row groups".to_owned(),
            });
        }
    }
    check_rows(rows, need, limits)
}

fn check_type(need: &Need, index: usize, found: &DataType) -> Result<(), ProofError> {
    let Some(column) = need.columns.get(index).filter(|_| is_read(need, index)) else {
        return Ok(());
    };
    let whole = found.is_integer();
    let text = *found == DataType::Utf8View;
    let floating = matches!(found, DataType::Float32 | DataType::Float64);
    let (fits, remedy) = match column.column_type {
        ColumnType::Integer | ColumnType::Code => (
            whole,
            "store it as int32 or int64, or declare the column as number or text",
        ),
        ColumnType::Number => (
            whole || floating,
            "store it as a floating-point number or an integer, or declare the column as text",
        ),
        ColumnType::Text => (
            text,
            "store it as a string, or declare the column as it is stored",
        ),
    };
    if fits {
        return Ok(());
    }
    Err(ProofError::Header {
        place: format!("column `{}`", column.name),
        problem: "the type stored in the file is not the declared one".to_owned(),
        remedy: remedy.to_owned(),
    })
}

fn push(
    batch: &RecordBatch,
    columns: &mut [ColumnBuilder<'_>],
    limits: &Limits,
) -> Result<(), ProofError> {
    // Row by row, so that the first wrong cell is the same as in CSV.
    let cells: Vec<Cells<'_>> = batch
        .columns()
        .iter()
        .map(|array| Cells::of(array.as_ref()).ok_or_else(|| broken("a column's type")))
        .collect::<Result<_, _>>()?;
    for row in 0..batch.num_rows() {
        for (cells, column) in cells.iter().zip(columns.iter_mut()) {
            column.push(&cells.get(row))?;
        }
        super::check_text_bytes(columns, limits)?;
    }
    Ok(())
}

/// The accessor of one array.
type Accessor<'a> = Box<dyn Fn(usize) -> Cell<'a> + 'a>;

struct Cells<'a> {
    array: &'a dyn Array,
    value: Accessor<'a>,
}

impl<'a> Cells<'a> {
    fn of(array: &'a dyn Array) -> Option<Self> {
        let value: Accessor<'a> = match array.data_type() {
            DataType::Int8 => whole::<Int8Type>(array, i64::from),
            DataType::Int16 => whole::<Int16Type>(array, i64::from),
            DataType::Int32 => whole::<Int32Type>(array, i64::from),
            DataType::Int64 => whole::<Int64Type>(array, |value| value),
            DataType::UInt8 => whole::<UInt8Type>(array, i64::from),
            DataType::UInt16 => whole::<UInt16Type>(array, i64::from),
            DataType::UInt32 => whole::<UInt32Type>(array, i64::from),
            // Past i64 it is past 2^53, which no column holds.
            DataType::UInt64 => {
                whole::<UInt64Type>(array, |value| i64::try_from(value).unwrap_or(i64::MAX))
            }
            DataType::Float32 => number::<Float32Type>(array, f64::from),
            DataType::Float64 => number::<Float64Type>(array, |value| value),
            DataType::Utf8View => {
                let texts = array.as_string_view();
                Box::new(move |row| Cell::Text(texts.value(row)))
            }
            _ => return None,
        };
        Some(Self { array, value })
    }

    fn get(&self, row: usize) -> Cell<'a> {
        if self.array.is_null(row) {
            Cell::Empty
        } else {
            (self.value)(row)
        }
    }
}

fn whole<'a, T: ArrowPrimitiveType>(
    array: &'a dyn Array,
    widen: impl Fn(T::Native) -> i64 + 'a,
) -> Accessor<'a> {
    let values: &'a PrimitiveArray<T> = array.as_primitive::<T>();
    Box::new(move |row| Cell::Whole(widen(values.value(row))))
}

fn number<'a, T: ArrowPrimitiveType>(
    array: &'a dyn Array,
    widen: impl Fn(T::Native) -> f64 + 'a,
) -> Accessor<'a> {
    let values: &'a PrimitiveArray<T> = array.as_primitive::<T>();
    Box::new(move |row| Cell::Number(widen(values.value(row))))
}
