//! The report of a validation as a page, Korean and English.

use maud::{Markup, html};
use modu_kernel::{Finding, Label, Language, Output, grouped};

use super::drift::{DriftReport, WhatMoved};
use super::engine::ValidateReport;
use super::verdict::{Criterion, Judged, JudgedAnswer, Verdict};
use crate::picture::Pictures;
use crate::sheet::{self, estimate, number, p_value};

impl Verdict {
    /// For people.
    #[must_use]
    pub fn label(self) -> Label {
        let (ko, en) = match self {
            Self::Holds => (
                "이 병원에서 그대로 쓸 수 있습니다.",
                "The model holds here as it is.",
            ),
            Self::HoldsRecalibrated => (
                "다시 보정하면 쓸 수 있습니다. 그대로는 맞는다고 보이지 않았습니다.",
                "The model holds here once recalibrated; as it is, it is not shown to be right.",
            ),
            Self::NotShown => (
                "쓸 수 있다고 보이지 않았습니다. 일부 기준을 충족하는지 알 수 없습니다.",
                "The model is not shown to hold here: some criterion is not shown to be met.",
            ),
            Self::DoesNotHold => (
                "이 병원에서는 환자를 제대로 가려내지 못합니다.",
                "The model does not hold here: it does not tell patients apart.",
            ),
            Self::TooFewEvents => (
                "사건이 너무 적어 말할 수 없습니다.",
                "There are too few events to say anything.",
            ),
        };
        Label::new(ko, en)
    }
}

/// The pages.
pub(super) fn pages(
    report: &ValidateReport,
    findings: &[Finding],
    pictures: &Pictures,
) -> [Output; 2] {
    [Language::Ko, Language::En].map(|language| {
        let title = language.pick("다른 병원에서의 검증", "Validation at another hospital");
        let holds = matches!(report.verdict, Verdict::Holds | Verdict::HoldsRecalibrated);
        let label = report.verdict.label();
        let as_it_is = language.pick("그대로", "as it is");
        let mut columns = vec![(as_it_is, &report.performance)];
        let moved = language.pick("다시 보정(교차)", "recalibrated (cross-fitted)");
        columns.extend(report.recalibrated.iter().map(|it| (moved, it)));
        let body = html! {
            p class=(if holds { "verdict" } else { "verdict no" }) { (label.get(language)) }
            p {
                @match language {
                    Language::Ko => { (grouped(report.rows)) "행, 사건 " (report.events.text(language)) "건" },
                    Language::En => { (grouped(report.rows)) " rows, " (report.events.text(language)) " events" },
                }
            }
            p.digest { "model " (report.model) }
            h2 { (language.pick("기준", "Criteria")) }
            (criteria(report, language))
            h2 { (language.pick("성능", "Performance")) }
            (sheet::performances(&columns, language))
            (sheet::pictures(pictures, language))
            (drift(&report.drift, language))
            (sheet::findings(findings, language))
        };
        sheet::output(language, title, &body)
    })
}

fn criteria(report: &ValidateReport, language: Language) -> Markup {
    let moved = report.judged_recalibrated.as_deref().unwrap_or(&[]);
    html! {
        table {
            tr {
                th {}
                th { (language.pick("요구", "asked")) }
                th { (language.pick("그대로", "as it is")) } th {}
                @if !moved.is_empty() { th { (language.pick("다시 보정", "recalibrated")) } th {} }
            }
            @for (place, judged) in report.judged.iter().enumerate() {
                tr {
                    th { (name(judged, language)) }
                    td { (number(judged.low)) " – " (number(judged.high)) }
                    td { (estimate(&judged.measure)) } td { (answer(judged.answer, language)) }
                    @if let Some(moved) = moved.get(place) {
                        td { (estimate(&moved.measure)) } td { (answer(moved.answer, language)) }
                    }
                }
            }
        }
    }
}

fn name(judged: &Judged, language: Language) -> String {
    let name = match judged.criterion {
        Criterion::Concordance => language.pick("일치도", "Concordance"),
        Criterion::Ratio => language.pick("관찰/예측", "Observed/expected"),
        Criterion::Slope => language.pick("보정 기울기", "Calibration slope"),
    };
    match judged.horizon {
        None => name.to_owned(),
        Some(horizon) => format!("{name}, {}", sheet::days(horizon, language)),
    }
}

fn answer(answer: JudgedAnswer, language: Language) -> &'static str {
    match answer {
        JudgedAnswer::Met => language.pick("✓ 충족", "✓ met"),
        JudgedAnswer::NotShown => language.pick("? 보이지 않음", "? not shown"),
        JudgedAnswer::Broken => language.pick("✗ 어김", "✗ broken"),
    }
}

fn drift(drift: &DriftReport, language: Language) -> Markup {
    let linear = language.pick("선형 예측값", "linear predictor");
    let rings = |alarm: bool| {
        if alarm {
            language.pick("✗ 경보", "✗ alarm")
        } else {
            "–"
        }
    };
    html! {
        h2 { (language.pick("무엇이 다른가", "What is different")) }
        p.note {
            (language.pick("아무것도 달라지지 않았을 때 경보가 하나라도 울릴 확률의 상한: ", "Largest chance of any alarm where nothing has changed: "))
            (number(drift.false_alarm_rate.get()))
        }
        table {
            tr {
                th { (language.pick("환자 구성", "Case mix")) }
                th { (language.pick("안정성 지수(PSI)", "stability index")) }
                th { "p" } th {}
            }
            @for it in &drift.case_mix {
                tr {
                    th { (it.predictor.as_deref().unwrap_or(linear)) }
                    td { (number(it.stability.get())) }
                    td { (p_value(it.p_value.get())) }
                    td { (rings(it.alarm)) }
                }
            }
        }
        table {
            tr { th { (language.pick("보정", "Calibration")) } th { "p" } th {} }
            @for it in &drift.calibration {
                @let what = match it.of {
                    WhatMoved::Ratio => language.pick("관찰/예측", "Observed/expected"),
                    WhatMoved::Slope => language.pick("기울기", "slope"),
                };
                tr {
                    th { (what) ", " (sheet::days(it.horizon, language)) }
                    td { (it.p_value.map_or("–".to_owned(), |p| p_value(p.get()))) }
                    td { (rings(it.alarm)) }
                }
            }
        }
    }
}
