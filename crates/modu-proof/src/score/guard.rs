//! The leak guard at work: a run's numbers through the data set's ledger.
//!
//! All that could leave is made first, as if the data had never answered
//! before. Then each solution is put through the [`Ledger`], which tells its
//! numbers only where they clearly exceed what its supplier was told. For that
//! it is compared, paired by row, with the submissions whose numbers stand;
//! their predictions are inputs of the run.

use std::collections::HashMap;

use modu_kernel::{Digest, EngineError, Inputs, Label, Output, Progress, canonical, read_input};
use modu_statistics::Replicates;

use super::bench::{Bench, Sample, Who};
use super::contenders::{Contenders, SolutionEntry};
use super::{ScoreRequest, judgement, read_optional};
use crate::dataset::Dataset;
use crate::ledger::{self, Comparison, Ledger, Place, Step, Submitted, earlier_input};
use crate::need::{Direction, Need, ReleaseRule};
use crate::predict::digest_of;
use crate::predictions::{self, Predictions};
use crate::report::{ReleaseSection, ReleasedReport, ReleasedSolution, SolutionRelease, Source};

/// Replicates of the paired differences: their standard error is then within
/// about 5 % of what many more would give.
const REPLICATES: u32 = 200;

/// The ledger of the data set, and the submissions of this run.
pub(super) struct Guard {
    ledger: Ledger,
    prior: Option<Digest>,
    rule: ReleaseRule,
    submitted: Vec<Submitted>,
}

/// What the guard lets through.
pub(super) struct Guarded {
    pub(super) released: ReleasedReport,
    pub(super) section: ReleaseSection,
    pub(super) ledger: Output,
}

impl Guard {
    /// Reads the ledger and checks that the budget suffices.
    pub(super) fn read(
        request: &ScoreRequest,
        need: &Need,
        contenders: &Contenders,
        inputs: &dyn Inputs,
    ) -> Result<Self, EngineError> {
        let name = ledger::LEDGER_INPUT;
        let dataset = digest_of(inputs, "dataset")?;
        let (ledger, prior) = match read_optional(inputs, name, ledger::MAX_BYTES)? {
            None => (Ledger::empty(dataset), None),
            Some(bytes) => {
                let ledger = Ledger::parse(&bytes).map_err(|error| error.of_input(name))?;
                (ledger, Some(digest_of(inputs, name)?))
            }
        };
        if ledger.dataset != dataset {
            let problem = "it is the ledger of another data set; name that of this one";
            return Err(EngineError::input(name, "`dataset`", problem));
        }
        let submitted: Vec<Submitted> = contenders
            .solutions
            .iter()
            .map(|entry| submission(request, entry))
            .collect();
        ledger
            .check_budget(&need.release, &submitted)
            .map_err(|exhausted| EngineError::Request(exhausted.label().en))?;
        Ok(Self {
            ledger,
            prior,
            rule: need.release,
            submitted,
        })
    }

    /// The owner's section before anything is told.
    pub(super) fn section(&self) -> ReleaseSection {
        ReleaseSection {
            prior: self.prior,
            budget: self.ledger.budget(&self.rule),
            step: Step::of(&self.rule),
            solutions: Vec::new(),
        }
    }

