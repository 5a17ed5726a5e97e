//! The steps that lead from the inputs to the wanted outputs.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use crate::budget::Budget;
use crate::chain::{Chain, chains};
use crate::error::OnnxError;
use crate::limits::Limits;
use crate::model::{Dimension, Port};
use crate::operators::{self, Built, Operator};
use crate::place::Place;
use crate::tensor::{Tensor, TensorData, extent};
use crate::vet::{Constant, Graph, GraphOutput, Node, ValueId};

/// One node, ready to be evaluated.
#[derive(Debug)]
pub(crate) struct Step {
    place: Place,
    pub(crate) operator: Box<dyn Operator>,
    pub(crate) inputs: Vec<Option<ValueId>>,
    /// Those that somebody wants.
    pub(crate) outputs: Vec<Option<ValueId>>,
    /// Values that no later step reads.
    last_use_of: Vec<ValueId>,
}

/// What a [`crate::Model`] evaluates.
#[derive(Debug)]
pub(crate) struct Plan {
    steps: Vec<Step>,
    /// Steps that are evaluated together, by the first of them.
    pub(crate) chains: HashMap<usize, Chain>,
    constants: HashMap<ValueId, Tensor>,
    /// The inputs that are needed, and the names of those that are not.
    inputs: Vec<Port>,
    input_values: Vec<ValueId>,
    spare_inputs: Vec<String>,
    outputs: Vec<Port>,
    output_values: Vec<ValueId>,
    values: usize,
}

impl Plan {
    /// Plans the way to the wanted outputs; an empty list asks for all that
    /// are not text.
    pub(crate) fn of(graph: Graph, wanted: &[&str], limits: &Limits) -> Result<Self, OnnxError> {
        let wanted = wanted_outputs(&graph, wanted)?;
        let needed = needed_values(&graph, &wanted);
        let output_values = wanted.iter().map(|output| output.value).collect();
        let outputs = wanted.iter().map(|output| output.port.clone()).collect();
        let (used, spare): (Vec<_>, Vec<_>) = graph
            .inputs
            .into_iter()
            .partition(|(_, value)| needed[value.0]);
        let (inputs, input_values) = used.into_iter().unzip();
        let mut plan = Self {
            steps: Vec::new(),
            chains: HashMap::new(),
            constants: needed_constants(graph.constants, &needed)?,
            inputs,
            input_values,
            spare_inputs: spare.into_iter().map(|(port, _)| port.name).collect(),
            outputs,
            output_values,
            values: graph.values,
        };
        for port in &plan.inputs {
            if port.element_type.is_none() {
                return Err(OnnxError::Unsupported {
                    place: Place::Input(port.name.clone()),
                    what: "an input that is not a tensor of numbers".into(),
                    remedy: "take texts in as codes: solution.toml can hash or spell them",
                });
            }
        }
        for node in graph.nodes {
            if node.outputs.iter().flatten().any(|value| needed[value.0]) {
                plan.add(node, &needed, limits)?;
            }
        }
        plan.mark_last_uses();
        plan.chains = chains(&plan.steps, &plan.constants, &plan.output_values);
        Ok(plan)
    }

    fn add(&mut self, node: Node, needed: &[bool], limits: &Limits) -> Result<(), OnnxError> {
        let built = operators::build(&node, |value| needed[value.0], limits)
            .map_err(|fault| fault.at(&node.place))?;
        match built {
            Built::Constant(tensor) => {
                if let Some(Some(value)) = node.outputs.first() {
                    self.constants.insert(*value, tensor);
                }
            }
            Built::Operator(operator) => self.steps.push(Step {
                place: node.place,
                operator,
                inputs: node.inputs,
                outputs: node
                    .outputs
                    .into_iter()
                    .map(|value| value.filter(|value| needed[value.0]))
                    .collect(),
                last_use_of: Vec::new(),
            }),
        }
        Ok(())
    }

    fn mark_last_uses(&mut self) {
        let mut seen = vec![false; self.values];
        for value in &self.output_values {
            seen[value.0] = true;
        }
        for step in self.steps.iter_mut().rev() {
            for value in step.inputs.iter().chain(&step.outputs).flatten() {
                if !std::mem::replace(&mut seen[value.0], true) {
                    step.last_use_of.push(*value);
                }
            }
        }
    }

