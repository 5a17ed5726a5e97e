"""A character-level convolutional network in NumPy, and its ONNX file.

Each code point of a sentence becomes a vector; filters look at every two,
three and four vectors in a row; the strongest answer of each filter anywhere
in the sentence is kept, and a linear layer makes intents of them (Kim 2014,
"Convolutional neural networks for sentence classification", over characters).
Padding is a character like any other, so that a filter can see where a
sentence ends: in Korean that is where the intent mostly is.

The convolution is written as MatMul over concatenated slices, and code points
find their vectors by whole-number arithmetic, so that the file needs no
operator beyond those that Modu evaluates itself.
"""

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper
from scipy.sparse import csr_matrix

LENGTH = 48
WIDTHS = (2, 3, 4)
VECTOR = 32
FILTERS = 80
BATCH = 128
RATE = 0.001
DROPPED = 0.5

# The index of a code point: itself up to 255, 256 for what lies between Latin
# and the Hangul syllables, 257 to 11428 for the syllables, 11429 beyond.
OTHER = 256
FIRST_SYLLABLE = 0xAC00
LAST_INDEX = 11_429


def code_points(texts: list[str]) -> numpy.ndarray:
    """What the preparation `code_points` makes: padded with 0, cut at LENGTH."""
    points = numpy.zeros((len(texts), LENGTH), dtype="int64")
    for row, text in enumerate(texts):
        cut = [ord(character) for character in text[:LENGTH]]
        points[row, : len(cut)] = cut
    return points


def index(points: numpy.ndarray) -> numpy.ndarray:
    syllable = points - FIRST_SYLLABLE + OTHER + 1
    return numpy.minimum(numpy.maximum(syllable, numpy.minimum(points, OTHER)), LAST_INDEX)


def vocabulary(points: numpy.ndarray, fewest: int = 2) -> numpy.ndarray:
    """A row of the vectors for each index: 0 for padding, 1 for characters
    seen fewer than `fewest` times, then one for each character."""
    seen = numpy.bincount(index(points).ravel(), minlength=LAST_INDEX + 1)
    known = numpy.flatnonzero(seen >= fewest)
    rows = numpy.ones(LAST_INDEX + 1, dtype="int64")
    rows[known] = numpy.arange(2, len(known) + 2)
    rows[0] = 0
    return rows


