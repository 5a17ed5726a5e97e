//! The two reports as self-contained pages: SVG, no script, Korean or English.
//!
//! A page begins with the answer, because that is what its reader came for:
//! which solutions are adopted and which are not, and why. Then come the
//! criteria with their numbers, and behind them everything they rest on, down
//! to the digests with which the run can be replayed. Nothing is loaded from
//! anywhere; a page can be kept for decades and printed.
//!
//! The functions only lay out what a report already says. The same report
//! gives the same bytes.

use maud::{Markup, html};
use modu_kernel::Language;
use modu_statistics::Finite;

use crate::need::Task;
use crate::report::{CriterionSummary, Measures, OwnerReport, ReleasedReport, SolutionSection};
use crate::watch::report::WatchReport;

mod budget;
mod calibration;
mod classes;
mod confusion;
mod contender;
mod criteria;
mod curves;
mod data;
mod decision;
mod fit;
mod groups;
mod measures;
mod number;
mod page;
mod places;
mod question;
mod released;
mod scan;
mod solutions;
mod standings;
mod svg;
mod today;
mod verdict;
mod verification;
mod watch;

#[cfg(test)]
mod tests;

use contender::Contender;
use decision::Judged;
use page::Section;

/// The owner's report as one HTML document.
#[must_use]
pub fn owner_html(report: &OwnerReport, language: Language) -> String {
    let judged = judged(&report.solutions, &report.need.criteria, language);
    let head = page::Head {
        kind: language.pick("실증 보고서 (자료 소유자용)", "Demonstration report (for the data's owner)"),
        question: report.need.question.get(language),
        lead: html! {
            (decision::lead(&judged, report.need.criteria.len(), language))
            (when(report.time.as_deref(), language))
        },
        footer: language.pick(
            "이 쪽에는 집단별 수치와 자료의 개요가 들어 있습니다. 밖으로는 공개용 보고서를 내보내십시오.",
            "This page holds numbers on groups and a profile of the data. Release the released report instead.",
        ),
    };
    page::document(language, &head, &owner_sections(report, &judged, language))
}

/// The owner's page of a watch as one HTML document.
#[must_use]
pub fn watch_html(report: &WatchReport, language: Language) -> String {
    watch::document(report, language)
}

/// The released report as one HTML document.
#[must_use]
pub fn released_html(report: &ReleasedReport, language: Language) -> String {
    let judged = released::judged(&report.solutions, &report.need.criteria, language);
    let head = page::Head {
        kind: language.pick("실증 보고서 (공개용)", "Demonstration report (released)"),
        question: report.need.question.get(language),
        lead: html! {
            (decision::lead(&judged, report.need.criteria.len(), language))
            (when(report.time.as_deref(), language))
        },
        footer: language.pick(
            "미리 정한 기준이 부르는 수치만 담았습니다. 수치는 구간이 뒷받침하는 자리까지 반올림했습니다.",
            "Only what the criteria name is told here, rounded to what the intervals support.",
        ),
    };
    let section = |id, title, body| Section { id, title, body };
    let t = |ko, en| language.pick(ko, en);
    let mut sections = vec![
        section(
            "decision",
            t("결정", "Decision"),
            decision::section(&judged, &report.need.criteria, None, language),
        ),
        section(
            "criteria",
            t("기준", "Criteria"),
            released::section(report, language),
        ),
        section(
            "question",
            t("질문과 규칙", "Question and rules"),
            question::section(&report.need, report.registration.as_ref(), language),
        ),
        section("data", t("자료", "Data"), released::data(report, language)),
        section(
            "solutions",
            t("솔루션", "Solutions"),
            solutions::released(&report.solutions, language),
        ),
        section(
            "not-measured",
            t("재지 않은 것", "What was not measured"),
            verification::not_measured(&report.not_measured, language),
        ),
        section(
            "budget",
            t("제출 한도", "Budget of submissions"),
            budget::released(&report.budget, &report.step, language),
        ),
        section(
            "verify",
            t("확인하고 다시 돌리기", "Verify and replay"),
            verification::section(&report.verification, language),
        ),
    ];
    if !report.standings.is_empty() {
        let body = standings::released(&report.standings, language);
        let standings = section("standings", t("순서와 동률", "Order and ties"), body);
        sections.insert(2, standings);
    }
    page::document(language, &head, &sections)
}

