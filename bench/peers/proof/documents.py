"""Need and solution documents, read by both peers: which column is the truth,
what is decided from which score on, and how a solution prepares its inputs.
"""

import tomllib
from pathlib import Path

import numpy


class Need:
    def __init__(self, path: str):
        document = tomllib.loads(Path(path).read_text())
        self.label = document["label"]["column"]
        self.positive = document["label"]["positive"]
        codes = [entry["code"] for entry in document["label"]["classes"]]
        self.positive_index = codes.index(self.positive)
        self.threshold = document["decision"]["threshold"]
        self.seed = int(document["statistics"]["seed"])


class Solution:
    def __init__(self, folder: str):
        document = tomllib.loads((Path(folder) / "solution.toml").read_text())
        self.id = document["id"]
        self.model = str(Path(folder) / document["model"])
        self.output = document["output"]["scores"]
        self.inputs = document["inputs"]

    def prepare(self, column) -> dict[str, numpy.ndarray]:
        """The model's inputs; `column(name)` gives a column's values."""
        return {
            entry["name"]: self._matrix(entry, column) for entry in self.inputs
        }

    def _matrix(self, entry: dict, column) -> numpy.ndarray:
        columns = entry["columns"]
        widths = [len(it["codes"]) if it["prepare"] == "one_hot" else 1 for it in columns]
        first = column(columns[0]["column"])
        matrix = numpy.zeros((len(first), sum(widths)), dtype=entry["type"])
        at = 0
        for prepared, width in zip(columns, widths):
            values = column(prepared["column"])
            match prepared["prepare"]:
                case "one_hot":
                    codes = numpy.asarray(prepared["codes"])
                    matrix[:, at : at + width] = values[:, None] == codes
                case "scale":
                    matrix[:, at] = (values - prepared["mean"]) / prepared["deviation"]
                case "pass":
                    matrix[:, at] = values
                case other:
                    raise ValueError(f"this peer does not know the preparation {other}")
            at += width
        return matrix


def score_of_positive(scores: numpy.ndarray, need: Need) -> numpy.ndarray:
    """One score a row out of an ONNX output of shape [n], [n, 1] or [n, 2]."""
    if scores.ndim == 2:
        scores = scores[:, need.positive_index if scores.shape[1] == 2 else 0]
    return scores
