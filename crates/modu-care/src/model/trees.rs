//! Models of trees: boosted on a baseline, or a forest.
//!
//! Cuts stand at values that at least five rows share, and leaves tell risks by
//! the horizons, so that no row can be read from a model. Neither knows how
//! sure its risks are.

use modu_survival::boosting::Boosting;
use modu_survival::forest::PublishedForest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::document::Model;
use crate::CareError;
use crate::privacy::SMALLEST_CELL;

/// Values that a column's cuts are chosen from, where it has more.
const GRID: usize = 256;
/// The least that a forest's expected number of events counts as.
const LEAST: f64 = 1e-12;

/// Boosted trees on a baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BoostedModel {
    /// The trees; they add up to the logarithm of a hazard ratio.
    #[schemars(with = "serde_json::Value")]
    pub trees: Boosting,
    /// Of a patient whose trees add up to 0, by each horizon.
    pub cumulative_hazard: Vec<f64>,
}

/// A forest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForestModel {
    /// The trees, whose leaves tell of the horizons.
    #[schemars(with = "serde_json::Value")]
    pub trees: PublishedForest,
}

impl Model {
    /// Whether its parts fit one another, the terms and the horizons.
    pub(super) fn check(&self, terms: usize, horizons: &[f64]) -> Result<(), CareError> {
        let wrong = || {
            CareError::at(
                "the trees",
                "they do not fit the terms or the horizons: make the model again",
            )
        };
        let fits = match self {
            Self::Hazards(it) => return it.check(terms, horizons),
            Self::Landmark(it) => return it.check(terms, horizons),
            Self::Boosting(it) => {
                it.trees.columns().len() == terms
                    && it.cumulative_hazard.len() == horizons.len()
                    && it
                        .cumulative_hazard
                        .iter()
                        .all(|it| it.is_finite() && *it > 0.0)
                    && it.cumulative_hazard.is_sorted()
            }
            Self::Forest(it) => it.trees.columns().len() == terms && it.trees.times() == horizons,
        };
        fits.then_some(()).ok_or_else(wrong)
    }
}

impl BoostedModel {
    /// The logarithm of the hazard ratio of a patient's columns.
    #[must_use]
    pub fn linear(&self, row: &[f64]) -> f64 {
        self.trees.log_hazard_ratio(row).unwrap_or(0.0)
    }

    /// The risk by a horizon, by its place.
    #[must_use]
    pub fn risk(&self, horizon: usize, row: &[f64]) -> f64 {
        let hazard = self.cumulative_hazard.get(horizon).copied().unwrap_or(0.0);
        -libm::expm1(-hazard * libm::exp(self.linear(row)))
    }
}

impl ForestModel {
    /// The logarithm of the expected number of events of a patient's columns,
    /// and the risk by each horizon.
    #[must_use]
    pub fn told(&self, row: &[f64]) -> (f64, Vec<f64>) {
        match self.trees.forecast(row) {
            Ok(it) => (
                libm::log(it.risk.max(LEAST)),
                it.survival
                    .iter()
                    .map(|it| (1.0 - it).clamp(0.0, 1.0))
                    .collect(),
            ),
            Err(_) => (0.0, vec![0.0; self.trees.times().len()]),
        }
    }
}

/// A column whose values are those of a grid, at least five rows at each, and
/// the grid: each value goes up to the next of the grid.
pub(super) fn on_grid(column: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut sorted = column.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let distinct = sorted.chunk_by(|a, b| a == b).count();
    let least = match distinct <= GRID {
        true => SMALLEST_CELL as usize,
        false => (sorted.len() / GRID).max(SMALLEST_CELL as usize),
    };
    let mut grid: Vec<f64> = Vec::new();
    let mut rows = 0;
    for same in sorted.chunk_by(|a, b| a == b) {
        rows += same.len();
        if rows >= least {
            grid.push(same[0]);
            rows = 0;
        }
    }
    // What is left above belongs to the last.
    let Some(last) = grid.len().checked_sub(1) else {
        return (column.to_vec(), sorted);
    };
    let place = |value: &f64| grid.partition_point(|it| it < value).min(last);
    (
        column.iter().map(|value| grid[place(value)]).collect(),
        grid,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_least_five_rows_stand_at_each_value_of_a_grid() {
        let column: Vec<f64> = (0..1003).map(|row| f64::from(row * row % 997)).collect();
        let (moved, grid) = on_grid(&column);
        for value in &grid {
            let rows = moved.iter().filter(|it| *it == value).count();
            assert!(rows >= 5, "{value}: {rows}");
        }
        assert!(moved.iter().all(|it| grid.contains(it)));
    }

    #[test]
    fn a_rare_level_is_not_taken_into_the_others() {
        let column: Vec<f64> = (0..3000).map(|row| f64::from(u8::from(row < 6))).collect();
        assert_eq!(on_grid(&column).1, [0.0, 1.0]);
    }
}
