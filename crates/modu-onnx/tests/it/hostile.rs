//! Files cut short, changed at random, or made to exhaust: each is refused
//! with a reason or evaluated, and never brings the process down.

use modu_onnx::{Limits, Model, OnnxError, Tensor};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use crate::make::*;
use crate::reference::cases;

/// Limits small enough that an attempt to pass them costs nothing.
fn tight() -> Limits {
    Limits {
        decoded_bytes: 16 << 20,
        constant_elements: 1 << 20,
        tensor_elements: 1 << 20,
        live_elements: 1 << 21,
        operations: 1 << 24,
        ..Limits::default()
    }
}

/// Reads, and where that succeeds runs; the result does not matter here.
fn attempt(bytes: &[u8], wanted: &[&str], inputs: &[(&str, &Tensor)]) -> Result<(), OnnxError> {
    let model = Model::read(bytes, wanted, &tight())?;
    model.run(inputs)?;
    Ok(())
}

#[test]
fn a_file_cut_anywhere_is_refused_with_a_reason() {
    for name in [
        "trained_forest",
        "trained_network",
        "matmul_wide",
        "treeensemble_sum",
    ] {
        let case = cases().into_iter().find(|case| case.name == name).unwrap();
        let wanted: Vec<&str> = case.outputs.iter().map(|(name, _)| name.as_str()).collect();
        for percent in 0..100 {
            let cut = &case.bytes[..case.bytes.len() * percent / 100];
            let error = attempt(cut, &wanted, &case.given()).expect_err("a cut file");
            assert!(!error.to_string().is_empty());
        }
    }
}

#[test]
fn two_thousand_random_changes_of_good_files_never_bring_it_down() {
    let cases: Vec<_> = cases()
        .into_iter()
        .filter(|case| case.bytes.len() < 8000 && !case.name.starts_with("elementwise"))
        .collect();
    let config = Config {
        cases: 2000,
        rng_seed: RngSeed::Fixed(20_261_122),
        failure_persistence: None,
        ..Config::default()
    };
    let changes = proptest::collection::vec((any::<u32>(), any::<u8>(), 0_u8..4), 1..8);
    let refused = std::cell::Cell::new(0);
    TestRunner::new(config)
        .run(&(0..cases.len(), changes), |(which, changes)| {
            let case = &cases[which];
            let mut bytes = case.bytes.clone();
            for (at, byte, how) in changes {
                let at = at as usize % bytes.len();
                match how {
                    0 => bytes[at] = byte,
                    1 => bytes[at] ^= 1 << (byte % 8),
                    2 => bytes.insert(at, byte),
                    _ => {
                        bytes.remove(at);
                    }
                }
            }
            let wanted: Vec<&str> = case.outputs.iter().map(|(name, _)| name.as_str()).collect();
            if let Err(error) = attempt(&bytes, &wanted, &case.given()) {
                refused.set(refused.get() + 1);
                prop_assert!(error.to_string().len() < 4000);
            }
            Ok(())
        })
        .unwrap();
    assert!(
        (500..2000).contains(&refused.get()),
        "{} were refused",
        refused.get()
    );
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Model::read(&bytes, &[], &tight()).is_err());
    }
}

#[test]
fn a_graph_nested_a_hundred_thousand_deep_is_refused_without_being_entered() {
    let mut inner = Message::new();
    for _ in 0..1000 {
        // GraphProto.node, NodeProto.attribute, AttributeProto.g, and again.
        inner = Message::new().message(
            1,
            &Message::new().message(5, &Message::new().message(6, &inner)),
        );
    }
    let attribute = Message::new()
        .bytes(1, "body")
        .message(6, &inner)
        .int(20, 5);
    let graph = Graph::of(2, vec![node_of("", "Relu", &["X"], &["Y"], &[attribute])]);
    let error = Model::read(&graph.file(), &["Y"], &tight()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("a graph in the attribute `body`"),
        "{error}"
    );
    // An unknown field of nested groups.
    let mut file = graph.file();
    file.extend(std::iter::repeat_n(0x83_u8, 1));
    file.extend([0x06]);
    assert!(Model::read(&file, &["Y"], &tight()).is_err());
}

#[test]
fn empty_messages_that_would_grow_a_hundredfold_are_refused_early() {
    for (field, count) in [
        (1, 3_000_000),
        (5, 3_000_000),
        (11, 3_000_000),
        (12, 3_000_000),
    ] {
        let empty: Vec<u8> = varint(field << 3 | 2).into_iter().chain([0]).collect();
        let graph = Message(empty.repeat(count));
        let file = Message::new().int(1, 8).message(7, &graph);
        let error = Model::read(&file.0, &[], &Limits::default()).unwrap_err();
        assert!(error.to_string().contains("limit"), "{error}");
    }
}

