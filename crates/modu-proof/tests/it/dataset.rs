//! The readers of data sets, on good and on broken files.

use std::io::Cursor;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, DictionaryArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
};
use arrow::datatypes::Int32Type;
use modu_proof::ProofError;
use modu_proof::dataset::{ColumnData, Dataset, DatasetProfile, Limits};
use modu_proof::need::Need;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use proptest::prelude::*;

use crate::world;

const HEADER: &str = "age,income,region,note,sex,today,truth,memo\n";
const ROW: &str = "30,10.5,1,가나,0,0,1,x\n";

fn read(bytes: impl Into<Vec<u8>>) -> Result<Dataset, ProofError> {
    read_within(bytes, &Limits::default())
}

fn read_within(bytes: impl Into<Vec<u8>>, limits: &Limits) -> Result<Dataset, ProofError> {
    Dataset::read(&mut Cursor::new(bytes.into()), &world::need(), limits)
}

/// The error of a file, as text; reading it must fail.
fn error(bytes: impl Into<Vec<u8>>) -> String {
    match read(bytes) {
        Ok(_) => panic!("the broken file was read"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_wrong_cell_is_named_by_row_and_column_with_a_remedy_and_never_quoted() {
    let rows = [
        (
            "200,1,1,a,0,0,1,x",
            "row 2, column `age`: it is above the declared maximum of 120",
        ),
        (
            "-1,1,1,a,0,0,1,x",
            "row 2, column `age`: it is below the declared minimum of 0",
        ),
        (
            "3.5,1,1,a,0,0,1,x",
            "row 2, column `age`: it is not a whole number",
        ),
        (
            "abc777,1,1,a,0,0,1,x",
            "row 2, column `age`: it is not a whole number",
        ),
        (",1,1,a,0,0,1,x", "row 2, column `age`: the cell is empty"),
        (
            "30,inf,1,a,0,0,1,x",
            "row 2, column `income`: it is not a decimal number",
        ),
        (
            "30,NaN,1,a,0,0,1,x",
            "row 2, column `income`: it is not a decimal number",
        ),
        (
            "30,1e999,1,a,0,0,1,x",
            "row 2, column `income`: it is not a finite number",
        ),
        (
            "30,\"1,000\",1,a,0,0,1,x",
            "row 2, column `income`: it is not a decimal number",
        ),
        (
            "30,1,4,a,0,0,1,x",
            "row 2, column `region`: it is not one of the codes 0 to 3",
        ),
        (
            "30,1,-1,a,0,0,1,x",
            "row 2, column `region`: it is not one of the codes 0 to 3",
        ),
        (
            "30,1,1,a,0,0,9007199254740993,x",
            "row 2, column `truth`: it is not a whole number within 2^53",
        ),
        (
            "30,1,1,a,0,0,99999999999999999999,x",
            "row 2, column `truth`: it is not a whole number",
        ),
    ];
    for (row, expected) in rows {
        let found = error(format!("{HEADER}{ROW}{row}\n"));
        assert!(found.starts_with(expected), "{row}: {found}");
        assert!(found.contains("; "), "no remedy: {found}");
        assert!(
            !found.contains("777") && !found.contains("1,000"),
            "{found}"
        );
    }
}

#[test]
fn a_wrong_header_is_told_without_quoting_the_file() {
    let without = HEADER.replace(",income", "");
    let twice = HEADER.replace("income", "age");
    let other = HEADER.replace("income", "secret");
    for (header, expected) in [
        (without, "declared columns are not in the file: `income`"),
        (twice, "column 2 of the header: `age` is there twice"),
        (
            other,
            "column 2 of the header: the need declares no column of this name (not found in the file: `income`)",
        ),
        (
            ROW.to_owned(),
            "column 1 of the header: the need declares no column of this name",
        ),
    ] {
        let found = error(format!("{header}{ROW}"));
        assert!(found.contains(expected), "{found}");
        assert!(
            !found.contains("secret") && !found.contains("가나"),
            "{found}"
        );
    }
}

#[test]
fn broken_csv_is_told_with_its_place() {
    let rows = ROW.repeat(3);
    let cp949 = [HEADER.as_bytes(), b"30,1,1,\xb0\xa1,0,0,1,x\n"].concat();
    let cut = [HEADER.as_bytes(), b"30,1,1,\xea\xb0"].concat();
    for (bytes, expected) in [
        (Vec::new(), "it is empty"),
        (HEADER.as_bytes().to_vec(), "it has no rows"),
        (cp949, "line 2: the text is not UTF-8 (perhaps CP949"),
        (cut, "the text is not UTF-8"),
        (
            format!("{HEADER}{rows}30,1\n").into_bytes(),
            "incorrect number of fields for line 5",
        ),
        (
            format!("{HEADER}{rows}1,2,3,4,5,6,7,8,9\n").into_bytes(),
            "incorrect number of fields",
        ),
        (
            format!("{HEADER}30,1,1,a,0,0,1,\"x\n").into_bytes(),
            "a quotation mark is not closed",
        ),
    ] {
        let found = error(bytes);
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn csv_tolerates_a_byte_order_mark_crlf_column_order_and_no_last_line_feed() {
    let plain = read(format!("{HEADER}{ROW}")).unwrap();
    let windows = format!("\u{feff}{}", format!("{HEADER}{ROW}").replace('\n', "\r\n"));
    assert_eq!(read(windows).unwrap(), plain);
    assert_eq!(read(format!("{HEADER}{}", ROW.trim_end())).unwrap(), plain);
    let turned = "truth,memo,age,income,region,note,sex,today\n1,y,30,10.5,1,가나,0,0\n";
    assert_eq!(read(turned).unwrap(), plain);
}

#[test]
fn text_becomes_nfc_and_an_empty_number_takes_the_declared_substitute() {
    let decomposed = "30,,1,\u{1112}\u{1161}\u{11ab},0,0,1,x\n";
    let dataset = read(format!("{HEADER}{decomposed}")).unwrap();
    assert_eq!(dataset.column(1), &ColumnData::Number(vec![0.0]));
    let ColumnData::Text(texts) = dataset.column(3) else {
        panic!("the column holds text");
    };
    assert_eq!(texts.get(0), "한");
    let profile = DatasetProfile::of(&dataset, &world::need());
    assert_eq!(profile.columns[1].missing, 1);
}

#[test]
fn every_limit_of_a_data_set_is_kept() {
    let rows = format!("{HEADER}{}", ROW.repeat(5));
    let long = format!("{HEADER}30,1,1,{},0,0,1,x\n", "가".repeat(50));
    let limits = Limits::default();
    for (bytes, limits, expected) in [
        (
            &rows,
            Limits { rows: 4, ..limits },
            "the number of rows is 5, over the limit of 4",
        ),
        (
            &rows,
            Limits {
                cells: 34,
                ..limits
            },
            "the number of cells is 35, over the limit of 34",
        ),
        (
            &rows,
            Limits {
                file_bytes: 100,
                ..limits
            },
            "the size of the file in bytes",
        ),
        (
            &rows,
            Limits {
                text_bytes: 29,
                ..limits
            },
            "the text in bytes is 30, over the limit of 29",
        ),
        (
            &long,
            Limits {
                cell_bytes: 149,
                ..limits
            },
            "the text is longer than 149 bytes",
        ),
    ] {
        let found = read_within(bytes.as_str(), &limits)
            .unwrap_err()
            .to_string();
        assert!(found.contains(expected), "{found}");
    }
    let exact = Limits {
        rows: 5,
        cells: 35,
        file_bytes: rows.len() as u64,
        text_bytes: 30,
        ..limits
    };
    assert!(read_within(rows.as_str(), &exact).is_ok());
}

/// Age, income, region, note, today, truth.
type Row = (i64, Option<f64>, i64, String, i64, i64);

/// A table as both formats can hold it.
#[derive(Debug, Clone)]
struct Table {
    rows: Vec<Row>,
}

impl Table {
    fn to_csv(&self) -> Vec<u8> {
        let mut text = HEADER.to_owned();
        for (age, income, region, note, today, truth) in &self.rows {
            let income = income.map(|income| income.to_string()).unwrap_or_default();
            let note = note.replace('"', "\"\"");
            text.push_str(&format!(
                "{age},{income},{region},\"{note}\",1,{today},{truth},-\n"
            ));
        }
        text.into_bytes()
    }

    fn to_parquet(&self, dictionary: bool) -> Vec<u8> {
        parquet(self.to_arrays(dictionary))
    }

    fn to_arrays(&self, dictionary: bool) -> Vec<(&'static str, ArrayRef)> {
        let whole = |pick: fn(&Row) -> i64| {
            Arc::new(Int64Array::from_iter_values(self.rows.iter().map(pick))) as ArrayRef
        };
        let notes: Vec<&str> = self.rows.iter().map(|row| row.3.as_str()).collect();
        let notes: ArrayRef = if dictionary {
            Arc::new(notes.into_iter().collect::<DictionaryArray<Int32Type>>())
        } else {
            Arc::new(StringArray::from(notes))
        };
        let incomes = Float64Array::from_iter(self.rows.iter().map(|row| row.1));
        vec![
            ("age", whole(|row| row.0)),
            ("income", Arc::new(incomes)),
            ("region", whole(|row| row.2)),
            ("note", notes),
            ("sex", whole(|_| 1)),
            ("today", whole(|row| row.4)),
            ("truth", whole(|row| row.5)),
            ("memo", whole(|_| 0)),
        ]
    }
}

fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(Default::default()))
        .set_max_row_group_row_count(Some(16))
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn tables() -> impl Strategy<Value = Table> {
    let note = prop_oneof![
        "[a-z,\"가-힣\u{1100}-\u{1112}\u{1161}-\u{1175} \n]{0,12}",
        Just(String::new()),
    ];
    let income = proptest::option::of(prop_oneof![-1e9..1e9_f64, Just(0.1), Just(-0.0)]);
    let row = (0..=120_i64, income, 0..4_i64, note, 0..2_i64, 0..2_i64);
    proptest::collection::vec(row, 1..40).prop_map(|rows| Table { rows })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn csv_and_parquet_give_the_same_columns(table in tables(), dictionary: bool) {
        let csv = read(table.to_csv()).unwrap();
        let parquet = read(table.to_parquet(dictionary)).unwrap();
        prop_assert_eq!(csv, parquet);
    }

    #[test]
    fn arrays_give_the_same_columns_as_a_file_and_any_cut_the_same_rows(
        table in tables(),
        cut in 0..40_usize,
    ) {
        let whole = of_arrays(table.to_arrays(false)).unwrap();
        prop_assert_eq!(&whole, &read(table.to_csv()).unwrap());
        let cut = cut.min(table.rows.len());
        let (head, tail) = table.rows.split_at(cut);
        let part = |rows: &[Row]| {
            of_arrays(Table { rows: rows.to_vec() }.to_arrays(false)).unwrap()
        };
        let (head, tail) = (part(head), part(tail));
        let need = world::need();
        for row in 0..whole.rows() {
            let (part, place) = if row < cut { (&head, row) } else { (&tail, row - cut) };
            for column in 0..need.columns.len() {
                let numbers = (whole.column(column).number(row), part.column(column).number(place));
                prop_assert_eq!(numbers.0, numbers.1);
            }
        }
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes: Vec<u8>, header: bool, magic: bool) {
        let mut file = if header { HEADER.as_bytes().to_vec() } else { Vec::new() };
        if magic {
            file = b"PAR1".to_vec();
        }
        file.extend(bytes);
        let _ = read(file);
    }
}

fn of_arrays(arrays: Vec<(&str, ArrayRef)>) -> Result<Dataset, ProofError> {
    Dataset::of_arrays(&arrays, &world::need(), &Limits::default())
}

#[test]
fn arrays_that_do_not_fit_the_need_are_refused_and_columns_may_be_left_out() {
    let refused = |arrays| of_arrays(arrays).unwrap_err().to_string();
    let whole = |values: Vec<i64>| Arc::new(Int64Array::from(values)) as ArrayRef;
    let text = |values: Vec<&str>| Arc::new(StringArray::from(values)) as ArrayRef;
    for (arrays, words) in [
        (
            vec![("height", whole(vec![1]))],
            "the need does not declare it",
        ),
        (
            vec![("age", whole(vec![1])), ("age", whole(vec![2]))],
            "it is there twice",
        ),
        (
            vec![("age", whole(vec![1])), ("region", whole(vec![1, 2]))],
            "another number of rows",
        ),
        (vec![("age", text(vec!["30"]))], "is not the declared one"),
        (vec![("note", whole(vec![30]))], "is not the declared one"),
        (
            vec![("age", whole(vec![30, 200]))],
            "row 2, column `age`: it is above the declared maximum of 120",
        ),
    ] {
        let error = refused(arrays);
        assert!(error.contains(words), "{error}");
    }
    let part = of_arrays(vec![("age", whole(vec![30, 31]))]).unwrap();
    assert_eq!(part.rows(), 2);
    assert_eq!(part.column(0).number(1), Some(31.0));
    assert_eq!(*part.column(1), ColumnData::Unread);
    let none = of_arrays(vec![("age", whole(Vec::new()))]).unwrap();
    assert_eq!(none.rows(), 0);
}

fn sample() -> Table {
    let row = |index: i64| {
        (
            20 + index,
            Some(index as f64),
            index % 4,
            format!("글 {index}"),
            0,
            index % 2,
        )
    };
    Table {
        rows: (0..40).map(row).collect(),
    }
}

#[test]
fn a_damaged_parquet_file_is_refused_or_read_but_never_panics() {
    let good = sample().to_parquet(true);
    assert_eq!(read(good.clone()).unwrap().rows(), 40);
    let mut refused = 0;
    for index in 0..good.len() {
        let mut bytes = good.clone();
        bytes[index] ^= [0x01, 0x80, 0xff][index % 3];
        refused += usize::from(read(bytes).is_err());
    }
    assert!(
        refused > good.len() / 3,
        "only {refused} of {} were refused",
        good.len()
    );
    for length in (0..good.len()).step_by(7) {
        assert!(read(&good[..length]).is_err(), "cut at {length}");
    }
}

/// One text, 4,096 times in the column `note`, of a file written so.
fn repeated_note(note: &str, properties: WriterProperties) -> Vec<u8> {
    let rows = 4096;
    let whole = || Arc::new(Int64Array::from(vec![1; rows])) as ArrayRef;
    let columns = [
        "age", "income", "region", "note", "sex", "today", "truth", "memo",
    ]
    .map(|name| {
        let array = if name == "note" {
            let keys = Int32Array::from(vec![0; rows]);
            let values = Arc::new(StringArray::from(vec![note]));
            Arc::new(DictionaryArray::new(keys, values)) as ArrayRef
        } else {
            whole()
        };
        (name, array)
    });
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

#[test]
fn a_long_text_that_a_dictionary_repeats_is_refused_at_its_first_row() {
    let written =
        || WriterProperties::builder().set_compression(Compression::ZSTD(Default::default()));
    let dictionary = written().set_dictionary_page_size_limit(1 << 20).build();
    let bomb = repeated_note(&"a".repeat(400 << 10), dictionary.clone());
    assert!(bomb.len() < 8192, "{} bytes", bomb.len());
    assert_eq!(
        error(bomb),
        "row 1, column `note`: the text is longer than 65536 bytes; \
         shorten it; if it spans rows, a quotation mark is not closed"
    );
    let bomb = repeated_note(&"a".repeat(60 << 10), dictionary);
    let limits = Limits {
        text_bytes: 100 << 10,
        ..Limits::default()
    };
    let found = read_within(bomb, &limits).unwrap_err().to_string();
    // The second row is the first past the limit: the others are not copied.
    assert!(
        found.starts_with("the text in bytes is 122880, over the limit of 102400"),
        "{found}"
    );
    let prefixes = written()
        .set_column_dictionary_enabled("note".into(), false)
        .set_column_encoding("note".into(), parquet::basic::Encoding::DELTA_BYTE_ARRAY)
        .build();
    let found = error(repeated_note("a prefix", prefixes));
    assert!(
        found.starts_with(
            "row group 0, column `note`, page 1: a text column has the encoding DELTA_BYTE_ARRAY"
        ),
        "{found}"
    );
}

#[test]
fn parquet_columns_must_be_stored_as_declared() {
    let table = sample();
    let good = |name: &str| -> ArrayRef {
        let whole = |values: Vec<i64>| Arc::new(Int64Array::from(values)) as ArrayRef;
        match name {
            "income" => Arc::new(Float64Array::from(vec![1.0])),
            "note" | "memo" => Arc::new(StringArray::from(vec!["a"])),
            _ => whole(vec![1]),
        }
    };
    let names = [
        "age", "income", "region", "note", "sex", "today", "truth", "memo",
    ];
    let with = |other: &str, array: ArrayRef| {
        let columns = names.map(|name| {
            let array = if name == other {
                array.clone()
            } else {
                good(name)
            };
            (name, array)
        });
        parquet(columns.to_vec())
    };
    let floats: ArrayRef = Arc::new(Float64Array::from(vec![30.0]));
    let text: ArrayRef = Arc::new(StringArray::from(vec!["30"]));
    let whole: ArrayRef = Arc::new(Int64Array::from(vec![30]));
    let null: ArrayRef = Arc::new(Int64Array::from(vec![None]));
    let nan: ArrayRef = Arc::new(Float64Array::from(vec![f64::NAN]));
    assert!(read(with("income", whole.clone())).is_ok());
    for (column, array, expected) in [
        (
            "age",
            floats,
            "column `age`: the type stored in the file is not the declared one",
        ),
        (
            "age",
            text,
            "column `age`: the type stored in the file is not the declared one",
        ),
        (
            "note",
            whole,
            "column `note`: the type stored in the file is not the declared one",
        ),
        ("age", null, "row 1, column `age`: the cell is empty"),
        (
            "income",
            nan,
            "row 1, column `income`: it is not a finite number",
        ),
    ] {
        let found = error(with(column, array));
        assert!(found.starts_with(expected), "{found}");
    }
    let small = Limits {
        row_group_bytes: 64,
        ..Limits::default()
    };
    let found = read_within(table.to_parquet(false), &small)
        .unwrap_err()
        .to_string();
    assert!(
        found.starts_with("row group 0, decompressed, in bytes"),
        "{found}"
    );
    let few = Limits {
        rows: 39,
        ..Limits::default()
    };
    let found = read_within(table.to_parquet(false), &few)
        .unwrap_err()
        .to_string();
    assert!(found.starts_with("the number of rows is 40"), "{found}");
}

#[test]
fn the_profile_counts_what_is_there() {
    let need: Need = world::need();
    let dataset = read(format!("{HEADER}{ROW}{ROW}40,,3,나,1,1,0,x\n")).unwrap();
    let profile = DatasetProfile::of(&dataset, &need);
    assert_eq!((profile.rows, profile.repeated_rows), (3, 1));
    let age = &profile.columns[0];
    let number = |value: Option<modu_proof::Finite>| value.map(modu_proof::Finite::get);
    assert_eq!(age.distinct, 2);
    assert_eq!(
        (number(age.minimum), number(age.maximum)),
        (Some(30.0), Some(40.0))
    );
    let note = &profile.columns[3];
    assert_eq!(
        (number(note.minimum), number(note.maximum)),
        (Some(1.0), Some(2.0))
    );
    assert_eq!(
        profile.columns[7].distinct, 0,
        "an ignored column is not read"
    );
    let codes: Vec<_> = modu_proof::dataset::findings(&profile, &need)
        .into_iter()
        .map(|finding| finding.code)
        .collect();
    assert_eq!(codes, ["column.missing", "rows.repeated"]);
}
