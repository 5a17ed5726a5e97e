//! The recalibration of a subset: exact on all rows, grouped in replicates.

use std::cell::OnceCell;

use crate::{
    Metric, Undefined,
    calibration::{Line, LogitGroup, PERFECT, fit_in_the_large, fit_line, logit_groups},
    ties::TieGroup,
};

/// The fits of all rows of a subset.
#[derive(Debug)]
pub(super) struct SubsetRecalibration {
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

impl SubsetRecalibration {
    /// Fits the rows of a subset, given by score and in groups.
    pub(super) fn new(ties: &[TieGroup], groups: &[LogitGroup]) -> Self {
        Self {
            exact: Fits::new(&logit_groups(ties)),
            grouped: Fits::new(groups),
        }
    }

    /// A calibration metric of all rows, exactly.
    pub(super) fn exact(&self, metric: Metric) -> Result<f64, Undefined> {
        read(metric, || self.exact.line, || self.exact.large)
    }

    /// The fits of a replicate in groups: the exact one plus the change of
    /// the grouped one.
    pub(super) fn replicate<'a>(&'a self, groups: &'a [LogitGroup]) -> Replicate<'a> {
        Replicate {
            all: self,
            groups,
            line: OnceCell::new(),
            large: OnceCell::new(),
        }
    }
}

/// The fits of one replicate, each made when it is first asked for.
pub(super) struct Replicate<'a> {
    all: &'a SubsetRecalibration,
    groups: &'a [LogitGroup],
    line: OnceCell<Result<Line, Undefined>>,
    large: OnceCell<Result<Line, Undefined>>,
}

impl Replicate<'_> {
    /// A calibration metric of the replicate.
    pub(super) fn metric(&self, metric: Metric) -> Result<f64, Undefined> {
        let SubsetRecalibration { exact, grouped } = self.all;
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
