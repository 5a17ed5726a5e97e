//! Checks what a file says before any of it is prepared for evaluation.
//!
//! The output, [`Graph`], is a file that keeps the rules: operators of the two
//! known domains, all data inside the file, no graph within a graph, every
//! value made once and before it is used. Whether each operator has a kernel,
//! and whether its attributes make sense, is asked later and only on the way
//! to the outputs that the caller wants.

mod order;
mod versions;

use std::collections::{HashMap, HashSet};

use crate::attributes::Attributes;
use crate::budget::Fault;
use crate::constant::{self, ConstantCount, TEXT};
use crate::error::OnnxError;
use crate::limits::Limits;
use crate::model::{Description, Dimension, Port};
use crate::place::{Place, Shown};
use crate::proto::{AttributeMessage, GraphMessage, ModelFile, TensorMessage, ValueInfo};
use crate::tensor::{ElementType, Tensor};
use order::in_order;
pub(crate) use order::uses;
pub(crate) use versions::Domain;
use versions::Versions;

/// The versions of the file format: 3 is of 2017, 13 of ONNX 1.23.
const IR_VERSIONS: std::ops::RangeInclusive<i64> = 3..=13;

/// The index of a value in [`Graph::value_names`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ValueId(pub(crate) usize);

/// A vetted node.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) domain: Domain,
    pub(crate) operator: String,
    /// The version of the operator set in force.
    pub(crate) version: i64,
    pub(crate) attributes: Attributes,
    /// An optional input that is left out is none.
    pub(crate) inputs: Vec<Option<ValueId>>,
    pub(crate) outputs: Vec<Option<ValueId>>,
}

/// A constant of the file: of numbers, or of a type that no kernel here reads
/// and that is refused only if it is needed.
#[derive(Debug)]
pub(crate) enum Constant {
    Numbers(Tensor),
    Other(Place, Fault),
}

/// An output of the graph.
#[derive(Debug)]
pub(crate) struct GraphOutput {
    pub(crate) port: Port,
    pub(crate) value: ValueId,
    /// Declared as a tensor of texts, such as a class label.
    pub(crate) text: bool,
}

/// A vetted file. Nodes are in an order in which they can be evaluated.
#[derive(Debug)]
pub(crate) struct Graph {
    pub(crate) description: Description,
    pub(crate) nodes: Vec<Node>,
    pub(crate) constants: HashMap<ValueId, Constant>,
    pub(crate) inputs: Vec<(Port, ValueId)>,
    pub(crate) outputs: Vec<GraphOutput>,
    /// How many values there are.
    pub(crate) values: usize,
}

/// Checks a decoded file.
pub(crate) fn check(file: ModelFile, limits: &Limits) -> Result<Graph, OnnxError> {
    check_file(&file)?;
    let versions = Versions::of(&file.opset_import)?;
    let Some(graph) = file.graph else {
        return Err(OnnxError::malformed(Place::File, "the file holds no graph"));
    };
    check_counts(&graph, limits)?;
    let producer = format!("{} {}", file.producer_name, file.producer_version);
    Vetting {
        limits,
        versions,
        values: HashMap::new(),
        made: Vec::new(),
        constant_count: ConstantCount {
            limits,
            elements: 0,
        },
    }
    .graph(graph, Shown(producer.trim()).to_string())
}

fn forbidden(place: Place, construct: impl Into<String>, remedy: &'static str) -> OnnxError {
    OnnxError::Forbidden {
        place,
        construct: construct.into(),
        remedy,
    }
}

fn check_file(file: &ModelFile) -> Result<(), OnnxError> {
    if !IR_VERSIONS.contains(&file.ir_version) {
        return Err(OnnxError::malformed(
            Place::File,
            format!(
                "the format version {} is not one of {} to {}",
                file.ir_version,
                IR_VERSIONS.start(),
                IR_VERSIONS.end()
            ),
        ));
    }
    if !file.functions.is_empty() {
        return Err(forbidden(
            Place::File,
            "a function defined in the model",
            "inline the model's functions before the export",
        ));
    }
    if !file.training_info.is_empty() {
        return Err(forbidden(
            Place::File,
            "training information",
            "export the model for inference",
        ));
    }
    if file
        .graph
        .as_ref()
        .is_some_and(|graph| !graph.sparse_initializer.is_empty())
    {
        return Err(forbidden(
            Place::File,
            "a sparse constant",
            "export the weights as dense tensors",
        ));
    }
    Ok(())
}

