//! Who and what a bench knows.

use modu_statistics::{Metric, ModelId};

use super::study::{largest, study_class};
use super::{Asked, Bench, Observed, Rows, Who};
use crate::need::{Class, Over, Task, is_at_budget};
use crate::score::contenders::Recorded;

impl Bench<'_> {
    /// The solutions in order, then the recorded incumbent.
    pub(in crate::score) fn everybody(&self) -> Vec<Who> {
        let solutions = (0..self.contenders.solutions.len()).map(Who::Solution);
        let recorded = self.contenders.recorded.as_ref().map(|_| Who::Recorded);
        solutions.chain(recorded).collect()
    }

    /// The incumbent, where there is one.
    pub(in crate::score) fn incumbent(&self) -> Option<Who> {
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
    pub(in crate::score) fn all_rows(&self) -> Vec<Rows> {
        let members = self.need.groups.iter().enumerate().flat_map(|(group, of)| {
            (0..of.members.len()).map(move |member| Rows::Member { group, member })
        });
        std::iter::once(Rows::All).chain(members).collect()
    }

    /// The metrics of this run, in the order of reports: the usual ones of
    /// the task, and those that criteria name.
    pub(in crate::score) fn metrics(&self) -> Vec<Metric> {
        let named = |metric: Metric| {
            let criteria = &self.need.criteria;
            criteria.iter().any(|criterion| criterion.metric == metric)
        };
        Metric::ALL
            .into_iter()
            .filter(|metric| metric.applies_to(self.need.task))
            .filter(|metric| self.is_usual(*metric) || named(*metric))
            .collect()
    }

    fn is_usual(&self, metric: Metric) -> bool {
        const UNUSUAL: [Metric; 9] = [
            Metric::F1,
            Metric::MatthewsCorrelation,
            Metric::CohenKappa,
            Metric::FalseAlarmRateAtBudget,
            Metric::SelectionRateAtBudget,
            Metric::CalibrationInTheLarge,
            Metric::CalibrationInterceptDeviation,
            Metric::CalibrationSlopeDeviation,
            Metric::CalibrationInTheLargeDeviation,
        ];
        let budget = self.need.decision.and_then(|rule| rule.review_budget);
        !UNUSUAL.contains(&metric) && (budget.is_some() || !is_at_budget(metric))
    }

    /// In a multi-class task the metrics that are shown of each class against
    /// the rest: the usual ones, and those that criteria name.
    pub(in crate::score) fn class_metrics(&self) -> Vec<Metric> {
        const USUAL: [Metric; 4] = [
            Metric::Precision,
            Metric::Recall,
            Metric::F1,
            Metric::FalseAlarmRate,
        ];
        if self.need.task != Task::Multiclass {
            return Vec::new();
        }
        let named = |metric: Metric| {
            self.need.criteria.iter().any(|criterion| {
                criterion.metric == metric
                    && (criterion.class.is_some() || criterion.over == Over::EachClass)
            })
        };
        Metric::ALL
            .into_iter()
            .filter(|metric| metric.takes_class())
            .filter(|metric| USUAL.contains(metric) || named(*metric))
            .collect()
    }

    /// The class indices of a multi-class task; else none.
    pub(in crate::score) fn classes_apart(&self) -> std::ops::Range<u16> {
        let classes = match self.need.task {
            Task::Multiclass => self.need.label.classes.len(),
            Task::Binary | Task::Regression | Task::Ranking => 0,
        };
        0..u16::try_from(classes).unwrap_or(u16::MAX)
    }

    /// Everything that is asked of every contender on some rows.
    pub(in crate::score) fn asked(&self, rows: Rows) -> Vec<Asked> {
        let whole = self.metrics().into_iter().map(Asked::from);
        let metrics = self.class_metrics();
        let apart = self.classes_apart().flat_map(|class| {
            metrics.iter().map(move |metric| Asked {
                metric: *metric,
                class: Some(class),
            })
        });
        let wanted = |asked: &Asked| self.shows_classes(rows) || self.is_named(rows, *asked);
        whole.chain(apart.filter(wanted)).collect()
    }

    /// Whether the report shows each class on some rows: always on all rows,
    /// and on the members of groups as long as there are not so many that
    /// their replicates would not fit in memory.
    pub(in crate::score) fn shows_classes(&self, rows: Rows) -> bool {
        const CLASSES_IN_MEMBERS: usize = 512;
        let members: usize = self.need.groups.iter().map(|of| of.members.len()).sum();
        rows == Rows::All || self.classes_apart().len() * members <= CLASSES_IN_MEMBERS
    }

    /// Whether a criterion asks it on these rows.
    fn is_named(&self, rows: Rows, asked: Asked) -> bool {
        let Rows::Member { group, .. } = rows else {
            return true;
        };
        self.need.criteria.iter().any(|criterion| {
            criterion.metric == asked.metric
                && criterion.class == asked.class.map(usize::from)
                && [Over::Each(group), Over::Gap(group)].contains(&criterion.over)
        })
    }

    /// Rows, and in a binary task positives.
    pub(in crate::score) fn size(&self, rows: Rows) -> (u64, Option<u64>) {
        let subset = self.subsets.get(&rows);
        let positives = subset
            .and_then(|subset| subset.classes.get(1).copied())
            .filter(|_| self.need.task == Task::Binary);
        (subset.map_or(0, |subset| subset.rows), positives)
    }

    /// The name of some rows.
    pub(in crate::score) fn rows_name(&self, rows: Rows) -> modu_kernel::Label {
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
    pub(in crate::score) fn model(&self, who: Who) -> Option<ModelId> {
        self.models.get(&who).map(|model| model.answers)
    }

    /// The scores of somebody, where there are any and all are finite.
    pub(in crate::score) fn finite_scores(&self, who: Who) -> Option<&[f64]> {
        let scores = match (who, &self.contenders.recorded) {
            (Who::Solution(index), _) => self.contenders.solutions.get(index)?.scores.as_deref()?,
            (Who::Recorded, Some(Recorded::Numbers(numbers))) => numbers,
            (Who::Recorded, _) => return None,
        };
        scores
            .iter()
            .all(|score| score.is_finite())
            .then_some(scores)
    }

    /// The decided study class per row.
    pub(in crate::score) fn decisions(&self, who: Who) -> Option<Vec<u16>> {
        match who {
            Who::Recorded => match self.contenders.recorded.as_ref()? {
                Recorded::Numbers(_) => None,
                Recorded::Classes(classes) => Some(
                    classes
                        .iter()
                        .map(|class| study_class(self.need, *class))
                        .collect(),
                ),
            },
            Who::Solution(_) => {
                self.labels()?;
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

    /// The study class of each row, in tasks of classes.
    pub(in crate::score) fn labels(&self) -> Option<&[u16]> {
        match &self.truth {
            Observed::Classes(labels) => Some(labels),
            Observed::Numbers(_) => None,
        }
    }

    /// Binary labels.
    pub(in crate::score) fn is_positive(&self) -> Vec<bool> {
        let labels = self.labels().unwrap_or_default();
        labels.iter().map(|label| *label == 1).collect()
    }

    /// Clusters of some rows, where rows belong together.
    pub(in crate::score) fn clusters_of(&self, rows: Rows) -> Option<u64> {
        let (clusters, _) = self.subsets.get(&rows)?.clusters.as_ref()?;
        Some(*clusters)
    }

    /// Binary: the class asked about.
    pub(in crate::score) fn positive_class(&self) -> Option<&Class> {
        let index = self.need.label.positive?;
        self.need.label.classes.get(index)
    }

    /// The study's class of a class index of the need.
    pub(in crate::score) fn study_class(&self, index: u16) -> u16 {
        study_class(self.need, index)
    }
}
