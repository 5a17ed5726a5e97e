"""`boosting` by XGBoost: options ROUNDS DEPTH; the answer is the log hazard
ratio of each row, less their mean. Making its table of bins counts as work."""

import numpy
import xgboost

from table import Scene

scene = Scene()
rounds, depth = (int(option) for option in scene.options)
label = numpy.where(scene.event, scene.time, -scene.time)
settings = {
    "objective": "survival:cox",
    "tree_method": "hist",
    "max_depth": depth,
    "eta": 0.1,
    "lambda": 1,
    "min_child_weight": 1,
    "max_bin": 256,
    "nthread": 1,
}


def work():
    table = xgboost.DMatrix(scene.covariates, label=label, nthread=1)
    return xgboost.train(settings, table, rounds)


def answer(model):
    table = xgboost.DMatrix(scene.covariates, nthread=1)
    ratios = model.predict(table, output_margin=True).astype("float64")
    return ratios - ratios.mean()


scene.measured(work, answer)
