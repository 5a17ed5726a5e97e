//! The linear models of `ai.onnx.ml`.

use std::sync::Arc;

use crate::budget::{Budget, Fault};
use crate::operators::call::{as_doubles, made, required, rows_and_columns};
use crate::operators::matrix::{Factor, transposed};
use crate::operators::number::Float;
use crate::operators::post_transform::{PostTransform, narrow};
use crate::operators::rows::{Meeting, RowCall, RowKernel};
use crate::operators::{Built, Definition, Operator};
use crate::tensor::{Tensor, TensorData};

/// Coefficients `[features, targets]` and intercepts, in double precision.
#[derive(Debug, Clone)]
struct Linear {
    features: usize,
    targets: usize,
    coefficients: Arc<Factor<f64>>,
    intercepts: Meeting<f64>,
}

/// Rows whose sums, in double precision, are held at once.
const BLOCK: usize = 256;

impl Linear {
    /// From coefficients `[targets, features]` as the file holds them.
    fn of(coefficients: &[f32], intercepts: Option<&[f32]>, targets: usize) -> Result<Self, Fault> {
        if targets == 0 || coefficients.is_empty() || !coefficients.len().is_multiple_of(targets) {
            return Err(Fault::malformed(format!(
                "{} coefficients cannot belong to {targets} targets",
                coefficients.len()
            )));
        }
        let features = coefficients.len() / targets;
        let wide: Vec<f64> = coefficients.iter().map(|&value| f64::from(value)).collect();
        let intercepts: Vec<f64> = match intercepts {
            None | Some([]) => vec![0.0; targets],
            Some(list) if list.len() == targets => {
                list.iter().map(|&value| f64::from(value)).collect()
            }
            Some(list) => {
                return Err(Fault::malformed(format!(
                    "{} intercepts for {targets} targets",
                    list.len()
                )));
            }
        };
        let turned = transposed(&wide, targets, features);
        Ok(Self {
            features,
            targets,
            coefficients: Arc::new(Factor::of(&turned, features, targets)),
            intercepts: Meeting::of(&intercepts),
        })
    }

    /// The scores `[rows, targets]`: each a sum in double precision over the
    /// features in the order of [`Factor::multiply`], plus the intercept,
    /// rounded once.
    fn scores(&self, tensor: &Tensor, budget: &mut Budget<'_>) -> Result<(usize, Vec<f32>), Fault> {
        let (rows, columns) = rows_and_columns(tensor)?;
        if columns != self.features {
            return Err(Fault::malformed(format!(
                "{columns} features were given to a model of {}",
                self.features
            )));
        }
        let count = budget.tensor(&[rows, self.targets])?;
        // Twice, because the sums are wide.
        budget.memory(2 * count as u64)?;
        budget.work_product(&[rows, columns, self.targets])?;
        let mut scores = Vec::with_capacity(count);
        if let TensorData::Float32(values) = tensor.data() {
            self.append(values, &mut scores);
        } else {
            budget.memory(2 * tensor.data().len() as u64)?;
            self.append(&as_doubles(tensor)?, &mut scores);
        }
        Ok((rows, scores))
    }

    /// Appends the scores of whole rows.
    fn append<A: Float>(&self, values: &[A], scores: &mut Vec<f32>) {
        let mut sums = Vec::with_capacity(BLOCK.min(values.len()) * self.targets);
        for rows in values.chunks(BLOCK * self.features) {
            sums.clear();
            self.coefficients.multiply(rows, &mut sums);
            self.intercepts
                .append(&sums, scores, |sum: f64, intercept| narrow(sum + intercept));
        }
    }

    /// Operations for a row.
    const fn work_of_row(&self) -> u64 {
        (self.features as u64).saturating_mul(self.targets as u64)
    }

    /// How long a row of its scores is.
    fn columns(&self, given: usize) -> Option<usize> {
        (given == self.features).then_some(self.targets)
    }
}

#[derive(Debug, Clone)]
struct Regressor {
    linear: Linear,
    post_transform: PostTransform,
}

