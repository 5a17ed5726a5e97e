"""The solutions of the demonstration: training, preparation and ONNX export.

Each supplier sees the training table only. What it hands in is an ONNX file
and a `solution.toml` that says how the owner's side prepares each column; both
are written here, and `prepare` is the same preparation in NumPy, so that the
file can be checked against the model it was exported from.
"""

import warnings
from dataclasses import dataclass

import numpy
import onnx
import pandas
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

NUMBERS = ["age", "wage_per_hour", "capital_gains", "capital_losses", "dividends", "weeks_worked"]
CODES = {
    "work_class": 9,
    "industry": 52,
    "occupation": 47,
    "education": 17,
    "enrolled": 3,
    "marital": 7,
    "schedule": 8,
    "tax_filer": 6,
    "household": 8,
    "employer_size": 7,
    "self_employed": 3,
}
SHORT = ["age", "capital_gains", "dividends", "weeks_worked", "education", "work_class", "marital"]

OPSET = {"": 18, "ai.onnx.ml": 3}

# A linear model runs into certainty on a few rows with huge gains, and single
# precision then rounds its probability to 1. Nobody is that sure: the linear
# solutions stop here, which also keeps their calibration well defined.
SUREST = 0.9999


@dataclass
class Column:
    """How one column enters a model: passed, scaled, or one-hot by its codes."""

    name: str
    prepare: str
    mean: float = 0.0
    deviation: float = 1.0
    codes: int = 0

    def apply(self, table: pandas.DataFrame) -> numpy.ndarray:
        values = table[self.name].to_numpy()
        if self.prepare == "one_hot":
            return (values[:, None] == numpy.arange(self.codes)).astype("float32")
        scaled = (values.astype("float64") - self.mean) / self.deviation
        return scaled.astype("float32")[:, None]

    def toml(self) -> str:
        text = f'[[inputs.columns]]\ncolumn = "{self.name}"\nprepare = "{self.prepare}"\n'
        if self.prepare == "scale":
            text += f"mean = {self.mean!r}\ndeviation = {self.deviation!r}\n"
        if self.prepare == "one_hot":
            text += f"codes = {list(range(self.codes))}\n"
        return text


@dataclass
class Solution:
    """What a supplier hands in, and the model it came from."""

    id: str
    name: tuple[str, str]
    supplier: tuple[str, str]
    columns: list[Column]
    model: object
    onnx: bytes
    output: str
    bounded: bool = False

    def prepare(self, table: pandas.DataFrame) -> numpy.ndarray:
        """The [rows, width] float32 features that `solution.toml` describes."""
        return numpy.hstack([column.apply(table) for column in self.columns])

    def trained_scores(self, features: numpy.ndarray) -> numpy.ndarray:
        """What scikit-learn gives, to compare the exported file with."""
        scores = self.model.predict_proba(features.astype("float64"))[:, 1]
        return numpy.clip(scores, 1 - SUREST, SUREST) if self.bounded else scores

    def toml(self) -> str:
        head = f'''schema = "modu.proof.solution/1"
id = "{self.id}"
name = {{ ko = "{self.name[0]}", en = "{self.name[1]}" }}
supplier = {{ ko = "{self.supplier[0]}", en = "{self.supplier[1]}" }}
version = "1.0"
model = "{self.id}.onnx"

[output]
scores = "{self.output}"

[[inputs]]
name = "features"
type = "float32"

'''
        return head + "\n".join(column.toml() for column in self.columns)


def scaled(table: pandas.DataFrame, name: str) -> Column:
    """A number as its distance from the mean, in standard deviations."""
    values = table[name].to_numpy().astype("float64")
    return Column(name, "scale", float(values.mean()), float(values.std()))


def dense(table: pandas.DataFrame, names: list[str]) -> list[Column]:
    """Numbers scaled, codes one-hot: what linear models and networks take."""
    return [
        Column(name, "one_hot", codes=CODES[name]) if name in CODES else scaled(table, name)
        for name in names
    ]


def train_all(table: pandas.DataFrame) -> list[Solution]:
    """Trains and exports all solutions; about a minute on one core."""
    return [linear(table), forest(table), network(table), weighted(table)]


def linear(table: pandas.DataFrame) -> Solution:
    """A short logistic regression that a clerk could explain."""
    columns = dense(table, SHORT)
    model = LogisticRegression(C=1.0, max_iter=1000)
    name = ("짧은 선형 모델", "Short linear model")
    return fit("linear", name, ("가람소프트 (가상)", "Garam Soft (fictional)"), columns, model, table)


def forest(table: pandas.DataFrame) -> Solution:
    """Gradient-boosted trees on the codes as they are."""
    columns = [Column(name, "pass") for name in [*NUMBERS, *CODES]]
    model = HistGradientBoostingClassifier(
        max_iter=200, learning_rate=0.08, max_leaf_nodes=31, early_stopping=False, random_state=7
    )
    name = ("트리 앙상블", "Tree ensemble")
    return fit("forest", name, ("한빛데이터 (가상)", "Hanbit Data (fictional)"), columns, model, table)


