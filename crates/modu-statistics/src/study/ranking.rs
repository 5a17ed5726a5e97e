//! Metrics of ranks under multiplicities, from rows sorted once.

use super::resample::Multiplicity;
use crate::{Undefined, ties::TieGroup};

/// The rows of a subset by descending score, cut into segments. A segment
/// with positives is all rows of one score; the negatives between two such
/// scores are one segment.
#[derive(Debug)]
pub(super) struct Ranking {
    negatives: Vec<u32>,
    positives: Vec<u32>,
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, Copy)]
struct Segment {
    /// Where its negatives end in the list of negatives.
    negatives_end: u32,
    /// Where its positives end in the list of positives.
    positives_end: u32,
}

/// The weight of a segment in a replicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SegmentWeight {
    pub(super) negatives: u32,
    pub(super) positives: u32,
}

/// A row on its way into a ranking.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScoredRow {
    pub(super) row: u32,
    pub(super) score: f64,
    pub(super) positive: bool,
}

impl Ranking {
    /// Ranks rows that come by descending score.
    pub(super) fn new(descending: &[ScoredRow]) -> Self {
        let list = |class: bool| -> Vec<u32> {
            let rows = descending.iter().filter(|row| row.positive == class);
            rows.map(|row| row.row).collect()
        };
        let mut segments: Vec<Segment> = Vec::new();
        let mut ends = (0, 0);
        let mut run_is_open = false;
        for tied in descending.chunk_by(|a, b| a.score == b.score) {
            let positives = count(tied, true);
            ends = (ends.0 + count(tied, false), ends.1 + positives);
            let segment = Segment {
                negatives_end: ends.0,
                positives_end: ends.1,
            };
            match segments.last_mut() {
                Some(run) if run_is_open && positives == 0 => *run = segment,
                _ => segments.push(segment),
            }
            run_is_open = positives == 0;
        }
        Self {
            negatives: list(false),
            positives: list(true),
            segments,
        }
    }

    /// The weights of the segments, into a buffer. `sums` is scratch space.
    pub(super) fn weigh(
        &self,
        weights: &[Multiplicity],
        sums: &mut Vec<u32>,
        segments: &mut Vec<SegmentWeight>,
    ) {
        running_sums(&self.negatives, weights, sums);
        segments.clear();
        let mut before = 0;
        for segment in &self.segments {
            let until = sums[segment.negatives_end as usize];
            segments.push(SegmentWeight {
                negatives: until - before,
                positives: 0,
            });
            before = until;
        }
        running_sums(&self.positives, weights, sums);
        let mut before = 0;
        for (segment, weight) in self.segments.iter().zip(segments) {
            let until = sums[segment.positives_end as usize];
            weight.positives = until - before;
            before = until;
        }
    }
}

fn count(rows: &[ScoredRow], class: bool) -> u32 {
    rows.iter().filter(|row| row.positive == class).count() as u32
}

/// `sums[i]` is the weight of the first `i` listed rows. One flat loop: runs
/// between positives are short, and a loop for each would mostly mispredict.
fn running_sums(rows: &[u32], weights: &[Multiplicity], sums: &mut Vec<u32>) {
    sums.clear();
    sums.push(0);
    let mut sum = 0;
    sums.extend(rows.iter().map(|&row| {
        sum += u32::from(weights[row as usize]);
        sum
    }));
}

/// The area under the ROC curve: the share of (positive, negative) pairs in
/// which the positive has the higher score, a tie counting one half. An exact
/// integer but for one division.
pub(super) fn roc_auc(segments: &[SegmentWeight]) -> Result<f64, Undefined> {
    let (mut above, mut positives, mut twice_lost) = (0_u64, 0_u64, 0_u64);
    for segment in segments {
        let weight = u64::from(segment.positives);
        let tied = u64::from(segment.negatives);
        twice_lost += weight * (2 * above + tied);
        above += tied;
        positives += weight;
    }
    match (positives, above) {
        (0, 0) => Err(Undefined::Empty),
        (0, _) => Err(Undefined::NoPositives),
        (_, 0) => Err(Undefined::NoNegatives),
        (positives, negatives) => {
            let twice = 2 * positives * negatives;
            Ok((twice - twice_lost) as f64 / twice as f64)
        }
    }
}

/// The sum over descending distinct scores of the gain in recall times the
/// precision there.
pub(super) fn average_precision(segments: &[SegmentWeight]) -> Result<f64, Undefined> {
    let (mut rows, mut positives) = (0_u32, 0_u32);
    let mut sum = 0.0;
    for segment in segments {
        rows += segment.negatives + segment.positives;
        positives += segment.positives;
        if segment.positives > 0 {
            sum += f64::from(segment.positives) * (f64::from(positives) / f64::from(rows));
        }
    }
    match (rows, positives) {
        (0, _) => Err(Undefined::Empty),
        (_, 0) => Err(Undefined::NoPositives),
        _ => Ok(sum / f64::from(positives)),
    }
}

/// The distinct scores of rows that come by descending score.
pub(super) fn ties(descending: &[ScoredRow]) -> Vec<TieGroup> {
    descending
        .chunk_by(|a, b| a.score == b.score)
        .map(|tied| TieGroup {
            score: tied[0].score,
            positives: u64::from(count(tied, true)),
            negatives: u64::from(count(tied, false)),
        })
        .collect()
}
