//! A table in a file: CSV as it is, Parquet made into CSV, which is what the
//! engines take.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{AsArray as _, RecordBatch};
use arrow::datatypes::{DataType, Schema};
use bytes::Bytes;
use modu_care::limits;
use modu_kernel::contained::contained;
use modu_parquet::{Limits, VetError, check_footer, check_pages, with_text_views};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::file::metadata::ParquetMetaData;

use crate::RecordsError;

/// Rows decoded at once.
const BATCH_ROWS: usize = 4096;
/// What a file may claim.
const LIMITS: Limits = Limits {
    page_bytes: 1 << 28,
    row_group_bytes: 1 << 30,
    decompressed_bytes: limits::TABLE_BYTES,
};
/// What Parquet files begin and end with.
const MAGIC: &[u8] = b"PAR1";

/// The bytes of a table as CSV with a header. One Parquet file gives one CSV;
/// what is missing is an empty cell.
///
/// # Errors
/// A file that cannot be read, is larger than [`limits::TABLE_BYTES`] before
/// or after decompression, has more rows or columns than a table may, cells of
/// more than [`limits::CELL_BYTES`], columns that are no numbers, words or
/// times, or whatever [`modu_parquet`] refuses. No cell is quoted.
pub fn read_table(path: &Path) -> Result<Vec<u8>, RecordsError> {
    let wrong = |source| RecordsError::read(path, source);
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limits::TABLE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(wrong)?;
    csv_of(path, bytes)
}

/// [`read_table`] of bytes that are in memory already; errors name the path.
///
/// # Errors
/// As [`read_table`].
pub fn csv_of(path: &Path, bytes: Vec<u8>) -> Result<Vec<u8>, RecordsError> {
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
    let refused = |error: VetError| RecordsError::folder(path, error.to_string());
    check_footer(&bytes).map_err(refused)?;
    let metadata = metadata(path, &bytes)?;
    check_size(path, metadata.metadata())?;
    let fields = metadata.schema().fields().clone();
    if fields.iter().any(|field| !is_of_a_table(field.data_type())) {
        return Err(not_of_a_table(path));
    }
    let names = fields.iter().map(|field| field.name().as_str());
    let all: Vec<(usize, &str)> = names.clone().enumerate().collect();
    check_pages(&bytes, metadata.metadata(), &all, &LIMITS).map_err(refused)?;
    let header: Vec<String> = names.map(quoted).collect();
    let mut csv = format!("{}\n", header.join(",")).into_bytes();
    let batches = ParquetRecordBatchReaderBuilder::new_with_metadata(bytes, metadata)
        .with_batch_size(BATCH_ROWS)
        .build();
    for batch in batches.map_err(|_| damaged(path))? {
        let batch = batch.map_err(|_| damaged(path))?;
        check_texts(path, &batch, csv.len() as u64)?;
        let mut writer = arrow::csv::WriterBuilder::new()
            .with_header(false)
            .build(&mut csv);
        writer.write(&batch).map_err(|_| not_of_a_table(path))?;
        drop(writer);
        if csv.len() as u64 > limits::TABLE_BYTES {
            return Err(too_large(path));
        }
    }
    Ok(csv)
}

/// The footer. The schema that a writer may embed is not believed, for it could
/// choose how pages are decoded; texts are read as views, and times with a time
/// zone as UTC.
fn metadata(path: &Path, bytes: &Bytes) -> Result<ArrowReaderMetadata, RecordsError> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let told = ArrowReaderMetadata::load(bytes, options).map_err(|_| damaged(path))?;
    let views = with_text_views(told.schema());
    let in_utc = views.fields().iter().map(|field| {
        let field = field.as_ref().clone();
        match field.data_type() {
            DataType::Timestamp(unit, Some(_)) => {
                let zone = Some("+00:00".into());
                field
                    .clone()
                    .with_data_type(DataType::Timestamp(*unit, zone))
            }
            _ => field,
        }
    });
    let schema = Arc::new(Schema::new(in_utc.collect::<Vec<_>>()));
    let options = ArrowReaderOptions::new().with_schema(schema);
    ArrowReaderMetadata::try_new(Arc::clone(told.metadata()), options).map_err(|_| damaged(path))
}

/// Whether cells of this type are numbers, words or times.
fn is_of_a_table(kind: &DataType) -> bool {
    kind.is_numeric()
        || matches!(
            kind,
            DataType::Boolean | DataType::Utf8View | DataType::Date32 | DataType::Timestamp(..)
        )
}

/// Holds what the footer claims against the limits of a table.
fn check_size(path: &Path, metadata: &ParquetMetaData) -> Result<(), RecordsError> {
    let many = |what: &str, limit: u64| {
        RecordsError::folder(path, format!("it has more than {limit} {what}: take fewer"))
    };
    let columns = metadata.file_metadata().schema_descr().num_columns();
    if columns > limits::TABLE_COLUMNS {
        return Err(many("columns", limits::TABLE_COLUMNS as u64));
    }
    let groups = metadata.row_groups().iter();
    let rows = groups.map(|group| u64::try_from(group.num_rows()).unwrap_or(u64::MAX));
    match rows.fold(0, u64::saturating_add) > limits::TABLE_ROWS {
        true => Err(many("rows", limits::TABLE_ROWS)),
        false => Ok(()),
    }
}

