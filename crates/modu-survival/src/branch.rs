//! Where a row goes in a tree of cuts.

use serde::{Deserialize, Serialize};

/// A place in a tree.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Branch {
    /// Rows whose value of the column is at most the threshold go to branch
    /// `below`, the others to the one after it.
    Split {
        column: u32,
        threshold: f64,
        below: u32,
    },
    /// Rows end here: the leaf's number.
    Leaf(u32),
}

/// The leaf that a row comes to from the first branch on, whose value in a
/// column is told. The branches are sound.
pub(crate) fn leaf(branches: &[Branch], value: impl Fn(u32) -> f64) -> u32 {
    let mut at = 0;
    loop {
        match branches[at as usize] {
            Branch::Leaf(leaf) => return leaf,
            Branch::Split {
                column,
                threshold,
                below,
            } => at = below + u32::from(value(column) > threshold),
        }
    }
}

/// Whether every row comes to a leaf, whatever its values in so many columns.
/// What was read from a file must be asked.
pub(crate) fn are_sound(branches: &[Branch], columns: usize, leaves: usize) -> bool {
    let is_sound = |(index, branch): (usize, &Branch)| match *branch {
        Branch::Leaf(leaf) => (leaf as usize) < leaves,
        Branch::Split {
            column,
            threshold,
            below,
        } => {
            let below = below as usize;
            (column as usize) < columns
                && threshold.is_finite()
                && below > index
                && below + 1 < branches.len()
        }
    };
    !branches.is_empty() && branches.iter().enumerate().all(is_sound)
}

/// The same cuts at values of a grid: each threshold at the largest value of
/// its column's grid that is not above it. Rows whose values are the grid's go
/// where they went, and a threshold tells no more than the grid does.
pub(crate) fn on_grid(branches: &[Branch], grids: &[Vec<f64>]) -> Vec<Branch> {
    let moved = |branch: &Branch| match *branch {
        Branch::Leaf(leaf) => Branch::Leaf(leaf),
        Branch::Split {
            column,
            threshold,
            below,
        } => {
            let grid = grids.get(column as usize).map_or(&[][..], Vec::as_slice);
            let place = grid.partition_point(|value| *value <= threshold);
            let lower = place.checked_sub(1).map(|place| grid[place]);
            Branch::Split {
                column,
                threshold: lower.unwrap_or(threshold),
                below,
            }
        }
    };
    branches.iter().map(moved).collect()
}

/// A number between two neighbouring values of a column: at or above the
/// smaller, below the larger.
pub(crate) fn between(below: f64, above: f64) -> f64 {
    let middle = f64::midpoint(below, above);
    if middle < above { middle } else { below }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_lies_between_neighbours_even_where_there_is_no_number_between() {
        assert_eq!(between(1.0, 1.0_f64.next_up()), 1.0);
        assert_eq!(between(1.0, 2.0), 1.5);
    }
}
