//! Writes a CSV of any number of rows that look like those of a table: for
//! measuring how cost grows. `scaled_table NEED TABLE ROWS CSV`.
//!
//! The rows repeat the table's in turn, from its start. From the second turn
//! on, every whole number is moved by -2 to 2 within its declared range, by a
//! fixed stream, so that rows and scores differ; codes stay as they are.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write as _};

use modu_proof::dataset::{Dataset, Limits};
use modu_proof::need::{Column, ColumnType, Need};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [need, table, rows, csv] = arguments.as_slice() else {
        return Err("usage: scaled_table NEED TABLE ROWS CSV".into());
    };
    let need = Need::parse(&std::fs::read(need)?)?;
    let rows: usize = rows.parse()?;
    let dataset = Dataset::read(&mut File::open(table)?, &need, &Limits::default())?;
    let mut file = BufWriter::new(File::create(csv)?);
    let names: Vec<&str> = need.columns.iter().map(|it| it.name.as_str()).collect();
    writeln!(file, "{}", names.join(","))?;
    let mut stream = Stream(20_261_122);
    for row in 0..rows {
        let (turn, source) = (row / dataset.rows(), row % dataset.rows());
        for (index, column) in need.columns.iter().enumerate() {
            let value = dataset.column(index).number(source).unwrap_or(0.0);
            let value = match turn {
                0 => value,
                _ => moved(value, column, &mut stream),
            };
            let comma = if index == 0 { "" } else { "," };
            write!(file, "{comma}{value}")?;
        }
        writeln!(file)?;
    }
    file.flush()?;
    Ok(())
}

fn moved(value: f64, column: &Column, stream: &mut Stream) -> f64 {
    if column.column_type != ColumnType::Integer {
        return value;
    }
    let step = stream.next() % 5;
    let lowest = column.minimum.unwrap_or(f64::NEG_INFINITY);
    let highest = column.maximum.unwrap_or(f64::INFINITY);
    (value + step as f64 - 2.0).clamp(lowest, highest)
}

/// A linear congruential stream (Knuth's MMIX constants).
struct Stream(u64);

impl Stream {
    const fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
}
