//! The public face: a vetted model that is ready to be evaluated.

use std::fmt;

use crate::limits::Limits;
use crate::tensor::{ElementType, Tensor};
use crate::{OnnxError, plan, proto, vet};

/// One dimension of a declared shape.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// Always this long.
    Fixed(usize),
    /// As long as the data: usually the number of rows of a batch. The text is
    /// the file's name for it, which may be empty.
    Open(String),
}

/// A named input or output of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// The type of its elements; none for a text label or another type that is
    /// not evaluated here.
    pub element_type: Option<ElementType>,
    /// Its shape as declared; none where the file declares none.
    pub shape: Option<Vec<Dimension>>,
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` (", crate::place::Shown(&self.name))?;
        match self.element_type {
            Some(element_type) => write!(f, "{element_type}")?,
            None => f.write_str("not a tensor of numbers")?,
        }
        if let Some(shape) = &self.shape {
            f.write_str(" [")?;
            for (index, dimension) in shape.iter().enumerate() {
                let separator = if index == 0 { "" } else { ", " };
                match dimension {
                    Dimension::Fixed(length) => write!(f, "{separator}{length}")?,
                    Dimension::Open(_) => write!(f, "{separator}?")?,
                }
            }
            f.write_str("]")?;
        }
        f.write_str(")")
    }
}

/// How often an operator is used in a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorUse {
    /// The operator's domain, empty for the default one.
    pub domain: String,
    /// The operator's name.
    pub name: String,
    /// The number of nodes.
    pub nodes: usize,
}

/// What a file says of itself, after vetting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Inputs that the caller must give, in the file's order.
    pub inputs: Vec<Port>,
    /// Outputs, in the file's order.
    pub outputs: Vec<Port>,
    /// The version of the default operator set, where it is imported.
    pub operator_set: Option<i64>,
    /// The version of the operator set `ai.onnx.ml`, where it is imported.
    pub ml_operator_set: Option<i64>,
    /// The operators used, sorted by domain and name.
    pub operators: Vec<OperatorUse>,
    /// Elements of all constant tensors and tree nodes: the size of the model.
    pub constant_elements: u64,
    /// The tool that wrote the file, by its own word.
    pub producer: String,
}

/// A vetted model, ready to be evaluated any number of times.
///
/// It holds only what the wanted outputs need; nodes that lead to other
/// outputs were vetted and then dropped.
#[derive(Debug)]
pub struct Model {
    description: Description,
    plan: plan::Plan,
    limits: Limits,
}

impl Model {
    /// Reads, vets and plans a model.
    ///
    /// `outputs` names the wanted outputs, in the order in which
    /// [`Self::run`] shall give them, each once; empty asks for all that are not
    /// text. Costs one copy of the
    /// file's constants.
    ///
    /// # Errors
    /// Any refusal of [`OnnxError`]: the file's encoding, a forbidden
    /// construct, an operator without kernel on the way to a wanted output, a
    /// passed limit, or an output that is not there or not of numbers.
    pub fn read(bytes: &[u8], outputs: &[&str], limits: &Limits) -> Result<Self, OnnxError> {
        let file = proto::decode(bytes, limits)?;
        let graph = vet::check(file, limits)?;
        let description = graph.description.clone();
        let plan = plan::Plan::of(graph, outputs, limits)?;
        Ok(Self {
            description,
            plan,
            limits: limits.clone(),
        })
    }

    /// What the file says of itself.
    #[must_use]
    pub const fn description(&self) -> &Description {
        &self.description
    }

    /// The inputs that [`Self::run`] needs for the wanted outputs.
    #[must_use]
    pub fn inputs(&self) -> &[Port] {
        self.plan.inputs()
    }

    /// The wanted outputs, in the order in which [`Self::run`] gives them.
    #[must_use]
    pub fn outputs(&self) -> &[Port] {
        self.plan.outputs()
    }

    /// Evaluates one batch: named input tensors, whose first dimension is
    /// usually the row, to the wanted outputs.
    ///
    /// The result depends on the model and the inputs only; and where the
    /// model itself treats rows apart, a row's result does not depend on the
    /// other rows. Every NaN that comes out has the same bits. Inputs that the
    /// wanted outputs do not need may be left out or given.
    ///
    /// # Errors
    /// [`OnnxError::Input`] for a missing, unknown or unfitting input;
    /// [`OnnxError::Limit`] where a tensor or the work passes the limits;
    /// [`OnnxError::Malformed`] where shapes or indices meet that do not fit.
    pub fn run(&self, inputs: &[(&str, &Tensor)]) -> Result<Vec<(String, Tensor)>, OnnxError> {
        self.plan.run(inputs, &self.limits)
    }
}

/// Reads and vets a file without preparing to evaluate it: operators without a
/// kernel are listed, not refused.
///
/// # Errors
/// As [`Model::read`], kernels and wanted outputs left aside.
pub fn describe(bytes: &[u8], limits: &Limits) -> Result<Description, OnnxError> {
    Ok(vet::check(proto::decode(bytes, limits)?, limits)?.description)
}