    /// Puts all that could be told through the ledger. `whole` is the report
    /// as it would leave if the data had never answered before.
    pub(super) fn release(
        mut self,
        need: &Need,
        dataset: &Dataset,
        contenders: &Contenders,
        whole: ReleasedReport,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<Guarded, EngineError> {
        let rivals = self.rivals(need, dataset, contenders, inputs, progress)?;
        let step = Step::of(&self.rule);
        let mut section = self.section();
        let mut told = Vec::with_capacity(whole.solutions.len());
        for (own, submitted) in whole.solutions.into_iter().zip(&self.submitted) {
            let before = &self.ledger.submissions;
            let holders: Vec<_> = before.iter().map(|it| it.predictions).collect();
            let mut compare = |place: Place, holder: u64| {
                let holder = usize::try_from(holder).ok();
                let theirs = holder.and_then(|it| holders.get(it).copied().flatten());
                rivals.compare(submitted.predictions, place, theirs)
            };
            let solution = self.ledger.submit(&step, submitted, own, &mut compare);
            let counted = self.ledger.submissions.len() > holders.len();
            section.solutions.push(summary(&solution, counted));
            told.push(solution);
        }
        self.ledger.blind = digest_of(inputs, "blind").ok();
        section.budget = self.ledger.budget(&self.rule);
        let mut budget = section.budget.clone();
        let takes_part = |supplier: &Label| told.iter().any(|it| it.supplier == *supplier);
        budget.suppliers.retain(|it| takes_part(&it.supplier));
        // An order of solutions tells how those compare that are not told.
        let all_told = section.solutions.iter().all(SolutionRelease::is_whole);
        let standings = match all_told {
            true => whole.standings,
            false => Vec::new(),
        };
        Ok(Guarded {
            released: ReleasedReport {
                solutions: told,
                standings,
                budget,
                ..whole
            },
            section,
            ledger: Output {
                name: ledger::LEDGER_OUTPUT.to_owned(),
                media_type: "application/json".to_owned(),
                bytes: canonical::to_vec(&self.ledger)?,
            },
        })
    }
}

/// The submission that an entry of the contenders is.
fn submission(request: &ScoreRequest, entry: &SolutionEntry) -> Submitted {
    Submitted {
        need: request.need,
        solution: entry.solution_digest,
        model: entry.model_digest,
        predictions: entry.predictions_digest,
        supplier: entry.solution.supplier.clone(),
        registration: request.registration.clone(),
        time: request.time.clone(),
    }
}

fn summary(told: &ReleasedSolution, counted: bool) -> SolutionRelease {
    let parts = told.criteria.iter().flat_map(|criterion| &criterion.parts);
    let own = parts
        .clone()
        .filter(|part| part.source == Source::ThisSubmission);
    SolutionRelease {
        id: told.id.clone(),
        counted,
        decision: told.source,
        told: own.count() as u64,
        parts: parts.count() as u64,
    }
}

/// Replicates of every submission that may be compared with another, on the
/// same resamples.
struct Rivals {
    /// By the digest of the predictions, then criterion and part.
    samples: HashMap<Digest, Vec<Vec<Sample>>>,
    /// By criterion.
    directions: Vec<Direction>,
}

impl Guard {
    /// Measures those that may be compared. Costs a second, small bootstrap
    /// for each supplier that has submitted before, or submits twice.
    fn rivals(
        &self,
        need: &Need,
        dataset: &Dataset,
        contenders: &Contenders,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<Rivals, EngineError> {
        let mut rivals = Rivals {
            samples: HashMap::new(),
            directions: need.criteria.iter().map(|it| it.direction).collect(),
        };
        let mut fresh: Vec<(&Label, usize)> = Vec::new();
        for submitted in &self.submitted {
            let supplier = &submitted.supplier;
            let known = self.ledger.place_of(submitted).is_some();
            match fresh.iter_mut().find(|(other, _)| *other == supplier) {
                _ if known => {}
                Some((_, count)) => *count += 1,
                None => fresh.push((supplier, 1)),
            }
        }
        for (supplier, count) in fresh {
            let digest = digest_of(inputs, "need")?;
            let earlier = self.ledger.compared_with(&digest, &[supplier]);
            if earlier.is_empty() && count == 1 {
                continue;
            }
            let theirs = contenders.solutions.iter();
            let mut entries: Vec<SolutionEntry> = theirs
                .filter(|entry| entry.solution.supplier == *supplier)
                .cloned()
                .collect();
            for digest in earlier {
                if entries
                    .iter()
                    .all(|it| it.predictions_digest != Some(digest))
                {
                    entries.push(earlier_entry(need, dataset, inputs, &digest, contenders)?);
                }
            }
            rivals.measure(need, dataset, entries, progress)?;
        }
        Ok(rivals)
    }
}

impl Rivals {
    /// Measures submissions of one supplier on the same resamples.
    fn measure(
        &mut self,
        need: &Need,
        dataset: &Dataset,
        solutions: Vec<SolutionEntry>,
        progress: &dyn Progress,
    ) -> Result<(), EngineError> {
        let contenders = Contenders {
            solutions,
            incumbent_solution: None,
            recorded: None,
        };
        let mut need = need.clone();
        need.statistics.replicates = need.statistics.replicates.min(REPLICATES);
        let bench = Bench::measure(&need, dataset, &contenders, progress)?;
        for (index, entry) in contenders.solutions.iter().enumerate() {
            let Some(digest) = entry.predictions_digest else {
                continue;
            };
            let criteria = need.criteria.iter();
            let samples = criteria.map(|it| judgement::samples(&bench, Who::Solution(index), it));
            self.samples.insert(digest, samples.collect());
        }
        Ok(())
    }

