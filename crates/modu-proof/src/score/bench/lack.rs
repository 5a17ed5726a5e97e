//! What a lack of rows, classes or scores forbids to ask.

use modu_statistics::{Metric, Undefined};

use super::{Bench, Rows, Who};
use crate::need::{SmallMember, Task, is_at_budget};
use crate::report::NotMeasuredReason;

impl Bench<'_> {
    /// Why a metric is not even asked for.
    pub(in crate::score) fn lack(
        &self,
        who: Who,
        rows: Rows,
        metric: Metric,
    ) -> Option<NotMeasuredReason> {
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

    /// Whether a member is too small to be judged, and the need says that it
    /// is then only reported. What makes it small is the data alone: a
    /// solution must not escape by what it decides there.
    pub(in crate::score) fn is_excused(&self, rows: Rows, metric: Metric) -> bool {
        let Rows::Member { group, .. } = rows else {
            return false;
        };
        let group = self.need.groups.get(group);
        group.is_some_and(|group| group.small == SmallMember::Report)
            && self.lack_of_rows(rows, metric).is_some()
    }

    /// The members of a group that are judged: all but the excused ones. Where
    /// fewer than two are left, nothing is excused, for there is no gap.
    pub(in crate::score) fn counted_members(&self, group: usize, metric: Metric) -> Vec<usize> {
        let members = self.need.groups.get(group).map_or(0, |of| of.members.len());
        let counted: Vec<usize> = (0..members)
            .filter(|&member| !self.is_excused(Rows::Member { group, member }, metric))
            .collect();
        if counted.len() < 2 {
            (0..members).collect()
        } else {
            counted
        }
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
        | Metric::ExpectedCalibrationError
        | Metric::MeanAbsoluteError
        | Metric::RootMeanSquaredError
        | Metric::MeanError
        | Metric::RSquared
        | Metric::PinballLoss
        | Metric::Ndcg
        | Metric::MeanReciprocalRank
        | Metric::MeanAveragePrecision
        | Metric::PrecisionAtCutoff
        | Metric::RecallAtCutoff => (false, false),
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
