//! The clinician's page: the risk now and before, what moves it, what the plan
//! says and what is known of its limits.

use maud::{Markup, html};
use modu_kernel::Language;
use modu_statistics::Finite;

use super::draw::{at, figure, number, step};
use super::frame;
use super::patient::{every, within};
use crate::plan::{Band, CarePlan, Limits};
use crate::risk::{Contribution, RiskEstimate};

/// Contributions that are drawn.
const DRAWN: usize = 10;
const WIDTH: f64 = 460.0;

/// The page; `history` holds the person's risks from the earliest, and is not
/// empty.
pub(super) fn html(
    history: &[RiskEstimate],
    risk: &RiskEstimate,
    plan: &CarePlan,
    band: &Band,
) -> String {
    let sheet = |language| sheet(language, history, risk, plan, band);
    let body = html! {
        (sheet(Language::Ko))
        hr;
        div lang="en" class="new-sheet" { (sheet(Language::En)) }
    };
    frame::page(Language::Ko, "예후 요약 · Prognosis", &body)
}

fn percent(share: f64) -> String {
    format!("{} %", number(share * 100.0, 1))
}

fn sheet(
    language: Language,
    history: &[RiskEstimate],
    risk: &RiskEstimate,
    plan: &CarePlan,
    band: &Band,
) -> Markup {
    let say = |ko, en| language.pick(ko, en);
    let movers = risk.movers(DRAWN);
    html! {
        p class="kind" { (say("예후 요약 (의료진용)", "Prognosis, for clinicians")) }
        h1 { (plan.outcome.get(language)) " · " (within(risk.horizon_days.get()).get(language)) ": " (percent(risk.risk.get())) }
        p {
            @match risk.interval {
                Some(it) => { (say("구간 ", "interval ")) (percent(it.lower.get())) "–" (percent(it.upper.get())) }
                None => { (say("구간 없음", "no interval")) }
            }
            " · " (band.name.get(language)) " · " (risk.person)
        }
        p class="note" { (say("관찰 시각 ", "observed at ")) (risk.at.to_string()) }
        @if history.len() > 1 {
            h2 { (say("지금까지의 위험", "The risk until now")) }
            (trend(language, history))
        }
        @if !movers.is_empty() {
            h2 { (say("위험을 움직인 것", "What moves it")) }
            (bars(language, &movers))
            ul { @for it in &movers { li { (it.words().get(language)) } } }
            p class="note" { (say(
                "비는 다른 예측 변수가 같을 때 기준값과 견준 것이며, 원인을 뜻하지 않습니다.",
                "Ratios compare with the reference, all other predictors alike; they name no causes.",
            )) }
        }
        @if !band.task.is_empty() {
            h2 { (say("추적 계획", "Follow-up")) }
            div class="scroll" { table {
                tr { th { (say("할 일", "task")) } th { (say("종류", "kind")) } th { (say("주기", "how often")) } th { (say("한계", "limits")) } }
                @for task in &band.task { tr {
                    td { (task.name.get(language)) }
                    td { (task.kind.label().get(language)) }
                    td { (every(language, task.every_days)) }
                    td { @if let Some(limits) = &task.limits { (range(limits)) } }
                } }
            } }
        }
        footer { p { (say(
            "판단을 돕는 추정값입니다. 모형이 만들어진 병원과 환자 구성이 다르면 맞지 않을 수 있으니 모형 카드의 외부 검증을 함께 보십시오.",
            "An estimate to support judgement. Where patients differ from those that the model was made with it may not fit: see the external validation in the model card.",
        )) } }
    }
}

/// Limits as they are read.
fn range(limits: &Limits) -> String {
    let of = |value: Finite| number(value.get(), 2);
    let unit = &limits.unit;
    match (limits.least, limits.most) {
        (Some(least), Some(most)) => format!("{}–{} {unit}", of(least), of(most)),
        (Some(least), None) => format!("≥ {} {unit}", of(least)),
        (None, Some(most)) => format!("≤ {} {unit}", of(most)),
        (None, None) => String::new(),
    }
}

