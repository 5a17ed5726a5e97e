//! Why a network was refused or could not be evaluated.

use modu_onnx::{OnnxError, Place, RefusalKind};

/// Why a network was refused or could not be evaluated: what, where, and what
/// to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TractError {
    /// An operator that is not on the list.
    #[error(
        "{place}: this operator is not supported, by tract neither; export the model with \
         operators of the lists of `modu-onnx` and `modu-onnx-tract`"
    )]
    Operator {
        /// The first node of that operator.
        place: Place,
    },
    /// Operators of `ai.onnx.ml` beside operators that our kernels lack.
    #[error(
        "{place}: trees, linear models and encoders of `ai.onnx.ml` are not evaluated together \
         with operators that need tract; hand in one or the other"
    )]
    Mixed {
        /// The first such node.
        place: Place,
    },
    /// An operator set that tract is not tested with.
    #[error(
        "the model file: version {found} of the operator set is not one of {fewest} to {most}, \
         which tract reads; export the model with operator set {most}"
    )]
    OperatorSet {
        /// The version that the file imports.
        found: i64,
        /// The earliest that is read.
        fewest: i64,
        /// The latest that is read.
        most: i64,
    },
    /// An input or output that is not rows of numbers.
    #[error("{place}: {problem}; {remedy}")]
    Port {
        /// Which.
        place: Place,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        remedy: &'static str,
    },
    /// tract finds the network contradictory, or lacks a variant of an operator.
    #[error("tract cannot evaluate the network: {problem}; export it with plainer operators")]
    Plan {
        /// In tract's words.
        problem: String,
    },
    /// A tensor of one row is too large.
    #[error(
        "{place}: elements of a tensor for one row: {found}, but the limit is {limit}; hand in a smaller model"
    )]
    Limit {
        /// Where in the prepared network, in tract's words.
        place: String,
        /// How many there would be; saturates.
        found: u64,
        /// How many are accepted.
        limit: u64,
    },
    /// What the caller handed in does not fit the model.
    #[error("{0}")]
    Input(String),
    /// The evaluation failed.
    #[error("tract failed while it evaluated the network: {problem}; correct the model's export")]
    Run {
        /// In tract's words.
        problem: String,
    },
    /// tract panicked.
    #[error(
        "tract broke off {doing} (a panic): {problem}; export the network with plainer operators"
    )]
    Panic {
        /// What it was doing.
        doing: &'static str,
        /// What it said.
        problem: String,
    },
    /// A tensor could not be made of what tract gave.
    #[error(transparent)]
    Tensor(#[from] OnnxError),
}

impl TractError {
    /// What kind of refusal this is.
    #[must_use]
    pub const fn kind(&self) -> RefusalKind {
        match self {
            Self::Operator { .. }
            | Self::Mixed { .. }
            | Self::OperatorSet { .. }
            | Self::Port { .. }
            | Self::Plan { .. } => RefusalKind::Unsupported,
            Self::Limit { .. } => RefusalKind::Limit,
            Self::Input(_) => RefusalKind::Request,
            Self::Run { .. } | Self::Panic { .. } => RefusalKind::Malformed,
            Self::Tensor(error) => error.kind(),
        }
    }
}

/// The longest text of tract's that is passed on, in characters.
const LONGEST: usize = 400;

/// tract's words without what a stranger could have hidden in them: on one
/// line, and cut.
pub(crate) fn words(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect();
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    match plain.char_indices().nth(LONGEST) {
        None => plain,
        Some((end, _)) => format!("{}...", &plain[..end]),
    }
}
