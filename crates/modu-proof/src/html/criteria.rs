//! The owner's criteria: for each one a table of the solutions with estimate,
//! interval, judged limit, threshold and verdict, and a picture of them on one
//! scale.

use maud::{Markup, html};
use modu_kernel::Language;
use modu_statistics::Finite;

use super::number::{self, ABSENT, decimal};
use super::svg::{Strip, StripRow};
use super::today::{self, Today};
use super::{page, verdict};
use crate::report::{
    CriterionPart, CriterionResult, CriterionSummary, Measurement, OwnerReport, Verdict,
};

/// One line of a criterion's table.
struct Line<'a> {
    solution: &'a str,
    part: &'a CriterionPart,
}

/// All criteria, in the order of the need.
pub(super) fn section(report: &OwnerReport, language: Language) -> Markup {
    html! {
        p class="note" { (language.pick(
            "판정은 추정값이 아니라 불리한 쪽의 신뢰 한계로 합니다. 불리한 쪽 한계가 기준에 닿으면 충족, 유리한 쪽 한계조차 못 닿으면 미달, 기준이 둘 사이에 있으면 이 자료로는 가릴 수 없습니다. 그림에서 점은 추정값, 가로줄은 구간, 짧은 세로줄은 양쪽 판정 한계, 점선은 기준이고, 바탕이 붉은 쪽은 기준을 벗어난 쪽입니다.",
            "Verdicts rest on confidence limits, not on the estimate. Where the limit on the unfavourable side reaches the bound, it is met; where even the one on the favourable side misses it, it is not met; where the bound lies between the two, these data cannot tell. In the pictures the dot is the estimate, the line its interval, the short strokes the judged limits, the dashed line the threshold; the tinted side is the wrong one.",
        )) }
        @for (index, criterion) in report.need.criteria.iter().enumerate() {
            (one(report, index, criterion, language))
        }
    }
}

/// The heading and the words of a criterion; both reports begin so.
pub(super) fn heading(index: usize, criterion: &CriterionSummary, language: Language) -> Markup {
    html! {
        h3 id=(format_args!("criterion-{index}")) {
            span class="ordinal" { (index + 1) } " "
            (criterion.metric_name.get(language))
            " " code class="id" { (criterion.id) }
            span class="over" { (criterion.over_name.get(language)) " " (super::decision::bound(criterion, language)) }
        }
        p class="why" { (criterion.why.get(language)) }
        p class="rule" { (criterion.sentence.get(language)) }
    }
}

fn one(
    report: &OwnerReport,
    index: usize,
    criterion: &CriterionSummary,
    language: Language,
) -> Markup {
    let results: Vec<(&str, &CriterionResult)> = report
        .solutions
        .iter()
        .filter_map(|solution| Some((solution.name.get(language), solution.criteria.get(index)?)))
        .collect();
    let lines: Vec<Line<'_>> = results
        .iter()
        .flat_map(|(solution, result)| result.parts.iter().map(|part| Line { solution, part }))
        .collect();
    html! {
        article class="criterion" aria-labelledby=(format_args!("criterion-{index}")) {
            (heading(index, criterion, language))
            @if criterion.threshold.is_some() {
                (threshold_table(criterion, &lines, &today::values(report, criterion, language), language))
            }
            @if criterion.margin.is_some() { (margin_table(criterion, &lines, language)) }
            (reasons(&results, language))
        }
    }
}

/// Why each solution that did not meet the criterion did not.
fn reasons(results: &[(&str, &CriterionResult)], language: Language) -> Markup {
    let failed: Vec<_> = results
        .iter()
        .filter(|(_, result)| result.verdict != Verdict::Met)
        .collect();
    html! { @if !failed.is_empty() {
        ul class="reasons" { @for (solution, result) in failed {
            li { strong { (solution) } ": " (result.reason.get(language)) }
        } }
    } }
}

