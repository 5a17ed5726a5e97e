//! Sends rows down the trees and adds up the votes.
//!
//! A row's votes are added in double precision, tree after tree in the file's
//! order and within a leaf in the file's order. Rows are taken in blocks, and
//! in a block tree after tree, so that a tree's nodes stay in the nearest
//! cache; neither changes the order of any sum. The top of a tree is decided
//! for the whole block ([`super::crown`]), the rest step by step.

use super::crown::{BLOCK, EMPTY, Places, Slots};
use super::forest::{Forest, Special, Step, Threshold, Tree};
use crate::budget::{Budget, Fault};

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
pub(super) fn votes<T: Threshold>(
    forest: &Forest<T>,
    (rows, width): (usize, usize),
    values: &[T],
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
    // Twice, because the sums are wide; and the block, twice for its two ways.
    budget.memory(2 * count as u64 + 4 * ((forest.columns.len() + 1) * BLOCK) as u64)?;
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
            block.fill(forest, rows.chunks_exact(width));
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
    /// Of the columns that crowns look at also turned: [`BLOCK`] values of
    /// each. Where rows are fewer, some of rows before follow, and what becomes
    /// of them is thrown away.
    columns: Vec<T>,
    holds_nan: bool,
}

impl<T: Threshold> Block<T> {
    fn new(forest: &Forest<T>) -> Self {
        let width = forest.columns.len() + 1;
        Self {
            rows: 0,
            width,
            values: vec![T::ZERO; width * BLOCK],
            columns: vec![T::ZERO; forest.crowns.columns.len() * BLOCK],
            holds_nan: false,
        }
    }

    fn fill<'a>(&mut self, forest: &Forest<T>, rows: impl Iterator<Item = &'a [T]>) {
        self.rows = 0;
        for (row, mut into) in rows.zip(self.values.chunks_exact_mut(self.width)) {
            for run in &forest.runs {
                let (values, rest) = into.split_at_mut(run.len());
                values.copy_from_slice(&row[run.clone()]);
                into = rest;
            }
            self.rows += 1;
        }
        let filled = &self.values[..self.rows * self.width];
        // Only NaN is unequal to itself.
        #[allow(clippy::eq_op, reason = "stated above")]
        let nan = |value: &T| *value != *value;
        self.holds_nan = filled.iter().fold(false, |any, value| any | nan(value));
        let columns = self.columns.chunks_exact_mut(BLOCK);
        for (into, &column) in columns.zip(&forest.crowns.columns) {
            let values = self.values[column as usize..].iter().step_by(self.width);
            for (into, value) in into.iter_mut().zip(values) {
                *into = *value;
            }
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
        let mut slots = EMPTY;
        for (index, &tree) in forest.trees.iter().enumerate() {
            let leaves = if plain {
                self.descend(forest, (index, tree.root), &mut slots)
            } else {
                self.descend_carefully(forest, tree, &mut slots[0])
            };
            let leaves = &leaves[..self.rows];
            match (&forest.lone_votes, aggregate) {
                (Some((target, weights)), Aggregate::Sum | Aggregate::Average) => {
                    let sums = sums.iter_mut().skip(*target as usize).step_by(targets);
                    for (leaf, sum) in leaves.iter().zip(sums) {
                        *sum += weights[*leaf as usize];
                    }
                }
                _ => add_each(forest, leaves, sums, targets, aggregate),
            }
        }
    }

    /// The leaves of all rows in one tree, where every test is `x <= threshold`
    /// and no value is NaN.
    fn descend<'a>(
        &self,
        forest: &Forest<T>,
        tree: (usize, u32),
        slots: &'a mut Slots,
    ) -> &'a Places {
        let (places, below) = forest.crowns.places(tree, &self.columns, slots);
        if below > 0 {
            match &forest.compact {
                Some(nodes) => self.descend_on(nodes, below, places),
                None => self.descend_on(&forest.nodes, below, places),
            }
        }
        places
    }

    /// All rows on from where they are, some side by side.
    fn descend_on(&self, nodes: &[impl Step<T>], below: u32, places: &mut Places) {
        let groups = self.values.chunks_exact(LANES * self.width);
        let (places, _) = places.as_chunks_mut::<LANES>();
        for (places, values) in places
            .iter_mut()
            .zip(groups)
            .take(self.rows.div_ceil(LANES))
        {
            let mut at = *places;
            let mut left = below;
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
            *places = at;
        }
    }

    /// Row by row, with every kind of test and with NaN.
    fn descend_carefully<'a>(
        &self,
        forest: &Forest<T>,
        tree: Tree,
        leaves: &'a mut Places,
    ) -> &'a Places {
        let rows = self.values.chunks_exact(self.width).take(self.rows);
        for (row, leaf) in rows.zip(leaves.iter_mut()) {
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
        leaves
    }
}

/// Adds what each row's leaf votes.
fn add_each<T>(
    forest: &Forest<T>,
    leaves: &[u32],
    sums: &mut [f64],
    targets: usize,
    aggregate: Aggregate,
) {
    for (leaf, sums) in leaves.iter().zip(sums.chunks_exact_mut(targets)) {
        let (start, end) = forest.vote_ranges[*leaf as usize];
        for vote in &forest.votes[start as usize..end as usize] {
            let sum = &mut sums[vote.target as usize];
            match aggregate {
                Aggregate::Sum | Aggregate::Average => *sum += vote.weight,
                // Not min() and max(), which leave open which of two zeros of
                // different sign they give.
                Aggregate::Min if vote.weight < *sum => *sum = vote.weight,
                Aggregate::Max if vote.weight > *sum => *sum = vote.weight,
                Aggregate::Min | Aggregate::Max => {}
            }
        }
    }
}
