"""Makes the small models of this folder and what ONNX Runtime computes with them.

Run it in a virtual environment outside the repository:

    python3 -m venv /tmp/venv
    /tmp/venv/bin/pip install numpy onnx onnxruntime scikit-learn skl2onnx
    /tmp/venv/bin/python make_models.py

It writes models/*.onnx and cases.json beside itself. Everything is drawn from
fixed seeds. cases.json names the versions it was made with.
"""

import json
import pathlib
import shutil

import numpy as np
import onnx
import onnxruntime
import sklearn
import skl2onnx
from onnx import TensorProto as T
from onnx import helper, numpy_helper

HERE = pathlib.Path(__file__).parent
MODELS = HERE / "models"
ML = "ai.onnx.ml"
onnxruntime.set_default_logger_severity(4)

TYPES = {
    np.dtype("float32"): ("float32", T.FLOAT),
    np.dtype("float64"): ("float64", T.DOUBLE),
    np.dtype("int64"): ("int64", T.INT64),
    np.dtype("int32"): ("int32", T.INT32),
    np.dtype("bool"): ("bool", T.BOOL),
}

cases = []
generator = np.random.default_rng(20261122)


def plain(array):
    """An array as JSON: its type, shape and values; not-a-numbers as text."""
    array = np.asarray(array)
    values = [
        v if not isinstance(v, float) or np.isfinite(v) else str(v)
        for v in array.ravel().tolist()
    ]
    return {"type": TYPES[array.dtype][0], "shape": list(array.shape), "values": values}


def keep(name, model_bytes, inputs, outputs, tolerance=1e-6):
    """Runs a model in ONNX Runtime and keeps it as a case."""
    session = onnxruntime.InferenceSession(model_bytes, providers=["CPUExecutionProvider"])
    results = session.run(outputs, inputs)
    (MODELS / f"{name}.onnx").write_bytes(model_bytes)
    assert all(case["name"] != name for case in cases), name
    cases.append(
        {
            "name": name,
            "tolerance": tolerance,
            "inputs": {key: plain(value) for key, value in inputs.items()},
            "outputs": {key: plain(value) for key, value in zip(outputs, results)},
        }
    )


def graph(name, nodes, inputs, outputs, constants=None, opset=17, ml=3, tolerance=1e-6, open_rows=True):
    """A model made of nodes; `outputs` maps names to element types."""
    infos = []
    for key, value in inputs.items():
        shape = [None, *value.shape[1:]] if open_rows and value.ndim else list(value.shape)
        infos.append(helper.make_tensor_value_info(key, TYPES[value.dtype][1], shape))
    model = helper.make_model(
        helper.make_graph(
            nodes,
            name,
            infos,
            [helper.make_tensor_value_info(key, kind, None) for key, kind in outputs.items()],
            [numpy_helper.from_array(np.asarray(value), key) for key, value in (constants or {}).items()],
        ),
        opset_imports=[helper.make_opsetid("", opset), helper.make_opsetid(ML, ml)],
        producer_name="modu-reference",
    )
    model.ir_version = 10 if ml == 5 else 8
    keep(name, model.SerializeToString(), inputs, list(outputs), tolerance)


def single(name, operator, inputs, output=T.FLOAT, constants=None, opset=17, tolerance=1e-6, domain="", ml=3, **attributes):
    """A model of one node: the inputs, then the constants, in order."""
    names = [*inputs, *(constants or {})]
    node = helper.make_node(operator, names, ["Y"], domain=domain, **attributes)
    graph(name, [node], inputs, {"Y": output}, constants, opset, ml, tolerance)


def normal(*shape, dtype="float32", scale=1.0):
    return (generator.standard_normal(shape) * scale).astype(dtype)


def integers(low, high, *shape, dtype="int64"):
    return generator.integers(low, high, shape).astype(dtype)


ODD = np.array([[0.0, -0.0, np.inf, -np.inf, np.nan, 1e-30, -88.0, 88.0, 3.5, -2.5]], dtype="float32")


