//! What is measured, on which rows, with which replicates.
//!
//! The quantities of a run (contender x rows x metric) go through two
//! bootstraps: one within the classes of the label, for the metrics that are
//! shares within a class, and one among all rows, for those that move with
//! the share of the classes ([`Metric::strata`]). A difference between
//! contenders and a gap between groups stay within one metric, so both are
//! paired. What a lack of rows forbids is not even asked.

use std::collections::HashMap;
use std::ops::ControlFlow;

use modu_kernel::{EngineError, Progress};
use modu_statistics::{
    Binning, BootstrapPlan, ConfusionMatrix, Finite, Metric, ModelId, Quantity, Replicates,
    Settings, Share, Side, StatisticsError, Strata, Study, SubsetId, Undefined,
};

use super::contenders::Contenders;
use super::of_statistics;
use crate::dataset::{Dataset, GroupRows};
use crate::need::{Class, Direction, Need, Over, Task, is_at_budget};
use crate::report::{Interval, Measurement, NotMeasuredReason};

/// Who a quantity is about: a solution's index, or the recorded incumbent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Who {
    Solution(usize),
    Recorded,
}

/// Which rows: all, or a member of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Rows {
    All,
    Member { group: usize, member: usize },
}

/// Replicates, or why there are none.
pub(super) type Sample = Result<Replicates, NotMeasuredReason>;

/// Everything measured.
pub(super) struct Bench<'a> {
    pub(super) need: &'a Need,
    pub(super) contenders: &'a Contenders,
    pub(super) confidence: Share,
    /// Binary: 1 is positive. Multi-class: the class index.
    pub(super) labels: Vec<u16>,
    pub(super) groups: Vec<GroupRows>,
    pub(super) study: Study,
    models: HashMap<Who, Model>,
    subsets: HashMap<Rows, Subset>,
    samples: HashMap<(Who, Rows, Metric), Replicates>,
    /// Of contenders whose scores are all finite.
    confusions: HashMap<(Who, Rows), ConfusionMatrix>,
}

/// The counts behind a metric that is a share of independent rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) successes: u64,
    pub(super) trials: u64,
}

struct Subset {
    id: SubsetId,
    rows: u64,
    /// By study class.
    classes: Vec<u64>,
}

#[derive(Clone, Copy)]
struct Model {
    /// Answers every metric it can.
    answers: ModelId,
    /// The same decisions as scores 0 and 1, for metrics of the review list.
    ranked: ModelId,
    has_scores: bool,
}

impl<'a> Bench<'a> {
    pub(super) fn measure(
        need: &'a Need,
        dataset: &Dataset,
        contenders: &'a Contenders,
        progress: &dyn Progress,
    ) -> Result<Self, EngineError> {
        let labels = dataset
            .classes(need, need.label.column)
            .map_err(|error| error.of_input("dataset"))?
            .into_iter()
            .map(|class| study_class(need, class))
            .collect::<Vec<_>>();
        let confidence = Share::new(need.statistics.confidence)
            .ok_or_else(|| EngineError::Internal("a checked confidence".to_owned()))?;
        let mut bench = Self {
            need,
            contenders,
            confidence,
            study: new_study(need, &labels).map_err(of_statistics)?,
            labels,
            groups: need
                .groups
                .iter()
                .map(|group| GroupRows::of(group, dataset))
                .collect(),
            models: HashMap::new(),
            subsets: HashMap::new(),
            samples: HashMap::new(),
            confusions: HashMap::new(),
        };
        bench.add_models().map_err(of_statistics)?;
        bench.add_subsets().map_err(of_statistics)?;
        bench.add_confusions().map_err(of_statistics)?;
        bench.bootstrap(progress)?;
        Ok(bench)
    }

    fn add_models(&mut self) -> Result<(), StatisticsError> {
        for (index, entry) in self.contenders.solutions.iter().enumerate() {
            if let Some(scores) = &entry.scores {
                let id = self.study.add_scores(scores)?;
                let model = Model {
                    answers: id,
                    ranked: id,
                    has_scores: true,
                };
                self.models.insert(Who::Solution(index), model);
            }
        }
        if let Some(recorded) = &self.contenders.recorded {
            let decisions: Vec<u16> = recorded
                .iter()
                .map(|class| study_class(self.need, *class))
                .collect();
            let answers = self.study.add_decisions(&decisions)?;
            let ranked = if self.need.task == Task::Binary {
                let scores: Vec<f64> = decisions.iter().map(|class| f64::from(*class)).collect();
                self.study.add_scores(&scores)?
            } else {
                answers
            };
            let model = Model {
                answers,
                ranked,
                has_scores: false,
            };
            self.models.insert(Who::Recorded, model);
        }
        Ok(())
    }

