//! Columns in at most 256 bins, so that a byte says where a value lies.

use crate::{Covariates, branch};

/// Most bins of a column.
pub(super) const MOST: usize = 256;

/// All columns that vary, in bins.
pub(super) struct Bins {
    pub(super) rows: usize,
    pub(super) columns: Vec<Binned>,
}

/// A column in bins.
pub(super) struct Binned {
    /// Which of the table's columns.
    pub(super) column: u32,
    /// The bin of each row, in the order of time.
    pub(super) bin: Vec<u8>,
    /// Between each bin and the next.
    pub(super) thresholds: Vec<f64>,
}

impl Bins {
    /// Bins the columns; `row` says which row stands at each place.
    pub(super) fn new(covariates: &Covariates, row: &[u32]) -> Self {
        let columns = covariates.columns().iter().zip(0..);
        let binned = columns.filter_map(|(values, column)| Binned::new(column, values, row));
        Self {
            rows: row.len(),
            columns: binned.collect(),
        }
    }
}

impl Binned {
    /// `None` for a column of one value.
    fn new(column: u32, values: &[f64], row: &[u32]) -> Option<Self> {
        let mut sorted: Vec<f64> = values.iter().map(|value| value + 0.0).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let thresholds = thresholds(&sorted);
        if thresholds.is_empty() {
            return None;
        }
        let bin = |row: &u32| {
            let value = values[*row as usize];
            thresholds.partition_point(|threshold| *threshold < value) as u8
        };
        Some(Self {
            column,
            bin: row.iter().map(bin).collect(),
            thresholds,
        })
    }
}

/// Between which of the sorted values bins part: between all that differ, or
/// so that each bin holds about as many rows.
fn thresholds(sorted: &[f64]) -> Vec<f64> {
    let steps = sorted.windows(2).zip(1..);
    let steps = steps.filter(|(pair, _)| pair[0] < pair[1]);
    let differ: Vec<(f64, usize)> = steps
        .map(|(pair, before)| (branch::between(pair[0], pair[1]), before))
        .collect();
    if differ.len() < MOST {
        return differ.into_iter().map(|(threshold, _)| threshold).collect();
    }
    // A bin ends at the first step at which its share is full.
    let mut chosen = Vec::with_capacity(MOST - 1);
    for (threshold, before) in differ {
        let full = (chosen.len() + 1) * sorted.len();
        if before * MOST >= full && chosen.len() < MOST - 1 {
            chosen.push(threshold);
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_have_a_bin_each_and_many_share_bins_evenly() {
        assert_eq!(thresholds(&[1.0, 1.0, 2.0, 4.0]), [1.5, 3.0]);
        assert_eq!(thresholds(&[7.0; 5]), [0.0; 0]);
        let many: Vec<f64> = (0..2_560).map(f64::from).collect();
        let parted = thresholds(&many);
        assert_eq!(parted.len(), MOST - 1);
        assert!(parted.windows(2).all(|pair| pair[1] - pair[0] == 10.0));
    }

    #[test]
    fn a_value_that_most_rows_have_does_not_use_up_the_bins_of_others() {
        let mut values: Vec<f64> = (0..1_000).map(f64::from).collect();
        values.extend([-1.0; 9_000]);
        values.sort_by(f64::total_cmp);
        let parted = thresholds(&values);
        assert!(parted.len() < MOST);
        assert_eq!(parted[0], -0.5);
        assert!(parted.len() > 20, "{}", parted.len());
    }
}
