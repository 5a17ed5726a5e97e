//! Models for the tests, written field by field (numbers of onnx.proto).

/// An unsigned integer in Protocol Buffers' variable-length form.
fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn field(number: u64, content: &[u8]) -> Vec<u8> {
    [
        &varint(number << 3 | 2),
        &varint(content.len() as u64),
        content,
    ]
    .concat()
}

fn int_field(number: u64, value: u64) -> Vec<u8> {
    [varint(number << 3), varint(value)].concat()
}

fn node(operator: &str, inputs: &[&str], output: &str, attribute: Option<(&str, u64)>) -> Vec<u8> {
    let mut node = Vec::new();
    for input in inputs {
        node.extend(field(1, input.as_bytes()));
    }
    node.extend(field(2, output.as_bytes()));
    node.extend(field(4, operator.as_bytes()));
    if let Some((name, value)) = attribute {
        let attribute = [
            field(1, name.as_bytes()),
            int_field(3, value),
            int_field(20, 2),
        ]
        .concat();
        node.extend(field(5, &attribute));
    }
    node
}

fn port(name: &str, width: u64) -> Vec<u8> {
    let open = field(1, &field(2, b"N"));
    let fixed = field(1, &int_field(1, width));
    let tensor = [int_field(1, 1), field(2, &[open, fixed].concat())].concat();
    [field(1, name.as_bytes()), field(2, &field(1, &tensor))].concat()
}

fn weights(name: &str, shape: [u64; 2], values: &[f32]) -> Vec<u8> {
    let dimensions: Vec<u8> = shape.into_iter().flat_map(varint).collect();
    let raw: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    [
        field(1, &dimensions),
        int_field(2, 1),
        field(8, name.as_bytes()),
        field(9, &raw),
    ]
    .concat()
}

fn file(nodes: &[Vec<u8>], constants: &[Vec<u8>], width: u64) -> Vec<u8> {
    let mut graph = Vec::new();
    for node in nodes {
        graph.extend(field(1, node));
    }
    for constant in constants {
        graph.extend(field(5, constant));
    }
    graph.extend(field(11, &port("features", width)));
    graph.extend(field(12, &port("probabilities", 2)));
    let operator_set = [field(1, b""), int_field(2, 17)].concat();
    [int_field(1, 8), field(7, &graph), field(8, &operator_set)].concat()
}

/// Softmax of three features times a 3 x 2 matrix.
pub(crate) fn good() -> Vec<u8> {
    let nodes = [
        node("MatMul", &["features", "w"], "logits", None),
        node("Softmax", &["logits"], "probabilities", None),
    ];
    file(
        &nodes,
        &[weights("w", [3, 2], &[0.5, -0.25, 1.5, 0.125, -2.0, 0.75])],
        3,
    )
}

/// Doubles its rows `doublings` times, then multiplies and sums them `steps`
/// times: as much memory and time as one likes.
pub(crate) fn greedy(doublings: usize, steps: usize) -> Vec<u8> {
    let mut nodes = Vec::new();
    let mut last = "features".to_owned();
    for step in 0..doublings {
        let next = format!("d{step}");
        nodes.push(node("Concat", &[&last, &last], &next, Some(("axis", 0))));
        last = next;
    }
    for step in 0..steps {
        let next = format!("s{step}");
        nodes.push(node("Sigmoid", &[&last], &next, None));
        last = next;
    }
    nodes.push(node("MatMul", &[&last, "w"], "probabilities", None));
    file(&nodes, &[weights("w", [3, 2], &[1.0; 6])], 3)
}

/// A model that asks for a file beside it.
pub(crate) fn external() -> Vec<u8> {
    let entry = [field(1, b"location"), field(2, b"/etc/passwd")].concat();
    let constant = [weights("w", [3, 2], &[0.0; 6]), field(13, &entry)].concat();
    file(
        &[node("MatMul", &["features", "w"], "probabilities", None)],
        &[constant],
        3,
    )
}

/// Nodes that wait for each other.
pub(crate) fn cyclic() -> Vec<u8> {
    let nodes = [
        node("Add", &["features", "b"], "a", None),
        node("Sigmoid", &["a"], "b", None),
        node("MatMul", &["b", "w"], "probabilities", None),
    ];
    file(&nodes, &[weights("w", [3, 2], &[1.0; 6])], 3)
}

/// A constant that claims 2^60 elements, and an input that does.
pub(crate) fn vast() -> [Vec<u8>; 2] {
    let product = || [node("MatMul", &["features", "w"], "probabilities", None)];
    [
        file(
            &product(),
            &[weights("w", [1 << 30, 1 << 30], &[1.0; 6])],
            3,
        ),
        file(&product(), &[weights("w", [3, 2], &[1.0; 6])], 1 << 60),
    ]
}

/// A loop, or another operator that holds a graph, nested so deep.
pub(crate) fn nested(operator: &str, depth: usize) -> Vec<u8> {
    let mut graph = field(2, b"body");
    for _ in 0..depth {
        let attribute = [field(1, b"body"), field(6, &graph), int_field(20, 5)].concat();
        let mut inner = node(operator, &["features"], "probabilities", None);
        inner.extend(field(5, &attribute));
        graph = field(1, &inner);
    }
    let operator_set = [field(1, b""), int_field(2, 17)].concat();
    graph.extend(field(11, &port("features", 3)));
    graph.extend(field(12, &port("probabilities", 2)));
    [int_field(1, 8), field(7, &graph), field(8, &operator_set)].concat()
}

/// Multiplies numbers so small that many processors take a hundred times as
/// long for each, and so many of them as one likes.
pub(crate) fn denormal(doublings: usize, steps: usize) -> Vec<u8> {
    let mut nodes = vec![node("MatMul", &["features", "tiny"], "t", None)];
    let mut last = "t".to_owned();
    for step in 0..doublings {
        let next = format!("d{step}");
        nodes.push(node("Concat", &[&last, &last], &next, Some(("axis", 0))));
        last = next;
    }
    for step in 0..steps {
        let next = format!("s{step}");
        nodes.push(node("Mul", &[&last, "almost"], &next, None));
        last = next;
    }
    nodes.push(node("MatMul", &[&last, "w"], "probabilities", None));
    let constants = [
        weights("tiny", [3, 3], &[1e-40; 9]),
        weights("almost", [1, 3], &[0.999; 3]),
        weights("w", [3, 2], &[1.0; 6]),
    ];
    file(&nodes, &constants, 3)
}
