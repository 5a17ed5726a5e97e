"""The whole job as it is ordinarily written: pandas reads the table, ONNX
Runtime scores it, scikit-learn's metrics run in a loop over resamples.

    ordinary.py NEED TABLE REPLICATES SCORES SOLUTION...

One thread. Prints the JSON of `crates/modu-proof/examples/whole_job.rs`.
"""

import json
import sys
from pathlib import Path

import numpy
import onnxruntime
import pandas
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

from documents import Need, Solution, score_of_positive


def measures(labels: numpy.ndarray, scores: numpy.ndarray, threshold: float) -> list[float]:
    decided = scores >= threshold
    return [
        float(roc_auc_score(labels, scores)),
        float(accuracy_score(labels, decided)),
        float(f1_score(labels, decided)),
    ]


def main() -> None:
    need_path, table_path, replicates, keep, *folders = sys.argv[1:]
    need, replicates = Need(need_path), int(replicates)
    table = pandas.read_csv(table_path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    answers = {}
    for folder in folders:
        solution = Solution(folder)
        session = onnxruntime.InferenceSession(solution.model, options)
        inputs = solution.prepare(lambda name: table[name].to_numpy())
        [scores] = session.run([solution.output], inputs)
        scores = score_of_positive(scores, need)
        if keep != "-":
            (Path(keep) / f"{solution.id}.f32").write_bytes(scores.astype("<f4").tobytes())
        answers[solution.id] = scores.astype("float64")
    labels = (table[need.label] == need.positive).to_numpy()
    values = {
        name: [[value] for value in measures(labels, scores, need.threshold)]
        for name, scores in answers.items()
    }

    random = numpy.random.default_rng(need.seed)
    drawn = {name: numpy.empty((replicates, 3)) for name in answers}
    for replicate in range(replicates):
        rows = random.integers(0, len(labels), len(labels))
        for name, scores in answers.items():
            drawn[name][replicate] = measures(labels[rows], scores[rows], need.threshold)
    if replicates:
        for name, cells in values.items():
            for cell, limits in zip(cells, numpy.quantile(drawn[name], [0.025, 0.975], axis=0).T):
                cell.extend(limits.tolist())
    names = ["roc_auc", "accuracy", "f1"]
    print(
        json.dumps(
            {
                "rows": len(labels),
                "models": {name: dict(zip(names, cells)) for name, cells in values.items()},
            }
        )
    )


main()
