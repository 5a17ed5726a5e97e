//! What all trees read: rows in the order of their times, and columns as
//! ranks.

use crate::timeline::Timeline;
use crate::{Covariates, EventCode, Outcomes, SurvivalError, branch};

/// Outcomes and covariates of the rows, ready for growing trees. Rows are
/// named by their place in the order of time.
pub(super) struct Study {
    pub(super) timeline: Timeline,
    /// The columns that vary at all, and which they are.
    pub(super) columns: Vec<(u32, Ranked)>,
}

/// A column as ranks, and what they stand for.
pub(super) struct Ranked {
    /// Rank of each place's value.
    pub(super) rank: Vec<u32>,
    /// The distinct values, rising.
    values: Vec<f64>,
}

impl Study {
    pub(super) fn new(
        outcomes: &Outcomes,
        covariates: &Covariates,
        event: EventCode,
    ) -> Result<Self, SurvivalError> {
        let timeline = Timeline::new(outcomes, event)?;
        let columns = covariates.columns().iter().zip(0..);
        let columns = columns
            .map(|(column, index)| (index, Ranked::new(column, &timeline.row)))
            .filter(|(_, column)| column.values.len() > 1);
        Ok(Self {
            columns: columns.collect(),
            timeline,
        })
    }
}

impl Ranked {
    fn new(column: &[f64], row: &[u32]) -> Self {
        // Minus zero is zero.
        let mut values: Vec<f64> = column.iter().map(|value| value + 0.0).collect();
        values.sort_unstable_by(f64::total_cmp);
        values.dedup();
        let rank = |row: &u32| {
            let value = column[*row as usize];
            values.partition_point(|smaller| *smaller < value) as u32
        };
        Self {
            rank: row.iter().map(rank).collect(),
            values,
        }
    }

    /// A number between the value of a rank and the next one's that a node
    /// has: at or above the one, below the other.
    pub(super) fn between(&self, rank: u32, next: u32) -> f64 {
        branch::between(self.values[rank as usize], self.values[next as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minus_zero_and_zero_are_one_value() {
        assert_eq!(Ranked::new(&[-0.0, 0.0], &[0, 1]).rank, [0, 0]);
    }
}
