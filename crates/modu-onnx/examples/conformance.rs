//! Our kernels before the ONNX project's own tests of operators.
//!
//! `conformance operators` names the operators that we claim, one a line: the
//! domain, a tab, the name. `conformance FOLDER` runs what
//! `interop/onnx/generate.py` wrote there and prints a line for each test:
//! operator, name, verdict, what was wrong, and the largest differences in units
//! in the last place from the expected values and from ONNX Runtime's, with tabs
//! between. `cargo xtask interop onnx` makes the table of it.
#![allow(clippy::print_stdout, reason = "an example prints its result")]

use std::path::Path;

use modu_onnx::{Limits, Model, Tensor, TensorData, supported_operators};
use serde_json::Value;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let argument = std::env::args().nth(1).ok_or("name a folder")?;
    if argument == "operators" {
        for operator in supported_operators() {
            println!("{}\t{}", operator.domain, operator.name);
        }
        return Ok(());
    }
    let folder = Path::new(&argument);
    let document: Value = serde_json::from_slice(&std::fs::read(folder.join("cases.json"))?)?;
    for case in document["cases"].as_array().ok_or("no cases")? {
        let name = case["name"].as_str().ok_or("a case without name")?;
        let operator = case["operator"].as_str().unwrap_or("several");
        let bytes = std::fs::read(folder.join(format!("models/{name}.onnx")))?;
        let (verdict, problem, expected, runtime) = match judge(case, &bytes) {
            Outcome::Passed { expected, runtime } => {
                let runtime = runtime.map_or("-".to_owned(), |ulps| ulps.to_string());
                ("passed", String::new(), expected.to_string(), runtime)
            }
            Outcome::Refused(reason) => ("refused", reason, "-".to_owned(), "-".to_owned()),
            Outcome::Failed(reason) => ("failed", reason, "-".to_owned(), "-".to_owned()),
        };
        let problem = problem.replace(['\t', '\n'], " ");
        println!("{operator}\t{name}\t{verdict}\t{problem}\t{expected}\t{runtime}");
    }
    Ok(())
}

enum Outcome {
    Passed { expected: u64, runtime: Option<u64> },
    Refused(String),
    Failed(String),
}

fn judge(case: &Value, bytes: &[u8]) -> Outcome {
    let Some((inputs, expected)) = numbers(case) else {
        return Outcome::Refused(unread(case));
    };
    let wanted: Vec<&str> = expected.iter().map(|(name, _)| name.as_str()).collect();
    let given: Vec<(&str, &Tensor)> = inputs
        .iter()
        .map(|(name, tensor)| (name.as_str(), tensor))
        .collect();
    let run = Model::read(bytes, &wanted, &Limits::default()).and_then(|model| model.run(&given));
    let results = match run {
        Ok(results) => results,
        Err(error) => return Outcome::Refused(error.to_string()),
    };
    let tolerance = Tolerance {
        relative: case["relative"].as_f64().unwrap_or(0.0),
        absolute: case["absolute"].as_f64().unwrap_or(0.0),
    };
    let mut most = 0;
    for ((_, result), (name, tensor)) in results.iter().zip(&expected) {
        if let Some(problem) = tolerance.problem(result, tensor) {
            return Outcome::Failed(format!("output `{name}`: {problem}"));
        }
        most = most.max(ulps(result, tensor));
    }
    let runtime = tensors(&case["runtime"]).map(|runtime| {
        let both = results.iter().zip(&runtime);
        both.map(|((_, result), (_, tensor))| ulps(result, tensor))
            .max()
            .unwrap_or(0)
    });
    Outcome::Passed {
        expected: most,
        runtime,
    }
}

type Named = Vec<(String, Tensor)>;

/// Inputs and expected outputs; none where one is not a tensor of numbers.
fn numbers(case: &Value) -> Option<(Named, Named)> {
    case["dense"].as_bool().filter(|dense| *dense)?;
    Some((tensors(&case["inputs"])?, tensors(&case["outputs"])?))
}

fn tensors(value: &Value) -> Option<Named> {
    let members = value.as_object()?;
    members
        .iter()
        .map(|(name, value)| Some((name.clone(), tensor(value)?)))
        .collect()
}

