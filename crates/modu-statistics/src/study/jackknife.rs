//! The blocks of units that a jackknife leaves out in turn.
//!
//! The units are what a bootstrap draws: rows, within strata where there are
//! any, or whole clusters. Up to [`BLOCKS`] of them are left out one by one.
//! More are put into so many blocks by a shuffle whose seed is fixed: a block
//! must be a random part of the units, for blocks that resembled each other
//! (every hundredth row of an ordered table) would hide how the units differ.

use std::{ops::Range, sync::Arc};

use super::{
    lanes::{LANES, Lanes, Multiplicity},
    prepare::{Family, Prepared},
    resample::Stream,
};
use crate::{Strata, bca::Block};

/// The most blocks of a jackknife in all; each stratum has at least two.
pub(super) const BLOCKS: usize = 400;
/// Seed of the shuffle.
const SEED: u64 = 0x6a61_636b_6b6e_6966;

/// Which units are left out together.
pub(super) struct Blocks {
    /// The block of each unit; [`Self::NEVER`] for one that is never left out.
    of_unit: Vec<u32>,
    pub(super) blocks: Arc<[Block]>,
}

impl Blocks {
    const NEVER: u32 = u32::MAX;

    pub(super) fn new(prepared: &Prepared, strata: Strata) -> Self {
        let rows_of_unit = prepared.rows_of_units();
        let strata = prepared.strata(strata);
        let units = strata.last().map_or(0, |stratum| stratum.end);
        let mut of_unit = vec![Self::NEVER; units];
        let mut blocks = Vec::new();
        let share = (BLOCKS / strata.len().max(1)).max(2);
        for (stratum, range) in (0..).zip(&strata) {
            // One unit alone is in every replicate as often as in the data.
            if range.len() > 1 {
                let count = share.min(range.len());
                let first = blocks.len();
                deal(&mut of_unit[range.clone()], first, count, stratum);
                let mut rows = vec![0.0; count];
                for unit in range.clone() {
                    rows[of_unit[unit] as usize - first] += rows_of_unit(unit);
                }
                let all: f64 = rows.iter().sum();
                blocks.extend(rows.iter().enumerate().map(|(block, rows)| {
                    let units = dealt(range, count, block);
                    Block {
                        stratum,
                        units: units as u32,
                        left: 1.0 - units as f64 / range.len() as f64,
                        rows: rows / all,
                    }
                }));
            }
        }
        Self {
            of_unit,
            blocks: blocks.into(),
        }
    }

    /// In each lane, one for every unit but those of a block: that at `first`
    /// and the ones after it. A lane beyond the last block leaves out nothing.
    pub(super) fn leave_out(&self, first: usize, units: &mut [Lanes<Multiplicity>]) {
        for (weights, &block) in units.iter_mut().zip(&self.of_unit) {
            *weights = [1; LANES];
            let lane = (block as usize).wrapping_sub(first);
            if let Some(weight) = weights.get_mut(lane) {
                *weight = 0;
            }
        }
    }
}

impl Prepared {
    /// How many rows a unit has: one, or those of a cluster. Queries count
    /// alike in what is asked of a ranking, however many rows they have.
    fn rows_of_units(&self) -> impl Fn(usize) -> f64 + use<> {
        let counted_alike = self.pairs.iter().any(|pair| pair.wants(Family::Queries));
        let clusters = self.clusters.as_ref().filter(|_| !counted_alike);
        let rows = clusters.map(|clusters| {
            let mut rows = vec![0.0; clusters.count];
            for &cluster in &clusters.of_row {
                rows[cluster as usize] += 1.0;
            }
            rows
        });
        move |unit| rows.as_ref().map_or(1.0, |rows| rows[unit])
    }
}

/// How many units of a stratum a block has.
fn dealt(stratum: &Range<usize>, blocks: usize, block: usize) -> usize {
    (stratum.len() - block).div_ceil(blocks)
}

/// Deals the units of a stratum to its blocks in turn, in shuffled order
/// where a block has several.
fn deal(of_unit: &mut [u32], first: usize, count: usize, stratum: u32) {
    let mut units: Vec<usize> = (0..of_unit.len()).collect();
    if count < units.len() {
        Stream::new(SEED, stratum).shuffle(&mut units);
    }
    for (turn, &unit) in units.iter().enumerate() {
        of_unit[unit] = (first + turn % count) as u32;
    }
}