/// `LinearRegressor`.
pub(crate) fn build_regressor(definition: &Definition<'_>) -> Result<Built, Fault> {
    let attributes = definition.attributes;
    let targets = attributes.int("targets")?.unwrap_or(1);
    let targets = usize::try_from(targets)
        .map_err(|_| Fault::malformed(format!("there cannot be {targets} targets")))?;
    let coefficients = attributes
        .floats("coefficients")?
        .ok_or_else(|| Fault::malformed("the coefficients are missing"))?;
    Ok(Built::Operator(Box::new(Regressor {
        linear: Linear::of(coefficients, attributes.floats("intercepts")?, targets)?,
        post_transform: PostTransform::read(attributes)?.check_single_target(targets)?,
    })))
}

impl Operator for Regressor {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let (rows, mut scores) = self.linear.scores(required(inputs, 0)?, budget)?;
        budget.work(20 * scores.len() as u64)?;
        let targets = self.linear.targets;
        self.post_transform.apply_to_rows(&mut scores, targets);
        Ok(vec![made(
            vec![rows, targets],
            TensorData::Float32(scores),
        )?])
    }

    fn by_rows(&self, _: &RowCall<'_>) -> Option<Box<dyn RowKernel>> {
        Some(Box::new(self.clone()))
    }
}

impl RowKernel for Regressor {
    fn columns(&self, given: usize) -> Option<usize> {
        self.linear.columns(given)
    }

    fn work(&self, _: usize) -> u64 {
        self.linear.work_of_row() + 20 * self.linear.targets as u64
    }

    fn append(&self, values: &[f32], _: usize, out: &mut Vec<f32>) {
        let start = out.len();
        self.linear.append(values, out);
        self.post_transform
            .apply_to_rows(&mut out[start..], self.linear.targets);
    }
}

/// The class labels of a classifier: integers, or texts, of which only the
/// number is kept because no kernel here gives texts.
#[derive(Debug)]
pub(crate) enum ClassLabels {
    Integers(Vec<i64>),
    Texts(usize),
}

impl ClassLabels {
    /// From whichever of two attributes is there.
    pub(crate) fn read(
        definition: &Definition<'_>,
        integers: &str,
        texts: &str,
    ) -> Result<Self, Fault> {
        let attributes = definition.attributes;
        let labels = match (attributes.ints(integers)?, attributes.strings(texts)?) {
            (Some(labels), None) => Self::Integers(labels.to_vec()),
            (Some(labels), Some(texts)) if texts.is_empty() => Self::Integers(labels.to_vec()),
            (None | Some([]), Some(labels)) => Self::Texts(labels.len()),
            _ => {
                return Err(Fault::malformed(
                    "the class labels are missing, or there are two kinds",
                ));
            }
        };
        let found = labels.len() as u64;
        if found > definition.limits.classes {
            return Err(Fault::Limit {
                what: "classes",
                found,
                limit: definition.limits.classes,
                remedy: "hand in a model of fewer classes",
            });
        }
        if definition.wants(0) && matches!(labels, Self::Texts(_)) {
            return Err(Fault::unsupported(
                "the output of text labels",
                "ask for the output of scores, or export integer labels",
            ));
        }
        Ok(labels)
    }

    pub(crate) const fn len(&self) -> usize {
        match self {
            Self::Integers(labels) => labels.len(),
            Self::Texts(count) => *count,
        }
    }

    /// The label output for the index of each row's class.
    pub(crate) fn tensor(
        &self,
        classes: impl ExactSizeIterator<Item = usize>,
    ) -> Result<Tensor, Fault> {
        let rows = classes.len();
        match self {
            Self::Integers(labels) => made(
                vec![rows],
                TensorData::Int64(
                    classes
                        .map(|class| labels.get(class).copied().unwrap_or(0))
                        .collect(),
                ),
            ),
            Self::Texts(_) => made(vec![0], TensorData::Int64(Vec::new())),
        }
    }
}

/// The index of the largest score, the first of equals.
pub(crate) fn largest(scores: &[f32]) -> usize {
    let mut best = 0;
    for (index, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = index;
        }
    }
    best
}

#[derive(Debug)]
struct Classifier {
    labels: ClassLabels,
    /// Whether somebody wants the labels.
    wants_labels: bool,
    scores: ClassScores,
}

