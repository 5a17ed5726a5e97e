//! The curves that a forest forecasts.

use rayon::prelude::*;

use super::{CHUNK, Forest};
use crate::{Covariates, SurvivalError};

/// Largest number of values that are forecast at once: rows times times.
const MAX_VALUES: usize = 200_000_000;

/// The forecasts of rows at some times, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct ForestCurves {
    times: Vec<f64>,
    cumulative_hazard: Vec<f64>,
    survival: Vec<f64>,
}

impl ForestCurves {
    /// The times that were asked about.
    #[must_use]
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// The cumulative hazard of a row at each time: the mean over trees of its
    /// leaf's Nelson-Aalen estimate.
    #[must_use]
    pub fn cumulative_hazard(&self, row: usize) -> &[f64] {
        &self.cumulative_hazard[row * self.times.len()..][..self.times.len()]
    }

    /// The probability that a row has had no event until after each time: the
    /// mean over trees of its leaf's Kaplan-Meier estimate.
    #[must_use]
    pub fn survival(&self, row: usize) -> &[f64] {
        &self.survival[row * self.times.len()..][..self.times.len()]
    }
}

/// By how much the two curves of a leaf step until one of the times.
#[derive(Clone, Copy)]
struct Step {
    time: u32,
    hazard: f64,
    survival: f64,
}

impl Forest {
    /// Curves of rows at `times`, which rise. The cost is that of the leaves'
    /// steps, whatever the number of event times.
    ///
    /// # Errors
    /// Covariates of other columns, times that are not finite or do not rise,
    /// and more than 200 million values.
    pub fn curves(
        &self,
        covariates: &Covariates,
        times: &[f64],
    ) -> Result<ForestCurves, SurvivalError> {
        covariates.must_have(&self.columns)?;
        let rise = times.is_sorted_by(|before, after| before < after);
        if !rise || times.iter().any(|time| !time.is_finite()) {
            return Err(SurvivalError::Setting {
                what: "the list of times",
                found: format!("{times:?}"),
                range: "finite and rising",
            });
        }
        let values = covariates.rows().saturating_mul(times.len());
        if values > MAX_VALUES {
            return Err(SurvivalError::TooMany {
                what: "forecast values",
                found: values,
                limit: MAX_VALUES,
            });
        }
        let mut curves = ForestCurves {
            times: times.to_vec(),
            cumulative_hazard: vec![0.0; values],
            survival: vec![0.0; values],
        };
        if values > 0 {
            self.add_steps(covariates, &mut curves);
        }
        Ok(curves)
    }

    fn add_steps(&self, covariates: &Covariates, curves: &mut ForestCurves) {
        let steps = self.steps(&curves.times);
        let width = curves.times.len();
        let hazards = curves.cumulative_hazard.par_chunks_mut(CHUNK * width);
        let survivals = curves.survival.par_chunks_mut(CHUNK * width);
        let chunks = hazards.zip(survivals).enumerate();
        chunks.for_each(|(chunk, (hazards, survivals))| {
            for (tree, leaves) in self.trees.iter().zip(&steps) {
                let rows = hazards
                    .chunks_exact_mut(width)
                    .zip(survivals.chunks_exact_mut(width));
                for ((hazards, survivals), row) in rows.zip(chunk * CHUNK..) {
                    let leaf = tree.leaf(|column| covariates.columns()[column as usize][row]);
                    for step in &leaves[leaf as usize] {
                        hazards[step.time as usize] += step.hazard;
                        survivals[step.time as usize] += step.survival;
                    }
                }
            }
            let trees = self.trees.len() as f64;
            for hazards in hazards.chunks_exact_mut(width) {
                accumulate(hazards, 0.0, trees);
            }
            for survivals in survivals.chunks_exact_mut(width) {
                accumulate(survivals, trees, trees);
            }
        });
    }

    /// The steps of each leaf of each tree, those until one time together.
    fn steps(&self, times: &[f64]) -> Vec<Vec<Vec<Step>>> {
        let until: Vec<u32> = self
            .event_times
            .iter()
            .map(|event| times.partition_point(|time| time < event) as u32)
            .collect();
        let of_tree = |tree: &super::Tree| {
            let leaves = 0..tree.leaves() as u32;
            let of_leaf = |leaf| {
                let mut steps = Vec::<Step>::new();
                let mut survival = 1.0;
                for jump in tree.jumps(leaf) {
                    let time = until[jump.at as usize];
                    if time as usize == times.len() {
                        break;
                    }
                    let hazard = jump.hazard();
                    let survives = survival * (1.0 - hazard);
                    let step = Step {
                        time,
                        hazard,
                        survival: survives - survival,
                    };
                    survival = survives;
                    match steps.last_mut().filter(|last| last.time == time) {
                        Some(last) => {
                            last.hazard += step.hazard;
                            last.survival += step.survival;
                        }
                        None => steps.push(step),
                    }
                }
                steps
            };
            leaves.map(of_leaf).collect()
        };
        self.trees.par_iter().map(of_tree).collect()
    }
}

/// Turns summed steps into the mean curve.
fn accumulate(steps: &mut [f64], start: f64, trees: f64) {
    let mut sum = start;
    for step in steps {
        sum += *step;
        // A survival that ends at 0 comes there with rounding.
        *step = (sum / trees).max(0.0);
    }
}
