"""`boosting` by scikit-survival: options ROUNDS DEPTH; the answer is the log
hazard ratio of each row, less their mean."""

from sksurv.ensemble import GradientBoostingSurvivalAnalysis
from sksurv.util import Surv

from table import Scene

scene = Scene()
rounds, depth = (int(option) for option in scene.options)
model = GradientBoostingSurvivalAnalysis(
    n_estimators=rounds, max_depth=depth, learning_rate=0.1, random_state=1
)
outcome = Surv.from_arrays(scene.event, scene.time)


def answer(fitted):
    ratios = fitted.predict(scene.covariates)
    return ratios - ratios.mean()


scene.measured(lambda: model.fit(scene.covariates, outcome), answer)