def elementwise():
    x = np.concatenate([normal(4, 10, scale=2.0), ODD])
    for operator in ["Relu", "Sigmoid", "Tanh", "Softplus", "Exp", "Abs", "Neg", "Sign", "Floor", "Ceil", "Round", "Erf", "Reciprocal"]:
        single(f"elementwise_{operator.lower()}", operator, {"X": x}, tolerance=2e-6)
    single("elementwise_log", "Log", {"X": np.abs(x)})
    single("elementwise_sqrt", "Sqrt", {"X": np.abs(x)})
    finite = normal(5, 7, scale=2.0)
    single("elementwise_leakyrelu", "LeakyRelu", {"X": finite}, alpha=0.2)
    single("elementwise_elu", "Elu", {"X": finite}, alpha=0.7)
    single("elementwise_selu", "Selu", {"X": finite})
    single("elementwise_hardsigmoid", "HardSigmoid", {"X": finite}, alpha=0.3, beta=0.4)
    single("elementwise_gelu", "Gelu", {"X": finite}, opset=20)
    single("elementwise_gelu_tanh", "Gelu", {"X": finite}, opset=20, approximate="tanh")
    single("elementwise_exp_double", "Exp", {"X": finite.astype("float64")}, T.DOUBLE, tolerance=1e-14)
    single("elementwise_relu_integers", "Relu", {"X": integers(-5, 5, 3, 4, dtype="int32")}, T.INT32)
    single("elementwise_neg_integers", "Neg", {"X": integers(-5, 5, 3, 4)}, T.INT64)
    single("elementwise_abs_integers", "Abs", {"X": integers(-5, 5, 3, 4)}, T.INT64)
    single("clip_inputs", "Clip", {"X": finite}, constants={"low": np.float32(-0.5), "high": np.float32(1.0)})
    single("clip_attributes", "Clip", {"X": finite}, opset=10, min=-0.5, max=1.0)
    single("clip_integers", "Clip", {"X": integers(-9, 9, 3, 4)}, T.INT64, constants={"low": np.int64(-3), "high": np.int64(4)})
    graph("clip_high_only", [helper.make_node("Clip", ["X", "", "high"], ["Y"])], {"X": finite}, {"Y": T.FLOAT}, {"high": np.float32(0.25)})


def arithmetic():
    a, b = normal(3, 4), normal(3, 4) + 3.0
    for operator in ["Add", "Sub", "Mul", "Div", "Min", "Max"]:
        single(f"arithmetic_{operator.lower()}", operator, {"A": a, "B": b})
        single(f"arithmetic_{operator.lower()}_row", operator, {"A": a}, constants={"B": normal(4)})
        single(f"arithmetic_{operator.lower()}_integers", operator, {"A": integers(-20, 20, 3, 4), "B": integers(1, 6, 3, 4)}, T.INT64)
    single("arithmetic_add_column", "Add", {"A": normal(3, 1), "B": normal(3, 4)})
    single("arithmetic_add_outer", "Add", {"A": normal(3, 1)}, constants={"B": normal(2, 1, 5)})
    single("arithmetic_mul_scalar", "Mul", {"A": a}, constants={"B": np.float32(2.5)})
    graph(
        "arithmetic_sub_scalar_first",
        [helper.make_node("Sub", ["one", "A"], ["Y"])],
        {"A": a},
        {"Y": T.FLOAT},
        {"one": np.float32(1.0)},
    )
    single("arithmetic_sum", "Sum", {"A": a, "B": b, "C": normal(4)[None, :].repeat(3, 0)})
    single("arithmetic_max_three", "Max", {"A": a, "B": b, "C": normal(3, 4)})
    single("arithmetic_pow", "Pow", {"A": np.abs(a)}, constants={"B": np.float32(1.5)}, tolerance=2e-6)
    single("arithmetic_pow_integer_exponent", "Pow", {"A": a}, constants={"B": np.int64(3)}, tolerance=2e-6)
    for operator in ["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"]:
        single(f"compare_{operator.lower()}", operator, {"A": np.array([[1, 2, 3], [np.nan, -0.0, 5]], dtype="float32"), "B": np.array([[1, 3, 2], [np.nan, 0.0, 5]], dtype="float32")}, T.BOOL)
    truths = {"A": np.array([[True, True, False, False]]), "B": np.array([[True, False, True, False]])}
    for operator in ["And", "Or", "Xor"]:
        single(f"truth_{operator.lower()}", operator, truths, T.BOOL)
    single("truth_not", "Not", {"A": truths["A"]}, T.BOOL)
    single("where", "Where", {"C": np.array([[True], [False], [True]]), "A": normal(3, 4), "B": normal(3, 1)})


