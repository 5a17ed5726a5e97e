//! The operators that can be evaluated: one table, and one file per family.

mod arithmetic;
mod broadcast;
pub(crate) mod call;
mod cast;
mod constants;
mod elementwise;
mod exponential;
mod linear;
mod matrix;
mod normalise;
mod number;
mod post_transform;
mod reduce;
pub(crate) mod rows;
mod scale;
mod select;
mod shape;
mod softmax;
mod trees;

use std::fmt;

use crate::attributes::Attributes;
use crate::budget::{Budget, Fault};
use crate::limits::Limits;
use crate::operators::rows::{RowCall, RowKernel};
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

    /// The same for rows alone, if the operator takes them apart where it
    /// stands.
    fn by_rows(&self, _: &RowCall<'_>) -> Option<Box<dyn RowKernel>> {
        None
    }
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

/// Operators that fold any number of inputs.
const MANY: usize = usize::MAX;

const fn default(name: &'static str, inputs: (usize, usize), build: Build) -> Entry {
    Entry {
        domain: Domain::Default,
        name,
        inputs,
        build,
    }
}

const fn ml(name: &'static str, inputs: (usize, usize), build: Build) -> Entry {
    Entry {
        domain: Domain::Ml,
        name,
        inputs,
        build,
    }
}

const TABLE: &[Entry] = &[
    default("Add", (2, 2), arithmetic::build),
    default("Sub", (2, 2), arithmetic::build),
    default("Mul", (2, 2), arithmetic::build),
    default("Div", (2, 2), arithmetic::build),
    default("Pow", (2, 2), arithmetic::build),
    default("Equal", (2, 2), arithmetic::build),
    default("Less", (2, 2), arithmetic::build),
    default("LessOrEqual", (2, 2), arithmetic::build),
    default("Greater", (2, 2), arithmetic::build),
    default("GreaterOrEqual", (2, 2), arithmetic::build),
    default("And", (2, 2), arithmetic::build),
    default("Or", (2, 2), arithmetic::build),
    default("Xor", (2, 2), arithmetic::build),
    default("Min", (1, MANY), arithmetic::build),
    default("Max", (1, MANY), arithmetic::build),
    default("Sum", (1, MANY), arithmetic::build),
    default("Where", (3, 3), arithmetic::build_where),
    default("Not", (1, 1), arithmetic::build_not),
    default("Cast", (1, 1), cast::build),
    default("Constant", (0, 0), constants::build),
    default("ConstantOfShape", (1, 1), constants::build_of_shape),
    default("Relu", (1, 1), elementwise::build),
    default("LeakyRelu", (1, 1), elementwise::build),
    default("Elu", (1, 1), elementwise::build),
    default("Selu", (1, 1), elementwise::build),
    default("Sigmoid", (1, 1), elementwise::build),
    default("HardSigmoid", (1, 1), elementwise::build),
    default("Tanh", (1, 1), elementwise::build),
    default("Softplus", (1, 1), elementwise::build),
    default("Gelu", (1, 1), elementwise::build),
    default("Erf", (1, 1), elementwise::build),
    default("Exp", (1, 1), elementwise::build),
    default("Log", (1, 1), elementwise::build),
    default("Sqrt", (1, 1), elementwise::build),
    default("Reciprocal", (1, 1), elementwise::build),
    default("Abs", (1, 1), elementwise::build),
    default("Neg", (1, 1), elementwise::build),
    default("Sign", (1, 1), elementwise::build),
    default("Floor", (1, 1), elementwise::build),
    default("Ceil", (1, 1), elementwise::build),
    default("Round", (1, 1), elementwise::build),
    default("Clip", (1, 3), elementwise::build_clip),
    default("MatMul", (2, 2), matrix::build_matmul),
    default("Gemm", (2, 3), matrix::build_gemm),
    default("BatchNormalization", (5, 5), normalise::build_batch),
    default("LayerNormalization", (2, 3), normalise::build_layer),
    default("ReduceSum", (1, 2), reduce::build),
    default("ReduceMean", (1, 2), reduce::build),
    default("ReduceMax", (1, 2), reduce::build),
    default("ReduceMin", (1, 2), reduce::build),
    default("ArgMax", (1, 1), reduce::build_arg),
    default("ArgMin", (1, 1), reduce::build_arg),
    default("Concat", (1, MANY), select::build_concat),
    default("Gather", (2, 2), select::build_gather),
    default("Slice", (1, 5), select::build_slice),
    default("Split", (1, 2), select::build_split),
    default("Identity", (1, 1), shape::build),
    default("Flatten", (1, 1), shape::build),
    default("Reshape", (2, 2), shape::build),
    default("Squeeze", (1, 2), shape::build),
    default("Unsqueeze", (1, 2), shape::build),
    default("Dropout", (1, 3), shape::build),
    default("Transpose", (1, 1), shape::build_transpose),
    default("Expand", (2, 2), shape::build_expand),
    default("Shape", (1, 1), shape::build_shape),
    default("Softmax", (1, 1), softmax::build),
    default("LogSoftmax", (1, 1), softmax::build),
    ml("LinearClassifier", (1, 1), linear::build_classifier),
    ml("LinearRegressor", (1, 1), linear::build_regressor),
    ml("Scaler", (1, 1), scale::build_scaler),
    ml("Normalizer", (1, 1), scale::build_normalizer),
    ml(
        "ArrayFeatureExtractor",
        (2, 2),
        select::build_feature_extractor,
    ),
    ml("ZipMap", (1, 1), shape::build),
    ml("TreeEnsembleClassifier", (1, 1), trees::build_classifier),
    ml("TreeEnsembleRegressor", (1, 1), trees::build_regressor),
    ml("TreeEnsemble", (1, 1), trees::build_ensemble),
];

/// Whether there is a kernel of this name.
pub(crate) fn is_supported(domain: Domain, name: &str) -> bool {
    entry(domain, name).is_some()
}

fn entry(domain: Domain, name: &str) -> Option<&'static Entry> {
    TABLE
        .iter()
        .find(|entry| entry.domain == domain && entry.name == name)
}

/// Builds a vetted node's operator.
pub(crate) fn build(
    node: &Node,
    needed: impl Fn(ValueId) -> bool,
    limits: &Limits,
) -> Result<Built, Fault> {
    let Some(entry) = entry(node.domain, &node.operator) else {
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
