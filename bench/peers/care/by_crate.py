"""Cox's model and Harrell's index by the crate `survival`: the option names the
scene, as in the example care_bench."""

import survival

from table import Scene

scene = Scene()
(name,) = scene.options
columns = {f"x{number + 1}": scene.covariates[:, number].tolist() for number in range(scene.columns)}
data = {"time": scene.time.tolist(), "event": scene.event.astype(int).tolist(), **columns}
if name == "cox":
    formula = "Surv(time, event) ~ " + " + ".join(columns)
    scene.measured(
        lambda: survival.coxph(formula, data, ties="efron"),
        lambda fitted: fitted.coefficients,
    )
else:
    scene.measured(
        lambda: survival.concordance("Surv(time, event) ~ x1", data, reverse=True),
        lambda fitted: [fitted.concordance],
    )
