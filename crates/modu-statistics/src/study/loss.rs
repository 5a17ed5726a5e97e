//! Metrics that are means of a value per row: losses and binned residuals.

use std::ops::Range;

use super::resample::Multiplicity;

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

/// The sum of `weight * value` over a range of rows, always in the same
/// order: eight interleaved sums, added in turn, then the rest of the rows.
pub(super) fn weighted_sum(weights: &[Multiplicity], values: &[f64], range: Range<usize>) -> f64 {
    const LANES: usize = 8;
    let (weights, values) = (&weights[range.clone()], &values[range]);
    let mut lanes = [0.0; LANES];
    let (weight_blocks, weight_rest) = weights.as_chunks::<LANES>();
    let (value_blocks, value_rest) = values.as_chunks::<LANES>();
    for (weights, values) in weight_blocks.iter().zip(value_blocks) {
        for lane in 0..LANES {
            lanes[lane] += f64::from(weights[lane]) * values[lane];
        }
    }
    let mut sum: f64 = lanes.iter().sum();
    for (&weight, value) in weight_rest.iter().zip(value_rest) {
        sum += f64::from(weight) * value;
    }
    sum
}

/// The sum of the weights of a range of rows.
pub(super) fn weight_of(weights: &[Multiplicity], range: Range<usize>) -> u32 {
    weights[range].iter().map(|&weight| u32::from(weight)).sum()
}

/// Label minus score of each row, and the slot (region and bin) it adds to.
#[derive(Debug)]
pub(super) struct BinnedResiduals {
    pub(super) residuals: Vec<f64>,
    pub(super) slot_of_row: Vec<u32>,
    pub(super) slots: Vec<Slot>,
    pub(super) bins: usize,
}

/// A bin within a region of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    pub(super) region: u32,
    pub(super) bin: u32,
}

impl BinnedResiduals {
    /// Gathers rows by (region, bin), given for each row.
    pub(super) fn new(residuals: Vec<f64>, of_row: &[Slot]) -> Self {
        let mut slots = of_row.to_vec();
        slots.sort_unstable();
        slots.dedup();
        let slot_of_row = of_row
            .iter()
            .map(|slot| slots.partition_point(|other| other < slot) as u32)
            .collect();
        let bins = slots.iter().map(|slot| slot.bin as usize + 1).max();
        Self {
            residuals,
            slot_of_row,
            slots,
            bins: bins.unwrap_or(0),
        }
    }

    /// The weighted residual of each slot, into a buffer.
    pub(super) fn sum(&self, weights: &[Multiplicity], sums: &mut Vec<f64>) {
        sums.clear();
        sums.resize(self.slots.len(), 0.0);
        let rows = self.residuals.iter().zip(&self.slot_of_row).zip(weights);
        for ((residual, &slot), &weight) in rows {
            sums[slot as usize] += residual * f64::from(weight);
        }
    }

    /// The sum over the bins of the absolute residual of the regions for
    /// which `inside` holds.
    pub(super) fn absolute(&self, sums: &[f64], inside: impl Fn(usize) -> bool) -> f64 {
        let mut bins = vec![0.0; self.bins];
        for (slot, sum) in self.slots.iter().zip(sums) {
            if inside(slot.region as usize) {
                bins[slot.bin as usize] += sum;
            }
        }
        bins.iter().map(|sum: &f64| sum.abs()).sum()
    }
}
