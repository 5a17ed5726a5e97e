//! Trees laid out for speed, after a check that they are trees.
//!
//! All tests are brought to one form, `x <= threshold`: `x < t` is the same as
//! `x <= the next number below t`, and the two opposite tests exchange their
//! children. The children of a node lie side by side, so that a step is an
//! addition and no jump: `next + !(x <= threshold)`. A leaf leads back to
//! itself (it compares a column of zeros with infinity), so all rows can take
//! as many steps as the tree is deep, many rows at once. Where a NaN goes is
//! kept apart, and looked at only in blocks that hold one; so are the rare tests for
//! equality and membership.

use std::ops::Range;

use super::crown::Crowns;
use super::source::{Branch, Child, Source, Test, Vote};
use crate::budget::Fault;
use crate::limits::Limits;

/// A floating-point type that thresholds are held in.
pub(super) trait Threshold:
    Copy + PartialOrd + Into<f64> + Send + Sync + std::fmt::Debug + 'static
{
    const ZERO: Self;
    /// The largest number of this type that is not above the value: `x` of this
    /// type is at most the one exactly if it is at most the other. NaN, which
    /// nothing is at most, stays NaN.
    fn not_above(value: f64) -> Self;
}

impl Threshold for f64 {
    const ZERO: Self = 0.0;
    fn not_above(value: f64) -> Self {
        value
    }
}

impl Threshold for f32 {
    const ZERO: Self = 0.0;
    #[allow(clippy::cast_possible_truncation, reason = "corrected below")]
    fn not_above(value: f64) -> Self {
        let nearest = value as Self;
        if f64::from(nearest) > value {
            nearest.next_down()
        } else {
            nearest
        }
    }
}

/// A node in evaluation order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<T> {
    pub(super) threshold: T,
    /// A column of the block: an index into [`Forest::columns`], or the column
    /// of zeros after them.
    pub(super) column: u32,
    /// The node for a test that holds; the one after it for a test that fails.
    pub(super) next: u32,
}

/// A node in few bytes, so that more of a tree stays in the nearest cache.
#[derive(Debug, Clone, Copy)]
pub(super) struct CompactNode<T> {
    threshold: T,
    column: u16,
    /// From this node to `next`.
    step: u16,
}

/// A step down a tree: what is compared, and where it leads.
pub(super) trait Step<T>: Copy {
    fn threshold(&self) -> T;
    fn column(&self) -> usize;
    /// The node for a test that holds, by where this one is.
    fn next(&self, at: u32) -> u32;
}

impl<T: Copy> Step<T> for Node<T> {
    #[inline(always)]
    fn threshold(&self) -> T {
        self.threshold
    }
    #[inline(always)]
    fn column(&self) -> usize {
        self.column as usize
    }
    #[inline(always)]
    fn next(&self, _: u32) -> u32 {
        self.next
    }
}

impl<T: Copy> Step<T> for CompactNode<T> {
    #[inline(always)]
    fn threshold(&self) -> T {
        self.threshold
    }
    #[inline(always)]
    fn column(&self) -> usize {
        usize::from(self.column)
    }
    #[inline(always)]
    fn next(&self, at: u32) -> u32 {
        at.wrapping_add(u32::from(self.step))
    }
}

/// All nodes in few bytes, or none if one of them does not fit.
fn compact<T: Copy>(nodes: &[Node<T>]) -> Option<Vec<CompactNode<T>>> {
    let nodes = nodes.iter().zip(0_u32..);
    nodes
        .map(|(node, at)| {
            Some(CompactNode {
                threshold: node.threshold,
                column: u16::try_from(node.column).ok()?,
                step: u16::try_from(node.next.checked_sub(at)?).ok()?,
            })
        })
        .collect()
}

/// The tests that are not `x <= threshold`.
#[derive(Debug, Clone)]
pub(super) enum Special {
    AtMost,
    Equal,
    /// One of these, in ascending order.
    Member(Box<[f64]>),
}

/// A tree of a forest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tree {
    pub(super) root: u32,
}

