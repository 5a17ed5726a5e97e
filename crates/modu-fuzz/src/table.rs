//! Tables: a data set says the same in every format and however it arrives.

use std::io::{Cursor, Read, Seek, SeekFrom};
use std::sync::{Arc, OnceLock};

use arrow::array::{ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};
use modu_proof::ProofError;
use modu_proof::dataset::{ColumnData, Dataset, Limits};
use modu_proof::need::Need;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use crate::Target;
use crate::random::Random;

/// CSV by the small need.
pub const CSV: Target = Target {
    name: "csv",
    law,
    seeds: csv_seeds,
    mutate: None,
};

/// Parquet by the small need.
pub const PARQUET: Target = Target {
    name: "parquet",
    law,
    seeds: parquet_seeds,
    mutate: Some(mutate_parquet),
};

/// A need with every type of column.
pub(crate) const NEED: &str = r#"
schema = "modu.proof.need/1"
id = "support"
task = "binary"
question = { ko = "찾을 수 있는가?", en = "Can they be found?" }
unit = { ko = "한 사람", en = "one person" }
[label]
column = "truth"
positive = 1
classes = [ { code = 0, ko = "아니오", en = "No" }, { code = 1, ko = "예", en = "Yes" } ]
[decision]
threshold = 0.5
review_budget = 0.25
[incumbent]
solution = "old"
[[columns]]
name = "age"
type = "integer"
role = "feature"
minimum = 0
maximum = 120
[[columns]]
name = "income"
type = "number"
role = "feature"
missing = 0.5
[[columns]]
name = "region"
type = "code"
codes = 4
role = "feature"
[[columns]]
name = "note"
type = "text"
role = "feature"
[[columns]]
name = "sex"
type = "code"
codes = 2
role = "group"
[[columns]]
name = "truth"
type = "integer"
role = "label"
[[groups]]
id = "sex"
column = "sex"
name = { ko = "성별", en = "Sex" }
members = [ { id = "women", code = 0, ko = "여", en = "W" }, { id = "men", code = 1, ko = "남", en = "M" } ]
[statistics]
replicates = 100
seed = "1"
confidence = 0.9
minimum_group = 10
minimum_positives = 5
[[criteria]]
id = "auc"
metric = "roc_auc"
over = "all"
direction = "at_least"
threshold = 0.7
why = { ko = "까닭", en = "cause" }
"#;

/// [`NEED`], read.
pub(crate) fn small_need() -> &'static Need {
    static NEED_READ: OnceLock<Need> = OnceLock::new();
    NEED_READ.get_or_init(|| Need::parse(NEED.as_bytes()).expect("our own need"))
}

/// Small enough that an attempt to pass them costs little.
const LIMITS: Limits = Limits {
    file_bytes: 1 << 20,
    rows: 1000,
    cells: 8000,
    cell_bytes: 256,
    text_bytes: 1 << 14,
    page_bytes: 1 << 16,
    row_group_bytes: 1 << 18,
    decompressed_bytes: 1 << 19,
};

fn read(bytes: &[u8]) -> Result<Dataset, ProofError> {
    Dataset::read(&mut Cursor::new(bytes), small_need(), &LIMITS)
}

/// - Refusals tell a reason.
/// - The same bytes that arrive piece by piece give the same table, or the same
///   refusal.
/// - A table that is written again as CSV is read as the same table; whole
///   numbers, text and finite numbers keep every bit.
/// - No limit is passed.
pub fn law(bytes: &[u8]) {
    let whole = read(bytes);
    let mut trickle = Trickle(Cursor::new(bytes));
    let pieces = Dataset::read(&mut trickle, small_need(), &LIMITS);
    let table = match (whole, pieces) {
        (Ok(table), Ok(same)) => {
            assert_eq!(table, same);
            table
        }
        (Err(error), Err(same)) => {
            assert_eq!(error.to_string(), same.to_string());
            return assert!(!error.to_string().is_empty());
        }
        (whole, pieces) => panic!("at once {whole:?}, piece by piece {pieces:?}"),
    };
    assert!((1..=LIMITS.rows).contains(&(table.rows() as u64)));
    let again = read(csv_of(&table).as_bytes()).expect("what was read is read when written again");
    assert_eq!(csv_of(&table), csv_of(&again));
}

/// The table as CSV. The cells that took a substitute are written as it.
fn csv_of(table: &Dataset) -> String {
    let need = small_need();
    let names: Vec<&str> = need
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    let mut text = names.join(",");
    for row in 0..table.rows() {
        let cells = (0..names.len()).map(|column| match table.column(column) {
            ColumnData::Whole(values) => values.get(row).expect("a row").to_string(),
            ColumnData::Number(values) => {
                assert!(values[row].is_finite());
                format!("{:?}", values[row])
            }
            ColumnData::Text(texts) => {
                assert!(texts.get(row).len() as u64 <= LIMITS.cell_bytes);
                format!("\"{}\"", texts.get(row).replace('"', "\"\""))
            }
            ColumnData::Unread => String::new(),
        });
        text.push('\n');
        text.push_str(&cells.collect::<Vec<_>>().join(","));
    }
    text.push('\n');
    text
}

