//! `care`: cohorts, models and alarms. What is of one patient is on no page
//! here: a patient's page and a ward's queue have links of their own.

use maud::{Markup, html};
use serde_json::Value;

use super::table::{self, Column, Teller, table};
use super::{EnginePage, Open, Words};
use crate::page::report::{list, text};

pub(super) const PAGE: EnginePage = EnginePage {
    name: "care",
    title: Words("의료 예후관리", "Care after treatment"),
    about: Words(
        "치료 뒤 환자의 경과를 예측하고 따르며, 알림을 정한 예산 안에서 냅니다.",
        "Predicts and follows the course of patients after treatment; alerts within a budget.",
    ),
    runs: &[
        ("cohort", Words("코호트", "Cohort")),
        ("card", Words("모형 카드", "Model card")),
        ("alert", Words("알림 대기열", "Alert queue")),
        ("alarm", Words("알림 규칙", "Alarm rule")),
        ("fit", Words("모형 만들기", "Model made")),
        (
            "validate",
            Words("다른 병원에서 검증", "Model tried elsewhere"),
        ),
        ("plan", Words("관리 계획", "Plan")),
        ("predict", Words("예측", "Prediction")),
        ("score", Words("점수", "Scores")),
        ("page", Words("환자 화면", "Patient's page")),
    ],
    facts: &[
        ("cohort", "/title", Words("코호트", "Cohort")),
        (
            "cohort",
            "/records_read",
            Words("읽은 기록", "Records read"),
        ),
        ("cohort", "/people_in", Words("사람", "People")),
        ("cohort", "/rows", Words("행", "Rows")),
        ("fit", "/resamples", Words("되풀이", "Resamples")),
        (
            "fit",
            "/corrected_harrell",
            Words("보정한 일치도", "Corrected concordance"),
        ),
        ("validate", "/rows", Words("행", "Rows")),
        ("alarm", "/people", Words("사람", "People")),
        ("alarm", "/stays", Words("입원", "Stays")),
        (
            "alarm",
            "/holds_within_a_tenth",
            Words("예산을 지킴", "Holds the budget"),
        ),
        ("card", "/name", Words("모형", "Model")),
        ("alert", "/at", Words("때", "At")),
        (
            "alert",
            "/minutes_to_answer",
            Words("답하기까지 (분)", "Minutes to an answer"),
        ),
        ("plan", "/at", Words("때", "At")),
    ],
    facts_open: Open::Inside,
    tells: None,
    details,
    open,
    behind_link: Some(behind_link),
};

fn open(name: &str) -> Open {
    match name {
        // A model's card is made to be read by all whom it concerns.
        "card.ko.html" | "card.en.html" => Open::ToAll,
        "report.ko.html" | "report.en.html" | "flow.ko.svg" | "flow.en.svg" | "alarm.ko.html"
        | "alarm.en.html" => Open::Inside,
        _ => Open::Never,
    }
}

/// A patient's page is the patient's, a queue the ward's: they are handed a
/// link by whoever keeps the home.
fn behind_link(name: &str) -> bool {
    matches!(
        name,
        "patient.html" | "clinician.html" | "queue.ko.html" | "queue.en.html"
    )
}

fn details(visit: &Teller<'_>, run: &str, report: &Value) -> Markup {
    match run {
        "cohort" => cohort(visit, report),
        "validate" => validate(visit, report),
        "card" => card(visit, report),
        "alert" => alert(visit, report),
        "plan" => plan(visit, report),
        _ => html! {},
    }
}

/// Who was left out and why, and what was seen of those who are in.
fn cohort(visit: &Teller<'_>, report: &Value) -> Markup {
    let reasons = [
        Column("까닭", "Why", "/label"),
        Column("수", "Count", "/count"),
    ];
    let events = [
        Column("사건", "Event", "/label"),
        Column("수", "Count", "/count"),
    ];
    html! {
        (table(visit, ("빠진 사람", "People left out"), list(report, "people_left_out"), &reasons))
        (table(visit, ("빠진 기준 사건", "Index events left out"), list(report, "index_events_left_out"), &reasons))
        (table(visit, ("사건", "Events"), list(report, "events"), &events))
    }
}

fn validate(visit: &Teller<'_>, report: &Value) -> Markup {
    let verdicts = [
        ("holds", "그대로 쓸 수 있음", "it may be used as it is"),
        (
            "holds_recalibrated",
            "다시 맞춘 것을 쓸 수 있음",
            "the recalibrated one may be used",
        ),
        ("not_shown", "아직 보이지 않음", "not shown"),
        (
            "does_not_hold",
            "여기서는 쓸 수 없음",
            "it does not hold here",
        ),
        ("too_few_events", "사건이 너무 적음", "too few events"),
    ];
    let columns = [
        Column("기준", "Criterion", "/criterion"),
        Column("며칠 뒤", "Days ahead", "/horizon"),
        Column("아래", "From", "/low"),
        Column("위", "To", "/high"),
        Column("답", "Answer", "/answer"),
    ];
    let judged = table::in_words(
        visit,
        list(report, "judged"),
        &["/criterion", "/answer"],
        &[
            ("concordance", "일치도", "concordance"),
            ("ratio", "관측 대 예측", "observed over expected"),
            ("slope", "보정 기울기", "calibration slope"),
            ("met", "충족", "met"),
            ("not_shown", "보이지 않음", "not shown"),
            ("broken", "미달", "not met"),
        ],
    );
    html! {
        p { (visit.say("판정: ", "Verdict: ")) (table::word(visit, &verdicts, text(report, "verdict"))) }
        (table(visit, ("기준마다", "Criterion by criterion"), &judged, &columns))
    }
}

fn card(visit: &Teller<'_>, report: &Value) -> Markup {
    let filled = [
        ("run", "실행이 채움", "Filled by runs"),
        ("person", "사람이 채움", "Filled by people"),
        ("partly", "일부", "Partly"),
        ("open", "비어 있음", "Open"),
    ];
    table::counts(visit, report.get("counts"), &filled)
}

/// How many alerts wait, and how fast they are answered. Whose they are is for
/// the ward.
fn alert(visit: &Teller<'_>, report: &Value) -> Markup {
    let counts = [
        ("open", "열림", "Open"),
        ("escalated", "위로 올라감", "Escalated"),
        ("acknowledged", "맡음", "Taken on"),
        ("closed", "끝남", "Closed"),
        ("held_back", "누름", "Held back"),
    ];
    table::counts(visit, report.get("counts"), &counts)
}

fn plan(visit: &Teller<'_>, report: &Value) -> Markup {
    let bands = [
        Column("위험 단계", "Band", "/band"),
        Column("사람", "People", "/people"),
        Column("때를 넘김", "Overdue", "/overdue"),
        Column("한계를 벗어남", "Outside limits", "/outside_limits"),
    ];
    table(
        visit,
        ("위험 단계마다", "By band"),
        list(report, "bands"),
        &bands,
    )
}
