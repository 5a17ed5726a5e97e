//! Models: what is vetted can be evaluated, and says the same when it is
//! written again.

use std::path::Path;

use modu_onnx::{
    Dimension, ElementType, Limits, Model, OnnxError, Port, Tensor, TensorData, describe, vet,
};

use crate::{Target, protobuf};

/// Vetting and evaluation of ONNX files.
pub const TARGET: Target = Target {
    name: "onnx_vet",
    law,
    seeds,
    mutate: Some(protobuf::mutate),
};

/// Small enough that an attempt to pass them costs nothing.
fn limits() -> Limits {
    Limits {
        decoded_bytes: 8 << 20,
        constant_elements: 1 << 16,
        tree_nodes: 1 << 14,
        classes: 1 << 10,
        tensor_elements: 1 << 16,
        live_elements: 1 << 18,
        operations: 1 << 20,
        ..Limits::default()
    }
}

/// - Refusals tell a reason.
/// - A model that is read was described the same way before.
/// - Evaluation within the budget ends in values or in a reason, and gives the
///   same bits twice.
/// - A vetted model that is written again is vetted again to the same bytes,
///   and gives the bits of the stranger's file.
pub fn law(bytes: &[u8]) {
    let limits = limits();
    let described = told(describe(bytes, &limits));
    let read = told(Model::read(bytes, &[], &limits));
    if let Some(model) = &read {
        assert_eq!(Some(model.description()), described.as_ref());
        assert_eq!(evaluated(model), evaluated(model));
    }
    let Some(vetted) = told(vet(bytes, &[], &limits)) else {
        return;
    };
    assert!(described.is_some(), "vetted, but not described");
    let wanted: Vec<&str> = vetted.outputs().iter().map(|it| it.name.as_str()).collect();
    let again = vet(vetted.bytes(), &wanted, &limits).expect("what was vetted is vetted again");
    let thrice = vet(again.bytes(), &wanted, &limits).expect("and again");
    assert_eq!(again.bytes(), thrice.bytes());
    if let Some(model) = &read {
        let rewritten = Model::read(vetted.bytes(), &wanted, &limits)
            .expect("a model that was read is read when it is written again");
        assert_eq!(evaluated(model), evaluated(&rewritten));
    }
}

fn told<T>(result: Result<T, OnnxError>) -> Option<T> {
    result
        .map_err(|error| assert!(!error.to_string().is_empty()))
        .ok()
}

/// The bits of all outputs for three rows of fixed numbers, or the kind of
/// refusal; nothing where no input of these shapes can be made.
fn evaluated(model: &Model) -> Option<Result<Vec<Bits>, &'static str>> {
    let inputs: Vec<(&str, Tensor)> = model
        .inputs()
        .iter()
        .map(|port| Some((port.name.as_str(), input(port)?)))
        .collect::<Option<_>>()?;
    let named: Vec<(&str, &Tensor)> = inputs.iter().map(|(name, it)| (*name, it)).collect();
    let outputs = model.run(&named).map_err(|error| error.kind().name());
    Some(outputs.map(|outputs| outputs.into_iter().map(bits).collect()))
}

type Bits = (String, Vec<usize>, Vec<u64>);

fn bits((name, tensor): (String, Tensor)) -> Bits {
    let values = match tensor.data() {
        TensorData::Float32(values) => values.iter().map(|it| u64::from(it.to_bits())).collect(),
        TensorData::Float64(values) => values.iter().map(|it| it.to_bits()).collect(),
        TensorData::Int64(values) => values.iter().map(|it| it.cast_unsigned()).collect(),
        TensorData::Int32(values) => values
            .iter()
            .map(|it| u64::from(it.cast_unsigned()))
            .collect(),
        TensorData::Bool(values) => values.iter().map(|it| u64::from(*it)).collect(),
    };
    (name, tensor.shape().to_vec(), values)
}

const ROWS: usize = 3;
const VALUES: [f32; 8] = [0.0, 1.0, -1.5, 0.25, 40.0, -0.0, f32::NAN, 1e30];

fn input(port: &Port) -> Option<Tensor> {
    let shape: Vec<usize> = match &port.shape {
        None => vec![ROWS, 2],
        Some(dimensions) => dimensions
            .iter()
            .map(|dimension| match dimension {
                Dimension::Fixed(length) => *length,
                Dimension::Open(_) => ROWS,
            })
            .collect(),
    };
    let count = shape
        .iter()
        .try_fold(1_usize, |count, length| count.checked_mul(*length))
        .filter(|count| *count <= 1 << 12)?;
    let values = (0..count).map(|place| VALUES[place % VALUES.len()]);
    let data = match port.element_type? {
        ElementType::Float32 => TensorData::Float32(values.collect()),
        ElementType::Float64 => TensorData::Float64(values.map(f64::from).collect()),
        ElementType::Int64 => TensorData::Int64(values.map(|value| value as i64).collect()),
        ElementType::Int32 => TensorData::Int32(values.map(|value| value as i32).collect()),
        ElementType::Bool => TensorData::Bool(values.map(|value| value > 0.0).collect()),
    };
    Some(Tensor::new(shape, data).expect("as many as the shape says"))
}

/// The small models of `modu-onnx`'s reference tests, one for each operator and
/// variant; nothing where the repository is not at hand.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../modu-onnx/tests/reference/models");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.sort();
    let files = paths.iter().filter_map(|path| std::fs::read(path).ok());
    files.filter(|bytes| bytes.len() <= 4096).collect()
}
