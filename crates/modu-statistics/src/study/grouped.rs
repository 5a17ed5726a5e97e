//! The recalibration of replicates, fitted to rows grouped by logit.

use std::cell::OnceCell;

use super::{ranking::Ranking, resample::Multiplicity};
use crate::{
    Metric, Undefined,
    calibration::{Line, LogitGroup, PERFECT, fit_in_the_large, fit_line, logit_groups},
    ties::TieGroup,
};

/// The most groups.
const GROUPS: usize = 128;
/// Offsets from the middle of a group are whole multiples of its width over
/// this, and so at most half of it.
const OFFSETS: f64 = 65_534.0;

/// The rows of a subset by descending score, cut into groups, and the fits of
/// all of them.
#[derive(Debug)]
pub(super) struct GroupedRecalibration {
    groups: Vec<Group>,
    /// The width of a group over [`OFFSETS`].
    unit: f64,
    negatives: Offsets,
    positives: Offsets,
    exact: Fits,
    grouped: Fits,
}

/// The rows of a class by descending score: how far the logit of each lies
/// above the middle of its group, in units. Whole numbers make sums exact.
#[derive(Debug, Default)]
struct Offsets(Vec<i16>);

/// A group of rows with similar logits.
#[derive(Debug, Clone, Copy)]
struct Group {
    middle: f64,
    /// Where its rows end among the negatives.
    negatives_end: usize,
    /// Where its rows end among the positives.
    positives_end: usize,
}

/// Both fits of the same rows.
#[derive(Debug)]
struct Fits {
    line: Result<Line, Undefined>,
    large: Result<Line, Undefined>,
}

impl Fits {
    fn new(groups: &[LogitGroup]) -> Self {
        Self {
            line: fit_line(groups, PERFECT),
            large: fit_in_the_large(groups, PERFECT),
        }
    }
}

/// The fits of one replicate, each made when it is first asked for.
pub(super) struct Replicate<'a> {
    recalibration: &'a GroupedRecalibration,
    groups: &'a [LogitGroup],
    line: OnceCell<Result<Line, Undefined>>,
    large: OnceCell<Result<Line, Undefined>>,
}

impl GroupedRecalibration {
    /// Groups and fits the rows of a subset, by descending score.
    pub(super) fn new(ties: &[TieGroup]) -> Self {
        let rows = logit_groups(ties);
        let mut grouped = Self {
            groups: Vec::new(),
            unit: 0.0,
            negatives: Offsets::default(),
            positives: Offsets::default(),
            exact: Fits::new(&rows),
            grouped: Fits::new(&[]),
        };
        let mut all = Vec::new();
        grouped.cut(ties, &rows, &mut all);
        grouped.grouped = Fits::new(&all);
        grouped
    }

    /// Cuts rows into groups, whose sums over all rows go to `all`.
    fn cut(&mut self, ties: &[TieGroup], rows: &[LogitGroup], all: &mut Vec<LogitGroup>) {
        let parts = Parts::new(rows);
        self.unit = parts.width / OFFSETS;
        let numbered = || ties.iter().zip(rows).enumerate();
        let numbered: Vec<_> = numbered()
            .map(|(index, (tied, row))| (parts.of(index, row.logit), tied, row.logit))
            .collect();
        for group in numbered.chunk_by(|a, b| a.0 == b.0) {
            let middle = parts.middle(group[0].0, group[0].2);
            let [mut negatives, mut positives] = [Sum::default(); 2];
            for &(_, tied, logit) in group {
                let offset = parts.offset(logit, middle);
                self.negatives.repeat(offset, tied.negatives);
                self.positives.repeat(offset, tied.positives);
                negatives.add(tied.negatives as i64, offset);
                positives.add(tied.positives as i64, offset);
            }
            let group = Group {
                middle,
                negatives_end: self.negatives.0.len(),
                positives_end: self.positives.0.len(),
            };
            self.groups.push(group);
            all.push(self.weighed(group, negatives, positives));
        }
    }

    /// A calibration metric of all rows, exactly.
    pub(super) fn exact(&self, metric: Metric) -> Result<f64, Undefined> {
        read(metric, || self.exact.line, || self.exact.large)
    }

