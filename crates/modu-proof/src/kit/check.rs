//! Tries a submission on the kit's sample, before it is sent.

use std::io::Cursor;

use modu_kernel::Label;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{SAMPLE_ROWS, sample_csv};
use crate::dataset::{Dataset, Limits};
use crate::error::ProofError;
use crate::evaluate::{Evaluate, EvaluateError, MakeEvaluator};
use crate::need::Need;
use crate::predict::MAX_MODEL_BYTES;
use crate::preparation::Features;
use crate::solution::Solution;

/// The batches that a row must score alike in.
const BATCHES: [usize; 3] = [SAMPLE_ROWS, 7, 1];
/// The seed of the sample that is tried.
const SEED: u64 = 1;
/// How far a row's class probabilities may be from summing to one, as in
/// `modu-statistics`.
const SUM_TOLERANCE: f64 = 1e-3;

/// What became of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckOutcome {
    /// In order.
    Passed,
    /// Accepted, but some metrics could not be measured.
    Warning,
    /// The submission would be refused, or could not meet any criterion.
    Failed,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckItem {
    /// A stable name: `solution`, `columns`, `model`, `shape`, `scores`,
    /// `probabilities`, `batches`.
    pub id: String,
    /// What was checked.
    pub name: Label,
    /// The outcome.
    pub outcome: CheckOutcome,
    /// What is wrong and what to do; empty where it passed.
    pub detail: String,
}

/// All checks of a submission. After a failure the later ones are not made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckReport {
    /// `modu.proof.check/1`.
    pub schema: String,
    /// The checks in order.
    pub items: Vec<CheckItem>,
    /// Whether none failed.
    pub passed: bool,
}

/// Tries a submission: the documents, the vetting of the model, the shape and
/// range of its scores, and that a row's score does not depend on its batch.
#[must_use]
pub fn check(
    need: &Need,
    solution_toml: &[u8],
    model: &[u8],
    make_evaluator: &mut MakeEvaluator<'_>,
) -> CheckReport {
    let mut items = Vec::new();
    let _ = try_all(need, solution_toml, model, make_evaluator, &mut items);
    CheckReport {
        schema: "modu.proof.check/1".to_owned(),
        passed: items
            .iter()
            .all(|item| item.outcome != CheckOutcome::Failed),
        items,
    }
}

/// `None` after the first failure.
fn try_all(
    need: &Need,
    solution_toml: &[u8],
    model: &[u8],
    make_evaluator: &mut MakeEvaluator<'_>,
    items: &mut Vec<CheckItem>,
) -> Option<()> {
    let solution = keep(items, "solution", Solution::parse(solution_toml))?;
    let features = keep(items, "columns", Features::bind(&solution, need))?;
    let sample = sample_csv(need, SAMPLE_ROWS, SEED);
    let dataset = Dataset::read(&mut Cursor::new(sample), need, &Limits::default());
    let dataset = keep(items, "sample", dataset)?;
    let within = model.len() as u64 <= MAX_MODEL_BYTES;
    let refused = || {
        let problem = format!("it is larger than {MAX_MODEL_BYTES} bytes");
        EvaluateError::Refused(problem)
    };
    let evaluator = if within {
        make_evaluator(model, &solution.interface(need))
    } else {
        Err(refused())
    };
    let mut evaluator = keep(items, "model", evaluator)?;
    let mut answers = Vec::new();
    for rows in BATCHES {
        match score(&features, &dataset, evaluator.as_mut(), rows) {
            Ok(answer) => answers.push(answer),
            Err(error) => {
                keep::<(), _>(items, "shape", Err(error));
                return None;
            }
        }
    }
    let (width, scores) = answers.first()?;
    keep::<_, ProofError>(items, "shape", Ok(()))?;
    items.push(check_finite(scores));
    if !need.label.classes.is_empty() {
        items.push(check_probabilities(scores, *width));
    }
    items.push(check_batches(&answers));
    Some(())
}

