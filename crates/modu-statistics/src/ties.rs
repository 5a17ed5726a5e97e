//! Rows of a binary question gathered by score.

use crate::{StatisticsError, Undefined, error::check_length};

/// All rows of one score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TieGroup {
    pub(crate) score: f64,
    pub(crate) positives: u64,
    pub(crate) negatives: u64,
}

/// The distinct scores, descending, with their rows.
pub(crate) fn tie_groups(
    labels: &[bool],
    scores: &[f64],
) -> Result<Vec<TieGroup>, StatisticsError> {
    check_length("the scores", labels.len(), scores.len())?;
    if labels.is_empty() {
        return Err(Undefined::Empty.into());
    }
    if scores.iter().any(|score| !score.is_finite()) {
        return Err(Undefined::ScoreNotFinite.into());
    }
    // Adding zero makes a negative zero positive, so that equal scores are
    // equal in the total order too.
    let mut rows: Vec<(f64, bool)> = scores
        .iter()
        .map(|&score| score + 0.0)
        .zip(labels.iter().copied())
        .collect();
    rows.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    Ok(rows
        .chunk_by(|a, b| a.0 == b.0)
        .map(|tied| {
            let positives = tied.iter().filter(|row| row.1).count() as u64;
            TieGroup {
                score: tied[0].0,
                positives,
                negatives: tied.len() as u64 - positives,
            }
        })
        .collect())
}

/// As [`tie_groups`], for scores that are probabilities.
pub(crate) fn probability_groups(
    labels: &[bool],
    scores: &[f64],
) -> Result<Vec<TieGroup>, StatisticsError> {
    let groups = tie_groups(labels, scores)?;
    let outside = |group: &TieGroup| !(0.0..=1.0).contains(&group.score);
    if groups.iter().any(outside) {
        return Err(Undefined::NotProbabilities.into());
    }
    Ok(groups)
}