fn threshold_table(
    criterion: &CriterionSummary,
    lines: &[Line<'_>],
    today: &[Today<'_>],
    language: Language,
) -> Markup {
    let digits = number::digits(criterion.metric);
    let bound = criterion
        .threshold
        .map(|threshold| (threshold.get(), criterion.direction));
    let rows: Vec<Option<StripRow>> = lines.iter().map(|line| strip_row(line.part)).collect();
    let today: Vec<_> = today
        .iter()
        .map(|today| (today, strip_row_of_today(today)))
        .collect();
    let drawn: Vec<StripRow> = rows.iter().flatten().copied().collect();
    let strip = Strip::new(&drawn, bound);
    let threshold = format!(
        "{} {}",
        criterion.direction.sign(),
        bound.map_or_else(
            || ABSENT.to_owned(),
            |(threshold, _)| number::as_written(threshold)
        )
    );
    let caption = format!(
        "{}: {}",
        criterion.metric_name.get(language),
        language.pick("추정값과 판정", "estimates and verdicts")
    );
    page::table_under_heading(
        &caption,
        &html! {
            (columns(&[
                language.pick("추정값", "Estimate"),
                language.pick("구간", "Interval"),
                language.pick("판정 한계 (불리, 유리)", "Judged limits (unfavourable, favourable)"),
                language.pick("기준", "Threshold"),
            ], Some(criterion.margin.is_some()), true, language))
            tbody { @for (line, row) in lines.iter().zip(&rows) { tr {
                (name_cell(line, language))
                td { (verdict::verdict(line.part.verdict, language)) }
                td class="number" { (estimate(&line.part.measurement, digits)) }
                td class="number" { (interval(&line.part.measurement, digits)) }
                td class="number" { (limits(line.part.limit, line.part.favourable.measure, digits)) }
                td class="number" { (threshold) }
                td class="picture" { @if let Some(row) = row { (strip.draw(*row)) } }
            } }
            @for (today, row) in &today { tr class="today" {
                th scope="row" {
                    (language.pick("현행", "Today"))
                    @if let Some(member) = today.member { span class="over" { (member) } }
                }
                td { (language.pick("비교용", "for comparison")) }
                td class="number" { (estimate(today.measurement, digits)) }
                td class="number" { (interval(today.measurement, digits)) }
                td class="number" { (ABSENT) }
                td class="number" { (ABSENT) }
                td class="picture" { @if let Some(row) = row { (strip.draw(*row)) } }
            } } }
        },
    )
}

fn margin_table(criterion: &CriterionSummary, lines: &[Line<'_>], language: Language) -> Markup {
    let digits = number::digits(criterion.metric);
    let margin = criterion.margin.map_or_else(
        || ABSENT.to_owned(),
        |margin| format!("≥ {}", number::as_written(margin.get())),
    );
    let caption = format!(
        "{}: {}",
        criterion.metric_name.get(language),
        language.pick("현행보다 나아진 정도", "improvement over today")
    );
    page::table(
        &caption,
        &html! {
            (columns(&[
                language.pick("현행", "Today"),
                language.pick("나아진 정도", "Improvement"),
                language.pick("구간", "Interval"),
                language.pick("판정 한계 (불리, 유리)", "Judged limits (unfavourable, favourable)"),
                language.pick("여유폭", "Margin"),
            ], criterion.threshold.is_none().then_some(false), false, language))
            tbody { @for line in lines { tr {
                (name_cell(line, language))
                @if criterion.threshold.is_none() { td { (verdict::verdict(line.part.verdict, language)) } }
                td class="number" { (optional(line.part.incumbent.as_ref(), |m| estimate(m, digits))) }
                td class="number" { (optional(line.part.improvement.as_ref(), |m| estimate(m, digits))) }
                td class="number" { (optional(line.part.improvement.as_ref(), |m| interval(m, digits))) }
                td class="number" { (limits(line.part.improvement_limit, line.part.favourable.improvement, digits)) }
                td class="number" { (margin) }
            } } }
        },
    )
}

/// The head of a table. `verdict` is none where another table of the criterion
/// bears the verdict; else whether it covers a margin too.
fn columns(names: &[&str], verdict: Option<bool>, picture: bool, language: Language) -> Markup {
    html! { thead { tr {
        th scope="col" { (language.pick("솔루션", "Solution")) }
        @match verdict {
            Some(true) => th scope="col" { (language.pick("판정 (여유폭 포함)", "Verdict (with margin)")) },
            Some(false) => th scope="col" { (language.pick("판정", "Verdict")) },
            None => {},
        }
        @for name in names { th scope="col" class="number" { (name) } }
        @if picture { th scope="col" class="picture" { (language.pick("그림", "Picture")) } }
    } } }
}

/// The solution, and for criteria on each member of a group the member.
fn name_cell(line: &Line<'_>, language: Language) -> Markup {
    html! { th scope="row" {
        (line.solution)
        @if line.part.member.is_some() { span class="over" { (line.part.name.get(language)) } }
    } }
}

fn strip_row(part: &CriterionPart) -> Option<StripRow> {
    Some(StripRow {
        estimate: part.measurement.value()?.get(),
        interval: part
            .measurement
            .interval()
            .map(|i| (i.lower.get(), i.upper.get())),
        limits: [part.limit, part.favourable.measure].map(|limit| limit.map(Finite::get)),
        class: verdict::class(part.verdict),
    })
}

fn strip_row_of_today(today: &Today<'_>) -> Option<StripRow> {
    Some(StripRow {
        estimate: today.measurement.value()?.get(),
        interval: today
            .measurement
            .interval()
            .map(|i| (i.lower.get(), i.upper.get())),
        limits: [None, None],
        class: "si",
    })
}

fn estimate(measurement: &Measurement, digits: usize) -> String {
    measurement
        .value()
        .map_or_else(|| ABSENT.to_owned(), |value| decimal(value.get(), digits))
}

fn interval(measurement: &Measurement, digits: usize) -> String {
    measurement.interval().map_or_else(
        || ABSENT.to_owned(),
        |interval| number::interval(interval, digits),
    )
}

/// Both limits, the unfavourable one first.
fn limits(unfavourable: Option<Finite>, favourable: Option<Finite>, digits: usize) -> Markup {
    let shown = |limit: Option<Finite>| {
        limit.map_or_else(|| ABSENT.to_owned(), |limit| decimal(limit.get(), digits))
    };
    html! {
        (shown(unfavourable))
        span class="interval" { (shown(favourable)) }
    }
}

fn optional(measurement: Option<&Measurement>, show: impl Fn(&Measurement) -> String) -> String {
    measurement.map_or_else(|| ABSENT.to_owned(), show)
}
