"""Cox's model and Harrell's index by scikit-survival: the option names the
scene, as in the example care_bench."""

from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.metrics import concordance_index_censored
from sksurv.util import Surv

from table import Scene

scene = Scene()
(name,) = scene.options
if name == "cox":
    outcome = Surv.from_arrays(scene.event, scene.time)
    scene.measured(
        lambda: CoxPHSurvivalAnalysis(ties="efron").fit(scene.covariates, outcome),
        lambda fitted: fitted.coef_,
    )
else:
    risk = scene.covariates[:, 0].copy()
    scene.measured(
        lambda: concordance_index_censored(scene.event, scene.time, risk)[0],
        lambda index: [index],
    )
