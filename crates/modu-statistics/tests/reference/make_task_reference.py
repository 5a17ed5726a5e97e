"""Writes tests/data/tasks.json: reference values for numbers, rankings, one
class against the rest, and BCa intervals.

Needs Python with numpy, scipy and scikit-learn. Run it from anywhere:
`python make_task_reference.py`. It prints the versions it used and records
them in the file. What no library computes with tied scores (reciprocal rank,
average precision, precision and recall at a cutoff) is averaged here over
every order of the tied rows.
"""

import itertools
import json
import pathlib

import numpy as np
import scipy
import scipy.stats
import sklearn
import sklearn.metrics as metrics

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"
RANDOM = np.random.default_rng(20261122)


def numbers(array):
    return [float(value) for value in np.asarray(array).ravel()]


def regression_values():
    cases = []
    for rows, scale, offset in ((1, 1.0, 0.0), (7, 1.0, 0.0), (300, 40.0, 1e6), (300, 1e-3, -5.0)):
        targets = offset + scale * np.round(RANDOM.lognormal(size=rows), 3)
        predictions = targets + scale * np.round(RANDOM.normal(0.2, 0.5, size=rows), 2)
        cases.append(
            {
                "targets": numbers(targets),
                "predictions": numbers(predictions),
                "mean_absolute_error": float(metrics.mean_absolute_error(targets, predictions)),
                "root_mean_squared_error": float(metrics.root_mean_squared_error(targets, predictions)),
                "mean_error": float(np.mean(predictions - targets)),
                "r_squared": float(metrics.r2_score(targets, predictions)) if rows > 1 else None,
                "pinball_loss": {
                    str(q): float(metrics.mean_pinball_loss(targets, predictions, alpha=q))
                    for q in (0.1, 0.5, 0.9)
                },
            }
        )
    return cases


def orders_of_ties(scores):
    """Every order of the rows by descending score."""
    groups = [np.flatnonzero(scores == score) for score in sorted(set(scores), reverse=True)]
    for parts in itertools.product(*(itertools.permutations(group) for group in groups)):
        yield [row for part in parts for row in part]


def query_values(relevance, scores, cutoff):
    relevant = (relevance > 0).astype(float)
    sums = np.zeros(4)
    count = 0
    for order in orders_of_ties(scores):
        found = relevant[order]
        places = np.arange(1, len(found) + 1)
        precision = np.cumsum(found) / places
        sums += [
            1.0 / (np.argmax(found) + 1),
            float((precision * found).sum() / found.sum()),
            float(found[:cutoff].sum() / cutoff),
            float(found[:cutoff].sum() / found.sum()),
        ]
        count += 1
    # A query of one row is no ranking to scikit-learn; any order is ideal.
    one = len(relevance) == 1
    ndcg = 1.0 if one else float(metrics.ndcg_score([relevance], [scores], k=cutoff))
    return dict(
        zip(
            ("mean_reciprocal_rank", "mean_average_precision", "precision_at_cutoff", "recall_at_cutoff"),
            map(float, sums / count),
        ),
        ndcg=ndcg,
    )


def ranking_values():
    cases = []
    for queries, cutoff, steps in ((1, 3, 5), (30, 1, 4), (30, 3, 4), (30, 10, 1000)):
        rows, values = [], []
        for query in range(queries):
            size = int(RANDOM.integers(1, 8))
            relevance = np.maximum(RANDOM.integers(-2, 4, size=size), 0).astype(float)
            if query == 0:
                relevance[0] = 2.0
            scores = RANDOM.integers(0, steps, size=size) / steps
            rows += [[query, float(r), float(s)] for r, s in zip(relevance, scores)]
            if relevance.any():
                values.append(query_values(relevance, scores, cutoff))
        cases.append(
            {
                "cutoff": cutoff,
                "rows": rows,
                "relevant_queries": len(values),
                "expected": {name: float(np.mean([v[name] for v in values])) for name in values[0]},
            }
        )
    return cases


def against_the_rest():
    rows, classes = 400, 4
    labels = RANDOM.choice(classes, size=rows, p=[0.5, 0.25, 0.2, 0.05])
    scores = RANDOM.dirichlet(np.ones(classes), size=rows)
    scores[np.arange(rows), labels] += 0.4
    scores = np.round(scores / scores.sum(axis=1, keepdims=True), 2)
    scores[:, 0] = np.round(1.0 - scores[:, 1:].sum(axis=1), 2)
    decisions = scores.argmax(axis=1)
    values = []
    for c in range(classes):
        truth, said = labels == c, decisions == c
        values.append(
            {
                "precision": float(metrics.precision_score(truth, said)),
                "recall": float(metrics.recall_score(truth, said)),
                "f1": float(metrics.f1_score(truth, said)),
                "false_alarm_rate": float(said[~truth].mean()),
                "selection_rate": float(said.mean()),
                "roc_auc": float(metrics.roc_auc_score(truth, scores[:, c])),
                "average_precision": float(metrics.average_precision_score(truth, scores[:, c])),
            }
        )
    return {
        "labels": labels.tolist(),
        "scores": numbers(scores),
        "mean_roc_auc": float(metrics.roc_auc_score(labels, scores, multi_class="ovr")),
        "classes": values,
    }


def bca_values():
    """scipy's BCa limits, and all that they are made of."""
    cases = []
    skewed = RANDOM.lognormal(size=40)
    tied = RANDOM.integers(0, 3, size=30).astype(float)
    pairs = RANDOM.lognormal(size=(25, 2))
    for data, statistic in (
        (skewed, np.mean),
        (tied, np.mean),
        (skewed, np.std),
        (pairs, lambda x, axis=-1: x.mean(axis=axis)),
    ):
        if data.ndim == 2:
            data = data[:, 0] - data[:, 1]
        left_out = [float(statistic(np.delete(data, row))) for row in range(len(data))]
        limits, distribution = {}, None
        for confidence in (0.8, 0.9, 0.95):
            found = scipy.stats.bootstrap(
                (data,),
                statistic,
                n_resamples=499,
                vectorized=False,
                confidence_level=confidence,
                method="BCa",
                random_state=np.random.default_rng(7),
            )
            limits[str(confidence)] = [float(found.confidence_interval.low), float(found.confidence_interval.high)]
            distribution = found.bootstrap_distribution
        cases.append(
            {
                "estimate": float(statistic(data)),
                "replicates": numbers(distribution),
                "left_out": left_out,
                "limits": limits,
            }
        )
    return cases


def main():
    versions = {
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
    }
    print(versions)
    values = {
        "versions": versions,
        "regression": regression_values(),
        "ranking": ranking_values(),
        "against_the_rest": against_the_rest(),
        "bca": bca_values(),
    }
    path = DATA / "tasks.json"
    path.write_text(json.dumps(values, allow_nan=False) + "\n")
    print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
