"""Writes the ONNX project's own tests of single operators for Modu's kernels.

    python generate.py FOLDER < operators

Standard input names the operators that are claimed, one a line: the domain, a
tab, the name. A test is written where every node of it is one of these. Each
becomes models/NAME.onnx and an entry of cases.json: inputs, the outputs that the
ONNX project expects with its tolerances, and those of ONNX Runtime. Nothing of
it is kept in the repository.
"""

import json
import pathlib
import sys
import warnings

import numpy as np
import onnx
import onnxruntime
from onnx.backend.test.case.node import collect_testcases

warnings.filterwarnings("ignore")
onnxruntime.set_default_logger_severity(4)

TYPES = {"float32", "float64", "int64", "int32", "bool"}


def array_of(value):
    """A test's value as an array; none for a sequence or a value left out."""
    if isinstance(value, onnx.TensorProto):
        return onnx.numpy_helper.to_array(value)
    return value if isinstance(value, np.ndarray | np.generic) else None


def plain(array):
    """An array as JSON; without values where it is not of plain numbers."""
    array = np.asarray(array)
    if array.dtype.name not in TYPES:
        return {"type": array.dtype.name, "shape": list(array.shape), "values": None}
    values = [
        v if not isinstance(v, float) or np.isfinite(v) else str(v) for v in array.ravel().tolist()
    ]
    return {"type": array.dtype.name, "shape": list(array.shape), "values": values}


def tensors(ports, arrays):
    return {port.name: plain(array) for port, array in zip(ports, arrays)}


def by_runtime(model, inputs):
    """What ONNX Runtime computes; none where it cannot."""
    try:
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), providers=["CPUExecutionProvider"]
        )
        names = [port.name for port in model.graph.input]
        return session.run(None, dict(zip(names, inputs)))
    except Exception:
        return None


def group(model):
    """The operator that a test is about; none for one spelled out in several."""
    nodes = model.graph.node
    if len(nodes) != 1:
        return None
    domain = nodes[0].domain
    return f"{domain}.{nodes[0].op_type}" if domain else nodes[0].op_type


def main():
    folder = pathlib.Path(sys.argv[1])
    (folder / "models").mkdir(parents=True)
    claimed = {tuple(line.rstrip("\n").split("\t")) for line in sys.stdin}
    claimed |= {("ai.onnx", name) for domain, name in claimed if not domain}
    cases = []
    for test in collect_testcases(None):
        model = test.model
        nodes = model.graph.node
        if not nodes or any((node.domain, node.op_type) not in claimed for node in nodes):
            continue
        (folder / "models" / f"{test.name}.onnx").write_bytes(model.SerializeToString())
        for data_set in test.data_sets:
            inputs, outputs = ([array_of(value) for value in values] for values in data_set)
            dense = all(array is not None for array in [*inputs, *outputs])
            runtime = by_runtime(model, inputs) if dense else None
            names = [port.name for port in model.graph.output]
            cases.append(
                {
                    "name": test.name,
                    "operator": group(model),
                    "dense": dense,
                    "relative": test.rtol,
                    "absolute": test.atol,
                    "inputs": tensors(model.graph.input, inputs) if dense else {},
                    "outputs": tensors(model.graph.output, outputs) if dense else {},
                    "runtime": None if runtime is None else dict(zip(names, map(plain, runtime))),
                }
            )
    document = {
        "onnx": onnx.__version__,
        "onnxruntime": onnxruntime.__version__,
        "cases": cases,
    }
    (folder / "cases.json").write_text(json.dumps(document))


main()
