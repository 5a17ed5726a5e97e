//! The review list: the units with the highest scores, up to a budget.

use super::lanes::{LANES, Lanes, Multiplicity, weight_of_listed};
use crate::{Metric, Undefined};

/// All rows of a study by a model's descending score.
#[derive(Debug)]
pub(super) struct ReviewOrder {
    pub(super) rows: Vec<u32>,
    /// Where each group of tied rows ends.
    pub(super) tie_ends: Vec<u32>,
}

/// What of each region (rows of one label and the same subsets) is on the
/// list of each replicate.
#[derive(Debug, Default)]
pub(super) struct ReviewList {
    /// Weight surely on the list, by region.
    sure: Vec<Lanes<u32>>,
    /// Weight tied at the cut, by region.
    tied: Vec<Lanes<u32>>,
    /// The share of the tied weight for which there is room.
    room: Lanes<f64>,
}

impl ReviewOrder {
    /// Fills the list for a budget of `budget` units: tied group after tied
    /// group, until none of the replicates has room for another.
    pub(super) fn fill(
        &self,
        weights: &[Lanes<Multiplicity>],
        region_of_row: &[u32],
        regions: usize,
        budget: u64,
        list: &mut ReviewList,
    ) {
        for counts in [&mut list.sure, &mut list.tied] {
            counts.clear();
            counts.resize(regions, [0; LANES]);
        }
        list.room = [0.0; LANES];
        let mut left = [budget; LANES];
        let mut open = [true; LANES];
        let mut start = 0;
        for &end in &self.tie_ends {
            let rows = &self.rows[start..end as usize];
            start = end as usize;
            let total = weight_of_listed(weights, rows);
            let mut fits = [0; LANES];
            let mut cut = [0; LANES];
            for lane in 0..LANES {
                if !open[lane] {
                    continue;
                }
                let units = u64::from(total[lane]);
                if units <= left[lane] {
                    left[lane] -= units;
                    fits[lane] = u32::MAX;
                } else {
                    list.room[lane] = left[lane] as f64 / units as f64;
                    open[lane] = false;
                    cut[lane] = u32::MAX;
                }
            }
            add(weights, rows, region_of_row, &fits, &mut list.sure);
            if cut.contains(&u32::MAX) {
                add(weights, rows, region_of_row, &cut, &mut list.tied);
                if !open.contains(&true) {
                    return;
                }
            }
        }
    }
}

/// Adds the weights of rows to their regions, in the replicates of a mask.
fn add(
    weights: &[Lanes<Multiplicity>],
    rows: &[u32],
    region_of_row: &[u32],
    mask: &Lanes<u32>,
    counts: &mut [Lanes<u32>],
) {
    for &row in rows {
        let counts = &mut counts[region_of_row[row as usize] as usize];
        for lane in 0..LANES {
            counts[lane] += u32::from(weights[row as usize][lane]) & mask[lane];
        }
    }
}

impl ReviewList {
    /// The expected weight on the list among some regions.
    pub(super) fn expected(&self, regions: impl Iterator<Item = usize>, lane: usize) -> f64 {
        let (mut sure, mut tied) = (0, 0);
        for region in regions {
            sure += self.sure[region][lane];
            tied += self.tied[region][lane];
        }
        f64::from(sure) + f64::from(tied) * self.room[lane]
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
