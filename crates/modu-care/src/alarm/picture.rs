//! The budget as a page: the answer in a sentence, the trade as a curve, NEWS2
//! beside it as a table.

use maud::{Markup, html};
use modu_kernel::{Language, Output};

use super::report::{AlarmReport, Estimate, LeadTime, Performance};
use crate::page::draw::{at, figure, number, step};
use crate::page::frame::page;

/// The page in both languages.
pub(super) fn pages(report: &AlarmReport) -> [Output; 2] {
    [Language::Ko, Language::En].map(|language| Output {
        name: format!("alarm.{language}.html"),
        media_type: "text/html".to_owned(),
        bytes: html(report, language).into_bytes(),
    })
}

fn html(report: &AlarmReport, language: Language) -> String {
    let say = |ko, en| language.pick(ko, en);
    let body = html! {
        p class="kind" { (say("경보 예산", "Alarm budget")) }
        h1 { (headline(report, language)) }
        p { (doing(&report.chosen, language)) }
        p class=(if report.holds_within_a_tenth { "good" } else { "bad" }) { (holding(report, language)) }
        @if report.curve.len() > 1 {
            h2 { (say("경보를 늘리면 얼마나 더 찾나", "What more alarms would find")) }
            (curve(report, language))
        }
        @if !report.comparison.is_empty() {
            h2 { (say("같은 수의 경보에서 NEWS2와 견주면", "Beside NEWS2 at as many alarms")) }
            (comparison(report, language))
        }
        h2 { (say("어떻게 세었나", "How it was counted")) }
        (counted(report, language))
    };
    page(language, say("경보 예산", "Alarm budget"), &body)
}

fn headline(report: &AlarmReport, language: Language) -> String {
    let threshold = number(report.chosen.threshold.get(), 4);
    let budget = number(report.request.budget.get(), 2);
    if report.tried.is_some() {
        return match language {
            Language::Ko => format!(
                "점수 {threshold}에서 울리는 규칙을 다른 환자들에게 대어 보았습니다. 예산은 하루 {budget}건입니다."
            ),
            Language::En => format!(
                "A rule that rings from a score of {threshold} on, tried on other patients. The budget is {budget} a day."
            ),
        };
    }
    match language {
        Language::Ko => format!(
            "점수가 {threshold} 이상일 때 울리면 환자 1,000명에 하루 {budget}건을 넘지 않습니다."
        ),
        Language::En => format!(
            "Ringing from a score of {threshold} on keeps to {budget} alarms a day for 1,000 patients."
        ),
    }
}

/// A number with its interval.
fn told(estimate: &Estimate, times: f64, decimals: usize) -> String {
    let Some(value) = estimate.value.value() else {
        return "–".to_owned();
    };
    let of = |value: f64| number(value * times, decimals);
    match estimate.interval {
        None => of(value),
        Some(it) => format!(
            "{} ({}–{})",
            of(value),
            of(it.lower.get()),
            of(it.upper.get())
        ),
    }
}

fn lead(lead: Option<LeadTime>, language: Language) -> String {
    let Some(lead) = lead else {
        return "–".to_owned();
    };
    let three = [lead.median, lead.lower_quartile, lead.upper_quartile].map(|it| it.get());
    let (times, unit) = match lead.upper_quartile.get() < 2.0 {
        true => (24.0, language.pick("시간", "h")),
        false => (1.0, language.pick("일", "days")),
    };
    let [median, lower, upper] = three.map(|it| number(it * times, 1));
    format!("{median} {unit} ({lower}–{upper})")
}

fn doing(chosen: &Performance, language: Language) -> String {
    let Some(sensitivity) = &chosen.sensitivity else {
        return language
            .pick(
                "사건이 5건 미만이어서 얼마나 찾는지는 말하지 않습니다.",
                "There are fewer than 5 events, so what it finds is not told.",
            )
            .to_owned();
    };
    let found = told(sensitivity, 100.0, 0);
    let time = lead(chosen.lead, language);
    match language {
        Language::Ko => format!(
            "사건 100건 가운데 {found}건을 미리 알립니다. 앞선 시간은 가운뎃값 {time}입니다."
        ),
        Language::En => format!(
            "Of 100 events it rings before {found}; half of those at least so long before: {time}."
        ),
    }
}

