//! What a lack of rows, classes or scores forbids to ask.

use modu_statistics::{Metric, Undefined};

use super::{Asked, Bench, Rows, Who};
use crate::need::{SmallMember, Task, is_at_budget};
use crate::report::NotMeasuredReason;

impl Bench<'_> {
    /// Why a metric is not even asked for.
    pub(in crate::score) fn lack(
        &self,
        who: Who,
        rows: Rows,
        asked: impl Into<Asked>,
    ) -> Option<NotMeasuredReason> {
        let asked = asked.into();
        let Some(model) = self.models.get(&who) else {
            return Some(NotMeasuredReason::NoPredictions);
        };
        if asked.metric.needs_scores() && !model.has_scores && !is_at_budget(asked.metric) {
            let why = Undefined::NeedsScores;
            return Some(NotMeasuredReason::Undefined { why });
        }
        self.lack_of_rows(rows, asked)
            .or_else(|| self.lack_of_selected(who, rows, asked))
    }

    /// Whether a member is too small to be judged, and the need says that it
    /// is then only reported. What makes it small is the data alone: a
    /// solution must not escape by what it decides there.
    pub(in crate::score) fn is_excused(&self, rows: Rows, asked: Asked) -> bool {
        let Rows::Member { group, .. } = rows else {
            return false;
        };
        let group = self.need.groups.get(group);
        group.is_some_and(|group| group.small == SmallMember::Report)
            && self.lack_of_rows(rows, asked).is_some()
    }

    /// The members of a group that are judged: all but the excused ones. Where
    /// fewer than two are left, nothing is excused, for there is no gap.
    pub(in crate::score) fn counted_members(&self, group: usize, asked: Asked) -> Vec<usize> {
        let members = self.need.groups.get(group).map_or(0, |of| of.members.len());
        let counted: Vec<usize> = (0..members)
            .filter(|&member| !self.is_excused(Rows::Member { group, member }, asked))
            .collect();
        if counted.len() < 2 {
            (0..members).collect()
        } else {
            counted
        }
    }

    /// A precision is a share of the rows decided positive, so these must be
    /// many. Where there is none at all, the metric itself says so.
    fn lack_of_selected(&self, who: Who, rows: Rows, asked: Asked) -> Option<NotMeasuredReason> {
        if asked.metric != Metric::Precision {
            return None;
        }
        let selected = self.counts_of_rows(who, rows, asked)?.trials;
        let minimum = self.need.statistics.minimum_positives;
        (1..minimum)
            .contains(&selected)
            .then_some(NotMeasuredReason::FewSelected { selected, minimum })
    }

    /// Where rows belong together, it is clusters that must be many.
    fn lack_of_rows(&self, rows: Rows, asked: Asked) -> Option<NotMeasuredReason> {
        let subset = self.subsets.get(&rows)?;
        let minimum = self.need.statistics.minimum_group;
        match &subset.clusters {
            None if subset.rows < minimum => Some(NotMeasuredReason::FewRows {
                rows: subset.rows,
                minimum,
            }),
            Some((clusters, _)) if *clusters < minimum => Some(NotMeasuredReason::FewClusters {
                clusters: *clusters,
                minimum,
            }),
            Some((clusters, classes)) => self.lack_of_classes(*clusters, classes, asked),
            None => self.lack_of_classes(subset.rows, &subset.classes, asked),
        }
    }

    /// `all` counts the rows (or clusters), `classes` those of each class.
    pub(in crate::score) fn lack_of_classes(
        &self,
        all: u64,
        classes: &[u64],
        asked: Asked,
    ) -> Option<NotMeasuredReason> {
        let (needs_positives, needs_negatives) = needs_classes(asked.metric);
        let minimum = self.need.statistics.minimum_positives;
        let of = |class: usize| classes.get(class).copied().unwrap_or(0);
        let (positives, negatives) = match (self.need.task, asked.class) {
            (Task::Regression | Task::Ranking, _) => return None,
            (Task::Binary, _) => (of(1), of(0)),
            (Task::Multiclass, Some(class)) => {
                let positives = of(usize::from(class));
                // Clusters of several classes count on both sides.
                let others: u64 = (0..classes.len())
                    .filter(|other| *other != usize::from(class))
                    .map(of)
                    .sum();
                (positives, others.min(all))
            }
            (Task::Multiclass, None) => {
                let rows = classes.iter().copied().min().unwrap_or(0);
                let every_class = needs_positives && needs_negatives;
                return (every_class && rows < minimum)
                    .then_some(NotMeasuredReason::FewOfClass { rows, minimum });
            }
        };
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
pub(crate) const fn needs_classes(metric: Metric) -> (bool, bool) {
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
