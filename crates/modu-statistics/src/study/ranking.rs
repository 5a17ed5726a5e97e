//! Metrics of ranks under multiplicities, from rows sorted once.

use super::lanes::{LANES, Lanes, Multiplicity, weight_of_listed};
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

/// A row on its way into a ranking.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScoredRow {
    pub(super) row: u32,
    pub(super) score: f64,
    pub(super) positive: bool,
}

/// What metrics of ranks are made of.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RankSums {
    positives: Lanes<u32>,
    negatives: Lanes<u32>,
    /// Twice the (positive, negative) pairs that the positive loses; a tie
    /// is half lost.
    twice_lost: Lanes<u64>,
    /// The sum over the positives of the precision at their score.
    precision: Lanes<f64>,
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

    /// One pass over the segments, highest scores first. What is not asked
    /// for stays zero.
    pub(super) fn sums<const PRECISION: bool>(&self, weights: &[Lanes<Multiplicity>]) -> RankSums {
        let mut sums = RankSums::default();
        let (mut negative, mut positive) = (0, 0);
        for segment in &self.segments {
            let negatives = &self.negatives[negative..segment.negatives_end as usize];
            negative = segment.negatives_end as usize;
            let tied = weight_of_listed(weights, negatives);
            let positives = &self.positives[positive..segment.positives_end as usize];
            positive = segment.positives_end as usize;
            if !positives.is_empty() {
                let found = weight_of_listed(weights, positives);
                sums.lose(&found, &tied);
                if PRECISION {
                    sums.find(&found, &tied);
                }
                add(&mut sums.positives, &found);
            }
            add(&mut sums.negatives, &tied);
        }
        sums
    }
}

fn add(sums: &mut Lanes<u32>, weights: &Lanes<u32>) {
    for (sum, weight) in sums.iter_mut().zip(weights) {
        *sum += weight;
    }
}

impl RankSums {
    fn lose(&mut self, found: &Lanes<u32>, tied: &Lanes<u32>) {
        for lane in 0..LANES {
            let above = 2 * u64::from(self.negatives[lane]) + u64::from(tied[lane]);
            self.twice_lost[lane] += u64::from(found[lane]) * above;
        }
    }

    /// Where nothing is found the precision may be of no rows, but counts
    /// for nothing.
    fn find(&mut self, found: &Lanes<u32>, tied: &Lanes<u32>) {
        for lane in 0..LANES {
            let positives = self.positives[lane] + found[lane];
            let rows = (positives + self.negatives[lane] + tied[lane]).max(1);
            self.precision[lane] +=
                f64::from(found[lane]) * (f64::from(positives) / f64::from(rows));
        }
    }

    /// The area under the ROC curve: the share of (positive, negative) pairs
    /// in which the positive has the higher score, a tie counting one half.
    /// An exact integer but for one division.
    pub(super) fn roc_auc(&self, lane: usize) -> Result<f64, Undefined> {
        let (positives, negatives) = (self.positives[lane], self.negatives[lane]);
        match (u64::from(positives), u64::from(negatives)) {
            (0, 0) => Err(Undefined::Empty),
            (0, _) => Err(Undefined::NoPositives),
            (_, 0) => Err(Undefined::NoNegatives),
            (positives, negatives) => {
                let twice = 2 * positives * negatives;
                Ok((twice - self.twice_lost[lane]) as f64 / twice as f64)
            }
        }
    }

    /// The sum over descending distinct scores of the gain in recall times
    /// the precision there.
    pub(super) fn average_precision(&self, lane: usize) -> Result<f64, Undefined> {
        match (self.positives[lane], self.negatives[lane]) {
            (0, 0) => Err(Undefined::Empty),
            (0, _) => Err(Undefined::NoPositives),
            (positives, _) => Ok(self.precision[lane] / f64::from(positives)),
        }
    }
}

fn count(rows: &[ScoredRow], class: bool) -> u32 {
    rows.iter().filter(|row| row.positive == class).count() as u32
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
