//! The patient's own page: what may happen, how sure that is, what to do, and
//! whom to call. Korean first, English after it.
//!
//! The page that a run makes names nobody. A hospital that hands it out on
//! paper may want the patient's name on it: [`address`] writes it into the
//! finished page, beside the run and its evidence, and nothing keeps it.

use maud::{Markup, PreEscaped, html};
use modu_kernel::{Label, Language};

use super::frame;
use super::frequency::Frequency;
use super::icons;
use crate::CareError;
use crate::plan::{Band, CarePlan};
use crate::privacy::refuse_identifiers;
use crate::risk::RiskEstimate;

/// Where a name goes.
const SLOT: &str = "<!--to-->";
/// Letters of the longest name.
const NAME_LETTERS: usize = 60;
/// Predictors that the page names on each side.
const NAMED: usize = 3;

/// The page, with the slot for a name empty.
pub(super) fn html(risk: &RiskEstimate, plan: &CarePlan, band: &Band) -> String {
    let sheet = |language| sheet(language, risk, plan, band);
    let body = html! {
        (PreEscaped(SLOT))
        (sheet(Language::Ko))
        hr;
        div lang="en" class="new-sheet" { (sheet(Language::En)) }
    };
    frame::page(Language::Ko, "나의 건강 안내 · About my health", &body)
}

/// The page with a name on it, for the paper that is handed over.
///
/// # Errors
/// A name that is empty, too long, or holds a number that identifies; a page
/// that this engine did not make.
pub fn address(page: &str, name: &str) -> Result<String, CareError> {
    let name = name.trim();
    let letters = name.chars().count();
    if !(1..=NAME_LETTERS).contains(&letters) || name.chars().any(char::is_control) {
        return Err(CareError::at("the name", "it has 1 to 60 letters"));
    }
    refuse_identifiers("the name", name)?;
    let (before, after) = page
        .split_once(SLOT)
        .ok_or_else(|| CareError::at("the page", "there is no place for a name: make it again"))?;
    let line = html! { p class="kind" { (name) " 님께" } };
    Ok(format!("{before}{}{after}", line.into_string()))
}

/// A horizon in words.
pub(super) fn within(days: f64) -> Label {
    let years = days / 365.0;
    match days {
        _ if days >= 365.0 && libm::fabs(years - libm::round(years)) < 0.02 => {
            let years = libm::round(years);
            let plural = if years > 1.0 { "s" } else { "" };
            Label::new(format!("{years}년"), format!("{years} year{plural}"))
        }
        _ if days < 2.0 => {
            let hours = libm::round(days * 24.0);
            Label::new(format!("{hours}시간"), format!("{hours} hours"))
        }
        _ => {
            let days = libm::round(days);
            Label::new(format!("{days}일"), format!("{days} days"))
        }
    }
}

fn sheet(language: Language, risk: &RiskEstimate, plan: &CarePlan, band: &Band) -> Markup {
    let say = |ko, en| language.pick(ko, en);
    let frequency = Frequency::of(risk);
    let within = within(risk.horizon_days.get());
    let id = language.pick("people-ko", "people-en");
    html! {
        p class="kind" { (say("나의 건강 안내", "About my health")) }
        h1 { (plan.outcome.get(language)) ": " (frequency.words().get(language)) }
        p { (frequency.sentence(&within).get(language)) }
        p { (frequency.certainty().get(language)) }
        (icons::icons(frequency, id, language))
        (icons::key(frequency, language))
        p class="note" { (say(
            "이 숫자는 비슷한 사람들에게 일어난 일을 센 것입니다. 나에게 꼭 일어난다거나 일어나지 않는다는 뜻이 아닙니다.",
            "The number counts what happened to people like you. It does not say that it will, or will not, happen to you.",
        )) }
        (to_do(language, band))
        (to_call(language, plan))
        (reasons(language, risk))
        footer {
            p { (say("살펴본 때: ", "As observed on: ")) (day(risk)) }
            p { (say(
                "이 안내는 진료를 돕기 위한 것이며 의사의 진찰을 대신하지 않습니다. 궁금한 것은 담당 의료진에게 물어보십시오.",
                "This page supports your care and does not take the place of a doctor. Ask your care team whatever you want to know.",
            )) }
        }
    }
}

fn day(risk: &RiskEstimate) -> String {
    risk.at.strftime("%Y-%m-%d (UTC)").to_string()
}

fn to_do(language: Language, band: &Band) -> Markup {
    if band.advice.is_empty() && band.task.is_empty() {
        return html! {};
    }
    html! {
        h2 { (language.pick("이렇게 하세요", "What to do")) }
        ul {
            @for advice in &band.advice { li { (advice.get(language)) } }
            @for task in &band.task { li {
                (task.name.get(language)) " (" (task.kind.label().get(language)) "): "
                (every(language, task.every_days))
            } }
        }
    }
}

/// How often, in words.
pub(super) fn every(language: Language, days: u16) -> String {
    match (language, days) {
        (Language::Ko, 1) => "날마다".to_owned(),
        (Language::En, 1) => "every day".to_owned(),
        (Language::Ko, 7) => "한 주에 한 번".to_owned(),
        (Language::En, 7) => "once a week".to_owned(),
        (Language::Ko, days) => format!("{days}일에 한 번"),
        (Language::En, days) => format!("every {days} days"),
    }
}

fn to_call(language: Language, plan: &CarePlan) -> Markup {
    let say = |ko, en| language.pick(ko, en);
    if plan.warning.is_empty() && plan.contact.is_empty() {
        return html! {};
    }
    html! {
        h2 { (say("이럴 때는 바로 전화하세요", "When to call at once")) }
        section class="card call" {
            @if !plan.warning.is_empty() {
                ul { @for sign in &plan.warning { li { (sign.get(language)) } } }
            }
            @for contact in &plan.contact { p {
                (contact.name.get(language)) " "
                a href=(format!("tel:{}", contact.telephone.replace(' ', ""))) { (contact.telephone) }
                " · " (contact.when.get(language))
            } }
        }
    }
}

/// What raised and what lowered the risk, without numbers.
fn reasons(language: Language, risk: &RiskEstimate) -> Markup {
    let movers = risk.movers(usize::MAX);
    let names = |raises: bool| -> Vec<String> {
        let of = movers.iter().filter(|it| (it.change.get() > 0.0) == raises);
        let named = of.take(NAMED).map(|it| match it.reading() {
            Some(reading) => format!("{} ({reading})", it.name(language)),
            None => it.name(language).to_owned(),
        });
        named.collect()
    };
    let (up, down) = (names(true), names(false));
    html! { @if !movers.is_empty() {
        h2 { (language.pick("무엇을 보고 말하나요", "What this looks at")) }
        @if !up.is_empty() { p { (language.pick("위험을 높인 것: ", "What raised the risk: ")) (up.join(", ")) } }
        @if !down.is_empty() { p { (language.pick("위험을 낮춘 것: ", "What lowered the risk: ")) (down.join(", ")) } }
    } }
}