/// The risks over time with their intervals.
fn trend(language: Language, history: &[RiskEstimate]) -> Markup {
    const LEFT: f64 = 52.0;
    const RIGHT: f64 = WIDTH - 16.0;
    const TOP: f64 = 14.0;
    const BOTTOM: f64 = 190.0;
    let upper = |it: &RiskEstimate| it.interval.map_or(it.risk, |interval| interval.upper).get();
    let lower = |it: &RiskEstimate| it.interval.map_or(it.risk, |interval| interval.lower).get();
    let most = history.iter().map(upper).fold(0.01, f64::max);
    let distance = step(most * 100.0);
    let seconds = |it: &RiskEstimate| it.at.as_second() as f64;
    let first = history.first().map_or(0.0, seconds);
    let span = (history.last().map_or(0.0, seconds) - first).max(1.0);
    let x = |it: &RiskEstimate| LEFT + (RIGHT - LEFT) * (seconds(it) - first) / span;
    let y = |share: f64| BOTTOM - (BOTTOM - TOP) * share / most;
    let point = |it: &RiskEstimate| format!("{} {}", at(x(it)), at(y(it.risk.get())));
    let line: Vec<_> = history.iter().map(point).collect();
    let ticks = (0..)
        .map(|tick| f64::from(tick) * distance)
        .take_while(|tick| *tick <= most * 100.0);
    let day = |it: Option<&RiskEstimate>| {
        it.map(|it| it.at.strftime("%Y-%m-%d").to_string())
            .unwrap_or_default()
    };
    let drawn = html! {
        @for tick in ticks {
            @let height = y(tick / 100.0);
            path class="grid" d=(format!("M{} {}H{}", at(LEFT), at(height), at(RIGHT))) {}
            text class="quiet" x=(at(LEFT - 6.0)) y=(at(height + 4.5)) text-anchor="end" { (number(tick, 2)) "%" }
        }
        @for it in history {
            path class="line-main may" d=(format!("M{} {}V{}", at(x(it)), at(y(lower(it))), at(y(upper(it))))) {}
        }
        path class="line-main" d=(format!("M{}", line.join("L"))) {}
        @for it in history { circle class="main" cx=(at(x(it))) cy=(at(y(it.risk.get()))) r="4.5" {} }
        text class="quiet" x=(at(LEFT)) y=(at(BOTTOM + 22.0)) { (day(history.first())) }
        text class="quiet" x=(at(RIGHT)) y=(at(BOTTOM + 22.0)) text-anchor="end" { (day(history.last())) }
    };
    let words = language.pick(
        "시각에 따른 위험과 구간",
        "the risk and its interval over time",
    );
    let id = language.pick("trend-ko", "trend-en");
    html! { div class="narrow" { (figure(id, words, (WIDTH, BOTTOM + 32.0), &drawn)) } }
}

/// What raises the risk to the right, what lowers it to the left.
fn bars(language: Language, movers: &[&Contribution]) -> Markup {
    const PITCH: f64 = 46.0;
    const MIDDLE: f64 = WIDTH / 2.0;
    let most = movers
        .iter()
        .map(|it| it.change.get().abs())
        .fold(f64::MIN_POSITIVE, f64::max);
    let long = |it: &Contribution| (MIDDLE - 60.0) * it.change.get().abs() / most;
    let drawn = html! {
        @for (place, it) in movers.iter().enumerate() {
            @let top = PITCH * place as f64;
            @let raises = it.change.get() > 0.0;
            text x="0" y=(at(top + 16.0)) { (named(it, language)) }
            rect class=(if raises { "other" } else { "main" }) x=(at(if raises { MIDDLE } else { MIDDLE - long(it) }))
                y=(at(top + 22.0)) width=(at(long(it))) height="14" {}
            text class="quiet" x=(at(if raises { MIDDLE + long(it) + 6.0 } else { MIDDLE - long(it) - 6.0 }))
                y=(at(top + 34.0)) text-anchor=(if raises { "start" } else { "end" }) { "×" (number(libm::exp(it.change.get()), 2)) }
        }
        path class="axis" d=(format!("M{} 20V{}", at(MIDDLE), at(PITCH * movers.len() as f64))) {}
    };
    let words = language.pick("예측 변수별 위험의 비", "ratio of the hazard by predictor");
    let id = language.pick("movers-ko", "movers-en");
    let size = (WIDTH, PITCH * movers.len() as f64 + 4.0);
    html! { div class="narrow" { (figure(id, words, size, &drawn)) } }
}

fn named(it: &Contribution, language: Language) -> String {
    match it.reading() {
        Some(reading) => format!("{} · {reading}", it.name(language)),
        None => it.name(language).to_owned(),
    }
}