/// Trees in evaluation order.
#[derive(Debug)]
pub(super) struct Forest<T> {
    pub(super) nodes: Vec<Node<T>>,
    /// The same in few bytes, in single precision and where they fit.
    pub(super) compact: Option<Vec<CompactNode<T>>>,
    /// Whether a NaN goes to `next`, by node.
    pub(super) nan_holds: Vec<bool>,
    /// The other tests, by node; empty where there are none.
    pub(super) specials: Vec<Special>,
    /// The columns that some node looks at, ascending.
    pub(super) columns: Vec<u32>,
    /// The same, those that follow each other together.
    pub(super) runs: Vec<Range<usize>>,
    pub(super) trees: Vec<Tree>,
    /// Start and end in `votes`, by node.
    pub(super) vote_ranges: Vec<(u32, u32)>,
    pub(super) votes: Vec<Vote>,
    /// Where every leaf has one vote and all for one target: that target, and
    /// the weights by node.
    pub(super) lone_votes: Option<(u32, Vec<f64>)>,
    /// The tops of the trees; of use only where there are no `specials`.
    pub(super) crowns: Crowns<T>,
    /// Steps and votes of one row, at worst.
    pub(super) cost_of_row: u64,
}

impl Forest<f64> {
    /// Lays trees out, refusing nodes that are reached twice, or never, and
    /// trees that are too deep.
    pub(super) fn of(source: &Source, limits: &Limits) -> Result<Self, Fault> {
        if source.roots.is_empty() {
            return Err(Fault::malformed("the ensemble has no tree"));
        }
        let mut columns: Vec<u32> = source
            .nodes
            .iter()
            .map(|node| node.feature as u32)
            .collect();
        columns.sort_unstable();
        columns.dedup();
        let mut layout = Layout {
            source,
            limits,
            placed: vec![false; source.nodes.len()],
            forest: Self {
                nodes: Vec::new(),
                compact: None,
                nan_holds: Vec::new(),
                specials: Vec::new(),
                runs: runs(&columns),
                columns,
                trees: Vec::with_capacity(source.roots.len()),
                vote_ranges: Vec::new(),
                votes: Vec::new(),
                lone_votes: None,
                crowns: Crowns::default(),
                cost_of_row: 0,
            },
        };
        for &root in &source.roots {
            layout.tree(root)?;
        }
        if let Some(node) = layout.placed.iter().position(|placed| !placed) {
            return Err(Fault::malformed(format!(
                "no root leads to inner node {node} of the trees: it stands alone or in a cycle"
            )));
        }
        let mut forest = layout.forest;
        if forest
            .specials
            .iter()
            .all(|special| matches!(special, Special::AtMost))
        {
            forest.specials.clear();
        }
        forest.lone_votes = lone_votes(&forest);
        forest.crowns = Crowns::of(&forest.nodes, &forest.trees);
        forest.cost_of_row += forest.columns.len() as u64;
        Ok(forest)
    }

    /// The same forest for single-precision rows. A test for equality with a
    /// number that single precision does not have never holds.
    pub(super) fn to_single(&self) -> Forest<f32> {
        let nodes = self.nodes.iter().enumerate().map(|(index, node)| {
            let single = f32::not_above(node.threshold);
            let equal = matches!(self.specials.get(index), Some(Special::Equal));
            Node {
                threshold: if equal && f64::from(single) != node.threshold {
                    f32::NAN
                } else {
                    single
                },
                column: node.column,
                next: node.next,
            }
        });
        let nodes: Vec<Node<f32>> = nodes.collect();
        Forest {
            compact: compact(&nodes),
            crowns: Crowns::of(&nodes, &self.trees),
            nodes,
            nan_holds: self.nan_holds.clone(),
            specials: self.specials.clone(),
            columns: self.columns.clone(),
            runs: self.runs.clone(),
            trees: self.trees.clone(),
            vote_ranges: self.vote_ranges.clone(),
            votes: self.votes.clone(),
            lone_votes: self.lone_votes.clone(),
            cost_of_row: self.cost_of_row,
        }
    }
}

/// Ascending columns, those that follow each other together.
fn runs(columns: &[u32]) -> Vec<Range<usize>> {
    let runs = columns.chunk_by(|one, other| one + 1 == *other);
    runs.filter_map(|run| Some(*run.first()? as usize..*run.last()? as usize + 1))
        .collect()
}

/// See [`Forest::lone_votes`].
fn lone_votes(forest: &Forest<f64>) -> Option<(u32, Vec<f64>)> {
    let target = forest.votes.first()?.target;
    let nodes = forest.nodes.iter().zip(&forest.vote_ranges).zip(0_u32..);
    let weights = nodes.map(|((node, &(start, end)), at)| {
        let votes = &forest.votes[start as usize..end as usize];
        match votes {
            [] if node.next != at => Some(0.0),
            [vote] if vote.target == target => Some(vote.weight),
            _ => None,
        }
    });
    Some((target, weights.collect::<Option<_>>()?))
}

struct Layout<'a> {
    source: &'a Source,
    limits: &'a Limits,
    /// Which inner nodes have their place.
    placed: Vec<bool>,
    forest: Forest<f64>,
}

