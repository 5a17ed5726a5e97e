"""Tables of scikit-survival's own data sets, and what it says of them.

    python scikit_survival.py FOLDER

writes for each case `NAME.csv` (part, time, event, risk, and the risk by each
horizon) and `NAME.tsv` (a quantity and its numbers a line). Half of the rows
are those that censoring is estimated in.
"""

import sys
from pathlib import Path

import numpy as np
from sksurv import __version__, datasets
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.metrics import (
    brier_score,
    concordance_index_censored,
    concordance_index_ipcw,
    cumulative_dynamic_auc,
    integrated_brier_score,
)

LOADERS = {
    "whas500": datasets.load_whas500,
    "gbsg2": datasets.load_gbsg2,
    "veterans": datasets.load_veterans_lung_cancer,
    "aids": datasets.load_aids,
}


def columns(table):
    numeric = table.select_dtypes("number").astype(float)
    numeric = numeric.loc[:, numeric.nunique() > 1].fillna(numeric.median())
    return ((numeric - numeric.mean()) / numeric.std()).to_numpy()


def case(folder, name, load, rounded):
    x, y = load()
    event, time = y.dtype.names
    event, time = y[event].astype(bool), y[time].astype(float)
    x = columns(x)
    if x.shape[1] == 0:
        return
    outcome = np.array(list(zip(event, time)), dtype=[("event", bool), ("time", float)])
    train = np.arange(len(outcome)) % 2 == 0
    # What is measured ends before the last row that censoring is seen in.
    test = ~train & (time < time[train].max())
    model = CoxPHSurvivalAnalysis(alpha=0.1).fit(x[train], outcome[train])
    risk = model.predict(x[test])
    if rounded:
        risk = np.round(risk * 4) / 4
    base = np.exp(-np.outer(np.exp(risk), [0.1, 0.2, 0.4]))
    own = outcome[test]
    horizons = np.unique(np.quantile(own["time"], [0.25, 0.5, 0.7]))
    base = base[:, : len(horizons)]
    # Censoring at the horizons and at all events must be possible.
    area, mean = cumulative_dynamic_auc(outcome[train], own, risk, horizons)
    expected = {
        "horizons": horizons,
        "harrell": [concordance_index_censored(own["event"], own["time"], risk)[0]],
        "uno": [concordance_index_ipcw(outcome[train], own, risk)[0]],
        "uno_until": [concordance_index_ipcw(outcome[train], own, risk, tau=horizons[-1])[0]],
        "area": area,
        "mean_area": [mean],
        "brier": brier_score(outcome[train], own, base, horizons)[1],
        "integrated_brier": [integrated_brier_score(outcome[train], own, base, horizons)],
    }
    name = f"{name}-rounded" if rounded else name
    with open(folder / f"{name}.csv", "w") as file:
        for row in np.flatnonzero(train):
            print(0, repr(float(time[row])), int(event[row]), sep=",", file=file)
        for row, (risk_of, curve) in zip(np.flatnonzero(test), zip(risk, base)):
            numbers = [repr(float(number)) for number in [risk_of, *(1 - curve)]]
            print(1, repr(float(time[row])), int(event[row]), *numbers, sep=",", file=file)
    with open(folder / f"{name}.tsv", "w") as file:
        for quantity, numbers in expected.items():
            print(quantity, *(repr(float(number)) for number in numbers), sep="\t", file=file)


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, load in LOADERS.items():
        for rounded in (False, True):
            case(folder, name, load, rounded)
    print(f"scikit-survival {__version__}")


main()
