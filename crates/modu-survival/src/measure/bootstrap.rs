//! Drawing persons with replacement.

use std::collections::BTreeMap;

use modu_statistics::{Finite, Interval, Measure, Replicates, Share};
use rayon::prelude::*;

use super::{Estimate, Unmeasured};
use crate::random::Stream;
use crate::{Outcomes, SurvivalError};

/// The largest number of resamples.
pub const MAX_RESAMPLES: u32 = 100_000;

/// How rows are drawn anew, again and again: all rows of a cluster together,
/// where there are clusters; each row by itself else. A resample is a function
/// of the seed and its number alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resamples {
    /// How often, at most [`MAX_RESAMPLES`]; with 0 there are no intervals.
    pub count: u32,
    /// Seed of the random streams.
    pub seed: u64,
}

/// Rows by what is drawn together.
pub(crate) struct Units(Vec<Vec<u32>>);

impl Resamples {
    /// Refuses more than [`MAX_RESAMPLES`].
    ///
    /// # Errors
    /// That.
    pub fn check(&self) -> Result<(), SurvivalError> {
        match self.count <= MAX_RESAMPLES {
            true => Ok(()),
            false => Err(SurvivalError::TooMany {
                what: "resamples",
                found: self.count as usize,
                limit: MAX_RESAMPLES as usize,
            }),
        }
    }

    /// What a function gives of the rows of each resample, in the order of the
    /// resamples whatever the number of threads. Rows come by their number,
    /// as often as they are drawn, those of one unit side by side.
    pub fn map<T: Send>(&self, outcomes: &Outcomes, of: impl Fn(&[u32]) -> T + Sync) -> Vec<T> {
        let units = Units::of(outcomes);
        let numbers = (0..self.count).into_par_iter();
        numbers
            .map(|number| of(&self.draw(&units, number)))
            .collect()
    }

    fn draw(&self, units: &Units, number: u32) -> Vec<u32> {
        let mut stream = Stream::new(self.seed, u64::from(number));
        let all = units.0.len() as u64;
        let mut rows = Vec::new();
        for _ in 0..all {
            rows.extend_from_slice(&units.0[stream.below(all) as usize]);
        }
        rows
    }

    /// The estimate of a distance, which is never negative and which chance
    /// lifts: in a resample by about as much again. So the interval is the one
    /// that takes that off (the basic one: as far below and above the estimate
    /// as the resamples' middle lies above and below it; Davison & Hinkley 1997,
    /// section 5.2), cut at 0 and stretched to the estimate where few resamples
    /// or much chance would leave it outside. The standard error is the
    /// resamples' spread.
    pub(crate) fn distance(
        value: f64,
        values: impl Iterator<Item = Option<f64>>,
        confidence: Share,
    ) -> Result<Estimate, Unmeasured> {
        let values: Vec<Option<Finite>> = values.map(|one| one.and_then(Finite::new)).collect();
        let defined: Vec<f64> = values.iter().flatten().map(|one| one.get()).collect();
        let finite = Finite::new(value).ok_or(Unmeasured::Overflow)?;
        if defined.len() < 2 {
            let mut none = Estimate::new(value, 0.0, super::Scale::Plain, confidence)?;
            none.interval = None;
            return Ok(none);
        }
        let mean = defined.iter().sum::<f64>() / defined.len() as f64;
        let squares = defined.iter().map(|one| (one - mean) * (one - mean));
        let spread = (squares.sum::<f64>() / (defined.len() - 1) as f64).sqrt();
        let replicates = Replicates::new(Measure::Value(finite), values);
        Ok(Estimate {
            value: finite,
            standard_error: Finite::new(spread).ok_or(Unmeasured::Overflow)?,
            interval: replicates.interval(confidence).ok().and_then(|middle| {
                let (lower, upper) = (middle.lower.get(), middle.upper.get());
                let below = (2.0 * value - upper).clamp(0.0, value.max(0.0));
                let above = (2.0 * value - lower).max(value);
                Interval::new(below, above, confidence).ok()
            }),
        })
    }
}

impl Units {
    fn of(outcomes: &Outcomes) -> Self {
        let rows = 0..outcomes.len() as u32;
        let Some(cluster) = outcomes.cluster() else {
            return Self(rows.map(|row| vec![row]).collect());
        };
        let mut units: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for row in rows {
            units.entry(cluster[row as usize]).or_default().push(row);
        }
        Self(units.into_values().collect())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_cluster_are_drawn_together() {
        let outcomes = Outcomes::single(vec![1.0; 6], &[true; 6]).unwrap();
        let outcomes = outcomes.with_clusters(vec![4, 4, 9, 9, 9, 2]).unwrap();
        let plan = Resamples { count: 50, seed: 1 };
        for rows in plan.map(&outcomes, <[u32]>::to_vec) {
            let times = |row: u32| rows.iter().filter(|one| **one == row).count();
            assert_eq!(times(0), times(1));
            assert_eq!(times(2), times(4));
            assert_eq!(times(0) + times(2) + times(5), 3);
        }
    }

    #[test]
    fn a_resample_depends_on_seed_and_number_alone() {
        let outcomes = Outcomes::single(vec![1.0; 100], &[true; 100]).unwrap();
        let draw = |seed, count| Resamples { count, seed }.map(&outcomes, <[u32]>::to_vec);
        assert_eq!(draw(3, 5)[..2], draw(3, 2));
        assert_ne!(draw(3, 1), draw(4, 1));
        assert_ne!(draw(3, 2)[0], draw(3, 2)[1]);
    }
}