    pub(crate) fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    pub(crate) fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    /// Evaluates the steps in order on one batch.
    pub(crate) fn run(
        &self,
        given: &[(&str, &Tensor)],
        limits: &Limits,
    ) -> Result<Vec<(String, Tensor)>, OnnxError> {
        let mut values: Vec<Option<Cow<'_, Tensor>>> = Vec::new();
        values.resize_with(self.values, || None);
        for (value, tensor) in &self.constants {
            values[value.0] = Some(Cow::Borrowed(tensor));
        }
        self.take_inputs(given, &mut values, limits)?;
        let mut budget = Budget::new(limits);
        let mut at = 0;
        while let Some(step) = self.steps.get(at) {
            let chain = self.chains.get(&at);
            let together = match chain {
                Some(chain) => {
                    let steps = &self.steps[at..at + chain.steps()];
                    run_chain(chain, steps, &mut values, &mut budget)?
                }
                None => false,
            };
            match chain {
                Some(chain) if together => at += chain.steps(),
                _ => {
                    run_step(step, &mut values, &mut budget)?;
                    at += 1;
                }
            }
        }
        let mut outputs = Vec::with_capacity(self.outputs.len());
        for (port, value) in self.outputs.iter().zip(&self.output_values) {
            let Some(tensor) = values[value.0].take() else {
                return Err(OnnxError::malformed(
                    Place::Output(port.name.clone()),
                    "this output was not computed",
                ));
            };
            outputs.push((port.name.clone(), with_one_nan(tensor.into_owned())));
        }
        Ok(outputs)
    }

