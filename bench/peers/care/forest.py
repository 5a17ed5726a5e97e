"""`forest` by scikit-survival: options TREES COLUMNS_PER_SPLIT LEAST_ROWS
bootstrap|everyone; the answer is the risk of each row."""

from sksurv.ensemble import RandomSurvivalForest
from sksurv.util import Surv

from table import Scene

scene = Scene()
trees, columns_per_split, least_rows, drawing = scene.options
forest = RandomSurvivalForest(
    n_estimators=int(trees),
    max_features=int(columns_per_split),
    min_samples_leaf=int(least_rows),
    min_samples_split=2 * int(least_rows),
    bootstrap=drawing == "bootstrap",
    n_jobs=1,
    random_state=1,
)
outcome = Surv.from_arrays(scene.event, scene.time)
scene.measured(
    lambda: forest.fit(scene.covariates, outcome),
    lambda fitted: fitted.predict(scene.covariates),
)