def casting():
    x = np.array([[1.9, -1.9, 0.0, 2.5, -0.4, 1e6]], dtype="float32")
    for name, kind in [("double", T.DOUBLE), ("int64", T.INT64), ("int32", T.INT32), ("bool", T.BOOL)]:
        single(f"cast_float_to_{name}", "Cast", {"X": x}, kind, to=kind)
    single("cast_int64_to_float", "Cast", {"X": np.array([[2**24 + 1, -7, 0]], dtype="int64")}, T.FLOAT, to=T.FLOAT)
    single("cast_bool_to_float", "Cast", {"X": np.array([[True, False]])}, T.FLOAT, to=T.FLOAT)
    single("cast_double_to_float", "Cast", {"X": np.array([[0.1, 1e300, 1e-300]])}, T.FLOAT, to=T.FLOAT)


def matrices():
    single("matmul", "MatMul", {"A": normal(5, 7)}, constants={"B": normal(7, 3)})
    single("matmul_wide", "MatMul", {"A": normal(5, 40)}, constants={"B": normal(40, 37)}, tolerance=4e-6)
    single("matmul_vector", "MatMul", {"A": normal(5, 7)}, constants={"B": normal(7)})
    single("matmul_stack", "MatMul", {"A": normal(2, 3, 4)}, constants={"B": normal(4, 5)})
    single("matmul_stacks_broadcast", "MatMul", {"A": normal(2, 1, 3, 4)}, constants={"B": normal(3, 4, 2)})
    single("matmul_double", "MatMul", {"A": normal(5, 7, dtype="float64")}, T.DOUBLE, constants={"B": normal(7, 3, dtype="float64")}, tolerance=1e-13)
    one_hot = np.eye(6, dtype="float32")[[0, 3, 5, 2]]
    single("matmul_one_hot", "MatMul", {"A": one_hot}, constants={"B": normal(6, 18)})
    single("matmul_with_infinity", "MatMul", {"A": np.array([[0.0, 1.0], [2.0, 0.0]], dtype="float32")}, constants={"B": np.array([[np.inf, 1.0], [1.0, np.nan]], dtype="float32")})
    single("gemm", "Gemm", {"A": normal(5, 7)}, constants={"B": normal(3, 7), "C": normal(3)}, transB=1)
    single("gemm_all", "Gemm", {"A": normal(7, 5)}, constants={"B": normal(7, 3), "C": normal(5, 1)}, transA=1, alpha=0.5, beta=-2.0)
    single("gemm_without_c", "Gemm", {"A": normal(5, 7)}, constants={"B": normal(7, 3)}, alpha=1.5)
    single("gemm_scalar_c", "Gemm", {"A": normal(5, 7)}, constants={"B": normal(7, 3), "C": np.float32(0.5)})


