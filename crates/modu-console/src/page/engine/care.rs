//! `care`: cohorts, models and alarms. What is of one patient never gets here:
//! the patient's page has a link of its own, and queues are for the ward.

use super::{EnginePage, Open, Words};

pub(super) const PAGE: EnginePage = EnginePage {
    name: "care",
    title: Words("의료 예후관리", "Care after treatment"),
    about: Words(
        "치료 뒤 환자의 경과를 예측하고 따르며, 알림을 정한 예산 안에서 냅니다.",
        "Predicts and follows the course of patients after treatment; alerts within a budget.",
    ),
    runs: &[
        ("cohort", Words("코호트", "Cohort")),
        ("fit", Words("모형 만들기", "Model made")),
        (
            "validate",
            Words("다른 병원에서 검증", "Model tried elsewhere"),
        ),
        ("alarm", Words("알림 규칙", "Alarm rule")),
        ("alert", Words("알림", "Alerts")),
        ("card", Words("모형 카드", "Model card")),
        ("plan", Words("관리 계획", "Plan")),
        ("page", Words("환자 화면", "Patient's page")),
        ("predict", Words("예측", "Prediction")),
        ("score", Words("점수", "Scores")),
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
        ("validate", "/verdict", Words("판정", "Verdict")),
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
    ],
    facts_open: Open::Inside,
    open,
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
