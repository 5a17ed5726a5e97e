//! The recalibration of replicates, fitted to rows grouped by logit.

use std::cell::OnceCell;

use super::ranking::SegmentWeight;
use crate::{
    Metric, Undefined,
    calibration::{Line, LogitGroup, PERFECT, fit_in_the_large, fit_line, logit_groups},
    ties::TieGroup,
};

/// The most groups.
const GROUPS: usize = 256;

/// The fits of all rows of a subset, exact and grouped.
#[derive(Debug)]
pub(super) struct GroupedRecalibration {
    /// The group of each tie, in the order of the ties.
    pub(super) group_of_tie: Vec<u32>,
    /// Mean logit of the rows of each group.
    logits: Vec<f64>,
    exact: Fits,
    grouped: Fits,
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
        let group_of_tie = grouping(&rows);
        let mut groups: Vec<LogitGroup> = Vec::new();
        for (row, &group) in rows.iter().zip(&group_of_tie) {
            if groups.len() <= group as usize {
                groups.push(LogitGroup::default());
            }
            if let Some(group) = groups.last_mut() {
                group.logit += row.rows * row.logit;
                group.rows += row.rows;
                group.positives += row.positives;
            }
        }
        for group in &mut groups {
            group.logit /= group.rows;
        }
        Self {
            group_of_tie,
            logits: groups.iter().map(|group| group.logit).collect(),
            exact: Fits::new(&rows),
            grouped: Fits::new(&groups),
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
        segments: &[SegmentWeight],
        groups: &'a mut Vec<LogitGroup>,
    ) -> Replicate<'a> {
        self.weigh(segments, groups);
        Replicate {
            recalibration: self,
            groups,
            line: OnceCell::new(),
            large: OnceCell::new(),
        }
    }

    /// The groups of a replicate; empty ones left out.
    fn weigh(&self, segments: &[SegmentWeight], groups: &mut Vec<LogitGroup>) {
        groups.clear();
        groups.extend(self.logits.iter().map(|&logit| LogitGroup {
            logit,
            ..LogitGroup::default()
        }));
        for segment in segments {
            let group = &mut groups[segment.group as usize];
            group.rows += f64::from(segment.negatives + segment.positives);
            group.positives += f64::from(segment.positives);
        }
        groups.retain(|group| group.rows > 0.0);
    }
}

impl Replicate<'_> {
    /// A calibration metric of the replicate.
    pub(super) fn metric(&self, metric: Metric) -> Result<f64, Undefined> {
        let Fits { line, large } = &self.recalibration.exact;
        let grouped = &self.recalibration.grouped;
        read(
            metric,
            || {
                *self.line.get_or_init(|| {
                    let start = grouped.line?;
                    let fit = fit_line(self.groups, start)?;
                    Ok(changed((*line)?, start, fit))
                })
            },
            || {
                *self.large.get_or_init(|| {
                    let start = grouped.large?;
                    let fit = fit_in_the_large(self.groups, start)?;
                    Ok(changed((*large)?, start, fit))
                })
            },
        )
    }
}

/// The exact line plus the change from one grouped fit to another.
fn changed(exact: Line, from: Line, to: Line) -> Line {
    Line {
        intercept: exact.intercept + (to.intercept - from.intercept),
        slope: exact.slope + (to.slope - from.slope),
    }
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

/// A group for each row of descending logit, numbered from 0 without holes.
fn grouping(rows: &[LogitGroup]) -> Vec<u32> {
    if rows.len() <= GROUPS {
        return (0..rows.len() as u32).collect();
    }
    let highest = rows.first().map_or(0.0, |row| row.logit);
    let lowest = rows.last().map_or(0.0, |row| row.logit);
    let parts_per_logit = if highest > lowest {
        GROUPS as f64 / (highest - lowest)
    } else {
        0.0
    };
    let part = |row: &LogitGroup| {
        ((highest - row.logit) * parts_per_logit).min(GROUPS as f64 - 1.0) as u32
    };
    let mut group = 0;
    let mut groups = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        if index > 0 && part(row) != part(&rows[index - 1]) {
            group += 1;
        }
        groups.push(group);
    }
    groups
}