/// A file of which one to seven bytes are read at a time.
struct Trickle<'b>(Cursor<&'b [u8]>);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = 1 + (self.0.position() % 7) as usize;
        let length = buffer.len().min(most);
        self.0.read(&mut buffer[..length])
    }
}

impl Seek for Trickle<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

fn csv_seeds() -> Vec<Vec<u8>> {
    let sample = modu_proof::kit::sample_csv(small_need(), 5, 3);
    let quoted = "truth,note,sex,region,income,age\r\n1,\"가, \"\"나\"\"\n다\",0,3,,30\r\n";
    let spelled = "\u{feff}age, income ,region,note,sex,truth\n+1,1e-3,0,e\u{301},1,0\n2,.5,1,,0,1";
    [sample.as_str(), quoted, spelled]
        .map(|text| text.as_bytes().to_vec())
        .to_vec()
}

/// The same rows with and without compression, dictionaries, second pages and
/// second row groups.
fn parquet_seeds() -> Vec<Vec<u8>> {
    let zstd = Compression::ZSTD(parquet::basic::ZstdLevel::default());
    let plain = WriterProperties::builder().set_dictionary_enabled(false);
    let settings = [
        WriterProperties::builder(),
        WriterProperties::builder().set_compression(zstd),
        plain.clone(),
        plain
            .set_data_page_row_count_limit(2)
            .set_write_batch_size(2),
        WriterProperties::builder().set_max_row_group_row_count(Some(3)),
        WriterProperties::builder()
            .set_writer_version(parquet::file::properties::WriterVersion::PARQUET_2_0),
    ];
    let files = settings.into_iter().map(|properties| {
        let properties = properties
            .set_created_by("modu".to_owned())
            .set_statistics_enabled(parquet::file::properties::EnabledStatistics::None);
        write(&batch(), properties.build())
    });
    files.collect()
}

fn batch() -> RecordBatch {
    let whole = |values: [i64; 5]| Arc::new(Int64Array::from_iter_values(values)) as ArrayRef;
    let incomes = Float64Array::from(vec![Some(1.5), None, Some(-2.25), Some(1e9), Some(0.0)]);
    let notes = StringArray::from_iter_values(["가", "", "나", "가", "text, \"quoted\""]);
    let columns: [(&str, ArrayRef); 6] = [
        ("age", whole([20, 30, 40, 50, 120])),
        ("income", Arc::new(incomes)),
        (
            "region",
            Arc::new(Int32Array::from_iter_values([0, 1, 2, 3, 3])),
        ),
        ("note", Arc::new(notes)),
        ("sex", whole([0, 1, 0, 1, 0])),
        ("truth", whole([0, 0, 1, 1, 0])),
    ];
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}

fn write(batch: &RecordBatch, properties: WriterProperties) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties))
        .expect("a writer for plain columns");
    writer.write(batch).expect("rows");
    writer.close().expect("a footer");
    bytes
}

/// Changes the pages or the footer, and keeps the frame around them: the magic
/// numbers and the footer's length.
fn mutate_parquet(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    let framed = bytes.len().checked_sub(8).and_then(|tail| {
        let length = u32::from_le_bytes(*bytes.get(tail..tail + 4)?.as_array()?) as usize;
        let start = tail.checked_sub(length).filter(|start| *start >= 4)?;
        Some((bytes[4..start].to_vec(), bytes[start..tail].to_vec()))
    });
    let Some((mut pages, mut footer)) = framed else {
        let mut bytes = bytes.to_vec();
        random.touch(&mut bytes);
        return bytes;
    };
    for _ in 0..=random.below(4) {
        match random.below(2) {
            0 => random.touch(&mut pages),
            _ => random.touch(&mut footer),
        }
    }
    let length = (footer.len() as u32).to_le_bytes();
    [b"PAR1", pages.as_slice(), &footer, &length, b"PAR1"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_is_a_table_and_all_of_parquet_the_same_one() {
        for seed in csv_seeds() {
            read(&seed).unwrap();
        }
        let tables: Vec<_> = parquet_seeds()
            .iter()
            .map(|seed| read(seed).unwrap())
            .collect();
        assert!(tables.iter().all(|table| *table == tables[0]));
    }

    #[test]
    fn a_changed_parquet_file_keeps_its_frame() {
        let seed = &parquet_seeds()[0];
        for turn in 0..50 {
            let bytes = mutate_parquet(seed, turn);
            assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
        }
    }
}