    fn add_subsets(&mut self) -> Result<(), StatisticsError> {
        let classes = self.study.class_counts(SubsetId::ALL)?;
        let whole = Subset {
            id: SubsetId::ALL,
            rows: classes.iter().sum(),
            classes,
        };
        self.subsets.insert(Rows::All, whole);
        for (group, rows) in self.groups.iter().enumerate() {
            for member in 0..rows.counts.len() {
                let id = self.study.add_subset(&rows.rows_of(member))?;
                let classes = self.study.class_counts(id)?;
                let subset = Subset {
                    id,
                    rows: classes.iter().sum(),
                    classes,
                };
                self.subsets.insert(Rows::Member { group, member }, subset);
            }
        }
        Ok(())
    }

    fn add_confusions(&mut self) -> Result<(), StatisticsError> {
        for who in self.everybody() {
            let Some(model) = self.model(who) else {
                continue;
            };
            for rows in self.all_rows() {
                let Some(subset) = self.subsets.get(&rows) else {
                    continue;
                };
                match self.study.confusion_matrix(model, subset.id) {
                    Ok(matrix) => self.confusions.insert((who, rows), matrix),
                    Err(StatisticsError::Undefined(_)) => None,
                    Err(other) => return Err(other),
                };
            }
        }
        Ok(())
    }

    fn bootstrap(&mut self, progress: &dyn Progress) -> Result<(), EngineError> {
        let mut keys = Vec::new();
        for who in self.everybody() {
            for rows in self.all_rows() {
                for metric in self.metrics() {
                    if self.lack(who, rows, metric).is_none() {
                        keys.push((who, rows, metric));
                    }
                }
            }
        }
        let (within, whole): (Vec<_>, Vec<_>) = keys
            .into_iter()
            .partition(|(_, _, metric)| metric.strata() == Strata::LabelClasses);
        let plans = [(Strata::LabelClasses, within), (Strata::Whole, whole)];
        for (place, (strata, keys)) in (0_u64..).zip(plans) {
            let samples = self.replicate(strata, place, &keys, progress)?;
            self.samples.extend(keys.into_iter().zip(samples));
        }
        Ok(())
    }

