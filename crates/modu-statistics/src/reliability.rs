//! Do scores mean what they say? Observed shares against mean scores, by bin.

use std::num::NonZeroU16;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Finite, Interval, Share, StatisticsError, Undefined,
    interval::wilson,
    ties::{TieGroup, probability_groups},
};

/// How scores are put into bins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Binning {
    /// `k` bins of equal width over 0..=1: score `s` lies in bin
    /// `min(floor(s k), k - 1)`.
    EqualWidth(NonZeroU16),
    /// At most `k` bins of about equally many rows: with the scores of all
    /// `n` rows ascending, the inner edges are the scores at positions
    /// `floor(j n / k)`, `j = 1..k`, without repetition; a score lies in the
    /// bin whose lower edge is the largest not above it. Ties are never
    /// split.
    EqualCount(NonZeroU16),
}

impl Default for Binning {
    /// Ten bins of equal width.
    fn default() -> Self {
        Self::EqualWidth(NonZeroU16::MIN.saturating_add(9))
    }
}

/// A reliability curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reliability {
    /// How the bins were made.
    pub binning: Binning,
    /// The bins that have rows, by ascending score.
    pub bins: Vec<ReliabilityBin>,
    /// Sum over the bins of the share of rows times the absolute difference
    /// of mean score and share of positives.
    pub expected_calibration_error: Finite,
}

/// One bin of a reliability curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReliabilityBin {
    /// Lower edge, inside the bin.
    pub from: Finite,
    /// Upper edge; inside the last bin only.
    pub below: Finite,
    /// Rows.
    pub rows: u64,
    /// Positive rows.
    pub positives: u64,
    /// Mean score of the rows.
    pub mean_score: Finite,
    /// Share of the rows that are positive.
    pub observed: Finite,
    /// Wilson interval of that share.
    pub interval: Interval,
}

/// The reliability curve of probabilities.
///
/// # Errors
/// Where the lengths differ, there are no rows, or a score is not a
/// probability.
pub fn reliability(
    labels: &[bool],
    scores: &[f64],
    binning: Binning,
    confidence: Share,
) -> Result<Reliability, StatisticsError> {
    let mut groups = probability_groups(labels, scores)?;
    groups.reverse();
    let edges = Edges::new(binning, &groups);
    let mut bins = Vec::new();
    let mut error = 0.0;
    for tied in groups.chunk_by(|a, b| edges.bin(a.score) == edges.bin(b.score)) {
        let (bin, residual) = edges.summary(tied, confidence)?;
        error += residual.abs();
        bins.push(bin);
    }
    let mean = error / labels.len() as f64;
    Ok(Reliability {
        binning,
        bins,
        expected_calibration_error: Finite::new(mean).ok_or(Undefined::Overflow)?,
    })
}

/// The edges of bins.
#[derive(Debug, Clone)]
pub(crate) enum Edges {
    Width(f64),
    /// Inner edges, ascending.
    Scores(Vec<f64>),
}

impl Edges {
    /// The edges for scores in ascending order.
    pub(crate) fn new(binning: Binning, ascending: &[TieGroup]) -> Self {
        let bins = match binning {
            Binning::EqualWidth(bins) => return Self::Width(f64::from(bins.get())),
            Binning::EqualCount(bins) => u64::from(bins.get()),
        };
        let rows: u64 = ascending.iter().map(|g| g.positives + g.negatives).sum();
        let mut edges: Vec<f64> = Vec::new();
        let (mut group, mut end) = (0, 0);
        for j in 1..bins {
            let position = j * rows / bins;
            while end <= position && group < ascending.len() {
                end += ascending[group].positives + ascending[group].negatives;
                group += 1;
            }
            let score = ascending[group.saturating_sub(1)].score;
            if edges.last() != Some(&score) {
                edges.push(score);
            }
        }
        Self::Scores(edges)
    }

    /// The bin of a score.
    pub(crate) fn bin(&self, score: f64) -> u32 {
        match self {
            Self::Width(bins) => (score * bins).floor().min(bins - 1.0) as u32,
            Self::Scores(edges) => edges.partition_point(|&edge| edge <= score) as u32,
        }
    }

    fn range(&self, bin: u32) -> (f64, f64) {
        match self {
            Self::Width(bins) => (f64::from(bin) / bins, f64::from(bin + 1) / bins),
            Self::Scores(edges) => {
                let bin = bin as usize;
                let from = bin.checked_sub(1).map_or(0.0, |below| edges[below]);
                (from, edges.get(bin).copied().unwrap_or(1.0))
            }
        }
    }

    /// The bin of ascending groups that share it, and the sum over its rows
    /// of label minus score.
    fn summary(
        &self,
        tied: &[TieGroup],
        confidence: Share,
    ) -> Result<(ReliabilityBin, f64), StatisticsError> {
        let positives: u64 = tied.iter().map(|group| group.positives).sum();
        let rows = positives + tied.iter().map(|group| group.negatives).sum::<u64>();
        let sum: f64 = tied
            .iter()
            .map(|group| (group.positives + group.negatives) as f64 * group.score)
            .sum();
        let (from, below) = self.range(self.bin(tied[0].score));
        let finite = |value: f64| Finite::new(value).ok_or(Undefined::Overflow);
        let bin = ReliabilityBin {
            from: finite(from)?,
            below: finite(below)?,
            rows,
            positives,
            mean_score: finite(sum / rows as f64)?,
            observed: finite(positives as f64 / rows as f64)?,
            interval: wilson(positives, rows, confidence)?,
        };
        Ok((bin, positives as f64 - sum))
    }
}
