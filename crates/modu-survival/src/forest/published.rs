//! A forest to hand on: what it says of rows by some times, without the counts
//! and times of those that it was grown on.
//!
//! A leaf of a [`Forest`] keeps when each of its rows had the event. That is
//! what curves are made of, and it is about people. Who only asks for the risk
//! by a year needs one number a leaf.

use serde::{Deserialize, Serialize};

use super::Forest;
use super::tree::Tree;
use crate::SurvivalError;
use crate::branch::{self, Branch};

/// A forest that tells of a few times.
///
/// It is read back only if it is sound: no tree leads in a circle or out of its
/// arrays, and every share is one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts")]
pub struct PublishedForest {
    columns: Vec<String>,
    times: Vec<f64>,
    trees: Vec<PublishedTree>,
}

/// Such a forest as it stands in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    columns: Vec<String>,
    times: Vec<f64>,
    trees: Vec<PublishedTree>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PublishedTree {
    branches: Vec<Branch>,
    /// Of each leaf, as [`Forest::risk`] means it.
    risk: Vec<f64>,
    /// Of each leaf in turn: the probability of no event by each time.
    survival: Vec<f64>,
}

/// What a forest says of a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// What rows are ordered by: the expected number of events if everyone were
    /// like this row.
    pub risk: f64,
    /// The probability of no event by each of the times.
    pub survival: Vec<f64>,
}

impl TryFrom<Parts> for PublishedForest {
    type Error = SurvivalError;

    fn try_from(parts: Parts) -> Result<Self, SurvivalError> {
        let (columns, times) = (parts.columns.len(), parts.times.len());
        let is_sound = |tree: &PublishedTree| {
            branch::are_sound(&tree.branches, columns, tree.risk.len())
                && tree.survival.len() == tree.risk.len() * times
                && (tree.risk.iter()).all(|risk| risk.is_finite() && *risk >= 0.0)
                && tree.survival.iter().all(|it| (0.0..=1.0).contains(it))
        };
        let rise = parts.times.iter().all(|time| time.is_finite())
            && parts.times.is_sorted_by(|before, after| before < after);
        match rise && !parts.trees.is_empty() && parts.trees.iter().all(is_sound) {
            true => Ok(Self {
                columns: parts.columns,
                times: parts.times,
                trees: parts.trees,
            }),
            false => Err(SurvivalError::Model("forest")),
        }
    }
}

impl Forest {
    /// What this forest says by some ascending times, each threshold at a value
    /// of its column's grid (ascending; one for each column): rows whose values
    /// are the grids' have the same forecast.
    #[must_use]
    pub fn published(&self, times: &[f64], grids: &[Vec<f64>]) -> PublishedForest {
        let tree = |tree: &Tree| PublishedTree {
            branches: branch::on_grid(&tree.branches, grids),
            risk: tree.risks(self.event_times.len()),
            survival: (0..tree.leaves() as u32)
                .flat_map(|leaf| self.survival_of_leaf(tree, leaf, times))
                .collect(),
        };
        PublishedForest {
            columns: self.columns.clone(),
            times: times.to_vec(),
            trees: self.trees.iter().map(tree).collect(),
        }
    }

    /// A leaf's Kaplan-Meier estimate at each time.
    fn survival_of_leaf(&self, tree: &Tree, leaf: u32, times: &[f64]) -> Vec<f64> {
        let mut jumps = tree.jumps(leaf).peekable();
        let mut survival = 1.0;
        let mut at = |time: &f64| {
            while let Some(jump) = jumps.next_if(|jump| self.event_times[jump.at as usize] <= *time)
            {
                survival *= 1.0 - jump.hazard();
            }
            survival
        };
        times.iter().map(&mut at).collect()
    }
}

impl PublishedForest {
    /// Names of the columns that it reads.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The times that it tells of, ascending.
    #[must_use]
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// What it says of a row, its values in the order of the columns: the mean
    /// over the trees.
    ///
    /// # Errors
    /// Another number of values.
    pub fn forecast(&self, row: &[f64]) -> Result<Forecast, SurvivalError> {
        crate::outcome::check_length("the row", row.len(), self.columns.len())?;
        let mut forecast = Forecast {
            risk: 0.0,
            survival: vec![0.0; self.times.len()],
        };
        for tree in &self.trees {
            let leaf = branch::leaf(&tree.branches, |column| row[column as usize]) as usize;
            forecast.risk += tree.risk[leaf];
            let told = &tree.survival[leaf * self.times.len()..][..self.times.len()];
            for (sum, survival) in forecast.survival.iter_mut().zip(told) {
                *sum += survival;
            }
        }
        let trees = self.trees.len() as f64;
        forecast.risk /= trees;
        for survival in &mut forecast.survival {
            *survival /= trees;
        }
        Ok(forecast)
    }
}
