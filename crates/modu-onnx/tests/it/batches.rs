//! A result does not depend on how rows are cut into batches, nor on when or
//! how often it is computed.

use modu_onnx::{Tensor, TensorData};

use crate::reference::cases;

/// Rows `from..to` of a tensor.
fn rows(tensor: &Tensor, from: usize, to: usize) -> Tensor {
    let width: usize = tensor.shape()[1..].iter().product();
    let mut shape = tensor.shape().to_vec();
    shape[0] = to - from;
    let range = from * width..to * width;
    let data = match tensor.data() {
        TensorData::Float32(values) => TensorData::Float32(values[range].to_vec()),
        TensorData::Float64(values) => TensorData::Float64(values[range].to_vec()),
        TensorData::Int64(values) => TensorData::Int64(values[range].to_vec()),
        TensorData::Int32(values) => TensorData::Int32(values[range].to_vec()),
        TensorData::Bool(values) => TensorData::Bool(values[range].to_vec()),
    };
    Tensor::new(shape, data).unwrap()
}

/// The bits of a tensor's elements.
fn bits(tensor: &Tensor) -> Vec<u64> {
    match tensor.data() {
        TensorData::Float32(values) => values.iter().map(|v| u64::from(v.to_bits())).collect(),
        TensorData::Float64(values) => values.iter().map(|v| v.to_bits()).collect(),
        TensorData::Int64(values) => values.iter().map(|v| v.cast_unsigned()).collect(),
        TensorData::Int32(values) => values
            .iter()
            .map(|v| u64::from(v.cast_unsigned()))
            .collect(),
        TensorData::Bool(values) => values.iter().map(|v| u64::from(*v)).collect(),
    }
}

#[test]
fn models_that_treat_rows_apart_give_the_same_bits_in_any_batches() {
    let by_row = [
        "trained",
        "linear",
        "tree",
        "matmul_one_hot",
        "gemm_without_c",
        "softmax",
        "scaler",
        "normalizer",
    ];
    let mut tried = 0;
    for case in cases() {
        let starts = by_row.iter().any(|start| case.name.starts_with(start));
        if !starts || case.name == "softmax_flattened" {
            continue;
        }
        let model = case.model();
        let whole = model.run(&case.given()).unwrap();
        let total = case.inputs[0].1.shape()[0];
        for size in [1, 3, 7] {
            let mut pieces: Vec<Vec<u64>> = vec![Vec::new(); whole.len()];
            for from in (0..total).step_by(size) {
                let to = total.min(from + size);
                let parts: Vec<_> = case
                    .inputs
                    .iter()
                    .map(|(name, t)| (name.as_str(), rows(t, from, to)))
                    .collect();
                let given: Vec<_> = parts.iter().map(|(name, t)| (*name, t)).collect();
                for (piece, (_, tensor)) in pieces.iter_mut().zip(model.run(&given).unwrap()) {
                    piece.extend(bits(&tensor));
                }
            }
            for (piece, (name, tensor)) in pieces.iter().zip(&whole) {
                assert_eq!(
                    piece,
                    &bits(tensor),
                    "{} {name} in batches of {size}",
                    case.name
                );
            }
        }
        tried += 1;
    }
    assert!(tried > 50, "{tried}");
}

#[test]
fn an_empty_batch_gives_empty_outputs() {
    for name in [
        "trained_forest",
        "trained_logistic",
        "trained_network",
        "treeclassifier_three_base",
    ] {
        let case = cases().into_iter().find(|case| case.name == name).unwrap();
        let empty = rows(&case.inputs[0].1, 0, 0);
        let outputs = case.model().run(&[("X", &empty)]).unwrap();
        assert!(
            outputs
                .iter()
                .all(|(_, tensor)| tensor.data().is_empty() && tensor.shape()[0] == 0),
            "{name}"
        );
    }
}

#[test]
fn the_bits_of_every_reference_result_are_those_of_every_other_machine() {
    // FNV-1a over all results: the same on x86-64 (debug, release, and with all
    // instructions of a newer processor) and on 64-bit ARM.
    // A change here changes evidence: raise the engine's version with it.
    const PINNED: u64 = 0x9dd6_5fdf_0ba1_85b8;
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for case in cases() {
        for (_, tensor) in case.model().run(&case.given()).unwrap() {
            for byte in bits(&tensor).into_iter().flat_map(u64::to_le_bytes) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
            }
        }
    }
    assert_eq!(hash, PINNED, "{hash:#x}");
}