    fn take_inputs<'a>(
        &self,
        given: &[(&str, &'a Tensor)],
        values: &mut [Option<Cow<'a, Tensor>>],
        limits: &Limits,
    ) -> Result<(), OnnxError> {
        for (index, (name, _)) in given.iter().enumerate() {
            let known = self.inputs.iter().any(|port| port.name == *name)
                || self.spare_inputs.iter().any(|spare| spare == name);
            if !known {
                return Err(self.input_error(name, "is not an input of the model"));
            }
            if given[..index].iter().any(|(earlier, _)| earlier == name) {
                return Err(self.input_error(name, "was given twice"));
            }
        }
        for (port, value) in self.inputs.iter().zip(&self.input_values) {
            let Some((_, tensor)) = given.iter().find(|(name, _)| *name == port.name) else {
                return Err(self.input_error(&port.name, "was not given"));
            };
            if extent(tensor.shape()) > limits.tensor_elements {
                return Err(OnnxError::Limit {
                    place: Place::Input(port.name.clone()),
                    what: "elements of a tensor",
                    found: extent(tensor.shape()),
                    limit: limits.tensor_elements,
                    remedy: "evaluate fewer rows at once",
                });
            }
            if !fits(port, tensor) {
                let problem = format!(
                    "was given as {} {:?}",
                    tensor.element_type(),
                    tensor.shape()
                );
                return Err(self.input_error(&port.name, &problem));
            }
            values[value.0] = Some(Cow::Borrowed(tensor));
        }
        Ok(())
    }

    fn input_error(&self, name: &str, problem: &str) -> OnnxError {
        OnnxError::Input {
            name: name.to_owned(),
            problem: problem.to_owned(),
            known: listed(&self.inputs),
        }
    }
}

/// Evaluates the steps of a chain together, if it fits; says whether.
fn run_chain(
    chain: &Chain,
    steps: &[Step],
    values: &mut [Option<Cow<'_, Tensor>>],
    budget: &mut Budget<'_>,
) -> Result<bool, OnnxError> {
    let (Some(tensor), Some(first)) = (values[chain.input.0].as_deref(), steps.first()) else {
        return Ok(false);
    };
    let result = chain.run(tensor, budget);
    let Some(result) = result.map_err(|fault| fault.at(&first.place))? else {
        return Ok(false);
    };
    let kept = result.data().len() as u64;
    values[chain.output.0] = Some(Cow::Owned(result));
    let freed = steps.iter().map(|step| free(step, values)).sum();
    budget.end_step(kept, freed);
    Ok(true)
}

/// Drops what no later step reads; gives its elements.
fn free(step: &Step, values: &mut [Option<Cow<'_, Tensor>>]) -> u64 {
    let mut freed = 0;
    for value in &step.last_use_of {
        if let Some(Cow::Owned(tensor)) = values[value.0].take() {
            freed += tensor.data().len() as u64;
        }
    }
    freed
}

fn run_step(
    step: &Step,
    values: &mut [Option<Cow<'_, Tensor>>],
    budget: &mut Budget<'_>,
) -> Result<(), OnnxError> {
    let mut inputs = Vec::with_capacity(step.inputs.len());
    for (position, value) in step.inputs.iter().enumerate() {
        inputs.push(match value {
            None => None,
            Some(value) => match values[value.0].as_deref() {
                Some(tensor) => Some(tensor),
                None => {
                    return Err(OnnxError::malformed(
                        step.place.clone(),
                        format!("its input {position} has no value"),
                    ));
                }
            },
        });
    }
    let results = step
        .operator
        .run(&inputs, budget)
        .map_err(|fault| fault.at(&step.place))?;
    let mut kept = 0;
    for (value, result) in step.outputs.iter().zip(results) {
        if let Some(value) = value {
            kept += result.data().len() as u64;
            values[value.0] = Some(Cow::Owned(result));
        }
    }
    let freed = free(step, values);
    budget.end_step(kept, freed);
    Ok(())
}

fn needed_constants(
    constants: HashMap<ValueId, Constant>,
    needed: &[bool],
) -> Result<HashMap<ValueId, Tensor>, OnnxError> {
    let mut kept = HashMap::new();
    for (value, constant) in constants {
        if !needed[value.0] {
            continue;
        }
        match constant {
            Constant::Numbers(tensor) => {
                kept.insert(value, tensor);
            }
            Constant::Other(place, fault) => return Err(fault.at(&place)),
        }
    }
    Ok(kept)
}

/// Which values, by [`ValueId`], lead to the wanted outputs.
pub(crate) fn needed_values(graph: &Graph, wanted: &[&GraphOutput]) -> Vec<bool> {
    let mut needed = vec![false; graph.values];
    for output in wanted {
        needed[output.value.0] = true;
    }
    for node in graph.nodes.iter().rev() {
        if node.outputs.iter().flatten().any(|value| needed[value.0]) {
            for value in node.inputs.iter().flatten() {
                needed[value.0] = true;
            }
        }
    }
    needed
}

pub(crate) fn wanted_outputs<'a>(
    graph: &'a Graph,
    wanted: &[&str],
) -> Result<Vec<&'a GraphOutput>, OnnxError> {
    if wanted.is_empty() {
        let outputs: Vec<_> = (graph.outputs.iter())
            .filter(|output| !output.text)
            .collect();
        if outputs.is_empty() {
            return Err(OnnxError::Unsupported {
                place: Place::File,
                what: "a model that gives nothing but texts".into(),
                remedy: "export an output of scores",
            });
        }
        return Ok(outputs);
    }
    let mut outputs = Vec::with_capacity(wanted.len());
    for name in wanted {
        let Some(output) = graph
            .outputs
            .iter()
            .find(|output| output.port.name == *name)
        else {
            return Err(OnnxError::NoSuchOutput {
                name: (*name).to_owned(),
                known: listed(&graph.description.outputs),
            });
        };
        if output.text {
            return Err(OnnxError::Unsupported {
                place: Place::Output(output.port.name.clone()),
                what: "an output of texts".into(),
                remedy: "ask for the output of scores",
            });
        }
        if !outputs
            .iter()
            .any(|earlier: &&GraphOutput| earlier.value == output.value)
        {
            outputs.push(output);
        }
    }
    Ok(outputs)
}

/// At most 20 ports, for an error.
fn listed(ports: &[Port]) -> String {
    const MOST: usize = 20;
    let mut text = String::new();
    for (index, port) in ports.iter().take(MOST).enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(text, "{separator}{port}");
    }
    if ports.len() > MOST {
        let _ = write!(text, " and {} more", ports.len() - MOST);
    }
    if text.is_empty() {
        text.push_str("none");
    }
    text
}

/// Whether a tensor has the type and shape that an input declares.
fn fits(port: &Port, tensor: &Tensor) -> bool {
    let shape_fits = port.shape.as_ref().is_none_or(|declared| {
        declared.len() == tensor.shape().len()
            && declared
                .iter()
                .zip(tensor.shape())
                .all(|(declared, found)| match declared {
                    Dimension::Fixed(length) => length == found,
                    Dimension::Open(_) => true,
                })
    });
    shape_fits && port.element_type == Some(tensor.element_type())
}

/// Processors disagree on the sign and payload of a NaN that they make.
fn with_one_nan(mut tensor: Tensor) -> Tensor {
    match tensor.data_mut() {
        TensorData::Float32(values) => {
            for value in values.iter_mut().filter(|value| value.is_nan()) {
                *value = f32::NAN;
            }
        }
        TensorData::Float64(values) => {
            for value in values.iter_mut().filter(|value| value.is_nan()) {
                *value = f64::NAN;
            }
        }
        TensorData::Int64(_) | TensorData::Int32(_) | TensorData::Bool(_) => {}
    }
    tensor
}
