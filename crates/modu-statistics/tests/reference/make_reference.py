"""Writes tests/data/further.json: reference values from well-kept libraries.

Needs Python with numpy, scipy, scikit-learn and statsmodels, and R with the
packages pROC and jsonlite (Debian: r-cran-proc, r-cran-jsonlite). Run it from
anywhere: `python make_reference.py`. It prints the versions it used and
records them in the file.
"""

import json
import pathlib
import subprocess
import tempfile
import warnings

import numpy as np
import scipy
import scipy.stats
import sklearn
import sklearn.metrics as metrics
import statsmodels
import statsmodels.api as sm
from sklearn.exceptions import UndefinedMetricWarning
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

warnings.filterwarnings("ignore", category=UndefinedMetricWarning)
DATA = pathlib.Path(__file__).resolve().parent.parent / "data"
RANDOM = np.random.default_rng(20261122)
CLIP = 1e-7


def numbers(array):
    return [float(value) for value in np.asarray(array).ravel()]


def census():
    labels = np.fromfile(DATA / "y.u8", dtype=np.uint8).astype(int)
    scores = {
        name: np.fromfile(DATA / f"{name}.prob.f32", dtype="<f4").astype(float)
        for name in ("rf", "lr")
    }
    return labels, scores


def at_budget(labels, scores, members, share):
    """Expected recall, precision, false-alarm rate and selection rate of a
    group on the one review list of all rows, ties at the cut by lot."""
    room = int(np.floor(share * len(labels) + 1e-9))
    cut = np.sort(scores)[::-1][room - 1]
    above = scores > cut
    tied = scores == cut
    chance = np.where(above, 1.0, np.where(tied, (room - above.sum()) / tied.sum(), 0.0))
    chance = chance[members]
    positive = labels[members] == 1
    return {
        "recall": float(chance[positive].sum() / positive.sum()),
        "precision": float(chance[positive].sum() / chance.sum()),
        "false_alarm_rate": float(chance[~positive].sum() / (~positive).sum()),
        "selection_rate": float(chance.mean()),
    }


def recalibration(labels, scores):
    clipped = np.clip(scores, CLIP, 1 - CLIP)
    logit = np.log(clipped) - np.log1p(-clipped)
    line = sm.Logit(labels, sm.add_constant(logit)).fit(disp=0, method="newton", tol=1e-14, maxiter=100)
    large = sm.Logit(labels, np.ones(len(labels)), offset=logit).fit(
        disp=0, method="newton", tol=1e-14, maxiter=100
    )
    return {
        "intercept": float(line.params[0]),
        "slope": float(line.params[1]),
        "intercept_standard_error": float(line.bse[0]),
        "slope_standard_error": float(line.bse[1]),
        "intercept_interval95": numbers(line.conf_int()[0]),
        "slope_interval95": numbers(line.conf_int()[1]),
        "in_the_large": float(large.params[0]),
        "in_the_large_standard_error": float(large.bse[0]),
        "clipped": int((clipped != scores).sum()),
    }


