//! The same gate at two times: the criteria on new rows, against the rows on
//! which the solution was adopted.
//!
//! The two sets of rows are different people, so nothing is paired: each is
//! resampled by itself, from streams of its own, and the replicates of the
//! change are the differences of independent replicates (Efron & Tibshirani
//! 1993, chapter 8.3: the two-sample problem).

use modu_kernel::{Digest, EngineError, Inputs, Progress};
use modu_statistics::{Finite, IntervalMethod, Replicates, Side};

use super::bench::{Bench, Sample, Who};
use super::contenders::Contenders;
use super::judgement::{self, Judgement};
use super::{PublishData, ScoreRequest};
use crate::dataset::Dataset;
use crate::need::Need;
use crate::predict::digest_of;
use crate::report::{CriterionResult, Measurement, NotMeasuredReason};

/// What came of the criteria at both times.
pub(crate) struct Again {
    /// In the order of the need.
    pub(crate) criteria: Vec<CriterionAgain>,
    /// The first solution's scores then and now, as the contenders hold them.
    pub(crate) scores: [Option<Vec<f64>>; 2],
    /// Digest of its model.
    pub(crate) model: Option<Digest>,
}

/// One criterion at both times.
pub(crate) struct CriterionAgain {
    /// The gate's answer on the new rows.
    pub(crate) now: CriterionResult,
    /// Parallel to its parts.
    pub(crate) parts: Vec<PartAgain>,
}

/// One part of a criterion at both times.
pub(crate) struct PartAgain {
    /// The measure on the rows of the adoption.
    pub(crate) then: Measurement,
    /// How much better it is now, in the favourable direction; its interval
    /// is a percentile one by any method, for two samples of different people
    /// have no row in common to leave out for an acceleration.
    pub(crate) change: Measurement,
    /// One-sided, against the null hypothesis that it is not worse by more
    /// than the tolerance.
    pub(crate) p_value: Option<Finite>,
}

/// Rows and the inputs that they are from.
pub(crate) struct Moment<'a> {
    /// Names as in a scoring: `need`, `dataset`, `solution/<id>`,
    /// `predictions/<id>`.
    pub(crate) inputs: &'a dyn Inputs,
    /// The data set.
    pub(crate) dataset: &'a Dataset,
}

/// Measures the first of some solutions (the others are there where one of
/// them is the incumbent) at two times.
pub(crate) fn measure_again(
    need: &Need,
    then: &Moment<'_>,
    now: &Moment<'_>,
    ids: &[String],
    tolerance: f64,
    progress: &dyn Progress,
) -> Result<Again, EngineError> {
    let read = |moment: &Moment<'_>| {
        let request = ScoreRequest {
            need: digest_of(moment.inputs, "need")?,
            solutions: ids.to_vec(),
            registration: None,
            publish: PublishData::Digest,
            time: None,
            walls: None,
        };
        Contenders::read(&request, need, moment.dataset, moment.inputs)
    };
    let (before, after) = (read(then)?, read(now)?);
    // Streams of their own, so that the two times are independent.
    let mut apart = need.clone();
    apart.statistics.seed = need.statistics.seed.wrapping_add(1);
    let earlier = Bench::measure(&apart, then.dataset, &before, progress)?;
    let bench = Bench::measure(need, now.dataset, &after, progress)?;
    let judged = Judgement::of(&bench).criteria(&bench, 0);
    let who = Who::Solution(0);
    let criteria = need.criteria.iter().zip(judged).map(|(criterion, now)| {
        let ours = judgement::samples(&bench, who, criterion);
        let theirs = judgement::samples(&earlier, who, criterion);
        let parts = ours.iter().zip(&theirs).map(|(now, then)| {
            let change = change(criterion.direction, now, then);
            PartAgain {
                then: earlier.measurement(then),
                p_value: change.as_ref().ok().and_then(|it| worse(it, tolerance)),
                change: bench.measurement_by(IntervalMethod::Percentile, &change),
            }
        });
        CriterionAgain {
            parts: parts.collect(),
            now,
        }
    });
    let scores = |contenders: &Contenders| contenders.solutions.first()?.scores.clone();
    Ok(Again {
        criteria: criteria.collect(),
        scores: [scores(&before), scores(&after)],
        model: after.solutions.first().and_then(|it| it.model_digest),
    })
}

fn change(direction: crate::need::Direction, now: &Sample, then: &Sample) -> Sample {
    let now = now.as_ref().map_err(|reason| *reason)?;
    let then = then.as_ref().map_err(|reason| *reason)?;
    match (now.estimate().get(), then.estimate().get()) {
        (Ok(_), Ok(_)) => Ok(Bench::improvement(direction, now, then)),
        (Err(why), _) | (_, Err(why)) => Err(NotMeasuredReason::Undefined { why }),
    }
}

/// The p-value of "worse by more than the tolerance"; none where replicates
/// that do not vary would prove anything.
fn worse(change: &Replicates, tolerance: f64) -> Option<Finite> {
    let p_value = change.p_value(Side::Upper, -tolerance).ok()?;
    change.varies().then_some(p_value)
}
