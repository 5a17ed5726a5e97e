//! Writes ONNX files field by field, so that tests can also write wrong ones.
//! Field numbers are those of onnx.proto.

/// An unsigned integer in Protocol Buffers' variable-length form.
pub(crate) fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A message in the making.
#[derive(Debug, Clone, Default)]
pub(crate) struct Message(pub(crate) Vec<u8>);

impl Message {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn int(mut self, field: u64, value: i64) -> Self {
        self.0.extend(varint(field << 3));
        self.0.extend(varint(value.cast_unsigned()));
        self
    }

    pub(crate) fn bytes(mut self, field: u64, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref();
        self.0.extend(varint(field << 3 | 2));
        self.0.extend(varint(value.len() as u64));
        self.0.extend(value);
        self
    }

    pub(crate) fn message(self, field: u64, value: &Self) -> Self {
        self.bytes(field, &value.0)
    }

    pub(crate) fn ints(self, field: u64, values: &[i64]) -> Self {
        let packed: Vec<u8> = values
            .iter()
            .flat_map(|value| varint(value.cast_unsigned()))
            .collect();
        self.bytes(field, packed)
    }

    pub(crate) fn floats(self, field: u64, values: &[f32]) -> Self {
        let packed: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.bytes(field, packed)
    }
}

/// A `NodeProto` of a domain.
pub(crate) fn node_of(
    domain: &str,
    operator: &str,
    inputs: &[&str],
    outputs: &[&str],
    attributes: &[Message],
) -> Message {
    let mut node = Message::new();
    for input in inputs {
        node = node.bytes(1, input);
    }
    for output in outputs {
        node = node.bytes(2, output);
    }
    node = node.bytes(3, "the node").bytes(4, operator);
    for attribute in attributes {
        node = node.message(5, attribute);
    }
    node.bytes(7, domain)
}

/// A `NodeProto` of the default domain.
pub(crate) fn node(operator: &str, inputs: &[&str], outputs: &[&str]) -> Message {
    node_of("", operator, inputs, outputs, &[])
}

pub(crate) fn int_attribute(name: &str, value: i64) -> Message {
    Message::new().bytes(1, name).int(3, value).int(20, 2)
}

pub(crate) fn text_attribute(name: &str, value: &str) -> Message {
    Message::new().bytes(1, name).bytes(4, value).int(20, 3)
}

pub(crate) fn tensor_attribute(name: &str, value: &Message) -> Message {
    Message::new().bytes(1, name).message(5, value).int(20, 4)
}

pub(crate) fn floats_attribute(name: &str, values: &[f32]) -> Message {
    Message::new().bytes(1, name).floats(7, values).int(20, 6)
}

pub(crate) fn ints_attribute(name: &str, values: &[i64]) -> Message {
    Message::new().bytes(1, name).ints(8, values).int(20, 7)
}

pub(crate) fn texts_attribute(name: &str, values: &[&str]) -> Message {
    let mut attribute = Message::new().bytes(1, name);
    for value in values {
        attribute = attribute.bytes(9, value);
    }
    attribute.int(20, 8)
}

/// A `TensorProto` of float32 numbers in `raw_data`.
pub(crate) fn float_tensor(name: &str, shape: &[i64], values: &[f32]) -> Message {
    let raw: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    Message::new()
        .ints(1, shape)
        .int(2, 1)
        .bytes(8, name)
        .bytes(9, raw)
}

/// A `TensorProto` of int64 numbers.
pub(crate) fn int_tensor(name: &str, shape: &[i64], values: &[i64]) -> Message {
    Message::new()
        .ints(1, shape)
        .int(2, 7)
        .ints(7, values)
        .bytes(8, name)
}

/// A `ValueInfoProto` of a tensor; a dimension of -1 is open.
pub(crate) fn value_info(name: &str, element_type: i64, shape: &[i64]) -> Message {
    let mut dimensions = Message::new();
    for &length in shape {
        let dimension = if length < 0 {
            Message::new().bytes(2, "N")
        } else {
            Message::new().int(1, length)
        };
        dimensions = dimensions.message(1, &dimension);
    }
    let tensor = Message::new().int(1, element_type).message(2, &dimensions);
    Message::new()
        .bytes(1, name)
        .message(2, &Message::new().message(1, &tensor))
}

