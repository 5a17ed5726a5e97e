//! The first engine of a demonstration, `proof.predict`: one solution over
//! the whole data set.
//!
//! It reads the need, the data set and the solution, prepares features batch
//! by batch, lets an evaluator score them, and keeps the scores as the
//! artifact `predictions`. Labels take no part in it. Predicting and scoring
//! are two runs, so that scores can be measured again without the model, and
//! the model can be replayed without the labels.

use modu_kernel::{
    Digest, Engine, EngineError, Finding, Inputs, Output, Progress, Severity, TypedEngine,
    read_input,
};
use modu_statistics::Finite;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dataset::{Dataset, Limits};
use crate::evaluate::{Evaluate, EvaluateError, MakeEvaluator, OnnxEvaluator};
use crate::need::Need;
use crate::predictions::{
    PREDICTIONS_MEDIA_TYPE, PREDICTIONS_SCHEMA, Predictions, PredictionsHeader,
};
use crate::preparation::Features;
use crate::solution::Solution;
use crate::toml_text;

/// The largest model file that is read.
pub const MAX_MODEL_BYTES: u64 = 128 << 20;

/// The engine as plain data, evaluating in the same process.
pub const PREDICT: Engine = Engine::of::<Predict>();

/// The engine's type.
pub struct Predict;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PredictRequest {
    /// The solution's id, as its `solution.toml` says.
    pub solution: String,
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
    /// Rows scored.
    pub rows: u64,
    /// Scores per row.
    pub width: u32,
    /// The scores in short.
    pub scores: ScoreSummary,
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
    const VERSION: &'static str = "1";

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
    let (width, scores) = score_all(&features, &dataset, evaluator.as_mut(), progress)?;
    drop(evaluator);

    let header = PredictionsHeader {
        schema: PREDICTIONS_SCHEMA.to_owned(),
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
        rows: predictions.header.rows,
        width,
        scores: ScoreSummary::of(&predictions, need.label.positive),
    };
    let findings = findings(&report);
    let output = Output {
        name: "predictions".to_owned(),
        media_type: PREDICTIONS_MEDIA_TYPE.to_owned(),
        bytes,
    };
    Ok((report, findings, vec![output]))
}

/// All batches in order: the width, and the scores row-major.
fn score_all(
    features: &Features,
    dataset: &Dataset,
    evaluator: &mut dyn Evaluate,
    progress: &dyn Progress,
) -> Result<(u32, Vec<f32>), EngineError> {
    let rows = dataset.rows();
    let mut scores: Vec<f32> = Vec::new();
    let mut width = None;
    let mut start = 0;
    progress.report("predict", 0, rows as u64);
    while start < rows {
        if progress.cancelled() {
            return Err(EngineError::Cancelled);
        }
        let batch = features.batch(dataset, start, features.batch_rows());
        let answer = evaluator.evaluate(&batch).map_err(of_model)?;
        let expected = *width.get_or_insert(answer.width);
        let count = batch.rows.checked_mul(expected);
        if answer.rows != batch.rows
            || answer.width != expected
            || count != Some(answer.values.len())
        {
            return Err(of_model(EvaluateError::Mismatch(format!(
                "rows {} to {} came back in another shape",
                start + 1,
                start + batch.rows
            ))));
        }
        scores.extend_from_slice(&answer.values);
        start += batch.rows;
        progress.report("predict", start as u64, rows as u64);
    }
    let width = width
        .and_then(|width| u32::try_from(width).ok())
        .unwrap_or(1);
    Ok((width, scores))
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

fn findings(report: &PredictReport) -> Vec<Finding> {
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
    if report.scores.outside_unit > 0 {
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
