//! Are the protected groups treated alike? Forest plots of intervals per
//! member, one for each metric that matters here.

use maud::{Markup, html};
use modu_kernel::Language;

use super::contender::{self, Contender, find};
use super::measures::cell;
use super::number::{digits, spoken};
use super::page;
use super::svg::{ForestPlot, Line, Row};
use crate::need::{Metric, metric_label};
use crate::report::{CriterionSummary, GroupMeasures, Measurement, MemberMeasures, NeedSummary};

/// Shown for every group where they were measured, beside those that a
/// criterion names.
const ALWAYS: [Metric; 9] = [
    Metric::FalseAlarmRate,
    Metric::Recall,
    Metric::Precision,
    Metric::SelectionRate,
    Metric::Accuracy,
    Metric::BalancedAccuracy,
    Metric::MeanAbsoluteError,
    Metric::MeanError,
    Metric::Ndcg,
];

/// At most so many plots per group.
const PLOTS: usize = 4;

/// Every group with its plots and their numbers.
pub(super) fn section(
    contenders: &[Contender<'_>],
    need: &NeedSummary,
    language: Language,
) -> Markup {
    let all: Vec<&Contender<'_>> = contenders.iter().collect();
    let groups = contenders
        .first()
        .map_or(&[][..], |first| &first.measures.groups);
    html! {
        (contender::legend(&all))
        @for (index, group) in groups.iter().enumerate() {
            h3 { (group.name.get(language)) }
            div class="figures" { @for metric in metrics(group, contenders, &need.criteria) {
                figure { figcaption { (metric_label(metric).get(language)) } (plot(index, group, metric, contenders, language)) (numbers(group, metric, contenders, language)) }
            } }
        }
    }
}

/// First the metrics that criteria name over this group, then the usual ones.
fn metrics(
    group: &GroupMeasures,
    contenders: &[Contender<'_>],
    criteria: &[CriterionSummary],
) -> Vec<Metric> {
    let of_group = |criterion: &&CriterionSummary| {
        criterion
            .over
            .split_once(':')
            .is_some_and(|(_, id)| id == group.id)
    };
    let named = criteria
        .iter()
        .filter(of_group)
        .map(|criterion| criterion.metric);
    let mut metrics: Vec<Metric> = Vec::new();
    for metric in named.chain(ALWAYS) {
        let measured = contenders.iter().any(|contender| {
            let mut members = members(contender, group).iter();
            members.any(|m| find(&m.metrics, metric).is_some_and(|m| m.value().is_some()))
        });
        if measured && !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    metrics.truncate(PLOTS);
    metrics
}

fn members<'a>(contender: &Contender<'a>, group: &GroupMeasures) -> &'a [MemberMeasures] {
    let found = contender
        .measures
        .groups
        .iter()
        .find(|other| other.id == group.id);
    found.map_or(&[], |found| &found.members)
}

/// What a contender's member comes to in a metric.
fn measurement<'a>(
    contender: &Contender<'a>,
    group: &GroupMeasures,
    member: &MemberMeasures,
    metric: Metric,
) -> Option<&'a Measurement> {
    let found = members(contender, group)
        .iter()
        .find(|other| other.id == member.id)?;
    find(&found.metrics, metric)
}

fn plot(
    index: usize,
    group: &GroupMeasures,
    metric: Metric,
    contenders: &[Contender<'_>],
    language: Language,
) -> Markup {
    let rows: Vec<Row<'_>> = group
        .members
        .iter()
        .map(|member| Row {
            name: member.name.get(language),
            lines: contenders
                .iter()
                .filter_map(|contender| {
                    let measured = measurement(contender, group, member, metric)?;
                    Some(Line {
                        series: contender.series,
                        measured: triple(measured),
                    })
                })
                .collect(),
        })
        .collect();
    let name = metric_label(metric);
    let title = format!("{} · {}", group.name.get(language), name.get(language));
    ForestPlot {
        id: &format!("group-{index}-{}", crate::need::metric_name(metric)),
        title: &title,
        description: &description(group, metric, contenders, language),
        x: name.get(language),
        absent: language.pick("측정 없음", "not measured"),
        rows: &rows,
    }
    .draw()
}

fn triple(measurement: &Measurement) -> Option<(f64, f64, f64)> {
    let interval = measurement.interval()?;
    Some((
        measurement.value()?.get(),
        interval.lower.get(),
        interval.upper.get(),
    ))
}

fn description(
    group: &GroupMeasures,
    metric: Metric,
    contenders: &[Contender<'_>],
    language: Language,
) -> String {
    let mut sentences = Vec::new();
    for member in &group.members {
        let values: Vec<_> = contenders
            .iter()
            .filter_map(|contender| {
                let measured = measurement(contender, group, member, metric)?;
                let spoken = spoken(measured, digits(metric), language);
                Some(format!("{} {spoken}", contender.name))
            })
            .collect();
        sentences.push(format!(
            "{}: {}.",
            member.name.get(language),
            values.join("; ")
        ));
    }
    sentences.join(" ")
}

fn numbers(
    group: &GroupMeasures,
    metric: Metric,
    contenders: &[Contender<'_>],
    language: Language,
) -> Markup {
    let caption = format!(
        "{} · {}",
        group.name.get(language),
        metric_label(metric).get(language)
    );
    let gap = |contender: &Contender<'_>| {
        let found = contender
            .measures
            .groups
            .iter()
            .find(|other| other.id == group.id)?;
        find(&found.gaps, metric).cloned()
    };
    page::folded_table(
        language.pick("수치", "Numbers"),
        &caption,
        &html! {
            thead { tr {
                th scope="col" { (group.name.get(language)) }
                @for contender in contenders { th scope="col" class="number" { (contender.name) } }
            } }
            tbody {
                @for member in &group.members { tr {
                    th scope="row" { (member.name.get(language)) }
                    @for contender in contenders {
                        (cell(measurement(contender, group, member, metric), digits(metric), language))
                    }
                } }
                tr class="total" {
                    th scope="row" { (language.pick("격차 (최대 - 최소)", "Gap (largest - smallest)")) }
                    @for contender in contenders { (cell(gap(contender).as_ref(), digits(metric), language)) }
                }
            }
        },
    )
}
