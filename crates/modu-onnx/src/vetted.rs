//! A vetted model for another evaluator.
//!
//! Our kernels do not cover every operator of ONNX. A network that needs more
//! may be evaluated by a larger runtime, which trusts its files more than it
//! should. So that runtime never sees a stranger's bytes: the file is vetted
//! here by the same rules as for our own kernels, and then *written again* with
//! nothing in it but what was vetted: the nodes on the way to the wanted
//! outputs in an order in which they can be evaluated, their constants, and
//! the inputs. Names of nodes, texts, declared shapes of intermediate values,
//! metadata and fields that we do not know are left behind.

use std::collections::HashSet;

use prost::Message as _;

use crate::constant;
use crate::error::OnnxError;
use crate::limits::Limits;
use crate::model::{Description, Dimension, OperatorUse, Port};
use crate::operators;
use crate::place::Place;
use crate::plan::{needed_values, wanted_outputs};
use crate::proto::{
    self, DimensionMessage, GraphMessage, ModelFile, NodeMessage, ShapeMessage, TensorType,
    TypeMessage, ValueInfo,
};
use crate::vet::{self, Constant, Domain, Graph, Node};

/// A model that keeps every rule of [`crate::Model::read`] except that its
/// operators need no kernel here.
#[derive(Debug)]
pub struct VettedModel {
    description: Description,
    operators: Uses,
    lacking: Uses,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    bytes: Vec<u8>,
}

impl VettedModel {
    /// What the file says of itself.
    #[must_use]
    pub const fn description(&self) -> &Description {
        &self.description
    }

    /// The operators on the way to the wanted outputs, sorted by domain and
    /// name, with the place of the first node of each.
    #[must_use]
    pub fn operators(&self) -> &[(Place, OperatorUse)] {
        &self.operators
    }

    /// Those of them that have no kernel here. Where there is none, [`crate::Model::read`] is to be asked,
    /// and its refusal, if it refuses, holds.
    #[must_use]
    pub fn lacking(&self) -> &[(Place, OperatorUse)] {
        &self.lacking
    }

