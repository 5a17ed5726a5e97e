//! `TreeEnsembleRegressor` and `TreeEnsemble`.

use super::descend::{self, Aggregate};
use super::forest::Forest;
use super::source::{Source, target_count};
use super::{classic, ensemble};
use crate::budget::{Budget, Fault};
use crate::limits::Limits;
use crate::operators::call::{as_doubles, made, required, rows_and_columns};
use crate::operators::number::Float;
use crate::operators::post_transform::{PostTransform, narrow};
use crate::operators::{Built, Definition, Operator};
use crate::tensor::{Tensor, TensorData};

/// A forest in both precisions. Single-precision rows are compared in single
/// precision; all others in double.
#[derive(Debug)]
pub(super) struct Forests {
    single: Forest<f32>,
    double: Forest<f64>,
}

impl Forests {
    pub(super) fn of(source: &Source, limits: &Limits) -> Result<Self, Fault> {
        let double = Forest::of(source, limits)?;
        Ok(Self {
            single: double.to_single(),
            double,
        })
    }

    /// The rows and the aggregated votes `[rows, targets]`.
    pub(super) fn votes(
        &self,
        tensor: &Tensor,
        targets: usize,
        aggregate: Aggregate,
        budget: &mut Budget<'_>,
    ) -> Result<(usize, Vec<f64>), Fault> {
        let shape = rows_and_columns(tensor)?;
        let votes = match tensor.data() {
            TensorData::Float32(values) => {
                descend::votes(&self.single, shape, values, (targets, aggregate), budget)
            }
            TensorData::Float64(values) => {
                descend::votes(&self.double, shape, values, (targets, aggregate), budget)
            }
            _ => {
                budget.memory(2 * tensor.data().len() as u64)?;
                let values = as_doubles(tensor)?;
                descend::votes(&self.double, shape, &values, (targets, aggregate), budget)
            }
        }?;
        Ok((shape.0, votes))
    }

    /// Whether some leaf votes for each target.
    pub(super) fn voted(&self, targets: usize) -> Vec<bool> {
        let mut voted = vec![false; targets];
        for vote in &self.double.votes {
            voted[vote.target as usize] = true;
        }
        voted
    }
}

#[derive(Debug)]
struct Regressor {
    forests: Forests,
    targets: usize,
    aggregate: Aggregate,
    base_values: Vec<f64>,
    post_transform: PostTransform,
    /// `TreeEnsemble` answers in its input's type.
    double_output: bool,
}

/// `TreeEnsembleRegressor`: the votes of each target summed, averaged over the
/// trees, or their least or greatest, plus the target's base value.
pub(crate) fn build(definition: &Definition<'_>) -> Result<Built, Fault> {
    let attributes = definition.attributes;
    let targets = target_count(attributes.int("n_targets")?.unwrap_or(1), definition.limits)?;
    let source = classic::read(definition, "target", "target_ids", targets)?;
    let forests = Forests::of(&source, definition.limits)?;
    let aggregate = match attributes.string("aggregate_function")? {
        None | Some("SUM") => Aggregate::Sum,
        Some("AVERAGE") => Aggregate::Average,
        Some("MIN") => Aggregate::Min,
        Some("MAX") => Aggregate::Max,
        Some(other) => {
            return Err(Fault::malformed(format!(
                "the aggregate function `{}` does not exist",
                crate::place::Shown(other)
            )));
        }
    };
    let base_values = classic::numbers(definition, "base_values")?.unwrap_or_default();
    if !base_values.is_empty() {
        if base_values.len() != targets {
            return Err(Fault::malformed(format!(
                "{} base values for {targets} targets",
                base_values.len()
            )));
        }
        // ONNX Runtime forgets the base value of a target without votes.
        if forests.voted(targets).contains(&false) {
            return Err(Fault::unsupported(
                "a base value of a target that no leaf votes for, on which runtimes disagree,",
                "export the model without that target",
            ));
        }
    }
    Ok(Built::Operator(Box::new(Regressor {
        forests,
        targets,
        aggregate,
        base_values,
        post_transform: PostTransform::read(attributes)?.check_single_target(targets)?,
        double_output: false,
    })))
}

/// `TreeEnsemble`.
pub(crate) fn build_ensemble(definition: &Definition<'_>) -> Result<Built, Fault> {
    if definition.version < 5 {
        return Err(Fault::malformed(
            "TreeEnsemble came with version 5 of `ai.onnx.ml`",
        ));
    }
    let attributes = definition.attributes;
    let targets = target_count(attributes.int("n_targets")?.unwrap_or(1), definition.limits)?;
    let source = ensemble::read(definition, targets)?;
    let aggregate = match attributes.int("aggregate_function")?.unwrap_or(1) {
        0 => Aggregate::Average,
        1 => Aggregate::Sum,
        2 => Aggregate::Min,
        3 => Aggregate::Max,
        other => {
            return Err(Fault::malformed(format!(
                "the aggregate function {other} does not exist"
            )));
        }
    };
    let post_transform = PostTransform::of_number(attributes.int("post_transform")?.unwrap_or(0))?;
    Ok(Built::Operator(Box::new(Regressor {
        forests: Forests::of(&source, definition.limits)?,
        targets,
        aggregate,
        base_values: Vec::new(),
        post_transform: post_transform.check_single_target(targets)?,
        double_output: true,
    })))
}

impl Operator for Regressor {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let tensor = required(inputs, 0)?;
        let (rows, mut votes) = self
            .forests
            .votes(tensor, self.targets, self.aggregate, budget)?;
        budget.work(20 * votes.len() as u64)?;
        for (vote, base) in votes.iter_mut().zip(self.base_values.iter().cycle()) {
            *vote += base;
        }
        let shape = vec![rows, self.targets];
        if self.double_output && matches!(tensor.data(), TensorData::Float64(_)) {
            if self.post_transform != PostTransform::None {
                return Err(Fault::unsupported(
                    "a post_transform in double precision",
                    "export the model in single precision",
                ));
            }
            return Ok(vec![made(shape, f64::pack(votes))?]);
        }
        let mut scores: Vec<f32> = votes.into_iter().map(narrow).collect();
        self.post_transform.apply_to_rows(&mut scores, self.targets);
        Ok(vec![made(shape, TensorData::Float32(scores))?])
    }
}
