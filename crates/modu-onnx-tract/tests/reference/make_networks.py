"""Makes the networks of this folder and what ONNX Runtime computes with them.

Run it in a virtual environment outside the repository:

    python3 -m venv /tmp/venv
    /tmp/venv/bin/pip install numpy onnx onnxruntime
    /tmp/venv/bin/python make_networks.py

It writes *.onnx and networks.json beside itself. Weights and rows are drawn
from a fixed seed. networks.json names the versions it was made with.
"""

import json
import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto as T
from onnx import helper, numpy_helper

HERE = pathlib.Path(__file__).parent
onnxruntime.set_default_logger_severity(4)
generator = np.random.default_rng(20261122)
cases = []


def weights(name, *shape):
    """A constant of the size that trained weights have."""
    fan = np.prod(shape[1:]) if len(shape) > 1 else 4
    values = generator.normal(0, 1 / np.sqrt(fan), shape)
    return numpy_helper.from_array(values.astype(np.float32), name)


def integers(name, values):
    return numpy_helper.from_array(np.array(values, dtype=np.int64), name)


def keep(name, nodes, constants, inputs, outputs, rows, version=17):
    """Writes a network, runs it in ONNX Runtime and keeps it as a case."""
    graph = helper.make_graph(nodes, name, inputs, outputs, constants)
    model = helper.make_model(
        graph, opset_imports=[helper.make_operatorsetid("", version)], ir_version=8
    )
    onnx.checker.check_model(model, full_check=True)
    content = model.SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    output = outputs[0].name
    (result,) = session.run([output], rows)
    assert np.isfinite(result).all() and result.std() > 0.01, name
    (HERE / f"{name}.onnx").write_bytes(content)
    cases.append(
        {
            "name": name,
            "inputs": {
                key: {"integer": value.dtype == np.int64, "shape": value.shape, "values": value.ravel().tolist()}
                for key, value in rows.items()
            },
            "output": output,
            "shape": result.shape,
            "values": result.ravel().tolist(),
        }
    )


def features(name, width, kind=T.FLOAT):
    return helper.make_tensor_value_info(name, kind, ["N", width])


def scores(classes):
    return helper.make_tensor_value_info("probabilities", T.FLOAT, ["N", classes])


def head(last, width, classes):
    """The usual end: one dense layer and a softmax."""
    nodes = [
        helper.make_node("Gemm", [last, "head_w", "head_b"], ["logits"], transB=1),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    return nodes, [weights("head_w", classes, width), weights("head_b", classes)]


def convolution():
    """A small image classifier: 12 x 12 pixels, two convolutions, three classes."""
    end, constants = head("flat", 16 * 3 * 3, 3)
    nodes = [
        helper.make_node("Reshape", ["pixels", "image"], ["x0"]),
        helper.make_node("Conv", ["x0", "c1_w", "c1_b"], ["x1"], pads=[1, 1, 1, 1]),
        helper.make_node(
            "BatchNormalization", ["x1", "scale", "shift", "mean", "variance"], ["x2"]
        ),
        helper.make_node("Relu", ["x2"], ["x3"]),
        helper.make_node("MaxPool", ["x3"], ["x4"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["x4", "c2_w", "c2_b"], ["x5"], pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("Relu", ["x5"], ["x6"]),
        helper.make_node("Flatten", ["x6"], ["flat"]),
        *end,
    ]
    constants += [
        integers("image", [-1, 1, 12, 12]),
        weights("c1_w", 8, 1, 3, 3),
        weights("c1_b", 8),
        numpy_helper.from_array(np.full(8, 1.5, np.float32), "scale"),
        weights("shift", 8),
        weights("mean", 8),
        numpy_helper.from_array(np.full(8, 0.7, np.float32), "variance"),
        weights("c2_w", 16, 8, 3, 3),
        weights("c2_b", 16),
    ]
    rows = generator.normal(0, 1, (40, 144)).astype(np.float32)
    keep("convolution", nodes, constants, [features("pixels", 144)], [scores(3)], {"pixels": rows})


def text_convolution():
    """Characters as codes, embedded, one convolution along the text, the best of each filter."""
    end, constants = head("pooled", 12, 2)
    nodes = [
        helper.make_node("Gather", ["table", "codes"], ["embedded"]),
        helper.make_node("Transpose", ["embedded"], ["channels"], perm=[0, 2, 1]),
        helper.make_node("Conv", ["channels", "c_w", "c_b"], ["x1"], kernel_shape=[3]),
        helper.make_node("Relu", ["x1"], ["x2"]),
        helper.make_node("GlobalMaxPool", ["x2"], ["x3"]),
        helper.make_node("Flatten", ["x3"], ["pooled"]),
        *end,
    ]
    constants += [weights("table", 64, 8), weights("c_w", 12, 8, 3), weights("c_b", 12)]
    rows = generator.integers(0, 64, (40, 20))
    keep(
        "text_convolution",
        nodes,
        constants,
        [features("codes", 20, T.INT64)],
        [scores(2)],
        {"codes": rows},
        version=13,
    )


def recurrent(operator, gates):
    """A series of ten steps of four values, through one recurrent layer to its last state."""
    end, constants = head("state", 10, 2)
    outputs = ["", "last", "cell"] if operator == "LSTM" else ["", "last"]
    more = {"linear_before_reset": 1} if operator == "GRU" else {}
    nodes = [
        helper.make_node("Reshape", ["series", "steps"], ["x0"]),
        helper.make_node("Transpose", ["x0"], ["x1"], perm=[1, 0, 2]),
        helper.make_node(operator, ["x1", "w", "r", "b"], outputs, hidden_size=10, **more),
        helper.make_node("Squeeze", ["last", "first"], ["state"]),
        *end,
    ]
    constants += [
        integers("steps", [-1, 10, 4]),
        integers("first", [0]),
        weights("w", 1, gates * 10, 4),
        weights("r", 1, gates * 10, 10),
        weights("b", 1, 2 * gates * 10),
    ]
    rows = generator.normal(0, 1, (40, 40)).astype(np.float32)
    keep(
        operator.lower(), nodes, constants, [features("series", 40)], [scores(2)], {"series": rows}
    )


def main():
    convolution()
    text_convolution()
    recurrent("LSTM", 4)
    recurrent("GRU", 3)
    document = {
        "made_by": "make_networks.py",
        "versions": {
            "numpy": np.__version__,
            "onnx": onnx.__version__,
            "onnxruntime": onnxruntime.__version__,
        },
        "cases": cases,
    }
    (HERE / "networks.json").write_text(json.dumps(document, indent=None) + "\n")


main()
