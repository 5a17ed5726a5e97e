//! Why ONNX Runtime gave no scores.

use std::path::PathBuf;

use modu_onnx::OnnxError;

/// Why ONNX Runtime gave no scores.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The library cannot be loaded, or is too old.
    #[error(
        "{}: {problem}; name the libonnxruntime.so of the PyPI package onnxruntime 1.31",
        .path.display()
    )]
    Library {
        /// The file.
        path: PathBuf,
        /// In the loader's words.
        problem: String,
    },
    /// The runtime refuses the model or a batch.
    #[error("ONNX Runtime: {0}; correct the model's export")]
    Runtime(String),
    /// An output of a type that is not compared.
    #[error("the output `{0}` is not of float32, float64 or int64: ask for the scores")]
    Output(String),
    /// A tensor that cannot be made.
    #[error(transparent)]
    Tensor(#[from] OnnxError),
}
