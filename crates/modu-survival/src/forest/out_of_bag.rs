//! What a forest says of the rows it was grown on, each by the trees that did
//! not see it: an honest measure without rows set aside.

use std::collections::HashMap;

use rayon::prelude::*;

use super::Forest;
use super::grow::draw;
use crate::random::Stream;
use crate::timeline::refuse_strata;
use crate::{Covariates, Outcomes, SurvivalError};

/// Trees whose answers are held at once.
const BATCH: usize = 64;

/// Rows that a study comes to, each counted by its weight, at most.
const MOST_ROWS: f64 = 16_777_216.0;

/// What is drawn: rows, copies of rows where they count more than once, or
/// clusters of rows.
pub(super) enum Units {
    Rows(usize),
    /// Where the copies of each row end, row after row.
    Copies(Vec<u32>),
    Clusters {
        number: usize,
        of_row: Vec<u32>,
        /// How often each row counts; empty: once.
        weight: Vec<u32>,
    },
}

impl Units {
    /// # Errors
    /// Weights that are no whole numbers, or come to more than 16,777,216 rows.
    pub(super) fn new(outcomes: &Outcomes) -> Result<Self, SurvivalError> {
        let weight = whole_weights(outcomes)?;
        let Some(clusters) = outcomes.cluster() else {
            let Some(weight) = weight else {
                return Ok(Self::Rows(outcomes.len()));
            };
            let ends = weight.iter().scan(0, |end, weight| {
                *end += weight;
                Some(*end)
            });
            return Ok(Self::Copies(ends.collect()));
        };
        let mut numbers = HashMap::new();
        let of_row = clusters.iter().map(|cluster| {
            let next = numbers.len() as u32;
            *numbers.entry(*cluster).or_insert(next)
        });
        let of_row = of_row.collect();
        Ok(Self::Clusters {
            number: numbers.len(),
            of_row,
            weight: weight.unwrap_or_default(),
        })
    }

    pub(super) fn number(&self) -> usize {
        match self {
            Self::Rows(number) | Self::Clusters { number, .. } => *number,
            Self::Copies(ends) => ends.last().map_or(0, |end| *end as usize),
        }
    }

    /// How often rows were drawn, in the order of `rows`.
    pub(super) fn of_rows(&self, drawn: &[u32], rows: &[u32]) -> Vec<u32> {
        let rows = rows.iter().map(|row| *row as usize);
        match self {
            Self::Rows(_) => rows.map(|row| drawn[row]).collect(),
            Self::Copies(ends) => {
                let start = |row: usize| row.checked_sub(1).map_or(0, |before| ends[before]);
                let copies = |row: usize| start(row) as usize..ends[row] as usize;
                rows.map(|row| drawn[copies(row)].iter().sum()).collect()
            }
            Self::Clusters { of_row, weight, .. } => {
                let times = |row: usize| weight.get(row).copied().unwrap_or(1);
                rows.map(|row| drawn[of_row[row] as usize].saturating_mul(times(row)))
                    .collect()
            }
        }
    }
}

/// The weights as numbers of rows: a tree counts rows at risk.
fn whole_weights(outcomes: &Outcomes) -> Result<Option<Vec<u32>>, SurvivalError> {
    let Some(weight) = outcomes.weight() else {
        return Ok(None);
    };
    let whole = |weight: &f64| weight.fract() == 0.0 && *weight <= MOST_ROWS;
    let refused = |row: usize, found: f64, range| SurvivalError::Value {
        what: "the weights".to_owned(),
        row,
        found: found.to_string(),
        range,
    };
    if let Some(row) = weight.iter().position(|it| !whole(it)) {
        let range = "a whole number: the log-rank statistic of a tree counts rows; repeat rows \
                     as often as they count, or boost, which takes any weight";
        return Err(refused(row, weight[row], range));
    }
    let all: f64 = weight.iter().sum();
    match all <= MOST_ROWS {
        true => Ok(Some(weight.iter().map(|weight| *weight as u32).collect())),
        false => Err(refused(weight.len() - 1, all, "at most 16777216 together")),
    }
}

impl Forest {
    /// The risk of each row that the forest was grown on, as [`Self::risk`],
    /// by the trees that did not draw it (or its cluster). `None` where every
    /// tree did.
    ///
    /// # Errors
    /// Tables that cannot be those that the forest was grown on: other columns
    /// or another number of rows.
    pub fn out_of_bag_risk(
        &self,
        outcomes: &Outcomes,
        covariates: &Covariates,
    ) -> Result<Vec<Option<f64>>, SurvivalError> {
        self.check_study(outcomes, covariates)?;
        let units = Units::new(outcomes)?;
        let risks = self.risks();
        let mut sums = vec![(0.0, 0_u32); outcomes.len()];
        let numbers: Vec<usize> = (0..self.trees.len()).collect();
        for batch in numbers.chunks(BATCH) {
            let answers = batch.par_iter().map(|number| {
                let left_out = self.left_out(&units, *number);
                let answer = left_out.into_iter().map(|row| {
                    let tree = &self.trees[*number];
                    let leaf =
                        tree.leaf(|column| covariates.columns()[column as usize][row as usize]);
                    (row, risks[*number][leaf as usize])
                });
                answer.collect::<Vec<_>>()
            });
            for (row, risk) in answers.collect::<Vec<_>>().into_iter().flatten() {
                let sum = &mut sums[row as usize];
                *sum = (sum.0 + risk, sum.1 + 1);
            }
        }
        let means = sums.into_iter();
        let means = means.map(|(sum, trees)| (trees > 0).then(|| sum / f64::from(trees)));
        Ok(means.collect())
    }

    /// The rows that a tree did not draw, rising.
    pub(super) fn left_out(&self, units: &Units, tree: usize) -> Vec<u32> {
        let mut stream = Stream::new(self.plan.seed, tree as u64);
        let drawn = draw(&self.plan, units.number(), &mut stream);
        let rows: Vec<u32> = (0..self.rows as u32).collect();
        let drawn = units.of_rows(&drawn, &rows);
        let rows = rows.into_iter().zip(drawn);
        rows.filter(|(_, drawn)| *drawn == 0)
            .map(|(row, _)| row)
            .collect()
    }

    pub(super) fn check_study(
        &self,
        outcomes: &Outcomes,
        covariates: &Covariates,
    ) -> Result<(), SurvivalError> {
        covariates.must_have(&self.columns)?;
        refuse_strata(outcomes)?;
        crate::outcome::check_length("the study of the forest", outcomes.len(), self.rows)?;
        crate::outcome::check_length("the covariates", covariates.rows(), self.rows)
    }
}
