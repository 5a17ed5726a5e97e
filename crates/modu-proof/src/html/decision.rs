//! The answer, first thing on the page: one sentence, each solution with its
//! reason, and a matrix of criteria and solutions.

use maud::{Markup, html};
use modu_kernel::Language;

use super::{page, verdict};
use crate::need::Direction;
use crate::report::{CriterionSummary, Decision, DecisionAnswer, Verdict};

/// A solution as the first section shows it, whichever report it is from.
pub(super) struct Judged<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Who made it.
    pub(super) supplier: &'a str,
    /// Its version.
    pub(super) version: &'a str,
    /// What was decided.
    pub(super) decision: &'a Decision,
    /// Per criterion its verdict and the number of its worst part.
    pub(super) cells: Vec<(Verdict, Option<String>)>,
    /// Per criterion why, with its numbers; empty where that is not released.
    pub(super) reasons: Vec<&'a str>,
}

/// The part that decides a criterion: of those with the criterion's own
/// verdict the one that is farthest on the unfavourable side.
pub(super) fn deciding_part<T>(
    verdict: Verdict,
    direction: Direction,
    parts: &[T],
    told: impl Fn(&T) -> (Verdict, Option<f64>),
) -> Option<&T> {
    let unfavourable = |part: &T| match (told(part).1, direction) {
        (None, _) => f64::INFINITY,
        (Some(value), Direction::AtLeast) => -value,
        (Some(value), Direction::AtMost) => value,
    };
    let deciding = parts.iter().filter(|part| told(part).0 == verdict);
    // Of equals the first: `max_by` alone would keep the last.
    deciding.reduce(
        |worst, part| match unfavourable(part) > unfavourable(worst) {
            true => part,
            false => worst,
        },
    )
}

/// The lead under the question: what was adopted and what was refused.
pub(super) fn lead(judged: &[Judged<'_>], criteria: usize, language: Language) -> Markup {
    let groups = [
        DecisionAnswer::Adopt,
        DecisionAnswer::Refuse,
        DecisionAnswer::NotSeparable,
        DecisionAnswer::NotEnoughData,
    ];
    html! {
        p class="answer" {
            @for answer in groups {
                @let names = names(judged, answer);
                @if !names.is_empty() {
                    span class="answer-part" {
                        (verdict::answer(answer, language)) " " (names.join(", "))
                    }
                    " "
                }
            }
        }
        p class="counted" { (match language {
            Language::Ko => format!(
                "실행 전에 정한 기준 {criteria}개로 솔루션 {}개를 판정했습니다. 기준을 하나라도 증명하지 못하면 채택하지 않습니다.",
                judged.len()
            ),
            Language::En => format!(
                "{} judged by {} fixed before the run. A solution that leaves one of them unproven is not adopted.",
                plural(judged.len(), "solution"),
                plural(criteria, "criterion")
            ),
        }) }
    }
}

fn plural(count: usize, noun: &str) -> String {
    match (count, noun) {
        (1, _) => format!("1 {noun}"),
        (_, "criterion") => format!("{count} criteria"),
        _ => format!("{count} {noun}s"),
    }
}

fn names<'a>(judged: &[Judged<'a>], answer: DecisionAnswer) -> Vec<&'a str> {
    let chosen = judged
        .iter()
        .filter(|solution| solution.decision.answer == answer);
    chosen.map(|solution| solution.name).collect()
}

/// Each solution with its reason, then the matrix. `today` holds, per
/// criterion, what the recorded decisions come to.
pub(super) fn section(
    judged: &[Judged<'_>],
    criteria: &[CriterionSummary],
    today: Option<&[Option<String>]>,
    language: Language,
) -> Markup {
    html! {
        ul class="decisions" { @for solution in judged {
            li {
                p class="decision" { (verdict::answer(solution.decision.answer, language)) }
                div {
                    h3 { (solution.name) }
                    p class="maker" { (solution.supplier) " · " (language.pick("버전", "version")) " " (solution.version) }
                    p { (solution.decision.reason.get(language)) }
                    (blocking(solution, criteria, language))
                }
            }
        } }
        (matrix(judged, criteria, today, language))
    }
}

/// The criteria that stand in a solution's way, each with its reason.
fn blocking(solution: &Judged<'_>, criteria: &[CriterionSummary], language: Language) -> Markup {
    let in_the_way = |id: &str| solution.decision.blocking.iter().any(|other| other == id);
    html! { @if !solution.decision.blocking.is_empty() {
        ul class="blocking" {
            @for (index, criterion) in criteria.iter().enumerate().filter(|(_, c)| in_the_way(&c.id)) {
                li {
                    a href=(format_args!("#criterion-{index}")) { (criterion.metric_name.get(language)) }
                    " " span class="over" { (criterion.over_name.get(language)) }
                    @if let Some(reason) = solution.reasons.get(index) { ": " (reason) }
                }
            }
        }
    } }
}

fn matrix(
    judged: &[Judged<'_>],
    criteria: &[CriterionSummary],
    today: Option<&[Option<String>]>,
    language: Language,
) -> Markup {
    let caption = language.pick(
        "기준과 솔루션: 판정과 추정값 (집단별 기준은 판정을 정한 집단의 값)",
        "Criteria and solutions: verdict and estimate (for criteria on each group, of the member that decided)",
    );
    page::table(
        caption,
        &html! {
            thead { tr {
                th scope="col" { (language.pick("기준", "Criterion")) }
                @for solution in judged { th scope="col" class="number" { (solution.name) } }
                @if today.is_some() { th scope="col" class="number" { (language.pick("현행", "Today")) } }
            } }
            tbody { @for (index, criterion) in criteria.iter().enumerate() {
                tr {
                    th scope="row" {
                        a href=(format_args!("#criterion-{index}")) {
                            (criterion.metric_name.get(language))
                        }
                        span class="over" { (criterion.over_name.get(language)) " " (bound(criterion, language)) }
                    }
                    @for solution in judged { td class="number" {
                        @if let Some((verdict, value)) = solution.cells.get(index) {
                            (verdict::verdict_icon(*verdict, language))
                            (value.as_deref().unwrap_or(super::number::ABSENT))
                        }
                    } }
                    @if let Some(today) = today { td class="number today" {
                        (today.get(index).and_then(Option::as_deref).unwrap_or(super::number::ABSENT))
                    } }
                }
            } }
        },
    )
}

/// What a criterion asks for, in signs: `≥ 0.70`, `현행보다 ≥ 0.05`.
pub(super) fn bound(criterion: &CriterionSummary, language: Language) -> String {
    let threshold = criterion.threshold.map(|threshold| {
        let sign = criterion.direction.sign();
        format!("{sign} {}", super::number::as_written(threshold.get()))
    });
    let margin = criterion.margin.map(|margin| {
        let margin = super::number::as_written(margin.get());
        match (language, criterion.direction) {
            (Language::Ko, Direction::AtLeast) => format!("현행보다 {margin} 이상 높게"),
            (Language::Ko, Direction::AtMost) => format!("현행보다 {margin} 이상 낮게"),
            (Language::En, Direction::AtLeast) => format!("{margin} above today"),
            (Language::En, Direction::AtMost) => format!("{margin} below today"),
        }
    });
    threshold
        .into_iter()
        .chain(margin)
        .collect::<Vec<_>>()
        .join(", ")
}