def network(table: pandas.DataFrame) -> Solution:
    """A small neural network with two hidden layers."""
    columns = dense(table, [*NUMBERS, *CODES])
    model = MLPClassifier(
        (32, 16),
        alpha=0.05,
        batch_size=512,
        learning_rate_init=0.001,
        max_iter=14,
        random_state=7,
    )
    name = ("작은 신경망", "Small neural network")
    return fit("network", name, ("도담AI (가상)", "Dodam AI (fictional)"), columns, model, table)


def weighted(table: pandas.DataFrame) -> Solution:
    """A full logistic regression that counts the rare class as heavily as the
    common one: it ranks well, but its scores are no longer probabilities."""
    columns = dense(table, [*NUMBERS, *CODES])
    model = LogisticRegression(C=1.0, max_iter=1000, class_weight="balanced")
    name = ("가중 선형 모델", "Reweighted linear model")
    return fit("weighted", name, ("새솔 (가상)", "Saesol (fictional)"), columns, model, table)


def fit(id, name, supplier, columns, model, table) -> Solution:
    solution = Solution(id, name, supplier, columns, model, b"", "probabilities")
    features = solution.prepare(table)
    with warnings.catch_warnings():
        # The network stops after its epochs on purpose.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(features.astype("float64"), table.over_limit.to_numpy())
    if isinstance(model, MLPClassifier):
        solution.onnx, solution.output = network_to_onnx(model), "probability"
    else:
        solution.bounded = isinstance(model, LogisticRegression)
        solution.onnx = to_onnx(model, features.shape[1], solution.bounded)
    return solution


def to_onnx(model, width: int, bounded: bool) -> bytes:
    """Exports with skl2onnx and keeps only what the probabilities need."""
    exported = convert_sklearn(
        model,
        initial_types=[("features", FloatTensorType([None, width]))],
        options={id(model): {"zipmap": False}},
        target_opset=OPSET,
    )
    graph = exported.graph
    outputs = [output for output in graph.output if output.name == "probabilities"]
    graph = prune(graph, outputs)
    if bounded:
        bound(graph)
    return serialise(graph, list(exported.opset_import))


def bound(graph: onnx.GraphProto) -> None:
    """Keeps the probabilities within 1 - SUREST and SUREST."""
    for name, value in (("lowest", 1 - SUREST), ("highest", SUREST)):
        graph.initializer.append(numpy_helper.from_array(numpy.float32(value), name))
    for node in graph.node:
        node.output[:] = ["unbounded" if name == "probabilities" else name for name in node.output]
    names = ["unbounded", "lowest", "highest"]
    graph.node.append(helper.make_node("Clip", names, ["probabilities"]))


def prune(graph: onnx.GraphProto, outputs: list[onnx.ValueInfoProto]) -> onnx.GraphProto:
    """Drops every node and initializer that the outputs do not need."""
    needed, nodes = {output.name for output in outputs}, []
    for node in reversed(graph.node):
        if needed & set(node.output):
            nodes.insert(0, node)
            needed |= set(node.input)
    initializers = [tensor for tensor in graph.initializer if tensor.name in needed]
    return helper.make_graph(nodes, "model", list(graph.input), outputs, initializers)


def network_to_onnx(model: MLPClassifier) -> bytes:
    """Writes the layers as Gemm, Relu and Sigmoid; the output is [rows, 1]."""
    nodes, initializers, current = [], [], "features"
    last = len(model.coefs_) - 1
    for index, (weights, bias) in enumerate(zip(model.coefs_, model.intercepts_)):
        names = [f"weights_{index}", f"bias_{index}"]
        for name, values in zip(names, (weights, bias)):
            initializers.append(numpy_helper.from_array(values.astype("float32"), name))
        nodes.append(helper.make_node("Gemm", [current, *names], [f"sum_{index}"]))
        current = "probability" if index == last else f"hidden_{index}"
        activation = "Sigmoid" if index == last else "Relu"
        nodes.append(helper.make_node(activation, [f"sum_{index}"], [current]))
    width = model.coefs_[0].shape[0]
    inputs = [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, width])]
    outputs = [helper.make_tensor_value_info(current, TensorProto.FLOAT, [None, 1])]
    graph = helper.make_graph(nodes, "model", inputs, outputs, initializers)
    return serialise(graph, [helper.make_opsetid("", OPSET[""])])


def serialise(graph: onnx.GraphProto, opsets: list[onnx.OperatorSetIdProto]) -> bytes:
    used = {node.domain for node in graph.node} | {""}
    versions = {opset.domain: opset.version for opset in opsets if opset.domain in used}
    opsets = [helper.make_opsetid(domain, versions[domain]) for domain in sorted(versions)]
    model = helper.make_model(graph, opset_imports=opsets, producer_name="modu demo", ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)
