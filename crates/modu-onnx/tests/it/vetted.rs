//! A model that is written again for another evaluator says the same, and
//! nothing more.

use modu_onnx::{Limits, Model, RefusalKind, VettedModel, vet};

use crate::make::*;
use crate::reference;

fn names(model: &VettedModel) -> Vec<&str> {
    let uses = model.operators().iter();
    uses.map(|(_, used)| used.name.as_str()).collect()
}

#[test]
fn a_model_that_is_written_again_gives_the_same_bits() {
    for case in reference::cases() {
        let wanted: Vec<&str> = case.outputs.iter().map(|(name, _)| name.as_str()).collect();
        let vetted = vet(&case.bytes, &wanted, &Limits::default()).unwrap();
        assert!(vetted.lacking().is_empty(), "{}", case.name);
        let again = Model::read(vetted.bytes(), &wanted, &Limits::default())
            .unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let given = case.model();
        assert_eq!(again.inputs().len(), given.inputs().len(), "{}", case.name);
        let inputs: Vec<_> = case
            .inputs
            .iter()
            .filter(|(name, _)| given.inputs().iter().any(|port| port.name == *name))
            .map(|(name, tensor)| (name.as_str(), tensor))
            .collect();
        let (expected, found) = (given.run(&inputs).unwrap(), again.run(&inputs).unwrap());
        assert_eq!(
            format!("{expected:?}"),
            format!("{found:?}"),
            "{}",
            case.name
        );
    }
}

#[test]
fn an_operator_without_kernel_is_listed_with_its_place() {
    let mut graph = Graph::of(
        2,
        vec![
            node("Relu", &["X"], &["a"]),
            node("Levitate", &["a"], &["b"]),
            node("Levitate", &["b"], &["Y"]),
            node("Fly", &["X"], &["Z"]),
        ],
    );
    graph.outputs.push(value_info("Z", 1, &[-1]));
    let vetted = vet(&graph.file(), &["Y"], &Limits::default()).unwrap();
    assert_eq!(names(&vetted), ["Levitate", "Relu"]);
    let [(place, used)] = vetted.lacking() else {
        panic!("{:?}", vetted.lacking());
    };
    assert_eq!(place.to_string(), "node 1 (Levitate `the node`)");
    assert_eq!((used.name.as_str(), used.nodes), ("Levitate", 2));
    let described = vetted.description().operators.iter();
    let described: Vec<_> = described.map(|used| used.name.as_str()).collect();
    assert_eq!(described, ["Fly", "Levitate", "Relu"]);
    let error = Model::read(&graph.file(), &["Y"], &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), RefusalKind::Unsupported);
}

#[test]
fn only_what_was_vetted_is_written_again() {
    let mut graph = Graph::of(
        2,
        vec![
            node("Fly", &["X", "spare"], &["Z"]),
            node("Levitate", &["a", "kept"], &["Y"]),
            node("Relu", &["X"], &["a"]),
        ],
    )
    .with(vec![
        float_tensor("spare", &[2], &[1.0, 2.0]),
        float_tensor("kept", &[2], &[3.0, 4.0]).bytes(12, "a tensor's documentation"),
    ]);
    graph.more = Message::new()
        .bytes(10, "the graph's documentation")
        .message(13, &value_info("a", 1, &[1 << 40]));
    graph.outputs.push(value_info("Z", 1, &[-1]));
    let metadata = Message::new()
        .bytes(14, "a property")
        .bytes(6, "the model's documentation");
    let bytes = graph.file_with(17, &metadata);
    let vetted = vet(&bytes, &["Y"], &Limits::default()).unwrap();
    let text = String::from_utf8_lossy(vetted.bytes());
    for dropped in [
        "documentation",
        "property",
        "spare",
        "Fly",
        "the node",
        "test",
    ] {
        assert!(!text.contains(dropped), "{dropped} in {text:?}");
    }
    // In an order in which they can be evaluated, under their first places.
    let first = text.find("node 2 (Relu)").unwrap();
    assert!(first < text.find("node 1 (Levitate)").unwrap());
    // The same file once more: nothing is left to drop.
    let again = vet(vetted.bytes(), &["Y"], &Limits::default()).unwrap();
    assert_eq!(names(&again), ["Levitate", "Relu"]);
}

#[test]
fn an_operator_without_kernel_excuses_nothing_else() {
    let external = Message::new().bytes(1, "location").bytes(2, "/etc/passwd");
    let lacking = || Graph::of(2, vec![node("Levitate", &["X", "w"], &["Y"])]);
    let with = |constant: Message| lacking().with(vec![constant]).file();
    let weights = || float_tensor("w", &[2], &[1.0, 2.0]);
    let in_node = |name: &str, attribute: Message| {
        Graph::of(2, vec![node_of("", name, &["X"], &["Y"], &[attribute])]).file()
    };
    let tensor = Message::new().ints(1, &[2]).int(2, 10).bytes(9, [0; 4]);
    let short = Message::new()
        .ints(1, &[1 << 20])
        .int(2, 1)
        .bytes(9, [0; 4]);
    for (bytes, kind) in [
        (
            with(weights().message(13, &external)),
            RefusalKind::Forbidden,
        ),
        (with(weights().int(14, 1)), RefusalKind::Forbidden),
        (
            Graph::of(
                2,
                vec![node_of("com.microsoft", "Levitate", &["X"], &["Y"], &[])],
            )
            .file(),
            RefusalKind::Forbidden,
        ),
        (
            in_node(
                "Levitate",
                Message::new().bytes(1, "body").bytes(6, "").int(20, 5),
            ),
            RefusalKind::Forbidden,
        ),
        (
            in_node("RandomNormalLike", int_attribute("seed", 1)),
            RefusalKind::Forbidden,
        ),
        (with(float_tensor("w", &[1 << 60], &[])), RefusalKind::Limit),
        (
            with(float_tensor("w", &[3], &[1.0])),
            RefusalKind::Malformed,
        ),
        (
            in_node("Levitate", tensor_attribute("value", &tensor)),
            RefusalKind::Unsupported,
        ),
        (
            in_node("Levitate", tensor_attribute("value", &short)),
            RefusalKind::Malformed,
        ),
        (with(tensor.bytes(8, "w")), RefusalKind::Unsupported),
        (
            Graph::of(2, vec![node("Levitate", &["Y"], &["Y"])]).file(),
            RefusalKind::Malformed,
        ),
    ] {
        let error = vet(&bytes, &["Y"], &Limits::default()).expect_err("should be refused");
        assert_eq!(error.kind(), kind, "{error}");
    }
    let small = Limits {
        nodes: 0,
        ..Limits::default()
    };
    let error = vet(&with(weights()), &["Y"], &small).unwrap_err();
    assert_eq!(error.kind(), RefusalKind::Limit);
}

#[test]
fn a_model_that_gives_nothing_but_texts_is_refused() {
    let mut graph = Graph::of(2, vec![node("Relu", &["X"], &["Y"])]);
    graph.outputs = vec![value_info("Y", 8, &[-1])];
    let vetted = vet(&graph.file(), &[], &Limits::default());
    assert_eq!(vetted.unwrap_err().kind(), RefusalKind::Unsupported);
    let read = Model::read(&graph.file(), &[], &Limits::default());
    assert_eq!(read.unwrap_err().kind(), RefusalKind::Unsupported);
}
