//! From a need and its contenders to a study.

use std::collections::HashSet;

use modu_statistics::{
    ConfusionMatrix, Finite, Metric, Quantity, Settings, Share, StatisticsError, Study, SubsetId,
};

use super::{Asked, Bench, Counts, Model, Observed, Rows, Subset, Who};
use crate::dataset::Dataset;
use crate::error::ProofError;
use crate::need::{Need, Task, is_at_budget};
use crate::score::contenders::Recorded;

impl Bench<'_> {
    pub(super) fn add_models(&mut self) -> Result<(), StatisticsError> {
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
        let recorded = match &self.contenders.recorded {
            None => return Ok(()),
            Some(Recorded::Numbers(numbers)) => {
                let id = self.study.add_scores(numbers)?;
                Model {
                    answers: id,
                    ranked: id,
                    has_scores: true,
                }
            }
            Some(Recorded::Classes(classes)) => self.add_decisions(classes)?,
        };
        self.models.insert(Who::Recorded, recorded);
        Ok(())
    }

    fn add_decisions(&mut self, classes: &[u16]) -> Result<Model, StatisticsError> {
        let decisions: Vec<u16> = classes
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
        Ok(Model {
            answers,
            ranked,
            has_scores: false,
        })
    }

    pub(super) fn add_subsets(&mut self) -> Result<(), StatisticsError> {
        let whole = self.subset(SubsetId::ALL, |_| true)?;
        self.subsets.insert(Rows::All, whole);
        for (group, rows) in self.groups.iter().enumerate() {
            for member in 0..rows.counts.len() {
                let mask = rows.rows_of(member);
                let id = self.study.add_subset(&mask)?;
                let subset = self.subset(id, |row| mask.get(row).is_some_and(|inside| *inside))?;
                self.subsets.insert(Rows::Member { group, member }, subset);
            }
        }
        Ok(())
    }

    fn subset(
        &self,
        id: SubsetId,
        inside: impl Fn(usize) -> bool,
    ) -> Result<Subset, StatisticsError> {
        let classes = self.study.class_counts(id)?;
        let clusters = self
            .clusters
            .as_ref()
            .map(|clusters| self.count_clusters(clusters, classes.len(), inside));
        Ok(Subset {
            id,
            rows: classes.iter().sum(),
            classes,
            clusters,
        })
    }

    /// The clusters of some rows: all of them, and by class those that have a
    /// row of it.
    pub(in crate::score) fn count_clusters(
        &self,
        clusters: &[u32],
        classes: usize,
        inside: impl Fn(usize) -> bool,
    ) -> (u64, Vec<u64>) {
        let rows = || clusters.iter().enumerate().filter(|(row, _)| inside(*row));
        let all: HashSet<u32> = rows().map(|(_, cluster)| *cluster).collect();
        let with_class = |class: usize| {
            let of_class = |row: usize| match &self.truth {
                Observed::Classes(labels) => labels
                    .get(row)
                    .is_some_and(|label| usize::from(*label) == class),
                Observed::Numbers(_) => true,
            };
            let found: HashSet<u32> = rows()
                .filter(|(row, _)| of_class(*row))
                .map(|(_, cluster)| *cluster)
                .collect();
            found.len() as u64
        };
        (all.len() as u64, (0..classes).map(with_class).collect())
    }

    pub(super) fn add_confusions(&mut self) -> Result<(), StatisticsError> {
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

    /// The counts of a metric that is a share of rows, each right or wrong for
    /// itself: it has an exact limit. `None` for every other metric, and where
    /// rows belong together, for an exact limit takes each row for a draw of
    /// its own.
    pub(in crate::score) fn counts(
        &self,
        who: Who,
        rows: Rows,
        asked: impl Into<Asked>,
    ) -> Option<Counts> {
        if self.clusters.is_some() {
            return None;
        }
        self.counts_of_rows(who, rows, asked.into())
    }

    /// The same, of rows that belong together too.
    pub(super) fn counts_of_rows(&self, who: Who, rows: Rows, asked: Asked) -> Option<Counts> {
        counts_of(self.confusions.get(&(who, rows))?, asked)
    }

    pub(super) fn quantity(&self, who: Who, rows: Rows, asked: Asked) -> Option<Quantity> {
        self.quantity_on(who, self.subsets.get(&rows)?.id, asked)
    }

    /// The same on a subset of this study or of one with the same models.
    pub(in crate::score) fn quantity_on(
        &self,
        who: Who,
        subset: SubsetId,
        asked: Asked,
    ) -> Option<Quantity> {
        let model = self.models.get(&who)?;
        Some(Quantity {
            model: if is_at_budget(asked.metric) {
                model.ranked
            } else {
                model.answers
            },
            metric: asked.metric,
            subset,
            class: asked.class,
        })
    }
}

