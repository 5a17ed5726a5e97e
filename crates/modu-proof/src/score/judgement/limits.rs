//! The limits of a part, on both sides, that the gate holds against the bounds.

use modu_statistics::{
    Finite, IntervalMethod, Share, Side, StatisticsError, Undefined, clopper_pearson_limit,
};

use super::Levels;
use super::evidence::Evidence;
use crate::gate::{self, Lack, Limits, Sides};
use crate::need::{Criterion, Direction};
use crate::report::NotMeasuredReason;
use crate::score::bench::{Bench, Counts, Sample};

const fn opposite(side: Side) -> Side {
    match side {
        Side::Lower => Side::Upper,
        Side::Upper => Side::Lower,
    }
}

/// The bootstrap limit of a sample at a confidence, and whether its replicates
/// vary.
fn bootstrap_limit(
    sample: &Sample,
    side: Side,
    level: Share,
    method: IntervalMethod,
) -> Result<(f64, bool), NotMeasuredReason> {
    let replicates = sample.as_ref().map_err(|reason| *reason)?;
    let limit = replicates.limit_by(method, side, level);
    let limit = limit.get().map_err(undefined)?;
    Ok((limit, replicates.varies()))
}

/// The outer one of the percentile limit and the basic one (Davison & Hinkley
/// 1997, 5.2.1), which mirrors the replicates at the estimate; and whether the
/// replicates vary.
fn outer_limit(
    sample: &Sample,
    side: Side,
    level: Share,
) -> Result<(f64, bool), NotMeasuredReason> {
    let method = IntervalMethod::Percentile;
    let (percentile, varies) = bootstrap_limit(sample, side, level, method)?;
    let (mirrored, _) = bootstrap_limit(sample, opposite(side), level, method)?;
    let basic = 2.0 * estimate(sample)? - mirrored;
    Ok((worse(side, percentile, basic), varies))
}

fn estimate(sample: &Sample) -> Result<f64, NotMeasuredReason> {
    let replicates = sample.as_ref().map_err(|reason| *reason)?;
    replicates.estimate().get().map_err(undefined)
}

/// A limit from replicates that are all the same is no limit: by it nothing is
/// proven, neither that a bound is met nor that it is missed.
fn unless_certain(limit: f64, varies: bool, proves: bool) -> Result<f64, NotMeasuredReason> {
    if proves && !varies {
        return Err(undefined(Undefined::NoSpread));
    }
    Ok(limit)
}

/// The cautious one of two limits on the same side.
fn worse(side: Side, first: f64, second: f64) -> f64 {
    match side {
        Side::Lower => first.min(second),
        Side::Upper => first.max(second),
    }
}

fn exact_limit(side: Side, counts: Counts, level: Share) -> Result<f64, NotMeasuredReason> {
    clopper_pearson_limit(side, counts.successes, counts.trials, level)
        .map(Finite::get)
        .map_err(of_exact)
}

fn of_exact(error: StatisticsError) -> NotMeasuredReason {
    match error {
        StatisticsError::Undefined(why) => undefined(why),
        _ => undefined(Undefined::Overflow),
    }
}

pub(super) const fn undefined(why: Undefined) -> NotMeasuredReason {
    NotMeasuredReason::Undefined { why }
}

fn lack(reason: NotMeasuredReason) -> Lack {
    if reason.is_lack_of_data() {
        Lack::Data
    } else {
        Lack::Measure
    }
}

impl Evidence {
    /// The limit of the measure that is judged: for a share of rows the worse
    /// of the bootstrap's and the exact one.
    pub(super) fn limit(
        &self,
        criterion: &Criterion,
        level: Share,
    ) -> Result<f64, NotMeasuredReason> {
        let side = Bench::unfavourable(criterion.direction);
        let (limit, varies) = bootstrap_limit(&self.measure, side, level, self.method)?;
        if let Some(counts) = self.counts {
            return Ok(worse(side, limit, exact_limit(side, counts, level)?));
        }
        let meets = criterion
            .threshold
            .is_some_and(|threshold| gate::meets(criterion.direction, limit, threshold));
        unless_certain(limit, varies, meets)
    }

    /// The limit on the other side, by which a miss is proven.
    pub(super) fn favourable_limit(
        &self,
        criterion: &Criterion,
        level: Share,
    ) -> Result<f64, NotMeasuredReason> {
        let side = opposite(Bench::unfavourable(criterion.direction));
        let (limit, varies) = match &self.errors {
            Some(errors) => {
                let method = IntervalMethod::Percentile;
                let (reach, varies) = bootstrap_limit(errors, Side::Upper, level, method)?;
                (estimate(&self.measure)? - reach, varies)
            }
            None => outer_limit(&self.measure, side, level)?,
        };
        if let Some(counts) = self.counts {
            return Ok(worse(side, limit, exact_limit(side, counts, level)?));
        }
        let misses = criterion
            .threshold
            .is_some_and(|threshold| !gate::meets(criterion.direction, limit, threshold));
        unless_certain(limit, varies, misses)
    }

    /// The limit of the improvement on one side; the lower one is the
    /// unfavourable one. `None` where no margin is asked.
    pub(super) fn improvement_limit(
        &self,
        criterion: &Criterion,
        side: Side,
        level: Share,
    ) -> Option<Result<f64, NotMeasuredReason>> {
        self.improvement.as_ref().map(|improvement| {
            let (limit, varies) = match side {
                Side::Lower => bootstrap_limit(improvement, side, level, self.method)?,
                Side::Upper => outer_limit(improvement, side, level)?,
            };
            let of_no_spread =
                |sample: &Sample| sample.as_ref().is_ok_and(|sample| !sample.varies());
            let one_sided =
                of_no_spread(&self.measure) || self.incumbent.as_ref().is_some_and(of_no_spread);
            match (self.counts, self.incumbent_counts) {
                (Some(ours), Some(theirs)) if one_sided => {
                    let exact = exact_improvement(criterion, side, ours, theirs, level)?;
                    Ok(worse(side, limit, exact))
                }
                _ => {
                    let proves = criterion.margin.is_some_and(|margin| match side {
                        Side::Lower => limit >= margin,
                        Side::Upper => limit < margin,
                    });
                    unless_certain(limit, varies, proves)
                }
            }
        })
    }

    pub(super) fn limits(&self, criterion: &Criterion, levels: Levels) -> Limits {
        let improvement = |side: Side, level: Share| {
            self.improvement_limit(criterion, side, level)
                .unwrap_or(Err(NotMeasuredReason::NoIncumbent))
                .map_err(lack)
        };
        Limits {
            measure: Sides {
                unfavourable: self.limit(criterion, levels.adoption).map_err(lack),
                favourable: self
                    .favourable_limit(criterion, levels.refusal)
                    .map_err(lack),
            },
            improvement: Sides {
                unfavourable: improvement(Side::Lower, levels.adoption),
                favourable: improvement(Side::Upper, levels.refusal),
            },
        }
    }
}

/// A limit of the improvement from exact limits of both shares, each at half
/// the error (Bonferroni): where the replicates of one of them do not vary,
/// those of the difference vary too little.
fn exact_improvement(
    criterion: &Criterion,
    side: Side,
    ours: Counts,
    theirs: Counts,
    level: Share,
) -> Result<f64, NotMeasuredReason> {
    let half = gate::divided(level, 2);
    let (more, less) = match criterion.direction {
        Direction::AtLeast => (ours, theirs),
        Direction::AtMost => (theirs, ours),
    };
    Ok(exact_limit(side, more, half)? - exact_limit(opposite(side), less, half)?)
}