    /// The inputs that the wanted outputs need, in the file's order.
    #[must_use]
    pub fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    /// The wanted outputs, in the order in which they were asked for.
    #[must_use]
    pub fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    /// The model as an ONNX file that holds only what was vetted. A node is
    /// named by its place in the stranger's file, such as `node 3 (Conv)`.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Vets a whole model for another evaluator; `outputs` as in
/// [`crate::Model::read`]. Costs about three copies of the file for a moment.
///
/// # Errors
/// As [`crate::Model::read`], operators without a kernel left aside. Constants
/// must be of the types of [`crate::ElementType`], in attributes of the default
/// domain too.
pub fn vet(bytes: &[u8], outputs: &[&str], limits: &Limits) -> Result<VettedModel, OnnxError> {
    let graph = vet::check(proto::decode(bytes, limits)?, limits)?;
    let wanted = wanted_outputs(&graph, outputs)?;
    let needed = needed_values(&graph, &wanted);
    let outputs: Vec<Port> = wanted.iter().map(|output| output.port.clone()).collect();
    for (value, constant) in &graph.constants {
        if let (true, Constant::Other(place, fault)) = (needed[value.0], constant) {
            return Err(fault.clone().at(place));
        }
    }
    let nodes: Vec<&Node> = graph
        .nodes
        .iter()
        .filter(|node| node.outputs.iter().flatten().any(|value| needed[value.0]))
        .collect();
    let inputs: Vec<Port> = graph
        .inputs
        .iter()
        .filter(|(_, value)| needed[value.0])
        .map(|(port, _)| port.clone())
        .collect();
    let order: Vec<usize> = nodes.iter().filter_map(|node| index(&node.place)).collect();
    let (operators, lacking) = operators_of(&nodes);
    let Graph { description, .. } = graph;
    let bytes = rewrite(bytes, &order, &inputs, &outputs, limits)?;
    Ok(VettedModel {
        description,
        operators,
        lacking,
        inputs,
        outputs,
        bytes,
    })
}

const fn index(place: &Place) -> Option<usize> {
    match place {
        Place::Node { index, .. } => Some(*index),
        _ => None,
    }
}

type Uses = Vec<(Place, OperatorUse)>;

/// The operators of nodes, and those of them without a kernel.
fn operators_of(nodes: &[&Node]) -> (Uses, Uses) {
    let (mut all, mut lacking) = (Vec::new(), Vec::new());
    for used in vet::uses(nodes.iter().copied()) {
        let first = nodes
            .iter()
            .find(|node| node.domain.name() == used.domain && node.operator == used.name);
        if let Some(node) = first {
            if !operators::is_supported(node.domain, &node.operator) {
                lacking.push((node.place.clone(), used.clone()));
            }
            all.push((node.place.clone(), used));
        }
    }
    (all, lacking)
}

/// Reads the file, which was vetted before, once more, and writes what is kept
/// of it.
fn rewrite(
    bytes: &[u8],
    order: &[usize],
    inputs: &[Port],
    outputs: &[Port],
    limits: &Limits,
) -> Result<Vec<u8>, OnnxError> {
    let file = proto::decode(bytes, limits)?;
    let graph = file.graph.unwrap_or_default();
    let mut given: Vec<Option<NodeMessage>> = graph.node.into_iter().map(Some).collect();
    let mut nodes = Vec::with_capacity(order.len());
    for &index in order {
        if let Some(node) = given.get_mut(index).and_then(Option::take) {
            nodes.push(plain_node(index, node, limits)?);
        }
    }
    let used: HashSet<&str> = nodes
        .iter()
        .flat_map(|node| node.input.iter().map(String::as_str))
        .chain(outputs.iter().map(|port| port.name.as_str()))
        .collect();
    let initializer = graph
        .initializer
        .into_iter()
        .filter(|constant| used.contains(constant.name.as_str()))
        .collect();
    let kept = ModelFile {
        ir_version: file.ir_version,
        graph: Some(GraphMessage {
            initializer,
            input: inputs.iter().map(declaration).collect(),
            output: outputs.iter().map(name_only).collect(),
            node: nodes,
            sparse_initializer: Vec::new(),
        }),
        opset_import: file
            .opset_import
            .into_iter()
            .filter(|import| Domain::of(&import.domain).is_some())
            .collect(),
        ..ModelFile::default()
    };
    Ok(kept.encode_to_vec())
}

/// A node under the name of its place, its tensors looked at as closely as
/// the file's constants.
fn plain_node(
    index: usize,
    mut node: NodeMessage,
    limits: &Limits,
) -> Result<NodeMessage, OnnxError> {
    let place = Place::Node {
        index,
        name: std::mem::take(&mut node.name),
        operator: node.op_type.clone(),
    };
    // The modes of a tree's nodes are of a type of their own.
    let plain = Domain::of(&node.domain) == Some(Domain::Default);
    for attribute in node.attribute.iter().filter(|_| plain) {
        if let Some(tensor) = &attribute.t {
            constant::decode(tensor, limits).map_err(|fault| fault.at(&place))?;
        }
    }
    node.name = Place::Node {
        index,
        name: String::new(),
        operator: node.op_type.clone(),
    }
    .to_string();
    Ok(node)
}

fn name_only(port: &Port) -> ValueInfo {
    ValueInfo {
        name: port.name.clone(),
        kind: None,
    }
}

/// An input with its type and shape; an open dimension loses its name.
fn declaration(port: &Port) -> ValueInfo {
    let shape = port.shape.as_ref().map(|dimensions| ShapeMessage {
        dim: dimensions
            .iter()
            .map(|dimension| DimensionMessage {
                dim_value: match dimension {
                    Dimension::Fixed(length) => i64::try_from(*length).ok(),
                    Dimension::Open(_) => None,
                },
                dim_param: None,
            })
            .collect(),
    });
    let tensor_type = port.element_type.map(|element_type| TensorType {
        elem_type: element_type.number(),
        shape,
    });
    ValueInfo {
        name: port.name.clone(),
        kind: Some(TypeMessage { tensor_type }),
    }
}