/// The parts of a `GraphProto`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Message>,
    pub(crate) constants: Vec<Message>,
    pub(crate) inputs: Vec<Message>,
    pub(crate) outputs: Vec<Message>,
    /// Further fields of the graph, encoded.
    pub(crate) more: Message,
}

impl Graph {
    /// Nodes from the input `X` `[rows, width]` to the output `Y`.
    pub(crate) fn of(width: i64, nodes: Vec<Message>) -> Self {
        Self {
            nodes,
            inputs: vec![value_info("X", 1, &[-1, width])],
            outputs: vec![value_info("Y", 1, &[-1, -1])],
            ..Self::default()
        }
    }

    pub(crate) fn with(mut self, constants: Vec<Message>) -> Self {
        self.constants = constants;
        self
    }

    pub(crate) fn message(&self) -> Message {
        let mut graph = Message(self.more.0.clone());
        for (field, list) in [
            (1, &self.nodes),
            (5, &self.constants),
            (11, &self.inputs),
            (12, &self.outputs),
        ] {
            for message in list {
                graph = graph.message(field, message);
            }
        }
        graph
    }

    /// The file, with the operator sets 17 and `ai.onnx.ml` 3.
    pub(crate) fn file(&self) -> Vec<u8> {
        self.file_with(17, &Message::new())
    }

    pub(crate) fn file_with(&self, version: i64, more: &Message) -> Vec<u8> {
        let mut file = Message::new()
            .int(1, 8)
            .bytes(2, "test")
            .message(7, &self.message());
        for (domain, version) in [("", version), ("ai.onnx.ml", 3)] {
            file = file.message(8, &Message::new().bytes(1, domain).int(2, version));
        }
        file.0.extend(&more.0);
        file.0
    }
}

/// The attributes of a `TreeEnsembleRegressor`: one root, two leaves.
#[derive(Debug, Clone)]
pub(crate) struct Stump {
    pub(crate) modes: Vec<&'static str>,
    pub(crate) values: Vec<f32>,
    pub(crate) features: Vec<i64>,
    pub(crate) when_true: Vec<i64>,
    pub(crate) when_false: Vec<i64>,
    pub(crate) vote_nodes: Vec<i64>,
    pub(crate) vote_targets: Vec<i64>,
    pub(crate) weights: Vec<f32>,
}

impl Stump {
    pub(crate) fn good() -> Self {
        Self {
            modes: vec!["BRANCH_LEQ", "LEAF", "LEAF"],
            values: vec![0.5, 0.0, 0.0],
            features: vec![0, 0, 0],
            when_true: vec![1, 0, 0],
            when_false: vec![2, 0, 0],
            vote_nodes: vec![1, 2],
            vote_targets: vec![0, 0],
            weights: vec![10.0, 20.0],
        }
    }

    pub(crate) fn node(&self) -> Message {
        let count = self.modes.len() as i64;
        let votes = self.vote_nodes.len();
        node_of(
            "ai.onnx.ml",
            "TreeEnsembleRegressor",
            &["X"],
            &["Y"],
            &[
                texts_attribute("nodes_modes", &self.modes),
                ints_attribute("nodes_treeids", &vec![0; self.modes.len()]),
                ints_attribute("nodes_nodeids", &(0..count).collect::<Vec<_>>()),
                floats_attribute("nodes_values", &self.values),
                ints_attribute("nodes_featureids", &self.features),
                ints_attribute("nodes_truenodeids", &self.when_true),
                ints_attribute("nodes_falsenodeids", &self.when_false),
                ints_attribute("target_treeids", &vec![0; votes]),
                ints_attribute("target_nodeids", &self.vote_nodes),
                ints_attribute("target_ids", &self.vote_targets),
                floats_attribute("target_weights", &self.weights),
                int_attribute("n_targets", 1),
                text_attribute("post_transform", "NONE"),
            ],
        )
    }

    pub(crate) fn file(&self) -> Vec<u8> {
        Graph::of(2, vec![self.node()]).file()
    }
}
