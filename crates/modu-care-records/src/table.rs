//! A table in a file: CSV as it is, Parquet made into CSV, which is what the
//! engines take.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use bytes::Bytes;
use modu_care::limits;
use modu_kernel::contained::contained;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::ParquetMetaData;

use crate::RecordsError;

/// Rows decoded at once.
const BATCH_ROWS: usize = 4096;
/// Bytes of the footer of a Parquet file.
const FOOTER_BYTES: u64 = 64 << 20;
/// Bytes of a row group, decompressed: what is in memory at once.
const GROUP_BYTES: u64 = 1 << 30;
/// What Parquet files begin and end with.
const MAGIC: &[u8] = b"PAR1";

/// The bytes of a table as CSV with a header. One Parquet file gives one CSV;
/// what is missing is an empty cell.
///
/// # Errors
/// A file that cannot be read, is larger than [`limits::TABLE_BYTES`] before
/// or after decompression, has more rows or columns than a table may, row
/// groups of more than 1 GiB, or is damaged. No cell is quoted.
pub fn read_table(path: &Path) -> Result<Vec<u8>, RecordsError> {
    let wrong = |source| RecordsError::read(path, source);
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limits::TABLE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(wrong)?;
    if bytes.len() as u64 > limits::TABLE_BYTES {
        return Err(too_large(path));
    }
    if !bytes.starts_with(MAGIC) {
        return Ok(bytes);
    }
    // The Parquet and Arrow crates assert on some damaged pages.
    contained(|| csv_of_parquet(path, Bytes::from(bytes))).unwrap_or_else(|| Err(damaged(path)))
}

fn csv_of_parquet(path: &Path, bytes: Bytes) -> Result<Vec<u8>, RecordsError> {
    let length = bytes.len() as u64;
    if footer_length(&bytes).is_none_or(|footer| footer > FOOTER_BYTES || footer + 12 > length) {
        return Err(damaged(path));
    }
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(|_| damaged(path))?;
    check_footer(path, builder.metadata(), length)?;
    let header = builder.schema().fields().iter();
    let names: Vec<String> = header.map(|field| quoted(field.name())).collect();
    let mut csv = format!("{}\n", names.join(",")).into_bytes();
    let batches = builder.with_batch_size(BATCH_ROWS).build();
    for batch in batches.map_err(|_| damaged(path))? {
        let batch = batch.map_err(|_| damaged(path))?;
        let mut writer = arrow::csv::WriterBuilder::new()
            .with_header(false)
            .build(&mut csv);
        writer.write(&batch).map_err(|_| {
            let problem = "a column's type is none that a table has: use numbers and text";
            RecordsError::folder(path, problem)
        })?;
        drop(writer);
        if csv.len() as u64 > limits::TABLE_BYTES {
            return Err(too_large(path));
        }
    }
    Ok(csv)
}

/// What the file says of its footer's length, at its end.
fn footer_length(bytes: &[u8]) -> Option<u64> {
    let (rest, magic) = bytes.split_last_chunk::<4>()?;
    let (_, length) = rest.split_last_chunk::<4>()?;
    (magic == MAGIC).then(|| u64::from(u32::from_le_bytes(*length)))
}

/// Holds what the footer claims against the limits and the file, before
/// anything is decoded.
fn check_footer(path: &Path, metadata: &ParquetMetaData, length: u64) -> Result<(), RecordsError> {
    let many = |what: &str, limit: u64| {
        RecordsError::folder(path, format!("it has more than {limit} {what}: take fewer"))
    };
    let size = |number: i64| u64::try_from(number).unwrap_or(u64::MAX);
    let columns = metadata.file_metadata().schema_descr().num_columns();
    if columns > limits::TABLE_COLUMNS {
        return Err(many("columns", limits::TABLE_COLUMNS as u64));
    }
    let (mut rows, mut all) = (0_u64, 0_u64);
    for group in metadata.row_groups() {
        rows = rows.saturating_add(size(group.num_rows()));
        let chunks = group.columns().iter();
        let sizes = chunks.clone().map(|it| size(it.uncompressed_size()));
        let bytes = sizes.fold(0, u64::saturating_add);
        if bytes > GROUP_BYTES {
            return Err(many("bytes in a row group, decompressed", GROUP_BYTES));
        }
        all = all.saturating_add(bytes);
        for chunk in chunks {
            let (start, bytes) = chunk.byte_range();
            if start.saturating_add(bytes) > length {
                return Err(damaged(path));
            }
        }
    }
    match (rows > limits::TABLE_ROWS, all > limits::TABLE_BYTES) {
        (true, _) => Err(many("rows", limits::TABLE_ROWS)),
        (_, true) => Err(too_large(path)),
        _ => Ok(()),
    }
}

