//! The report of a fit as a page, Korean and English.

use maud::{Markup, html};
use modu_kernel::{Finding, Language, Output, grouped};
use modu_statistics::Finite;

use super::document::ModelDocument;
use super::engine::FitReport;
use crate::picture::Pictures;
use crate::sheet::{self, estimate, number};

/// The pages.
pub(super) fn pages(
    report: &FitReport,
    model: &ModelDocument,
    findings: &[Finding],
    pictures: &Pictures,
) -> [Output; 2] {
    [Language::Ko, Language::En].map(|language| {
        let title = language.pick("예후 모형", "Prognostic model");
        let body = html! {
            (made_of(report, model, language))
            (terms(report, model, language))
            p.note { (sureness(report, language)) }
            (measures(report, language))
            (sheet::pictures(pictures, language))
            (sheet::findings(findings, language))
        };
        sheet::output(language, title, &body)
    })
}

fn made_of(report: &FitReport, model: &ModelDocument, language: Language) -> Markup {
    let made = &report.made_of;
    let (people, events) = (grouped(made.people), grouped(made.events));
    let follow_up = made
        .follow_up
        .map_or("–".to_owned(), |days| format!("{days:.0}"));
    html! {
        p {
            @match language {
                Language::Ko => {
                    (model.outcome.label.ko) "까지의 위험. " (people) "명, 사건 "
                    (events) "건, 관찰 기간 중앙값 " (follow_up) "일."
                },
                Language::En => {
                    "Risk of " (model.outcome.label.en) ". " (people) " people, "
                    (events) " events, median follow-up " (follow_up) " days."
                },
            }
        }
        p.digest { "model " (report.model) }
    }
}

/// Whether the model tells how sure it is of a patient.
fn sureness(report: &FitReport, language: Language) -> &'static str {
    match report.tells_intervals {
        true => language.pick(
            "환자마다 위험의 구간을 말합니다.",
            "It tells an interval of each patient's risk.",
        ),
        false => language.pick(
            "이 방법으로 만든 모형은 환자마다의 구간을 말하지 않습니다.",
            "A model made this way tells no interval of a patient's risk.",
        ),
    }
}

fn terms(report: &FitReport, model: &ModelDocument, language: Language) -> Markup {
    html! {
        p.note { (language.pick("방법: ", "Method: ")) (report.method.name()) }
        (sheet::terms(&report.terms, &model.competing, language))
    }
}

fn measures(report: &FitReport, language: Language) -> Markup {
    let corrected = |value: Option<Finite>| value.map_or("–".to_owned(), |it| number(it.get()));
    let none = [None; 3];
    let horizons = report.apparent.horizons.iter().enumerate();
    html! {
        h2 { (language.pick("성능", "Performance")) }
        table {
            tr {
                th {}
                th { (language.pick("만든 자료에서", "as it looks")) }
                th { (language.pick("낙관 보정", "corrected")) }
            }
            tr {
                th { (language.pick("일치도(Harrell)", "Concordance (Harrell)")) }
                td { (estimate(&report.apparent.harrell)) }
                td { (corrected(report.corrected_harrell)) }
            }
            @for (place, at) in horizons {
                @let fixed = report.corrected.get(place).unwrap_or(&none);
                @let days = sheet::days(at.horizon, language);
                tr { th { "AUC, " (days) } td { (estimate(&at.auc)) } td { (corrected(fixed[0])) } }
                tr { th { "Brier, " (days) } td { (estimate(&at.brier)) } td { (corrected(fixed[1])) } }
                tr {
                    th { (language.pick("보정 기울기, ", "Calibration slope, ")) (days) }
                    td { (estimate(&at.slope)) } td { (corrected(fixed[2])) }
                }
            }
        }
        p.note {
            (language.pick("부트스트랩으로 다시 만든 횟수: ", "Made anew from resamples: ")) (report.resamples)
        }
    }
}
