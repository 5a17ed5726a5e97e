//! Who is measured: the solutions with their predictions, and the incumbent.

use modu_kernel::{Digest, EngineError, Inputs};

use super::{ScoreRequest, read_optional};
use crate::dataset::Dataset;
use crate::need::{Incumbent, Need, Task};
use crate::predict::{digest_of, parse};
use crate::predictions::{MAX_BYTES, Predictions};
use crate::preparation::Features;
use crate::solution::Solution;

/// Everybody whose answers are measured.
pub(super) struct Contenders {
    /// The solutions in the order of the request.
    pub(super) solutions: Vec<SolutionEntry>,
    /// Index of the solution that is the incumbent.
    pub(super) incumbent_solution: Option<usize>,
    /// What the incumbent's column says of each row.
    pub(super) recorded: Option<Recorded>,
}

/// An incumbent's answers as a column records them.
pub(super) enum Recorded {
    /// The class index of the decision.
    Classes(Vec<u16>),
    /// Predictions, or scores to rank by.
    Numbers(Vec<f64>),
}

/// One solution.
#[derive(Clone)]
pub(super) struct SolutionEntry {
    pub(super) solution: Solution,
    pub(super) solution_digest: Digest,
    pub(super) model_digest: Option<Digest>,
    pub(super) predictions_digest: Option<Digest>,
    pub(super) back_end: Option<String>,
    /// Binary: the positive class's score per row. Multi-class: row-major
    /// scores of all classes. Else the prediction per row. `None` without
    /// predictions.
    pub(super) scores: Option<Vec<f64>>,
}

impl Contenders {
    pub(super) fn read(
        request: &ScoreRequest,
        need: &Need,
        dataset: &Dataset,
        inputs: &dyn Inputs,
    ) -> Result<Self, EngineError> {
        let solutions = request
            .solutions
            .iter()
            .map(|id| SolutionEntry::read(id, need, dataset, inputs))
            .collect::<Result<Vec<_>, _>>()?;
        let (incumbent_solution, recorded) = match &need.incumbent {
            None => (None, None),
            Some(Incumbent::Recorded(column)) => {
                let recorded = match need.task {
                    Task::Binary | Task::Multiclass => Recorded::Classes(
                        dataset
                            .classes(need, *column)
                            .map_err(|error| error.of_input("dataset"))?,
                    ),
                    Task::Regression | Task::Ranking => Recorded::Numbers(dataset.numbers(*column)),
                };
                (None, Some(recorded))
            }
            Some(Incumbent::Solution(id)) => {
                let index = request.solutions.iter().position(|other| other == id);
                if index.is_none() {
                    return Err(EngineError::Request(format!(
                        "the need names the solution `{id}` as the incumbent; add it to the solutions"
                    )));
                }
                (index, None)
            }
        };
        check_number(
            need,
            solutions.len() - usize::from(incumbent_solution.is_some()),
        )?;
        Ok(Self {
            solutions,
            incumbent_solution,
            recorded,
        })
    }
}

/// No more may compete than were registered: the confidence that each of them
/// is judged at rests on their number.
fn check_number(need: &Need, competing: usize) -> Result<(), EngineError> {
    match need.statistics.contenders {
        Some(contenders) if competing > contenders as usize => Err(EngineError::Request(format!(
            "{competing} solutions compete, but the need was registered for {contenders}; leave some out, or register a need with `contenders = {competing}` under [statistics]"
        ))),
        _ => Ok(()),
    }
}

impl SolutionEntry {
    fn read(
        id: &str,
        need: &Need,
        dataset: &Dataset,
        inputs: &dyn Inputs,
    ) -> Result<Self, EngineError> {
        let name = format!("solution/{id}");
        let solution = parse(inputs, &name, Solution::parse)?;
        if solution.id != id {
            return Err(EngineError::input(
                &name,
                "key `id`",
                format!("it is `{}`, but the request calls it `{id}`", solution.id),
            ));
        }
        Features::bind(&solution, need).map_err(|error| error.of_input(&name))?;
        let mut entry = Self {
            solution,
            solution_digest: digest_of(inputs, &name)?,
            model_digest: None,
            predictions_digest: None,
            back_end: None,
            scores: None,
        };
        let name = format!("predictions/{id}");
        if let Some(bytes) = read_optional(inputs, &name, MAX_BYTES)? {
            let predictions = Predictions::parse(&bytes).map_err(|error| error.of_input(&name))?;
            entry.check(&predictions, need, dataset, inputs, &name)?;
            entry.predictions_digest = Some(digest_of(inputs, &name)?);
            entry.model_digest = Some(predictions.header.model);
            entry.back_end.clone_from(&predictions.header.back_end);
            entry.scores = Some(scores_of(&predictions, need));
        }
        Ok(entry)
    }

    /// Predictions count only for the very inputs they were made from.
    fn check(
        &self,
        predictions: &Predictions,
        need: &Need,
        dataset: &Dataset,
        inputs: &dyn Inputs,
        name: &str,
    ) -> Result<(), EngineError> {
        let header = &predictions.header;
        let wrong = |problem: &str| {
            Err(EngineError::input(
                name,
                "the header",
                format!("{problem}; run the prediction again"),
            ))
        };
        if header.solution != self.solution.id || header.solution_toml != self.solution_digest {
            return wrong("they were made from another solution.toml");
        }
        if header.need != digest_of(inputs, "need")? {
            return wrong("they were made for another need");
        }
        if header.dataset != digest_of(inputs, "dataset")? || header.rows != dataset.rows() as u64 {
            return wrong("they were made from another data set");
        }
        let expected = need.scores_per_row() as u64;
        let width = u64::from(header.width);
        if width != expected && !(need.task == Task::Binary && width == 1) {
            return wrong("they have another number of scores per row than the need asks for");
        }
        Ok(())
    }
}

pub(super) fn scores_of(predictions: &Predictions, need: &Need) -> Vec<f64> {
    let width = predictions.header.width as usize;
    match (need.label.positive, width) {
        (Some(positive), 2..) => predictions
            .scores
            .chunks_exact(width)
            .filter_map(|row| row.get(positive))
            .map(|score| f64::from(*score))
            .collect(),
        _ => predictions
            .scores
            .iter()
            .map(|score| f64::from(*score))
            .collect(),
    }
}