/// Records a check and keeps its value.
fn keep<T, E: ToString>(items: &mut Vec<CheckItem>, id: &str, result: Result<T, E>) -> Option<T> {
    let (outcome, detail) = match &result {
        Ok(_) => (CheckOutcome::Passed, String::new()),
        Err(error) => (CheckOutcome::Failed, error.to_string()),
    };
    // The sample always fits its own need; it is shown only if it did not.
    if id != "sample" || outcome == CheckOutcome::Failed {
        items.push(item(id, outcome, detail));
    }
    result.ok()
}

fn item(id: &str, outcome: CheckOutcome, detail: String) -> CheckItem {
    let (ko, en) = match id {
        "solution" => ("solution.toml을 읽을 수 있음", "solution.toml can be read"),
        "columns" => (
            "열과 전처리가 수요서와 맞음",
            "columns and preparation fit the need",
        ),
        "model" => ("모델이 받아들여짐", "the model is accepted"),
        "shape" => ("점수의 모양이 맞음", "the scores have the right shape"),
        "scores" => ("점수가 모두 유한한 수임", "all scores are finite numbers"),
        "probabilities" => ("점수가 확률임", "the scores are probabilities"),
        "batches" => (
            "한 행의 점수가 묶음 크기에 따라 달라지지 않음",
            "a row's score does not depend on its batch",
        ),
        _ => ("표본", "the sample"),
    };
    CheckItem {
        id: id.to_owned(),
        name: Label::new(ko, en),
        outcome,
        detail,
    }
}

/// The width and all scores, in batches of so many rows.
fn score(
    features: &Features,
    dataset: &Dataset,
    evaluator: &mut dyn Evaluate,
    rows: usize,
) -> Result<(usize, Vec<f32>), EvaluateError> {
    let mut scores = Vec::new();
    let mut width = None;
    let rows = rows.min(features.batch_rows());
    let mut start = 0;
    while start < dataset.rows() {
        let batch = features.batch(dataset, start, rows);
        let answer = evaluator.evaluate(&batch)?;
        let expected = *width.get_or_insert(answer.width);
        if answer.width != expected || Some(answer.values.len()) != batch.rows.checked_mul(expected)
        {
            let problem = "batches came back in different shapes".to_owned();
            return Err(EvaluateError::Mismatch(problem));
        }
        scores.extend_from_slice(&answer.values);
        start += batch.rows;
    }
    Ok((width.unwrap_or(1), scores))
}

fn check_finite(scores: &[f32]) -> CheckItem {
    let broken = scores.iter().filter(|score| !score.is_finite()).count();
    if broken == 0 {
        return item("scores", CheckOutcome::Passed, String::new());
    }
    let detail = format!(
        "{broken} of {} scores are NaN or infinite; a solution with one such score is refused",
        scores.len()
    );
    item("scores", CheckOutcome::Failed, detail)
}

fn check_probabilities(scores: &[f32], width: usize) -> CheckItem {
    let probability = |row: &[f32]| {
        let sum: f64 = row.iter().map(|score| f64::from(*score)).sum();
        row.iter().all(|score| (0.0..=1.0).contains(score))
            && (width == 1 || (sum - 1.0).abs() <= SUM_TOLERANCE)
    };
    let others = scores
        .chunks_exact(width.max(1))
        .filter(|row| !probability(row))
        .count();
    if others == 0 {
        return item("probabilities", CheckOutcome::Passed, String::new());
    }
    let detail = format!(
        "{others} rows are not probabilities (within 0 to 1, summing to 1); criteria of calibration, \
         log loss and Brier score could not be met. End the model with a sigmoid or softmax"
    );
    item("probabilities", CheckOutcome::Warning, detail)
}

fn check_batches(answers: &[(usize, Vec<f32>)]) -> CheckItem {
    let bits = |(width, scores): &(usize, Vec<f32>)| {
        (
            *width,
            scores
                .iter()
                .map(|score| score.to_bits())
                .collect::<Vec<_>>(),
        )
    };
    let mut all = answers.iter().map(bits);
    let first = all.next();
    if all.all(|other| Some(other) == first) {
        return item("batches", CheckOutcome::Passed, String::new());
    }
    let detail = "the scores change with the batch; remove operators that look across rows \
                  (batch normalisation in training mode, reductions over the first axis)";
    item("batches", CheckOutcome::Failed, detail.to_owned())
}