#[test]
fn many_cheap_nodes_and_values_are_handled_in_time_that_grows_with_the_file() {
    let mut nodes = vec![node("Relu", &["X"], &["v0"])];
    for step in 1..20_000 {
        let (from, to) = (format!("v{}", step - 1), format!("v{step}"));
        nodes.push(node("Identity", &[&from], &[&to]));
    }
    nodes.push(node("Relu", &["v19999"], &["Y"]));
    nodes.reverse();
    let bytes = Graph::of(2, nodes).file();
    let row = Tensor::float32(vec![1, 2], vec![1.0, -1.0]).unwrap();
    let model = Model::read(&bytes, &["Y"], &Limits::default()).unwrap();
    assert_eq!(
        model.run(&[("X", &row)]).unwrap()[0]
            .1
            .as_float32()
            .unwrap(),
        [1.0, 0.0]
    );
}

#[test]
fn empty_dimensions_are_evaluated_or_refused() {
    let row = Tensor::float32(vec![0, 2], Vec::new()).unwrap();
    let axis = int_attribute("axis", 1);
    let operators = [
        node("Relu", &["X"], &["Y"]),
        node_of("", "Softmax", &["X"], &["Y"], std::slice::from_ref(&axis)),
        node("Transpose", &["X"], &["Y"]),
        node_of("", "Concat", &["X", "X"], &["Y"], &[axis]),
        node("ReduceMean", &["X"], &["Y"]),
        node("ArgMax", &["X"], &["Y"]),
        node("MatMul", &["X", "none"], &["Y"]),
        node("Gemm", &["X", "none"], &["Y"]),
        node_of("ai.onnx.ml", "Normalizer", &["X"], &["Y"], &[]),
        node_of("ai.onnx.ml", "Scaler", &["X"], &["Y"], &[]),
        Stump::good().node(),
    ];
    for operator in operators {
        let graph = Graph::of(2, vec![operator]).with(vec![float_tensor("none", &[2, 0], &[])]);
        let _ = attempt(&graph.file(), &["Y"], &[("X", &row)]);
    }
    // Rows without columns.
    let mut graph = Graph::of(
        0,
        vec![node_of("ai.onnx.ml", "Scaler", &["X"], &["Y"], &[])],
    );
    let bare = Tensor::float32(vec![3, 0], Vec::new()).unwrap();
    attempt(&graph.file(), &["Y"], &[("X", &bare)]).unwrap();
    graph.nodes = vec![Stump::good().node()];
    assert!(attempt(&graph.file(), &["Y"], &[("X", &bare)]).is_err());
}

#[test]
fn dimensions_without_elements_cannot_be_used_to_waste_time() {
    // 2^40 rows of nothing would be free to hold and endless to walk through.
    for shape in [[1 << 40, 0], [0, 1 << 40]] {
        let nodes = vec![
            node("ConstantOfShape", &["shape"], &["C"]),
            node("MatMul", &["X", "C"], &["Y"]),
        ];
        let graph = Graph::of(2, nodes).with(vec![int_tensor("shape", &[2], &shape)]);
        let row = Tensor::float32(vec![1, 2], vec![0.0; 2]).unwrap();
        let error = attempt(&graph.file(), &["Y"], &[("X", &row)]).unwrap_err();
        assert!(
            error.to_string().contains("elements of a tensor"),
            "{error}"
        );
    }
    // A million rows of nothing, joined with itself a thousand times.
    let parts = vec!["C"; 1000];
    let nodes = vec![
        node("ConstantOfShape", &["shape"], &["C"]),
        node_of("", "Concat", &parts, &["Y"], &[int_attribute("axis", 1)]),
    ];
    let graph = Graph::of(2, nodes).with(vec![int_tensor("shape", &[2], &[1 << 20, 0])]);
    let error = attempt(&graph.file(), &["Y"], &[]).unwrap_err();
    assert!(
        error.to_string().contains("operations of the run"),
        "{error}"
    );
    // A list of axes longer than any shape.
    let axes = vec![0; 100_000];
    let graph = Graph::of(2, vec![node("Unsqueeze", &["X", "axes"], &["Y"])])
        .with(vec![int_tensor("axes", &[100_000], &axes)]);
    let row = Tensor::float32(vec![1, 2], vec![0.0; 2]).unwrap();
    let error = attempt(&graph.file(), &["Y"], &[("X", &row)]).unwrap_err();
    assert!(error.to_string().contains("entries of a list"), "{error}");
}
