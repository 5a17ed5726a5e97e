//! The order in which nodes are evaluated.

use std::collections::{BTreeMap, BTreeSet};

use super::{Domain, Node};
use crate::error::OnnxError;
use crate::model::OperatorUse;

/// The nodes in an order in which every value is made before it is used: the
/// file's own order wherever that is one.
pub(super) fn in_order(nodes: Vec<Node>, values: usize) -> Result<Vec<Node>, OnnxError> {
    let mut maker = vec![None; values];
    for (index, node) in nodes.iter().enumerate() {
        for value in node.outputs.iter().flatten() {
            maker[value.0] = Some(index);
        }
    }
    let mut waiting = vec![0_usize; nodes.len()];
    let mut users = vec![Vec::new(); nodes.len()];
    for (index, node) in nodes.iter().enumerate() {
        for value in node.inputs.iter().flatten() {
            if let Some(before) = maker[value.0] {
                users[before].push(index);
                waiting[index] += 1;
            }
        }
    }
    let mut ready: BTreeSet<usize> = (0..nodes.len())
        .filter(|&index| waiting[index] == 0)
        .collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(index) = ready.pop_first() {
        order.push(index);
        for &user in &users[index] {
            waiting[user] -= 1;
            if waiting[user] == 0 {
                ready.insert(user);
            }
        }
    }
    if let Some(index) = waiting.iter().position(|&count| count > 0) {
        return Err(OnnxError::malformed(
            nodes[index].place.clone(),
            "the graph has a cycle: this node waits, directly or not, for its own output",
        ));
    }
    let mut nodes: Vec<Option<Node>> = nodes.into_iter().map(Some).collect();
    Ok(order
        .into_iter()
        .filter_map(|index| nodes[index].take())
        .collect())
}

/// How often each operator is used.
pub(crate) fn uses<'a>(nodes: impl IntoIterator<Item = &'a Node>) -> Vec<OperatorUse> {
    let mut counts: BTreeMap<(Domain, &str), usize> = BTreeMap::new();
    for node in nodes {
        *counts.entry((node.domain, &node.operator)).or_default() += 1;
    }
    counts
        .into_iter()
        .map(|((domain, name), nodes)| OperatorUse {
            domain: domain.name().to_owned(),
            name: name.to_owned(),
            nodes,
        })
        .collect()
}
