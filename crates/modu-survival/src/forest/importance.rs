//! How much a forest needs each column: what it loses when the column's values
//! are shuffled.

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Forest;
use super::out_of_bag::Units;
use super::pairs::Pairs;
use super::tree::Tree;
use crate::branch::Branch;
use crate::random::Stream;
use crate::{Covariates, Outcomes, SurvivalError};

/// Streams of shuffles lie apart from those that trees are drawn from.
const SHUFFLES: u64 = 1 << 63;

/// What the forest loses without a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Importance {
    /// The column's name.
    pub column: String,
    /// How much concordance (share of pairs ordered right, Harrell's) a tree
    /// loses on the rows that it did not see when the column is shuffled among
    /// them: the mean over trees. About 0, or a little below, for a column
    /// without use.
    pub loss: f64,
    /// Standard error of that mean, from the spread over trees; 0 where there
    /// is one tree.
    pub standard_error: f64,
}

impl Forest {
    /// The importance of each column, in their order (Breiman 2001, section
    /// 10, with concordance in place of the error rate; rows by their weights). Empty where trees saw
    /// every row, or the rows left out have no pair to order.
    ///
    /// # Errors
    /// As [`Self::out_of_bag_risk`].
    pub fn importance(
        &self,
        outcomes: &Outcomes,
        covariates: &Covariates,
    ) -> Result<Vec<Importance>, SurvivalError> {
        self.check_study(outcomes, covariates)?;
        let units = Units::new(outcomes)?;
        let trees = (0..self.trees.len()).into_par_iter();
        let losses: Vec<Option<Vec<f64>>> = trees
            .map(|number| {
                let rows = self.left_out(&units, number);
                self.losses(number, &rows, outcomes, covariates)
            })
            .collect();
        let losses: Vec<Vec<f64>> = losses.into_iter().flatten().collect();
        if losses.is_empty() {
            return Ok(Vec::new());
        }
        let columns = self.columns.iter().enumerate();
        let importances = columns.map(|(index, column)| {
            let of_column = losses.iter().map(|losses| losses[index]);
            let (loss, standard_error) = mean(of_column, losses.len() as f64);
            Importance {
                column: column.clone(),
                loss,
                standard_error,
            }
        });
        Ok(importances.collect())
    }

    /// What a tree loses by each column; `None` where its rows have no pair.
    fn losses(
        &self,
        number: usize,
        rows: &[u32],
        outcomes: &Outcomes,
        covariates: &Covariates,
    ) -> Option<Vec<f64>> {
        let tree = &self.trees[number];
        let risks = tree.risks(self.event_times.len());
        let pairs = Pairs::new(outcomes, rows);
        // The risks of the rows, if they had the values of others in a column.
        let risks_with = |others: &[u32], shuffled: Option<usize>| -> Vec<f64> {
            let risk = |(row, other): (&u32, &u32)| {
                let leaf = tree.leaf(|column| {
                    let is_shuffled = shuffled == Some(column as usize);
                    let row = if is_shuffled { *other } else { *row };
                    covariates.columns()[column as usize][row as usize]
                });
                risks[leaf as usize]
            };
            rows.iter().zip(others).map(risk).collect()
        };
        let whole = pairs.concordance(&risks_with(rows, None))?;
        let used = used_columns(tree, self.columns.len());
        let loss = |column: usize| {
            if !used[column] {
                return Some(0.0);
            }
            let mut others = rows.to_vec();
            let stream = (number * self.columns.len() + column) as u64;
            Stream::new(self.plan.seed, SHUFFLES | stream).shuffle(&mut others);
            let without = pairs.concordance(&risks_with(&others, Some(column)));
            without.map(|without| whole - without)
        };
        (0..self.columns.len()).map(loss).collect()
    }
}

/// Which columns a tree cuts by.
fn used_columns(tree: &Tree, columns: usize) -> Vec<bool> {
    let mut used = vec![false; columns];
    for branch in &tree.branches {
        if let Branch::Split { column, .. } = branch {
            used[*column as usize] = true;
        }
    }
    used
}

/// The mean and its standard error.
fn mean(values: impl Iterator<Item = f64> + Clone, number: f64) -> (f64, f64) {
    let mean = values.clone().sum::<f64>() / number;
    if number < 2.0 {
        return (mean, 0.0);
    }
    let squares: f64 = values.map(|value| (value - mean) * (value - mean)).sum();
    (mean, libm::sqrt(squares / (number - 1.0) / number))
}
