//! Reads a stranger's ONNX file, checks it, and evaluates it the same way
//! everywhere.
//!
//! A supplier hands in a trained model as an ONNX file. Nobody at the owner's
//! side wrote it, so three things are asked of this crate. It must not be
//! harmed by the file: every count and size in it is held against [`Limits`]
//! before memory is spent, and what a model has no business to contain (files
//! beside it, functions, loops, operators of other makers) is refused with the
//! reason. It must say what the model is: its inputs, its outputs, its
//! operators. And it must give the same scores to everybody who runs it again:
//! the kernels are our own, add in a fixed order, never contract a
//! multiplication with an addition, and take `exp`, `tanh` and their like from
//! the pure-Rust `libm` (the exponential of many numbers at once is our own, with
//! the bits of `libm`); so the bytes of a result depend on neither processor, nor
//! threads, nor how the rows were cut into batches.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use modu_onnx::{Limits, Model, Tensor};
//!
//! let bytes = std::fs::read("linear.onnx")?;
//! let model = Model::read(&bytes, &["probabilities"], &Limits::default())?;
//! let row = Tensor::float32(vec![1, 3], vec![0.5, 1.0, 0.0])?;
//! let outputs = model.run(&[("features", &row)])?;
//! assert_eq!(outputs[0].0, "probabilities");
//! # Ok(())
//! # }
//! ```
//!
//! # What is read
//! Operator sets 7 to 25 of the default domain and 1 to 5 of `ai.onnx.ml`;
//! [`supported_operators`] lists the operators. The crate is pure: it opens no
//! file and starts no thread.
//!
//! # How close to other runtimes
//! The reference models of `tests/reference` agree with ONNX Runtime 1.31
//! within 10^-6 of the larger of 1 and the value for linear models, trees and
//! most operators, within 4 x 10^-6 where that runtime adds many
//! single-precision numbers in another order, and within 3 x 10^-5 for the
//! post-transform PROBIT. Linear models and trees are added here in double
//! precision and rounded once. Where the documentation and that runtime give
//! different results (some `base_values`, some `post_transform`s), the model is
//! refused rather than scored otherwise than its maker saw.
//!
//! The ONNX project's own tests of the operators are run by `cargo xtask interop
//! onnx`, which keeps the table `bench/interop-onnx.md`.
//!
//! Our own results are the same to the bit on x86-64 and 64-bit ARM; a test
//! pins them.
//!
//! # Where to start reading
//! [`Model::read`] goes through `wire` (a count of what decoding would cost),
//! `proto` (the messages), `vet` (what the file may say) and `plan` (the order
//! of evaluation); `operators` holds one file per family of kernels, and `chain`
//! sends some rows at a time through several of them.

mod attributes;
mod budget;
mod chain;
mod constant;
mod error;
mod limits;
mod model;
mod operators;
mod place;
mod plan;
mod proto;
mod tensor;
mod vet;
mod vetted;
mod wire;

pub use error::{OnnxError, RefusalKind};
pub use limits::Limits;
pub use model::{Description, Dimension, Model, OperatorUse, Port, describe};
pub use operators::{SupportedOperator, supported_operators};
pub use place::Place;
pub use tensor::{ElementType, Tensor, TensorData};
pub use vetted::{VettedModel, vet};
