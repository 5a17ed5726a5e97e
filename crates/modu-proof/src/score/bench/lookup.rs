//! Who and what a bench knows.

use modu_statistics::{Metric, ModelId};

use super::study::{largest, study_class};
use super::{Bench, Rows, Who};
use crate::need::{Class, Over, Task, is_at_budget};

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
    pub(in crate::score) fn decisions(&self, who: Who) -> Option<Vec<u16>> {
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
    pub(in crate::score) fn is_positive(&self) -> Vec<bool> {
        self.labels.iter().map(|label| *label == 1).collect()
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
