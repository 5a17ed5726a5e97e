//! What is measured, on which rows, with which replicates.
//!
//! The quantities of a run (contender x rows x metric, in a multi-class task
//! also of each class against the rest) go through two
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
    ShareInterval, Side, Strata, Study, SubsetId, Undefined,
};

mod lack;
mod lookup;
mod study;

pub(crate) use lack::needs_classes;

use super::contenders::Contenders;
use super::of_statistics;
use crate::dataset::{Dataset, GroupRows};
use crate::need::{Direction, Need};
use crate::report::{Interval, Measurement, NotMeasuredReason};
use study::new_study;
pub(super) use study::{counts_of, settings};

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

/// What is asked: a metric, and in a multi-class task perhaps of one class
/// against the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Asked {
    pub(super) metric: Metric,
    pub(super) class: Option<u16>,
}

impl From<Metric> for Asked {
    fn from(metric: Metric) -> Self {
        Self {
            metric,
            class: None,
        }
    }
}

/// Replicates, or why there are none.
pub(super) type Sample = Result<Replicates, NotMeasuredReason>;

/// Everything measured.
pub(super) struct Bench<'a> {
    pub(super) need: &'a Need,
    pub(super) contenders: &'a Contenders,
    pub(super) confidence: Share,
    pub(super) truth: Observed,
    /// Which rows belong together, where rows do not stand each for itself.
    pub(super) clusters: Option<Vec<u32>>,
    pub(super) groups: Vec<GroupRows>,
    pub(super) study: Study,
    models: HashMap<Who, Model>,
    subsets: HashMap<Rows, Subset>,
    samples: HashMap<(Who, Rows, Asked), Replicates>,
    /// Of contenders whose scores are all finite.
    confusions: HashMap<(Who, Rows), ConfusionMatrix>,
}

/// What is true of each row.
pub(super) enum Observed {
    /// Binary: 1 is positive. Multi-class: the class index.
    Classes(Vec<u16>),
    /// Targets of a regression, or relevances of a ranking.
    Numbers(Vec<f64>),
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
    /// Rows by study class.
    classes: Vec<u64>,
    /// Clusters, where rows belong together: all of them, and by study class
    /// those with a row of it.
    clusters: Option<(u64, Vec<u64>)>,
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
        let truth = Observed::read(need, dataset).map_err(|error| error.of_input("dataset"))?;
        let clusters = need.cluster.map(|column| dataset.identities(column));
        let confidence = Share::new(need.statistics.confidence)
            .ok_or_else(|| EngineError::Internal("a checked confidence".to_owned()))?;
        let mut bench = Self {
            need,
            contenders,
            confidence,
            study: new_study(need, &truth, clusters.as_deref()).map_err(of_statistics)?,
            truth,
            clusters,
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
                for asked in self.asked(rows) {
                    if self.lack(who, rows, asked).is_none() {
                        keys.push((who, rows, asked));
                    }
                }
            }
        }
        let (within, whole): (Vec<_>, Vec<_>) = keys
            .into_iter()
            .partition(|(_, _, asked)| asked.metric.strata() == Strata::LabelClasses);
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
        keys: &[(Who, Rows, Asked)],
        progress: &dyn Progress,
    ) -> Result<Vec<Replicates>, EngineError> {
        let quantities = keys
            .iter()
            .filter_map(|(who, rows, asked)| self.quantity(*who, *rows, *asked))
            .collect::<Vec<_>>();
        let replicates = self.need.statistics.replicates;
        let plan = BootstrapPlan {
            replicates,
            seed: self.need.statistics.seed,
            strata,
            interval: self.need.statistics.interval,
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
    pub(super) fn sample(&self, who: Who, rows: Rows, asked: impl Into<Asked>) -> Sample {
        let asked = asked.into();
        if let Some(reason) = self.lack(who, rows, asked) {
            return Err(reason);
        }
        let why = Undefined::Empty;
        self.samples
            .get(&(who, rows, asked))
            .cloned()
            .ok_or(NotMeasuredReason::Undefined { why })
    }

    /// The gap between the members of a group that count; all of these must be
    /// measured.
    pub(super) fn gap(&self, who: Who, group: usize, asked: impl Into<Asked>) -> Sample {
        let samples = self.samples_of(who, group, asked.into())?;
        Ok(Replicates::gap(&samples.iter().collect::<Vec<_>>()))
    }

    /// The samples of the members of a group that count.
    pub(super) fn samples_of(
        &self,
        who: Who,
        group: usize,
        asked: Asked,
    ) -> Result<Vec<Replicates>, NotMeasuredReason> {
        self.counted_members(group, asked)
            .into_iter()
            .map(|member| self.sample(who, Rows::Member { group, member }, asked))
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

    /// What was measured of somebody, as the report shows it.
    pub(super) fn shown(&self, who: Who, rows: Rows, asked: impl Into<Asked>) -> Measurement {
        let asked = asked.into();
        let sample = self.sample(who, rows, asked);
        self.measurement_of(&sample, self.counts(who, rows, asked))
    }

    /// A sample as the report shows it, beside its counts if it is a share.
    pub(super) fn measurement_of(&self, sample: &Sample, counts: Option<Counts>) -> Measurement {
        let value = || Finite::new(sample.as_ref().ok()?.estimate().value()?);
        match counts
            .and_then(|counts| self.interval_of_counts(counts))
            .zip(value())
        {
            Some((interval, value)) => Measurement::Measured { value, interval },
            None => self.measurement(sample),
        }
    }

    /// The interval of a share by the need's method. Resampling a share of 0
    /// or 1 gives it again every time, so there the exact one is shown where
    /// the need says nothing.
    fn interval_of_counts(&self, of: Counts) -> Option<Interval> {
        let is_certain = of.successes == 0 || of.successes == of.trials;
        let exact = is_certain.then_some(ShareInterval::ClopperPearson);
        let method = self.need.statistics.share_interval.or(exact)?;
        let interval = method.of(of.successes, of.trials, self.confidence).ok()?;
        Some(Interval {
            lower: interval.lower,
            upper: interval.upper,
        })
    }

    /// A sample as the report shows it.
    pub(super) fn measurement(&self, sample: &Sample) -> Measurement {
        self.measurement_by(self.need.statistics.interval, sample)
    }

    /// A sample with its interval by a method.
    pub(super) fn measurement_by(&self, method: IntervalMethod, sample: &Sample) -> Measurement {
        let measured = sample
            .as_ref()
            .map_err(|reason| *reason)
            .and_then(|replicates| {
                let of = |why| NotMeasuredReason::Undefined { why };
                let value = replicates.estimate().get().map_err(of)?;
                let interval = replicates
                    .interval_by(method, self.confidence)
                    .map_err(of)?;
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
