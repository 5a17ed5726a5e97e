//! The tops of the trees, decided for a block of rows at once.
//!
//! A row that goes down a tree waits at every node: for its value, and for the
//! place that the comparison leads to. Near the root the other way round is
//! quicker. There the nodes are few and nearly all of them are met by some row
//! of the block, so *every* node of a tree's crown is decided for *all* rows,
//! whether they come by or not, from the bottom up: where the test holds a row
//! takes what the one child has decided, else what the other has. That is a
//! comparison and a choice without any jump, many rows to an instruction (as
//! in Lucchese et al., "QuickScorer", 2015, whose bits this replaces by
//! choices, so that a crown may end in inner nodes too). A small tree is all
//! crown; in a large one rows go on from where the crown ends, step by step.

use std::collections::BTreeSet;

use super::forest::{Node, Threshold, Tree};

/// Rows that are decided together.
pub(super) const BLOCK: usize = 64;
/// A tree of so many inner nodes is all crown.
const WHOLE: usize = 63;
/// Inner nodes in the crown of a larger tree: five levels, if all are full. A
/// sixth costs what its steps cost one by one.
const TOP: usize = 31;
/// Room for what was decided and is not yet chosen from. A tree of `n` inner
/// nodes needs at most `log2(n + 1)` at once, if the needier child is decided
/// first (Sethi & Ullman 1970), and one for the choice itself.
const SLOTS: usize = 7;

/// What a row takes on one side of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// This node: a leaf, or one that the crown does not reach.
    Node(u32),
    /// What was decided into this slot.
    Slot(u8),
}

/// A node of a crown. What it decides goes into a slot that it does not read:
/// what may stay as it is becomes a store under a mask, which is slow.
#[derive(Debug, Clone, Copy)]
struct Decision<T> {
    threshold: T,
    column: u32,
    holds: Side,
    fails: Side,
    into: u8,
}

/// The crown of one tree.
#[derive(Debug, Clone, Copy)]
struct Crown {
    start: u32,
    end: u32,
    /// Steps from where it ends to the deepest leaf.
    below: u32,
}

/// The crowns of a forest whose tests are all `x <= threshold`.
#[derive(Debug, Default)]
pub(super) struct Crowns<T> {
    crowns: Vec<Crown>,
    decisions: Vec<Decision<T>>,
    /// The columns of the block that they look at, ascending; a decision's
    /// column is an index into these.
    pub(super) columns: Vec<u32>,
}

/// The places of a block's rows.
pub(super) type Places = [u32; BLOCK];

/// Where a crown's decisions wait for each other.
pub(super) type Slots = [Places; SLOTS];

/// None of them decided.
pub(super) const EMPTY: Slots = [[0; BLOCK]; SLOTS];

impl<T: Threshold> Crowns<T> {
    /// From trees whose nodes lie level by level.
    pub(super) fn of(nodes: &[Node<T>], trees: &[Tree]) -> Self {
        let mut crowns = Self {
            crowns: Vec::with_capacity(trees.len()),
            decisions: Vec::new(),
            columns: Vec::new(),
        };
        let ends = trees.iter().skip(1).map(|tree| tree.root as usize);
        for (tree, end) in trees.iter().zip(ends.chain([nodes.len()])) {
            crowns.add(nodes, tree.root as usize..end);
        }
        let columns = crowns.decisions.iter().map(|decision| decision.column);
        let columns: BTreeSet<u32> = columns.collect();
        crowns.columns = columns.into_iter().collect();
        for decision in &mut crowns.decisions {
            let place = crowns.columns.binary_search(&decision.column);
            decision.column = place.unwrap_or_default() as u32;
        }
        crowns
    }

    fn add(&mut self, nodes: &[Node<T>], tree: std::ops::Range<usize>) {
        let inner = || tree.clone().filter(|&at| is_inner(nodes, at));
        let count = inner().count();
        let within = inner().nth(if count <= WHOLE { WHOLE } else { TOP });
        let start = self.decisions.len() as u32;
        let within = within.unwrap_or(tree.end);
        if is_inner(nodes, tree.start) {
            self.decide(nodes, within, tree.start, &mut 0);
        }
        self.crowns.push(Crown {
            start,
            end: self.decisions.len() as u32,
            below: if within == tree.end {
                0
            } else {
                depth_below(&nodes[..tree.end], within)
            },
        });
    }

