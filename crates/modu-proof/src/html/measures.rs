//! Every metric over all rows, contender by contender, and the tests of their
//! differences.

use maud::{Markup, html};
use modu_kernel::Language;

use super::contender::{Contender, find};
use super::number::{self, ABSENT, count, decimal, digits, p_value};
use super::page;
use crate::need::{Metric, metric_label};
use crate::report::{Comparison, Measurement};

/// The table of metrics.
pub(super) fn section(contenders: &[Contender<'_>], language: Language) -> Markup {
    let mut metrics: Vec<Metric> = Vec::new();
    for measure in contenders
        .iter()
        .flat_map(|contender| &contender.measures.overall)
    {
        if !metrics.contains(&measure.metric) {
            metrics.push(measure.metric);
        }
    }
    let table = page::table(
        language.pick(
            "모든 행에 대한 지표와 구간",
            "Metrics over all rows, with intervals",
        ),
        &html! {
            thead { tr {
                th scope="col" { (language.pick("지표", "Metric")) }
                @for contender in contenders { th scope="col" class="number" { (contender.name) } }
            } }
            tbody { @for metric in metrics { tr {
                th scope="row" { (metric_label(metric).get(language)) }
                @for contender in contenders {
                    (brief_cell(find(&contender.measures.overall, metric), digits(metric)))
                }
            } } }
        },
    );
    html! { (table) (absences(contenders, language)) }
}

/// Why some cells are empty, once per contender and reason.
fn absences(contenders: &[Contender<'_>], language: Language) -> Markup {
    let mut reasons: Vec<String> = Vec::new();
    for contender in contenders {
        for measure in &contender.measures.overall {
            if let Measurement::NotMeasured { reason } = &measure.measurement {
                let reason = format!("{}: {}.", contender.name, reason.label().get(language));
                if !reasons.contains(&reason) {
                    reasons.push(reason);
                }
            }
        }
    }
    html! { @if !reasons.is_empty() { p class="note" { (ABSENT) " " (reasons.join(" ")) } } }
}

fn brief_cell(measurement: Option<&Measurement>, digits: usize) -> Markup {
    html! { td class="number" { @match measurement {
        Some(Measurement::Measured { value, interval }) => {
            (decimal(value.get(), digits))
            span class="interval" { (number::interval(*interval, digits)) }
        }
        _ => (ABSENT),
    } } }
}

/// A cell with an estimate over its interval, or why there is none.
pub(super) fn cell(measurement: Option<&Measurement>, digits: usize, language: Language) -> Markup {
    match measurement {
        Some(Measurement::NotMeasured { reason }) => html! { td class="number" {
            (ABSENT) span class="interval" { (reason.label().get(language)) }
        } },
        _ => brief_cell(measurement, digits),
    }
}

/// Between pairs, the differences of every metric: what there is to compare
/// where nothing is right or wrong.
pub(super) fn differences(
    comparisons: &[Comparison],
    contenders: &[Contender<'_>],
    language: Language,
) -> Markup {
    let name = |id: &str| {
        let found = contenders.iter().find(|contender| contender.id == id);
        found.map_or_else(|| id.to_owned(), |contender| contender.name.to_owned())
    };
    let metrics: Vec<Metric> = comparisons
        .first()
        .map_or(&[][..], |pair| &pair.differences)
        .iter()
        .map(|measure| measure.metric)
        .collect();
    page::table(
        language.pick(
            "같은 행에서 짝지은 차이 (앞 - 뒤)와 구간",
            "Paired differences on the same rows (first minus second), with intervals",
        ),
        &html! {
            thead { tr {
                th scope="col" { (language.pick("둘", "Pair")) }
                @for metric in &metrics { th scope="col" class="number" { (metric_label(*metric).get(language)) } }
            } }
            tbody { @for pair in comparisons { tr {
                th scope="row" { (name(&pair.first)) " – " (name(&pair.second)) }
                @for metric in &metrics { (brief_cell(find(&pair.differences, *metric), digits(*metric))) }
            } } }
        },
    )
}

/// The tests between pairs.
pub(super) fn comparisons(
    comparisons: &[Comparison],
    contenders: &[Contender<'_>],
    language: Language,
) -> Markup {
    let name = |id: &str| {
        let found = contenders.iter().find(|contender| contender.id == id);
        found.map_or_else(|| id.to_owned(), |contender| contender.name.to_owned())
    };
    page::table(
        language.pick(
            "같은 행에서 짝지은 검정: 누구의 판단이 더 맞는가 (맥니마), 누구의 순위가 더 나은가 (들롱)",
            "Paired tests on the same rows: whose decisions are right more often (McNemar), whose ranking is better (DeLong)",
        ),
        &html! {
            thead { tr {
                th scope="col" { (language.pick("둘", "Pair")) }
                th scope="col" class="number" { (language.pick("앞만 맞음", "Only first right")) }
                th scope="col" class="number" { (language.pick("뒤만 맞음", "Only second right")) }
                th scope="col" class="number" { (language.pick("맥니마 p", "McNemar p")) }
                th scope="col" class="number" { (language.pick("ROC 면적 차이", "ROC area difference")) }
                th scope="col" class="number" { (language.pick("들롱 p", "DeLong p")) }
            } }
            tbody { @for pair in comparisons { tr {
                th scope="row" { (name(&pair.first)) " – " (name(&pair.second)) }
                @if let Some(test) = &pair.mcnemar {
                    td class="number" { (count(test.first_only)) }
                    td class="number" { (count(test.second_only)) }
                    td class="number" { (p_value(test.corrected_p)) }
                } @else { td class="number" { (ABSENT) } td class="number" { (ABSENT) } td class="number" { (ABSENT) } }
                @if let Some(test) = &pair.delong {
                    td class="number" {
                        (decimal(test.difference.get(), 4))
                        @if let Some(interval) = test.interval {
                            span class="interval" { (number::interval(interval, 4)) }
                        }
                    }
                    td class="number" { (p_value(test.p_value)) }
                } @else { td class="number" { (ABSENT) } td class="number" { (ABSENT) } }
            } } }
        },
    )
}
