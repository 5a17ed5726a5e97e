"""Holds our answers against the peers' before anything is timed.

    compare.py NEED TABLE OURS THEIRS REPLICATES

`OURS` and `THEIRS` are folders with the `answer.json` of the whole job and
each solution's scores. Three things must agree, and where one does not the
program says so and fails:

- the scores, within 1e-6 (the two evaluators round differently);
- the estimates on our scores, against scikit-learn on the same scores, within
  1e-9;
- the limits of the intervals, within five standard errors of their Monte Carlo
  difference: the random streams are different.

Prints what was found as a JSON object.
"""

import json
import math
import sys
from pathlib import Path
from statistics import NormalDist

import numpy
import pandas
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

from documents import Need


def scores_of(folder: Path, name: str) -> numpy.ndarray:
    return numpy.fromfile(folder / f"{name}.f32", dtype="<f4")


def ulps(ours: numpy.ndarray, theirs: numpy.ndarray) -> int:
    """The most single-precision steps between two scores of at least 0.01:
    nearer to zero the numbers lie so close that steps say nothing."""
    large = (ours >= 0.01) & (theirs >= 0.01)
    steps = ours[large].view("<i4").astype("int64") - theirs[large].view("<i4")
    return int(numpy.abs(steps).max())


def monte_carlo_error(cell: list[float], replicates: int) -> float:
    """The standard error of the difference of two 2.5 % quantiles, each of so
    many draws of a normal distribution with this interval (Serfling 1980,
    2.3.3)."""
    deviation = (cell[2] - cell[1]) / (2 * NormalDist().inv_cdf(0.975))
    density = NormalDist().pdf(NormalDist().inv_cdf(0.975)) / deviation
    return math.sqrt(2) * math.sqrt(0.025 * 0.975 / replicates) / density


def main() -> None:
    need_path, table_path, ours, theirs, replicates = sys.argv[1:]
    need, ours, theirs = Need(need_path), Path(ours), Path(theirs)
    labels = (pandas.read_csv(table_path)[need.label] == need.positive).to_numpy()
    answers = [json.loads((folder / "answer.json").read_text()) for folder in (ours, theirs)]
    found = {"score_difference": 0.0, "score_ulps": 0, "estimate_difference": 0.0, "limit_errors": 0.0}

    def larger(key: str, value: float) -> None:
        found[key] = max(found[key], value)

    for name, metrics in answers[0]["models"].items():
        scores, other = scores_of(ours, name), scores_of(theirs, name)
        larger("score_difference", float(numpy.abs(scores.astype("f8") - other).max()))
        larger("score_ulps", ulps(scores, other))
        wide = scores.astype("f8")
        decided = wide >= need.threshold
        expected = {
            "roc_auc": roc_auc_score(labels, wide),
            "accuracy": accuracy_score(labels, decided),
            "f1": f1_score(labels, decided),
        }
        for metric, cell in metrics.items():
            larger("estimate_difference", abs(cell[0] - expected[metric]))
            theirs_cell = answers[1]["models"][name][metric]
            error = monte_carlo_error(theirs_cell, int(replicates))
            for side in (1, 2):
                larger("limit_errors", abs(cell[side] - theirs_cell[side]) / error)
    if not (
        answers[0]["rows"] == answers[1]["rows"] == len(labels)
        and found["score_difference"] <= 1e-6
        and found["estimate_difference"] <= 1e-9
        and found["limit_errors"] <= 5
    ):
        sys.exit(f"the answers differ: {found}")
    print(json.dumps(found))


main()
