//! Tables of a hospital: Parquet becomes CSV, or is refused.

use std::path::Path;

use modu_care::limits;
use modu_care_records::csv_of;

use crate::Target;
use crate::parquet_file::{mutate_parquet, parquet_seeds};

/// Parquet to CSV.
pub const TARGET: Target = Target {
    name: "care_table",
    law,
    seeds: parquet_seeds,
    mutate: Some(mutate_parquet),
};

/// - Refusals tell a reason, and no cell.
/// - What is no Parquet is left as it is.
/// - CSV that came out is within the limits, has as many cells in every row as
///   in its header, and is the same when read again.
pub fn law(bytes: &[u8]) {
    let path = Path::new("t");
    let csv = match csv_of(path, bytes.to_vec()) {
        Ok(csv) => csv,
        Err(error) => return assert!(error.to_string().len() > "t: ".len()),
    };
    if !bytes.starts_with(b"PAR1") {
        return assert_eq!(csv, bytes);
    }
    assert!(csv.len() as u64 <= limits::TABLE_BYTES);
    assert_eq!(csv_of(path, bytes.to_vec()).expect("as before"), csv);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(&*csv);
    for row in reader.byte_records() {
        let row = row.expect("a row of the header's length");
        assert!(row.iter().all(|cell| cell.len() <= limits::CELL_BYTES));
    }
}
