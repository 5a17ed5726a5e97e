//! The review list: the units with the highest scores, up to a budget.

use super::resample::Multiplicity;
use crate::{Metric, Undefined};

/// All rows of a study by a model's descending score.
#[derive(Debug)]
pub(super) struct ReviewOrder {
    pub(super) rows: Vec<u32>,
    /// Where each group of tied rows ends.
    pub(super) tie_ends: Vec<u32>,
}

/// What of each region (rows of one label and the same subsets) is on the
/// list of a replicate.
#[derive(Debug, Default)]
pub(super) struct ReviewList {
    /// Weight surely on the list, by region.
    sure: Vec<u32>,
    /// Weight tied at the cut, by region.
    tied: Vec<u32>,
    /// The share of the tied weight for which there is room.
    room: f64,
}

impl ReviewOrder {
    /// Fills the list for a budget of `budget` units.
    pub(super) fn fill(
        &self,
        weights: &[Multiplicity],
        region_of_row: &[u32],
        regions: usize,
        budget: u64,
        list: &mut ReviewList,
    ) {
        for counts in [&mut list.sure, &mut list.tied] {
            counts.clear();
            counts.resize(regions, 0);
        }
        list.room = 0.0;
        let mut left = budget;
        let mut start = 0;
        for &end in &self.tie_ends {
            let tied = &self.rows[start..end as usize];
            start = end as usize;
            let weight = |row: &u32| u32::from(weights[*row as usize]);
            let total: u64 = tied.iter().map(|row| u64::from(weight(row))).sum();
            let fits = total <= left;
            let counts = if fits { &mut list.sure } else { &mut list.tied };
            for row in tied {
                counts[region_of_row[*row as usize] as usize] += weight(row);
            }
            if !fits {
                list.room = left as f64 / total as f64;
                return;
            }
            left -= total;
        }
    }
}

impl ReviewList {
    /// The expected weight on the list among some regions.
    pub(super) fn expected(&self, regions: impl Iterator<Item = usize>) -> f64 {
        let (mut sure, mut tied) = (0, 0);
        for region in regions {
            sure += self.sure[region];
            tied += self.tied[region];
        }
        f64::from(sure) + f64::from(tied) * self.room
    }
}

/// Expected units of a subset on the list, and its units.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reviewed {
    pub(super) listed_positives: f64,
    pub(super) listed_negatives: f64,
    pub(super) positives: f64,
    pub(super) negatives: f64,
}

impl Reviewed {
    pub(super) fn metric(self, metric: Metric) -> Result<f64, Undefined> {
        let listed = self.listed_positives + self.listed_negatives;
        let (part, whole, otherwise) = match metric {
            Metric::RecallAtBudget => (
                self.listed_positives,
                self.positives,
                Undefined::NoPositives,
            ),
            Metric::PrecisionAtBudget => {
                (self.listed_positives, listed, Undefined::NothingSelected)
            }
            Metric::FalseAlarmRateAtBudget => (
                self.listed_negatives,
                self.negatives,
                Undefined::NoNegatives,
            ),
            _ => (listed, self.positives + self.negatives, Undefined::Empty),
        };
        if whole == 0.0 {
            Err(otherwise)
        } else {
            Ok(part / whole)
        }
    }
}
