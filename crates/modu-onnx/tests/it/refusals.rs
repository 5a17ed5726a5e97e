//! What a file may not say is refused with what, where and what to do.

use modu_onnx::{Limits, Model, OnnxError, RefusalKind, Tensor};

use crate::make::*;

fn refusal(bytes: &[u8]) -> OnnxError {
    Model::read(bytes, &["Y"], &Limits::default()).expect_err("should be refused")
}

#[track_caller]
fn refused(bytes: &[u8], kind: RefusalKind, part: &str) {
    let error = refusal(bytes);
    assert_eq!(error.kind(), kind, "{error}");
    assert!(
        error.to_string().contains(part),
        "`{error}` should speak of `{part}`"
    );
}

fn row() -> Tensor {
    Tensor::float32(vec![1, 2], vec![0.25, 2.0]).unwrap()
}

/// Reading succeeds, and running one row is refused.
#[track_caller]
fn refused_when_run(bytes: &[u8], kind: RefusalKind, part: &str) {
    let model = Model::read(bytes, &["Y"], &Limits::default()).unwrap();
    let error = model.run(&[("X", &row())]).expect_err("should be refused");
    assert_eq!(error.kind(), kind, "{error}");
    assert!(
        error.to_string().contains(part),
        "`{error}` should speak of `{part}`"
    );
}

fn add_one() -> Graph {
    Graph::of(2, vec![node("Add", &["X", "one"], &["Y"])]).with(vec![float_tensor(
        "one",
        &[2],
        &[1.0, 2.0],
    )])
}

#[test]
fn the_graph_that_the_others_spoil_is_evaluated() {
    let model = Model::read(&add_one().file(), &["Y"], &Limits::default()).unwrap();
    let outputs = model.run(&[("X", &row())]).unwrap();
    assert_eq!(outputs[0].1.as_float32().unwrap(), [1.25, 4.0]);
    let stump = Model::read(&Stump::good().file(), &["Y"], &Limits::default()).unwrap();
    assert_eq!(
        stump.run(&[("X", &row())]).unwrap()[0]
            .1
            .as_float32()
            .unwrap(),
        [10.0]
    );
}

#[test]
fn data_outside_the_file_is_refused_wherever_it_stands() {
    let entry = Message::new().bytes(1, "location").bytes(2, "/etc/passwd");
    let external = |tensor: Message| tensor.message(13, &entry);
    let graph = add_one();
    let by_entry = graph
        .clone()
        .with(vec![external(float_tensor("one", &[2], &[1.0, 2.0]))]);
    refused(
        &by_entry.file(),
        RefusalKind::Forbidden,
        "initializer 0 (`one`): data in another file",
    );
    let by_location = graph.with(vec![float_tensor("one", &[2], &[1.0, 2.0]).int(14, 1)]);
    refused(
        &by_location.file(),
        RefusalKind::Forbidden,
        "keep all weights inside the one file",
    );
    let value = tensor_attribute("value", &external(float_tensor("", &[1], &[1.0])));
    let constant = node_of("", "Constant", &[], &["C"], &[value]);
    let in_attribute = Graph::of(2, vec![constant, node("Add", &["X", "C"], &["Y"])]);
    refused(
        &in_attribute.file(),
        RefusalKind::Forbidden,
        "node 0 (Constant `the node`)",
    );
}

#[test]
fn operators_of_other_makers_are_refused() {
    for domain in ["com.microsoft", "ai.onnx.training", "ai.onnx.ml2"] {
        let graph = Graph::of(2, vec![node_of(domain, "Relu", &["X"], &["Y"], &[])]);
        refused(&graph.file(), RefusalKind::Forbidden, domain);
    }
    let unknown = Graph::of(2, vec![node("Levitate", &["X"], &["Y"])]);
    refused(
        &unknown.file(),
        RefusalKind::Unsupported,
        "node 0 (Levitate `the node`)",
    );
}

