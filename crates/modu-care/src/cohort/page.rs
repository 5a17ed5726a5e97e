//! The report for people: the flow, the records, the columns, the findings.

use maud::{Markup, html};
use modu_kernel::{Finding, Language, Output};

use super::flow;
use super::report::CohortReport;

/// The page as an output of the run.
pub(super) fn output(report: &CohortReport, findings: &[Finding], language: Language) -> Output {
    let title = report.title.get(language);
    let body = body(report, findings, language);
    Output {
        name: format!("report.{language}.html"),
        media_type: "text/html".to_owned(),
        bytes: flow::document(title, language, &body)
            .into_string()
            .into_bytes(),
    }
}

fn body(report: &CohortReport, findings: &[Finding], language: Language) -> Markup {
    let say = |ko, en| language.pick(ko, en);
    html! {
        p class="kind" { (say("모두 · 코호트", "Modu · cohort")) }
        h1 { (report.title.get(language)) }
        h2 { (say("누가 들고 누가 빠졌는가", "Who is in, and who was left out")) }
        (flow::picture(report, language))
        @if !findings.is_empty() {
            h2 { (say("알아 둘 것", "What to know of the data")) }
            ul class="findings" { @for finding in findings {
                li { code { (finding.code) } " " (finding.place) ": " (finding.message.get(language)) }
            } }
        }
        h2 { (say("기록", "Records")) }
        (records(report, language))
        h2 { (say("예측 변수", "Predictors")) }
        (predictors(report, language))
        footer {
            p { (say("코호트 지문", "cohort digest")) " " code { (report.cohort) } }
            p { (say("정의", "definition")) " " code { (report.definition) } }
            p { (say(
                "5보다 작은 수와 그것을 셈해 낼 수 있는 수는 적지 않습니다.",
                "Numbers below 5, and those they could be computed from, are not told.",
            )) }
        }
    }
}

fn records(report: &CohortReport, language: Language) -> Markup {
    html! {
        table {
            @for counted in &report.records { tr {
                td { (counted.fate.label().get(language)) }
                td class="number" { (counted.records.text(language)) }
            } }
            tr {
                th { (language.pick("읽은 기록 모두", "all that were read")) }
                td class="number" { (report.records_read) }
            }
        }
    }
}

fn predictors(report: &CohortReport, language: Language) -> Markup {
    html! {
        table {
            tr {
                th { (language.pick("변수", "predictor")) }
                th { (language.pick("단위", "unit")) }
                th { (language.pick("값이 없는 행", "rows without a value")) }
            }
            @for predictor in &report.predictors { tr {
                td { (predictor.label.get(language)) " " code { (predictor.name) } }
                td { (predictor.unit.as_deref().unwrap_or("")) }
                td class="number" { (predictor.missing.text(language)) }
            } }
        }
    }
}