class Network:
    def __init__(self, rows: numpy.ndarray, classes: int, seed: int):
        self.random = numpy.random.default_rng(seed)
        self.rows = rows
        self.weights = {"vectors": self.draw((rows.max() + 1, VECTOR), 0.1)}
        for width in WIDTHS:
            spread = (2 / (width * VECTOR)) ** 0.5
            self.weights[f"filters{width}"] = self.draw((width * VECTOR, FILTERS), spread)
            self.weights[f"bias{width}"] = numpy.zeros(FILTERS, dtype="float32")
        pooled = FILTERS * len(WIDTHS)
        self.weights["intents"] = self.draw((pooled, classes), pooled**-0.5)
        self.weights["bias"] = numpy.zeros(classes, dtype="float32")
        self.moments = {name: (numpy.zeros_like(w), numpy.zeros_like(w)) for name, w in self.weights.items()}
        self.steps = 0

    def draw(self, shape, spread) -> numpy.ndarray:
        return (self.random.standard_normal(shape) * spread).astype("float32")

    def windows(self, vectors: numpy.ndarray, width: int) -> numpy.ndarray:
        """[batch, LENGTH - width + 1, width * VECTOR]: neighbours side by side."""
        last = LENGTH - width + 1
        return numpy.concatenate([vectors[:, i : i + last] for i in range(width)], axis=2)

    def epoch(self, points: numpy.ndarray, labels: numpy.ndarray, rate: float) -> float:
        """One pass over the rows in a drawn order; the mean loss."""
        ids = self.rows[index(points)]
        order = self.random.permutation(len(ids))
        batches = [order[at : at + BATCH] for at in range(0, len(ids), BATCH)]
        return float(numpy.mean([self.step(ids[rows], labels[rows], rate) for rows in batches]))

    def step(self, ids: numpy.ndarray, labels: numpy.ndarray, rate: float) -> float:
        weights, batch = self.weights, len(ids)
        vectors = weights["vectors"][ids]
        pooled, kept = [], []
        for width in WIDTHS:
            windows = self.windows(vectors, width)
            answers = windows @ weights[f"filters{width}"] + weights[f"bias{width}"]
            places = answers.argmax(axis=1)
            pooled.append(numpy.take_along_axis(answers, places[:, None], axis=1)[:, 0])
            kept.append((windows, places))
        pooled = numpy.concatenate(pooled, axis=1)
        mask = (pooled > 0) * (self.random.random(pooled.shape) >= DROPPED) / (1 - DROPPED)
        mask = mask.astype("float32")
        features = pooled * mask
        chances = softmax(features @ weights["intents"] + weights["bias"])
        loss = -numpy.log(chances[numpy.arange(batch), labels] + 1e-9).mean()

        error = chances
        error[numpy.arange(batch), labels] -= 1
        error /= batch
        gradients = {"intents": features.T @ error, "bias": error.sum(axis=0)}
        down = (error @ weights["intents"].T) * mask
        slope = numpy.zeros_like(vectors)
        for place, width in enumerate(WIDTHS):
            windows, places = kept[place]
            part = down[:, place * FILTERS : (place + 1) * FILTERS]
            spread = numpy.zeros((batch, windows.shape[1], FILTERS), dtype="float32")
            numpy.put_along_axis(spread, places[:, None], part[:, None], axis=1)
            flat = spread.reshape(-1, FILTERS)
            gradients[f"filters{width}"] = windows.reshape(-1, width * VECTOR).T @ flat
            gradients[f"bias{width}"] = part.sum(axis=0)
            back = (flat @ weights[f"filters{width}"].T).reshape(windows.shape)
            for i in range(width):
                slope[:, i : i + windows.shape[1]] += back[:, :, i * VECTOR : (i + 1) * VECTOR]
        cells = ids.size
        chosen = csr_matrix(
            (numpy.ones(cells, dtype="float32"), (ids.ravel(), numpy.arange(cells))),
            shape=(len(weights["vectors"]), cells),
        )
        gradients["vectors"] = chosen @ slope.reshape(cells, VECTOR)
        gradients["vectors"][0] = 0
        self.adam(gradients, rate)
        return float(loss)

    def adam(self, gradients: dict[str, numpy.ndarray], rate: float):
        """Kingma and Ba 2015, algorithm 1."""
        self.steps += 1
        for name, gradient in gradients.items():
            first, second = self.moments[name]
            first += 0.1 * (gradient - first)
            second += 0.001 * (gradient * gradient - second)
            corrected = first / (1 - 0.9**self.steps)
            spread = numpy.sqrt(second / (1 - 0.999**self.steps)) + 1e-8
            self.weights[name] -= (rate * corrected / spread).astype("float32")

    def chances(self, points: numpy.ndarray) -> numpy.ndarray:
        parts = []
        for at in range(0, len(points), 512):
            vectors = self.weights["vectors"][self.rows[index(points[at : at + 512])]]
            pooled = [
                (self.windows(vectors, width) @ self.weights[f"filters{width}"]).max(axis=1)
                + self.weights[f"bias{width}"]
                for width in WIDTHS
            ]
            features = numpy.maximum(numpy.concatenate(pooled, axis=1), 0)
            parts.append(softmax(features @ self.weights["intents"] + self.weights["bias"]))
        return numpy.concatenate(parts)

    def to_onnx(self) -> bytes:
        nodes, constants = index_nodes(self.rows)
        constants["vectors"] = self.weights["vectors"]
        nodes.append(helper.make_node("Gather", ["vectors", "rows"], ["embedded"]))
        constants["one"] = numpy.array([1], dtype="int64")
        for width in WIDTHS:
            last = LENGTH - width + 1
            slices = []
            for i in range(width):
                name = f"slice{width}_{i}"
                constants[f"{name}_from"] = numpy.array([i], dtype="int64")
                constants[f"{name}_to"] = numpy.array([i + last], dtype="int64")
                inputs = ["embedded", f"{name}_from", f"{name}_to", "one"]
                nodes.append(helper.make_node("Slice", inputs, [name]))
                slices.append(name)
            constants[f"filters{width}"] = self.weights[f"filters{width}"]
            constants[f"bias{width}"] = self.weights[f"bias{width}"]
            nodes += [
                helper.make_node("Concat", slices, [f"windows{width}"], axis=2),
                helper.make_node("MatMul", [f"windows{width}", f"filters{width}"], [f"answers{width}"]),
                helper.make_node("ReduceMax", [f"answers{width}", "one"], [f"strongest{width}"], keepdims=0),
                helper.make_node("Add", [f"strongest{width}", f"bias{width}"], [f"pooled{width}"]),
            ]
        constants["intents"], constants["bias"] = self.weights["intents"], self.weights["bias"]
        nodes += [
            helper.make_node("Concat", [f"pooled{width}" for width in WIDTHS], ["pooled"], axis=1),
            helper.make_node("Relu", ["pooled"], ["features"]),
            helper.make_node("Gemm", ["features", "intents", "bias"], ["logits"]),
            helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
        ]
        return model(nodes, constants, len(self.weights["bias"]))


def index_nodes(rows: numpy.ndarray):
    """From code points to `rows`: the arithmetic of `index`, then a lookup."""
    constants = {
        "other": numpy.array(OTHER, dtype="int64"),
        "offset": numpy.array(FIRST_SYLLABLE - OTHER - 1, dtype="int64"),
        "last": numpy.array(LAST_INDEX, dtype="int64"),
        "row_of": rows,
    }
    nodes = [
        helper.make_node("Min", ["code_points", "other"], ["low"]),
        helper.make_node("Sub", ["code_points", "offset"], ["syllable"]),
        helper.make_node("Max", ["syllable", "low"], ["either"]),
        helper.make_node("Min", ["either", "last"], ["index"]),
        helper.make_node("Gather", ["row_of", "index"], ["rows"]),
    ]
    return nodes, constants


def model(nodes, constants: dict[str, numpy.ndarray], classes: int) -> bytes:
    """An ONNX file from `code_points` to `probabilities`."""
    graph = helper.make_graph(
        nodes,
        "utterances",
        [helper.make_tensor_value_info("code_points", TensorProto.INT64, [None, LENGTH])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, classes])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.checker.check_model(made, full_check=True)
    return made.SerializeToString()


def softmax(logits: numpy.ndarray) -> numpy.ndarray:
    powers = numpy.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