fn check_counts(graph: &GraphMessage, limits: &Limits) -> Result<(), OnnxError> {
    let named: usize = graph
        .node
        .iter()
        .map(|node| node.input.len() + node.output.len())
        .sum();
    let tensors = graph.initializer.len() + graph.input.len() + graph.output.len() + named;
    for (what, found, limit) in [
        ("nodes of the graph", graph.node.len(), limits.nodes),
        ("values named in the graph", tensors, limits.tensors),
    ] {
        if found as u64 > limit {
            return Err(OnnxError::Limit {
                place: Place::File,
                what,
                found: found as u64,
                limit,
                remedy: "hand in a smaller model",
            });
        }
    }
    Ok(())
}

struct Vetting<'a> {
    limits: &'a Limits,
    versions: Versions,
    values: HashMap<String, ValueId>,
    /// Which values something makes: an input, a constant or a node.
    made: Vec<bool>,
    constant_count: ConstantCount<'a>,
}

impl Vetting<'_> {
    fn graph(mut self, graph: GraphMessage, producer: String) -> Result<Graph, OnnxError> {
        let mut constants = HashMap::new();
        for (index, message) in graph.initializer.into_iter().enumerate() {
            let (value, constant) = self.initializer(index, &message)?;
            constants.insert(value, constant);
        }
        let inputs = self.inputs(&graph.input, &constants)?;
        let mut nodes = Vec::with_capacity(graph.node.len());
        for (index, message) in graph.node.into_iter().enumerate() {
            nodes.push(self.node(index, message)?);
        }
        for node in &nodes {
            self.check_inputs_are_made(node)?;
        }
        let outputs = self.outputs(&graph.output)?;
        let nodes = in_order(nodes, self.made.len())?;
        Ok(Graph {
            description: Description {
                inputs: inputs.iter().map(|(port, _)| port.clone()).collect(),
                outputs: outputs.iter().map(|output| output.port.clone()).collect(),
                operator_set: self.versions.default,
                ml_operator_set: self.versions.ml,
                operators: uses(&nodes),
                constant_elements: self.constant_count.elements,
                producer,
            },
            nodes,
            constants,
            inputs,
            outputs,
            values: self.made.len(),
        })
    }

    /// The id of a value's name, new or known.
    fn value(&mut self, name: &str, place: &Place) -> Result<ValueId, OnnxError> {
        if let Some(&value) = self.values.get(name) {
            return Ok(value);
        }
        self.check_name(name, place)?;
        let value = ValueId(self.made.len());
        self.values.insert(name.to_owned(), value);
        self.made.push(false);
        Ok(value)
    }

    /// A value that something makes; making it twice is refused.
    fn make(&mut self, name: &str, place: &Place) -> Result<ValueId, OnnxError> {
        let value = self.value(name, place)?;
        if std::mem::replace(&mut self.made[value.0], true) {
            return Err(OnnxError::malformed(
                place.clone(),
                format!("the value `{}` is made twice", Shown(name)),
            ));
        }
        Ok(value)
    }

    fn check_name(&self, name: &str, place: &Place) -> Result<(), OnnxError> {
        let found = name.len() as u64;
        if found > self.limits.name_bytes {
            return Err(OnnxError::Limit {
                place: place.clone(),
                what: "bytes of a name",
                found,
                limit: self.limits.name_bytes,
                remedy: "give shorter names",
            });
        }
        Ok(())
    }

    fn check_tensor(&self, message: &TensorMessage, place: &Place) -> Result<(), OnnxError> {
        match constant::forbidden(message) {
            None => Ok(()),
            Some(construct) => Err(forbidden(
                place.clone(),
                construct,
                "keep all weights inside the one file",
            )),
        }
    }

    fn initializer(
        &mut self,
        index: usize,
        message: &TensorMessage,
    ) -> Result<(ValueId, Constant), OnnxError> {
        let place = Place::Initializer {
            index,
            name: message.name.clone(),
        };
        self.check_tensor(message, &place)?;
        if message.name.is_empty() {
            return Err(OnnxError::malformed(place, "a constant has no name"));
        }
        let value = self.make(&message.name, &place)?;
        let constant = match constant::decode(message, self.limits) {
            Ok(tensor) => {
                self.constant_count
                    .add(tensor.data().len() as u64)
                    .map_err(|fault| fault.at(&place))?;
                Constant::Numbers(tensor)
            }
            Err(fault @ Fault::Unsupported { .. }) => Constant::Other(place, fault),
            Err(fault) => return Err(fault.at(&place)),
        };
        Ok((value, constant))
    }

    /// The inputs that the caller must give. Files before IR version 4 list
    /// the constants among the inputs; those keep the file's value.
    fn inputs(
        &mut self,
        infos: &[ValueInfo],
        constants: &HashMap<ValueId, Constant>,
    ) -> Result<Vec<(Port, ValueId)>, OnnxError> {
        let mut inputs = Vec::new();
        for info in infos {
            let place = Place::Input(info.name.clone());
            if info.name.is_empty() {
                return Err(OnnxError::malformed(place, "an input has no name"));
            }
            if self
                .values
                .get(&info.name)
                .is_some_and(|value| constants.contains_key(value))
            {
                continue;
            }
            let value = self.make(&info.name, &place)?;
            inputs.push((self.port(info, &place)?, value));
        }
        Ok(inputs)
    }

    fn outputs(&mut self, infos: &[ValueInfo]) -> Result<Vec<GraphOutput>, OnnxError> {
        let mut outputs: Vec<GraphOutput> = Vec::new();
        let mut declared = HashSet::new();
        for info in infos {
            let place = Place::Output(info.name.clone());
            let made = self
                .values
                .get(&info.name)
                .filter(|value| self.made[value.0]);
            let Some(&value) = made else {
                return Err(OnnxError::malformed(
                    place,
                    "nothing in the graph makes this output",
                ));
            };
            if !declared.insert(value) {
                return Err(OnnxError::malformed(place, "this output is declared twice"));
            }
            let element = info
                .kind
                .as_ref()
                .and_then(|kind| kind.tensor_type.as_ref());
            outputs.push(GraphOutput {
                port: self.port(info, &place)?,
                value,
                text: element.is_some_and(|tensor| i64::from(tensor.elem_type) == TEXT),
            });
        }
        if outputs.is_empty() {
            return Err(OnnxError::malformed(Place::File, "the graph has no output"));
        }
        Ok(outputs)
    }

    fn port(&self, info: &ValueInfo, place: &Place) -> Result<Port, OnnxError> {
        let tensor = info
            .kind
            .as_ref()
            .and_then(|kind| kind.tensor_type.as_ref());
        let shape = match tensor.and_then(|tensor| tensor.shape.as_ref()) {
            None => None,
            Some(shape) => {
                let found = shape.dim.len() as u64;
                if found > self.limits.rank {
                    return Err(OnnxError::Limit {
                        place: place.clone(),
                        what: "dimensions of a tensor",
                        found,
                        limit: self.limits.rank,
                        remedy: "hand in a model of flatter tensors",
                    });
                }
                let dimensions: Result<Vec<_>, _> = shape
                    .dim
                    .iter()
                    .map(|dimension| self.dimension(dimension, place))
                    .collect();
                Some(dimensions?)
            }
        };
        Ok(Port {
            name: info.name.clone(),
            element_type: tensor
                .and_then(|tensor| ElementType::from_number(i64::from(tensor.elem_type))),
            shape,
        })
    }

    fn dimension(
        &self,
        message: &crate::proto::DimensionMessage,
        place: &Place,
    ) -> Result<Dimension, OnnxError> {
        match (message.dim_value, &message.dim_param) {
            // Exporters write 0 and -1 for a length that they do not know.
            (None | Some(0 | -1), None) => Ok(Dimension::Open(String::new())),
            (_, Some(name)) => {
                self.check_name(name, place)?;
                Ok(Dimension::Open(name.clone()))
            }
            (Some(length), None) => match u64::try_from(length) {
                Err(_) => Err(OnnxError::malformed(
                    place.clone(),
                    format!("a dimension of {length} is not a length"),
                )),
                Ok(found) if found > self.limits.tensor_elements => Err(OnnxError::Limit {
                    place: place.clone(),
                    what: "elements of a tensor",
                    found,
                    limit: self.limits.tensor_elements,
                    remedy: "hand in a smaller model",
                }),
                Ok(found) => Ok(Dimension::Fixed(found as usize)),
            },
        }
    }

    fn node(
        &mut self,
        index: usize,
        message: crate::proto::NodeMessage,
    ) -> Result<Node, OnnxError> {
        let place = Place::Node {
            index,
            name: message.name,
            operator: message.op_type.clone(),
        };
        let Some(domain) = Domain::of(&message.domain) else {
            return Err(forbidden(
                place,
                format!("the operator domain `{}`", Shown(&message.domain)),
                "use the operators of ONNX itself (`` and `ai.onnx.ml`)",
            ));
        };
        if let Some((construct, remedy)) = forbidden_operator(domain, &message.op_type) {
            return Err(forbidden(place, construct, remedy));
        }
        if !message.overload.is_empty() {
            return Err(forbidden(
                place,
                "an overloaded function",
                "inline the model's functions before the export",
            ));
        }
        for attribute in &message.attribute {
            self.attribute(attribute, &place)?;
        }
        let version = self
            .versions
            .of_domain(domain)
            .map_err(|problem| OnnxError::malformed(place.clone(), problem))?;
        let attributes = Attributes::new(message.attribute).map_err(|fault| fault.at(&place))?;
        let mut inputs = Vec::with_capacity(message.input.len());
        for name in &message.input {
            inputs.push(if name.is_empty() {
                None
            } else {
                Some(self.value(name, &place)?)
            });
        }
        let mut outputs = Vec::with_capacity(message.output.len());
        for name in &message.output {
            outputs.push(if name.is_empty() {
                None
            } else {
                Some(self.make(name, &place)?)
            });
        }
        Ok(Node {
            place,
            domain,
            operator: message.op_type,
            version,
            attributes,
            inputs,
            outputs,
        })
    }

    fn attribute(&mut self, attribute: &AttributeMessage, place: &Place) -> Result<(), OnnxError> {
        self.check_name(&attribute.name, place)?;
        let named = |what: &str| format!("{what} in the attribute `{}`", Shown(&attribute.name));
        if attribute.g.is_some() || !attribute.graphs.is_empty() {
            return Err(forbidden(
                place.clone(),
                named("a graph"),
                WITHOUT_CONTROL_FLOW,
            ));
        }
        if attribute.sparse_tensor.is_some() || !attribute.sparse_tensors.is_empty() {
            return Err(forbidden(
                place.clone(),
                named("a sparse tensor"),
                "export dense tensors",
            ));
        }
        if !attribute.tensors.is_empty() {
            return Err(forbidden(
                place.clone(),
                named("a list of tensors"),
                "export plain tensors",
            ));
        }
        if !attribute.ref_attr_name.is_empty() {
            return Err(forbidden(
                place.clone(),
                named("a reference"),
                "inline the model's functions before the export",
            ));
        }
        let lists = attribute.floats.len() + attribute.ints.len() + attribute.strings.len();
        let tensor = match &attribute.t {
            None => 0,
            Some(tensor) => {
                self.check_tensor(tensor, place)?;
                let shape =
                    constant::shape(tensor, self.limits).map_err(|fault| fault.at(place))?;
                crate::tensor::element_count(&shape).unwrap_or(0)
            }
        };
        self.constant_count
            .add((lists + tensor) as u64)
            .map_err(|fault| fault.at(place))
    }

    fn check_inputs_are_made(&self, node: &Node) -> Result<(), OnnxError> {
        for (position, value) in node.inputs.iter().enumerate() {
            if value.is_some_and(|value| !self.made[value.0]) {
                return Err(OnnxError::malformed(
                    node.place.clone(),
                    format!("nothing in the graph makes its input {position}"),
                ));
            }
        }
        Ok(())
    }
}

const WITHOUT_CONTROL_FLOW: &str =
    "a solution's graph has no branches or loops: export a model that computes straight through";

/// Operators that would make a run unbounded or unrepeatable.
fn forbidden_operator(domain: Domain, operator: &str) -> Option<(String, &'static str)> {
    if domain != Domain::Default {
        return None;
    }
    match operator {
        "If" | "Loop" | "Scan" | "SequenceMap" => Some((
            format!("the operator {operator}, which holds a graph of its own,"),
            WITHOUT_CONTROL_FLOW,
        )),
        "RandomNormal" | "RandomNormalLike" | "RandomUniform" | "RandomUniformLike"
        | "Multinomial" | "Bernoulli" => Some((
            format!("the operator {operator}, whose result differs from run to run,"),
            "export the model for inference",
        )),
        _ => None,
    }
}
