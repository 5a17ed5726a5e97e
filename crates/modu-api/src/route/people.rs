//! People who act for organisations.

use axum::Json;
use modu_programme::access::Action;
use modu_programme::{Event, OrganisationId, PersonId};
use modu_wire::value::Number;
use modu_wire::{Done, Listing, NewPerson, PersonView};

use super::{Made, made};
use crate::call::{Body, Call, Desk, Named};
use crate::listing::{Page, Paging};
use crate::once::Once;
use crate::problem::{NotDone, NotRead, Problem};
use crate::told::{Numbered as _, line, role, role_name, title};

/// All people, for who runs or audits the programme.
#[utoipa::path(get, path = "/people", operation_id = "list_people", tag = "people", params(Paging),
    security(("key" = [])),
    responses((status = 200, body = Listing<PersonView>), NotRead))]
pub(super) async fn list(call: Call, page: Page) -> Result<Json<Listing<PersonView>>, Problem> {
    call.work(move |desk| {
        desk.may(Action::SeePeople)?;
        let kept = desk.office.kept();
        let people = kept.programme().people().values();
        let views = people.map(|it| {
            let view = PersonView {
                person: it.id.number(),
                name: line(&it.name),
                organisation: it.organisation.number(),
                role: role_name(it.role),
                active: it.active,
            };
            (it.id.0.0, view)
        });
        Ok(Json(page.of(views)))
    })
    .await
}

/// Enrols a person. The link with which they get in is made in the console.
#[utoipa::path(post, path = "/people", operation_id = "enrol_person", tag = "people", request_body = NewPerson,
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 64, pattern = "^[!-~]+$")),
    security(("key" = [])),
    responses((status = 201, body = Done), NotDone))]
pub(super) async fn enrol(call: Call, once: Once, body: Body<NewPerson>) -> Result<Made, Problem> {
    call.work(move |desk| {
        let caller = desk.caller()?;
        let event = Event::PersonEnrolled {
            organisation: OrganisationId::named(body.value.organisation),
            name: title(&body.value.name)?,
            role: role(body.value.role),
        };
        let act = || Ok(desk.office.act(caller.id, event)?);
        let entry = desk.once(&once, &body.digest, act)?;
        Ok(made(&entry, "/people"))
    })
    .await
}

/// Suspends a person: they act no longer, and all that lets them in ends.
#[utoipa::path(post, path = "/people/{person}/suspend", operation_id = "suspend_person", tag = "people",
    params(("person" = Number, Path, description = "Their number")),
    security(("key" = [])),
    responses((status = 201, body = Done), NotDone))]
pub(super) async fn suspend(call: Call, Named(id): Named) -> Result<Made, Problem> {
    call.work(move |desk| {
        let person = PersonId::named(id);
        let made = change(desk, Event::PersonSuspended { person })?;
        desk.office.accounts().shut_out(person)?;
        Ok(made)
    })
    .await
}

/// Reinstates a person.
#[utoipa::path(post, path = "/people/{person}/reinstate", operation_id = "reinstate_person", tag = "people",
    params(("person" = Number, Path, description = "Their number")),
    security(("key" = [])),
    responses((status = 201, body = Done), NotDone))]
pub(super) async fn reinstate(call: Call, Named(id): Named) -> Result<Made, Problem> {
    let person = PersonId::named(id);
    call.work(move |desk| change(desk, Event::PersonReinstated { person }))
        .await
}

/// Asked twice, the second finds it done and is told so: no key is needed.
fn change(desk: &Desk, event: Event) -> Result<Made, Problem> {
    let caller = desk.caller()?;
    let entry = desk.office.act(caller.id, event)?;
    Ok(made(&entry, "/people"))
}
