//! One integration binary: models of the reference folder against ONNX
//! Runtime, hostile files, and the models of the shared data.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may fail by panic and say why"
)]

mod batches;
mod hostile;
mod make;
mod reference;
mod refusals;
mod shared;
mod trees;
mod vetted;