    /// The fits of a replicate: the exact one plus the change of the grouped
    /// one. `groups` is scratch space.
    pub(super) fn replicate<'a>(
        &'a self,
        ranking: &Ranking,
        weights: &[Multiplicity],
        groups: &'a mut Vec<LogitGroup>,
    ) -> Replicate<'a> {
        groups.clear();
        let (mut negative, mut positive) = (0, 0);
        for &group in &self.groups {
            let (negatives, positives) = (group.negatives_end, group.positives_end);
            let rows = &ranking.of_class(false)[negative..negatives];
            let of_negatives = Sum::of(rows, &self.negatives.0[negative..negatives], weights);
            let rows = &ranking.of_class(true)[positive..positives];
            let of_positives = Sum::of(rows, &self.positives.0[positive..positives], weights);
            (negative, positive) = (negatives, positives);
            if of_negatives.rows + of_positives.rows > 0 {
                groups.push(self.weighed(group, of_negatives, of_positives));
            }
        }
        Replicate {
            recalibration: self,
            groups,
            line: OnceCell::new(),
            large: OnceCell::new(),
        }
    }

    fn weighed(&self, group: Group, negatives: Sum, positives: Sum) -> LogitGroup {
        let rows = (negatives.rows + positives.rows) as f64;
        let offsets = (negatives.offsets + positives.offsets) as f64;
        let positive_rows = positives.rows as f64;
        LogitGroup {
            logit: group.middle + offsets * self.unit / rows,
            rows,
            positives: positive_rows,
            positive_logits: positive_rows * group.middle + positives.offsets as f64 * self.unit,
        }
    }
}

/// Weighted rows and the weighted sum of their offsets.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    rows: i64,
    offsets: i64,
}

impl Sum {
    fn add(&mut self, rows: i64, offset: i16) {
        self.rows += rows;
        self.offsets += rows * i64::from(offset);
    }

    fn of(rows: &[u32], offsets: &[i16], weights: &[Multiplicity]) -> Self {
        let mut sum = Self::default();
        for (&row, &offset) in rows.iter().zip(offsets) {
            sum.add(i64::from(weights[row as usize]), offset);
        }
        sum
    }
}

impl Offsets {
    fn repeat(&mut self, offset: i16, times: u64) {
        self.0.extend((0..times).map(|_| offset));
    }
}

/// Parts of equal width of a range of logits, or each logit for itself.
struct Parts {
    highest: f64,
    width: f64,
    each: bool,
}

impl Parts {
    fn new(descending: &[LogitGroup]) -> Self {
        let highest = descending.first().map_or(0.0, |row| row.logit);
        let lowest = descending.last().map_or(0.0, |row| row.logit);
        let each = descending.len() <= GROUPS || highest <= lowest;
        Self {
            highest,
            width: if each {
                0.0
            } else {
                (highest - lowest) / GROUPS as f64
            },
            each,
        }
    }

    /// The part of the `index`-th logit.
    fn of(&self, index: usize, logit: f64) -> usize {
        if self.each {
            index
        } else {
            (((self.highest - logit) / self.width) as usize).min(GROUPS - 1)
        }
    }

    /// The middle of a part, one of whose logits is given.
    fn middle(&self, part: usize, logit: f64) -> f64 {
        if self.each {
            logit
        } else {
            self.highest - (part as f64 + 0.5) * self.width
        }
    }

    fn offset(&self, logit: f64, middle: f64) -> i16 {
        if self.each {
            0
        } else {
            ((logit - middle) / self.width * OFFSETS).round() as i16
        }
    }
}

impl Replicate<'_> {
    /// A calibration metric of the replicate.
    pub(super) fn metric(&self, metric: Metric) -> Result<f64, Undefined> {
        let exact = &self.recalibration.exact;
        let grouped = &self.recalibration.grouped;
        let line = || {
            changed(exact.line?, grouped.line?, |start| {
                fit_line(self.groups, start)
            })
        };
        let large = || {
            changed(exact.large?, grouped.large?, |start| {
                fit_in_the_large(self.groups, start)
            })
        };
        read(
            metric,
            || *self.line.get_or_init(line),
            || *self.large.get_or_init(large),
        )
    }
}

/// The exact line plus the change from one grouped fit to another.
fn changed(
    exact: Line,
    from: Line,
    fit: impl Fn(Line) -> Result<Line, Undefined>,
) -> Result<Line, Undefined> {
    let to = fit(from)?;
    Ok(Line {
        intercept: exact.intercept + (to.intercept - from.intercept),
        slope: exact.slope + (to.slope - from.slope),
    })
}

/// Reads a calibration metric off the fit that it is about.
fn read(
    metric: Metric,
    line: impl FnOnce() -> Result<Line, Undefined>,
    large: impl FnOnce() -> Result<Line, Undefined>,
) -> Result<f64, Undefined> {
    match metric {
        Metric::CalibrationIntercept => line().map(|line| line.intercept),
        Metric::CalibrationSlope => line().map(|line| line.slope),
        Metric::CalibrationInterceptDeviation => line().map(|line| line.intercept.abs()),
        Metric::CalibrationSlopeDeviation => line().map(|line| (line.slope - 1.0).abs()),
        Metric::CalibrationInTheLargeDeviation => large().map(|large| large.intercept.abs()),
        _ => large().map(|large| large.intercept),
    }
}
