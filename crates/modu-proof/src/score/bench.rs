//! What is measured, on which rows, with which replicates.
//!
//! The quantities of a run (contender x rows x metric) go through two
//! bootstraps: one within the classes of the label, for the metrics that are
//! shares within a class, and one among all rows, for those that move with
//! the share of the classes ([`Metric::strata`]). A difference between
//! contenders and a gap between groups stay within one metric, so both are
//! paired. What a lack of rows forbids is not even asked.

use std::collections::HashMap;
use std::ops::ControlFlow;

use modu_kernel::{EngineError, Progress};
use modu_statistics::{
    BootstrapPlan, ConfusionMatrix, Finite, IntervalMethod, Metric, ModelId, Replicates, Share,
    Side, Strata, Study, SubsetId, Undefined,
};

mod lack;
mod lookup;
mod study;

use super::contenders::Contenders;
use super::of_statistics;
use crate::dataset::{Dataset, GroupRows};
use crate::need::{Direction, Need};
use crate::report::{Interval, Measurement, NotMeasuredReason};
use study::{new_study, study_class};

/// Who a quantity is about: a solution's index, or the recorded incumbent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Who {
    Solution(usize),
    Recorded,
}

/// Which rows: all, or a member of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Rows {
    All,
    Member { group: usize, member: usize },
}

/// Replicates, or why there are none.
pub(super) type Sample = Result<Replicates, NotMeasuredReason>;

/// Everything measured.
pub(super) struct Bench<'a> {
    pub(super) need: &'a Need,
    pub(super) contenders: &'a Contenders,
    pub(super) confidence: Share,
    /// Binary: 1 is positive. Multi-class: the class index.
    pub(super) labels: Vec<u16>,
    pub(super) groups: Vec<GroupRows>,
    pub(super) study: Study,
    models: HashMap<Who, Model>,
    subsets: HashMap<Rows, Subset>,
    samples: HashMap<(Who, Rows, Metric), Replicates>,
    /// Of contenders whose scores are all finite.
    confusions: HashMap<(Who, Rows), ConfusionMatrix>,
}

/// The counts behind a metric that is a share of independent rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) successes: u64,
    pub(super) trials: u64,
}

struct Subset {
    id: SubsetId,
    rows: u64,
    /// By study class.
    classes: Vec<u64>,
}

#[derive(Clone, Copy)]
struct Model {
    /// Answers every metric it can.
    answers: ModelId,
    /// The same decisions as scores 0 and 1, for metrics of the review list.
    ranked: ModelId,
    has_scores: bool,
}

impl<'a> Bench<'a> {
    pub(super) fn measure(
        need: &'a Need,
        dataset: &Dataset,
        contenders: &'a Contenders,
        progress: &dyn Progress,
    ) -> Result<Self, EngineError> {
        let labels = dataset
            .classes(need, need.label.column)
            .map_err(|error| error.of_input("dataset"))?
            .into_iter()
            .map(|class| study_class(need, class))
            .collect::<Vec<_>>();
        let confidence = Share::new(need.statistics.confidence)
            .ok_or_else(|| EngineError::Internal("a checked confidence".to_owned()))?;
        let mut bench = Self {
            need,
            contenders,
            confidence,
            study: new_study(need, &labels).map_err(of_statistics)?,
            labels,
            groups: GroupRows::all(&need.groups, dataset),
            models: HashMap::new(),
            subsets: HashMap::new(),
            samples: HashMap::new(),
            confusions: HashMap::new(),
        };
        bench.add_models().map_err(of_statistics)?;
        bench.add_subsets().map_err(of_statistics)?;
        bench.add_confusions().map_err(of_statistics)?;
        bench.bootstrap(progress)?;
        Ok(bench)
    }

