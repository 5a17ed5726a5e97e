//! Every network that `tests/reference/make_networks.py` made gives what ONNX
//! Runtime gave, however its rows are cut into batches.

use std::path::Path;

use modu_onnx::{Limits, Model, RefusalKind, Tensor, TensorData, vet};
use modu_onnx_tract::TractModel;
use serde_json::Value;

/// The largest difference from ONNX Runtime 1.31.1 that a score may have, in
/// units in the last place. Measured on x86-64 with AVX2 and FMA: at most 16, where
/// a softmax makes a small score of sums in another order.
const ULPS: u32 = 32;

pub(crate) struct Network {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    input: (String, Tensor),
    output: String,
    shape: Vec<usize>,
    scores: Vec<f32>,
}

pub(crate) fn networks() -> Vec<Network> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    let text = std::fs::read_to_string(folder.join("networks.json")).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let cases = document["cases"].as_array().unwrap();
    cases
        .iter()
        .map(|case| {
            let name = case["name"].as_str().unwrap().to_owned();
            let (key, input) = case["inputs"].as_object().unwrap().iter().next().unwrap();
            let values = input["values"].as_array().unwrap().iter();
            let data = if input["integer"].as_bool().unwrap() {
                TensorData::Int64(values.map(|value| value.as_i64().unwrap()).collect())
            } else {
                TensorData::Float32(floats(values))
            };
            Network {
                bytes: std::fs::read(folder.join(format!("{name}.onnx"))).unwrap(),
                name,
                input: (key.clone(), Tensor::new(shape(input), data).unwrap()),
                output: case["output"].as_str().unwrap().to_owned(),
                shape: shape(case),
                scores: floats(case["values"].as_array().unwrap().iter()),
            }
        })
        .collect()
}

fn shape(value: &Value) -> Vec<usize> {
    let lengths = value["shape"].as_array().unwrap().iter();
    lengths
        .map(|length| length.as_u64().unwrap() as usize)
        .collect()
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "written from single precision"
)]
fn floats<'a>(values: impl Iterator<Item = &'a Value>) -> Vec<f32> {
    values.map(|value| value.as_f64().unwrap() as f32).collect()
}

impl Network {
    pub(crate) fn model(&self) -> TractModel {
        let limits = Limits::default();
        let vetted = vet(&self.bytes, &[&self.output], &limits).unwrap();
        assert!(!vetted.lacking().is_empty(), "{}", self.name);
        TractModel::read(&vetted, &limits).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    /// The rows from one to another.
    fn rows(&self, from: usize, to: usize) -> Tensor {
        let (_, all) = &self.input;
        let width = all.shape()[1];
        let part = from * width..to * width;
        let data = match all.data() {
            TensorData::Float32(values) => TensorData::Float32(values[part].to_vec()),
            TensorData::Int64(values) => TensorData::Int64(values[part].to_vec()),
            other => panic!("{other:?}"),
        };
        Tensor::new(vec![to - from, width], data).unwrap()
    }

    fn score(&self, model: &TractModel, from: usize, to: usize) -> Tensor {
        let rows = self.rows(from, to);
        model.run(&[(self.input.0.as_str(), &rows)]).unwrap()
    }
}

/// How many single-precision numbers lie between two of the same sign.
fn ulps(left: f32, right: f32) -> u32 {
    assert_eq!(left.is_sign_positive(), right.is_sign_positive());
    left.to_bits().abs_diff(right.to_bits())
}

#[test]
fn networks_that_our_kernels_lack_give_what_onnx_runtime_gave_within_stated_ulps() {
    let mut names = Vec::new();
    for network in networks() {
        let all = network.score(&network.model(), 0, network.shape[0]);
        assert_eq!(all.shape(), network.shape, "{}", network.name);
        let found = all.as_float32().unwrap();
        let worst = found
            .iter()
            .zip(&network.scores)
            .map(|(found, expected)| ulps(*found, *expected))
            .max();
        println!("{}: {worst:?} ulps", network.name);
        assert!(worst.unwrap() <= ULPS, "{}: {worst:?} ulps", network.name);
        names.push(network.name);
    }
    assert_eq!(names, ["convolution", "text_convolution", "lstm", "gru"]);
}

#[test]
fn a_rows_bits_do_not_depend_on_its_batch_or_its_place_in_it() {
    for network in networks() {
        let model = network.model();
        let rows = network.shape[0];
        let all = network.score(&model, 0, rows);
        let all = all.as_float32().unwrap();
        for step in [1, 7, rows] {
            let mut cut = Vec::new();
            for from in (0..rows).step_by(step) {
                let part = network.score(&model, from, (from + step).min(rows));
                cut.extend(
                    part.as_float32()
                        .unwrap()
                        .iter()
                        .map(|score| score.to_bits()),
                );
            }
            let all: Vec<u32> = all.iter().map(|score| score.to_bits()).collect();
            assert_eq!(cut, all, "{} in batches of {step}", network.name);
        }
        let none = network.score(&model, 0, 0);
        assert_eq!(none.shape(), [0, network.shape[1]]);
    }
}

#[test]
fn our_own_kernels_refuse_these_networks_by_the_operators_name() {
    for network in networks() {
        let error = Model::read(&network.bytes, &[&network.output], &Limits::default())
            .expect_err("should be refused");
        assert_eq!(error.kind(), RefusalKind::Unsupported);
        let operators = ["(Conv)", "(LSTM)", "(GRU)"];
        let text = error.to_string();
        assert!(operators.iter().any(|name| text.contains(name)), "{text}");
    }
}

#[test]
fn inputs_that_do_not_fit_are_named() {
    for network in networks() {
        let model = network.model();
        let rows = network.rows(0, 2);
        let name = network.input.0.as_str();
        let narrow = Tensor::float32(vec![2, 1], vec![0.0; 2]).unwrap();
        for given in [vec![], vec![("other", &rows)], vec![(name, &narrow)]] {
            let error = model.run(&given).expect_err("should be refused");
            assert_eq!(error.kind(), RefusalKind::Request);
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}
