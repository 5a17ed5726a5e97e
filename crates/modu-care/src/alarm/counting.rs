//! How many alarms a threshold gives, and the threshold that gives so many.
//!
//! In one stay the observations at or above a threshold ring from the first on,
//! each that comes at least the refractory time after the last alarm. That is
//! the largest number of them that lie so far apart, and so a lower threshold
//! never gives fewer alarms. A stay is therefore told by its *steps*: the
//! thresholds at which it has one alarm more. All steps together, the highest
//! first, are the alarms of the whole as a function of the threshold, and
//! every resample of patients reads its own threshold off the same list.

use super::watched::{Observation, Watched};

/// The places of the observations that ring.
pub(super) fn alarms(
    observations: &[Observation],
    refractory: f64,
    rings: impl Fn(&Observation) -> bool,
) -> impl Iterator<Item = usize> {
    let mut last = None;
    let ringing = move |(place, it): (usize, &Observation)| {
        let free = last.is_none_or(|last| it.time - last >= refractory);
        let raised = free && rings(it);
        if raised {
            last = Some(it.time);
        }
        raised.then_some(place)
    };
    observations.iter().enumerate().filter_map(ringing)
}

/// A threshold at which a person has one alarm more than above it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    pub(super) threshold: f64,
    pub(super) person: u32,
}

/// The steps of all, the highest threshold first.
pub(super) fn steps(watched: &Watched, refractory: f64) -> Vec<Step> {
    let mut steps = Vec::new();
    for stay in &watched.stays {
        let observations = watched.of(stay);
        let mut scores: Vec<f64> = observations.iter().map(|it| it.score).collect();
        scores.sort_by(|one, other| other.total_cmp(one));
        scores.dedup();
        let count = |place: usize| {
            let threshold = scores[place];
            alarms(observations, refractory, |it| it.score >= threshold).count()
        };
        if let Some(last) = scores.len().checked_sub(1) {
            let (highest, lowest) = (count(0), count(last));
            let mut add = |place: usize, alarms: usize| {
                let step = Step {
                    threshold: scores[place],
                    person: stay.person,
                };
                steps.extend(std::iter::repeat_n(step, alarms));
            };
            add(0, highest);
            between((0, highest), (last, lowest), &count, &mut add);
        }
    }
    steps.sort_by(|one, other| {
        let by_threshold = other.threshold.total_cmp(&one.threshold);
        by_threshold.then(one.person.cmp(&other.person))
    });
    steps
}

/// Finds where the count grows between two places whose counts are known.
fn between(
    (above, more_above): (usize, usize),
    (below, more_below): (usize, usize),
    count: &impl Fn(usize) -> usize,
    add: &mut impl FnMut(usize, usize),
) {
    if more_above == more_below {
        return;
    }
    if below == above + 1 {
        add(below, more_below - more_above);
        return;
    }
    let middle = above.midpoint(below);
    let more = count(middle);
    between((above, more_above), (middle, more), count, add);
    between((middle, more), (below, more_below), count, add);
}

/// The lowest threshold with at most `allowed` alarms, where each person's
/// alarms count `weight` times; none where even the highest score gives more.
pub(super) fn threshold(steps: &[Step], allowed: f64, weight: impl Fn(u32) -> f64) -> Option<f64> {
    let mut alarms = 0.0;
    let mut found = None;
    for tied in steps.chunk_by(|one, other| one.threshold == other.threshold) {
        alarms += tied.iter().map(|step| weight(step.person)).sum::<f64>();
        if alarms > allowed {
            break;
        }
        found = tied.first().map(|step| step.threshold);
    }
    found
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use proptest::prelude::*;

    use super::*;
    use crate::alarm::watched::tests::watched;

    proptest! {
        #[test]
        fn the_steps_give_the_alarms_that_are_counted_at_every_threshold(
            rows in prop::collection::vec((0_u32..60, 0_u8..20), 0..40), refractory in 0_u8..30,
        ) {
            let observations: Vec<_> = rows.iter().map(|(time, score)| (f64::from(*time) / 4.0, f64::from(*score))).collect();
            let watched = watched(&[(0.0, 100.0, false, &observations)]);
            let refractory = f64::from(refractory) / 4.0;
            let steps = steps(&watched, refractory);
            let mut before = usize::MAX;
            for threshold in 0..=20 {
                let threshold = f64::from(threshold);
                let counted = alarms(&watched.observations, refractory, |it| it.score >= threshold).count();
                let told = steps.iter().filter(|step| step.threshold >= threshold).count();
                prop_assert_eq!(counted, told);
                prop_assert!(counted <= before, "a higher threshold gives no more alarms");
                before = counted;
            }
        }
    }

    #[test]
    fn the_threshold_is_the_lowest_within_what_is_allowed_and_ties_stay_together() {
        let step = |threshold| Step {
            threshold,
            person: 0,
        };
        let steps = [step(9.0), step(7.0), step(7.0), step(5.0)];
        let of = |allowed| threshold(&steps, allowed, |_| 1.0);
        assert_eq!(
            [0.0, 1.0, 2.0, 3.0, 4.0].map(of),
            [None, Some(9.0), Some(9.0), Some(7.0), Some(5.0)]
        );
    }
}
