//! ROC and precision-recall curves, thinned for drawing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Finite, StatisticsError, Undefined,
    ties::{TieGroup, tie_groups},
};

/// A point of a curve: what happens when every score at or above the
/// threshold decides positive.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CurvePoint {
    /// The threshold; none at the start, where nothing is decided positive.
    pub threshold: Option<Finite>,
    /// ROC: false-alarm rate. Precision-recall: recall.
    pub x: Finite,
    /// ROC: recall. Precision-recall: precision.
    pub y: Finite,
}

/// The ROC curve from (0, 0) to (1, 1), one point for each distinct score,
/// thinned to at most `limit` points.
///
/// Thinning walks along the curve and measures its length as the sum of
/// `|dx| + |dy|`. The first and last point stay; of the others the first one
/// at or past each of the `limit - 1` equal parts of the length stays. The
/// points that stay are exact.
///
/// # Errors
/// Where the lengths differ, a class is missing, a score is not finite, or
/// `limit` is below 2.
pub fn roc_curve(
    labels: &[bool],
    scores: &[f64],
    limit: usize,
) -> Result<Vec<CurvePoint>, StatisticsError> {
    let groups = groups_of_both_classes(labels, scores)?;
    let (positives, negatives) = totals(&groups);
    let start = (None, 0.0, 0.0);
    let points = cumulated(&groups).map(|(threshold, true_positives, false_positives)| {
        (
            Some(threshold),
            false_positives / negatives,
            true_positives / positives,
        )
    });
    thinned(std::iter::once(start).chain(points).collect(), limit)
}

/// The precision-recall curve, one point for each distinct score from the
/// highest down, thinned as [`roc_curve`]. It starts at the highest score's
/// own point: precision at recall 0 is undefined, and none is made up.
///
/// # Errors
/// As [`roc_curve`], but without negatives it is defined.
pub fn precision_recall_curve(
    labels: &[bool],
    scores: &[f64],
    limit: usize,
) -> Result<Vec<CurvePoint>, StatisticsError> {
    let groups = tie_groups(labels, scores)?;
    let (positives, _) = totals(&groups);
    if positives == 0.0 {
        return Err(Undefined::NoPositives.into());
    }
    let points = cumulated(&groups).map(|(threshold, true_positives, false_positives)| {
        (
            Some(threshold),
            true_positives / positives,
            true_positives / (true_positives + false_positives),
        )
    });
    thinned(points.collect(), limit)
}

fn groups_of_both_classes(
    labels: &[bool],
    scores: &[f64],
) -> Result<Vec<TieGroup>, StatisticsError> {
    let groups = tie_groups(labels, scores)?;
    match totals(&groups) {
        (0.0, _) => Err(Undefined::NoPositives.into()),
        (_, 0.0) => Err(Undefined::NoNegatives.into()),
        _ => Ok(groups),
    }
}

fn totals(groups: &[TieGroup]) -> (f64, f64) {
    let positives: u64 = groups.iter().map(|group| group.positives).sum();
    let negatives: u64 = groups.iter().map(|group| group.negatives).sum();
    (positives as f64, negatives as f64)
}

/// Threshold, true and false positives at each distinct score.
fn cumulated(groups: &[TieGroup]) -> impl Iterator<Item = (f64, f64, f64)> {
    groups.iter().scan((0, 0), |(positives, negatives), group| {
        *positives += group.positives;
        *negatives += group.negatives;
        Some((group.score, *positives as f64, *negatives as f64))
    })
}

type RawPoint = (Option<f64>, f64, f64);

fn thinned(points: Vec<RawPoint>, limit: usize) -> Result<Vec<CurvePoint>, StatisticsError> {
    if limit < 2 {
        return Err(StatisticsError::range(
            "the limit of curve points",
            limit,
            "at least 2",
        ));
    }
    let step = |a: &RawPoint, b: &RawPoint| (b.1 - a.1).abs() + (b.2 - a.2).abs();
    let length: f64 = points.windows(2).map(|pair| step(&pair[0], &pair[1])).sum();
    let parts = (limit - 1) as f64;
    let mut kept: Vec<RawPoint> = Vec::with_capacity(limit.min(points.len()));
    let mut travelled = 0.0;
    let mut part = 0;
    for (index, point) in points.iter().enumerate() {
        if index > 0 {
            travelled += step(&points[index - 1], point);
        }
        let reached = ((travelled / length * parts) as usize).min(limit - 2);
        let last = index + 1 == points.len();
        if index == 0 || last || points.len() <= limit || reached > part {
            kept.push(*point);
        }
        part = part.max(reached);
    }
    let finite = |value: f64| Finite::new(value).ok_or(Undefined::Overflow);
    kept.into_iter()
        .map(|(threshold, x, y)| {
            Ok(CurvePoint {
                threshold: threshold.map(finite).transpose()?,
                x: finite(x)?,
                y: finite(y)?,
            })
        })
        .collect()
}
