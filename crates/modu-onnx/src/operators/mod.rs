//! The operators that can be evaluated: one table, and one file per family.

use std::fmt;

use crate::attributes::Attributes;
use crate::budget::{Budget, Fault};
use crate::limits::Limits;
use crate::tensor::Tensor;
use crate::vet::{Domain, Node, ValueId};

/// A kernel with its attributes fixed.
pub(crate) trait Operator: fmt::Debug + Send + Sync {
    /// Evaluates one node: the inputs in the order of the operator's
    /// documentation, an optional one that is left out being none. Gives the
    /// outputs in order; those that nobody wants may be left off at the end
    /// or be empty.
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault>;
}

/// What a node became.
pub(crate) enum Built {
    /// A value that no input changes.
    Constant(Tensor),
    /// Something to evaluate.
    Operator(Box<dyn Operator>),
}

/// What an operator is built from.
pub(crate) struct Definition<'a> {
    pub(crate) name: &'a str,
    /// The version of the operator set.
    pub(crate) version: i64,
    pub(crate) attributes: &'a Attributes,
    /// Which outputs somebody wants.
    pub(crate) wanted: Vec<bool>,
    pub(crate) limits: &'a Limits,
}

impl Definition<'_> {
    pub(crate) fn wants(&self, output: usize) -> bool {
        self.wanted.get(output).copied().unwrap_or(false)
    }
}

type Build = fn(&Definition<'_>) -> Result<Built, Fault>;

/// A row of the table of operators.
struct Entry {
    domain: Domain,
    name: &'static str,
    /// How few and how many inputs it may have.
    inputs: (usize, usize),
    build: Build,
}

/// An operator that this crate can evaluate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SupportedOperator {
    /// Its domain, empty for the default one.
    pub domain: &'static str,
    /// Its name.
    pub name: &'static str,
}

/// The operators that this crate can evaluate, sorted by domain and name.
#[must_use]
pub fn supported_operators() -> Vec<SupportedOperator> {
    let mut list: Vec<_> = TABLE
        .iter()
        .map(|entry| SupportedOperator {
            domain: entry.domain.name(),
            name: entry.name,
        })
        .collect();
    list.sort_by_key(|operator| (operator.domain, operator.name));
    list
}

const TABLE: &[Entry] = &[];

/// Builds a vetted node's operator.
pub(crate) fn build(
    node: &Node,
    needed: impl Fn(ValueId) -> bool,
    limits: &Limits,
) -> Result<Built, Fault> {
    let Some(entry) = TABLE
        .iter()
        .find(|entry| entry.domain == node.domain && entry.name == node.operator)
    else {
        return Err(Fault::unsupported(
            "this operator",
            "export the model with operators of the list that `modu_onnx::supported_operators` gives",
        ));
    };
    let (fewest, most) = entry.inputs;
    if node.inputs.len() < fewest || node.inputs.len() > most {
        return Err(Fault::malformed(format!(
            "{} inputs were given, but the operator takes {fewest} to {most}",
            node.inputs.len()
        )));
    }
    if node.inputs[..fewest].iter().any(Option::is_none) {
        return Err(Fault::malformed(
            "an input that the operator needs is left out",
        ));
    }
    let definition = Definition {
        name: entry.name,
        version: node.version,
        attributes: &node.attributes,
        wanted: node
            .outputs
            .iter()
            .map(|value| value.is_some_and(&needed))
            .collect(),
        limits,
    };
    let built = (entry.build)(&definition)?;
    node.attributes.finish()?;
    Ok(built)
}
