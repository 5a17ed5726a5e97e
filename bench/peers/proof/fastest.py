"""The whole job as fast as we can write it in NumPy.

    fastest.py NEED TABLE REPLICATES SCORES SOLUTION...

Arrow reads the table, ONNX Runtime scores it in batches. For the replicates
every row is counted, not copied: rows are put in an order once (negatives
first, each class by score), a resample is a histogram of drawn places, and
from its running sum over the negatives all three metrics follow by looking up
the positives' places. One thread. Prints the JSON of
`crates/modu-proof/examples/whole_job.rs`.
"""

import json
import sys
from pathlib import Path

import numpy
import onnxruntime
from pyarrow import csv

from documents import Need, Solution, score_of_positive

BATCH = 1 << 16


class Ranked:
    """One model's rows, ordered once."""

    def __init__(self, labels: numpy.ndarray, scores: numpy.ndarray, threshold: float):
        by_score = numpy.argsort(scores, kind="stable")
        positive = labels[by_score]
        negatives, positives = by_score[~positive], by_score[positive]
        self.order = numpy.concatenate([negatives, positives])
        self.count = len(negatives)
        below, above = scores[negatives], scores[positives]
        # Running sums begin with a zero, so place i is the sum of i rows.
        self.lower = numpy.searchsorted(below, above, "left")
        self.upper = numpy.searchsorted(below, above, "right")
        self.rejected = int(numpy.searchsorted(below, threshold, "left"))
        self.missed = int(numpy.searchsorted(above, threshold, "left"))
        self.sums = numpy.zeros(self.count + 1, dtype=numpy.int64)

    def measures(self, counts: numpy.ndarray) -> tuple[float, float, float]:
        """AUC, accuracy and F1 of rows that count so often, given in this
        model's order."""
        sums = self.sums
        numpy.cumsum(counts[: self.count], out=sums[1:])
        positive = counts[self.count :]
        positives, negatives = int(positive.sum()), int(sums[-1])
        twice = int(numpy.dot(positive, sums[self.lower] + sums[self.upper]))
        missed = int(positive[: self.missed].sum())
        false_alarms = negatives - int(sums[self.rejected])
        found = positives - missed
        return (
            twice / (2 * positives * negatives),
            (found + negatives - false_alarms) / (positives + negatives),
            2 * found / (2 * found + false_alarms + missed),
        )


def read(path: str, names: set[str]) -> dict[str, numpy.ndarray]:
    options = csv.ConvertOptions(include_columns=sorted(names))
    table = csv.read_csv(path, csv.ReadOptions(use_threads=False), convert_options=options)
    return {name: table[name].to_numpy() for name in table.column_names}


def score(solution: Solution, table: dict, rows: int, need: Need) -> numpy.ndarray:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(solution.model, options)
    scores = numpy.empty(rows, dtype=numpy.float32)
    for start in range(0, rows, BATCH):
        part = slice(start, start + BATCH)
        inputs = solution.prepare(lambda name: table[name][part])
        [answer] = session.run([solution.output], inputs)
        scores[part] = score_of_positive(answer, need)
    return scores


def main() -> None:
    need_path, table_path, replicates, keep, *folders = sys.argv[1:]
    need, replicates = Need(need_path), int(replicates)
    solutions = [Solution(folder) for folder in folders]
    used = {
        column["column"]
        for solution in solutions
        for entry in solution.inputs
        for column in entry["columns"]
    }
    table = read(table_path, used | {need.label})
    labels = table[need.label] == need.positive
    answers = {it.id: score(it, table, len(labels), need) for it in solutions}
    del table
    if keep != "-":
        for name, scores in answers.items():
            (Path(keep) / f"{name}.f32").write_bytes(scores.astype("<f4").tobytes())
    models = [Ranked(labels, it.astype("float64"), need.threshold) for it in answers.values()]
    ones = numpy.ones(len(labels), dtype=numpy.int64)
    values = [[[value] for value in model.measures(ones)] for model in models]

    # Draws are places of the first model's order; the others look theirs up.
    places = numpy.empty(len(labels), dtype=numpy.int64)
    places[models[0].order] = numpy.arange(len(labels))
    orders = [None] + [places[model.order] for model in models[1:]]
    random = numpy.random.default_rng(need.seed)
    reordered = numpy.empty(len(labels), dtype=numpy.int64)
    drawn = numpy.empty((replicates, len(models), 3))
    for replicate in range(replicates):
        rows = random.integers(0, len(labels), len(labels))
        counts = numpy.bincount(rows, minlength=len(labels))
        for index, (model, order) in enumerate(zip(models, orders)):
            drawn[replicate, index] = model.measures(counts if order is None else numpy.take(counts, order, out=reordered, mode="clip"))
    if replicates:
        limits = numpy.quantile(drawn, [0.025, 0.975], axis=0)
        for index, cells in enumerate(values):
            for metric, cell in enumerate(cells):
                cell.extend(limits[:, index, metric].tolist())
    names = ["roc_auc", "accuracy", "f1"]
    print(
        json.dumps(
            {
                "rows": len(labels),
                "models": {name: dict(zip(names, cells)) for name, cells in zip(answers, values)},
            }
        )
    )


main()
