"""Cox's model, Kaplan-Meier's curve and Harrell's index by lifelines: the
option names the scene, as in the example care_bench."""

import pandas
from lifelines import CoxPHFitter, KaplanMeierFitter
from lifelines.utils import concordance_index

from table import Scene

scene = Scene()
(name,) = scene.options
if name == "cox":
    frame = pandas.DataFrame(scene.covariates)
    frame["time"], frame["event"] = scene.time, scene.event
    scene.measured(
        lambda: CoxPHFitter().fit(frame, "time", "event"),
        lambda fitted: fitted.params_.to_numpy(),
    )
elif name == "kaplan_meier":
    scene.measured(
        lambda: KaplanMeierFitter().fit(scene.time, scene.event),
        lambda fitted: fitted.survival_function_.to_numpy()[-1:, 0],
    )
else:
    # Its scores are times: the higher, the later.
    scores = -scene.covariates[:, 0]
    scene.measured(
        lambda: concordance_index(scene.time, scores, scene.event),
        lambda index: [index],
    )
