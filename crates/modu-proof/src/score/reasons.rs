//! Why a verdict and a decision are what they are, in sentences with their
//! numbers.

use modu_kernel::{Label, grouped};
use modu_statistics::Finite;

use crate::gate;
use crate::need::{Criterion, Direction, metric_range};
use crate::report::{
    CriterionPart, Decision, DecisionAnswer, NotMeasuredReason, RowsNeeded, Verdict,
};

/// A number for a sentence: four digits after the point at most.
fn number(value: Finite) -> String {
    let text = format!("{:.4}", value.get());
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

/// A limit with the fewest digits, four at least, that tell it from its bound.
fn apart(limit: Finite, bound: &str) -> String {
    let text = number(limit);
    if text != bound {
        return text;
    }
    (5..12)
        .map(|digits| format!("{:.digits$}", limit.get()))
        .find(|text| text.trim_end_matches('0').trim_end_matches('.') != bound)
        .unwrap_or(text)
}

/// A decision and its reason, from the verdict on each criterion by its id.
pub(super) fn decision(answer: DecisionAnswer, verdicts: &[(&str, Verdict)]) -> Decision {
    let with = |wanted: &[Verdict]| {
        let ids = verdicts
            .iter()
            .filter(|(_, verdict)| wanted.contains(verdict))
            .map(|(id, _)| *id);
        ids.collect::<Vec<_>>().join(", ")
    };
    let missed = with(&[Verdict::NotMet, Verdict::Missing]);
    let few = with(&[Verdict::NotEnoughData]);
    let close = with(&[Verdict::NotSeparable]);
    let (mut ko, mut en) = match answer {
        DecisionAnswer::Adopt => (
            "미리 정한 기준을 모두 충족했습니다.".to_owned(),
            "It meets every criterion that was fixed beforehand.".to_owned(),
        ),
        DecisionAnswer::Refuse => (
            format!("충족하지 못한 기준이 있습니다: {missed}."),
            format!("Criteria that it does not meet: {missed}."),
        ),
        DecisionAnswer::NotEnoughData | DecisionAnswer::NotSeparable => (
            "어긋난 것으로 드러난 기준은 없지만, 모두 충족한다고 증명하지는 못했습니다.".to_owned(),
            "No criterion is proven to be missed, but not all are proven to be met.".to_owned(),
        ),
    };
    if !few.is_empty() {
        ko.push_str(&format!(" 자료가 모자라 판정하지 못한 기준: {few}."));
        en.push_str(&format!(" Too few data to judge: {few}."));
    }
    if !close.is_empty() {
        ko.push_str(&format!(" 이 자료로는 가릴 수 없는 기준: {close}."));
        en.push_str(&format!(
            " Not separable from the bound by these data: {close}."
        ));
    }
    let blocking = verdicts
        .iter()
        .filter(|(_, verdict)| *verdict != Verdict::Met)
        .map(|(id, _)| (*id).to_owned())
        .collect();
    Decision {
        answer,
        reason: Label::new(ko, en),
        blocking,
    }
}

/// Why a part has its verdict, with its numbers.
///
/// The two reasons say why a limit is absent, where one is.
pub(super) fn part_reason(
    criterion: &Criterion,
    part: &CriterionPart,
    no_limit: Option<NotMeasuredReason>,
    no_improvement_limit: Option<NotMeasuredReason>,
) -> Label {
    let mut sentences: Vec<Label> = Vec::new();
    if let Some(threshold) = criterion.threshold.and_then(Finite::new) {
        let held = Held {
            direction: criterion.direction,
            bound: threshold,
            unfavourable: part.limit,
            favourable: part.favourable.measure,
        };
        sentences.push(held.sentence(None, no_limit));
    }
    if let Some(margin) = criterion.margin.and_then(Finite::new) {
        let held = Held {
            direction: Direction::AtLeast,
            bound: margin,
            unfavourable: part.improvement_limit,
            favourable: part.favourable.improvement,
        };
        let of = Label::new(
            "현행보다 나은 정도의 ",
            " of the improvement over the incumbent",
        );
        let sentence = held.sentence(Some(&of), no_improvement_limit);
        if sentences.last() != Some(&sentence) {
            sentences.push(sentence);
        }
    }
    sentences.extend(
        part.needed
            .as_ref()
            .map(|needed| needed_sentence(criterion, needed)),
    );
    joined(sentences.iter())
}

/// The same for a member that is too small to be judged, where the need only
/// wants it reported.
pub(super) fn excused(reason: &Label) -> Label {
    Label::new(
        format!(
            "{}; 수요서에 따라 보고만 하고 판정에 넣지 않았습니다",
            reason.ko
        ),
        format!("{}; by the need it is reported and not judged", reason.en),
    )
}

fn joined<'a>(sentences: impl Iterator<Item = &'a Label> + Clone) -> Label {
    let join = |pick: fn(&Label) -> &str| {
        let texts: Vec<&str> = sentences.clone().map(pick).collect();
        texts.join("; ")
    };
    Label::new(join(|label| &label.ko), join(|label| &label.en))
}

