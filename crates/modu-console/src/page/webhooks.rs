//! Which programs of an organisation are told of its notices.

use axum::http::StatusCode;
use maud::{Markup, html};
use modu_programme::Person;
use modu_programme::access::{Action, reach};
use modu_programme::notice::webhook::{Webhook, WebhookAddress, WebhookId};
use modu_programme::notice::{Delivery, DeliveryState};

use super::layout::{field, form, label};
use super::{local, page};
use crate::answer::{self, Answer};
use crate::error::ConsoleError;
use crate::router::Asked;

/// Messages of each webhook that are shown.
const SHOWN: usize = 10;

pub(crate) fn show(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    shown(asked, None)
}

/// Who may say where the organisation's notices go.
fn person<'a>(asked: &'a Asked<'_>) -> Result<&'a Person, ConsoleError> {
    let person = asked.visit.signed_in()?;
    reach(person.role, Action::ManageWebhooks).ok_or(ConsoleError::NotFound)?;
    Ok(person)
}

/// The page, with the secret of a webhook that was just added: it is shown
/// this once.
fn shown(asked: &Asked<'_>, secret: Option<String>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let webhooks = asked.office.board().webhooks(person(asked)?)?;
    let title = visit.say("웹훅", "Webhooks");
    let input = html! {
        input #address name="address" type="url" required maxlength="2000" placeholder="https://" aria-describedby="address-hint";
    };
    let hint = visit.say(
        "인터넷에 열린 https 주소. 기관 안쪽의 주소는 운영자가 허용한 것만.",
        "An https address on the internet; inner networks only where the operator of this server allows them.",
    );
    let body = html! {
        h1 { (title) }
        p .lead { (visit.say(
            "기관에 온 알림을 기관의 프로그램에도 보냅니다. 보낸 것마다 서명이 있습니다 (Standard Webhooks).",
            "What your organisation is told is sent to its programs too, each message signed (Standard Webhooks).",
        )) }
        @if let Some(secret) = secret {
            div .notice role="status" {
                p { (visit.say("서명을 확인할 비밀입니다. 이 화면에만 나옵니다.", "The secret with which signatures are verified: it is shown here only.")) }
                p { code .block { (secret) } }
            }
        }
        @for webhook in &webhooks { (one(asked, webhook)?) }
        section {
            h2 { (visit.say("웹훅 더하기", "Add a webhook")) }
            (form(visit, "/webhooks", &html! {
                (field("address", visit.say("주소", "Address"), Some(hint), &input))
                button { (visit.say("더하기", "Add")) }
            }))
        }
    };
    Ok(answer::page(StatusCode::OK, page(visit, title, &body)))
}

fn one(asked: &Asked<'_>, webhook: &Webhook) -> Result<Markup, ConsoleError> {
    let visit = &asked.visit;
    let sent = asked.office.board().outbox().list(webhook.id, SHOWN)?;
    let act = |what: &str, text: &str| {
        let action = format!("/webhooks/{}/{what}", webhook.id);
        form(visit, &action, &html! { button .quiet { (text) } })
    };
    Ok(html! { section {
        h2 { (visit.say("웹훅 ", "Webhook ")) (webhook.id) " " span .badge { (label(visit, &webhook.label())) } }
        p { code { (webhook.address) } }
        @if let Some(problem) = &webhook.problem { p .notice .danger { (problem) } }
        div .actions {
            @match webhook.stopped {
                None => (act("try", visit.say("시험 삼아 보내기", "Try it"))),
                Some(_) => (act("start", visit.say("다시 켜기", "Start again"))),
            }
            (act("end", visit.say("없애기", "End")))
        }
        @if !sent.is_empty() { (messages(asked, &sent)) }
    } })
}

fn messages(asked: &Asked<'_>, sent: &[Delivery]) -> Markup {
    let visit = &asked.visit;
    html! {
        div .wide tabindex="0" role="group" aria-label=(visit.say("표", "Table")) { table {
            thead { tr {
                th scope="col" { (visit.say("번호", "Number")) }
                th scope="col" { (visit.say("때", "When")) }
                th scope="col" { (visit.say("상태", "State")) }
                th scope="col" .number { (visit.say("시도", "Attempts")) }
                th scope="col" { (visit.say("문제", "Problem")) }
            } }
            tbody { @for delivery in sent { tr {
                th scope="row" { code { (delivery.message) } }
                td { (local::time(visit, delivery.made)) }
                td { (state(asked, delivery.state)) }
                td .number { (delivery.attempt) }
                td { (delivery.problem.as_deref().unwrap_or_default()) }
            } } }
        } }
    }
}

fn state<'a>(asked: &'a Asked<'_>, state: DeliveryState) -> &'a str {
    let visit = &asked.visit;
    match state {
        DeliveryState::Waiting => visit.say("기다림", "Waiting"),
        DeliveryState::Sending => visit.say("보내는 중", "Being sent"),
        DeliveryState::Held => visit.say("붙들어 둠", "Held"),
        DeliveryState::Done => visit.say("받음", "Taken"),
        DeliveryState::GivenUp => visit.say("그만둠", "Given up"),
    }
}

pub(crate) fn add(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let person = person(asked)?;
    let address = WebhookAddress::new(asked.form.get("address"));
    let address = address.map_err(|problem| ConsoleError::field("address", problem))?;
    let now = asked.office.now();
    let secret = asked.office.board().add_webhook(person, &address, now)?;
    shown(asked, Some(secret.reveal()))
}

pub(crate) fn end(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let id: WebhookId = asked.number(0)?;
    asked.office.board().end_webhook(person(asked)?, id)?;
    Ok(answer::redirect("/webhooks", &[]))
}

pub(crate) fn start(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let (id, now): (WebhookId, _) = (asked.number(0)?, asked.office.now());
    asked
        .office
        .board()
        .start_webhook(person(asked)?, id, now)?;
    Ok(answer::redirect("/webhooks", &[]))
}

pub(crate) fn try_out(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let (id, now): (WebhookId, _) = (asked.number(0)?, asked.office.now());
    asked.office.board().try_webhook(person(asked)?, id, now)?;
    Ok(answer::redirect("/webhooks", &[]))
}