impl Layout<'_> {
    /// Lays one tree out level by level.
    fn tree(&mut self, root: Child) -> Result<(), Fault> {
        let at = self.reserve(1)?;
        let mut level = vec![(root, at)];
        let mut depth = 0_u32;
        let mut most_votes = 0_u64;
        loop {
            let mut below = Vec::new();
            for (child, at) in level {
                match child {
                    Child::Leaf(leaf) => {
                        let votes = &self.source.leaves[leaf];
                        most_votes = most_votes.max(votes.len() as u64);
                        self.leaf(at, leaf)?;
                    }
                    Child::Node(node) => {
                        if std::mem::replace(&mut self.placed[node], true) {
                            return Err(Fault::malformed(format!(
                                "inner node {node} of the trees is reached twice: a cycle, or a node in two places"
                            )));
                        }
                        let next = self.reserve(2)?;
                        let (when_holds, when_fails) =
                            self.branch(at, next, &self.source.nodes[node]);
                        below.push((when_holds, next));
                        below.push((when_fails, next + 1));
                    }
                }
            }
            if below.is_empty() {
                break;
            }
            depth += 1;
            if u64::from(depth) > self.limits.tree_depth {
                return Err(Fault::Limit {
                    what: "levels of a decision tree",
                    found: u64::from(depth),
                    limit: self.limits.tree_depth,
                    remedy: "hand in flatter trees",
                });
            }
            level = below;
        }
        self.forest.trees.push(Tree { root: at });
        self.forest.cost_of_row += u64::from(depth) + most_votes + 1;
        Ok(())
    }

    /// Room for nodes side by side, each for now a leaf without votes.
    fn reserve(&mut self, count: usize) -> Result<u32, Fault> {
        let at = self.forest.nodes.len();
        super::source::check_node_count(at + count, self.limits)?;
        let zeros = self.forest.columns.len() as u32;
        for index in at..at + count {
            self.forest.nodes.push(Node {
                threshold: f64::INFINITY,
                column: zeros,
                next: index as u32,
            });
            self.forest.nan_holds.push(true);
            self.forest.specials.push(Special::AtMost);
            self.forest.vote_ranges.push((0, 0));
        }
        u32::try_from(at)
            .map_err(|_| Fault::malformed("the trees have more nodes than can be numbered"))
    }

    fn leaf(&mut self, at: u32, leaf: usize) -> Result<(), Fault> {
        let start = self.forest.votes.len();
        self.forest
            .votes
            .extend_from_slice(&self.source.leaves[leaf]);
        super::source::check_node_count(self.forest.votes.len(), self.limits)?;
        self.forest.vote_ranges[at as usize] = (start as u32, self.forest.votes.len() as u32);
        Ok(())
    }

    /// Fills a node in; gives its children, the one for a test that holds
    /// first.
    fn branch(&mut self, at: u32, next: u32, branch: &Branch) -> (Child, Child) {
        let (special, threshold, exchanged) = match &branch.test {
            Test::AtMost(value) => (Special::AtMost, *value, false),
            Test::Below(value) => (Special::AtMost, below(*value), false),
            Test::AtLeast(value) => (Special::AtMost, below(*value), true),
            Test::Above(value) => (Special::AtMost, *value, true),
            Test::Equal(value) => (Special::Equal, *value, false),
            Test::Unequal(value) => (Special::Equal, *value, true),
            Test::Member(values) => {
                let mut sorted = values.clone();
                sorted.sort_by(f64::total_cmp);
                (Special::Member(sorted.into()), 0.0, false)
            }
        };
        // What a NaN makes of the test as the file has it: only `!=` holds,
        // unless the file sends missing values to the true side.
        let nan_is_true = branch.missing_is_true || matches!(branch.test, Test::Unequal(_));
        let column = self
            .forest
            .columns
            .binary_search(&(branch.feature as u32))
            .unwrap_or_default() as u32;
        let index = at as usize;
        self.forest.nodes[index] = Node {
            threshold,
            column,
            next,
        };
        self.forest.specials[index] = special;
        self.forest.nan_holds[index] = nan_is_true != exchanged;
        if exchanged {
            (branch.when_false, branch.when_true)
        } else {
            (branch.when_true, branch.when_false)
        }
    }
}

/// The next number below; nothing is below negative infinity, and NaN, which
/// no number is at most, says so.
fn below(value: f64) -> f64 {
    if value == f64::NEG_INFINITY {
        f64::NAN
    } else {
        value.next_down()
    }
}