    /// Appends what decides an inner node; `taken` are the slots in use, a bit
    /// each. Goes as deep as a crown is, [`WHOLE`] at most.
    fn decide(&mut self, nodes: &[Node<T>], within: usize, at: usize, taken: &mut u8) -> Side {
        let node = nodes[at];
        let children = [node.next as usize, node.next as usize + 1];
        let needs = children.map(|child| slots_needed(nodes, within, child));
        let mut sides = children.map(|child| Side::Node(child as u32));
        let first = usize::from(needs[1] > needs[0]);
        for index in [first, 1 - first] {
            if needs[index] > 0 {
                sides[index] = self.decide(nodes, within, children[index], taken);
            }
        }
        let into = taken.trailing_ones() as u8;
        *taken |= 1 << into;
        for side in sides {
            if let Side::Slot(slot) = side {
                *taken &= !(1 << slot);
            }
        }
        self.decisions.push(Decision {
            threshold: node.threshold,
            column: node.column,
            holds: sides[0],
            fails: sides[1],
            into,
        });
        Side::Slot(into)
    }

    /// Where each row of a block leaves the crown of the tree of this number,
    /// and how many steps it may still be from there to a leaf. `values` holds
    /// [`BLOCK`] values of each of [`Crowns::columns`], none of which is NaN.
    pub(super) fn places<'a>(
        &self,
        (tree, root): (usize, u32),
        values: &[T],
        slots: &'a mut Slots,
    ) -> (&'a mut Places, u32) {
        let crown = self.crowns[tree];
        let decisions = &self.decisions[crown.start as usize..crown.end as usize];
        let Some(last) = decisions.last() else {
            slots[0] = [root; BLOCK];
            return (&mut slots[0], crown.below);
        };
        decide(decisions, values, slots);
        (&mut slots[usize::from(last.into)], crown.below)
    }
}

fn decide<T: Threshold>(decisions: &[Decision<T>], columns: &[T], slots: &mut Slots) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, the only thing that the function asks
        // for beyond what everything here is compiled for.
        unsafe { by_avx2(decisions, columns, slots) };
        return;
    }
    anywhere(decisions, columns, slots);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn by_avx2<T: Threshold>(decisions: &[Decision<T>], columns: &[T], slots: &mut Slots) {
    anywhere(decisions, columns, slots);
}

#[inline(always)]
fn anywhere<T: Threshold>(decisions: &[Decision<T>], columns: &[T], slots: &mut Slots) {
    let (columns, _) = columns.as_chunks::<BLOCK>();
    for decision in decisions {
        let values = &columns[decision.column as usize];
        let into = usize::from(decision.into);
        let (before, rest) = slots.split_at_mut(into);
        let (places, after) = rest.split_at_mut(1);
        let slot = |slot: u8| match usize::from(slot) {
            slot if slot < into => &before[slot],
            slot => &after[slot - into - 1],
        };
        let rows = places[0].iter_mut().zip(values);
        let holds = |value: &T| *value <= decision.threshold;
        match (decision.holds, decision.fails) {
            (Side::Node(one), Side::Node(other)) => {
                for (place, value) in rows {
                    *place = if holds(value) { one } else { other };
                }
            }
            (Side::Slot(one), Side::Node(other)) => {
                for ((place, value), &one) in rows.zip(slot(one)) {
                    *place = if holds(value) { one } else { other };
                }
            }
            (Side::Node(one), Side::Slot(other)) => {
                for ((place, value), &other) in rows.zip(slot(other)) {
                    *place = if holds(value) { one } else { other };
                }
            }
            (Side::Slot(one), Side::Slot(other)) => {
                for (((place, value), &one), &other) in rows.zip(slot(one)).zip(slot(other)) {
                    *place = if holds(value) { one } else { other };
                }
            }
        }
    }
}

