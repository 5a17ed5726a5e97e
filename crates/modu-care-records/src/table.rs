//! A table in a file: CSV as it is, Parquet made into CSV, which is what the
//! engines take.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use bytes::Bytes;
use modu_care::limits;
use modu_kernel::contained::contained;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::RecordsError;

/// Rows decoded at once.
const BATCH_ROWS: usize = 4096;
/// What Parquet files begin and end with.
const MAGIC: &[u8] = b"PAR1";

/// The bytes of a table as CSV with a header. One Parquet file gives one CSV;
/// what is missing is an empty cell.
///
/// # Errors
/// A file that cannot be read, is larger than [`limits::TABLE_BYTES`] before
/// or after decompression, or is damaged. No cell is quoted.
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
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(|_| damaged(path))?;
    let groups = builder.metadata().row_groups().iter();
    let sizes = groups.map(|group| u64::try_from(group.total_byte_size()).unwrap_or(u64::MAX));
    if sizes.fold(0, u64::saturating_add) > limits::TABLE_BYTES {
        return Err(too_large(path));
    }
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
