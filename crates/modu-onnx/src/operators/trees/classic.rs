//! The attributes of `TreeEnsembleClassifier` and `TreeEnsembleRegressor`.

use std::collections::HashMap;

use super::source::{
    Branch, Child, Source, Test, Vote, check_node_count, feature, threshold, vote,
};
use crate::attributes::Attributes;
use crate::budget::Fault;
use crate::constant;
use crate::operators::Definition;
use crate::operators::call::as_doubles;

/// Numbers that a file gives as floats or, for double precision, as a tensor.
pub(super) fn numbers(definition: &Definition<'_>, name: &str) -> Result<Option<Vec<f64>>, Fault> {
    let attributes = definition.attributes;
    let floats = attributes.floats(name)?.filter(|list| !list.is_empty());
    let tensor = attributes.tensor(&format!("{name}_as_tensor"))?;
    match (floats, tensor) {
        (Some(_), Some(_)) => Err(Fault::malformed(format!("`{name}` is given twice"))),
        (Some(list), None) => Ok(Some(list.iter().map(|&value| f64::from(value)).collect())),
        (None, Some(message)) => Ok(Some(as_doubles(&constant::decode(
            message,
            definition.limits,
        )?)?)),
        (None, None) => Ok(None),
    }
}

fn listed<'a>(attributes: &'a Attributes, name: &str, count: usize) -> Result<&'a [i64], Fault> {
    let list = attributes.ints(name)?.unwrap_or(&[]);
    if list.len() != count {
        return Err(Fault::malformed(format!(
            "`{name}` has {} entries for {count} tree nodes",
            list.len()
        )));
    }
    Ok(list)
}

/// A node's number: its tree and its number in that tree.
type NodeNumber = (i64, i64);

/// Reads the trees; `vote_prefix` is `class` or `target`, and `votes_name` the
/// attribute with the classes or targets themselves.
pub(super) fn read(
    definition: &Definition<'_>,
    vote_prefix: &str,
    votes_name: &str,
    targets: usize,
) -> Result<Source, Fault> {
    let attributes = definition.attributes;
    let modes = attributes
        .strings("nodes_modes")?
        .ok_or_else(|| Fault::malformed("`nodes_modes` is missing"))?;
    let count = modes.len();
    check_node_count(count, definition.limits)?;
    let trees = listed(attributes, "nodes_treeids", count)?;
    let numbers_in_tree = listed(attributes, "nodes_nodeids", count)?;
    let mut indices: HashMap<NodeNumber, usize> = HashMap::with_capacity(count);
    for index in 0..count {
        if indices
            .insert((trees[index], numbers_in_tree[index]), index)
            .is_some()
        {
            return Err(Fault::malformed(format!(
                "node {} of tree {} is listed twice",
                numbers_in_tree[index], trees[index]
            )));
        }
    }
    let mut votes = votes(definition, vote_prefix, votes_name, targets, &indices)?;
    let listing = Listing {
        modes: &modes,
        trees,
        when_true: listed(attributes, "nodes_truenodeids", count)?,
        when_false: listed(attributes, "nodes_falsenodeids", count)?,
        features: listed(attributes, "nodes_featureids", count)?,
        values: values(definition, count)?,
        missing: missing(attributes, count)?,
    };
    // A hint of how often a node is visited.
    attributes.pass_over("nodes_hitrates");
    attributes.pass_over("nodes_hitrates_as_tensor");
    listing.source(&indices, &mut votes)
}

fn values(definition: &Definition<'_>, count: usize) -> Result<Vec<f64>, Fault> {
    let values = numbers(definition, "nodes_values")?.unwrap_or_default();
    if values.len() != count {
        return Err(Fault::malformed(format!(
            "`nodes_values` has {} entries for {count} tree nodes",
            values.len()
        )));
    }
    Ok(values)
}

fn missing(attributes: &Attributes, count: usize) -> Result<Vec<bool>, Fault> {
    match attributes.ints("nodes_missing_value_tracks_true")? {
        None | Some([]) => Ok(vec![false; count]),
        Some(list) if list.len() == count => Ok(list.iter().map(|&flag| flag != 0).collect()),
        Some(list) => Err(Fault::malformed(format!(
            "`nodes_missing_value_tracks_true` has {} entries for {count} tree nodes",
            list.len()
        ))),
    }
}