#[test]
fn branches_loops_functions_training_and_chance_are_refused() {
    for operator in [
        "If",
        "Loop",
        "Scan",
        "SequenceMap",
        "RandomNormal",
        "Multinomial",
    ] {
        let graph = Graph::of(2, vec![node(operator, &["X"], &["Y"])]);
        refused(&graph.file(), RefusalKind::Forbidden, operator);
    }
    let inner = Message::new()
        .bytes(1, "body")
        .bytes(6, &add_one().message().0)
        .int(20, 5);
    let graph = Graph::of(2, vec![node_of("", "Relu", &["X"], &["Y"], &[inner])]);
    refused(
        &graph.file(),
        RefusalKind::Forbidden,
        "a graph in the attribute `body`",
    );
    refused(
        &add_one().file_with(17, &Message::new().bytes(25, "f")),
        RefusalKind::Forbidden,
        "function",
    );
    refused(
        &add_one().file_with(17, &Message::new().bytes(20, "t")),
        RefusalKind::Forbidden,
        "training",
    );
    let mut sparse = add_one();
    sparse.more = Message::new().bytes(15, "s");
    refused(&sparse.file(), RefusalKind::Forbidden, "sparse");
}

#[test]
fn a_graph_that_contradicts_itself_is_refused() {
    let cycle = Graph::of(
        2,
        vec![
            node("Add", &["X", "B"], &["A"]),
            node("Relu", &["A"], &["B"]),
            node("Relu", &["B"], &["Y"]),
        ],
    );
    refused(&cycle.file(), RefusalKind::Malformed, "cycle");
    let unmade = Graph::of(2, vec![node("Add", &["X", "nowhere"], &["Y"])]);
    refused(
        &unmade.file(),
        RefusalKind::Malformed,
        "nothing in the graph makes its input 1",
    );
    let twice = Graph::of(
        2,
        vec![node("Relu", &["X"], &["Y"]), node("Neg", &["X"], &["Y"])],
    );
    refused(&twice.file(), RefusalKind::Malformed, "made twice");
    let mut no_output = add_one();
    no_output.outputs = vec![value_info("Z", 1, &[-1])];
    refused(
        &no_output.file(),
        RefusalKind::Malformed,
        "nothing in the graph makes this output",
    );
    let too_many = Graph::of(2, vec![node("Relu", &["X", "X"], &["Y"])]);
    refused(
        &too_many.file(),
        RefusalKind::Malformed,
        "2 inputs were given, but the operator takes 1",
    );
    let extra = Graph::of(
        2,
        vec![node_of(
            "",
            "Relu",
            &["X"],
            &["Y"],
            &[int_attribute("secret", 1)],
        )],
    );
    refused(
        &extra.file(),
        RefusalKind::Unsupported,
        "the attribute `secret`",
    );
    let wrong_type = Graph::of(
        2,
        vec![node_of(
            "",
            "Softmax",
            &["X"],
            &["Y"],
            &[text_attribute("axis", "1")],
        )],
    );
    refused(
        &wrong_type.file(),
        RefusalKind::Malformed,
        "`axis` should hold an integer",
    );
}

#[test]
fn nodes_out_of_order_are_sorted() {
    let graph = Graph::of(
        2,
        vec![
            node("Neg", &["A"], &["Y"]),
            node("Add", &["X", "X"], &["A"]),
        ],
    );
    let model = Model::read(&graph.file(), &["Y"], &Limits::default()).unwrap();
    assert_eq!(
        model.run(&[("X", &row())]).unwrap()[0]
            .1
            .as_float32()
            .unwrap(),
        [-0.5, -4.0]
    );
}

#[test]
fn operator_sets_outside_the_stated_range_are_refused() {
    for version in [0, 6, 26, i64::MAX, -1] {
        refused(
            &add_one().file_with(version, &Message::new()),
            RefusalKind::Malformed,
            "version",
        );
    }
    let contradiction = Message::new().message(8, &Message::new().int(2, 16));
    refused(
        &add_one().file_with(17, &contradiction),
        RefusalKind::Malformed,
        "two versions",
    );
}