/// A bound and the limits on both sides that are held against it.
struct Held {
    direction: Direction,
    bound: Finite,
    unfavourable: Option<Finite>,
    favourable: Option<Finite>,
}

impl Held {
    /// What the two limits say of the bound; `of` names them further, `absent`
    /// says why one is not there.
    fn sentence(&self, of: Option<&Label>, absent: Option<NotMeasuredReason>) -> Label {
        let meets = |limit: Finite| gate::meets(self.direction, limit.get(), self.bound.get());
        let (of_ko, of_en) = of.map_or(("", ""), |of| (of.ko.as_str(), of.en.as_str()));
        let bound = number(self.bound);
        match (self.unfavourable, self.favourable) {
            (_, Some(limit)) if !meets(limit) => self.missed(limit, of_ko, of_en, &bound),
            (Some(limit), _) if meets(limit) => self.met(limit, of_ko, of_en, &bound),
            (Some(unfavourable), Some(favourable)) => {
                let (low, high) = if unfavourable <= favourable {
                    (unfavourable, favourable)
                } else {
                    (favourable, unfavourable)
                };
                Label::new(
                    format!(
                        "기준 {bound}이(가) {of_ko}신뢰 한계 {}과(와) {} 사이에 있어 가릴 수 없습니다",
                        apart(low, &bound),
                        apart(high, &bound)
                    ),
                    format!(
                        "{bound} lies between the confidence limits{of_en}, {} and {}, and cannot be separated from it",
                        apart(low, &bound),
                        apart(high, &bound)
                    ),
                )
            }
            _ => {
                let why = modu_statistics::Undefined::UndefinedReplicates;
                absent
                    .unwrap_or(NotMeasuredReason::Undefined { why })
                    .label()
            }
        }
    }

    fn met(&self, limit: Finite, of_ko: &str, of_en: &str, bound: &str) -> Label {
        let limit = number(limit);
        match self.direction {
            Direction::AtLeast => Label::new(
                format!("{of_ko}하한 {limit}이(가) 기준 {bound} 이상입니다"),
                format!("the lower limit{of_en}, {limit}, is at least {bound}"),
            ),
            Direction::AtMost => Label::new(
                format!("{of_ko}상한 {limit}이(가) 기준 {bound} 이하입니다"),
                format!("the upper limit{of_en}, {limit}, is at most {bound}"),
            ),
        }
    }

    fn missed(&self, limit: Finite, of_ko: &str, of_en: &str, bound: &str) -> Label {
        let limit = apart(limit, bound);
        match self.direction {
            Direction::AtLeast => Label::new(
                format!("{of_ko}상한 {limit}조차 기준 {bound}에 못 미칩니다"),
                format!("even the upper limit{of_en}, {limit}, falls short of {bound}"),
            ),
            Direction::AtMost => Label::new(
                format!("{of_ko}하한 {limit}조차 기준 {bound}을(를) 넘습니다"),
                format!("even the lower limit{of_en}, {limit}, exceeds {bound}"),
            ),
        }
    }
}

/// "With n = 99,762 a difference of 0.3 points cannot be separated; about
/// n = 410,000 would be needed."
fn needed_sentence(criterion: &Criterion, needed: &RowsNeeded) -> Label {
    let rows = grouped(needed.rows);
    let (ko, en) = difference(criterion, needed.distance);
    match needed.needed.map(grouped) {
        Some(enough) => Label::new(
            format!("행 {rows}개로는 {ko} 차이를 가릴 수 없고, 약 {enough}개가 필요합니다"),
            format!(
                "with n = {rows} a difference of {en} cannot be separated; about n = {enough} would be needed"
            ),
        ),
        None => Label::new(
            format!(
                "행 {rows}개로는 {ko} 차이를 가릴 수 없고, 행을 얼마나 더해도 가리기 어렵습니다"
            ),
            format!(
                "with n = {rows} a difference of {en} cannot be separated, and hardly by any number of rows"
            ),
        ),
    }
}

