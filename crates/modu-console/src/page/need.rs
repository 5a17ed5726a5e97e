//! An agency says what it needs.

use axum::http::StatusCode;
use maud::html;
use modu_kernel::Digest;
use modu_programme::access::{Action, reach};
use modu_programme::{Event, ProjectId};

use super::layout::{field, form};
use super::page;
use crate::answer::{self, Answer};
use crate::error::ConsoleError;
use crate::router::Asked;

pub(crate) fn show(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let person = visit.signed_in()?;
    reach(person.role, Action::PublishNeed).ok_or(ConsoleError::NotFound)?;
    let heading = visit.say("수요 등록", "A new need");
    let title = html! { input #title name="title" required maxlength="200"; };
    let description = html! { textarea #description name="description" rows="8" required {} };
    let need = html! {
        input #need name="need" aria-describedby="need-hint" pattern="sha256:[0-9a-f]{64}";
    };
    let hint = visit.say(
        "modu proof register가 알려 준 수요 파일의 다이제스트. 나중에 등록해도 됩니다.",
        "The digest of the need's file as modu proof register tells it. It may be registered later.",
    );
    let fields = html! {
        (field("title", visit.say("제목", "Title"), None, &title))
        (field("description", visit.say("무엇이 필요합니까", "What is needed"), None, &description))
        (field("need", visit.say("기준 파일", "Criteria"), Some(hint), &need))
        button { (visit.say("공개", "Publish")) }
    };
    let body = html! {
        h1 { (heading) }
        (form(visit, "/needs/new", &fields))
    };
    Ok(answer::page(StatusCode::OK, page(visit, heading, &body)))
}

pub(crate) fn publish(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let person = asked.visit.signed_in()?;
    let event = Event::NeedPublished {
        agency: person.organisation,
        title: asked.form.title("title")?,
        description: asked.form.text("description")?,
        need: digest(asked.form.get("need"))?,
    };
    let entry = asked.office.act(person.id, event)?;
    let place = format!("/projects/{}", ProjectId(entry.sequence));
    Ok(answer::redirect(&place, &[]))
}

/// A digest, or none where the field is empty.
pub(super) fn digest(text: &str) -> Result<Option<Digest>, ConsoleError> {
    match text.trim() {
        "" => Ok(None),
        text => {
            let wrong = |_| ConsoleError::field("digest", "expected sha256: and 64 digits");
            text.parse().map(Some).map_err(wrong)
        }
    }
}