    /// The bootstrap of one kind of strata, the `place`-th of two.
    fn replicate(
        &self,
        strata: Strata,
        place: u64,
        keys: &[(Who, Rows, Metric)],
        progress: &dyn Progress,
    ) -> Result<Vec<Replicates>, EngineError> {
        let quantities = keys
            .iter()
            .filter_map(|(who, rows, metric)| self.quantity(*who, *rows, *metric))
            .collect::<Vec<_>>();
        let replicates = self.need.statistics.replicates;
        let plan = BootstrapPlan {
            replicates,
            seed: self.need.statistics.seed,
            strata,
        };
        let all = u64::from(replicates);
        let watch = |done: u32| {
            progress.report("bootstrap", place * all + u64::from(done), 2 * all);
            if progress.cancelled() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        self.study
            .bootstrap(&plan, &quantities, &watch)
            .map_err(of_statistics)
    }

    /// The counts of a metric that is a share of rows, each right or wrong for
    /// itself: it has an exact limit. `None` for every other metric.
    pub(super) fn counts(&self, who: Who, rows: Rows, metric: Metric) -> Option<Counts> {
        let matrix = self.confusions.get(&(who, rows))?;
        if metric == Metric::Accuracy {
            let classes = matrix.classes();
            let all = (0..classes).flat_map(|label| (0..classes).map(move |of| (label, of)));
            return Some(Counts {
                successes: (0..classes).map(|class| matrix.count(class, class)).sum(),
                trials: all.map(|(label, of)| matrix.count(label, of)).sum(),
            });
        }
        let of = matrix.binary()?;
        let positives = of.true_positives + of.false_negatives;
        let negatives = of.false_positives + of.true_negatives;
        let selected = of.true_positives + of.false_positives;
        let (successes, trials) = match metric {
            Metric::Precision => (of.true_positives, selected),
            Metric::Recall => (of.true_positives, positives),
            Metric::FalseAlarmRate => (of.false_positives, negatives),
            Metric::SelectionRate => (selected, positives + negatives),
            _ => return None,
        };
        Some(Counts { successes, trials })
    }

    fn quantity(&self, who: Who, rows: Rows, metric: Metric) -> Option<Quantity> {
        let model = self.models.get(&who)?;
        Some(Quantity {
            model: if is_at_budget(metric) {
                model.ranked
            } else {
                model.answers
            },
            metric,
            subset: self.subsets.get(&rows)?.id,
        })
    }

    /// The solutions in order, then the recorded incumbent.
    pub(super) fn everybody(&self) -> Vec<Who> {
        let solutions = (0..self.contenders.solutions.len()).map(Who::Solution);
        let recorded = self.contenders.recorded.as_ref().map(|_| Who::Recorded);
        solutions.chain(recorded).collect()
    }

    /// The incumbent, where there is one.
    pub(super) fn incumbent(&self) -> Option<Who> {
        match (
            self.contenders.incumbent_solution,
            &self.contenders.recorded,
        ) {
            (Some(index), _) => Some(Who::Solution(index)),
            (None, Some(_)) => Some(Who::Recorded),
            (None, None) => None,
        }
    }

    /// All rows, then every member of every group.
    pub(super) fn all_rows(&self) -> Vec<Rows> {
        let members = self.need.groups.iter().enumerate().flat_map(|(group, of)| {
            (0..of.members.len()).map(move |member| Rows::Member { group, member })
        });
        std::iter::once(Rows::All).chain(members).collect()
    }

    /// The metrics of this run, in the order of reports: the usual ones of
    /// the task, and those that criteria name.
    pub(super) fn metrics(&self) -> Vec<Metric> {
        const USUAL: [Metric; 16] = [
            Metric::Accuracy,
            Metric::BalancedAccuracy,
            Metric::Precision,
            Metric::Recall,
            Metric::RecallAtBudget,
            Metric::PrecisionAtBudget,
            Metric::FalseAlarmRate,
            Metric::SelectionRate,
            Metric::MacroF1,
            Metric::RocAuc,
            Metric::AveragePrecision,
            Metric::LogLoss,
            Metric::Brier,
            Metric::CalibrationIntercept,
            Metric::CalibrationSlope,
            Metric::ExpectedCalibrationError,
        ];
        let budget = self.need.decision.and_then(|rule| rule.review_budget);
        let usual =
            |metric: Metric| USUAL.contains(&metric) && (budget.is_some() || !is_at_budget(metric));
        let named = |metric: Metric| {
            let criteria = &self.need.criteria;
            criteria.iter().any(|criterion| criterion.metric == metric)
        };
        Metric::ALL
            .into_iter()
            .filter(|metric| metric.applies_to(self.need.task))
            .filter(|metric| usual(*metric) || named(*metric))
            .collect()
    }

    /// Why a metric is not even asked for.
    pub(super) fn lack(&self, who: Who, rows: Rows, metric: Metric) -> Option<NotMeasuredReason> {
        let Some(model) = self.models.get(&who) else {
            return Some(NotMeasuredReason::NoPredictions);
        };
        if metric.needs_scores() && !model.has_scores && !is_at_budget(metric) {
            let why = Undefined::NeedsScores;
            return Some(NotMeasuredReason::Undefined { why });
        }
        self.lack_of_rows(rows, metric)
            .or_else(|| self.lack_of_selected(who, rows, metric))
    }

    /// A precision is a share of the rows decided positive, so these must be
    /// many. Where there is none at all, the metric itself says so.
    fn lack_of_selected(&self, who: Who, rows: Rows, metric: Metric) -> Option<NotMeasuredReason> {
        if metric != Metric::Precision {
            return None;
        }
        let selected = self.counts(who, rows, metric)?.trials;
        let minimum = self.need.statistics.minimum_positives;
        (1..minimum)
            .contains(&selected)
            .then_some(NotMeasuredReason::FewSelected { selected, minimum })
    }

    fn lack_of_rows(&self, rows: Rows, metric: Metric) -> Option<NotMeasuredReason> {
        let subset = self.subsets.get(&rows)?;
        let statistics = &self.need.statistics;
        if subset.rows < statistics.minimum_group {
            return Some(NotMeasuredReason::FewRows {
                rows: subset.rows,
                minimum: statistics.minimum_group,
            });
        }
        let (needs_positives, needs_negatives) = needs_classes(metric);
        let minimum = statistics.minimum_positives;
        if self.need.task == Task::Multiclass {
            let rows = subset.classes.iter().copied().min().unwrap_or(0);
            let every_class = needs_positives && needs_negatives;
            return (every_class && rows < minimum)
                .then_some(NotMeasuredReason::FewOfClass { rows, minimum });
        }
        let negatives = subset.classes.first().copied().unwrap_or(0);
        let positives = subset.classes.get(1).copied().unwrap_or(0);
        if needs_positives && positives < minimum {
            return Some(NotMeasuredReason::FewPositives { positives, minimum });
        }
        if needs_negatives && negatives < minimum {
            return Some(NotMeasuredReason::FewNegatives { negatives, minimum });
        }
        None
    }

    /// Rows, and in a binary task positives.
    pub(super) fn size(&self, rows: Rows) -> (u64, Option<u64>) {
        let subset = self.subsets.get(&rows);
        let positives = subset
            .and_then(|subset| subset.classes.get(1).copied())
            .filter(|_| self.need.task == Task::Binary);
        (subset.map_or(0, |subset| subset.rows), positives)
    }

    /// The replicates of one quantity.
    pub(super) fn sample(&self, who: Who, rows: Rows, metric: Metric) -> Sample {
        if let Some(reason) = self.lack(who, rows, metric) {
            return Err(reason);
        }
        let why = Undefined::Empty;
        self.samples
            .get(&(who, rows, metric))
            .cloned()
            .ok_or(NotMeasuredReason::Undefined { why })
    }

    /// The gap between the members of a group; all of them must be measured.
    pub(super) fn gap(&self, who: Who, group: usize, metric: Metric) -> Sample {
        let members = self.need.groups.get(group).map_or(0, |of| of.members.len());
        let samples = (0..members)
            .map(|member| self.sample(who, Rows::Member { group, member }, metric))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Replicates::gap(&samples.iter().collect::<Vec<_>>()))
    }