def shapes():
    x = normal(2, 3, 4)
    single("reshape", "Reshape", {"X": x}, constants={"shape": np.array([0, -1], dtype="int64")})
    single("flatten", "Flatten", {"X": x}, axis=2)
    single("flatten_negative", "Flatten", {"X": x}, axis=-1)
    single("squeeze", "Squeeze", {"X": normal(3, 1, 4, 1)}, constants={"axes": np.array([1, -1], dtype="int64")})
    single("squeeze_attribute", "Squeeze", {"X": normal(3, 1, 4)}, opset=11, axes=[1])
    single("unsqueeze", "Unsqueeze", {"X": normal(3, 4)}, constants={"axes": np.array([0, -1], dtype="int64")})
    single("unsqueeze_attribute", "Unsqueeze", {"X": normal(3, 4)}, opset=11, axes=[0, 3])
    single("transpose", "Transpose", {"X": x}, perm=[2, 0, 1])
    single("transpose_reverse", "Transpose", {"X": x})
    single("identity", "Identity", {"X": x})
    single("dropout", "Dropout", {"X": x})
    single("expand", "Expand", {"X": normal(3, 1)}, constants={"shape": np.array([2, 1, 4], dtype="int64")})
    single("shape", "Shape", {"X": x}, T.INT64)
    single("shape_part", "Shape", {"X": x}, T.INT64, start=-2)
    single("concat", "Concat", {"A": normal(3, 2), "B": normal(3, 4)}, axis=1)
    single("concat_rows", "Concat", {"A": integers(0, 9, 2, 3), "B": integers(0, 9, 1, 3)}, T.INT64, axis=-2)
    single("gather_rows", "Gather", {"X": normal(6, 3)}, constants={"index": np.array([[0, 5], [-1, 2]], dtype="int64")})
    single("gather_columns", "Gather", {"X": normal(4, 6)}, constants={"index": np.array([1, -2], dtype="int32")}, axis=1)
    graph("embedding", [helper.make_node("Gather", ["table", "codes"], ["E"]), helper.make_node("ReduceMean", ["E"], ["Y"], axes=[1], keepdims=0)], {"codes": integers(0, 12, 5, 4)}, {"Y": T.FLOAT}, {"table": normal(12, 8)})
    single("slice", "Slice", {"X": x}, constants={"starts": np.array([1, -3], dtype="int64"), "ends": np.array([9, 4], dtype="int64"), "axes": np.array([1, 2], dtype="int64"), "steps": np.array([1, 2], dtype="int64")})
    single("slice_backwards", "Slice", {"X": x}, constants={"starts": np.array([-1], dtype="int64"), "ends": np.array([-100], dtype="int64"), "axes": np.array([2], dtype="int64"), "steps": np.array([-2], dtype="int64")})
    graph("split", [helper.make_node("Split", ["X", "parts"], ["P", "Q"], axis=1)], {"X": normal(3, 5)}, {"P": T.FLOAT, "Q": T.FLOAT}, {"parts": np.array([2, 3], dtype="int64")})
    graph("split_equal", [helper.make_node("Split", ["X"], ["P", "Q", "R"], axis=1, num_outputs=3)], {"X": normal(3, 7)}, {"P": T.FLOAT, "Q": T.FLOAT, "R": T.FLOAT}, opset=18)
    constant = helper.make_node("Constant", [], ["C"], value=numpy_helper.from_array(normal(4)))
    graph("constant", [constant, helper.make_node("Add", ["X", "C"], ["Y"])], {"X": normal(3, 4)}, {"Y": T.FLOAT})
    graph("constant_floats", [helper.make_node("Constant", [], ["C"], value_floats=[1.0, 2.0]), helper.make_node("Mul", ["X", "C"], ["Y"])], {"X": normal(3, 2)}, {"Y": T.FLOAT})
    graph("constant_of_shape", [helper.make_node("Shape", ["X"], ["S"]), helper.make_node("ConstantOfShape", ["S"], ["C"], value=numpy_helper.from_array(np.array([7], dtype="int64")))], {"X": normal(3, 2)}, {"C": T.INT64})
    single("array_feature_extractor", "ArrayFeatureExtractor", {"X": normal(4, 5)}, constants={"index": np.array([3, 1], dtype="int64")}, domain=ML)