fn is_inner<T>(nodes: &[Node<T>], at: usize) -> bool {
    nodes[at].next as usize != at
}

/// Slots that a node's decision needs; none if the crown does not hold it.
fn slots_needed<T>(nodes: &[Node<T>], within: usize, at: usize) -> u8 {
    if at >= within || !is_inner(nodes, at) {
        return 0;
    }
    let next = nodes[at].next as usize;
    let (one, other) = (
        slots_needed(nodes, within, next),
        slots_needed(nodes, within, next + 1),
    );
    if one == other {
        one + 1
    } else {
        one.max(other)
    }
}

/// Steps to the deepest leaf from any of a tree's nodes from `first` on, which
/// are its last, level by level.
fn depth_below<T>(nodes: &[Node<T>], first: usize) -> u32 {
    let mut depths = vec![0_u32; nodes.len() - first];
    for at in (first..nodes.len()).rev() {
        if is_inner(nodes, at) {
            let next = nodes[at].next as usize - first;
            depths[at - first] = 1 + depths[next].max(depths[next + 1]);
        }
    }
    depths.into_iter().max().unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COLUMNS: u32 = 5;

    /// A tree laid out level by level: each number says of a place, in order,
    /// whether it is an inner node, and what it tests.
    fn tree(choices: &[(bool, u8, u8)]) -> Vec<Node<f32>> {
        let leaf = |at: usize| Node {
            threshold: f32::INFINITY,
            column: COLUMNS,
            next: at as u32,
        };
        let mut nodes = vec![leaf(0)];
        for (at, &(inner, column, threshold)) in choices.iter().enumerate() {
            if inner && at < nodes.len() {
                let next = nodes.len();
                nodes.extend([leaf(next), leaf(next + 1)]);
                nodes[at] = Node {
                    threshold: f32::from(threshold),
                    column: u32::from(column) % COLUMNS,
                    next: next as u32,
                };
            }
        }
        nodes
    }

    /// The nodes that a row meets, to its leaf.
    fn path(nodes: &[Node<f32>], root: u32, value: impl Fn(u32) -> f32) -> Vec<u32> {
        let mut path = vec![root];
        loop {
            let at = *path.last().unwrap();
            let node = nodes[at as usize];
            if node.next == at {
                return path;
            }
            let holds = value(node.column) <= node.threshold;
            path.push(node.next + u32::from(!holds));
        }
    }

    fn forest() -> impl Strategy<Value = Vec<Vec<(bool, u8, u8)>>> {
        let choice = (prop::bool::weighted(0.8), any::<u8>(), any::<u8>());
        prop::collection::vec(prop::collection::vec(choice, 0..300), 1..4)
    }

    proptest! {
        #[test]
        fn a_crown_leaves_every_row_on_its_way_and_near_enough_to_its_leaf(
            forest in forest(),
            values in prop::collection::vec(any::<u8>(), COLUMNS as usize * BLOCK),
        ) {
            let (mut nodes, mut trees) = (Vec::new(), Vec::new());
            for choices in &forest {
                let root = nodes.len() as u32;
                trees.push(Tree { root });
                nodes.extend(tree(choices).into_iter().map(|node| Node {
                    next: node.next + root,
                    ..node
                }));
            }
            let crowns = Crowns::of(&nodes, &trees);
            let value = |column: u32, row: usize| f32::from(values[column as usize * BLOCK + row]);
            let columns = crowns.columns.iter();
            let turned: Vec<f32> = columns
                .flat_map(|&column| (0..BLOCK).map(move |row| value(column, row)))
                .collect();
            let mut slots = EMPTY;
            for (index, tree) in trees.iter().enumerate() {
                let (places, below) = crowns.places((index, tree.root), &turned, &mut slots);
                for (row, place) in places.iter().enumerate() {
                    let path = path(&nodes, tree.root, |column| value(column, row));
                    let met = path.iter().position(|at| at == place);
                    prop_assert!(met.is_some(), "{place} is not on {path:?}");
                    let left = path.len() - 1 - met.unwrap();
                    prop_assert!(left as u32 <= below, "{left} steps of {below}");
                }
            }
        }
    }
}
