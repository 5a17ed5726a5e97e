//! `TreeEnsembleClassifier`.

use super::classic;
use super::descend::Aggregate;
use super::regressor::Forests;
use crate::budget::{Budget, Fault};
use crate::operators::call::{made, required};
use crate::operators::elementwise::both_logistic;
use crate::operators::linear::ClassLabels;
use crate::operators::post_transform::{PostTransform, narrow};
use crate::operators::{Built, Definition, Operator};
use crate::tensor::{Tensor, TensorData};

/// How votes become the scores of the classes.
#[derive(Debug)]
enum Scheme {
    /// Two classes, and all leaves vote for one and the same number: its sum
    /// is the second class's score. Exporters write so what scikit-learn,
    /// XGBoost and LightGBM train on two classes.
    Single {
        /// The class that the leaves name.
        voted: usize,
        /// No weight is negative: the sum is a probability.
        is_probability: bool,
        base_value: f64,
    },
    /// Every class has its votes.
    Each {
        base_values: Vec<f64>,
        /// Classes that may become the label: all, or without base values
        /// those that some leaf votes for.
        eligible: Vec<bool>,
    },
}

#[derive(Debug)]
struct Classifier {
    forests: Forests,
    labels: ClassLabels,
    scheme: Scheme,
    post_transform: PostTransform,
}

/// `TreeEnsembleClassifier`.
pub(crate) fn build(definition: &Definition<'_>) -> Result<Built, Fault> {
    let labels = ClassLabels::read(definition, "classlabels_int64s", "classlabels_strings")?;
    let classes = labels.len();
    if classes < 2 {
        return Err(Fault::unsupported(
            "a classifier of a single class",
            "export at least two classes",
        ));
    }
    let source = classic::read(definition, "class", "class_ids", classes)?;
    let forests = Forests::of(&source, definition.limits)?;
    let base_values = classic::numbers(definition, "base_values")?.unwrap_or_default();
    let voted = forests.voted(classes);
    let post_transform = PostTransform::read(definition.attributes)?;
    let all_votes = || source.leaves.iter().flatten();
    let single = classes == 2 && voted != [true, true];
    let scheme = if single {
        let voted = usize::from(voted[1]);
        check_single(voted, &base_values, post_transform)?;
        Scheme::Single {
            voted,
            is_probability: all_votes().all(|vote| vote.weight >= 0.0),
            base_value: base_values.first().copied().unwrap_or(0.0),
        }
    } else {
        if !base_values.is_empty() && (classes == 2 || base_values.len() != classes) {
            return Err(disagreement());
        }
        let without_base = base_values.is_empty();
        Scheme::Each {
            eligible: if without_base {
                voted
            } else {
                vec![true; classes]
            },
            base_values,
        }
    };
    Ok(Built::Operator(Box::new(Classifier {
        forests,
        labels,
        scheme,
        post_transform,
    })))
}

/// Where the documentation is silent and runtimes differ, a model is refused
/// rather than scored otherwise than its maker saw.
fn disagreement() -> Fault {
    Fault::unsupported(
        "base values of this number for these classes, on which runtimes disagree,",
        "let the leaves of two classes vote for one of them, with a single base value",
    )
}

fn check_single(
    voted: usize,
    base_values: &[f64],
    post_transform: PostTransform,
) -> Result<(), Fault> {
    if base_values.len() > 1 || (voted == 1 && !base_values.is_empty()) {
        return Err(disagreement());
    }
    if voted == 0 && post_transform == PostTransform::Probit {
        return Err(Fault::unsupported(
            "PROBIT of a single score",
            "export the model with LOGISTIC",
        ));
    }
    Ok(())
}

impl Operator for Classifier {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let width = self.labels.len();
        let (rows, votes) =
            self.forests
                .votes(required(inputs, 0)?, width, Aggregate::Sum, budget)?;
        budget.tensor(&[rows, width])?;
        budget.memory(rows as u64)?;
        budget.work_product(&[rows, width, 20])?;
        let mut scores = Vec::with_capacity(votes.len());
        let mut classes = Vec::with_capacity(rows);
        for votes in votes.chunks_exact(width) {
            classes.push(self.scores(votes, &mut scores));
        }
        Ok(vec![
            self.labels.tensor(classes.into_iter())?,
            made(vec![rows, width], TensorData::Float32(scores))?,
        ])
    }
}

impl Classifier {
    /// Appends the scores of one row and gives the index of its class.
    fn scores(&self, votes: &[f64], scores: &mut Vec<f32>) -> usize {
        match &self.scheme {
            Scheme::Single {
                voted,
                is_probability,
                base_value,
            } => {
                let score = narrow(votes[*voted] + base_value);
                let pair = self.pair(score, *voted, *is_probability);
                scores.extend(pair);
                usize::from(score > if *is_probability { 0.5 } else { 0.0 })
            }
            Scheme::Each {
                base_values,
                eligible,
            } => {
                let start = scores.len();
                scores.extend(votes.iter().enumerate().map(|(class, vote)| {
                    narrow(vote + base_values.get(class).copied().unwrap_or(0.0))
                }));
                let row = &mut scores[start..];
                let class = largest_of(row, eligible);
                self.post_transform.apply(row);
                class
            }
        }
    }

    /// The scores of both classes from the one sum.
    fn pair(&self, score: f32, voted: usize, is_probability: bool) -> [f32; 2] {
        if voted == 1 {
            // The first class was voted on too: with nothing.
            let mut pair = [0.0, score];
            self.post_transform.apply(&mut pair);
            return pair;
        }
        match (self.post_transform, is_probability) {
            (PostTransform::Logistic, _) => both_logistic(score),
            (_, true) => [1.0 - score, score],
            (_, false) => [-score, score],
        }
    }
}

fn largest_of(scores: &[f32], eligible: &[bool]) -> usize {
    let mut best: Option<usize> = None;
    for (class, &score) in scores.iter().enumerate() {
        if eligible[class] && best.is_none_or(|best| score > scores[best]) {
            best = Some(class);
        }
    }
    best.unwrap_or(0)
}
