//! How often the data has answered, and what leaves because of that.

use maud::{Markup, html};
use modu_kernel::Language;

use super::number::{as_written, count, decimal};
use super::page;
use crate::ledger::{Budget, Step};
use crate::report::{ReleaseSection, SolutionSection, Source};

/// What the owner should know before the released report goes out.
pub(super) fn owner(
    section: &ReleaseSection,
    solutions: &[SolutionSection],
    language: Language,
) -> Markup {
    let t = |ko, en| language.pick(ko, en);
    html! {
        (rule(&section.step, language))
        (spent(&section.budget, language))
        (page::table(
            t("이번 실행에서 공급자에게 알리는 것", "What this run tells the suppliers"),
            &html! {
                thead { tr {
                    th scope="col" { (t("솔루션", "Solution")) }
                    th scope="col" { (t("제출로 셈", "Counted")) }
                    th scope="col" { (t("결정", "Decision")) }
                    th scope="col" class="number" { (t("제 값을 알리는 항목", "Own numbers told")) }
                } }
                tbody { @for release in &section.solutions { tr {
                    th scope="row" { (name(solutions, &release.id, language)) }
                    td { @if release.counted { (t("예", "yes")) } @else { (t("아니오(전과 같은 솔루션)", "no (the same solution as before)")) } }
                    td { (match release.decision {
                        Source::ThisSubmission => t("알림", "told"),
                        Source::EarlierSubmission => t("알리지 않음: 앞서 알린 것보다 낫지 않음", "not told: no better than before"),
                    }) }
                    td class="number" { (count(release.told)) " / " (count(release.parts)) }
                } } }
            },
        ))
    }
}

/// What a supplier should know.
pub(super) fn released(budget: &Budget, step: &Step, language: Language) -> Markup {
    html! { (rule(step, language)) (spent(budget, language)) }
}

fn rule(step: &Step, language: Language) -> Markup {
    let errors = decimal(step.standard_errors.get(), 2);
    let least = step.least.get();
    html! {
        p { (match language {
            Language::Ko => format!(
                "같은 자료에 거듭 제출하면 자료 자체를 알아낼 수 있습니다. 그래서 제출을 세고, 앞서 알린 가장 좋은 값보다 짝지은 차이의 표준오차 {errors}배를 넘게 나을 때만 새 값을 알립니다. 그렇지 않으면 앞서 알린 값을 되풀이합니다."
            ),
            Language::En => format!(
                "Whoever submits again and again against the same data can learn the data itself. So submissions are counted, and a number is told only where it exceeds the best one told before by more than {errors} standard errors of the paired difference. Else the number told before stands."
            ),
        }) }
        @if least > 0.0 { p { (match language {
            Language::Ko => format!("적어도 {} 이상 나아야 합니다.", as_written(least)),
            Language::En => format!("It must exceed it by {} at least.", as_written(least)),
        }) } }
    }
}

/// The budget: one line a supplier, and the total.
fn spent(budget: &Budget, language: Language) -> Markup {
    let t = |ko, en| language.pick(ko, en);
    let line = |spent: u64, limit: u64| {
        html! {
            td class="number" { (count(spent)) }
            td class="number" { (count(limit)) }
            td class="number" { (count(limit.saturating_sub(spent))) }
        }
    };
    page::table(
        t(
            "이 자료에 대한 제출 한도",
            "Submissions that this data may answer",
        ),
        &html! {
            thead { tr {
                th scope="col" { (t("공급자", "Supplier")) }
                th scope="col" class="number" { (t("쓴 횟수", "Spent")) }
                th scope="col" class="number" { (t("한도", "Budget")) }
                th scope="col" class="number" { (t("남은 횟수", "Left")) }
            } }
            tbody {
                @for supplier in &budget.suppliers { tr {
                    th scope="row" { (supplier.supplier.get(language)) }
                    (line(supplier.spent, supplier.limit))
                } }
                tr {
                    th scope="row" { (t("모든 공급자", "All suppliers")) }
                    (line(budget.spent, budget.limit))
                }
            }
        },
    )
}

fn name<'a>(solutions: &'a [SolutionSection], id: &'a str, language: Language) -> &'a str {
    let mut solutions = solutions.iter();
    let found = solutions.find(|solution| solution.id == id);
    found.map_or(id, |solution| solution.name.get(language))
}