fn holding(report: &AlarmReport, language: Language) -> String {
    let rate = told(&report.chosen.alarms_a_day, 1.0, 1);
    if report.tried.is_some() {
        let words = match (language, report.holds_within_a_tenth) {
            (Language::Ko, true) => "이 환자들에게서 예산의 10% 안입니다",
            (Language::Ko, false) => "이 환자들에게서 예산의 10% 밖입니다",
            (Language::En, true) => "On these patients it keeps within 10 % of the budget",
            (Language::En, false) => "On these patients it is more than 10 % from the budget",
        };
        return format!("{words}: {rate}.");
    }
    match (language, report.holds_within_a_tenth) {
        (Language::Ko, true) => {
            format!("다른 환자들에게서도 하루 {rate}건이 기대되며, 예산의 10% 안입니다.")
        }
        (Language::Ko, false) => format!(
            "다른 환자들에게서는 하루 {rate}건이 기대되며, 예산의 10% 밖일 수 있습니다. 자료가 더 있어야 합니다."
        ),
        (Language::En, true) => {
            format!("With other patients {rate} a day are expected: within 10 % of the budget.")
        }
        (Language::En, false) => format!(
            "With other patients {rate} a day are expected, which may be more than 10 % from the budget: more data are needed."
        ),
    }
}

const SIZE: (f64, f64) = (720.0, 340.0);
const LEFT: f64 = 56.0;
const RIGHT: f64 = 700.0;
const TOP: f64 = 18.0;
const BOTTOM: f64 = 276.0;

fn curve(report: &AlarmReport, language: Language) -> Markup {
    let say = |ko, en| language.pick(ko, en);
    let budget = report.request.budget.get();
    let last = report.curve.iter().map(|it| it.alarms_a_day.get());
    let most = last.fold(budget * 1.2, f64::max);
    let x = |rate: f64| LEFT + (RIGHT - LEFT) * rate / most;
    let y = |share: f64| BOTTOM - (BOTTOM - TOP) * share;
    let points = report
        .curve
        .iter()
        .map(|it| (it.alarms_a_day.get(), it.sensitivity.get()));
    let line: Vec<_> = points
        .map(|(rate, share)| format!("{} {}", at(x(rate)), at(y(share))))
        .collect();
    let news2 = report.comparison.iter().filter_map(|it| {
        let rate = it
            .news2
            .alarms_a_day
            .value
            .value()
            .filter(|rate| *rate <= most)?;
        let found = it.news2.sensitivity?.value.value()?;
        Some((it.news2.threshold.get(), rate, found))
    });
    let distance = step(most);
    let ticks = (0..)
        .map(|tick| f64::from(tick) * distance)
        .take_while(|tick| *tick <= most);
    let drawn = html! {
        @for percent in [0_u8, 25, 50, 75, 100] {
            @let height = y(f64::from(percent) / 100.0);
            path class="grid" d=(format!("M{} {}H{}", at(LEFT), at(height), at(RIGHT))) {}
            text class="quiet" x=(at(LEFT - 8.0)) y=(at(height + 4.5)) text-anchor="end" { (percent) "%" }
        }
        @for tick in ticks {
            text class="quiet" x=(at(x(tick))) y=(at(BOTTOM + 20.0)) text-anchor="middle" { (number(tick, 3)) }
        }
        text class="quiet" x=(at((LEFT + RIGHT) / 2.0)) y=(at(BOTTOM + 46.0)) text-anchor="middle" {
            (say("환자 1,000명에 하루 경보 수", "alarms a day for 1,000 patients"))
        }
        path class="axis" d=(format!("M{} {}H{}", at(LEFT), at(BOTTOM), at(RIGHT))) {}
        path class="dashed" d=(format!("M{} {}V{}", at(x(budget)), at(TOP), at(BOTTOM))) {}
        text class="quiet" x=(at(x(budget) + 6.0)) y=(at(BOTTOM - 10.0)) { (say("예산", "budget")) }
        path class="line-main" d=(format!("M{}", line.join("L"))) {}
        @for (threshold, rate, found) in news2 {
            circle class="other" cx=(at(x(rate))) cy=(at(y(found))) r="6" {}
            text x=(at(x(rate) + 10.0)) y=(at(y(found) + 18.0)) { "NEWS2 ≥ " (number(threshold, 0)) }
        }
        @if let (Some(rate), Some(found)) = (report.chosen.alarms_a_day.value.value(), report.chosen.sensitivity.and_then(|it| it.value.value())) {
            circle class="main" cx=(at(x(rate))) cy=(at(y(found))) r="7" {}
        }
    };
    let words = say(
        "환자 1,000명에 하루 경보 수에 따른 민감도 곡선, 예산, NEWS2의 위치",
        "sensitivity against alarms a day for 1,000 patients, with the budget and NEWS2",
    );
    html! {
        (figure("trade", words, SIZE, &drawn))
        p class="note" { (say("세로: 미리 알린 사건의 몫. 선: 이 점수. 주황 점: NEWS2.", "Upwards: share of events rung for. Line: this score. Orange: NEWS2.")) }
    }
}