#[test]
fn claimed_shapes_are_held_against_the_limits() {
    let huge = 1_i64 << 60;
    for shape in [
        vec![huge],
        vec![huge, huge],
        vec![huge, 0],
        vec![1 << 31, 1 << 31],
    ] {
        let graph = add_one().with(vec![float_tensor("one", &shape, &[])]);
        refused(&graph.file(), RefusalKind::Limit, "elements of a constant");
    }
    refused(
        &add_one()
            .with(vec![float_tensor("one", &[-2], &[1.0])])
            .file(),
        RefusalKind::Malformed,
        "-2 is not a length",
    );
    refused(
        &add_one()
            .with(vec![float_tensor("one", &[3], &[1.0])])
            .file(),
        RefusalKind::Malformed,
        "holds 1 elements",
    );
    refused(
        &add_one()
            .with(vec![float_tensor("one", &[1; 9], &[1.0])])
            .file(),
        RefusalKind::Limit,
        "dimensions",
    );
    let odd_bytes = Message::new()
        .ints(1, &[1])
        .int(2, 1)
        .bytes(8, "one")
        .bytes(9, [1, 2, 3]);
    refused(
        &add_one().with(vec![odd_bytes]).file(),
        RefusalKind::Malformed,
        "3 bytes of raw data",
    );
    let mut port = add_one();
    port.inputs = vec![value_info("X", 1, &[huge, 2])];
    refused(&port.file(), RefusalKind::Limit, "input `X`");
}

#[test]
fn shapes_made_during_the_run_are_held_against_the_limits() {
    for (shape, kind) in [
        (vec![1 << 40, 1 << 40], RefusalKind::Limit),
        (vec![1 << 40, 0], RefusalKind::Limit),
        (vec![-5], RefusalKind::Malformed),
    ] {
        let constants = vec![int_tensor("shape", &[shape.len() as i64], &shape)];
        for operator in ["Expand", "Reshape"] {
            let graph =
                Graph::of(2, vec![node(operator, &["X", "shape"], &["Y"])]).with(constants.clone());
            let model = Model::read(&graph.file(), &["Y"], &Limits::default()).unwrap();
            let error = model.run(&[("X", &row())]).expect_err("should be refused");
            assert!(
                matches!(error.kind(), RefusalKind::Limit | RefusalKind::Malformed),
                "{error}"
            );
            if operator == "Expand" && shape.len() > 1 && shape[1] != 0 {
                assert!(matches!(
                    error.kind(),
                    RefusalKind::Limit | RefusalKind::Malformed
                ));
            }
        }
        let graph = Graph::of(
            2,
            vec![
                node("ConstantOfShape", &["shape"], &["C"]),
                node("ReduceSum", &["C"], &["S"]),
                node("Add", &["X", "S"], &["Y"]),
            ],
        )
        .with(constants);
        refused_when_run(&graph.file(), kind, "node 0 (ConstantOfShape");
    }
}

#[test]
fn work_and_memory_have_a_budget() {
    // Each step doubles the tensor: 2^40 elements after 40 nodes.
    let mut nodes = vec![node("Concat", &["X", "X"], &["v0"])];
    for step in 1..40 {
        let (from, to) = (format!("v{}", step - 1), format!("v{step}"));
        nodes.push(node_of(
            "",
            "Concat",
            &[&from, &from],
            &[&to],
            &[int_attribute("axis", 0)],
        ));
    }
    nodes[0] = node_of(
        "",
        "Concat",
        &["X", "X"],
        &["v0"],
        &[int_attribute("axis", 0)],
    );
    nodes.push(node("Relu", &["v39"], &["Y"]));
    let bytes = Graph::of(2, nodes).file();
    let small = Limits {
        tensor_elements: 1 << 16,
        ..Limits::default()
    };
    let error = Model::read(&bytes, &["Y"], &small)
        .unwrap()
        .run(&[("X", &row())])
        .unwrap_err();
    assert_eq!(error.kind(), RefusalKind::Limit, "{error}");
    assert!(
        error.to_string().contains("elements of a tensor"),
        "{error}"
    );
    let few = Limits {
        operations: 1000,
        ..Limits::default()
    };
    let error = Model::read(&bytes, &["Y"], &few)
        .unwrap()
        .run(&[("X", &row())])
        .unwrap_err();
    assert!(
        error.to_string().contains("operations of the run"),
        "{error}"
    );
    let narrow = Limits {
        live_elements: 1000,
        ..Limits::default()
    };
    let error = Model::read(&bytes, &["Y"], &narrow)
        .unwrap()
        .run(&[("X", &row())])
        .unwrap_err();
    assert!(error.to_string().contains("elements in memory"), "{error}");
}

