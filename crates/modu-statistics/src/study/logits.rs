//! The rows of a model grouped by logit, for the recalibration of replicates.

use std::ops::Range;

use super::{
    lanes::{LANES, Lanes, Multiplicity},
    prepare::Region,
    ranking::{ScoredRow, ties},
};
use crate::calibration::{LogitGroup, clipped_logit};

/// The most groups.
const GROUPS: usize = 128;
/// Offsets from the middle of a group are whole multiples of its width over
/// this, and so at most half of it.
const OFFSETS: f64 = 65_534.0;

/// The rows of a study by region and group of a model's logits. The offset of
/// a row says how far its logit lies above the middle of its group, in units;
/// whole numbers make sums exact, whatever their order.
#[derive(Debug)]
pub(super) struct LogitTable {
    rows: Vec<u32>,
    offsets: Vec<i16>,
    slots: Vec<Slot>,
    /// The slots of each region.
    slots_of_region: Vec<Range<usize>>,
    middles: Vec<f64>,
    unit: f64,
}

/// Rows of one region and group.
#[derive(Debug, Clone, Copy)]
struct Slot {
    group: usize,
    end: usize,
}

/// Weighted rows of a slot and the weighted sum of their offsets.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SlotSum {
    rows: Lanes<u32>,
    offsets: Lanes<i64>,
}

/// A row on its way into a table.
struct Placed {
    region: u32,
    group: usize,
    row: u32,
    offset: i16,
}

impl LogitTable {
    /// Groups all rows of a study, by descending score.
    pub(super) fn new(descending: &[ScoredRow], region_of_row: &[u32], regions: &[Region]) -> Self {
        let scores = ties(descending);
        let logits: Vec<f64> = scores
            .iter()
            .map(|tied| clipped_logit(tied.score))
            .collect();
        let parts = Parts::new(&logits);
        let mut placed = Vec::with_capacity(descending.len());
        for (index, tied) in descending.chunk_by(|a, b| a.score == b.score).enumerate() {
            let group = parts.of(index, logits[index]);
            let offset = parts.offset(logits[index], group);
            placed.extend(tied.iter().map(|row| Placed {
                region: region_of_row[row.row as usize],
                group,
                row: row.row,
                offset,
            }));
        }
        placed.sort_unstable_by_key(|placed| (placed.region, placed.group, placed.row));
        let mut slots = Vec::new();
        let mut slots_of_region = Vec::with_capacity(regions.len());
        let mut end = 0;
        for region in placed.chunk_by(|a, b| a.region == b.region) {
            let first = slots.len();
            for rows in region.chunk_by(|a, b| a.group == b.group) {
                end += rows.len();
                let group = rows[0].group;
                slots.push(Slot { group, end });
            }
            slots_of_region.push(first..slots.len());
        }
        Self {
            rows: placed.iter().map(|placed| placed.row).collect(),
            offsets: placed.iter().map(|placed| placed.offset).collect(),
            slots,
            slots_of_region,
            middles: (0..parts.count())
                .map(|group| parts.middle(group))
                .collect(),
            unit: parts.width() / OFFSETS,
        }
    }

    /// The sums of the slots, into a buffer.
    pub(super) fn sum(&self, weights: &[Lanes<Multiplicity>], sums: &mut Vec<SlotSum>) {
        sums.clear();
        let mut start = 0;
        for slot in &self.slots {
            let mut sum = SlotSum::default();
            let rows = self.rows[start..slot.end].chunks(Self::BLOCK);
            let offsets = self.offsets[start..slot.end].chunks(Self::BLOCK);
            for (rows, offsets) in rows.zip(offsets) {
                sum.add(weights, rows, offsets);
            }
            sums.push(sum);
            start = slot.end;
        }
    }

    /// So many rows cannot overflow 32 bits: 255 * 32767 * 256 < 2^31.
    const BLOCK: usize = 256;

    /// The groups of some regions, given with whether they are of positives,
    /// into a buffer; groups without rows are left out.
    pub(super) fn gather(
        &self,
        sums: &[SlotSum],
        regions: impl Iterator<Item = (usize, bool)>,
        lane: usize,
        groups: &mut Vec<LogitGroup>,
    ) {
        groups.clear();
        groups.resize(self.middles.len(), LogitGroup::default());
        // First logits hold sums of offsets, whole numbers below 2^53.
        for (region, positive) in regions {
            for slot in self.slots_of_region[region].clone() {
                let group = &mut groups[self.slots[slot].group];
                let rows = f64::from(sums[slot].rows[lane]);
                let offsets = sums[slot].offsets[lane] as f64;
                group.rows += rows;
                group.logit += offsets;
                if positive {
                    group.positives += rows;
                    group.positive_logits += offsets;
                }
            }
        }
        for (group, &middle) in groups.iter_mut().zip(&self.middles) {
            group.logit = middle + group.logit * self.unit / group.rows;
            group.positive_logits = group.positives * middle + group.positive_logits * self.unit;
        }
        groups.retain(|group| group.rows > 0.0);
    }
}

impl SlotSum {
    fn add(&mut self, weights: &[Lanes<Multiplicity>], rows: &[u32], offsets: &[i16]) {
        let mut count: Lanes<u32> = [0; LANES];
        let mut sum: Lanes<i32> = [0; LANES];
        for (&row, &offset) in rows.iter().zip(offsets) {
            let weights = &weights[row as usize];
            for lane in 0..LANES {
                count[lane] += u32::from(weights[lane]);
                sum[lane] += i32::from(weights[lane]) * i32::from(offset);
            }
        }
        for lane in 0..LANES {
            self.rows[lane] += count[lane];
            self.offsets[lane] += i64::from(sum[lane]);
        }
    }
}

/// How a range of logits is cut into groups.
enum Parts<'a> {
    /// Each distinct score for itself.
    Each(&'a [f64]),
    /// Parts of equal width, from the highest logit down.
    Equal { highest: f64, width: f64 },
}

impl<'a> Parts<'a> {
    fn new(descending: &'a [f64]) -> Self {
        match descending {
            [highest, .., lowest] if descending.len() > GROUPS && highest > lowest => Self::Equal {
                highest: *highest,
                width: (highest - lowest) / GROUPS as f64,
            },
            _ => Self::Each(descending),
        }
    }

    fn count(&self) -> usize {
        match self {
            Self::Each(logits) => logits.len(),
            Self::Equal { .. } => GROUPS,
        }
    }

    fn width(&self) -> f64 {
        match self {
            Self::Each(_) => 0.0,
            Self::Equal { width, .. } => *width,
        }
    }

    /// The group of the `index`-th distinct score.
    fn of(&self, index: usize, logit: f64) -> usize {
        match self {
            Self::Each(_) => index,
            Self::Equal { highest, width } => {
                (((highest - logit) / width) as usize).min(GROUPS - 1)
            }
        }
    }

    fn middle(&self, group: usize) -> f64 {
        match self {
            Self::Each(logits) => logits[group],
            Self::Equal { highest, width } => highest - (group as f64 + 0.5) * width,
        }
    }

    fn offset(&self, logit: f64, group: usize) -> i16 {
        match self {
            Self::Each(_) => 0,
            Self::Equal { width, .. } => {
                ((logit - self.middle(group)) / width * OFFSETS).round() as i16
            }
        }
    }
}
