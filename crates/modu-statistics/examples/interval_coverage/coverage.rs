//! Counting how often a truth is held.

use std::ops::ControlFlow;

use modu_statistics::{
    BootstrapPlan, IntervalMethod, Replicates, Share, Side, StatisticsError, Undefined,
};
use rayon::prelude::*;

use super::kinds::Kind;
use super::random::Source;

pub(crate) const METHODS: [IntervalMethod; 3] = [
    IntervalMethod::Percentile,
    IntervalMethod::BiasCorrectedAccelerated,
    IntervalMethod::Expanded,
];

/// What became of the intervals of a method.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Coverage {
    /// Two-sided intervals of 95 % that hold the truth.
    pub(crate) held: u64,
    /// One-sided limits of 95 % that miss it: the truth lies below the lower
    /// one, above the upper one. Where a limit cannot be had, it is not missed.
    pub(crate) missed: [u64; 2],
}

/// By method, over so many data sets of a kind.
pub(crate) fn cover(
    kind: &Kind,
    size: usize,
    runs: u64,
    replicates: u32,
) -> Result<[Coverage; METHODS.len()], StatisticsError> {
    let truth = kind.truth()?;
    let add = |a: Coverage, b: Coverage| Coverage {
        held: a.held + b.held,
        missed: [a.missed[0] + b.missed[0], a.missed[1] + b.missed[1]],
    };
    (0..runs)
        .into_par_iter()
        .map(|run| {
            let found = bootstrap(kind, size, run, replicates)?;
            let of = METHODS.map(|method| look(&found, method, truth));
            let [first, second, third] = of;
            Ok([first?, second?, third?])
        })
        .try_reduce(Default::default, |a, b| {
            Ok([0, 1, 2].map(|method| add(a[method], b[method])))
        })
}

fn look(
    found: &Replicates,
    method: IntervalMethod,
    truth: f64,
) -> Result<Coverage, StatisticsError> {
    let confidence = Share::new(0.95).ok_or(Undefined::Overflow)?;
    let interval = found.interval_by(method, confidence)?;
    let limit = |side| found.limit_by(method, side, confidence).value();
    let below = limit(Side::Lower).is_some_and(|limit| truth < limit);
    let above = limit(Side::Upper).is_some_and(|limit| truth > limit);
    Ok(Coverage {
        held: u64::from((interval.lower.get()..=interval.upper.get()).contains(&truth)),
        missed: [u64::from(below), u64::from(above)],
    })
}

fn bootstrap(
    kind: &Kind,
    size: usize,
    run: u64,
    replicates: u32,
) -> Result<Replicates, StatisticsError> {
    let (study, asked) = (kind.draw)(&mut Source::new(kind.name, run), size)?;
    let plan = BootstrapPlan {
        replicates,
        seed: run,
        strata: asked.metric.strata(),
        interval: IntervalMethod::Expanded,
    };
    let watch = |_| ControlFlow::Continue(());
    let mut found = study.bootstrap(&plan, &[asked], &watch)?;
    Ok(found.swap_remove(0))
}
