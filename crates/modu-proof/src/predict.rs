//! The first engine of a demonstration, `proof.predict`: one solution over
//! the whole data set.
//!
//! It reads the need, the data set and the solution, prepares features batch
//! by batch, lets an evaluator score them, and keeps the scores as the
//! artifact `predictions`. Labels take no part in it. Predicting and scoring
//! are two runs, so that scores can be measured again without the model, and
//! the model can be replayed without the labels.
//!
//! Nor does the file's order: the rows reach the model shuffled, by an order
//! that the digests of data set and need decide, and the predictions are in the
//! file's order again. A row's score must come from that row alone. After the
//! run a deterministic sample is scored once more among other rows, and a run in
//! which any bit of it differs is refused.

mod order;
mod rows;
mod walls;

use modu_kernel::{
    Digest, Engine, EngineError, Finding, Inputs, Output, Progress, Severity, TypedEngine,
    read_input,
};
use modu_statistics::Finite;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dataset::{Dataset, Limits};
use crate::evaluate::{EvaluateError, MakeEvaluator, OnnxEvaluator};
use crate::need::{Need, Task};
use crate::predictions::{
    PREDICTIONS_MEDIA_TYPE, PREDICTIONS_SCHEMA, Predictions, PredictionsHeader,
};
use crate::preparation::Features;
use crate::solution::Solution;
use crate::toml_text;
use order::RowOrder;
pub use rows::RowScorer;
pub use walls::{Wall, Walls};

/// The largest model file that is read.
pub const MAX_MODEL_BYTES: u64 = 128 << 20;

/// Rows that are scored once more in small batches.
const SAMPLE_ROWS: usize = 64;
/// The rows of such a batch.
const SAMPLE_BATCH: usize = 7;

/// The engine as plain data, evaluating in the same process.
///
/// The model runs **unconfined**, with no wall but `modu-onnx`'s own limits:
/// for tests and for models of one's own. A program that takes strangers'
/// models passes a confined evaluator to [`predict_with`] instead.
pub const PREDICT: Engine = Engine::of::<Predict>();

/// The engine's type.
pub struct Predict;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PredictRequest {
    /// The solution's id, as its `solution.toml` says.
    pub solution: String,
    /// Which walls stand around the model, if the program that runs it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walls: Option<Walls>,
}

/// What came of it. For the owner; the scores themselves are the output
/// `predictions`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PredictReport {
    /// `modu.proof.predict/1`.
    pub schema: String,
    /// The solution's id.
    pub solution: String,
    /// Its version.
    pub version: String,
    /// Digest of `solution.toml`.
    pub solution_digest: Digest,
    /// Digest of the model file.
    pub model_digest: Digest,
    /// Digest of the output `predictions`.
    pub predictions_digest: Digest,
    /// The runtime that scored, with its version, where it was not Modu's own
    /// kernels: a replay needs a build that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back_end: Option<String>,
    /// Rows scored.
    pub rows: u64,
    /// Scores per row.
    pub width: u32,
    /// The scores in short.
    pub scores: ScoreSummary,
    /// Which walls stood around the model, as the request says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walls: Option<Walls>,
}

/// The scores of a solution in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScoreSummary {
    /// Smallest finite score; of two columns, in the positive class's.
    pub minimum: Option<Finite>,
    /// Largest finite score.
    pub maximum: Option<Finite>,
    /// Mean of the finite scores.
    pub mean: Option<Finite>,
    /// NaN or infinite scores.
    pub not_finite: u64,
    /// Finite scores below 0 or above 1.
    pub outside_unit: u64,
}

impl TypedEngine for Predict {
    type Request = PredictRequest;
    type Report = PredictReport;
    const NAME: &'static str = "proof.predict";
    const VERSION: &'static str = "2";

