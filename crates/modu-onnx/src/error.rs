//! Why a model was refused or could not be evaluated.

use std::fmt;

use crate::place::{Place, Shown};
use crate::tensor::ElementType;

/// What kind of refusal an error is, for a program that must react to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalKind {
    /// The bytes are not an ONNX file.
    Encoding,
    /// The file says something that a solution may not contain.
    Forbidden,
    /// An operator or variant that this crate has no kernel for.
    Unsupported,
    /// The graph contradicts itself or the operators' documentation.
    Malformed,
    /// A stated limit is passed: of the file, or of the work of one run.
    Limit,
    /// What the caller asked or handed in does not fit the model.
    Request,
}

impl RefusalKind {
    /// A stable name for machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Encoding => "encoding",
            Self::Forbidden => "forbidden",
            Self::Unsupported => "unsupported",
            Self::Malformed => "malformed",
            Self::Limit => "limit",
            Self::Request => "request",
        }
    }
}

impl fmt::Display for RefusalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a model was refused or could not be evaluated: what, where, and what to
/// do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OnnxError {
    /// The bytes do not decode as the messages of onnx.proto.
    #[error("{place}: {problem}; export the model again and check that the file is whole")]
    Encoding {
        /// Where.
        place: Place,
        /// What is wrong there.
        problem: String,
    },
    /// Something that a solution may not contain.
    #[error("{place}: {construct} is not accepted; {remedy}")]
    Forbidden {
        /// Where.
        place: Place,
        /// What was found.
        construct: String,
        /// What to do instead.
        remedy: &'static str,
    },
    /// An operator, or a variant of one, without a kernel here.
    #[error("{place}: {what} is not supported; {remedy}")]
    Unsupported {
        /// Where.
        place: Place,
        /// The operator or variant.
        what: String,
        /// What to do instead.
        remedy: &'static str,
    },
    /// The graph contradicts itself or the documentation of an operator.
    #[error("{place}: {problem}; correct the model's export")]
    Malformed {
        /// Where.
        place: Place,
        /// What is wrong.
        problem: String,
    },
    /// A stated limit of [`crate::Limits`] is passed.
    #[error("{place}: {what}: {found}, but the limit is {limit}; {remedy}")]
    Limit {
        /// Where.
        place: Place,
        /// What was counted.
        what: &'static str,
        /// How much there is, or was asked for; saturates.
        found: u64,
        /// How much is accepted.
        limit: u64,
        /// What to do.
        remedy: &'static str,
    },
    /// The model has no such input, or an input was not given.
    #[error(
        "the input `{}` {problem}; the model's inputs are {known}",
        Shown(name)
    )]
    Input {
        /// The name that the caller used, or that the model asks for.
        name: String,
        /// What is wrong with it.
        problem: String,
        /// The inputs that the model has.
        known: String,
    },
    /// The model has no such output.
    #[error("the model has no output `{}`; its outputs are {known}", Shown(name))]
    NoSuchOutput {
        /// The name that was asked for.
        name: String,
        /// The outputs that it has.
        known: String,
    },
    /// A tensor's element count is not the product of its shape.
    #[error("a tensor of shape {shape:?} cannot hold {found} elements: make the two agree")]
    Shape {
        /// The shape.
        shape: Vec<usize>,
        /// The number of elements handed over.
        found: usize,
    },
    /// A tensor of another element type was expected.
    #[error("a {expected} tensor was expected but this one is {found}: convert it first")]
    ElementType {
        /// The type asked for.
        expected: ElementType,
        /// The type it has.
        found: ElementType,
    },
}

impl OnnxError {
    /// What kind of refusal this is.
    #[must_use]
    pub const fn kind(&self) -> RefusalKind {
        match self {
            Self::Encoding { .. } => RefusalKind::Encoding,
            Self::Forbidden { .. } => RefusalKind::Forbidden,
            Self::Unsupported { .. } => RefusalKind::Unsupported,
            Self::Malformed { .. } => RefusalKind::Malformed,
            Self::Limit { .. } => RefusalKind::Limit,
            Self::Input { .. }
            | Self::NoSuchOutput { .. }
            | Self::Shape { .. }
            | Self::ElementType { .. } => RefusalKind::Request,
        }
    }

    pub(crate) fn encoding(offset: usize, problem: impl Into<String>) -> Self {
        Self::Encoding {
            place: Place::Byte(offset),
            problem: problem.into(),
        }
    }

    pub(crate) fn malformed(place: Place, problem: impl Into<String>) -> Self {
        Self::Malformed {
            place,
            problem: problem.into(),
        }
    }
}
