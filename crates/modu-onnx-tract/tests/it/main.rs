//! Networks of `tests/reference` against ONNX Runtime, and what is refused.
//! Without the feature `tract` there is nothing to test.
#![cfg(feature = "tract")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail by panic"
)]

mod networks;
mod refusals;
