//! Sends rows down the trees and adds up the votes.
//!
//! A row's votes are added in double precision, tree after tree in the file's
//! order and within a leaf in the file's order. Rows are taken in blocks, and
//! in a block tree after tree, so that a tree's nodes stay in the nearest
//! cache; neither changes the order of any sum.

use super::forest::{Forest, Special, Step, Threshold, Tree};
use crate::budget::{Budget, Fault};

/// Rows that are sent down a tree before the next tree.
const BLOCK: usize = 64;
/// Rows that take their steps side by side.
const LANES: usize = 16;
/// Steps after which it is asked whether any row still moves.
const STEPS: u32 = 4;

/// How the votes of a row are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregate {
    Sum,
    Average,
    Min,
    Max,
}

/// The aggregated votes `[rows, targets]`. A target that gets no vote has 0.
pub(super) fn votes<X: Copy, T: Threshold>(
    forest: &Forest<T>,
    (rows, width): (usize, usize),
    values: &[X],
    convert: impl Fn(X) -> T,
    (targets, aggregate): (usize, Aggregate),
    budget: &mut Budget<'_>,
) -> Result<Vec<f64>, Fault> {
    if let Some(&last) = forest.columns.last()
        && last as usize >= width
    {
        return Err(Fault::malformed(format!(
            "a tree looks at column {last}, but {width} columns were given"
        )));
    }
    let count = budget.tensor(&[rows, targets])?;
    // Twice, because the sums are wide; and the block.
    budget.memory(2 * count as u64 + 2 * ((forest.columns.len() + 1) * BLOCK) as u64)?;
    let slowness = if forest.specials.is_empty() { 1 } else { 32 };
    let cost = usize::try_from(forest.cost_of_row).unwrap_or(usize::MAX);
    budget.work_product(&[rows, cost, slowness])?;

    let start = match aggregate {
        Aggregate::Sum | Aggregate::Average => 0.0,
        Aggregate::Min => f64::INFINITY,
        Aggregate::Max => f64::NEG_INFINITY,
    };
    let mut sums = vec![start; count];
    let mut block = Block::new(forest);
    if width > 0 {
        for (rows, sums) in values
            .chunks(BLOCK * width)
            .zip(sums.chunks_mut(BLOCK * targets))
        {
            block.fill(forest, rows.chunks_exact(width), &convert);
            block.add_votes(forest, sums, targets, aggregate);
        }
    }
    finish(&mut sums, aggregate, forest.trees.len());
    Ok(sums)
}

#[allow(clippy::cast_precision_loss, reason = "trees are far fewer than 2^53")]
fn finish(sums: &mut [f64], aggregate: Aggregate, trees: usize) {
    match aggregate {
        Aggregate::Sum => {}
        Aggregate::Average => {
            for sum in sums {
                *sum /= trees as f64;
            }
        }
        Aggregate::Min | Aggregate::Max => {
            for sum in sums.iter_mut().filter(|sum| sum.is_infinite()) {
                *sum = 0.0;
            }
        }
    }
}

/// Some rows, reduced to the columns that the forest looks at, with a column
/// of zeros at the end.
struct Block<T> {
    rows: usize,
    width: usize,
    values: Vec<T>,
    holds_nan: bool,
}

impl<T: Threshold> Block<T> {
    fn new(forest: &Forest<T>) -> Self {
        let width = forest.columns.len() + 1;
        Self {
            rows: 0,
            width,
            values: vec![T::ZERO; width * BLOCK],
            holds_nan: false,
        }
    }

    fn fill<'a, X: Copy + 'a>(
        &mut self,
        forest: &Forest<T>,
        rows: impl Iterator<Item = &'a [X]>,
        convert: &impl Fn(X) -> T,
    ) {
        self.rows = 0;
        self.holds_nan = false;
        for (row, into) in rows.zip(self.values.chunks_exact_mut(self.width)) {
            for (value, &column) in into.iter_mut().zip(&forest.columns) {
                *value = convert(row[column as usize]);
                // Only NaN is unequal to itself.
                #[allow(clippy::eq_op, reason = "stated above")]
                let nan = *value != *value;
                self.holds_nan |= nan;
            }
            self.rows += 1;
        }
    }

