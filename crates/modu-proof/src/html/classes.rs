//! Each class against the rest: a table per contender, and behind it the same
//! in each member of a protected group.

use maud::{Markup, html};
use modu_kernel::Language;

use super::contender::{Contender, find};
use super::measures::cell;
use super::number::{count, digits};
use super::{page, svg};
use crate::need::{Metric, metric_label};
use crate::report::{ClassCount, ClassMeasures, GroupMeasures};

/// All contenders, one after the other.
pub(super) fn section(
    contenders: &[Contender<'_>],
    counts: &[ClassCount],
    language: Language,
) -> Markup {
    html! {
        p class="note" { (language.pick(
            "부류마다 그 부류를 양성으로, 나머지를 모두 음성으로 보고 쟀습니다.",
            "Of each class, that class is taken as the positive one and all the others as the negative one.",
        )) }
        @for contender in contenders {
            h3 { (svg::key(contender.series)) " " (contender.name) }
            (overall(contender, counts, language))
            @for group in shown(&contender.measures.groups) {
                (of_group(contender, group, language))
            }
        }
    }
}

/// The groups whose members are measured class by class.
fn shown(groups: &[GroupMeasures]) -> impl Iterator<Item = &GroupMeasures> {
    let classes = |group: &&GroupMeasures| {
        let mut members = group.members.iter();
        members.any(|member| !member.classes.is_empty())
    };
    groups.iter().filter(classes)
}

fn metrics(classes: &[ClassMeasures]) -> Vec<Metric> {
    let first = classes.first().map_or(&[][..], |class| &class.metrics);
    first.iter().map(|measure| measure.metric).collect()
}

fn overall(contender: &Contender<'_>, counts: &[ClassCount], language: Language) -> Markup {
    let classes = &contender.measures.classes;
    let metrics = metrics(classes);
    let rows = |class: &ClassMeasures| {
        let found = counts.iter().find(|entry| entry.class == class.class);
        found.map_or(0, |entry| entry.rows)
    };
    let caption = format!(
        "{}: {}",
        language.pick(
            "부류마다의 지표와 구간",
            "Metrics of each class, with intervals"
        ),
        contender.name
    );
    page::table_under_heading(
        &caption,
        &html! {
            thead { tr {
                th scope="col" { (language.pick("부류", "Class")) }
                th scope="col" class="number" { (language.pick("행", "Rows")) }
                @for metric in &metrics { th scope="col" class="number" { (metric_label(*metric).get(language)) } }
            } }
            tbody { @for class in classes { tr {
                th scope="row" { (class.class.name.get(language)) }
                td class="number" { (count(rows(class))) }
                @for metric in &metrics { (cell(find(&class.metrics, *metric), digits(*metric), language)) }
            } } }
        },
    )
}

fn of_group(contender: &Contender<'_>, group: &GroupMeasures, language: Language) -> Markup {
    let metrics = group
        .members
        .first()
        .map_or_else(Vec::new, |member| metrics(&member.classes));
    let caption = format!("{} · {}", contender.name, group.name.get(language));
    page::folded_table(
        group.name.get(language),
        &caption,
        &html! {
            thead { tr {
                th scope="col" { (language.pick("부류", "Class")) }
                @for metric in &metrics { th scope="col" class="number" { (metric_label(*metric).get(language)) } }
            } }
            @for member in &group.members { tbody {
                tr { th scope="rowgroup" colspan=(metrics.len() + 1) class="group" { (member.name.get(language)) } }
                @for class in &member.classes { tr {
                    th scope="row" { (class.class.name.get(language)) }
                    @for metric in &metrics { (cell(find(&class.metrics, *metric), digits(*metric), language)) }
                } }
            } }
        },
    )
}