def folding():
    x = normal(3, 4, 5)
    for operator in ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin"]:
        name = operator.lower()
        if operator == "ReduceSum":
            single(f"{name}_axes", operator, {"X": x}, constants={"axes": np.array([0, -1], dtype="int64")}, tolerance=2e-6)
        else:
            single(f"{name}_axes", operator, {"X": x}, axes=[0, -1], tolerance=2e-6)
        single(f"{name}_all", operator, {"X": x}, keepdims=0, tolerance=4e-6)
    single("reducemean_input_axes", "ReduceMean", {"X": x}, constants={"axes": np.array([1], dtype="int64")}, opset=18, keepdims=0)
    single("reducesum_nothing", "ReduceSum", {"X": x}, noop_with_empty_axes=1)
    single("reducesum_integers", "ReduceSum", {"X": integers(-9, 9, 3, 4)}, T.INT64, constants={"axes": np.array([1], dtype="int64")})
    ties = np.array([[1, 3, 3, 0], [5, 5, 5, 5], [-1, -2, -1, -3]], dtype="float32")
    for operator in ["ArgMax", "ArgMin"]:
        single(f"{operator.lower()}_first", operator, {"X": ties}, T.INT64, axis=1)
        single(f"{operator.lower()}_last", operator, {"X": ties}, T.INT64, axis=1, keepdims=0, select_last_index=1)
        single(f"{operator.lower()}_columns", operator, {"X": ties}, T.INT64)
    logits = normal(4, 6, scale=4.0)
    for operator in ["Softmax", "LogSoftmax"]:
        single(f"{operator.lower()}", operator, {"X": logits}, tolerance=2e-6)
        single(f"{operator.lower()}_middle", operator, {"X": x}, axis=1, tolerance=2e-6)
        single(f"{operator.lower()}_flattened", operator, {"X": x}, opset=11, axis=1, tolerance=2e-6)
    single("batchnormalization", "BatchNormalization", {"X": normal(3, 4, 2)}, constants={"s": normal(4), "b": normal(4), "m": normal(4), "v": np.abs(normal(4))}, epsilon=1e-3, tolerance=2e-6)
    single("layernormalization", "LayerNormalization", {"X": normal(3, 6)}, constants={"s": normal(6), "b": normal(6)}, tolerance=4e-6)


def linear():
    x = normal(6, 3)
    for post in ["NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"]:
        for classes, rows in [(2, 1), (2, 2), (3, 3)]:
            node = helper.make_node("LinearClassifier", ["X"], ["label", "scores"], domain=ML, coefficients=normal(rows * 3).tolist(), intercepts=normal(rows).tolist(), classlabels_ints=list(range(10, 10 + classes)), post_transform=post, multi_class=0)
            graph(f"linearclassifier_{post.lower()}_{rows}_of_{classes}", [node], {"X": x}, {"label": T.INT64, "scores": T.FLOAT})
        node = helper.make_node("LinearRegressor", ["X"], ["Y"], domain=ML, coefficients=normal(6).tolist(), intercepts=normal(2).tolist(), targets=2, post_transform=post)
        graph(f"linearregressor_{post.lower()}", [node], {"X": x}, {"Y": T.FLOAT})
    node = helper.make_node("LinearClassifier", ["X"], ["label", "scores"], domain=ML, coefficients=(normal(9) * 0.01).tolist(), intercepts=[0.2, 0.5, 0.7], classlabels_strings=["가", "나", "다"], post_transform="PROBIT")
    graph("linearclassifier_probit_texts", [node], {"X": x}, {"scores": T.FLOAT}, tolerance=3e-5)
    single("linearregressor_one", "LinearRegressor", {"X": x}, domain=ML, coefficients=[0.5, -1.5, 2.0], intercepts=[0.25], targets=1)
    node = helper.make_node("LinearClassifier", ["X"], ["label", "scores"], domain=ML, coefficients=normal(6).tolist(), intercepts=normal(2).tolist(), classlabels_ints=[0, 1], post_transform="SOFTMAX")
    graph("linearclassifier_integers", [node], {"X": integers(-3, 4, 5, 3)}, {"label": T.INT64, "scores": T.FLOAT})
    single("scaler", "Scaler", {"X": x}, domain=ML, offset=[0.5, -1.0, 2.0], scale=[2.0, 0.5, 0.1])
    single("scaler_integers", "Scaler", {"X": integers(0, 90, 4, 2)}, domain=ML, offset=[30.0, 30.0], scale=[0.05, 0.1])
    rows = np.concatenate([x, np.zeros((1, 3), dtype="float32"), -np.abs(normal(1, 3))])
    for norm in ["MAX", "L1", "L2"]:
        single(f"normalizer_{norm.lower()}", "Normalizer", {"X": rows}, domain=ML, norm=norm)


