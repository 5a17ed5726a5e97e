//! Metrics that are means of a value per row: losses and binned residuals.

use super::lanes::{LANES, Lanes, Multiplicity};
use crate::Undefined;

/// Probabilities are clipped to `[1e-15, 1 - 1e-15]` before the logarithm.
const LOG_LOSS_CLIP: f64 = 1e-15;

/// Minus the logarithm of the probability given to the true class.
pub(super) fn log_loss(probability_of_truth: f64) -> f64 {
    -libm::log(probability_of_truth.clamp(LOG_LOSS_CLIP, 1.0 - LOG_LOSS_CLIP))
}

/// As [`log_loss`], from the score of the positive class. For a negative row
/// the score itself is clipped, and `ln(1 - s)` keeps small scores exact.
pub(super) fn binary_log_loss(positive: bool, score: f64) -> f64 {
    let score = score.clamp(LOG_LOSS_CLIP, 1.0 - LOG_LOSS_CLIP);
    if positive {
        -libm::log(score)
    } else {
        -libm::log1p(-score)
    }
}

/// The pinball loss of an error, prediction minus target.
pub(super) fn pinball_loss(quantile: f64, error: f64) -> f64 {
    if error > 0.0 {
        (1.0 - quantile) * error
    } else {
        quantile * -error
    }
}

/// The targets of a regression, for their variance. They are centred on the
/// mean of all, so that the sum of squares about the mean of some of them
/// does not cancel.
#[derive(Debug)]
pub(super) struct Targets {
    pub(super) centred: Vec<f64>,
    pub(super) squares: Vec<f64>,
}

impl Targets {
    /// The targets by place.
    pub(super) fn new(targets: impl ExactSizeIterator<Item = f64> + Clone) -> Self {
        let rows = targets.len() as f64;
        let mean = targets.clone().map(|target| target / rows).sum::<f64>();
        let centred: Vec<f64> = targets.map(|target| target - mean).collect();
        let squares = centred.iter().map(|target| target * target).collect();
        Self { centred, squares }
    }
}

/// Sums over drawn rows that R squared is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Explained {
    pub(super) rows: f64,
    /// Of the targets, centred.
    pub(super) targets: f64,
    /// Of their squares.
    pub(super) squares: f64,
    /// Of the squared errors.
    pub(super) errors: f64,
}

impl Explained {
    /// Below this share of the sum of squares, the sum of squares about the
    /// mean is rounding: the targets are the same.
    const ROUNDING: f64 = 1e-13;

    pub(super) fn r_squared(self) -> Result<f64, Undefined> {
        let about_mean = self.squares - self.targets * self.targets / self.rows;
        if about_mean > Self::ROUNDING * self.squares {
            Ok(1.0 - self.errors / about_mean)
        } else {
            Err(Undefined::ConstantTargets)
        }
    }
}

/// Label minus score of each row, gathered by region and bin.
#[derive(Debug)]
pub(super) struct BinnedResiduals {
    /// Rows by slot.
    rows: Vec<u32>,
    /// Their residuals.
    residuals: Vec<f64>,
    /// The slots and where the rows of each end.
    slots: Vec<(Slot, usize)>,
    bins: usize,
}

/// A bin within a region of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    pub(super) region: u32,
    pub(super) bin: u32,
}

impl BinnedResiduals {
    /// Gathers rows, given as slot, row and residual.
    pub(super) fn new(mut rows: Vec<(Slot, u32, f64)>) -> Self {
        rows.sort_unstable_by_key(|&(slot, row, _)| (slot, row));
        let mut end = 0;
        let slots = rows.chunk_by(|a, b| a.0 == b.0).map(|same| {
            end += same.len();
            (same[0].0, end)
        });
        let bins = rows.iter().map(|(slot, ..)| slot.bin as usize + 1).max();
        Self {
            slots: slots.collect(),
            bins: bins.unwrap_or(0),
            residuals: rows.iter().map(|&(.., residual)| residual).collect(),
            rows: rows.iter().map(|&(_, row, _)| row).collect(),
        }
    }

    /// The weighted residual of each slot, into a buffer; row after row.
    pub(super) fn sum(&self, weights: &[Lanes<Multiplicity>], sums: &mut Vec<Lanes<f64>>) {
        sums.clear();
        let mut start = 0;
        for &(_, end) in &self.slots {
            let mut sum = [0.0; LANES];
            for (&row, residual) in self.rows[start..end]
                .iter()
                .zip(&self.residuals[start..end])
            {
                let weights = &weights[row as usize];
                for lane in 0..LANES {
                    sum[lane] += f64::from(weights[lane]) * residual;
                }
            }
            sums.push(sum);
            start = end;
        }
    }

    /// The sum over the bins of the absolute residual of the regions for
    /// which `inside` holds, in each replicate.
    pub(super) fn absolute(
        &self,
        sums: &[Lanes<f64>],
        inside: impl Fn(usize) -> bool,
    ) -> Lanes<f64> {
        let mut bins = vec![[0.0; LANES]; self.bins];
        for ((slot, _), sum) in self.slots.iter().zip(sums) {
            if inside(slot.region as usize) {
                for lane in 0..LANES {
                    bins[slot.bin as usize][lane] += sum[lane];
                }
            }
        }
        let mut total = [0.0; LANES];
        for bin in bins {
            for lane in 0..LANES {
                total[lane] += f64::abs(bin[lane]);
            }
        }
        total
    }
}