/// Holds texts against the limits while they are views: a long one may be named
/// by many rows.
fn check_texts(path: &Path, batch: &RecordBatch, written: u64) -> Result<(), RecordsError> {
    let texts = batch
        .columns()
        .iter()
        .filter_map(|column| column.as_string_view_opt());
    let mut all = written;
    for length in texts.flat_map(|column| column.lengths()) {
        if length as usize > limits::CELL_BYTES {
            let problem = format!(
                "a cell is longer than the limit of {} bytes: leave its column out",
                limits::CELL_BYTES
            );
            return Err(RecordsError::folder(path, problem));
        }
        all += u64::from(length);
    }
    match all > limits::TABLE_BYTES {
        true => Err(too_large(path)),
        false => Ok(()),
    }
}

fn not_of_a_table(path: &Path) -> RecordsError {
    let problem = "a column's type is none that a table has: use numbers and text";
    RecordsError::folder(path, problem)
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
        "it is not readable as Parquet (supported: uncompressed, or compressed with Snappy or \
         Zstandard); write the file again and check that it is whole",
    )
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use arrow::array::{
        ArrayRef, BinaryArray, Float64Array, Int32Array, RecordBatch, StringArray,
        TimestampMicrosecondArray,
    };
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

    fn written(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        bytes
    }

    #[test]
    fn a_file_that_is_compressed_as_pandas_and_spark_do_gives_the_same_cells() {
        use parquet::basic::Compression;
        use parquet::file::properties::WriterProperties;
        // Runs, so that compressing it makes it smaller.
        let stages = StringArray::from_iter_values((0..500).map(|row| ["I", "II"][row / 250]));
        let times = Float64Array::from_iter_values((0..500).map(|row| f64::from(row) / 8.0));
        let columns: [(&str, ArrayRef); 2] =
            [("stage", Arc::new(stages)), ("time", Arc::new(times))];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let csv = |compression| {
            let properties = WriterProperties::builder().set_compression(compression);
            let mut bytes = Vec::new();
            let properties = Some(properties.build());
            let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), properties).unwrap();
            writer.write(&batch).unwrap();
            writer.close().unwrap();
            csv_of(Path::new("t.parquet"), bytes).unwrap()
        };
        assert_eq!(csv(Compression::SNAPPY), csv(Compression::UNCOMPRESSED));
    }

    fn refused(bytes: Vec<u8>) -> String {
        csv_of(Path::new("t.parquet"), bytes)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_long_text_that_many_rows_name_is_refused_before_it_is_copied() {
        let long = "x".repeat(1 << 16);
        let rows = StringArray::from_iter_values(std::iter::repeat_n(long.as_str(), 500));
        let bytes = written(vec![("note", Arc::new(rows))]);
        assert!(bytes.len() < 1 << 19, "{} of 32 MiB", bytes.len());
        let said = refused(bytes);
        assert!(
            said.contains("a cell is longer than the limit of 4096"),
            "{said}"
        );
    }

    #[test]
    fn a_page_header_that_lies_is_refused_before_room_is_made() {
        let bytes = written(vec![("time", Arc::new(Float64Array::from(vec![1.5; 40])))]);
        // The first page stands behind the magic number: type (field 1), then
        // its size once decompressed (field 2), a number of one or two bytes.
        assert_eq!((bytes[4], bytes[6]), (0x15, 0x15), "type and size");
        let mut places = 0;
        for at in 7..12 {
            let mut bent = bytes.clone();
            bent[at] = 0x7f;
            let read = csv_of(Path::new("t.parquet"), bent);
            let said = read.map_or_else(|error| error.to_string(), |_| String::new());
            places += usize::from(said.contains("row group 0, column `time`"));
        }
        assert!(places >= 2, "{places}");
    }

    #[test]
    fn times_with_a_zone_are_told_in_utc_and_bytes_are_no_table() {
        let noon = TimestampMicrosecondArray::from(vec![1_772_323_200_000_000]);
        let seoul: ArrayRef = Arc::new(noon.with_timezone("Asia/Seoul"));
        let csv = csv_of(Path::new("t.parquet"), written(vec![("at", seoul)])).unwrap();
        let csv = String::from_utf8(csv).unwrap();
        assert!(csv.starts_with("at\n2026-03-01T00:00:00"), "{csv}");
        assert!(csv.ends_with("Z\n") || csv.ends_with("+00:00\n"), "{csv}");
        let bytes: ArrayRef = Arc::new(BinaryArray::from(vec![&b"1"[..]]));
        let said = refused(written(vec![("at", bytes)]));
        assert!(said.contains("use numbers and text"), "{said}");
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