fn comparison(report: &AlarmReport, language: Language) -> Markup {
    let say = |ko, en| language.pick(ko, en);
    let percent =
        |estimate: Option<Estimate>| estimate.map_or("–".to_owned(), |it| told(&it, 100.0, 1));
    let row = |name: String, it: &Performance| {
        html! { tr {
            td { (name) }
            td class="number" { (told(&it.alarms_a_day, 1.0, 1)) }
            td class="number" { (percent(it.sensitivity)) }
            td class="number" { (percent(it.precision)) }
            td class="number" { (lead(it.lead, language)) }
        } }
    };
    html! {
        div class="scroll" { table {
            tr {
                th { (say("울리는 점수", "rings from")) }
                th class="number" { (say("하루 경보", "alarms a day")) }
                th class="number" { (say("민감도 %", "sensitivity %")) }
                th class="number" { (say("맞은 경보 %", "alarms followed by an event %")) }
                th class="number" { (say("앞선 시간(사분위)", "lead time (quartiles)")) }
            }
            @for pair in &report.comparison {
                (row(format!("NEWS2 ≥ {}", number(pair.news2.threshold.get(), 0)), &pair.news2))
                (row(format!("{} ≥ {}", say("이 점수", "this score"), number(pair.score.threshold.get(), 4)), &pair.score))
            }
        } }
        @for pair in &report.comparison { @if let Some(difference) = &pair.difference {
            p { "NEWS2 ≥ " (number(pair.news2.threshold.get(), 0)) ": "
                (say("같은 경보 수에서 민감도 차이 ", "difference of sensitivity at as many alarms "))
                (told(difference, 100.0, 1)) " %p" }
        } }
    }
}

fn counted(report: &AlarmReport, language: Language) -> Markup {
    let request = &report.request;
    let (refractory, horizon) = (
        number(request.refractory_days.get(), 3),
        number(request.horizon_days.get(), 3),
    );
    let least = number(request.least_lead_days.get(), 3);
    let (people, events) = (report.people.text(language), report.events.text(language));
    let days = number(report.patient_days.get(), 0);
    let (replicates, level) = (
        request.replicates,
        number(request.confidence.get() * 100.0, 1),
    );
    let threshold = told(&report.threshold, 1.0, 4);
    let lines = match language {
        Language::Ko => [
            format!(
                "사람 {people}, 재원 {}건, 환자·일 {days}, 관찰 {}개, 사건 {events}.",
                report.stays, report.observations
            ),
            format!(
                "경보 뒤 {refractory}일 동안은 같은 재원에서 다시 울리지 않습니다. 같은 시각의 관찰은 점수가 높은 하나만 봅니다."
            ),
            format!("사건 앞 {least}~{horizon}일에 울린 것을 미리 알린 것으로 셉니다."),
            format!(
                "문턱값 {threshold}. 구간은 환자 단위 재표집 {replicates}번의 {level}% 구간입니다."
            ),
        ],
        Language::En => [
            format!(
                "People {people}, stays {}, patient-days {days}, observations {}, events {events}.",
                report.stays, report.observations
            ),
            format!(
                "After an alarm the same stay stays silent for {refractory} days. Of observations at one time the one with the highest score counts."
            ),
            format!(
                "An event counts as found where an alarm came {least} to {horizon} days before."
            ),
            format!(
                "Threshold {threshold}. Intervals: {level} %, from {replicates} resamples of patients."
            ),
        ],
    };
    html! { ul { @for line in lines { li { (line) } } } }
}