    /// How a submission compares with the holder of a number, both named by
    /// their predictions. A holder without predictions was never measured.
    fn compare(&self, ours: Option<Digest>, place: Place, theirs: Option<Digest>) -> Comparison {
        let Some(ours) = ours.and_then(|digest| self.measured(&digest, place)) else {
            return Comparison::NotMeasured;
        };
        let Some(theirs) = theirs else {
            return Comparison::FirstMeasured;
        };
        if !self.samples.contains_key(&theirs) {
            return Comparison::NotMeasured;
        }
        let Some(theirs) = self.measured(&theirs, place) else {
            return Comparison::FirstMeasured;
        };
        let direction = self.directions.get(place.criterion);
        let direction = direction.copied().unwrap_or(Direction::AtLeast);
        let gain = Bench::improvement(direction, ours, theirs);
        match (gain.estimate().value(), gain.standard_error().value()) {
            (Some(gain), Some(standard_error)) => Comparison::Paired {
                gain,
                standard_error,
            },
            _ => Comparison::NotMeasured,
        }
    }

    fn measured(&self, predictions: &Digest, place: Place) -> Option<&Replicates> {
        let criteria = self.samples.get(predictions)?;
        let sample = criteria.get(place.criterion)?.get(place.part)?;
        let replicates = sample.as_ref().ok()?;
        replicates.estimate().value().map(|_| replicates)
    }
}

/// An earlier submission as a contender. Of it only the scores count, so it
/// borrows the description of a solution of the run.
fn earlier_entry(
    need: &Need,
    dataset: &Dataset,
    inputs: &dyn Inputs,
    digest: &Digest,
    contenders: &Contenders,
) -> Result<SolutionEntry, EngineError> {
    let name = earlier_input(digest);
    let wrong = |problem: &str| Err(EngineError::input(&name, "the header", problem));
    let bytes = read_input(inputs, &name, predictions::MAX_BYTES)?;
    if Digest::of(&bytes) != *digest {
        return wrong("these are not the predictions that the ledger names");
    }
    let predictions = Predictions::parse(&bytes).map_err(|error| error.of_input(&name))?;
    let header = &predictions.header;
    if header.dataset != digest_of(inputs, "dataset")? || header.rows != dataset.rows() as u64 {
        return wrong("they were made from another data set");
    }
    let Some(like) = contenders.solutions.first() else {
        return wrong("there is no solution to compare them with");
    };
    Ok(SolutionEntry {
        solution: like.solution.clone(),
        solution_digest: header.solution_toml,
        model_digest: Some(header.model),
        predictions_digest: Some(*digest),
        back_end: header.back_end.clone(),
        scores: Some(super::contenders::scores_of(&predictions, need)),
    })
}