#[test]
fn counts_names_and_sizes_are_held_against_the_limits() {
    let bytes = add_one().file();
    let with = |limits: Limits| {
        Model::read(&bytes, &["Y"], &limits)
            .expect_err("should be refused")
            .to_string()
    };
    assert!(
        with(Limits {
            file_bytes: 10,
            ..Limits::default()
        })
        .contains("bytes of the file")
    );
    assert!(
        with(Limits {
            decoded_bytes: 100,
            ..Limits::default()
        })
        .contains("memory to decode")
    );
    assert!(
        with(Limits {
            nodes: 0,
            ..Limits::default()
        })
        .contains("nodes of the graph")
    );
    assert!(
        with(Limits {
            tensors: 2,
            ..Limits::default()
        })
        .contains("values named")
    );
    assert!(
        with(Limits {
            constant_elements: 1,
            ..Limits::default()
        })
        .contains("elements of a constant")
    );
    let long = "n".repeat(2000);
    let graph = Graph::of(
        2,
        vec![
            node("Relu", &["X"], &[&long]),
            node("Relu", &[&long], &["Y"]),
        ],
    );
    refused(&graph.file(), RefusalKind::Limit, "bytes of a name");
}

#[test]
fn trees_that_are_no_trees_are_refused() {
    let spoiled = |spoil: fn(&mut Stump)| {
        let mut stump = Stump::good();
        spoil(&mut stump);
        stump.file()
    };
    refused(
        &spoiled(|s| s.when_true = vec![0, 0, 0]),
        RefusalKind::Malformed,
        "no root leads",
    );
    refused(
        &spoiled(|s| s.when_false = vec![7, 0, 0]),
        RefusalKind::Malformed,
        "leads to node 7",
    );
    refused(
        &spoiled(|s| s.when_false = vec![-1, 0, 0]),
        RefusalKind::Malformed,
        "leads to node -1",
    );
    refused(
        &spoiled(|s| s.features = vec![-3, 0, 0]),
        RefusalKind::Malformed,
        "column -3",
    );
    refused(
        &spoiled(|s| s.values = vec![f32::NAN, 0.0, 0.0]),
        RefusalKind::Malformed,
        "compares with NaN",
    );
    refused(
        &spoiled(|s| s.weights = vec![f32::NAN, 0.0]),
        RefusalKind::Malformed,
        "not a finite number",
    );
    refused(
        &spoiled(|s| s.values = vec![0.5]),
        RefusalKind::Malformed,
        "`nodes_values` has 1 entries",
    );
    refused(
        &spoiled(|s| s.vote_targets = vec![0, 5]),
        RefusalKind::Malformed,
        "target 5",
    );
    refused(
        &spoiled(|s| s.vote_nodes = vec![1, 9]),
        RefusalKind::Malformed,
        "node 9",
    );
    refused(
        &spoiled(|s| s.vote_nodes = vec![0, 2]),
        RefusalKind::Malformed,
        "inner node",
    );
    refused(
        &spoiled(|s| s.modes = vec!["BRANCH_SIDEWAYS", "LEAF", "LEAF"]),
        RefusalKind::Malformed,
        "BRANCH_SIDEWAYS",
    );
    refused(
        &spoiled(|s| s.modes.clear()),
        RefusalKind::Malformed,
        "which is not there",
    );
    // Two nodes that lead to each other, apart from the root.
    refused(
        &spoiled(|s| {
            s.modes = vec!["BRANCH_LEQ", "LEAF", "LEAF", "BRANCH_LEQ", "BRANCH_LEQ"];
            s.values = vec![0.5; 5];
            s.features = vec![0; 5];
            s.when_true = vec![1, 0, 0, 4, 3];
            s.when_false = vec![2, 0, 0, 4, 3];
        }),
        RefusalKind::Malformed,
        "stands alone or in a cycle",
    );
    refused_when_run(
        &spoiled(|s| s.features = vec![2, 0, 0]),
        RefusalKind::Malformed,
        "column 2, but 2 columns",
    );
}

