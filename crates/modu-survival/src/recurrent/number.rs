//! How many events a person has had by a time, on average.

use crate::{EventCode, Outcomes};

/// The mean number of events 1 that a person has had by each of `times`, which
/// ascend; another event ends it for good (a death), and the dead have no more
/// of them: `sum S(u-) d(u) / Y(u)` (Ghosh & Lin, Biometrics 56, 2000), and
/// where nobody dies Nelson's estimate. Rows are at risk in (entry, time].
/// Time: a sort.
#[must_use]
pub fn mean_number(outcomes: &Outcomes, times: &[f64]) -> Vec<f64> {
    let mut entries = outcomes.entry().unwrap_or_default().to_vec();
    entries.sort_unstable_by(f64::total_cmp);
    let mut ends = outcomes.time().to_vec();
    ends.sort_unstable_by(f64::total_cmp);
    let at_risk = |time: f64| {
        let before = |sorted: &[f64]| sorted.partition_point(|it| *it < time);
        let begun = match outcomes.entry() {
            None => ends.len(),
            Some(_) => before(&entries),
        };
        (begun - before(&ends)) as f64
    };
    let rows = outcomes.time().iter().zip(outcomes.event());
    let mut ended: Vec<(f64, EventCode)> = rows
        .filter(|(_, event)| !event.is_censored())
        .map(|(time, event)| (*time, *event))
        .collect();
    ended.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let (mut alive, mut number) = (1.0, 0.0);
    let mut steps = Vec::new();
    for tied in ended.chunk_by(|a, b| a.0 == b.0) {
        let (time, watched) = (tied[0].0, at_risk(tied[0].0));
        let events = tied.partition_point(|it| it.1 == EventCode::EVENT);
        number += alive * events as f64 / watched;
        alive *= 1.0 - (tied.len() - events) as f64 / watched;
        steps.push((time, number));
    }
    let by = |time: &f64| match steps.partition_point(|step| step.0 <= *time) {
        0 => 0.0,
        place => steps[place - 1].1,
    };
    times.iter().map(by).collect()
}