/// A distance in points of a hundred for measures between 0 and 1, else in
/// the measure's own unit.
fn difference(criterion: &Criterion, distance: Finite) -> (String, String) {
    let distance = distance.get().abs();
    if metric_range(criterion.metric) == (0.0, 1.0) {
        let points = short(distance * 100.0);
        (format!("{points}%p"), format!("{points} points"))
    } else {
        (short(distance), short(distance))
    }
}

/// Two significant digits, at most six after the point.
fn short(value: f64) -> String {
    let mut digits = 1_usize;
    let mut scale = 10.0;
    while digits < 6 && value * scale < 9.5 {
        digits += 1;
        scale *= 10.0;
    }
    let text = format!("{value:.digits$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The reasons of the parts that decided the verdict; all of them where it
/// is met by one part only.
pub(super) fn criterion_reason(parts: &[CriterionPart]) -> Label {
    let worst = gate::worst(parts.iter().map(|part| part.verdict));
    if parts.len() > 1 && worst == Verdict::Met {
        return Label::new(
            format!("{}개 집단에서 모두 충족했습니다", parts.len()),
            format!("met in all {} groups", parts.len()),
        );
    }
    let named = |part: &CriterionPart| {
        if parts.len() > 1 {
            Label::new(
                format!("{}: {}", part.name.ko, part.reason.ko),
                format!("{}: {}", part.name.en, part.reason.en),
            )
        } else {
            part.reason.clone()
        }
    };
    let deciding: Vec<Label> = parts
        .iter()
        .filter(|part| part.verdict == worst)
        .map(named)
        .collect();
    joined(deciding.iter())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_difference_is_told_with_two_digits() {
        let told: Vec<_> = [12.34, 0.3, 0.29999999, 0.004_56, 0.0].map(short).into();
        assert_eq!(told, ["12.3", "0.3", "0.3", "0.0046", "0"]);
    }

    #[test]
    fn a_refusal_names_what_is_missed_apart_from_what_is_not_told() {
        let verdicts = [
            ("recall", Verdict::NotMet),
            ("gap", Verdict::NotSeparable),
            ("small", Verdict::NotEnoughData),
            ("good", Verdict::Met),
            ("none", Verdict::Missing),
        ];
        let decision = decision(DecisionAnswer::Refuse, &verdicts);
        assert_eq!(decision.blocking, ["recall", "gap", "small", "none"]);
        assert_eq!(
            decision.reason.en,
            "Criteria that it does not meet: recall, none. Too few data to judge: small. Not separable from the bound by these data: gap."
        );
    }

    #[test]
    fn a_limit_that_misses_its_bound_by_a_hair_is_told_apart_from_it() {
        let told = |limit: f64| apart(Finite::new(limit).unwrap(), "0.3");
        assert_eq!(told(0.299_98), "0.29998");
        assert_eq!(told(0.299_999_9), "0.2999999");
        assert_eq!(told(0.25), "0.25");
        assert_eq!(told(0.3), "0.3", "a limit on its bound");
    }

    #[test]
    fn the_three_answers_have_three_sentences() {
        let held = |direction, unfavourable: f64, favourable: f64| Held {
            direction,
            bound: Finite::new(0.7).unwrap(),
            unfavourable: Finite::new(unfavourable),
            favourable: Finite::new(favourable),
        };
        let sentence = |held: Held| held.sentence(None, None).en;
        assert_eq!(
            sentence(held(Direction::AtLeast, 0.71, 0.8)),
            "the lower limit, 0.71, is at least 0.7"
        );
        assert_eq!(
            sentence(held(Direction::AtLeast, 0.6, 0.69)),
            "even the upper limit, 0.69, falls short of 0.7"
        );
        assert_eq!(
            sentence(held(Direction::AtMost, 0.8, 0.71)),
            "even the lower limit, 0.71, exceeds 0.7"
        );
        assert_eq!(
            sentence(held(Direction::AtMost, 0.8, 0.6)),
            "0.7 lies between the confidence limits, 0.6 and 0.8, and cannot be separated from it"
        );
    }
}
