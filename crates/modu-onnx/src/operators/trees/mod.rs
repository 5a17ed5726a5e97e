//! Decision trees: random forests, gradient boosting and their kin.
//!
//! Three operators describe them: `TreeEnsembleClassifier` and
//! `TreeEnsembleRegressor` (`ai.onnx.ml` 1 to 3), which list the nodes of all
//! trees with their tree and node numbers, and `TreeEnsemble` (5), which lists
//! inner nodes and leaves apart. `classic` and `ensemble` read them into the
//! same [`source::Source`]; `forest` checks that it is a forest indeed (no
//! cycle, no node in two places) and lays it out for speed; `crown` decides the
//! tops of the trees for many rows at once, `descend` sends rows down the rest; `classifier` and `regressor` make outputs of the votes.

mod classic;
mod classifier;
mod crown;
mod descend;
mod ensemble;
mod forest;
mod regressor;
mod source;

pub(crate) use classifier::build as build_classifier;
pub(crate) use regressor::{build as build_regressor, build_ensemble};
