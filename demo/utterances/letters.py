"""The plain alternative: a linear model of which characters occur.

Every character has a weight for each intent; the weights of a sentence's
characters are added up. It knows nothing of their order.
"""

import warnings

import numpy
from onnx import helper
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from network import code_points, index, index_nodes, model, vocabulary


class Letters:
    def __init__(self, texts: list[str], labels: numpy.ndarray):
        points = code_points(texts)
        self.rows = vocabulary(points)
        ids = self.rows[index(points)]
        places = numpy.repeat(numpy.arange(len(ids)), ids.shape[1])
        ones = numpy.ones(ids.size)
        shape = (len(ids), int(self.rows.max()) + 1)
        counts = csr_matrix((ones, (places, ids.ravel())), shape=shape)
        # Padding says how short a sentence is, and nothing more.
        with warnings.catch_warnings():
            # It stops after its iterations on purpose.
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.fitted = LogisticRegression(C=1.0, max_iter=1500).fit(counts, labels)

    def to_onnx(self) -> bytes:
        nodes, constants = index_nodes(self.rows)
        constants["weights"] = self.fitted.coef_.T.astype("float32")
        constants["bias"] = self.fitted.intercept_.astype("float32")
        constants["characters"] = numpy.array([1], dtype="int64")
        nodes += [
            helper.make_node("Gather", ["weights", "rows"], ["each"]),
            helper.make_node("ReduceSum", ["each", "characters"], ["sum"], keepdims=0),
            helper.make_node("Add", ["sum", "bias"], ["logits"]),
            helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
        ]
        return model(nodes, constants, len(self.fitted.intercept_))