fn owner_sections(report: &OwnerReport, judged: &[Judged<'_>], language: Language) -> Vec<Section> {
    let contenders = contender::all(report, language);
    let need = &report.need;
    let t = |ko, en| language.pick(ko, en);
    let today = today::row(report, language);
    let mut sections = vec![
        (
            "decision",
            t("결정", "Decision"),
            decision::section(judged, &need.criteria, today.as_deref(), language),
        ),
        (
            "criteria",
            t("기준", "Criteria"),
            criteria::section(report, language),
        ),
        (
            "question",
            t("질문과 규칙", "Question and rules"),
            question::section(need, report.registration.as_ref(), language),
        ),
        (
            "data",
            t("자료", "Data"),
            data::section(&report.data, language),
        ),
        (
            "solutions",
            t("솔루션", "Solutions"),
            solutions::section(&report.solutions, report.walls.as_ref(), language),
        ),
        (
            "measures",
            t("지표", "Metrics"),
            measures::section(&contenders, language),
        ),
    ];
    if contenders
        .iter()
        .any(|contender| contender.measures.roc.is_some())
    {
        let body = curves::section(&contenders, prevalence(report), language);
        sections.push(("curves", t("곡선", "Curves"), body));
    }
    if contenders
        .iter()
        .any(|contender| contender.measures.reliability.is_some())
    {
        let body = calibration::section(&contenders, language);
        sections.push((
            "reliability",
            t("점수의 신뢰도", "Reliability of the scores"),
            body,
        ));
    }
    sections.extend(of_task(report, &contenders, language));
    sections.extend(behind(report, &contenders, language));
    sections
        .into_iter()
        .map(|(id, title, body)| Section { id, title, body })
        .collect()
}

/// The sections that only some tasks have: on classes, numbers or orders.
fn of_task(
    report: &OwnerReport,
    contenders: &[Contender<'_>],
    language: Language,
) -> Vec<(&'static str, &'static str, Markup)> {
    let t = |ko, en| language.pick(ko, en);
    let any = |has: fn(&Measures) -> bool| {
        let mut measures = contenders.iter().map(|contender| contender.measures);
        measures.any(has)
    };
    let mut sections = Vec::new();
    if matches!(report.need.task, Task::Binary | Task::Multiclass) {
        sections.push((
            "confusion",
            t("실제와 판단", "Truth and decision"),
            confusion::section(contenders, &report.need, language),
        ));
    }
    if any(|measures| !measures.classes.is_empty()) {
        sections.push((
            "classes",
            t("부류마다", "Class by class"),
            classes::section(contenders, &report.data.classes, language),
        ));
    }
    if any(|measures| measures.fit.is_some()) {
        sections.push((
            "fit",
            t("예측과 참값", "Prediction and truth"),
            fit::section(contenders, language),
        ));
    }
    if any(|measures| measures.places.is_some()) {
        sections.push((
            "places",
            t("자리마다", "Place by place"),
            places::section(contenders, &report.need, language),
        ));
    }
    sections
}

/// The sections on groups, pairs, gaps in the work, and verification.
fn behind(
    report: &OwnerReport,
    contenders: &[Contender<'_>],
    language: Language,
) -> Vec<(&'static str, &'static str, Markup)> {
    let t = |ko, en| language.pick(ko, en);
    let mut sections = Vec::new();
    if contenders
        .iter()
        .any(|contender| !contender.measures.groups.is_empty())
    {
        let body = groups::section(contenders, &report.need, language);
        sections.push(("groups", t("보호 집단", "Protected groups"), body));
    }
    if let Some(scan) = &report.scan {
        let name = |id: &str| {
            let found = contenders.iter().find(|contender| contender.id == id);
            found.map_or_else(|| id.to_owned(), |contender| contender.name.to_owned())
        };
        let body = scan::section(scan, name, language);
        sections.push(("slices", t("더 나쁜 곳 찾기", "Where it fares worse"), body));
    }
    if !report.standings.is_empty() {
        let body = standings::section(&report.standings, language);
        sections.push(("standings", t("순서와 동률", "Order and ties"), body));
    }
    if !report.comparisons.is_empty() {
        let body = match report.need.task {
            Task::Binary | Task::Multiclass => {
                measures::comparisons(&report.comparisons, contenders, language)
            }
            Task::Regression | Task::Ranking => {
                measures::differences(&report.comparisons, contenders, language)
            }
        };
        sections.push(("comparisons", t("짝지은 비교", "Paired comparisons"), body));
    }
    sections.push((
        "not-measured",
        t("재지 않은 것", "What was not measured"),
        verification::not_measured(&report.not_measured, language),
    ));
    sections.push((
        "budget",
        t("제출 한도와 공개", "Budget and release"),
        budget::owner(&report.release, &report.solutions, language),
    ));
    sections.push((
        "verify",
        t("확인하고 다시 돌리기", "Verify and replay"),
        verification::section(&report.verification, language),
    ));
    sections
}

/// The owner's solutions for the first section.
fn judged<'a>(
    solutions: &'a [SolutionSection],
    criteria: &[CriterionSummary],
    language: Language,
) -> Vec<Judged<'a>> {
    let one = |solution: &'a SolutionSection| Judged {
        name: solution.name.get(language),
        supplier: solution.supplier.get(language),
        version: &solution.version,
        decision: &solution.decision,
        cells: solution
            .criteria
            .iter()
            .zip(criteria)
            .map(|(result, criterion)| {
                let part = decision::deciding_part(
                    result.verdict,
                    criterion.direction,
                    &result.parts,
                    |part| (part.verdict, part.measurement.value().map(Finite::get)),
                );
                let value = part.and_then(|part| part.measurement.value());
                (
                    result.verdict,
                    value.map(|value| number::decimal(value.get(), 3)),
                )
            })
            .collect(),
        reasons: solution
            .criteria
            .iter()
            .map(|result| result.reason.get(language))
            .collect(),
    };
    solutions.iter().map(one).collect()
}

/// The share of positives, where the task has a positive class.
#[expect(
    clippy::cast_precision_loss,
    reason = "rows of a data set stay below 2^53"
)]
fn prevalence(report: &OwnerReport) -> f64 {
    let positives = report
        .data
        .classes
        .iter()
        .find(|entry| Some(entry.class.code) == report.need.positive);
    let rows = report.data.profile.rows.max(1);
    positives.map_or(0.0, |entry| entry.rows as f64 / rows as f64)
}

fn when(time: Option<&str>, language: Language) -> Markup {
    html! { @if let Some(time) = time {
        p class="when" { (language.pick("실행 요청 시각 ", "Run requested at ")) time datetime=(time) { (time) } " (UTC)" }
    } }
}