    /// How much better one is than another, in the favourable direction.
    pub(super) fn improvement(
        direction: Direction,
        ours: &Replicates,
        theirs: &Replicates,
    ) -> Replicates {
        match direction {
            Direction::AtLeast => ours.difference(theirs),
            Direction::AtMost => theirs.difference(ours),
        }
    }

    /// A sample as the report shows it.
    pub(super) fn measurement(&self, sample: &Sample) -> Measurement {
        let measured = sample
            .as_ref()
            .map_err(|reason| *reason)
            .and_then(|replicates| {
                let of = |why| NotMeasuredReason::Undefined { why };
                let value = replicates.estimate().get().map_err(of)?;
                let interval = replicates.interval(self.confidence).map_err(of)?;
                Ok((value, interval))
            });
        match measured {
            Ok((value, interval)) => match Finite::new(value) {
                Some(value) => Measurement::Measured {
                    value,
                    interval: Interval {
                        lower: interval.lower,
                        upper: interval.upper,
                    },
                },
                None => Measurement::NotMeasured {
                    reason: NotMeasuredReason::Undefined {
                        why: Undefined::Overflow,
                    },
                },
            },
            Err(reason) => Measurement::NotMeasured { reason },
        }
    }

    /// The name of some rows.
    pub(super) fn rows_name(&self, rows: Rows) -> modu_kernel::Label {
        match rows {
            Rows::All => self.need.over_name(Over::All),
            Rows::Member { group, member } => self
                .need
                .groups
                .get(group)
                .and_then(|group| group.members.get(member))
                .map_or_else(
                    || self.need.over_name(Over::All),
                    |member| member.name.clone(),
                ),
        }
    }

    /// The model of somebody in the study.
    pub(super) fn model(&self, who: Who) -> Option<ModelId> {
        self.models.get(&who).map(|model| model.answers)
    }

