//! The sheet that reports of models and of their validation are printed on.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use modu_kernel::{Finding, Language, Output};
use modu_statistics::Interval;
use modu_survival::measure::Estimated;

use crate::model::{Performance, TermEffect};
use crate::picture::{self, Pictures};
use crate::table::EventMeaning;

const STYLE: &str = "\
body{font:16px/1.5 system-ui,sans-serif;color:#111;background:#fff;max-width:62rem;margin:1.5rem auto;padding:0 1rem}\
table{border-collapse:collapse;margin:.5rem 0}th,td{padding:.2rem .8rem .2rem 0;text-align:left;font-weight:400;\
border-bottom:1px solid #ddd;font-variant-numeric:tabular-nums}tr:first-child th{font-weight:600}\
.pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(20rem,1fr));gap:1rem}\
figure{margin:0}figcaption{font-size:.9rem;color:#444}.digest,.note{color:#555;font-size:.85rem;overflow-wrap:anywhere}\
.verdict{font-size:1.25rem;font-weight:600;border-left:.4rem solid #1b6ca8;padding-left:.8rem}\
.no{border-color:#a61c28}";

/// A page as an output: `report.ko.html`.
pub(crate) fn output(language: Language, title: &str, body: &Markup) -> Output {
    let page = html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(picture::STYLE)) }
            }
            body { h1 { (title) } (body) }
        }
    };
    Output {
        name: format!("report.{}.html", language.tag()),
        media_type: "text/html".to_owned(),
        bytes: page.into_string().into_bytes(),
    }
}

/// A number to three digits or so.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        some if some >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

/// A p-value: never 0, for none is.
pub(crate) fn p_value(value: f64) -> String {
    match value < 0.001 {
        true => "<0.001".to_owned(),
        false => format!("{value:.3}"),
    }
}

/// A measure with its interval, or a dash.
pub(crate) fn estimate(estimate: &Estimated) -> String {
    match (estimate.value(), estimate.interval()) {
        (None, _) => "–".to_owned(),
        (Some(value), None) => number(value),
        (Some(value), Some(interval)) => format!(
            "{} ({} – {})",
            number(value),
            number(interval.lower.get()),
            number(interval.upper.get())
        ),
    }
}

/// The limits of an interval.
pub(crate) fn interval(limits: &Interval) -> String {
    format!(
        "{} – {}",
        number(limits.lower.get()),
        number(limits.upper.get())
    )
}

/// What each term does to the hazard of an event; `competing` are the events
/// from code 2 on.
pub(crate) fn terms(
    terms: &[TermEffect],
    competing: &[EventMeaning],
    language: Language,
) -> Markup {
    let row = |term: &TermEffect| {
        let ratio = term.hazard_ratio.map(|it| number(it.get()));
        let limits = term.interval.as_ref().map(interval);
        let event = (usize::from(term.event).checked_sub(2))
            .and_then(|place| competing.get(place))
            .map(|event| event.label.get(language));
        let or_dash = |text: Option<String>| text.unwrap_or("–".to_owned());
        html! {
            tr {
                th {
                    (term.predictor) @if let Some(level) = &term.level { ": " (level) }
                    @if let Some(event) = event { " → " (event) }
                    @if let Some(day) = term.day { ", " (on_day(day.get(), language)) }
                }
                td { (or_dash(ratio)) } td { (or_dash(limits)) }
                td { (or_dash(term.p_value.map(|it| p_value(it.get())))) }
            }
        }
    };
    html! {
        @if !terms.is_empty() {
            h2 { (language.pick("무엇이 위험을 바꾸나", "What changes the risk")) }
            table {
                tr {
                    th {}
                    th { (language.pick("위험비", "hazard ratio")) }
                    th { (language.pick("구간", "interval")) }
                    th { "p" }
                }
                @for term in terms { (row(term)) }
            }
        }
    }
}

/// A visit by its day.
pub(crate) fn on_day(day: f64, language: Language) -> String {
    match language {
        Language::Ko => format!("{day:.0}일째 방문"),
        Language::En => format!("visit on day {day:.0}"),
    }
}

/// A horizon.
pub(crate) fn days(horizon: f64, language: Language) -> String {
    match language {
        Language::Ko => format!("{horizon}일"),
        Language::En => format!("{horizon} days"),
    }
}

/// All measures of one or two performances side by side.
pub(crate) fn performances(columns: &[(&str, &Performance)], language: Language) -> Markup {
    let horizons = columns.first().map_or(0, |(_, first)| first.horizons.len());
    let row = |name: &str, pick: &dyn Fn(&Performance) -> Option<Estimated>| {
        html! {
            tr {
                th { (name) }
                @for (_, performance) in columns {
                    td { (pick(performance).map_or("–".to_owned(), |it| estimate(&it))) }
                }
            }
        }
    };
    html! {
        table {
            tr { th {} @for (name, _) in columns { th { (name) } } }
            (row(language.pick("일치도(Harrell)", "Concordance (Harrell)"), &|it| Some(it.harrell)))
            (row(language.pick("일치도(Uno)", "Concordance (Uno)"), &|it| Some(it.uno)))
            (row(language.pick("적분 Brier", "Integrated Brier"), &|it| Some(it.integrated_brier)))
            @for place in 0..horizons {
                @let at = columns.first().and_then(|(_, it)| it.horizons.get(place));
                @let days = at.map_or(String::new(), |at| days(at.horizon, language));
                (row(&format!("AUC, {days}"), &|it| Some(it.horizons.get(place)?.auc)))
                (row(&format!("Brier, {days}"), &|it| Some(it.horizons.get(place)?.brier)))
                (row(&format!("{}, {days}", language.pick("관찰/예측", "Observed/expected")), &|it| Some(it.horizons.get(place)?.ratio)))
                (row(&format!("{}, {days}", language.pick("보정 절편", "Calibration intercept")), &|it| Some(it.horizons.get(place)?.intercept)))
                (row(&format!("{}, {days}", language.pick("보정 기울기", "Calibration slope")), &|it| Some(it.horizons.get(place)?.slope)))
                (row(&format!("ICI, {days}"), &|it| Some(it.horizons.get(place)?.ici)))
            }
        }
    }
}

/// The pictures with what they show.
pub(crate) fn pictures(pictures: &Pictures, language: Language) -> Markup {
    html! {
        h2 { (language.pick("그림", "Pictures")) }
        div.pictures {
            @for at in &pictures.horizons {
                @let days = days(at.horizon, language);
                figure {
                    (picture::calibration(at, language))
                    figcaption {
                        (language.pick("보정, ", "Calibration, ")) (days)
                        (language.pick(": 점은 위험 순 열 묶음, 점선 위가 맞음", ": dots are tenths by risk; right is on the dashed line"))
                    }
                }
                figure {
                    (picture::decision(&at.decisions, language))
                    figcaption { (language.pick("결정 곡선, ", "Decision curve, ")) (days) }
                }
            }
            figure {
                (picture::groups(&pictures.groups, language))
                figcaption {
                    (language.pick("위험군별 경과: 선은 관찰, ×는 예측", "Course by risk group: lines observed, × predicted"))
                }
            }
        }
    }
}

/// What must be known of the data.
pub(crate) fn findings(findings: &[Finding], language: Language) -> Markup {
    html! {
        @if !findings.is_empty() {
            h2 { (language.pick("자료에 대해 알아 둘 것", "What to know of the data")) }
            ul { @for finding in findings { li { (finding.message.get(language)) } } }
        }
    }
}
