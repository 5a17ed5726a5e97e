"""`boosting` by the crate `survival`: options ROUNDS DEPTH; the answer is the
risk of each row."""

from survival.ml import GradientBoostSurvival, GradientBoostSurvivalConfig

from table import Scene

scene = Scene()
rounds, depth = (int(option) for option in scene.options)
config = GradientBoostSurvivalConfig(
    n_estimators=rounds, max_depth=depth, learning_rate=0.1, seed=1
)
values = scene.covariates.ravel().tolist()
time, event = scene.time.tolist(), scene.event.astype(int).tolist()
scene.measured(
    lambda: GradientBoostSurvival.fit(values, scene.rows, scene.columns, time, event, config),
    lambda fitted: fitted.predict_risk(values, scene.rows),
)