MODES = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]


def random_trees(trees, depth, features, modes, missing, targets, prefix, every_target, low=-1.0):
    """The attributes of random trees; values on a grid that the rows share."""
    a = {key: [] for key in ["nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_modes", "nodes_values", "nodes_truenodeids", "nodes_falsenodeids", "nodes_missing_value_tracks_true", f"{prefix}_treeids", f"{prefix}_nodeids", f"{prefix}_ids", f"{prefix}_weights"]}

    def grow(tree, level, counter):
        node = counter[0]
        counter[0] += 1
        position = len(a["nodes_nodeids"])
        leaf = level == depth or (level > 0 and generator.random() < 0.2)
        a["nodes_treeids"].append(tree)
        a["nodes_nodeids"].append(node)
        a["nodes_featureids"].append(0 if leaf else int(generator.integers(features)))
        a["nodes_modes"].append("LEAF" if leaf else modes[int(generator.integers(len(modes)))])
        a["nodes_values"].append(0.0 if leaf else float(generator.integers(-4, 5)) / 2)
        a["nodes_missing_value_tracks_true"].append(0 if leaf else int(missing and generator.random() < 0.5))
        a["nodes_truenodeids"].append(0)
        a["nodes_falsenodeids"].append(0)
        if leaf:
            chosen = range(targets) if every_target else [tree % targets]
            for target in chosen:
                a[f"{prefix}_treeids"].append(tree)
                a[f"{prefix}_nodeids"].append(node)
                a[f"{prefix}_ids"].append(target)
                a[f"{prefix}_weights"].append(float(generator.uniform(low, 1.0)))
        else:
            a["nodes_truenodeids"][position] = grow(tree, level + 1, counter)
            a["nodes_falsenodeids"][position] = grow(tree, level + 1, counter)
        return node

    for tree in range(trees):
        grow(tree, 0, [0])
    return a


def tree_rows(features, rows=24, nan=False, dtype="float32"):
    """Rows on the grid of the trees' values, so that equality happens."""
    x = (generator.integers(-5, 6, (rows, features)) / 2).astype(dtype)
    if nan:
        x[generator.random(x.shape) < 0.2] = np.nan
    return x


