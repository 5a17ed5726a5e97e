//! Every node mode of the newer `TreeEnsemble`, with and without a rule for
//! missing values. The older operators are compared with ONNX Runtime mode by
//! mode in the reference models (`treeregressor_branch_*`).

use modu_onnx::{Limits, Model, Tensor};

use crate::make::*;

/// The threshold, and the only member of a set.
const SPLIT: f32 = 0.5;
/// Below, at and above it, and missing.
const ROWS: [f32; 4] = [0.25, 0.5, 0.75, f32::NAN];

/// A tree of one node: 1 where its test holds, 2 where it does not.
fn stump(mode: u8, missing: Option<i64>) -> Vec<u8> {
    let modes = Message::new().ints(1, &[1]).int(2, 2).bytes(9, [mode]);
    let mut attributes = vec![
        tensor_attribute("nodes_modes", &modes),
        tensor_attribute("nodes_splits", &float_tensor("", &[1], &[SPLIT])),
        tensor_attribute("leaf_weights", &float_tensor("", &[2], &[1.0, 2.0])),
        ints_attribute("leaf_targetids", &[0, 0]),
        ints_attribute("nodes_featureids", &[0]),
        ints_attribute("nodes_truenodeids", &[0]),
        ints_attribute("nodes_trueleafs", &[1]),
        ints_attribute("nodes_falsenodeids", &[1]),
        ints_attribute("nodes_falseleafs", &[1]),
        ints_attribute("tree_roots", &[0]),
        int_attribute("n_targets", 1),
    ];
    if mode == MEMBER {
        let members = float_tensor("", &[2], &[SPLIT, f32::NAN]);
        attributes.push(tensor_attribute("membership_values", &members));
    }
    if let Some(rule) = missing {
        attributes.push(ints_attribute("nodes_missing_value_tracks_true", &[rule]));
    }
    let node = node_of("ai.onnx.ml", "TreeEnsemble", &["X"], &["Y"], &attributes);
    let mut file = Message::new()
        .int(1, 10)
        .message(7, &Graph::of(1, vec![node]).message());
    for (domain, version) in [("", 21), ("ai.onnx.ml", 5)] {
        file = file.message(8, &Message::new().bytes(1, domain).int(2, version));
    }
    file.0
}

/// The number of the mode `BRANCH_MEMBER`, whose sets end with a NaN.
const MEMBER: u8 = 6;

#[test]
fn every_mode_of_a_tree_node_sends_values_and_missing_values_the_right_way() {
    // LEQ, LT, GTE, GT, EQ, NEQ, MEMBER, as the operator's documentation
    // numbers them: whether the test holds for each row. Without a rule, a
    // missing value fails every comparison but "is not equal".
    let holds = [
        [true, true, false, false],
        [true, false, false, false],
        [false, true, true, false],
        [false, false, true, false],
        [false, true, false, false],
        [true, false, true, true],
        [false, true, false, false],
    ];
    let rows = Tensor::float32(vec![ROWS.len(), 1], ROWS.to_vec()).unwrap();
    for (mode, holds) in (0_u8..).zip(holds) {
        for missing in [None, Some(0), Some(1)] {
            let model = Model::read(&stump(mode, missing), &["Y"], &Limits::default())
                .unwrap_or_else(|error| panic!("mode {mode}: {error}"));
            let outputs = model.run(&[("X", &rows)]).unwrap();
            let found = outputs[0].1.as_float32().unwrap();
            let mut expected = holds;
            expected[3] |= missing == Some(1);
            let expected = expected.map(|holds| if holds { 1.0 } else { 2.0 });
            assert_eq!(found, expected, "mode {mode}, rule {missing:?}");
        }
    }
}