    fn add_votes(
        &self,
        forest: &Forest<T>,
        sums: &mut [f64],
        targets: usize,
        aggregate: Aggregate,
    ) {
        let plain = forest.specials.is_empty() && !self.holds_nan;
        let mut leaves = [0_u32; BLOCK];
        for &tree in &forest.trees {
            let leaves = &mut leaves[..self.rows];
            match &forest.compact {
                _ if !plain => self.descend_carefully(forest, tree, leaves),
                Some(nodes) => self.descend(nodes, tree, leaves),
                None => self.descend(&forest.nodes, tree, leaves),
            }
            for (leaf, sums) in leaves.iter().zip(sums.chunks_exact_mut(targets)) {
                let (start, end) = forest.vote_ranges[*leaf as usize];
                for vote in &forest.votes[start as usize..end as usize] {
                    let sum = &mut sums[vote.target as usize];
                    match aggregate {
                        Aggregate::Sum | Aggregate::Average => *sum += vote.weight,
                        // Not min() and max(), which leave open which of two
                        // zeros of different sign they give.
                        Aggregate::Min if vote.weight < *sum => *sum = vote.weight,
                        Aggregate::Max if vote.weight > *sum => *sum = vote.weight,
                        Aggregate::Min | Aggregate::Max => {}
                    }
                }
            }
        }
    }

    /// All rows down one tree where every test is `x <= threshold` and no
    /// value is NaN.
    fn descend(&self, nodes: &[impl Step<T>], tree: Tree, leaves: &mut [u32]) {
        for (group, leaves) in leaves.chunks_mut(LANES).enumerate() {
            let start = group * LANES * self.width;
            // A last group that is not full repeats rows of an earlier block,
            // and its surplus is thrown away.
            let values = &self.values[start..start + LANES * self.width];
            let mut at = [tree.root; LANES];
            let mut left = tree.depth;
            while left > 0 {
                let before = at;
                let steps = left.min(STEPS);
                for _ in 0..steps {
                    for (lane, at) in at.iter_mut().enumerate() {
                        let node = nodes[*at as usize];
                        let value = values[lane * self.width + node.column()];
                        let holds = value <= node.threshold();
                        *at = node.next(*at).wrapping_add(u32::from(!holds));
                    }
                }
                if at == before {
                    break;
                }
                left -= steps;
            }
            leaves.copy_from_slice(&at[..leaves.len()]);
        }
    }

    /// Row by row, with every kind of test and with NaN.
    fn descend_carefully(&self, forest: &Forest<T>, tree: Tree, leaves: &mut [u32]) {
        for (row, leaf) in self.values.chunks_exact(self.width).zip(leaves) {
            let mut at = tree.root;
            loop {
                let index = at as usize;
                let node = forest.nodes[index];
                if node.next == at {
                    break;
                }
                let value = row[node.column as usize];
                #[allow(clippy::eq_op, reason = "only NaN is unequal to itself")]
                let nan = value != value;
                let holds = if nan {
                    forest.nan_holds[index]
                } else {
                    match forest.specials.get(index) {
                        None | Some(Special::AtMost) => value <= node.threshold,
                        Some(Special::Equal) => value == node.threshold,
                        Some(Special::Member(values)) => {
                            let value: f64 = value.into();
                            // Adding 0 makes a negative zero positive.
                            values.iter().next().is_some()
                                && values
                                    .binary_search_by(|probe| {
                                        (probe + 0.0).total_cmp(&(value + 0.0))
                                    })
                                    .is_ok()
                        }
                    }
                };
                at = node.next + u32::from(!holds);
            }
            *leaf = at;
        }
    }
}
