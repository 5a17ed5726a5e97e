//! Where a solution fares worse than elsewhere: the slices that the scan
//! found, and those that were too small to look at.

use maud::{Markup, html};
use modu_kernel::Language;

use super::number::{count, decimal, digits, p_value};
use super::page;
use crate::report::{SliceScan, SolutionScan, WorseSlice};

/// So many of the surest are shown at once.
const SHOWN: usize = 12;

/// The section on slices.
pub(super) fn section(
    scan: &SliceScan,
    name: impl Fn(&str) -> String,
    language: Language,
) -> Markup {
    html! {
        p class="note" { (scan.method.get(language)) }
        @for solution in &scan.solutions { (one(solution, &name(&solution.id), language)) }
        @if scan.left_out > 0 {
            p class="note" { (match language {
                Language::Ko => format!("교집합이 너무 많아 {}개는 보지 않았습니다.", count(scan.left_out)),
                Language::En => format!("There are too many slices; {} were not looked at.", count(scan.left_out)),
            }) }
        }
        @if !scan.small.is_empty() { (small(scan, language)) }
    }
}

fn one(solution: &SolutionScan, name: &str, language: Language) -> Markup {
    let found = solution.worse.len();
    let tests = count(solution.tests);
    let words = match (language, found) {
        (Language::Ko, 0) => format!("우연을 넘어 더 나쁜 곳을 찾지 못했습니다 (검정 {tests}개)."),
        (Language::En, 0) => format!("No slice fares worse beyond chance ({tests} tests)."),
        (Language::Ko, found) => format!("우연을 넘어 더 나쁜 곳 {found}개 (검정 {tests}개)."),
        (Language::En, found) => format!("{found} of {tests} tests: worse beyond chance."),
    };
    html! {
        h3 { (name) }
        p { (words)
            @if solution.untested > 0 { " " (match language {
                Language::Ko => format!("자료가 모자라거나 값이 없어 검정하지 못한 것 {}개.", count(solution.untested)),
                Language::En => format!("{} could not be tested for lack of data or of a value.", count(solution.untested)),
            }) }
        }
        @let (surest, others) = solution.worse.split_at(found.min(SHOWN));
        @if !surest.is_empty() { (page::table_under_heading(name, &rows(surest, language))) }
        @if !others.is_empty() {
            (page::folded_table(&match language {
                Language::Ko => format!("나머지 {}개", others.len()),
                Language::En => format!("{} more", others.len()),
            }, name, &rows(others, language)))
        }
    }
}

fn rows(slices: &[WorseSlice], language: Language) -> Markup {
    html! {
        thead { tr {
            th scope="col" { (language.pick("집단", "Slice")) }
            th scope="col" { (language.pick("지표", "Metric")) }
            th scope="col" class="number" { (language.pick("행", "Rows")) }
            th scope="col" class="number" { (language.pick("여기서", "Here")) }
            th scope="col" class="number" { (language.pick("전체", "All rows")) }
            th scope="col" class="number" { (language.pick("홀름 p", "Holm p")) }
        } }
        tbody { @for slice in slices { tr {
            th scope="row" { (slice.name.get(language)) }
            td { (slice.metric_name.get(language)) }
            td class="number" { (count(slice.rows)) }
            td class="number" { (decimal(slice.value.get(), digits(slice.metric))) }
            td class="number" { (decimal(slice.whole.get(), digits(slice.metric))) }
            td class="number" { (p_value(slice.holm_p_value)) }
        } } }
    }
}

fn small(scan: &SliceScan, language: Language) -> Markup {
    let summary = match language {
        Language::Ko => format!(
            "너무 작아 보지 못한 집단 {}개 (전체 {}개)",
            scan.small.len(),
            count(scan.slices)
        ),
        Language::En => format!(
            "{} of {} slices are too small to look at",
            scan.small.len(),
            count(scan.slices)
        ),
    };
    let clustered = scan.small.iter().any(|slice| slice.clusters.is_some());
    page::folded_table(
        &summary,
        &summary,
        &html! {
            thead { tr {
                th scope="col" { (language.pick("집단", "Slice")) }
                th scope="col" class="number" { (language.pick("행", "Rows")) }
                @if clustered { th scope="col" class="number" { (language.pick("독립 단위", "Clusters")) } }
            } }
            tbody { @for slice in &scan.small { tr {
                th scope="row" { (slice.name.get(language)) }
                td class="number" { (count(slice.rows)) }
                @if let Some(clusters) = slice.clusters { td class="number" { (count(clusters)) } }
            } } }
        },
    )
}
