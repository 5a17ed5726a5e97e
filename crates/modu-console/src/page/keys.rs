//! A person's keys for programs: made here, shown once, ended at will.

use axum::http::StatusCode;
use maud::{Markup, html};
use modu_programme::account::Key;

use super::layout::{field, form};
use super::{local, page};
use crate::answer::{self, Answer};
use crate::error::ConsoleError;
use crate::router::Asked;

pub(crate) fn show(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    shown(asked, None)
}

/// The page, with a key that was just made: it is shown this once.
fn shown(asked: &Asked<'_>, made: Option<String>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let person = visit.signed_in()?;
    let keys = asked
        .office
        .accounts()
        .keys(person.id, asked.office.now())?;
    let title = visit.say("프로그램 열쇠", "Keys for programs");
    let name =
        html! { input #name name="name" required maxlength="200" aria-describedby="name-hint"; };
    let hint = visit.say("어느 프로그램이 쓰는지", "Which program uses it");
    let body = html! {
        h1 { (title) }
        p .lead { (visit.say(
            "프로그램이 나를 대신해 일할 때 쓰는 열쇠입니다. 내가 할 수 있는 일은 모두 할 수 있으니 비밀번호처럼 지키십시오. 90일 동안 쓸 수 있습니다.",
            "A key lets a program act for you. It can do all that you can, so guard it like a password. It holds for 90 days.",
        )) }
        p { a href="/api/v1/openapi.json" { (visit.say("인터페이스 설명 (OpenAPI)", "Description of the interface (OpenAPI)")) } }
        @if let Some(key) = made {
            div .notice role="status" {
                p { (visit.say("새 열쇠입니다. 이 화면에만 나옵니다.", "The new key: it is shown here only.")) }
                p { code .block { (key) } }
            }
        }
        @if keys.is_empty() {
            p { (visit.say("열쇠가 없습니다.", "There are no keys.")) }
        } @else { (table(asked, &keys)) }
        section {
            h2 { (visit.say("열쇠 만들기", "Make a key")) }
            (form(visit, "/keys", &html! {
                (field("name", visit.say("이름", "Name"), Some(hint), &name))
                button { (visit.say("만들기", "Make")) }
            }))
        }
    };
    Ok(answer::page(StatusCode::OK, page(visit, title, &body)))
}

fn table(asked: &Asked<'_>, keys: &[Key]) -> Markup {
    let visit = &asked.visit;
    html! {
        div .wide tabindex="0" role="group" aria-label=(visit.say("표", "Table")) { table {
            thead { tr {
                th scope="col" { (visit.say("이름", "Name")) }
                th scope="col" { (visit.say("만든 때", "Made")) }
                th scope="col" { (visit.say("끝", "Ends")) }
                th scope="col" .does { (visit.say("하기", "Actions")) }
            } }
            tbody { @for key in keys { tr {
                th scope="row" { (key.name.as_str()) }
                td { (local::time(visit, key.made)) }
                td { (local::time(visit, key.ends)) }
                td .does { (form(visit, &format!("/keys/{}/end", key.id), &html! {
                    button .quiet { (visit.say("끝내기", "End")) }
                })) }
            } } }
        } }
    }
}

pub(crate) fn make(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let person = asked.visit.signed_in()?.id;
    let name = asked.form.title("name")?;
    let now = asked.office.now();
    let key = asked.office.accounts().make_key(person, &name, now)?;
    shown(asked, Some(format!("modu_{}", key.reveal())))
}

pub(crate) fn end(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let person = asked.visit.signed_in()?.id;
    match asked.office.accounts().end_key(person, asked.number(0)?)? {
        true => Ok(answer::redirect("/keys", &[])),
        false => Err(ConsoleError::NotFound),
    }
}
