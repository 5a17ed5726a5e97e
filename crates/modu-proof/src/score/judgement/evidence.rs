//! What a criterion is judged by, part by part.

use modu_statistics::{IntervalMethod, Replicates};

use super::limits::undefined;
use crate::need::{Criterion, Over};
use crate::report::NotMeasuredReason;
use crate::score::bench::{Asked, Bench, Counts, Rows, Sample, Who};

/// What one part of a criterion is judged by.
pub(super) struct Evidence {
    pub(super) rows: Rows,
    /// A member that the need only wants reported, as it is too small.
    pub(super) excused: bool,
    pub(super) gap: bool,
    /// The class that the part is about, where each class has one.
    pub(super) of_class: Option<u16>,
    /// How limits are read off the replicates.
    pub(super) method: IntervalMethod,
    pub(super) measure: Sample,
    /// Of a gap: the range of its members' errors ([`errors_of_gap`]).
    pub(super) errors: Option<Sample>,
    /// Where a margin is asked: the incumbent's measure and the improvement.
    pub(super) incumbent: Option<Sample>,
    pub(super) improvement: Option<Sample>,
    /// Where the metric is a share of rows: its counts.
    pub(super) counts: Option<Counts>,
    pub(super) incumbent_counts: Option<Counts>,
}

/// The evidence on one criterion, part by part.
pub(super) fn collect(bench: &Bench<'_>, who: Who, criterion: &Criterion) -> Vec<Evidence> {
    let class = criterion.class.and_then(|class| u16::try_from(class).ok());
    let one = |rows: Rows, gap: Option<usize>, of_class: Option<u16>| {
        let asked = Asked {
            metric: criterion.metric,
            class: of_class.or(class),
        };
        let sample = |who: Who| match gap {
            Some(group) => bench.gap(who, group, asked),
            None => bench.sample(who, rows, asked),
        };
        let counts = |who: Option<Who>| match gap {
            Some(_) => None,
            None => bench.counts(who?, rows, asked),
        };
        let measure = sample(who);
        let incumbent = criterion.margin.map(|_| match bench.incumbent() {
            Some(incumbent) => sample(incumbent),
            None => Err(NotMeasuredReason::NoIncumbent),
        });
        let improvement = incumbent.as_ref().map(|incumbent| {
            let ours = measure.as_ref().map_err(|reason| *reason)?;
            let theirs = incumbent.as_ref().map_err(|reason| *reason)?;
            Ok(Bench::improvement(criterion.direction, ours, theirs))
        });
        Evidence {
            rows,
            excused: bench.is_excused(rows, asked),
            gap: gap.is_some(),
            of_class,
            method: bench.need.statistics.interval,
            measure,
            errors: gap.map(|group| errors_of_gap(bench, who, group, asked)),
            incumbent,
            improvement,
            counts: counts(Some(who)),
            incumbent_counts: counts(bench.incumbent()),
        }
    };
    match criterion.over {
        Over::All => vec![one(Rows::All, None, None)],
        Over::EachClass => bench
            .classes_apart()
            .map(|class| one(Rows::All, None, Some(class)))
            .collect(),
        Over::Gap(group) => vec![one(Rows::All, Some(group), None)],
        Over::Each(group) => {
            let members = bench
                .need
                .groups
                .get(group)
                .map_or(0, |of| of.members.len());
            (0..members)
                .map(|member| one(Rows::Member { group, member }, None, None))
                .collect()
        }
    }
}

/// The range of the errors that the members of a group have in a replicate:
/// how far the replicate of each lies from its estimate, the largest minus the
/// smallest. A gap of estimates exceeds the true gap by no more than that
/// range, whichever members it is between; so its quantile, taken off the
/// estimate, gives a lower limit that neither the choice of the two farthest
/// members nor the upward push of noise can lift.
fn errors_of_gap(bench: &Bench<'_>, who: Who, group: usize, asked: Asked) -> Sample {
    let samples = bench.samples_of(who, group, asked)?;
    let estimates = samples
        .iter()
        .map(|sample| sample.estimate().get().map_err(undefined))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Replicates::combine(
        &samples.iter().collect::<Vec<_>>(),
        |values| {
            let errors = || values.iter().zip(&estimates).map(|(value, of)| value - of);
            errors().fold(f64::NEG_INFINITY, f64::max) - errors().fold(f64::INFINITY, f64::min)
        },
    ))
}

/// The parts that decide: all but the excused ones, and all where there are no
/// others, for a criterion of which nothing is judged is not met.
pub(super) fn counted(parts: &[Evidence]) -> impl Iterator<Item = &Evidence> {
    let none_left = parts.iter().all(|part| part.excused);
    parts.iter().filter(move |part| none_left || !part.excused)
}
