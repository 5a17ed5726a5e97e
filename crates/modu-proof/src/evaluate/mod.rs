//! The seam between the proof engine and whatever runs a solution's model.
//!
//! The engine prepares feature batches and wants scores back; who multiplies
//! the matrices is not its business. In a plain library call that is
//! `modu-onnx` in the same process; in the program it is a child process
//! without network or files, which gets the model and these batches and never
//! sees a label, a group or a column that the solution did not name. Both
//! stand behind [`Evaluate`].

use thiserror::Error;

mod onnx;
pub use onnx::{OnnxEvaluator, score_width};

/// The values of one input tensor, row-major.
#[derive(Debug, Clone, PartialEq)]
pub enum FeatureValues {
    /// IEEE 754 single precision.
    Float32(Vec<f32>),
    /// Signed 64-bit integers.
    Int64(Vec<i64>),
}

impl FeatureValues {
    /// How many numbers it holds.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Float32(values) => values.len(),
            Self::Int64(values) => values.len(),
        }
    }

    /// Whether it holds none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// One named ONNX input of shape `[rows, width]`.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureTensor {
    /// The ONNX input's name.
    pub name: String,
    /// The second dimension.
    pub width: usize,
    /// `rows * width` numbers, row-major.
    pub values: FeatureValues,
}

/// Some rows of the data set, prepared as the solution declares.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureBatch {
    /// How many rows; at most [`crate::preparation::BATCH_ROWS`].
    pub rows: usize,
    /// One tensor per declared input, in the order of `solution.toml`.
    pub tensors: Vec<FeatureTensor>,
}

/// What a model answered to one batch: `rows * width` scores, row-major.
///
/// `width` is the number of classes, or 1 where the model gives only the
/// score of the positive class (a rank-1 ONNX output counts as width 1). The
/// values are the model's own: NaN is passed on, and judged by the engine.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// Rows, as in the batch.
    pub rows: usize,
    /// Scores per row.
    pub width: usize,
    /// Row-major scores.
    pub values: Vec<f32>,
}

/// Why a model gave no scores.
#[derive(Debug, Error)]
pub enum EvaluateError {
    /// The model file is refused before it runs.
    #[error("the model is refused: {0}")]
    Refused(String),
    /// The model and `solution.toml` do not fit together.
    #[error("the model does not fit its solution.toml: {0}")]
    Mismatch(String),
    /// The model ran and failed, or broke a limit of time or memory.
    #[error("the model failed: {0}")]
    Failed(String),
    /// The machine, not the model: no child process could be started, say.
    #[error("the model could not be run here: {0}")]
    Machine(std::io::Error),
}

/// Something that holds one model and scores batches with it.
pub trait Evaluate {
    /// Scores one batch. The same batch gives the same bits, however the rows
    /// were cut into batches.
    ///
    /// # Errors
    /// [`EvaluateError`]; after one, the evaluator is not used again.
    fn evaluate(&mut self, batch: &FeatureBatch) -> Result<Scores, EvaluateError>;

    /// The runtime that scores, with its version, where it is not `modu-onnx`:
    /// who runs it again needs the same.
    fn back_end(&self) -> Option<String> {
        None
    }
}

/// One input as `solution.toml` declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedInput {
    /// The ONNX input's name.
    pub name: String,
    /// The second dimension: the summed widths of its prepared columns.
    pub width: usize,
    /// Whether its values are 64-bit integers; else single precision.
    pub integer: bool,
}

/// What an evaluator must know of a solution beside the model's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelInterface {
    /// The inputs, in the order in which batches carry them.
    pub inputs: Vec<ExpectedInput>,
    /// The name of the ONNX output that holds the scores.
    pub output: String,
    /// The scores of a row, `k`: the number of classes, or 1 prediction. The
    /// output is `[n, k]`; for binary tasks and predictions also `[n]` or
    /// `[n, 1]`.
    pub classes: usize,
}

/// Makes the evaluator of one model: `(model bytes, interface)`.
pub type MakeEvaluator<'a> =
    dyn FnMut(&[u8], &ModelInterface) -> Result<Box<dyn Evaluate>, EvaluateError> + 'a;
