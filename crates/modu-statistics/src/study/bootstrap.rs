//! The stratified bootstrap of many quantities at once.

use std::{
    ops::{ControlFlow, Range},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use rayon::prelude::*;

use super::{
    evaluate::{Fit, Workspace},
    jackknife::Blocks,
    lanes::LANES,
    prepare::Prepared,
    resample::{Draws, Stream, draw},
};
use crate::{
    IntervalMethod, Quantity, Replicates, StatisticsError, Study, Undefined,
    bca::{Influence, Jackknife},
};

/// The largest number of replicates of a plan.
pub const MAX_REPLICATES: u32 = 1_000_000;

/// How a bootstrap draws. The same plan on the same rows gives the same
/// replicates, bit for bit, on any number of threads and any machine:
/// replicate `b` has a random stream of its own (xoshiro256++, its state the
/// output of `SplitMix64` on the seed and `b`). What is asked and in what
/// order the rows came plays no part; another model or subset in the study
/// gives other, equally good replicates, for the study orders its rows by all
/// of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BootstrapPlan {
    /// Number of replicates, `1..=`[`MAX_REPLICATES`].
    pub replicates: u32,
    /// Seed of all random streams.
    pub seed: u64,
    /// Within what rows are drawn; without effect on a study with clusters.
    pub strata: Strata,
    /// What limits will be read off the replicates: for all but percentiles
    /// they also carry a jackknife, at the cost of at most 400 further replicates. It changes
    /// nothing else, and percentile limits can be read in either case.
    pub interval: IntervalMethod,
}

/// Within what a resample draws rows with replacement, as many as there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Strata {
    /// Within each class of the label: every replicate has the class counts
    /// of the data.
    #[default]
    LabelClasses,
    /// Among all rows.
    Whole,
}

impl Prepared {
    /// The strata of a plan, as ranges of the units drawn: rows, or clusters,
    /// which are of one stratum whatever the plan.
    pub(super) fn strata(&self, strata: Strata) -> Vec<Range<usize>> {
        let whole = |units| std::iter::once(0..units).collect();
        match (&self.clusters, strata) {
            (Some(clusters), _) => whole(clusters.count),
            (None, Strata::LabelClasses) => self.labels.clone(),
            (None, Strata::Whole) => whole(self.rows),
        }
    }
}

impl Study {
    /// Bootstraps all quantities from the same resamples, in one pass.
    ///
    /// `watch` hears the number of finished replicates after each of them, from
    /// any thread and not always in order, and may
    /// break off; it never changes a result.
    ///
    /// In a replicate the recalibration (calibration intercept, slope, in the
    /// large) is fitted to rows grouped by logit; see
    /// [`crate::recalibrate`]. All other metrics are exact in every
    /// replicate.
    ///
    /// A study with clusters draws clusters in place of rows
    /// ([`Study::set_clusters`]).
    ///
    /// Cost per replicate: one draw per row; and an eighth of one pass over the
    /// rows per model and of one per (model, subset) with metrics of ranks or
    /// calibration, for eight replicates share a pass. Memory: 8 bytes per
    /// quantity and replicate, and 8 bytes per row and thread.
    ///
    /// # Errors
    /// A number of replicates outside its range, an unknown model, subset or
    /// class, or [`StatisticsError::Cancelled`].
    pub fn bootstrap(
        &self,
        plan: &BootstrapPlan,
        quantities: &[Quantity],
        watch: &(dyn Fn(u32) -> ControlFlow<()> + Sync),
    ) -> Result<Vec<Replicates>, StatisticsError> {
        if !(1..=MAX_REPLICATES).contains(&plan.replicates) {
            return Err(StatisticsError::range(
                "the number of replicates",
                plan.replicates,
                "within 1..=1000000",
            ));
        }
        let prepared = Prepared::new(self, quantities)?;
        let draws = Draws::new(prepared.strata(plan.strata));
        let done = AtomicU32::new(0);
        let cancelled = AtomicBool::new(false);
        let replicate = |space: &mut Workspace, first: u32| {
            let count = (plan.replicates - first).min(LANES as u32);
            let mut values = vec![vec![f64::NAN; quantities.len()]; count as usize];
            if cancelled.load(Ordering::Relaxed) {
                return values;
            }
            let mut streams = std::array::from_fn(|lane| {
                Stream::new(plan.seed, first.saturating_add(lane as u32))
            });
            space.weigh(&prepared, |units| draw(&draws, &mut streams, units));
            prepared.evaluate(
                space,
                Fit::Grouped,
                values.len(),
                |lane, quantity, value| {
                    values[lane][quantity] = finite(value);
                },
            );
            for _ in 0..count {
                if watch(done.fetch_add(1, Ordering::Relaxed) + 1).is_break() {
                    cancelled.store(true, Ordering::Relaxed);
                }
            }
            values
        };
        let rows: Vec<Vec<f64>> = (0..plan.replicates.div_ceil(LANES as u32))
            .into_par_iter()
            .map_init(
                || Workspace::new(&prepared),
                |space, group| replicate(space, group * LANES as u32),
            )
            .flatten_iter()
            .collect();
        if cancelled.into_inner() {
            return Err(StatisticsError::Cancelled);
        }
        let column = |rows: &[Vec<f64>], quantity: usize| -> Vec<f64> {
            rows.iter().map(|values| values[quantity]).collect()
        };
        let jackknife = match plan.interval {
            IntervalMethod::Percentile => None,
            IntervalMethod::BiasCorrectedAccelerated | IntervalMethod::Expanded => {
                let blocks = Blocks::new(&prepared, plan.strata);
                let values = prepared.leave_out(&blocks, quantities.len());
                Some((blocks.blocks, values))
            }
        };
        let influence = |place: usize| match &jackknife {
            _ if quantities[place].metric.is_folded() => Influence::Folded,
            None => Influence::Unknown,
            Some((blocks, values)) => {
                Influence::Known(Jackknife::new(Arc::clone(blocks), column(values, place)))
            }
        };
        let estimates = prepared.estimates().into_iter().enumerate();
        Ok(estimates
            .map(|(place, estimate)| {
                Replicates::from_raw(estimate, column(&rows, place), influence(place))
            })
            .collect())
    }
}

impl Prepared {
    /// All quantities without each block in turn, by block.
    fn leave_out(&self, blocks: &Blocks, quantities: usize) -> Vec<Vec<f64>> {
        let count = blocks.blocks.len();
        let without = |space: &mut Workspace, group: usize| {
            let first = group * LANES;
            let lanes = (count - first).min(LANES);
            let mut values = vec![vec![f64::NAN; quantities]; lanes];
            space.weigh(self, |units| blocks.leave_out(first, units));
            self.evaluate(space, Fit::Grouped, lanes, |lane, quantity, value| {
                values[lane][quantity] = finite(value);
            });
            values
        };
        (0..count.div_ceil(LANES))
            .into_par_iter()
            .map_init(|| Workspace::new(self), without)
            .flatten_iter()
            .collect()
    }
}

/// The number, or NaN where there is none.
fn finite(value: Result<f64, Undefined>) -> f64 {
    value
        .ok()
        .filter(|value| value.is_finite())
        .unwrap_or(f64::NAN)
}