    /// The scores of somebody, where there are any and all are finite.
    pub(super) fn finite_scores(&self, who: Who) -> Option<&[f64]> {
        let Who::Solution(index) = who else {
            return None;
        };
        let scores = self.contenders.solutions.get(index)?.scores.as_deref()?;
        scores
            .iter()
            .all(|score| score.is_finite())
            .then_some(scores)
    }

    /// The decided study class per row.
    pub(super) fn decisions(&self, who: Who) -> Option<Vec<u16>> {
        match who {
            Who::Recorded => self.contenders.recorded.as_ref().map(|recorded| {
                recorded
                    .iter()
                    .map(|class| study_class(self.need, *class))
                    .collect()
            }),
            Who::Solution(_) => {
                let scores = self.finite_scores(who)?;
                Some(match self.need.decision {
                    Some(rule) => scores
                        .iter()
                        .map(|score| u16::from(*score >= rule.threshold))
                        .collect(),
                    None => scores
                        .chunks_exact(self.need.label.classes.len().max(1))
                        .map(largest)
                        .collect(),
                })
            }
        }
    }

    /// Binary labels.
    pub(super) fn is_positive(&self) -> Vec<bool> {
        self.labels.iter().map(|label| *label == 1).collect()
    }

    /// Binary: the class asked about.
    pub(super) fn positive_class(&self) -> Option<&Class> {
        let index = self.need.label.positive?;
        self.need.label.classes.get(index)
    }

    /// The study's class of a class index of the need.
    pub(super) fn study_class(&self, index: u16) -> u16 {
        study_class(self.need, index)
    }

    /// The side of the limit that a criterion is judged on.
    pub(super) const fn unfavourable(direction: Direction) -> Side {
        match direction {
            Direction::AtLeast => Side::Lower,
            Direction::AtMost => Side::Upper,
        }
    }
}

fn new_study(need: &Need, labels: &[u16]) -> Result<Study, StatisticsError> {
    match need.decision {
        Some(rule) => {
            let labels: Vec<bool> = labels.iter().map(|label| *label == 1).collect();
            let settings = Settings {
                threshold: Finite::new(rule.threshold).unwrap_or(Finite::ZERO),
                review_budget: rule.review_budget.and_then(Share::new),
                binning: Binning::default(),
            };
            Study::binary(&labels, settings)
        }
        None => {
            let classes = u16::try_from(need.label.classes.len()).unwrap_or(u16::MAX);
            Study::multiclass(labels, classes)
        }
    }
}

/// In a binary study class 1 is the positive one, wherever the need lists it.
fn study_class(need: &Need, index: u16) -> u16 {
    match need.label.positive {
        Some(positive) => u16::from(usize::from(index) == positive),
        None => index,
    }
}

/// The first of the largest scores.
fn largest(scores: &[f64]) -> u16 {
    let mut best = (0, f64::NEG_INFINITY);
    for (class, score) in (0_u16..).zip(scores) {
        if *score > best.1 {
            best = (class, *score);
        }
    }
    best.0
}

/// Whether a binary metric is uncertain where positives (or negatives) are few;
/// where both, a multi-class one where any class is small.
const fn needs_classes(metric: Metric) -> (bool, bool) {
    match metric {
        Metric::Accuracy
        | Metric::SelectionRate
        | Metric::SelectionRateAtBudget
        | Metric::LogLoss
        | Metric::Brier
        | Metric::ExpectedCalibrationError => (false, false),
        Metric::Precision
        | Metric::Recall
        | Metric::F1
        | Metric::RecallAtBudget
        | Metric::PrecisionAtBudget
        | Metric::AveragePrecision => (true, false),
        Metric::FalseAlarmRate | Metric::FalseAlarmRateAtBudget => (false, true),
        Metric::BalancedAccuracy
        | Metric::MacroF1
        | Metric::MatthewsCorrelation
        | Metric::CohenKappa
        | Metric::RocAuc
        | Metric::CalibrationIntercept
        | Metric::CalibrationSlope
        | Metric::CalibrationInTheLarge
        | Metric::CalibrationInterceptDeviation
        | Metric::CalibrationSlopeDeviation
        | Metric::CalibrationInTheLargeDeviation => (true, true),
    }
}
