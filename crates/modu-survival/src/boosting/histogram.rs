//! Sums of derivatives over the bins of every column.

use rayon::prelude::*;

use super::bins::{Bins, MOST};
use super::gradient::Pair;

/// From so many rows times columns on, columns are shared out to threads.
const MANY: usize = 1 << 16;

/// The sums of one column.
pub(super) type Column = [Pair; MOST];

/// The sums of a node's rows for each column.
#[derive(Debug, Default)]
pub(super) struct Histogram(pub(super) Vec<Column>);

impl Histogram {
    pub(super) fn new(columns: usize) -> Self {
        Self(vec![[Pair::default(); MOST]; columns])
    }

    /// Sums the rows at these places, whose derivatives are given in the same
    /// order. Each column is summed by one thread in that order.
    pub(super) fn fill(&mut self, bins: &Bins, places: &[u32], pairs: &[Pair]) {
        let sum = |(column, binned): (&mut Column, &super::bins::Binned)| {
            column.fill(Pair::default());
            if places.len() == bins.rows {
                // All rows, which stand in their order.
                for (bin, pair) in binned.bin.iter().zip(pairs) {
                    add(&mut column[usize::from(*bin)], *pair);
                }
            } else {
                for (place, pair) in places.iter().zip(pairs) {
                    add(&mut column[usize::from(binned.bin[*place as usize])], *pair);
                }
            }
        };
        if places.len() * bins.columns.len() >= MANY && rayon::current_num_threads() > 1 {
            let columns = self.0.par_iter_mut().zip(&bins.columns);
            columns.for_each(sum);
        } else {
            self.0.iter_mut().zip(&bins.columns).for_each(sum);
        }
    }

    /// Takes off a part of the rows, which leaves those of the other part.
    pub(super) fn take_off(&mut self, part: &Self) {
        for (column, part) in self.0.iter_mut().zip(&part.0) {
            for (sum, part) in column.iter_mut().zip(part) {
                sum.first -= part.first;
                sum.second -= part.second;
            }
        }
    }
}

#[inline]
fn add(sum: &mut Pair, pair: Pair) {
    sum.first += pair.first;
    sum.second += pair.second;
}