def trees():
    for mode in MODES:
        for nan in [False, True]:
            a = random_trees(5, 4, 4, [mode], nan, 1, "target", True)
            name = f"treeregressor_{mode.lower()}" + ("_missing" if nan else "")
            single(name, "TreeEnsembleRegressor", {"X": tree_rows(4, nan=nan)}, domain=ML, n_targets=1, post_transform="NONE", **a)
    a = random_trees(6, 5, 4, MODES, True, 1, "target", True)
    single("treeregressor_mixed_modes", "TreeEnsembleRegressor", {"X": tree_rows(4, nan=True)}, domain=ML, n_targets=1, **a)
    # The first rows fill a group of lanes, the rest do not; more than a block.
    a = random_trees(9, 6, 5, ["BRANCH_LEQ"], False, 3, "target", False)
    single("treeregressor_targets", "TreeEnsembleRegressor", {"X": tree_rows(5, rows=75)}, domain=ML, n_targets=3, base_values=[0.5, -1.0, 0.25], **a)
    single("treeregressor_softmax", "TreeEnsembleRegressor", {"X": tree_rows(5)}, domain=ML, n_targets=3, post_transform="SOFTMAX", **a)
    for function in ["AVERAGE", "MIN", "MAX"]:
        a = random_trees(5, 4, 4, ["BRANCH_LT"], False, 2, "target", True)
        single(f"treeregressor_{function.lower()}", "TreeEnsembleRegressor", {"X": tree_rows(4)}, domain=ML, n_targets=2, aggregate_function=function, base_values=[0.5, -0.5], **a)
    a = random_trees(5, 4, 4, ["BRANCH_LEQ"], False, 1, "target", True)
    single("treeregressor_double_input", "TreeEnsembleRegressor", {"X": tree_rows(4, dtype="float64") + 1e-12}, domain=ML, n_targets=1, **a)

    def as_tensors(a, prefix):
        a = dict(a)
        for key in ["nodes_values", f"{prefix}_weights"]:
            a[f"{key}_as_tensor"] = helper.make_tensor(key, T.DOUBLE, [len(a[key])], a.pop(key))
        return a

    single("treeregressor_double_tensors", "TreeEnsembleRegressor", {"X": tree_rows(4, dtype="float64") + 1e-12}, domain=ML, n_targets=1, **as_tensors(a, "target"))

    def classifier(name, x, labels, **a):
        names = {"classlabels_int64s": labels}
        node = helper.make_node("TreeEnsembleClassifier", ["X"], ["label", "scores"], domain=ML, **names, **a)
        graph(name, [node], {"X": x}, {"label": T.INT64, "scores": T.FLOAT})

    def of_classes(trees, depth, classes, every, low=-1.0):
        return random_trees(trees, depth, 4, ["BRANCH_LEQ"], False, classes, "class", every, low)

    for post in ["NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"]:
        single_votes = of_classes(6, 4, 1, True)
        probabilities = of_classes(6, 4, 1, True, low=0.0)
        probabilities["class_weights"] = [w / 6 for w in probabilities["class_weights"]]
        classifier(f"treeclassifier_binary_{post.lower()}", tree_rows(4), [0, 1], post_transform=post, **single_votes)
        classifier(f"treeclassifier_binary_base_{post.lower()}", tree_rows(4), [3, 8], post_transform=post, base_values=[0.3], **single_votes)
        classifier(f"treeclassifier_probability_{post.lower()}", tree_rows(4), [0, 1], post_transform=post, **probabilities)
        classifier(f"treeclassifier_three_{post.lower()}", tree_rows(4), [4, 5, 6], post_transform=post, **of_classes(9, 4, 3, False))
    classifier("treeclassifier_integers", integers(-3, 4, 12, 4), [0, 1], **of_classes(5, 4, 1, True))
    classifier("treeclassifier_three_base", tree_rows(4), [4, 5, 6], base_values=[0.1, 0.2, -0.3], **of_classes(9, 4, 3, True))

    # Two classes that both get votes: ONNX Runtime's label is not the class of
    # the larger score, so only the scores are compared.
    node = helper.make_node("TreeEnsembleClassifier", ["X"], ["label", "scores"], domain=ML, classlabels_int64s=[0, 1], **of_classes(7, 4, 2, True, low=0.0))
    graph("treeclassifier_two_votes", [node], {"X": tree_rows(4)}, {"scores": T.FLOAT})
    node = helper.make_node("TreeEnsembleClassifier", ["X"], ["label", "scores"], domain=ML, classlabels_strings=["no", "yes"], **of_classes(7, 4, 1, True, low=0.0))
    graph("treeclassifier_text_labels", [node], {"X": tree_rows(4)}, {"scores": T.FLOAT})


def tensor(kind, values):
    return helper.make_tensor("", kind, [len(values)], values)


def tree_ensemble():
    def ensemble(name, x, kind=T.FLOAT, **more):
        """Two trees of three leaves, with equality and membership."""
        node = helper.make_node(
            "TreeEnsemble",
            ["X"],
            ["Y"],
            domain=ML,
            nodes_splits=tensor(kind, [0.5, -0.5, 0.0, 1.0]),
            nodes_featureids=[0, 1, 2, 0],
            nodes_modes=tensor(T.UINT8, [0, 4, 6, 2]),
            nodes_truenodeids=[1, 0, 0, 3],
            nodes_trueleafs=[0, 1, 1, 1],
            nodes_falsenodeids=[2, 1, 3, 4],
            nodes_falseleafs=[1, 1, 0, 1],
            membership_values=tensor(kind, [1.0, 2.0, 0.5, float("nan")]),
            leaf_targetids=[0, 1, 0, 1, 0],
            leaf_weights=tensor(kind, [1.5, -2.0, 0.25, 3.0, -0.75]),
            tree_roots=[0, 2],
            **more,
        )
        graph(name, [node], {"X": x}, {"Y": kind}, opset=21, ml=5)

    ensemble("treeensemble_sum", tree_rows(3), n_targets=2, aggregate_function=1)
    ensemble("treeensemble_average", tree_rows(3), n_targets=2, aggregate_function=0)
    ensemble("treeensemble_min", tree_rows(3), n_targets=2, aggregate_function=2)
    ensemble("treeensemble_softmax_zero", tree_rows(3), n_targets=2, aggregate_function=1, post_transform=3)
    ensemble("treeensemble_double", tree_rows(3, dtype="float64"), kind=T.DOUBLE, n_targets=2, aggregate_function=1)


