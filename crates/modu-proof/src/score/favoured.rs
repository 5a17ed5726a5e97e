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

/// In the order in which the criteria first name them; one that asks of each
/// class names the metric of every class. A criterion on a gap asks for a small
/// gap, which says nothing of the metric itself; there the metric's own sense
/// decides. Left out is what has none (a selection rate, say), or what criteria
/// want on both sides.
pub(super) fn favoured(need: &Need) -> Vec<Favoured> {
    let mut named: Vec<Asked> = Vec::new();
    for asked in need.criteria.iter().flat_map(|it| asked(need, it)) {
        if !named.contains(&asked) {
            named.push(asked);
        }
    }
    named
        .into_iter()
        .filter_map(|asked| {
            Some(Favoured {
                asked,
                direction: direction(need, asked)?,
                name: need.metric_name(asked.metric, asked.class.map(usize::from)),
            })
        })
        .collect()
}

/// What a criterion asks after.
fn asked(need: &Need, criterion: &Criterion) -> Vec<Asked> {
    let metric = criterion.metric;
    let of_class = |class: usize| Asked {
        metric,
        class: u16::try_from(class).ok(),
    };
    match (criterion.over, criterion.class) {
        (Over::EachClass, _) => (0..need.label.classes.len()).map(of_class).collect(),
        (_, Some(class)) => vec![of_class(class)],
        (_, None) => vec![Asked::from(metric)],
    }
}

fn direction(need: &Need, wanted: Asked) -> Option<Direction> {
    let mut directions = need
        .criteria
        .iter()
        .filter(|criterion| {
            asked(need, criterion).contains(&wanted) && !matches!(criterion.over, Over::Gap(_))
        })
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
