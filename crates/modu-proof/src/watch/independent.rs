//! One row of each cluster, for tests that take every row for itself.
//!
//! Several rows of one person are alike, and a two-sample test that takes them
//! for different people rings alarms that mean nothing: a person's region,
//! written twice, counts as two people from there. So each cluster is heard
//! once, through the row whose cells have the smallest SHA-256: a choice that
//! has nothing to do with the values or the order of the file.

use std::collections::HashMap;

use modu_kernel::Digest;

use crate::dataset::{ColumnData, Dataset};
use crate::need::Need;

/// The rows to test, ascending: all of them where each is a unit of its own.
pub(super) fn rows(need: &Need, dataset: &Dataset) -> Vec<usize> {
    let Some(cluster) = need.cluster else {
        return (0..dataset.rows()).collect();
    };
    let mut chosen: HashMap<u32, (Digest, usize)> = HashMap::new();
    let mut cells = Vec::new();
    for (row, cluster) in dataset.identities(cluster).into_iter().enumerate() {
        cells.clear();
        for column in 0..need.columns.len() {
            push_cell(dataset.column(column), row, &mut cells);
        }
        let candidate = (Digest::of(&cells), row);
        let kept = chosen.entry(cluster).or_insert(candidate);
        *kept = candidate.min(*kept);
    }
    let mut rows: Vec<usize> = chosen.into_values().map(|(_, row)| row).collect();
    rows.sort_unstable();
    rows
}

/// A cell so that no two rows of other cells give the same bytes.
fn push_cell(column: &ColumnData, row: usize, cells: &mut Vec<u8>) {
    match column {
        ColumnData::Whole(values) => match values.get(row) {
            Some(value) => cells.extend_from_slice(&value.to_be_bytes()),
            None => cells.push(0),
        },
        ColumnData::Number(values) => {
            let value = values.get(row).copied().unwrap_or(f64::NAN);
            cells.extend_from_slice(&value.to_bits().to_be_bytes());
        }
        ColumnData::Text(texts) => {
            let text = texts.get(row);
            cells.extend_from_slice(&(text.len() as u64).to_be_bytes());
            cells.extend_from_slice(text.as_bytes());
        }
        ColumnData::Unread => {}
    }
}