#[test]
fn a_chain_of_tree_nodes_deeper_than_the_limit_is_refused() {
    let levels = 1500;
    let mut stump = Stump::good();
    stump.modes = vec!["BRANCH_LEQ"; levels];
    stump.modes.extend(vec!["LEAF"; levels + 1]);
    let count = stump.modes.len();
    let next = |level: usize| {
        if level + 1 < levels {
            level + 1
        } else {
            2 * levels
        }
    };
    stump.values = vec![0.0; count];
    stump.features = vec![0; count];
    stump.when_true = (0..count)
        .map(|n| if n < levels { next(n) as i64 } else { 0 })
        .collect();
    stump.when_false = (0..count)
        .map(|n| if n < levels { (levels + n) as i64 } else { 0 })
        .collect();
    stump.vote_nodes = vec![levels as i64];
    stump.vote_targets = vec![0];
    stump.weights = vec![1.0];
    refused(
        &stump.file(),
        RefusalKind::Limit,
        "levels of a decision tree",
    );
}

#[test]
fn what_the_caller_gives_is_checked_against_the_model() {
    let model = Model::read(&add_one().file(), &[], &Limits::default()).unwrap();
    let run = |inputs: &[(&str, &Tensor)]| {
        model
            .run(inputs)
            .expect_err("should be refused")
            .to_string()
    };
    assert!(
        run(&[])
            .contains("the input `X` was not given; the model's inputs are `X` (float32 [?, 2])")
    );
    assert!(run(&[("Q", &row())]).contains("`Q` is not an input"));
    assert!(run(&[("X", &row()), ("X", &row())]).contains("given twice"));
    let wide = Tensor::float32(vec![1, 3], vec![0.0; 3]).unwrap();
    assert!(run(&[("X", &wide)]).contains("was given as float32 [1, 3]"));
    let integers = Tensor::int64(vec![1, 2], vec![0; 2]).unwrap();
    assert!(run(&[("X", &integers)]).contains("was given as int64"));
    assert!(Tensor::float32(vec![2, 2], vec![0.0; 3]).is_err());
    let error = Model::read(&add_one().file(), &["Z"], &Limits::default()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no output `Z`; its outputs are `Y`"),
        "{error}"
    );
}

#[test]
fn an_index_outside_its_dimension_is_refused_when_it_is_looked_up() {
    for index in [2, -3, i64::MAX, i64::MIN] {
        let gather = node_of(
            "",
            "Gather",
            &["X", "index"],
            &["Y"],
            &[int_attribute("axis", 1)],
        );
        let graph = Graph::of(2, vec![gather]).with(vec![int_tensor("index", &[1], &[index])]);
        refused_when_run(
            &graph.file(),
            RefusalKind::Malformed,
            "outside a dimension of 2",
        );
    }
}

#[test]
fn a_division_of_integers_by_zero_is_an_error_and_no_panic() {
    for (a, b) in [(5, 0), (i64::MIN, -1)] {
        let mut graph = Graph::of(
            2,
            vec![
                node("Div", &["a", "b"], &["D"]),
                node_of("", "Cast", &["D"], &["F"], &[int_attribute("to", 1)]),
                node("Add", &["X", "F"], &["Y"]),
            ],
        );
        graph.constants = vec![int_tensor("a", &[1], &[a]), int_tensor("b", &[1], &[b])];
        let model = Model::read(&graph.file(), &["Y"], &Limits::default()).unwrap();
        assert_eq!(model.run(&[("X", &row())]).is_err(), b == 0);
    }
}

