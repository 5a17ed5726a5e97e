//! How strong a penalty should be: how well each point of a path tells of
//! people whom it was not made of.
//!
//! People are put into folds. For each fold a path is made of all others, and
//! the fold tells how likely its events are by it: the logarithm of the partial
//! likelihood of everyone less that of the others, both at the coefficients
//! that the others gave (Verweij & van Houwelingen, "Cross-validation in
//! survival analysis", Statistics in Medicine 12, 1993). Unlike the likelihood
//! of the fold alone it needs no risk sets within a fold, which may be small.
//! The sum over the folds is highest where the path is neither too free nor too
//! tight. `cv.glmnet` does the same (`grouped = TRUE`).

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::design::Design;
use super::path::{PathOptions, PathPoint, path, path_at};
use super::sweep::Sweep;
use crate::outcome::check_length;
use crate::random::Stream;
use crate::{Covariates, Outcomes, SurvivalError};

/// Most folds.
pub const MAX_FOLDS: u32 = 1_000;
/// The stream that folds are drawn from.
const FOLDS: u64 = u64::MAX;

/// A path, and how well each of its points tells of others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CrossValidated {
    /// The path of everyone.
    pub points: Vec<PathPoint>,
    /// For each point the cross-validated logarithm of the partial likelihood;
    /// none where a fold's model tells that what happened cannot be.
    pub log_likelihood: Vec<Option<f64>>,
    /// The point with the highest, of equal ones the first (the tightest).
    pub best: usize,
}

/// Puts groups (people, hospitals) into folds of about equal size: rows of one
/// group are in one fold. The same groups and seed give the same folds.
///
/// # Errors
/// Fewer than 2 folds, more than [`MAX_FOLDS`], or more than there are groups.
pub fn folds(group: &[u32], folds: u32, seed: u64) -> Result<Vec<u32>, SurvivalError> {
    let mut groups = group.to_vec();
    groups.sort_unstable();
    groups.dedup();
    if !(2..=MAX_FOLDS).contains(&folds) || folds as usize > groups.len() {
        return Err(SurvivalError::Setting {
            what: "the number of folds",
            found: folds.to_string(),
            range: "from 2 to 1000, and no more than there are people",
        });
    }
    let mut place: Vec<u32> = (0..groups.len() as u32).collect();
    Stream::new(seed, FOLDS).shuffle(&mut place);
    let of_group = |group: &u32| {
        let number = groups.partition_point(|it| it < group);
        place[number] % folds
    };
    Ok(group.iter().map(of_group).collect())
}

/// Lays a path and tries each of its points on the folds, of which each row
/// names its own. Cost: a path for each fold, and a pass over all rows for each
/// fold and point.
///
/// # Errors
/// As [`path`]; folds of another length, and a fold without which nobody has
/// the event.
pub fn cross_validate(
    outcomes: &Outcomes,
    covariates: &Covariates,
    options: &PathOptions,
    fold: &[u32],
) -> Result<CrossValidated, SurvivalError> {
    check_length("the folds", fold.len(), outcomes.len())?;
    let points = path(outcomes, covariates, options)?;
    let penalties: Vec<f64> = points.iter().map(|point| point.penalty).collect();
    let whole = Design::new(outcomes, covariates, options.event)?;
    let mut folds = fold.to_vec();
    folds.sort_unstable();
    folds.dedup();
    let of_fold = |left_out: &u32| {
        let rows = (0..outcomes.len()).filter(|row| fold[*row] != *left_out);
        let rows: Vec<usize> = rows.collect();
        let (others, columns) = (outcomes.of_rows(&rows)?, covariates.of_rows(&rows)?);
        let made = path_at(&others, &columns, options, &penalties)?;
        let mut sweep = Sweep::new(&whole, options.ties);
        let gain = |point: &PathPoint| {
            let mut scaled = vec![0.0; whole.stride];
            let scales = whole.scaling.iter().zip(&point.coefficients);
            for (scaled, (scaling, coefficient)) in scaled.iter_mut().zip(scales) {
                *scaled = coefficient * scaling.scale;
            }
            sweep.evaluate(&scaled).log - point.log_likelihood
        };
        Ok(made.iter().map(gain).collect::<Vec<f64>>())
    };
    let gains: Result<Vec<Vec<f64>>, SurvivalError> = folds.par_iter().map(of_fold).collect();
    let gains = gains?;
    let sums = (0..points.len()).map(|point| gains.iter().map(|gain| gain[point]).sum::<f64>());
    let sums: Vec<f64> = sums.collect();
    let mut best = 0;
    for (point, sum) in sums.iter().enumerate() {
        if *sum > sums[best] || !sums[best].is_finite() && sum.is_finite() {
            best = point;
        }
    }
    let told = |sum: &f64| sum.is_finite().then_some(*sum);
    Ok(CrossValidated {
        log_likelihood: sums.iter().map(told).collect(),
        points,
        best,
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn groups_stay_together_and_folds_are_of_equal_size() {
        let group: Vec<u32> = (0..90).map(|row| row / 3 * 7).collect();
        let fold = folds(&group, 5, 3).unwrap();
        assert!(
            fold.chunks(3)
                .all(|rows| rows[0] == rows[1] && rows[1] == rows[2])
        );
        for number in 0..5 {
            assert_eq!(fold.iter().filter(|it| **it == number).count(), 18);
        }
        assert_eq!(fold, folds(&group, 5, 3).unwrap());
        assert_ne!(fold, folds(&group, 5, 4).unwrap());
        for wrong in [0, 1, 31, 1_001] {
            assert!(folds(&group, wrong, 3).is_err(), "{wrong}");
        }
    }
}
