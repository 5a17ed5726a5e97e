//! From both times to an answer: keep, decayed, or why neither can be said.

use modu_kernel::Label;
use modu_statistics::{Finite, holm};

use super::report::{WatchAnswer, WatchedCriterion, WatchedPart};
use crate::need::{Criterion, Need, metric_label};
use crate::report::{CriterionPart, Measurement, Verdict};
use crate::score::again::{CriterionAgain, PartAgain};

/// The criteria, each part read together with all others by Holm's adjustment:
/// if nothing has changed, the chance that *any* is called worse is at most
/// `rate`.
pub(super) fn criteria(
    need: &Need,
    again: Vec<CriterionAgain>,
    rate: f64,
) -> Vec<WatchedCriterion> {
    let parts = again.iter().flat_map(|criterion| &criterion.parts);
    let p_values: Vec<f64> = parts
        .map(|part| part.p_value.map_or(1.0, Finite::get))
        .collect();
    let mut adjusted = holm(&p_values).unwrap_or_default().into_iter();
    let criteria = need.criteria.iter().zip(again);
    criteria
        .map(|(criterion, again)| {
            let parts: Vec<WatchedPart> = again
                .now
                .parts
                .into_iter()
                .zip(again.parts)
                .map(|(now, then)| {
                    let adjusted = adjusted.next().and_then(Finite::new);
                    part(criterion, now, then, adjusted, rate)
                })
                .collect();
            WatchedCriterion {
                id: criterion.id.clone(),
                metric: criterion.metric,
                metric_name: metric_label(criterion.metric),
                over_name: need.over_name(criterion.over),
                direction: criterion.direction,
                threshold: criterion.threshold.and_then(Finite::new),
                answer: worst(parts.iter().map(|part| part.answer)),
                parts,
            }
        })
        .collect()
}

/// The worst answer of several; of none at all, that nothing can be told.
pub(super) fn worst(answers: impl Iterator<Item = WatchAnswer>) -> WatchAnswer {
    answers.max().unwrap_or(WatchAnswer::CannotTell)
}

fn part(
    criterion: &Criterion,
    now: CriterionPart,
    then: PartAgain,
    adjusted: Option<Finite>,
    rate: f64,
) -> WatchedPart {
    let holm_p_value = then.p_value.and(adjusted);
    let worse = holm_p_value.is_some_and(|p| p.get() <= rate);
    let answer = answer(now.verdict, worse);
    WatchedPart {
        reason: reason(criterion, answer, worse, &now, &then.change),
        member: now.member,
        name: now.name,
        answer,
        verdict: now.verdict,
        then: then.then,
        now: now.measurement,
        change: then.change,
        p_value: then.p_value,
        holm_p_value,
    }
}

/// A measure that cannot be had any more fails closed.
fn answer(verdict: Verdict, worse: bool) -> WatchAnswer {
    match verdict {
        _ if worse => WatchAnswer::Decayed,
        Verdict::Met => WatchAnswer::Keep,
        Verdict::NotMet | Verdict::Missing => WatchAnswer::Decayed,
        Verdict::NotSeparable => WatchAnswer::CannotTell,
        Verdict::NotEnoughData => WatchAnswer::NotEnoughData,
    }
}

fn reason(
    criterion: &Criterion,
    answer: WatchAnswer,
    worse: bool,
    now: &CriterionPart,
    change: &Measurement,
) -> Label {
    let metric = metric_label(criterion.metric);
    let by = match change {
        Measurement::Measured { value, interval } => format!(
            "{:+.4} [{:+.4}, {:+.4}]",
            value.get(),
            interval.lower.get(),
            interval.upper.get()
        ),
        Measurement::NotMeasured { .. } => "–".to_owned(),
    };
    let say = |ko: &str, en: &str| {
        Label::new(
            format!("{} {ko} (변화 {by}).", metric.ko),
            format!("{} {en} (change {by}).", metric.en),
        )
    };
    match (answer, now.verdict) {
        (WatchAnswer::Decayed, _) if worse => say(
            "채택 때보다 나빠졌음이 드러났습니다",
            "is provably worse than at adoption",
        ),
        (WatchAnswer::Decayed, Verdict::NotMet) => say(
            "기준에 미치지 못함이 드러났습니다",
            "provably misses its bound",
        ),
        (WatchAnswer::Decayed, _) => say("더는 잴 수 없습니다", "can no longer be measured"),
        (WatchAnswer::Keep, _) => say("기준을 여전히 충족합니다", "still meets its bound"),
        (WatchAnswer::CannotTell, _) => say(
            "기준을 충족하는지 이 자료로는 알 수 없습니다",
            "may or may not meet its bound: these rows cannot tell",
        ),
        (WatchAnswer::NotEnoughData, _) => say(
            "판정하기에 자료가 모자랍니다",
            "has too few rows to be judged",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_provably_worse_or_below_its_bound_or_gone_has_decayed() {
        let cases = [
            (Verdict::Met, false, WatchAnswer::Keep),
            (Verdict::Met, true, WatchAnswer::Decayed),
            (Verdict::NotMet, false, WatchAnswer::Decayed),
            (Verdict::Missing, false, WatchAnswer::Decayed),
            (Verdict::NotSeparable, false, WatchAnswer::CannotTell),
            (Verdict::NotSeparable, true, WatchAnswer::Decayed),
            (Verdict::NotEnoughData, false, WatchAnswer::NotEnoughData),
        ];
        for (verdict, worse, expected) in cases {
            assert_eq!(answer(verdict, worse), expected, "{verdict:?}, {worse}");
        }
        let answers = [
            WatchAnswer::Keep,
            WatchAnswer::NotEnoughData,
            WatchAnswer::CannotTell,
        ];
        assert_eq!(worst(answers.into_iter()), WatchAnswer::NotEnoughData);
        assert_eq!(worst(std::iter::empty()), WatchAnswer::CannotTell);
    }
}
