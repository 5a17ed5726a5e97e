//! Parquet through Arrow's record-batch reader.
//!
//! The footer and each page header are a stranger's word until `modu-parquet`
//! has checked them, before the Parquet crate makes room for any of it. The
//! file's column types must be of the declared kind: nothing is parsed out of
//! text or rounded. The Arrow schema that a writer may embed is ignored: it
//! could choose how the pages are decoded. Text is read as views into its page,
//! and a cell is held against the limits before it is copied.

use std::io::Read as _;
use std::sync::Arc;

use arrow::array::RecordBatch;
use bytes::Bytes;
use modu_kernel::ReadSeek;
use modu_kernel::contained::contained;
use modu_parquet::{VetError, check_footer as vet_footer, check_pages, with_text_views};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use unicode_normalization::UnicodeNormalization as _;

use super::arrays::{Cells, check_type};
use super::cells::ColumnBuilder;
use super::{Dataset, Limits, check_rows, is_read, match_header};
use crate::error::ProofError;
use crate::need::{Need, limits as need_limits};

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
    vet_footer(&bytes)?;
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
    let vetted = modu_parquet::Limits {
        page_bytes: limits.page_bytes,
        row_group_bytes: limits.row_group_bytes,
        decompressed_bytes: limits.decompressed_bytes,
    };
    check_pages(&bytes, builder.metadata(), &named, &vetted)?;
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

fn broken(place: &str) -> ProofError {
    VetError::broken(place).into()
}

impl From<VetError> for ProofError {
    fn from(error: VetError) -> Self {
        match error {
            VetError::Limit {
                what,
                found,
                limit,
                remedy,
            } => Self::Limit {
                what,
                found,
                limit,
                remedy: remedy.to_owned(),
            },
            VetError::Unsound { place, problem } => Self::unreadable(&place, problem),
        }
    }
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