/// What is among the inputs or outputs that is not a tensor of numbers.
fn unread(case: &Value) -> String {
    let ports = [&case["inputs"], &case["outputs"]].map(Value::as_object);
    let mut ports = ports.into_iter().flatten().flatten();
    let other = ports.find_map(|(_, value)| {
        let name = value["type"].as_str()?;
        value["values"].is_null().then_some(name)
    });
    match other {
        None => "sequences, or values that may be left out, are not supported".to_owned(),
        Some("object" | "str") => "texts are not supported".to_owned(),
        Some(name) => format!("elements of type {name} are not supported"),
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "written from single precision"
)]
fn tensor(value: &Value) -> Option<Tensor> {
    let values = value["values"].as_array()?.iter();
    let float = |value: &Value| match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_f64(),
    };
    let data = match value["type"].as_str()? {
        "float32" => TensorData::Float32(
            values
                .map(|v| float(v).map(|v| v as f32))
                .collect::<Option<_>>()?,
        ),
        "float64" => TensorData::Float64(values.map(float).collect::<Option<_>>()?),
        "int64" => TensorData::Int64(values.map(Value::as_i64).collect::<Option<_>>()?),
        "int32" => TensorData::Int32(
            values
                .map(|v| v.as_i64().and_then(|v| i32::try_from(v).ok()))
                .collect::<Option<_>>()?,
        ),
        "bool" => TensorData::Bool(values.map(Value::as_bool).collect::<Option<_>>()?),
        _ => return None,
    };
    let shape = value["shape"].as_array()?.iter();
    let shape = shape.map(|length| length.as_u64().and_then(|length| length.try_into().ok()));
    Tensor::new(shape.collect::<Option<_>>()?, data).ok()
}

/// As `numpy.testing.assert_allclose`.
struct Tolerance {
    relative: f64,
    absolute: f64,
}

impl Tolerance {
    fn problem(&self, found: &Tensor, expected: &Tensor) -> Option<String> {
        if found.shape() != expected.shape() {
            return Some(format!(
                "the shape is {:?}, not {:?}",
                found.shape(),
                expected.shape()
            ));
        }
        if found.element_type() != expected.element_type() {
            return Some(format!("the type is {}", found.element_type()));
        }
        let close = |found: f64, expected: f64| {
            found == expected
                || (found.is_nan() && expected.is_nan())
                || (found - expected).abs() <= self.absolute + self.relative * expected.abs()
        };
        let (found, expected) = (doubles(found), doubles(expected));
        let place = found
            .iter()
            .zip(&expected)
            .position(|(found, expected)| !close(*found, *expected))?;
        Some(format!(
            "element {place} is {}, not {}",
            found[place], expected[place]
        ))
    }
}

#[allow(clippy::cast_precision_loss, reason = "the tests' integers are small")]
fn doubles(tensor: &Tensor) -> Vec<f64> {
    match tensor.data() {
        TensorData::Float32(values) => values.iter().map(|&value| f64::from(value)).collect(),
        TensorData::Float64(values) => values.clone(),
        TensorData::Int64(values) => values.iter().map(|&value| value as f64).collect(),
        TensorData::Int32(values) => values.iter().map(|&value| f64::from(value)).collect(),
        TensorData::Bool(values) => values.iter().map(|&value| f64::from(value)).collect(),
    }
}

/// The largest difference in units in the last place of the elements' type; 0
/// for equal values and two NaN. Tensors of other types or sizes count none.
fn ulps(left: &Tensor, right: &Tensor) -> u64 {
    match (left.data(), right.data()) {
        (TensorData::Float32(left), TensorData::Float32(right)) => left
            .iter()
            .zip(right)
            .filter(|(left, right)| left != right && !(left.is_nan() && right.is_nan()))
            .map(|(left, right)| {
                order(left.to_bits().into(), 31).abs_diff(order(right.to_bits().into(), 31))
            })
            .max()
            .unwrap_or(0),
        (TensorData::Float64(left), TensorData::Float64(right)) => left
            .iter()
            .zip(right)
            .filter(|(left, right)| left != right && !(left.is_nan() && right.is_nan()))
            .map(|(left, right)| order(left.to_bits(), 63).abs_diff(order(right.to_bits(), 63)))
            .max()
            .unwrap_or(0),
        _ => 0,
    }
}

/// The bits of a float as an integer that grows with the float.
const fn order(bits: u64, sign: u32) -> i64 {
    let magnitude = (bits & ((1 << sign) - 1)).cast_signed();
    if bits >> sign == 0 {
        magnitude
    } else {
        -magnitude
    }
}
