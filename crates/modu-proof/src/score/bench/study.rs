//! From a need and its contenders to a study.

use modu_statistics::{
    Finite, Metric, Quantity, Settings, Share, StatisticsError, Study, SubsetId,
};

use super::{Bench, Counts, Model, Rows, Subset, Who};
use crate::need::{Need, Task, is_at_budget};

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

    pub(super) fn add_subsets(&mut self) -> Result<(), StatisticsError> {
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
    /// itself: it has an exact limit. `None` for every other metric.
    pub(in crate::score) fn counts(&self, who: Who, rows: Rows, metric: Metric) -> Option<Counts> {
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

    pub(super) fn quantity(&self, who: Who, rows: Rows, metric: Metric) -> Option<Quantity> {
        let model = self.models.get(&who)?;
        Some(Quantity {
            model: if is_at_budget(metric) {
                model.ranked
            } else {
                model.answers
            },
            metric,
            subset: self.subsets.get(&rows)?.id,
            class: None,
        })
    }
}

pub(super) fn new_study(need: &Need, labels: &[u16]) -> Result<Study, StatisticsError> {
    match need.decision {
        Some(rule) => {
            let labels: Vec<bool> = labels.iter().map(|label| *label == 1).collect();
            let settings = Settings {
                threshold: Finite::new(rule.threshold).unwrap_or(Finite::ZERO),
                review_budget: rule.review_budget.and_then(Share::new),
                ..Settings::default()
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
