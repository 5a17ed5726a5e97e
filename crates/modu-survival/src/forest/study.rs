//! What all trees read: rows in the order of their times, and columns as
//! ranks.

use crate::{Covariates, EventCode, Outcomes, SurvivalError};

/// Outcomes and covariates of the rows, ready for growing trees. Rows are
/// named by their place in the order of time.
pub(super) struct Study {
    /// The row of each place.
    pub(super) row: Vec<u32>,
    /// Whether the row at each place had the event.
    pub(super) is_event: Vec<bool>,
    /// How many distinct event times are at or before each place's time.
    pub(super) reached: Vec<u32>,
    /// The distinct event times, rising.
    pub(super) event_times: Vec<f64>,
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
        let time = outcomes.time();
        let mut row: Vec<u32> = (0..time.len() as u32).collect();
        row.sort_by(|a, b| time[*a as usize].total_cmp(&time[*b as usize]));
        let is_event: Vec<bool> = row
            .iter()
            .map(|row| outcomes.event()[*row as usize] == event)
            .collect();
        let mut event_times: Vec<f64> = row
            .iter()
            .zip(&is_event)
            .filter(|(_, is_event)| **is_event)
            .map(|(row, _)| time[*row as usize])
            .collect();
        event_times.dedup();
        if event_times.is_empty() {
            return Err(SurvivalError::NoEvents(event.0));
        }
        let reached = row.iter().map(|row| {
            let at = time[*row as usize];
            event_times.partition_point(|event| *event <= at) as u32
        });
        let reached = reached.collect();
        let columns = covariates
            .columns()
            .iter()
            .zip(0..)
            .map(|(column, index)| (index, Ranked::new(column, &row)))
            .filter(|(_, column)| column.values.len() > 1);
        Ok(Self {
            columns: columns.collect(),
            row,
            is_event,
            reached,
            event_times,
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
        let (below, above) = (self.values[rank as usize], self.values[next as usize]);
        let middle = f64::midpoint(below, above);
        if middle < above { middle } else { below }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_lies_between_neighbours_even_where_there_is_no_number_between() {
        let neighbours = [1.0, f64::from_bits(1.0_f64.to_bits() + 1)];
        let column = Ranked::new(&neighbours, &[0, 1]);
        assert_eq!(column.between(0, 1), 1.0);
        let column = Ranked::new(&[1.0, 2.0], &[0, 1]);
        assert_eq!(column.between(0, 1), 1.5);
    }

    #[test]
    fn minus_zero_and_zero_are_one_value() {
        assert_eq!(Ranked::new(&[-0.0, 0.0], &[0, 1]).rank, [0, 0]);
    }
}