    fn bootstrap(&mut self, progress: &dyn Progress) -> Result<(), EngineError> {
        let mut keys = Vec::new();
        for who in self.everybody() {
            for rows in self.all_rows() {
                for metric in self.metrics() {
                    if self.lack(who, rows, metric).is_none() {
                        keys.push((who, rows, metric));
                    }
                }
            }
        }
        let (within, whole): (Vec<_>, Vec<_>) = keys
            .into_iter()
            .partition(|(_, _, metric)| metric.strata() == Strata::LabelClasses);
        let plans = [(Strata::LabelClasses, within), (Strata::Whole, whole)];
        for (place, (strata, keys)) in (0_u64..).zip(plans) {
            let samples = self.replicate(strata, place, &keys, progress)?;
            self.samples.extend(keys.into_iter().zip(samples));
        }
        Ok(())
    }

    /// The bootstrap of one kind of strata, the `place`-th of two.
    fn replicate(
        &self,
        strata: Strata,
        place: u64,
        keys: &[(Who, Rows, Metric)],
        progress: &dyn Progress,
    ) -> Result<Vec<Replicates>, EngineError> {
        let quantities = keys
            .iter()
            .filter_map(|(who, rows, metric)| self.quantity(*who, *rows, *metric))
            .collect::<Vec<_>>();
        let replicates = self.need.statistics.replicates;
        let plan = BootstrapPlan {
            replicates,
            seed: self.need.statistics.seed,
            strata,
            interval: IntervalMethod::Percentile,
        };
        let all = u64::from(replicates);
        let watch = |done: u32| {
            progress.report("bootstrap", place * all + u64::from(done), 2 * all);
            if progress.cancelled() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        self.study
            .bootstrap(&plan, &quantities, &watch)
            .map_err(of_statistics)
    }

    /// The replicates of one quantity.
    pub(super) fn sample(&self, who: Who, rows: Rows, metric: Metric) -> Sample {
        if let Some(reason) = self.lack(who, rows, metric) {
            return Err(reason);
        }
        let why = Undefined::Empty;
        self.samples
            .get(&(who, rows, metric))
            .cloned()
            .ok_or(NotMeasuredReason::Undefined { why })
    }

    /// The gap between the members of a group that count; all of these must be
    /// measured.
    pub(super) fn gap(&self, who: Who, group: usize, metric: Metric) -> Sample {
        let samples = self.samples_of(who, group, metric)?;
        Ok(Replicates::gap(&samples.iter().collect::<Vec<_>>()))
    }

    /// The samples of the members of a group that count.
    pub(super) fn samples_of(
        &self,
        who: Who,
        group: usize,
        metric: Metric,
    ) -> Result<Vec<Replicates>, NotMeasuredReason> {
        self.counted_members(group, metric)
            .into_iter()
            .map(|member| self.sample(who, Rows::Member { group, member }, metric))
            .collect()
    }

    /// How much better one is than another, in the favourable direction.
    pub(super) fn improvement(
        direction: Direction,
        ours: &Replicates,
        theirs: &Replicates,
    ) -> Replicates {
        match direction {
            Direction::AtLeast => ours.difference(theirs),
            Direction::AtMost => theirs.difference(ours),
        }
    }

    /// A sample as the report shows it.
    pub(super) fn measurement(&self, sample: &Sample) -> Measurement {
        let measured = sample
            .as_ref()
            .map_err(|reason| *reason)
            .and_then(|replicates| {
                let of = |why| NotMeasuredReason::Undefined { why };
                let value = replicates.estimate().get().map_err(of)?;
                let interval = replicates.interval(self.confidence).map_err(of)?;
                Ok((value, interval))
            });
        match measured {
            Ok((value, interval)) => match Finite::new(value) {
                Some(value) => Measurement::Measured {
                    value,
                    interval: Interval {
                        lower: interval.lower,
                        upper: interval.upper,
                    },
                },
                None => Measurement::NotMeasured {
                    reason: NotMeasuredReason::Undefined {
                        why: Undefined::Overflow,
                    },
                },
            },
            Err(reason) => Measurement::NotMeasured { reason },
        }
    }

    /// The side of the limit that a criterion is judged on.
    pub(super) const fn unfavourable(direction: Direction) -> Side {
        match direction {
            Direction::AtLeast => Side::Lower,
            Direction::AtMost => Side::Upper,
        }
    }
}
