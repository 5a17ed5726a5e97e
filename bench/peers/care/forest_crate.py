"""`forest` by the crate `survival`: options TREES COLUMNS_PER_SPLIT LEAST_ROWS;
the answer is the risk of each row. It draws a share of the rows without
replacement, 0.632 of them, which is what a bootstrap leaves distinct."""

from survival.ml import SurvivalForest, SurvivalForestConfig, SurvivalForestInput

from table import Scene

scene = Scene()
trees, columns_per_split, least_rows = scene.options[:3]
config = SurvivalForestConfig(
    n_trees=int(trees),
    mtry=int(columns_per_split),
    min_node_size=int(least_rows),
    seed=1,
    oob_error=False,
)
values = scene.covariates.ravel().tolist()
given = SurvivalForestInput(
    values, scene.rows, scene.columns, scene.time.tolist(), scene.event.astype(int).tolist()
)
scene.measured(
    lambda: SurvivalForest.fit_typed(given, config),
    lambda fitted: fitted.predict_risk(values, scene.rows),
)
