//! Every model that `tests/reference/make_models.py` made gives what ONNX
//! Runtime gave, within the tolerance that the case states.

use std::path::Path;

use modu_onnx::{Limits, Model, Tensor, TensorData, supported_operators};
use serde_json::Value;

pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    tolerance: f64,
    pub(crate) inputs: Vec<(String, Tensor)>,
    pub(crate) outputs: Vec<(String, Tensor)>,
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference")
}

/// A number of the file, where not-a-numbers are text.
fn number(value: &Value) -> f64 {
    match value {
        Value::String(text) => text.parse().unwrap(),
        value => value.as_f64().unwrap(),
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "written from single precision"
)]
fn tensor(value: &Value) -> Tensor {
    let values = value["values"].as_array().unwrap();
    let data = match value["type"].as_str().unwrap() {
        "float32" => TensorData::Float32(values.iter().map(|v| number(v) as f32).collect()),
        "float64" => TensorData::Float64(values.iter().map(number).collect()),
        "int64" => TensorData::Int64(values.iter().map(|v| v.as_i64().unwrap()).collect()),
        "int32" => TensorData::Int32(values.iter().map(|v| v.as_i64().unwrap() as i32).collect()),
        "bool" => TensorData::Bool(values.iter().map(|v| v.as_bool().unwrap()).collect()),
        other => panic!("{other}"),
    };
    let shape = value["shape"].as_array().unwrap();
    Tensor::new(
        shape.iter().map(|v| v.as_u64().unwrap() as usize).collect(),
        data,
    )
    .unwrap()
}

fn tensors(value: &Value) -> Vec<(String, Tensor)> {
    let members = value.as_object().unwrap();
    members
        .iter()
        .map(|(name, value)| (name.clone(), tensor(value)))
        .collect()
}

pub(crate) fn cases() -> Vec<Case> {
    let text = std::fs::read_to_string(folder().join("cases.json")).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let cases = document["cases"].as_array().unwrap();
    cases
        .iter()
        .map(|case| {
            let name = case["name"].as_str().unwrap().to_owned();
            Case {
                bytes: std::fs::read(folder().join(format!("models/{name}.onnx"))).unwrap(),
                name,
                tolerance: case["tolerance"].as_f64().unwrap(),
                inputs: tensors(&case["inputs"]),
                outputs: tensors(&case["outputs"]),
            }
        })
        .collect()
}

impl Case {
    pub(crate) fn model(&self) -> Model {
        let wanted: Vec<&str> = self.outputs.iter().map(|(name, _)| name.as_str()).collect();
        Model::read(&self.bytes, &wanted, &Limits::default())
            .unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    pub(crate) fn given(&self) -> Vec<(&str, &Tensor)> {
        self.inputs
            .iter()
            .map(|(name, tensor)| (name.as_str(), tensor))
            .collect()
    }
}

fn doubles(tensor: &Tensor) -> Vec<f64> {
    match tensor.data() {
        TensorData::Float32(values) => values.iter().map(|&v| f64::from(v)).collect(),
        TensorData::Float64(values) => values.clone(),
        _ => panic!("not floats"),
    }
}

/// Within the tolerance, relative to the larger of 1 and the value.
fn close(a: f64, b: f64, tolerance: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance * b.abs().max(1.0)
}

#[test]
fn every_reference_model_agrees_with_onnx_runtime() {
    let cases = cases();
    assert!(cases.len() > 150, "{}", cases.len());
    let mut failures = Vec::new();
    for case in &cases {
        let model = case.model();
        let results = match model.run(&case.given()) {
            Ok(results) => results,
            Err(error) => {
                failures.push(format!("{}: {error}", case.name));
                continue;
            }
        };
        for ((name, result), (expected_name, expected)) in results.iter().zip(&case.outputs) {
            assert_eq!(name, expected_name);
            let same = result.shape() == expected.shape()
                && result.element_type() == expected.element_type()
                && match expected.data() {
                    TensorData::Float32(_) | TensorData::Float64(_) => doubles(result)
                        .iter()
                        .zip(doubles(expected))
                        .all(|(&a, b)| close(a, b, case.tolerance)),
                    data => result.data() == data,
                };
            if !same {
                failures.push(format!(
                    "{} {name}:\n  ours {result:?}\n  ORT  {expected:?}",
                    case.name
                ));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {}:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

#[test]
fn every_supported_operator_occurs_in_a_reference_model() {
    let mut used = std::collections::BTreeSet::new();
    for case in cases() {
        let description = modu_onnx::describe(&case.bytes, &Limits::default()).unwrap();
        used.extend(
            description
                .operators
                .into_iter()
                .map(|u| (u.domain, u.name)),
        );
    }
    let missing: Vec<_> = supported_operators()
        .into_iter()
        .filter(|operator| !used.contains(&(operator.domain.to_owned(), operator.name.to_owned())))
        .map(|operator| operator.name)
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn layer_normalization_gives_the_mean_and_one_over_the_deviation_where_they_are_wanted() {
    let mut graph = crate::make::Graph::of(
        2,
        vec![crate::make::node(
            "LayerNormalization",
            &["X", "scale"],
            &["Y", "mean", "inverse"],
        )],
    )
    .with(vec![crate::make::float_tensor("scale", &[2], &[1.0, 2.0])]);
    for name in ["mean", "inverse"] {
        graph
            .outputs
            .push(crate::make::value_info(name, 1, &[-1, 1]));
    }
    let model = Model::read(&graph.file(), &[], &Limits::default()).unwrap();
    let rows = Tensor::float32(vec![2, 2], vec![1.0, 3.0, -4.0, 4.0]).unwrap();
    let outputs = model.run(&[("X", &rows)]).unwrap();
    let [_, (_, mean), (_, inverse)] = outputs.as_slice() else {
        panic!("{outputs:?}");
    };
    assert_eq!(mean.shape(), [2, 1]);
    assert_eq!(mean.as_float32().unwrap(), [2.0, 0.0]);
    // Deviations of 1 and 4, with the default epsilon of 10^-5.
    for (found, expected) in doubles(inverse).into_iter().zip([0.999_995, 0.25]) {
        assert!(close(found, expected, 1e-6), "{found} {expected}");
    }
}
