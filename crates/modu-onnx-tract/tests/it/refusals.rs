//! What is refused before tract sees it, and how tract's own refusals end.

use modu_onnx::{Limits, RefusalKind, vet};
use modu_onnx_tract::{TractError, TractModel, operators};

/// A field of Protocol Buffers that holds bytes.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    bytes.extend(varint(content.len() as u64));
    bytes.extend(content);
    bytes
}

fn int_field(number: u8, value: u64) -> Vec<u8> {
    [vec![number << 3], varint(value)].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn node(domain: &str, operator: &str, inputs: &[&str], output: &str) -> Vec<u8> {
    let mut node: Vec<u8> = inputs
        .iter()
        .flat_map(|name| field(1, name.as_bytes()))
        .collect();
    node.extend(field(2, output.as_bytes()));
    node.extend(field(4, operator.as_bytes()));
    node.extend(field(7, domain.as_bytes()));
    node
}

/// A constant of 64-bit integers.
fn integers(name: &str, values: &[u64]) -> Vec<u8> {
    let data: Vec<u8> = values.iter().flat_map(|value| varint(*value)).collect();
    [
        field(1, &varint(values.len() as u64)),
        int_field(2, 7),
        field(7, &data),
        field(8, name.as_bytes()),
    ]
    .concat()
}

/// Nodes from `X` `[rows, width]` to `Y`; a width of 0 is open.
fn file(nodes: &[Vec<u8>], constants: &[Vec<u8>], width: u64, version: u64) -> Vec<u8> {
    let open = field(1, &field(2, b"N"));
    let second = if width == 0 {
        open.clone()
    } else {
        field(1, &int_field(1, width))
    };
    let tensor = [int_field(1, 1), field(2, &[open, second].concat())].concat();
    let input = [field(1, b"X"), field(2, &field(1, &tensor))].concat();
    let mut graph: Vec<u8> = nodes.iter().flat_map(|node| field(1, node)).collect();
    graph.extend(constants.iter().flat_map(|constant| field(5, constant)));
    graph.extend(field(11, &input));
    graph.extend(field(12, &field(1, b"Y")));
    [
        int_field(1, 8),
        field(7, &graph),
        field(8, &[field(1, b""), int_field(2, version)].concat()),
        field(8, &[field(1, b"ai.onnx.ml"), int_field(2, 3)].concat()),
    ]
    .concat()
}

fn read(bytes: &[u8], limits: &Limits) -> Result<TractModel, TractError> {
    TractModel::read(&vet(bytes, &["Y"], limits).unwrap(), limits)
}

#[track_caller]
fn refused(bytes: &[u8], kind: RefusalKind, part: &str) {
    let error = read(bytes, &Limits::default()).expect_err("should be refused");
    assert_eq!(error.kind(), kind, "{error}");
    assert!(
        error.to_string().contains(part),
        "`{error}` should speak of `{part}`"
    );
}

#[test]
fn the_network_that_the_others_spoil_is_evaluated() {
    let bytes = file(&[node("", "Softsign", &["X"], "Y")], &[], 2, 17);
    let model = read(&bytes, &Limits::default()).unwrap();
    let row = modu_onnx::Tensor::float32(vec![1, 2], vec![1.0, -3.0]).unwrap();
    let scores = model.run(&[("X", &row)]).unwrap();
    assert_eq!(scores.as_float32().unwrap(), [0.5, -0.75]);
}

#[test]
fn an_operator_outside_the_list_is_refused_by_name() {
    for name in ["Levitate", "SkipLayerNormalization", "QLinearConv"] {
        assert!(!operators().contains(&name));
        let bytes = file(&[node("", name, &["X"], "Y")], &[], 2, 17);
        refused(
            &bytes,
            RefusalKind::Unsupported,
            &format!("node 0 ({name})"),
        );
    }
}

#[test]
fn trees_are_not_given_to_tract() {
    let nodes = [
        node("", "Softsign", &["X"], "a"),
        node("ai.onnx.ml", "TreeEnsembleRegressor", &["a"], "Y"),
    ];
    refused(
        &file(&nodes, &[], 2, 17),
        RefusalKind::Unsupported,
        "not evaluated together",
    );
}

#[test]
fn operator_sets_that_tract_is_not_tested_with_are_refused() {
    for version in [8, 19, 25] {
        let bytes = file(&[node("", "Softsign", &["X"], "Y")], &[], 2, version);
        refused(&bytes, RefusalKind::Unsupported, "operator set");
    }
}

#[test]
fn an_input_without_a_fixed_width_is_refused() {
    let bytes = file(&[node("", "Softsign", &["X"], "Y")], &[], 0, 17);
    refused(&bytes, RefusalKind::Unsupported, "input `X`");
}

#[test]
fn an_output_that_does_not_keep_the_rows_first_is_refused() {
    let bytes = file(&[node("", "Transpose", &["X"], "Y")], &[], 2, 17);
    refused(&bytes, RefusalKind::Unsupported, "output `Y`");
}

#[test]
fn tensors_over_the_limit_are_refused_before_they_are_computed() {
    let nodes = [
        node("", "Softsign", &["X"], "a"),
        node("", "Tile", &["a", "often"], "Y"),
    ];
    let bytes = file(&nodes, &[integers("often", &[1, 1 << 30])], 2, 17);
    refused(&bytes, RefusalKind::Limit, "elements");
    let small = Limits {
        tensor_elements: 8,
        ..Limits::default()
    };
    let bytes = file(&nodes, &[integers("often", &[1, 5])], 2, 17);
    assert!(read(&bytes, &Limits::default()).is_ok());
    let error = read(&bytes, &small).expect_err("should be refused");
    assert_eq!(error.kind(), RefusalKind::Limit);
}

#[test]
fn a_network_that_contradicts_itself_is_refused_in_tracts_words() {
    let nodes = [
        node("", "Softsign", &["X"], "a"),
        node("", "Conv", &["a", "a"], "Y"),
    ];
    let error = read(&file(&nodes, &[], 2, 17), &Limits::default()).expect_err("should be refused");
    assert!(
        matches!(error, TractError::Plan { .. } | TractError::Panic { .. }),
        "{error:?}"
    );
    assert!(!error.to_string().contains('\n'), "{error}");
}