fn quoted(name: &str) -> String {
    match name.contains([',', '"', '\n', '\r']) {
        false => name.to_owned(),
        true => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

fn too_large(path: &Path) -> RecordsError {
    let problem = format!(
        "it is larger than the limit of {} bytes: take fewer rows",
        limits::TABLE_BYTES
    );
    RecordsError::folder(path, problem)
}

fn damaged(path: &Path) -> RecordsError {
    RecordsError::folder(
        path,
        "it is not readable as Parquet (supported: uncompressed, or compressed with zstd); write \
         the file again and check that it is whole",
    )
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float64Array, Int32Array, RecordBatch, StringArray};
    use parquet::arrow::ArrowWriter;

    use super::*;

    fn parquet() -> Vec<u8> {
        let columns: [(&str, ArrayRef); 3] = [
            ("time", Arc::new(Float64Array::from(vec![1.5, 2.0]))),
            ("event", Arc::new(Int32Array::from(vec![1, 0]))),
            (
                "stage, at start",
                Arc::new(StringArray::from(vec![Some("II,b"), None])),
            ),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        bytes
    }

    #[test]
    fn a_parquet_file_gives_the_csv_of_its_cells() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        std::fs::write(&path, parquet()).unwrap();
        let csv = String::from_utf8(read_table(&path).unwrap()).unwrap();
        assert_eq!(
            csv,
            "time,event,\"stage, at start\"\n1.5,1,\"II,b\"\n2.0,0,\n"
        );
        std::fs::write(&path, "a,b\n1,2\n").unwrap();
        assert_eq!(read_table(&path).unwrap(), b"a,b\n1,2\n");
    }

    #[test]
    fn a_footer_that_claims_more_than_the_file_has_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        let bytes = parquet();
        let place = bytes.len() - 8;
        for claimed in [0, u32::MAX, bytes.len() as u32] {
            let mut bent = bytes.clone();
            bent[place..place + 4].copy_from_slice(&claimed.to_le_bytes());
            std::fs::write(&path, &bent).unwrap();
            let refused = read_table(&path);
            assert!(
                matches!(refused, Err(RecordsError::Folder { .. })),
                "{claimed}"
            );
        }
        // Any byte of the footer turned round: refused or read, never a crash.
        for at in bytes.len().saturating_sub(400)..bytes.len() {
            let mut bent = bytes.clone();
            bent[at] ^= 0x55;
            std::fs::write(&path, &bent).unwrap();
            drop(read_table(&path));
        }
    }

    #[test]
    fn more_columns_than_a_table_may_have_are_refused_before_they_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        let column: ArrayRef = Arc::new(Int32Array::from(vec![1]));
        let columns = (0..=limits::TABLE_COLUMNS).map(|it| (format!("c{it}"), column.clone()));
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        std::fs::write(&path, bytes).unwrap();
        let said = read_table(&path).unwrap_err().to_string();
        assert!(said.contains("more than 10000 columns"), "{said}");
    }

    #[test]
    fn a_damaged_parquet_file_is_refused_wherever_it_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        let bytes = parquet();
        for end in (4..bytes.len()).step_by(7) {
            std::fs::write(&path, &bytes[..end]).unwrap();
            assert!(
                matches!(read_table(&path), Err(RecordsError::Folder { .. })),
                "{end}"
            );
        }
    }
}