/// The counts of a metric that is a share of rows; `None` for every other.
pub(in crate::score) fn counts_of(matrix: &ConfusionMatrix, asked: Asked) -> Option<Counts> {
    if asked.metric == Metric::Accuracy {
        let classes = matrix.classes();
        let all = (0..classes).flat_map(|label| (0..classes).map(move |of| (label, of)));
        return Some(Counts {
            successes: (0..classes).map(|class| matrix.count(class, class)).sum(),
            trials: all.map(|(label, of)| matrix.count(label, of)).sum(),
        });
    }
    let of = match asked.class {
        Some(class) => matrix.against_the_rest(class),
        None => matrix.binary()?,
    };
    let positives = of.true_positives + of.false_negatives;
    let negatives = of.false_positives + of.true_negatives;
    let selected = of.true_positives + of.false_positives;
    let (successes, trials) = match asked.metric {
        Metric::Precision => (of.true_positives, selected),
        Metric::Recall => (of.true_positives, positives),
        Metric::FalseAlarmRate => (of.false_positives, negatives),
        Metric::SelectionRate => (selected, positives + negatives),
        _ => return None,
    };
    Some(Counts { successes, trials })
}

impl Observed {
    /// What the label column says.
    pub(super) fn read(need: &Need, dataset: &Dataset) -> Result<Self, ProofError> {
        match need.task {
            Task::Binary | Task::Multiclass => {
                let classes = dataset.classes(need, need.label.column)?;
                let classes = classes.into_iter().map(|class| study_class(need, class));
                Ok(Self::Classes(classes.collect()))
            }
            Task::Regression | Task::Ranking => {
                Ok(Self::Numbers(dataset.numbers(need.label.column)))
            }
        }
    }
}

/// What the need fixes of a study.
pub(in crate::score) fn settings(need: &Need) -> Settings {
    let usual = Settings::default();
    let rule = need.decision;
    Settings {
        threshold: rule
            .and_then(|rule| Finite::new(rule.threshold))
            .unwrap_or(usual.threshold),
        review_budget: rule.and_then(|rule| rule.review_budget.and_then(Share::new)),
        quantile: need.statistics.quantile,
        cutoff: need.statistics.cutoff,
        ..usual
    }
}

pub(super) fn new_study(
    need: &Need,
    truth: &Observed,
    clusters: Option<&[u32]>,
) -> Result<Study, StatisticsError> {
    let settings = settings(need);
    let mut study = match (truth, need.task) {
        (Observed::Classes(labels), Task::Binary) => {
            let labels: Vec<bool> = labels.iter().map(|label| *label == 1).collect();
            Study::binary(&labels, settings)
        }
        (Observed::Classes(labels), _) => {
            let classes = u16::try_from(need.label.classes.len()).unwrap_or(u16::MAX);
            Study::multiclass(labels, classes)
        }
        (Observed::Numbers(relevance), Task::Ranking) => {
            // The queries are the clusters, and the study knows it.
            return Study::ranking(relevance, clusters.unwrap_or_default(), settings);
        }
        (Observed::Numbers(targets), _) => Study::regression(targets, settings),
    }?;
    if let Some(clusters) = clusters {
        study.set_clusters(clusters)?;
    }
    Ok(study)
}

/// In a binary study class 1 is the positive one, wherever the need lists it.
pub(super) fn study_class(need: &Need, index: u16) -> u16 {
    match need.label.positive {
        Some(positive) => u16::from(usize::from(index) == positive),
        None => index,
    }
}

/// The first of the largest scores.
pub(super) fn largest(scores: &[f64]) -> u16 {
    let mut best = (0, f64::NEG_INFINITY);
    for (class, score) in (0_u16..).zip(scores) {
        if *score > best.1 {
            best = (class, *score);
        }
    }
    best.0
}
