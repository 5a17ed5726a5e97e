//! The metrics that criteria name, each with the side on which it is better.

use modu_kernel::Label;

use super::bench::Asked;
use crate::need::{Criterion, Direction, Metric, Need, Over};

/// A metric with its good side.
pub(super) struct Favoured {
    /// The metric, and the class that a criterion asks about.
    pub(super) asked: Asked,
    /// Which side is good.
    pub(super) direction: Direction,
    /// Its name for people.
    pub(super) name: Label,
}

/// In the order in which the criteria first name them. A criterion on a gap
/// asks for a small gap, which says nothing of the metric itself; there the
/// metric's own sense decides. Left out is what has none (a selection rate,
/// say), or what criteria want on both sides.
pub(super) fn favoured(need: &Need) -> Vec<Favoured> {
    let mut named: Vec<(Asked, &Criterion)> = Vec::new();
    for criterion in &need.criteria {
        let asked = asked(criterion);
        if !named.iter().any(|(other, _)| *other == asked) {
            named.push((asked, criterion));
        }
    }
    named
        .into_iter()
        .filter_map(|(asked, criterion)| {
            Some(Favoured {
                asked,
                direction: direction(need, asked)?,
                name: need.metric_name_of(criterion),
            })
        })
        .collect()
}

fn asked(criterion: &Criterion) -> Asked {
    Asked {
        metric: criterion.metric,
        class: criterion.class.and_then(|class| u16::try_from(class).ok()),
    }
}

fn direction(need: &Need, wanted: Asked) -> Option<Direction> {
    let mut directions = need
        .criteria
        .iter()
        .filter(|criterion| asked(criterion) == wanted && !matches!(criterion.over, Over::Gap(_)))
        .map(|criterion| criterion.direction);
    match directions.next() {
        Some(first) => directions.all(|other| other == first).then_some(first),
        None => own_direction(wanted.metric),
    }
}

/// Which side of a metric is better in itself.
const fn own_direction(metric: Metric) -> Option<Direction> {
    match metric {
        Metric::SelectionRate
        | Metric::SelectionRateAtBudget
        | Metric::CalibrationIntercept
        | Metric::CalibrationSlope
        | Metric::CalibrationInTheLarge
        | Metric::MeanError => None,
        Metric::FalseAlarmRate
        | Metric::FalseAlarmRateAtBudget
        | Metric::LogLoss
        | Metric::Brier
        | Metric::ExpectedCalibrationError
        | Metric::CalibrationInterceptDeviation
        | Metric::CalibrationSlopeDeviation
        | Metric::CalibrationInTheLargeDeviation
        | Metric::MeanAbsoluteError
        | Metric::RootMeanSquaredError
        | Metric::PinballLoss => Some(Direction::AtMost),
        Metric::Accuracy
        | Metric::BalancedAccuracy
        | Metric::Precision
        | Metric::Recall
        | Metric::F1
        | Metric::MacroF1
        | Metric::MatthewsCorrelation
        | Metric::CohenKappa
        | Metric::RecallAtBudget
        | Metric::PrecisionAtBudget
        | Metric::RocAuc
        | Metric::AveragePrecision
        | Metric::RSquared
        | Metric::Ndcg
        | Metric::MeanReciprocalRank
        | Metric::MeanAveragePrecision
        | Metric::PrecisionAtCutoff
        | Metric::RecallAtCutoff => Some(Direction::AtLeast),
    }
}