/// The scores of a [`Classifier`].
#[derive(Debug, Clone)]
struct ClassScores {
    linear: Linear,
    classes: usize,
    post_transform: PostTransform,
}

/// `LinearClassifier`. With one row of coefficients and two labels, the score
/// is the second class's, and the first class gets its complement.
pub(crate) fn build_classifier(definition: &Definition<'_>) -> Result<Built, Fault> {
    let attributes = definition.attributes;
    // How the model was trained; the documentation gives it no effect.
    attributes.pass_over("multi_class");
    let labels = ClassLabels::read(definition, "classlabels_ints", "classlabels_strings")?;
    let coefficients = attributes
        .floats("coefficients")?
        .ok_or_else(|| Fault::malformed("the coefficients are missing"))?;
    let intercepts = attributes.floats("intercepts")?.unwrap_or(&[]);
    let targets = if intercepts.is_empty() {
        labels.len()
    } else {
        intercepts.len()
    };
    if targets != labels.len() && (targets, labels.len()) != (1, 2) {
        return Err(Fault::malformed(format!(
            "{targets} scores cannot choose among {} labels",
            labels.len()
        )));
    }
    if labels.len() < 2 {
        return Err(Fault::unsupported(
            "a classifier of a single class",
            "export at least two classes",
        ));
    }
    let post_transform = PostTransform::read(attributes)?;
    if targets == 1 && post_transform == PostTransform::Probit {
        return Err(Fault::unsupported(
            "PROBIT of a single score",
            "export the model with LOGISTIC",
        ));
    }
    Ok(Built::Operator(Box::new(Classifier {
        wants_labels: definition.wants(0),
        scores: ClassScores {
            linear: Linear::of(coefficients, Some(intercepts), targets)?,
            classes: labels.len(),
            post_transform,
        },
        labels,
    })))
}

impl Operator for Classifier {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let linear = &self.scores.linear;
        let (rows, mut scores) = linear.scores(required(inputs, 0)?, budget)?;
        let width = self.labels.len();
        budget.tensor(&[rows, width])?;
        budget.work_product(&[rows, width, 20])?;
        let labels = match self.wants_labels {
            true => self.labels.tensor(linear.classes(&scores))?,
            false => made(vec![0], TensorData::Int64(Vec::new()))?,
        };
        self.scores.finish(&mut scores);
        Ok(vec![
            labels,
            made(vec![rows, width], TensorData::Float32(scores))?,
        ])
    }

    fn by_rows(&self, call: &RowCall<'_>) -> Option<Box<dyn RowKernel>> {
        (call.output == 1).then(|| Box::new(self.scores.clone()) as Box<dyn RowKernel>)
    }
}

impl Linear {
    /// The class of each row, by its scores.
    fn classes<'a>(&self, scores: &'a [f32]) -> impl ExactSizeIterator<Item = usize> + use<'a> {
        scores.chunks_exact(self.targets).map(|row| match row {
            [score] => usize::from(*score > 0.0),
            row => largest(row),
        })
    }
}

impl ClassScores {
    /// Makes of sums what the model gives. Of one sum it makes two scores, of
    /// which, as in ONNX Runtime, only LOGISTIC transforms anything.
    fn finish(&self, scores: &mut Vec<f32>) {
        if self.linear.targets == self.classes {
            self.post_transform.apply_to_rows(scores, self.classes);
            return;
        }
        let logistic = self.post_transform == PostTransform::Logistic;
        let pair = |score: &f32| match logistic {
            true => [-score, *score],
            false => [1.0 - score, *score],
        };
        *scores = scores.iter().flat_map(pair).collect();
        if logistic {
            self.post_transform.apply(scores);
        }
    }
}

impl RowKernel for ClassScores {
    fn columns(&self, given: usize) -> Option<usize> {
        self.linear.columns(given).map(|_| self.classes)
    }

    fn work(&self, _: usize) -> u64 {
        self.linear.work_of_row() + 20 * self.classes as u64
    }

    fn append(&self, values: &[f32], _: usize, out: &mut Vec<f32>) {
        let mut scores = Vec::with_capacity(values.len() / self.linear.features * self.classes);
        self.linear.append(values, &mut scores);
        self.finish(&mut scores);
        out.append(&mut scores);
    }
}
