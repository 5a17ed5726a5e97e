//! Tables as Parquet give what the same tables as CSV give.

use std::fs;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;

use crate::program::Office;

/// A table of CSV as Parquet: columns of numbers as such, others as words.
fn parquet(csv: &str) -> Vec<u8> {
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let rows: Vec<Vec<&str>> = lines.collect();
    let columns = header.iter().enumerate().map(|(place, name)| {
        let cells: Vec<&str> = rows.iter().map(|row| row[place]).collect();
        let numbers: Result<Vec<f64>, _> = cells.iter().map(|it| it.parse()).collect();
        let column: ArrayRef = match numbers {
            Ok(numbers) => Arc::new(Float64Array::from(numbers)),
            Err(_) => Arc::new(StringArray::from(cells)),
        };
        (*name, column)
    });
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

const FOLLOWED: &str = include_str!("care_tables/followed.csv");
const FIT: [&str; 12] = [
    "care",
    "fit",
    "--time",
    "stop",
    "--event",
    "event",
    "--entry",
    "start",
    "--person",
    "person",
    "--horizon",
    "120",
];

#[test]
fn fits_and_alarms_take_parquet_as_they_take_csv() {
    let office = Office::with_kit();
    // From each row as a visit, followed to the row's end.
    let visits = FOLLOWED.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        let [start, stop] = [1, 2].map(|it: usize| cells[it].parse::<u32>().unwrap());
        format!(
            "{},{start},{},{},{}\n",
            cells[0],
            stop - start,
            cells[3],
            cells[5]
        )
    });
    let visits = format!(
        "person,day,time,event,score\n{}",
        visits.collect::<String>()
    );
    for (name, csv) in [("followed", FOLLOWED), ("visits", visits.as_str())] {
        fs::write(office.path(&format!("{name}.csv")), csv).unwrap();
        fs::write(office.path(&format!("{name}.parquet")), parquet(csv)).unwrap();
    }
    let both = |arguments: &dyn Fn(&str) -> Vec<String>| {
        let [csv, parquet] = ["csv", "parquet"].map(|ending| {
            let arguments = arguments(ending);
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            office.ask(&arguments)
        });
        assert!(csv.0 < 2, "{}", csv.1);
        assert_eq!((csv.0, &csv.1["report"]), (parquet.0, &parquet.1["report"]));
    };
    let all = |fixed: &[&str], file: String| -> Vec<String> {
        let fixed = fixed.iter().map(|it| (*it).to_owned());
        fixed.chain([file]).collect()
    };
    both(&|ending| {
        let landmark = [
            "--landmark",
            "0,60",
            "--method",
            "landmark",
            "--visit-day",
            "day",
        ];
        let more = ["--resamples", "2", "--record", "--table"];
        all(
            &[&FIT[..], &landmark, &more].concat(),
            format!("followed.{ending}"),
        )
    });
    both(&|ending| {
        let alarm = [
            "care",
            "alarm",
            "--visit-day",
            "day",
            "--budget",
            "3",
            "--refractory",
            "60",
            "--horizon",
            "90",
            "--replicates",
            "100",
            "--record",
        ];
        all(&alarm, format!("visits.{ending}"))
    });
    // What is recorded is the CSV that was read, so that it can be run again.
    office.modu(&["evidence", "replay"]).expect_code(0);
}

#[test]
fn a_damaged_parquet_table_is_refused_and_leaves_nothing() {
    let office = Office::empty();
    let mut bytes = parquet(FOLLOWED);
    bytes.truncate(bytes.len() / 2);
    fs::write(office.path("cut.parquet"), bytes).unwrap();
    let cut = ["--table", "cut.parquet", "--out", "out"];
    let said = office.modu(&[&FIT[..], &cut].concat()).expect_code(2);
    assert!(said.err.contains("cut.parquet"), "{}", said.err);
    assert!(!office.path("out").exists());
}
