//! ONNX vetting and evaluation: the law is `modu_fuzz::onnx`.

#![no_main]

use modu_fuzz::onnx::TARGET;

modu_fuzz_targets::drive!(TARGET);
