//! The report with its pictures, as one page that loads nothing: risk over
//! time, deadlines met and missed, exposure by zone.

mod bars;
mod deadlines;
mod risk;
mod timeline;
mod zones;

use std::collections::BTreeMap;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use modu_kernel::{Language, Output};

use self::timeline::Band;
use super::DueReport;
use crate::ledger::State;

const STYLE: &str = include_str!("style.css");

/// Nothing may be loaded and no script may run, even if a name tried to.
const SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// What a page is made of.
pub(super) struct Drawn<'a> {
    pub(super) report: &'a DueReport,
    pub(super) state: &'a State,
    /// Zones by asset; none where no list of assets was given.
    pub(super) zones: Option<&'a BTreeMap<String, String>>,
}

/// The page in a language.
pub(super) fn output(drawn: &Drawn<'_>, language: Language) -> Output {
    Output {
        name: format!("report.{language}.html"),
        media_type: "text/html".into(),
        bytes: page(drawn, language).into_string().into_bytes(),
    }
}

fn page(drawn: &Drawn<'_>, language: Language) -> Markup {
    let title = language.pick("취약점 조치 기한", "Deadlines of vulnerabilities");
    let (state, day) = (drawn.state, drawn.report.day);
    html! {
        (DOCTYPE)
        html lang=(language) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(SECURITY_POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · " (day) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                p class="kind" { (language.pick("모두", "Modu")) " · " (day) }
                h1 { (title) }
                (lead(drawn.report, language))
                (key(language))
                h2 { (language.pick("시간에 따른 위험", "Risk over time")) }
                (risk::figure(state, day, language))
                h2 { (language.pick("지킨 기한과 놓친 기한", "Deadlines met and missed")) }
                (deadlines::figure(state, day, language))
                h2 { (language.pick("구역별 노출", "Exposure by zone")) }
                @match drawn.zones {
                    Some(zones) => { (zones::figure(state, zones, day, language)) }
                    None => p class="note" { (language.pick(
                        "자산 목록이 없어 구역을 알 수 없습니다.",
                        "No list of assets was given, so zones are not known.",
                    )) }
                }
                @if let Some(head) = drawn.report.head {
                    footer { (language.pick("장부의 머리", "head of the ledger")) " " code { (head) } }
                }
            }
        }
    }
}

fn lead(report: &DueReport, language: Language) -> Markup {
    let counts = report.counts;
    let class = if report.overdue > 0 {
        "answer bad"
    } else {
        "answer good"
    };
    let answer = match (report.overdue, language) {
        (0, Language::Ko) => "기한이 지난 것이 없습니다.".to_owned(),
        (0, Language::En) => "Nothing is overdue.".to_owned(),
        (overdue, Language::Ko) => format!("기한이 지난 것이 {overdue}개 있습니다."),
        (overdue, Language::En) => format!("{overdue} are overdue."),
    };
    let sum = match language {
        Language::Ko => format!(
            "항목 {}개 = 열림 {} + 예외 {} + 조치됨 {} (기한 안 {}, 늦음 {})",
            counts.items,
            counts.open,
            counts.excepted,
            counts.fixed,
            report.fixed.in_time,
            report.fixed.late
        ),
        Language::En => format!(
            "{} items = {} open + {} excepted + {} fixed ({} in time, {} late)",
            counts.items,
            counts.open,
            counts.excepted,
            counts.fixed,
            report.fixed.in_time,
            report.fixed.late
        ),
    };
    html! { p class=(class) { (answer) } p { (sum) } }
}

/// What the colours mean, from the bottom of a bar to its top.
fn key(language: Language) -> Markup {
    html! {
        ul class="key" { @for band in Band::ALL {
            li { (bars::swatch(band.class())) (band.label().get(language)) }
        } }
    }
}
