//! The trained models of `modu-onnx`'s tests, scored by ONNX Runtime and by our
//! kernels. Where the variable `ORT_DYLIB_PATH` does not name the runtime's
//! library, the test says that it is skipped.
#![cfg(feature = "onnxruntime")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may fail by panic and say why"
)]

use std::path::Path;

use modu_onnx::{Limits, Model, Tensor, vet};
use modu_onnx_runtime::{Library, RuntimeModel, difference};
use serde_json::Value;

/// The largest difference of a score, in units in its last place. Large only
/// for scores near zero: the runtime adds in single precision, and `exp` makes
/// an absolute error of a logit a relative one of a small probability.
const ULPS: u32 = 4096;
/// The largest difference of a score.
const ABSOLUTE: f32 = 1e-6;

#[allow(
    clippy::cast_possible_truncation,
    reason = "written from single precision"
)]
fn rows(case: &Value) -> Tensor {
    let input = &case["inputs"]["X"];
    let shape = input["shape"].as_array().unwrap().iter();
    let values = input["values"].as_array().unwrap().iter();
    Tensor::float32(
        shape
            .map(|length| length.as_u64().unwrap() as usize)
            .collect(),
        values.map(|value| value.as_f64().unwrap() as f32).collect(),
    )
    .unwrap()
}

fn largest(left: &[f32], right: &[f32]) -> f32 {
    let both = left.iter().zip(right);
    both.map(|(left, right)| (left - right).abs())
        .fold(0.0, f32::max)
}

#[test]
fn our_kernels_decide_as_onnx_runtime_and_differ_by_few_units_in_the_last_place() {
    let Some(path) = std::env::var_os("ORT_DYLIB_PATH") else {
        eprintln!("skipped: no ORT_DYLIB_PATH");
        return;
    };
    let library = Library::load(Path::new(&path)).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../modu-onnx/tests/reference");
    let text = std::fs::read_to_string(folder.join("cases.json")).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let (mut compared, mut apart_too_far) = (0, Vec::new());
    for case in document["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let scores = "probabilities";
        if !name.starts_with("trained_") || case["outputs"][scores].is_null() {
            continue;
        }
        let bytes = std::fs::read(folder.join(format!("models/{name}.onnx"))).unwrap();
        let rows = rows(case);
        let limits = Limits::default();
        let vetted = vet(&bytes, &[scores], &limits).unwrap();
        let mut theirs = RuntimeModel::read(&library, &vetted).unwrap();
        let theirs = theirs.run(&[("X", &rows)]).unwrap();
        let ours = Model::read(&bytes, &[scores], &limits).unwrap();
        let ours = ours.run(&[("X", &rows)]).unwrap();
        let found = difference(&ours[0].1, &theirs[0]).unwrap();
        let apart = largest(
            ours[0].1.as_float32().unwrap(),
            theirs[0].as_float32().unwrap(),
        );
        eprintln!("{name}: {found:?}, {apart:e}");
        if found.decisions > 0 || found.ulps.is_none_or(|ulps| ulps > ULPS) || apart > ABSOLUTE {
            apart_too_far.push(format!("{name}: {found:?}, {apart:e}"));
        }
        compared += 1;
    }
    assert!(apart_too_far.is_empty(), "{apart_too_far:?}");
    assert!(compared >= 5, "{compared}");
}

#[test]
fn a_file_that_is_no_library_is_an_error_that_names_it() {
    let error = Library::load(Path::new("/dev/null")).expect_err("should be refused");
    assert!(error.to_string().starts_with("/dev/null: "), "{error}");
}
