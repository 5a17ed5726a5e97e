"""Metrics by scikit-learn, under the names that a need uses.

These are the numbers that Modu's own statistics must give again on the test
table. Scores are those of the exported ONNX file, run by ONNX Runtime.
"""

import numpy
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_score,
    recall_score,
    roc_auc_score,
)

def decisions_measured(labels: numpy.ndarray, asked: numpy.ndarray) -> dict:
    """Metrics of hard decisions."""
    (kept, needless), (missed, found) = confusion_matrix(labels, asked, labels=[0, 1]).tolist()
    return {
        "rows": len(labels),
        "positives": int(labels.sum()),
        "confusion": [[kept, needless], [missed, found]],
        "accuracy": accuracy_score(labels, asked),
        "balanced_accuracy": balanced_accuracy_score(labels, asked),
        "precision": precision_score(labels, asked, zero_division=numpy.nan),
        "recall": recall_score(labels, asked),
        "f1": f1_score(labels, asked),
        "macro_f1": f1_score(labels, asked, average="macro"),
        "false_alarm_rate": needless / (kept + needless),
        "selection_rate": float(asked.mean()),
    }


def scores_measured(labels: numpy.ndarray, scores: numpy.ndarray, threshold: float) -> dict:
    """Metrics of scores, and of the decisions that the threshold makes."""
    measures = decisions_measured(labels, (scores >= threshold).astype(int))
    intercept, slope = recalibration(labels, scores)
    return measures | {
        "roc_auc": roc_auc_score(labels, scores),
        "average_precision": average_precision_score(labels, scores),
        "brier": brier_score_loss(labels, scores),
        "log_loss": log_loss(labels, numpy.clip(scores, 1e-15, 1 - 1e-15)),
        "calibration_intercept": intercept,
        "calibration_slope": slope,
        "ten_equal_width_bins_calibration_error": calibration_error(labels, scores),
    }


def recalibration(labels: numpy.ndarray, scores: numpy.ndarray) -> tuple[float, float]:
    """Intercept and slope of logit P(y = 1) = a + b logit(score)."""
    clipped = numpy.clip(scores, 1e-15, 1 - 1e-15)
    logits = numpy.log(clipped / (1 - clipped))[:, None]
    fit = LogisticRegression(C=numpy.inf, solver="newton-cholesky", tol=1e-12, max_iter=200)
    fit.fit(logits, labels)
    return float(fit.intercept_[0]), float(fit.coef_[0, 0])


def calibration_error(labels: numpy.ndarray, scores: numpy.ndarray) -> float:
    """Expected calibration error over [0, 0.1), [0.1, 0.2), ..., [0.9, 1]."""
    bins = numpy.minimum((scores * 10).astype(int), 9)
    return sum(
        abs(scores[bins == index].mean() - labels[bins == index].mean()) * (bins == index).mean()
        for index in numpy.unique(bins)
    )


def places(scores: numpy.ndarray, budget: float) -> numpy.ndarray:
    """The chance of each row to be on the one review list over all rows: 1
    above the cut, 0 below, and an equal lot for the rows tied at it."""
    size = int(budget * len(scores))
    cut = numpy.sort(scores)[::-1][size - 1]
    above, tied = scores > cut, scores == cut
    return above + tied * ((size - above.sum()) / tied.sum())


def at_budget(labels: numpy.ndarray, listed: numpy.ndarray) -> dict:
    """Recall and precision of the review list, in all rows or some of them."""
    found = float(listed[labels == 1].sum())
    return {
        "recall_at_budget": found / int(labels.sum()),
        "precision_at_budget": found / float(listed.sum()),
    }


def with_groups(measure, table, groups) -> dict:
    """`measure(rows)` over all rows and over each member of each group."""
    everyone = numpy.ones(len(table), dtype=bool)
    report = {"all": measure(everyone), "groups": {}}
    for group in groups:
        values = table[group["column"]].to_numpy()
        report["groups"][group["id"]] = {
            member["id"]: measure(rows_of(member, values)) for member in group["members"]
        }
    return report


def rows_of(member: dict, values: numpy.ndarray) -> numpy.ndarray:
    """The rows that a member of a group takes in."""
    if "from" in member:
        return (values >= member["from"]) & (values < member["below"])
    return numpy.isin(values, member.get("codes", [member.get("code")]))
