//! Links that show a patient's page or a ward's queue to whoever holds them:
//! which there are, until when, and ending one.
//!
//! What is shown, and of whom, is not on this page, nor is any address: who
//! made a link handed it over, and it is known to nobody else.

use axum::http::StatusCode;
use maud::{Markup, html};
use modu_programme::access::{Action, reach};
use modu_programme::{Link, LinkId, Links};

use super::layout::form;
use super::{local, page};
use crate::answer::{self, Answer};
use crate::error::ConsoleError;
use crate::router::Asked;
use crate::visit::Visit;

/// Links that are listed.
const LISTED: usize = 500;

/// The register, which lies in the home as the evidence does.
pub(super) fn register(asked: &Asked<'_>) -> Result<Links, ConsoleError> {
    let archive = asked.office.archive()?;
    let home = archive.folder().parent().ok_or(ConsoleError::NotFound)?;
    Ok(Links::of(home))
}

pub(crate) fn list(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let person = visit.signed_in()?;
    reach(person.role, Action::SeeFindings).ok_or(ConsoleError::NotFound)?;
    let ends = reach(person.role, Action::EndLinks).is_some();
    let links = register(asked)?.list().map_err(|_| ConsoleError::Failed)?;
    let title = visit.say("환자와 병동의 링크", "Links of patients and wards");
    let body = html! {
        p .hint { a href="/engines/care" { (visit.say("의료 예후관리", "Care after treatment")) } }
        h1 { (title) }
        p .lead { (visit.say(
            "`modu care link`로 만든 링크입니다. 무엇을 보이고 언제 끝나는지만 있고, 누구의 것인지와 주소는 여기 없습니다.",
            "Links that `modu care link` made: what they show and when they end. Whose they are, and their addresses, are not here.",
        )) }
        @if links.is_empty() {
            p { (visit.say("링크가 없습니다.", "There are no links.")) }
        } @else { (table(asked, &links, ends)) }
        @if links.len() > LISTED {
            p .hint { (visit.say("새것부터 ", "The newest ")) (local::whole(LISTED as u64)) (visit.say("개만 보입니다.", " are shown.")) }
        }
    };
    Ok(answer::page(StatusCode::OK, page(visit, title, &body)))
}

fn table(asked: &Asked<'_>, links: &[Link], ends: bool) -> Markup {
    let visit = &asked.visit;
    let now = asked.office.now();
    html! {
        div .wide tabindex="0" role="group" aria-label=(visit.say("링크", "Links")) { table {
            thead { tr {
                th scope="col" { (visit.say("보이는 것", "Shows")) }
                th scope="col" .number { (visit.say("증거", "Evidence")) }
                th scope="col" { (visit.say("만든 때", "Made")) }
                th scope="col" { (visit.say("끝", "Ends")) }
                th scope="col" { (visit.say("상태", "State")) }
                @if ends { th scope="col" .does { (visit.say("하기", "Actions")) } }
            } }
            tbody { @for link in links.iter().take(LISTED) { tr {
                th scope="row" { (shows(visit, &link.shown.output)) }
                td .number { a href=(format!("/evidence/{}", link.shown.entry)) { (local::whole(link.shown.entry)) } }
                td { (local::time(visit, link.made)) }
                td { (local::time(visit, link.shown.ends)) }
                td { (state(asked, link)) }
                @if ends { td .does { @if link.holds(now) {
                    (form(visit, &format!("/shown/{}/end", link.id), &html! {
                        button .quiet { (visit.say("끝내기", "End"))
                            span .unseen { ": " (shows(visit, &link.shown.output)) " " (link.id) } }
                    }))
                } } }
            } } }
        } }
    }
}

/// What a file is called for whoever looks at the list.
fn shows<'v>(visit: &Visit, output: &'v str) -> &'v str {
    match output {
        "patient.html" => visit.say("환자의 안내문", "Patient's page"),
        "clinician.html" => visit.say("의료진의 화면", "Clinician's page"),
        "queue.ko.html" => visit.say("병동의 대기열 (한국어)", "Ward's queue (Korean)"),
        "queue.en.html" => visit.say("병동의 대기열 (영어)", "Ward's queue (English)"),
        other => other,
    }
}

fn state(asked: &Asked<'_>, link: &Link) -> Markup {
    let visit = &asked.visit;
    match link.ended {
        Some((at, by)) => {
            let kept = asked.office.kept();
            let by = by.and_then(|by| kept.programme().people().get(&by));
            html! {
                (visit.say("끝냄 ", "Ended ")) (local::time(visit, at))
                @if let Some(by) = by { " · " (by.name.as_str()) }
            }
        }
        None if link.holds(asked.office.now()) => html! {
            span .verdict .good { span aria-hidden="true" { "✓ " } (visit.say("열림", "Open")) }
        },
        None => html! { (visit.say("때가 지남", "Over")) },
    }
}

pub(crate) fn end(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let person = asked.visit.signed_in()?;
    reach(person.role, Action::EndLinks).ok_or(ConsoleError::NotFound)?;
    let id: LinkId = asked.number(0)?;
    let register = register(asked)?;
    let ended = register.end(&id, Some(person.id), asked.office.now());
    match ended.map_err(|_| ConsoleError::Failed)? {
        true => Ok(answer::redirect("/shown", &[])),
        false => Err(ConsoleError::NotFound),
    }
}
