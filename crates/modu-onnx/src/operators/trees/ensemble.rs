//! The attributes of `TreeEnsemble` (`ai.onnx.ml` 5).

use super::source::{Branch, Child, Source, Test, check_node_count, feature, threshold, vote};
use crate::budget::Fault;
use crate::constant;
use crate::operators::Definition;
use crate::operators::call::as_doubles;
use crate::proto::TensorMessage;

/// `TensorProto.DataType.UINT8`.
const UINT8: i32 = 2;

fn required_tensor<'a>(
    definition: &Definition<'a>,
    name: &str,
) -> Result<&'a TensorMessage, Fault> {
    definition
        .attributes
        .tensor(name)?
        .ok_or_else(|| Fault::malformed(format!("`{name}` is missing")))
}

fn numbers(definition: &Definition<'_>, name: &str) -> Result<Vec<f64>, Fault> {
    as_doubles(&constant::decode(
        required_tensor(definition, name)?,
        definition.limits,
    )?)
}

fn bytes(definition: &Definition<'_>, name: &str) -> Result<Vec<u8>, Fault> {
    let message = required_tensor(definition, name)?;
    if message.data_type != UINT8 {
        return Err(Fault::malformed(format!(
            "`{name}` is not a tensor of bytes"
        )));
    }
    match &message.raw_data {
        Some(raw) => Ok(raw.clone()),
        None => message
            .int32_data
            .iter()
            .map(|&value| {
                u8::try_from(value).map_err(|_| {
                    Fault::malformed(format!("`{name}` holds {value}, which is not a byte"))
                })
            })
            .collect(),
    }
}

fn listed<'a>(definition: &Definition<'a>, name: &str, count: usize) -> Result<&'a [i64], Fault> {
    let list = definition.attributes.ints(name)?.unwrap_or(&[]);
    if list.len() != count {
        return Err(Fault::malformed(format!(
            "`{name}` has {} entries where {count} should be",
            list.len()
        )));
    }
    Ok(list)
}

/// Reads the trees.
pub(super) fn read(definition: &Definition<'_>, targets: usize) -> Result<Source, Fault> {
    let modes = bytes(definition, "nodes_modes")?;
    let count = modes.len();
    check_node_count(count, definition.limits)?;
    let weights = numbers(definition, "leaf_weights")?;
    check_node_count(weights.len(), definition.limits)?;
    let leaf_targets = listed(definition, "leaf_targetids", weights.len())?;
    let leaves = leaf_targets
        .iter()
        .zip(&weights)
        .map(|(&target, &weight)| Ok(vec![vote(target, weight, targets)?]))
        .collect::<Result<Vec<_>, Fault>>()?;
    // A hint of how often a node is visited.
    definition.attributes.pass_over("nodes_hitrates");
    let nodes = Nodes {
        tests: tests(definition, &modes)?,
        features: listed(definition, "nodes_featureids", count)?,
        missing: match definition
            .attributes
            .ints("nodes_missing_value_tracks_true")?
        {
            None | Some([]) => None,
            Some(_) => Some(listed(
                definition,
                "nodes_missing_value_tracks_true",
                count,
            )?),
        },
        when_true: (
            listed(definition, "nodes_truenodeids", count)?,
            listed(definition, "nodes_trueleafs", count)?,
        ),
        when_false: (
            listed(definition, "nodes_falsenodeids", count)?,
            listed(definition, "nodes_falseleafs", count)?,
        ),
        leaves: leaves.len(),
    };
    let roots = definition
        .attributes
        .ints("tree_roots")?
        .ok_or_else(|| Fault::malformed("`tree_roots` is missing"))?
        .iter()
        .map(|&root| nodes.node(root))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Source {
        nodes: (0..count)
            .map(|index| nodes.branch(index))
            .collect::<Result<_, _>>()?,
        leaves,
        roots,
    })
}

/// The test of each node. The sets of the mode `BRANCH_MEMBER` lie one after
/// another in `membership_values`, each closed by a NaN.
fn tests(definition: &Definition<'_>, modes: &[u8]) -> Result<Vec<Test>, Fault> {
    let values = numbers(definition, "nodes_splits")?;
    if values.len() != modes.len() {
        return Err(Fault::malformed(format!(
            "`nodes_splits` has {} entries for {} tree nodes",
            values.len(),
            modes.len()
        )));
    }
    let members = match definition.attributes.tensor("membership_values")? {
        Some(message) => as_doubles(&constant::decode(message, definition.limits)?)?,
        None => Vec::new(),
    };
    let mut sets = members.split(|value| value.is_nan());
    let mut tests = Vec::with_capacity(modes.len());
    for (index, (&mode, &value)) in modes.iter().zip(&values).enumerate() {
        let value = if mode == 6 {
            0.0
        } else {
            threshold(value, index)?
        };
        tests.push(match mode {
            0 => Test::AtMost(value),
            1 => Test::Below(value),
            2 => Test::AtLeast(value),
            3 => Test::Above(value),
            4 => Test::Equal(value),
            5 => Test::Unequal(value),
            6 => match sets.next() {
                Some(set) if !set.is_empty() => Test::Member(set.to_vec()),
                _ => {
                    return Err(Fault::malformed(format!(
                        "`membership_values` has no set for tree node {index}"
                    )));
                }
            },
            other => {
                return Err(Fault::malformed(format!(
                    "the mode {other} of tree node {index} does not exist"
                )));
            }
        });
    }
    if sets.any(|set| !set.is_empty()) {
        return Err(Fault::malformed(
            "`membership_values` has more sets than nodes ask for",
        ));
    }
    Ok(tests)
}

struct Nodes<'a> {
    tests: Vec<Test>,
    features: &'a [i64],
    missing: Option<&'a [i64]>,
    /// Where each branch leads, and whether that is a leaf.
    when_true: (&'a [i64], &'a [i64]),
    when_false: (&'a [i64], &'a [i64]),
    leaves: usize,
}

impl Nodes<'_> {
    fn node(&self, number: i64) -> Result<Child, Fault> {
        usize::try_from(number)
            .ok()
            .filter(|number| *number < self.tests.len())
            .map(Child::Node)
            .ok_or_else(|| {
                Fault::malformed(format!(
                    "tree node {number} is not one of {}",
                    self.tests.len()
                ))
            })
    }

    fn child(&self, (numbers, are_leaves): (&[i64], &[i64]), index: usize) -> Result<Child, Fault> {
        let number = numbers[index];
        if are_leaves[index] == 0 {
            return self.node(number);
        }
        usize::try_from(number)
            .ok()
            .filter(|number| *number < self.leaves)
            .map(Child::Leaf)
            .ok_or_else(|| {
                Fault::malformed(format!(
                    "tree node {index} leads to leaf {number} of {}",
                    self.leaves
                ))
            })
    }

    fn branch(&self, index: usize) -> Result<Branch, Fault> {
        Ok(Branch {
            feature: feature(self.features[index], index)?,
            test: self.tests[index].clone(),
            missing_is_true: self.missing.is_some_and(|missing| missing[index] != 0),
            when_true: self.child(self.when_true, index)?,
            when_false: self.child(self.when_false, index)?,
        })
    }
}