def trained():
    """Models as a supplier would export them."""
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from skl2onnx import to_onnx

    x = normal(240, 6)
    margin = x[:, 0] - 0.5 * x[:, 1] * x[:, 2] + 0.3 * normal(240)
    two = (margin > 0).astype("int64")
    three = np.digitize(margin, [-0.5, 0.5]).astype("int64")
    models = {
        "logistic": (LogisticRegression(), two),
        "logistic_three": (LogisticRegression(), three),
        "scaled_logistic": (make_pipeline(StandardScaler(), LogisticRegression()), two),
        "forest": (RandomForestClassifier(n_estimators=7, max_depth=4, random_state=1), two),
        "forest_three": (RandomForestClassifier(n_estimators=5, max_depth=4, random_state=1), three),
        "boosting": (GradientBoostingClassifier(n_estimators=8, max_depth=3, random_state=1), two),
        "network": (MLPClassifier((8, 5), max_iter=80, random_state=1), two),
        "network_three": (MLPClassifier((8,), activation="tanh", max_iter=80, random_state=1), three),
    }
    rows = normal(40, 6)
    for name, (model, target) in models.items():
        model.fit(x, target)
        file = to_onnx(model, x[:1], options={"zipmap": False}, target_opset={"": 17, ML: 3})
        keep(f"trained_{name}", file.SerializeToString(), {"X": rows}, ["probabilities"])
    maps = to_onnx(models["forest_three"][0], x[:1], target_opset={"": 17, ML: 3})
    probabilities = onnxruntime.InferenceSession(maps.SerializeToString()).run(["output_probability"], {"X": rows})[0]
    (MODELS / "trained_forest_zipmap.onnx").write_bytes(maps.SerializeToString())
    cases.append(
        {
            "name": "trained_forest_zipmap",
            "tolerance": 1e-6,
            "inputs": {"X": plain(rows)},
            "outputs": {"output_probability": plain(np.array([[row[c] for c in range(3)] for row in probabilities], dtype="float32"))},
        }
    )
    for name, model in {
        "regression": LinearRegression(),
        "forest_regression": RandomForestRegressor(n_estimators=5, max_depth=4, random_state=1),
    }.items():
        model.fit(x, margin)
        file = to_onnx(model, x[:1], target_opset={"": 17, ML: 3})
        keep(f"trained_{name}", file.SerializeToString(), {"X": rows}, ["variable"])
    names = np.array(["낮음", "높음"])
    model = LogisticRegression().fit(x, names[two])
    file = to_onnx(model, x[:1], options={"zipmap": False}, target_opset={"": 17, ML: 3})
    keep("trained_logistic_texts", file.SerializeToString(), {"X": rows}, ["probabilities"])


def main():
    shutil.rmtree(MODELS, ignore_errors=True)
    MODELS.mkdir()
    for part in [elementwise, arithmetic, casting, matrices, shapes, folding, linear, trees, tree_ensemble, trained]:
        part()
    versions = {module.__name__: module.__version__ for module in [np, onnx, onnxruntime, sklearn, skl2onnx]}
    with open(HERE / "cases.json", "w", encoding="utf-8") as file:
        file.write('{"versions": ' + json.dumps(versions) + ',\n"cases": [\n')
        file.write(",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases))
        file.write("\n]}\n")
    print(len(cases), "cases")


main()
