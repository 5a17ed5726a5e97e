//! What the data set is. Owner only.

use maud::{Markup, html};
use modu_kernel::Language;

use super::number::{ABSENT, count, decimal, share};
use super::page;
use crate::dataset::ColumnProfile;
use crate::need::{ColumnRole, ColumnType};
use crate::report::{DataSection, GroupCount, PublishedData};

/// Rows, classes, groups and columns.
pub(super) fn section(data: &DataSection, language: Language) -> Markup {
    html! {
        (facts(data, language))
        @if !data.groups.is_empty() { (groups(data, language)) }
        (columns(data, language))
    }
}

fn facts(data: &DataSection, language: Language) -> Markup {
    let rows = data.profile.rows;
    let mut entries = vec![(language.pick("행", "Rows"), html! { (count(rows)) })];
    if let Some(clusters) = data.clusters {
        entries.push((
            language.pick("행이 속한 단위", "They belong to"),
            html! {
                (count(clusters)) (language.pick("개 (사람 또는 질의)", " units (persons or queries)"))
            },
        ));
    }
    for entry in &data.classes {
        let name = entry.class.name.get(language);
        entries.push((
            name,
            html! { (count(entry.rows)) " (" (share(entry.rows, rows)) ")" },
        ));
    }
    let repeated = data.profile.repeated_rows;
    entries.extend([
        (
            language.pick("되풀이된 행", "Repeated rows"),
            html! { (count(repeated)) " (" (share(repeated, rows)) ")" },
        ),
        (
            language.pick("열", "Columns"),
            html! { (data.profile.columns.len()) },
        ),
        (
            language.pick("크기", "Size"),
            html! { (count(data.size)) (language.pick("바이트", " bytes")) },
        ),
        (
            language.pick("해시값", "Digest"),
            html! { code class="digest" { (data.digest) } },
        ),
        (
            language.pick("공개되는 이름", "Named in public by"),
            published(&data.published, language),
        ),
    ]);
    page::terms(&entries)
}

/// What stands for the data where everybody can read it.
pub(super) fn published(data: &PublishedData, language: Language) -> Markup {
    let (name, digest) = match data {
        PublishedData::Commitment(commitment) => {
            (language.pick("약속값", "Commitment"), commitment)
        }
        PublishedData::Digest(digest) => (language.pick("해시값", "Digest"), digest),
    };
    html! { (name) " " code class="digest" { (digest) } }
}

fn groups(data: &DataSection, language: Language) -> Markup {
    let mut counted = data.groups.iter().flat_map(|group| &group.members);
    let positives = counted.any(|member| member.positives.is_some());
    page::table(
        language.pick("보호 집단", "Protected groups"),
        &html! {
            thead { tr {
                th scope="col" { (language.pick("집단", "Member")) }
                th scope="col" class="number" { (language.pick("행", "Rows")) }
                th scope="col" class="number" { (language.pick("비율", "Share")) }
                @if positives {
                    th scope="col" class="number" { (language.pick("양성", "Positives")) }
                    th scope="col" class="number" { (language.pick("양성 비율", "Share of them")) }
                }
                th scope="col" { (language.pick("판정할 크기", "Large enough")) }
            } }
            @for group in &data.groups { (members(group, data.profile.rows, positives, language)) }
        },
    )
}

fn members(group: &GroupCount, rows: u64, positives: bool, language: Language) -> Markup {
    html! { tbody {
        tr { th scope="rowgroup" colspan=(if positives { 6 } else { 4 }) class="group" { (group.name.get(language)) } }
        @for member in &group.members { tr {
            th scope="row" { (member.name.get(language)) }
            td class="number" { (count(member.rows)) }
            td class="number" { (share(member.rows, rows)) }
            @if positives {
                td class="number" { (member.positives.map_or_else(|| ABSENT.to_owned(), count)) }
                td class="number" { (member.positives.map_or_else(|| ABSENT.to_owned(), |p| share(p, member.rows))) }
            }
            td { (if member.enough { language.pick("예", "yes") } else { language.pick("아니오", "no") }) }
        } }
        @if group.outside > 0 { tr {
            th scope="row" { (language.pick("어느 집단도 아님", "In no member")) }
            td class="number" { (count(group.outside)) }
            td class="number" { (share(group.outside, rows)) }
            @if positives { td class="number" { (ABSENT) } td class="number" { (ABSENT) } }
            td { (ABSENT) }
        } }
    } }
}

fn columns(data: &DataSection, language: Language) -> Markup {
    page::folded_table(
        language.pick("열마다 보기", "Column by column"),
        language.pick("열의 개요", "Profile of the columns"),
        &html! {
            thead { tr {
                th scope="col" { (language.pick("열", "Column")) }
                th scope="col" { (language.pick("역할", "Role")) }
                th scope="col" { (language.pick("형식", "Type")) }
                @for name in [
                    language.pick("빈칸", "Missing"), language.pick("서로 다른 값", "Distinct"),
                    language.pick("최소", "Minimum"), language.pick("최대", "Maximum"),
                    language.pick("평균", "Mean"),
                ] { th scope="col" class="number" { (name) } }
            } }
            tbody { @for column in &data.profile.columns { (row(column, language)) } }
        },
    )
}

fn row(column: &ColumnProfile, language: Language) -> Markup {
    let number = |value: Option<modu_statistics::Finite>, digits| {
        value.map_or_else(|| ABSENT.to_owned(), |value| decimal(value.get(), digits))
    };
    let digits = if column.column_type == ColumnType::Number {
        3
    } else {
        0
    };
    html! { tr {
        th scope="row" {
            code { (column.name) }
            @if let Some(label) = &column.label { span class="over" { (label.get(language)) } }
        }
        td { (role(column.role, language)) }
        td { (kind(column.column_type, language)) }
        td class="number" { (count(column.missing)) }
        td class="number" { (count(column.distinct)) }
        td class="number" { (number(column.minimum, digits)) }
        td class="number" { (number(column.maximum, digits)) }
        td class="number" { (number(column.mean, 3)) }
    } }
}

const fn role(role: ColumnRole, language: Language) -> &'static str {
    match role {
        ColumnRole::Feature => language.pick("입력", "feature"),
        ColumnRole::Label => language.pick("정답", "label"),
        ColumnRole::Group => language.pick("보호 집단", "group"),
        ColumnRole::Incumbent => language.pick("현행", "incumbent"),
        ColumnRole::Cluster => language.pick("독립 단위", "unit of independence"),
        ColumnRole::Query => language.pick("질의", "query"),
        ColumnRole::Ignored => language.pick("쓰지 않음", "ignored"),
    }
}

const fn kind(kind: ColumnType, language: Language) -> &'static str {
    match kind {
        ColumnType::Integer => language.pick("정수", "integer"),
        ColumnType::Number => language.pick("수", "number"),
        ColumnType::Code => language.pick("코드", "code"),
        ColumnType::Text => language.pick("글", "text"),
    }
}