def calibration_error(labels, scores, bins, equal_count):
    if equal_count:
        ordered = np.sort(scores)
        edges = np.unique(ordered[[j * len(scores) // bins for j in range(1, bins)]])
        place = np.searchsorted(edges, scores, side="right")
    else:
        place = np.minimum(np.floor(scores * bins), bins - 1).astype(int)
    error, table = 0.0, []
    for index in np.unique(place):
        inside = place == index
        error += inside.mean() * abs(labels[inside].mean() - scores[inside].mean())
        table.append([int(inside.sum()), float(scores[inside].mean()), float(labels[inside].mean())])
    return {"error": float(error), "bins": table}


def delong_by_r(labels, first, second):
    """pROC's paired test and its intervals, printed with all digits."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        np.savetxt(path / "rows.csv", np.column_stack([labels, first, second]), delimiter=",", fmt="%.17g")
        script = """
            suppressMessages({library(pROC); library(jsonlite)})
            rows <- read.csv("rows.csv", header = FALSE)
            a <- roc(rows$V1, rows$V2, levels = c(0, 1), direction = "<")
            b <- roc(rows$V1, rows$V3, levels = c(0, 1), direction = "<")
            test <- roc.test(a, b, method = "delong", paired = TRUE)
            cat(toJSON(list(
              auc = c(as.numeric(a$auc), as.numeric(b$auc)),
              variance = c(var(a, method = "delong"), var(b, method = "delong")),
              covariance = cov(a, b, method = "delong"),
              z = as.numeric(test$statistic), p = test$p.value,
              interval95 = as.numeric(ci.auc(a, method = "delong"))
            ), digits = NA, auto_unbox = TRUE))
        """
        result = subprocess.run(
            ["Rscript", "-e", script], cwd=folder, check=True, capture_output=True, text=True
        )
        return json.loads(result.stdout)


def binary(labels, scores, threshold):
    decisions = (scores >= threshold).astype(int)
    tn, fp, fn, tp = metrics.confusion_matrix(labels, decisions, labels=[0, 1]).ravel()
    clipped = np.clip(scores, 1e-15, 1 - 1e-15)
    return {
        "accuracy": metrics.accuracy_score(labels, decisions),
        "balanced_accuracy": metrics.balanced_accuracy_score(labels, decisions),
        "precision": metrics.precision_score(labels, decisions),
        "recall": metrics.recall_score(labels, decisions),
        "f1": metrics.f1_score(labels, decisions),
        "false_alarm_rate": fp / (fp + tn),
        "selection_rate": decisions.mean(),
        "macro_f1": metrics.f1_score(labels, decisions, average="macro"),
        "matthews_correlation": metrics.matthews_corrcoef(labels, decisions),
        "cohen_kappa": metrics.cohen_kappa_score(labels, decisions),
        "roc_auc": metrics.roc_auc_score(labels, scores),
        "average_precision": metrics.average_precision_score(labels, scores),
        "log_loss": metrics.log_loss(labels, clipped),
        "brier": metrics.brier_score_loss(labels, scores),
    }


def floats(table):
    return {name: float(value) for name, value in table.items()}


def census_values():
    labels, scores = census()
    everyone = np.ones(len(labels), dtype=bool)
    third = np.arange(len(labels)) % 3 == 1
    values = {}
    for name, score in scores.items():
        values[name] = {
            "at_budget_10": at_budget(labels, score, everyone, 0.10),
            "at_budget_1": at_budget(labels, score, everyone, 0.01),
            "every_third_at_budget_10": at_budget(labels, score, third, 0.10),
            "every_third": floats(binary(labels[third], score[third], 0.5)),
            "recalibration": recalibration(labels, score),
            "every_third_recalibration": recalibration(labels[third], score[third]),
            "equal_width_10": calibration_error(labels, score, 10, False),
            "equal_count_10": calibration_error(labels, score, 10, True),
            "equal_count_37": calibration_error(labels, score, 37, True),
        }
    return values


def tied_values():
    labels = (RANDOM.random(400) < 0.3).astype(int)
    scores = [
        np.clip(np.round(RANDOM.normal(0.35 + gain * labels, 0.2), 1), 0.0, 1.0) for gain in (0.15, 0.25)
    ]
    false_alarms, recalls, thresholds = metrics.roc_curve(labels, scores[0], drop_intermediate=False)
    precisions, curve_recalls, _ = metrics.precision_recall_curve(labels, scores[0])
    everyone = np.ones(len(labels), dtype=bool)
    return {
        "labels": labels.tolist(),
        "scores": [numbers(score) for score in scores],
        "binary": floats(binary(labels, scores[0], 0.5)),
        "at_budget_10": at_budget(labels, scores[0], everyone, 0.10),
        "equal_width_10": calibration_error(labels, scores[0], 10, False),
        "equal_count_7": calibration_error(labels, scores[0], 7, True),
        "recalibration": recalibration(labels, scores[0]),
        "roc": {"x": numbers(false_alarms), "y": numbers(recalls), "thresholds": numbers(thresholds[1:])},
        # scikit-learn ascends and adds a point (recall 0, precision 1).
        "precision_recall": {"x": numbers(curve_recalls[:-1][::-1]), "y": numbers(precisions[:-1][::-1])},
        "delong": delong_by_r(labels, *scores),
    }


def multiclass_values():
    rows, classes = 300, 4
    labels = RANDOM.choice(classes, size=rows, p=[0.5, 0.3, 0.15, 0.05])
    raw = RANDOM.normal(size=(rows, classes))
    raw[np.arange(rows), labels] += 1.2
    scores = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    # Few digits make ties in the ranks; rows still sum to one.
    scores[:, :-1] = np.round(scores[:, :-1], 2)
    scores[:, -1] = 1.0 - scores[:, :-1].sum(axis=1)
    scores = np.clip(scores, 0.0, 1.0)
    decisions = scores.argmax(axis=1)
    clipped = np.clip(scores, 1e-15, 1 - 1e-15)
    truth = np.eye(classes)[labels]
    loss = -np.log(clipped[np.arange(rows), labels]).mean()
    precision, recall, f1, support = metrics.precision_recall_fscore_support(labels, decisions)
    return {
        "classes": classes,
        "labels": labels.tolist(),
        "scores": numbers(scores),
        "confusion": metrics.confusion_matrix(labels, decisions).ravel().tolist(),
        "precision": numbers(precision),
        "recall": numbers(recall),
        "f1": numbers(f1),
        "support": support.tolist(),
        "metrics": floats(
            {
                "accuracy": metrics.accuracy_score(labels, decisions),
                "balanced_accuracy": metrics.balanced_accuracy_score(labels, decisions),
                "macro_f1": metrics.f1_score(labels, decisions, average="macro"),
                "matthews_correlation": metrics.matthews_corrcoef(labels, decisions),
                "cohen_kappa": metrics.cohen_kappa_score(labels, decisions),
                "roc_auc": np.mean(
                    [metrics.roc_auc_score(labels == c, scores[:, c]) for c in range(classes)]
                ),
                "log_loss": loss,
                "brier": ((truth - scores) ** 2).sum(axis=1).mean(),
            }
        ),
    }


def interval_values():
    cases = []
    counts = [(0, 1), (1, 1), (0, 10), (10, 10), (3, 7), (1, 1000), (999, 1000), (477, 6186)]
    counts += [(1, 1_000_000), (499_999, 1_000_000), (2_000_000_000, 2_100_000_000)]
    for successes, trials in counts:
        for alpha in (0.05, 0.01):
            cases.append(
                {
                    "successes": successes,
                    "trials": trials,
                    "confidence": 1 - alpha,
                    "wilson": numbers(proportion_confint(successes, trials, alpha, "wilson")),
                    "clopper_pearson": numbers(proportion_confint(successes, trials, alpha, "beta")),
                }
            )
    return cases


def mcnemar_values():
    cases = []
    for table in ([[10, 3], [8, 5]], [[0, 1], [0, 0]], [[5, 7], [7, 2]], [[50, 12], [30, 9]], [[9, 5000], [5200, 1]]):
        cases.append(
            {
                "table": table,
                "chi_square": float(mcnemar(table, exact=False, correction=False).statistic),
                "p": float(mcnemar(table, exact=False, correction=False).pvalue),
                "corrected": float(mcnemar(table, exact=False, correction=True).statistic),
                "corrected_p": float(mcnemar(table, exact=False, correction=True).pvalue),
                "exact_p": float(mcnemar(table, exact=True).pvalue),
                "binomial_p": float(scipy.stats.binomtest(table[0][1], table[0][1] + table[1][0]).pvalue),
            }
        )
    return cases


def multiple_values():
    cases = []
    for count in (1, 2, 7, 40):
        p = np.round(RANDOM.random(count) ** 3, 3)
        cases.append(
            {
                "p": numbers(p),
                "holm": numbers(multipletests(p, method="holm")[1]),
                "benjamini_hochberg": numbers(multipletests(p, method="fdr_bh")[1]),
            }
        )
    return cases


def quantile_values():
    cases = []
    for count in (1, 2, 5, 100, 1999):
        values = np.round(RANDOM.normal(size=count), 3)
        cases.append(
            {
                "values": numbers(values),
                "interval90": numbers(np.quantile(values, [0.05, 0.95])),
                "limits80": numbers(np.quantile(values, [0.2, 0.8])),
                "standard_error": float(values.std(ddof=1)) if count > 1 else None,
            }
        )
    return cases


def main():
    r = subprocess.run(
        ["Rscript", "-e", "cat(R.version.string, as.character(packageVersion('pROC')), sep = '|')"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("|")
    versions = {
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
        "statsmodels": statsmodels.__version__,
        "R": r[0],
        "pROC": r[1],
    }
    print(versions)
    values = {
        "versions": versions,
        "census": census_values(),
        "tied": tied_values(),
        "multiclass": multiclass_values(),
        "intervals": interval_values(),
        "mcnemar": mcnemar_values(),
        "multiple": multiple_values(),
        "quantiles": quantile_values(),
    }
    path = DATA / "further.json"
    path.write_text(json.dumps(values, allow_nan=False) + "\n")
    print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