/// The votes of each node, by the node's index.
fn votes(
    definition: &Definition<'_>,
    prefix: &str,
    votes_name: &str,
    targets: usize,
    indices: &HashMap<NodeNumber, usize>,
) -> Result<HashMap<usize, Vec<Vote>>, Fault> {
    let attributes = definition.attributes;
    let weights = numbers(definition, &format!("{prefix}_weights"))?.unwrap_or_default();
    let count = weights.len();
    check_node_count(count, definition.limits)?;
    let trees = listed(attributes, &format!("{prefix}_treeids"), count)?;
    let nodes = listed(attributes, &format!("{prefix}_nodeids"), count)?;
    let voted = listed(attributes, votes_name, count)?;
    let mut votes: HashMap<usize, Vec<Vote>> = HashMap::new();
    for entry in 0..count {
        let Some(&index) = indices.get(&(trees[entry], nodes[entry])) else {
            return Err(Fault::malformed(format!(
                "a weight belongs to node {} of tree {}, which is not there",
                nodes[entry], trees[entry]
            )));
        };
        let vote = vote(voted[entry], weights[entry], targets)?;
        votes.entry(index).or_default().push(vote);
    }
    Ok(votes)
}

/// The lists of a file, one entry a node.
struct Listing<'a> {
    modes: &'a [&'a str],
    trees: &'a [i64],
    when_true: &'a [i64],
    when_false: &'a [i64],
    features: &'a [i64],
    values: Vec<f64>,
    missing: Vec<bool>,
}

impl Listing<'_> {
    fn source(
        &self,
        indices: &HashMap<NodeNumber, usize>,
        votes: &mut HashMap<usize, Vec<Vote>>,
    ) -> Result<Source, Fault> {
        let mut places = Vec::with_capacity(self.modes.len());
        let mut leaves = Vec::new();
        let mut branches = 0;
        for (index, mode) in self.modes.iter().enumerate() {
            if *mode == "LEAF" {
                places.push(Child::Leaf(leaves.len()));
                leaves.push(votes.remove(&index).unwrap_or_default());
            } else {
                places.push(Child::Node(branches));
                branches += 1;
            }
        }
        if !votes.is_empty() {
            return Err(Fault::malformed("an inner node of a tree carries a weight"));
        }
        let mut nodes = Vec::with_capacity(branches);
        let mut is_child = vec![false; self.modes.len()];
        for index in 0..self.modes.len() {
            if matches!(places[index], Child::Node(_)) {
                nodes.push(self.branch(index, indices, &places, &mut is_child)?);
            }
        }
        Ok(Source {
            nodes,
            leaves,
            roots: self.roots(&places, &is_child)?,
        })
    }

    fn branch(
        &self,
        index: usize,
        indices: &HashMap<NodeNumber, usize>,
        places: &[Child],
        is_child: &mut [bool],
    ) -> Result<Branch, Fault> {
        let mut child = |number: i64| -> Result<Child, Fault> {
            let tree = self.trees[index];
            match indices.get(&(tree, number)) {
                Some(&child) => {
                    is_child[child] = true;
                    Ok(places[child])
                }
                None => Err(Fault::malformed(format!(
                    "tree node {index} leads to node {number} of tree {tree}, which is not there"
                ))),
            }
        };
        let value = threshold(self.values[index], index)?;
        Ok(Branch {
            feature: feature(self.features[index], index)?,
            test: match self.modes[index] {
                "BRANCH_LEQ" => Test::AtMost(value),
                "BRANCH_LT" => Test::Below(value),
                "BRANCH_GTE" => Test::AtLeast(value),
                "BRANCH_GT" => Test::Above(value),
                "BRANCH_EQ" => Test::Equal(value),
                "BRANCH_NEQ" => Test::Unequal(value),
                other => {
                    return Err(Fault::malformed(format!(
                        "the mode `{}` of tree node {index} does not exist",
                        crate::place::Shown(other)
                    )));
                }
            },
            missing_is_true: self.missing[index],
            when_true: child(self.when_true[index])?,
            when_false: child(self.when_false[index])?,
        })
    }

    /// The one node of each tree that no other leads to, in the order in which
    /// the trees are first listed.
    fn roots(&self, places: &[Child], is_child: &[bool]) -> Result<Vec<Child>, Fault> {
        let mut order = Vec::new();
        let mut root_of: HashMap<i64, Option<Child>> = HashMap::new();
        for (index, &tree) in self.trees.iter().enumerate() {
            let root = root_of.entry(tree).or_insert_with(|| {
                order.push(tree);
                None
            });
            if is_child[index] {
                continue;
            }
            if root.is_some() {
                return Err(Fault::malformed(format!("tree {tree} has two roots")));
            }
            *root = Some(places[index]);
        }
        order
            .into_iter()
            .map(|tree| {
                root_of.get(&tree).copied().flatten().ok_or_else(|| {
                    Fault::malformed(format!(
                        "tree {tree} has a cycle: none of its nodes is its root"
                    ))
                })
            })
            .collect()
    }
}
