//! Trees as files describe them, whichever operator did.

use crate::budget::Fault;
use crate::limits::Limits;

/// How a node compares its feature with its value; true goes one way.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    /// `x <= value`.
    AtMost(f64),
    /// `x < value`.
    Below(f64),
    /// `x >= value`.
    AtLeast(f64),
    /// `x > value`.
    Above(f64),
    /// `x == value`.
    Equal(f64),
    /// `x != value`.
    Unequal(f64),
    /// `x` is one of the values.
    Member(Vec<f64>),
}

/// Where a branch leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Child {
    /// A node of [`Source::nodes`].
    Node(usize),
    /// A leaf of [`Source::leaves`].
    Leaf(usize),
}

/// An inner node.
#[derive(Debug, Clone)]
pub(super) struct Branch {
    /// The column that it looks at.
    pub(super) feature: usize,
    pub(super) test: Test,
    /// Whether a NaN counts as true.
    pub(super) missing_is_true: bool,
    pub(super) when_true: Child,
    pub(super) when_false: Child,
}

/// What a leaf adds to one class or target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Vote {
    pub(super) target: u32,
    pub(super) weight: f64,
}

/// A set of trees, not yet known to be trees.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) nodes: Vec<Branch>,
    pub(super) leaves: Vec<Vec<Vote>>,
    /// The root of each tree, in the order in which votes are added.
    pub(super) roots: Vec<Child>,
}

/// Refuses more nodes than the limits allow.
pub(super) fn check_node_count(count: usize, limits: &Limits) -> Result<(), Fault> {
    let found = count as u64;
    if found > limits.tree_nodes {
        return Err(Fault::Limit {
            what: "nodes of the decision trees",
            found,
            limit: limits.tree_nodes,
            remedy: "hand in fewer or smaller trees",
        });
    }
    Ok(())
}

/// A number of classes or targets, within the limits.
pub(super) fn target_count(count: i64, limits: &Limits) -> Result<usize, Fault> {
    match u64::try_from(count) {
        Ok(found) if found > limits.classes => Err(Fault::Limit {
            what: "targets",
            found,
            limit: limits.classes,
            remedy: "hand in a model of fewer targets",
        }),
        Ok(found) if found > 0 => Ok(found as usize),
        _ => Err(Fault::malformed(format!("there cannot be {count} targets"))),
    }
}

/// A column number.
pub(super) fn feature(number: i64, node: usize) -> Result<usize, Fault> {
    u32::try_from(number)
        .map(|number| number as usize)
        .map_err(|_| Fault::malformed(format!("tree node {node} looks at column {number}")))
}

/// The value of a test, which must be a number.
pub(super) fn threshold(value: f64, node: usize) -> Result<f64, Fault> {
    if value.is_nan() {
        return Err(Fault::malformed(format!(
            "tree node {node} compares with NaN"
        )));
    }
    Ok(value)
}

/// A vote, whose target must exist and whose weight must be finite.
pub(super) fn vote(target: i64, weight: f64, targets: usize) -> Result<Vote, Fault> {
    let known = u32::try_from(target)
        .ok()
        .filter(|&target| (target as usize) < targets);
    match known {
        None => Err(Fault::malformed(format!(
            "a leaf votes for target {target} of {targets}"
        ))),
        Some(_) if !weight.is_finite() => {
            Err(Fault::malformed("a leaf's weight is not a finite number"))
        }
        Some(target) => Ok(Vote { target, weight }),
    }
}