#[test]
fn an_operator_without_kernel_off_the_way_to_the_wanted_output_does_no_harm() {
    let mut graph = add_one();
    graph.nodes.push(node("Levitate", &["X"], &["Z"]));
    graph.outputs.push(value_info("Z", 1, &[-1]));
    let bytes = graph.file();
    assert!(Model::read(&bytes, &["Y"], &Limits::default()).is_ok());
    assert_eq!(
        Model::read(&bytes, &[], &Limits::default())
            .unwrap_err()
            .kind(),
        RefusalKind::Unsupported
    );
    let description = modu_onnx::describe(&bytes, &Limits::default()).unwrap();
    let operators: Vec<_> = description
        .operators
        .iter()
        .map(|used| used.name.as_str())
        .collect();
    assert_eq!(operators, ["Add", "Levitate"]);
}

#[test]
fn text_from_a_file_is_made_harmless_in_an_error() {
    let name = "\u{1b}[2J\u{202e}evil\n".repeat(20);
    let graph = Graph::of(2, vec![node_of(&name, "Relu", &["X"], &["Y"], &[])]);
    let message = refusal(&graph.file()).to_string();
    assert!(
        !message.chars().any(|c| c.is_control() || c == '\u{202e}'),
        "{message}"
    );
    assert!(message.len() < 1000, "{message}");
}

#[test]
fn what_runtimes_disagree_on_is_refused_rather_than_guessed() {
    let classifier = |labels: &[i64], targets: &[i64], more: Message| {
        node_of(
            "ai.onnx.ml",
            "TreeEnsembleClassifier",
            &["X"],
            &["label", "Y"],
            &[
                texts_attribute("nodes_modes", &["BRANCH_LEQ", "LEAF", "LEAF"]),
                ints_attribute("nodes_treeids", &[0; 3]),
                ints_attribute("nodes_nodeids", &[0, 1, 2]),
                floats_attribute("nodes_values", &[0.5, 0.0, 0.0]),
                ints_attribute("nodes_featureids", &[0; 3]),
                ints_attribute("nodes_truenodeids", &[1, 0, 0]),
                ints_attribute("nodes_falsenodeids", &[2, 0, 0]),
                ints_attribute("class_treeids", &[0; 2]),
                ints_attribute("class_nodeids", &[1, 2]),
                ints_attribute("class_ids", targets),
                floats_attribute("class_weights", &[0.25, 0.75]),
                ints_attribute("classlabels_int64s", labels),
                more,
            ],
        )
    };
    let file = |node: Message| Graph::of(2, vec![node]).file();
    let base = |values: &[f32]| floats_attribute("base_values", values);
    assert!(
        Model::read(
            &file(classifier(&[0, 1], &[0, 0], base(&[0.5]))),
            &["Y"],
            &Limits::default()
        )
        .is_ok()
    );
    for (labels, targets, more) in [
        (&[0, 1][..], [0, 0], base(&[0.5, 0.5])),
        (&[0, 1], [1, 1], base(&[0.5])),
        (&[0, 1], [0, 1], base(&[0.5, 0.5])),
        (&[0, 1, 2], [0, 1], base(&[0.5])),
        (&[0, 1], [0, 0], text_attribute("post_transform", "PROBIT")),
        (&[0], [0, 0], text_attribute("post_transform", "NONE")),
    ] {
        let error = refusal(&file(classifier(labels, &targets, more)));
        assert_eq!(error.kind(), RefusalKind::Unsupported, "{error}");
    }
    let regressor = node_of(
        "ai.onnx.ml",
        "LinearRegressor",
        &["X"],
        &["Y"],
        &[
            floats_attribute("coefficients", &[1.0, 2.0]),
            text_attribute("post_transform", "LOGISTIC"),
        ],
    );
    refused(
        &file(regressor),
        RefusalKind::Unsupported,
        "add a Sigmoid node",
    );
}