    fn run(
        request: PredictRequest,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<(PredictReport, Vec<Finding>, Vec<Output>), EngineError> {
        predict_with(&request, inputs, progress, &mut OnnxEvaluator::boxed)
    }
}

/// Runs the engine with another evaluator: a sandboxed child process, say.
/// The result does not depend on where the model ran.
///
/// Inputs: `need`, `dataset`, `solution`, `model`; and for data that is not
/// public `blind`, some secret bytes that keep the outputs' digests from being
/// guessed. Output: `predictions`.
///
/// # Errors
/// [`EngineError`]: an input is wrong, or the model is refused or fails.
pub fn predict_with(
    request: &PredictRequest,
    inputs: &dyn Inputs,
    progress: &dyn Progress,
    make_evaluator: &mut MakeEvaluator<'_>,
) -> Result<(PredictReport, Vec<Finding>, Vec<Output>), EngineError> {
    let need = parse(inputs, "need", Need::parse)?;
    let solution = parse(inputs, "solution", Solution::parse)?;
    if solution.id != request.solution {
        return Err(EngineError::Request(format!(
            "it asks for the solution `{}`, but the input `solution` is `{}`",
            request.solution, solution.id
        )));
    }
    let features = Features::bind(&solution, &need).map_err(|error| error.of_input("solution"))?;
    let model = read_input(inputs, "model", MAX_MODEL_BYTES)?;
    let mut evaluator = make_evaluator(&model, &solution.interface(&need)).map_err(of_model)?;
    let dataset = read_dataset(inputs, &need)?;
    let mut order = RowOrder::new(digest_of(inputs, "dataset")?, digest_of(inputs, "need")?);
    let mut scorer = Scorer {
        dataset: &dataset,
        rows: RowScorer::new(&features, evaluator.as_mut()),
    };
    let scores = scorer.score_all(&mut order, progress)?;
    scorer.check_rows_alone(&mut order, &scores, progress)?;
    let width = scorer
        .rows
        .width()
        .and_then(|width| u32::try_from(width).ok())
        .unwrap_or(1);
    let back_end = evaluator.back_end();
    drop(evaluator);

    let header = PredictionsHeader {
        schema: PREDICTIONS_SCHEMA.to_owned(),
        back_end,
        blind: digest_of(inputs, "blind").ok(),
        dataset: digest_of(inputs, "dataset")?,
        model: digest_of(inputs, "model")?,
        need: digest_of(inputs, "need")?,
        rows: dataset.rows() as u64,
        solution: solution.id.clone(),
        solution_toml: digest_of(inputs, "solution")?,
        width,
    };
    let predictions = Predictions { header, scores };
    let bytes = predictions.to_bytes()?;
    let report = PredictReport {
        schema: "modu.proof.predict/1".to_owned(),
        solution: solution.id,
        version: solution.version,
        solution_digest: predictions.header.solution_toml,
        model_digest: predictions.header.model,
        predictions_digest: Digest::of(&bytes),
        back_end: predictions.header.back_end.clone(),
        rows: predictions.header.rows,
        width,
        scores: ScoreSummary::of(&predictions, need.label.positive),
        walls: request.walls.clone(),
    };
    let findings = findings(&report, need.task);
    let output = Output {
        name: "predictions".to_owned(),
        media_type: PREDICTIONS_MEDIA_TYPE.to_owned(),
        bytes,
    };
    Ok((report, findings, vec![output]))
}

/// A model at work on a data set.
struct Scorer<'a> {
    dataset: &'a Dataset,
    rows: RowScorer<'a>,
}

impl Scorer<'_> {
    /// The scores of all rows in the file's order, row-major.
    fn score_all(
        &mut self,
        order: &mut RowOrder,
        progress: &dyn Progress,
    ) -> Result<Vec<f32>, EngineError> {
        let rows = self.dataset.rows();
        let mut scores: Vec<f32> = Vec::new();
        let mut done = 0;
        progress.report("predict", 0, rows as u64);
        for batch in order.shuffled(rows).chunks(self.rows.batch_rows()) {
            if progress.cancelled() {
                return Err(EngineError::Cancelled);
            }
            let (width, answer) = self.score(batch)?;
            scores.resize(rows.saturating_mul(width), 0.0);
            for (row, values) in batch.iter().zip(answer.chunks_exact(width)) {
                if let Some(place) = scores.get_mut(row * width..(row + 1) * width) {
                    place.copy_from_slice(values);
                }
            }
            done += batch.len();
            progress.report("predict", done as u64, rows as u64);
        }
        Ok(scores)
    }

    /// Scores some rows once more: in one batch as large as those of the run,
    /// which a model cannot tell from them, and in batches of few rows.
    fn check_rows_alone(
        &mut self,
        order: &mut RowOrder,
        scores: &[f32],
        progress: &dyn Progress,
    ) -> Result<(), EngineError> {
        let rows = self.dataset.rows();
        let again = order.shuffled(rows);
        // Of a small data set half, so that the batch is not the same rows.
        let large = self.rows.batch_rows().min(rows.div_ceil(2));
        let small = again.iter().rev().take(SAMPLE_ROWS).copied();
        let small: Vec<usize> = small.collect();
        let batches = again
            .get(..large)
            .into_iter()
            .chain(small.chunks(SAMPLE_BATCH));
        for batch in batches {
            if progress.cancelled() {
                return Err(EngineError::Cancelled);
            }
            let (width, answer) = self.score(batch)?;
            for (row, values) in batch.iter().zip(answer.chunks_exact(width)) {
                let before = scores.get(row * width..(row + 1) * width);
                if !before.is_some_and(|before| same_bits(before, values)) {
                    return Err(of_model(EvaluateError::Failed(
                        "a row's score depends on the rows beside it; remove operators that \
                         look across rows (batch normalisation in training mode, reductions or \
                         cumulative sums over the first axis)"
                            .to_owned(),
                    )));
                }
            }
        }
        Ok(())
    }

    /// One batch: the width, at least 1, and so many scores for each row.
    fn score(&mut self, rows: &[usize]) -> Result<(usize, Vec<f32>), EngineError> {
        self.rows.score_rows(self.dataset, rows).map_err(of_model)
    }
}

