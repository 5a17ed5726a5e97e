//! Tables: a data set says the same in every format and however it arrives.

use std::io::{Cursor, Read, Seek, SeekFrom};
use std::sync::OnceLock;

use modu_proof::ProofError;
use modu_proof::dataset::{ColumnData, Dataset, Limits};
use modu_proof::need::Need;

use crate::Target;
use crate::parquet_file::{mutate_parquet, parquet_seeds};

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
}