/// Whether scores are alike to the bit; a NaN is like any other NaN, as in the
/// predictions.
fn same_bits(left: &[f32], right: &[f32]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).all(|(left, right)| {
            left.to_bits() == right.to_bits() || (left.is_nan() && right.is_nan())
        })
}

impl ScoreSummary {
    /// Sums up predictions; `positive` is the positive class's column.
    fn of(predictions: &Predictions, positive: Option<usize>) -> Self {
        let width = predictions.header.width as usize;
        let shown = match (width, positive) {
            (1, _) | (_, None) => None,
            (_, Some(positive)) => Some(positive),
        };
        let (mut minimum, mut maximum) = (f64::INFINITY, f64::NEG_INFINITY);
        let (mut sum, mut count) = (0.0, 0_u64);
        let (mut not_finite, mut outside_unit) = (0, 0);
        for (index, score) in predictions.scores.iter().enumerate() {
            let score = f64::from(*score);
            if !score.is_finite() {
                not_finite += 1;
                continue;
            }
            outside_unit += u64::from(!(0.0..=1.0).contains(&score));
            if shown.is_none_or(|shown| index % width.max(1) == shown) {
                minimum = minimum.min(score);
                maximum = maximum.max(score);
                sum += score;
                count += 1;
            }
        }
        Self {
            minimum: Finite::new(minimum),
            maximum: Finite::new(maximum),
            mean: Finite::new(sum / count as f64),
            not_finite,
            outside_unit,
        }
    }
}

fn findings(report: &PredictReport, task: Task) -> Vec<Finding> {
    let mut findings = Vec::new();
    let place = format!("solution {}", report.solution);
    if report.scores.not_finite > 0 {
        findings.push(crate::dataset::finding(
            Severity::Problem,
            "scores.not_finite",
            &place,
            "숫자가 아닌 점수(NaN, 무한대)가 있습니다. 이 솔루션은 어떤 기준도 충족할 수 없습니다.",
            "Some scores are NaN or infinite; this solution cannot meet any criterion.",
        ));
    }
    let probabilities = matches!(task, Task::Binary | Task::Multiclass);
    if probabilities && report.scores.outside_unit > 0 {
        findings.push(crate::dataset::finding(
            Severity::Warning,
            "scores.not_probabilities",
            &place,
            "0과 1 사이가 아닌 점수가 있습니다. 확률에 관한 지표는 잴 수 없습니다.",
            "Some scores are outside 0 to 1; metrics of probabilities cannot be measured.",
        ));
    }
    findings
}

/// Reads and parses a TOML input.
pub(crate) fn parse<T>(
    inputs: &dyn Inputs,
    name: &str,
    parse: impl Fn(&[u8]) -> Result<T, crate::ProofError>,
) -> Result<T, EngineError> {
    let bytes = read_input(inputs, name, toml_text::MAX_BYTES)?;
    parse(&bytes).map_err(|error| error.of_input(name))
}

/// Reads the input `dataset`.
pub(crate) fn read_dataset(inputs: &dyn Inputs, need: &Need) -> Result<Dataset, EngineError> {
    let mut reader = inputs
        .open("dataset")
        .map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => EngineError::input(
                "dataset",
                "the run's inputs",
                "there is no input of this name",
            ),
            _ => EngineError::Read {
                name: "dataset".to_owned(),
                source,
            },
        })?;
    Dataset::read(reader.as_mut(), need, &Limits::default())
        .map_err(|error| error.of_input("dataset"))
}

/// The digest of an input.
pub(crate) fn digest_of(inputs: &dyn Inputs, name: &str) -> Result<Digest, EngineError> {
    inputs
        .list()
        .iter()
        .find(|input| input.name == name)
        .map(|input| input.artifact.digest)
        .ok_or_else(|| {
            EngineError::input(name, "the run's inputs", "there is no input of this name")
        })
}

fn of_model(error: EvaluateError) -> EngineError {
    match error {
        EvaluateError::Machine(source) => EngineError::Read {
            name: "model".to_owned(),
            source,
        },
        other => EngineError::input("model", "the solution's model", other),
    }
}
