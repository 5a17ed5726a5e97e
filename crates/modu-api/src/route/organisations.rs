//! Organisations that take part.

use axum::Json;
use modu_programme::Event;
use modu_programme::access::Action;
use modu_wire::{Done, Listing, NewOrganisation, OrganisationView};

use super::{Made, made};
use crate::call::{Body, Call};
use crate::listing::{Page, Paging};
use crate::once::Once;
use crate::problem::{NotDone, NotRead, Problem};
use crate::told::{Numbered as _, kind, kind_name, line, title};

/// All organisations, for who runs or audits the programme.
#[utoipa::path(get, path = "/organisations", operation_id = "list_organisations", tag = "people", params(Paging),
    security(("key" = [])),
    responses((status = 200, body = Listing<OrganisationView>), NotRead))]
pub(super) async fn list(
    call: Call,
    page: Page,
) -> Result<Json<Listing<OrganisationView>>, Problem> {
    call.work(move |desk| {
        desk.may(Action::SeePeople)?;
        let kept = desk.office.kept();
        let organisations = kept.programme().organisations().values();
        let views = organisations.map(|it| {
            let view = OrganisationView {
                organisation: it.id.number(),
                name: line(&it.name),
                kind: kind_name(it.kind),
            };
            (it.id.0.0, view)
        });
        Ok(Json(page.of(views)))
    })
    .await
}

/// Registers an organisation.
#[utoipa::path(post, path = "/organisations", operation_id = "register_organisation", tag = "people", request_body = NewOrganisation,
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 64, pattern = "^[!-~]+$")),
    security(("key" = [])),
    responses((status = 201, body = Done), NotDone))]
pub(super) async fn register(
    call: Call,
    once: Once,
    body: Body<NewOrganisation>,
) -> Result<Made, Problem> {
    call.work(move |desk| {
        let person = desk.caller()?;
        let event = Event::OrganisationRegistered {
            name: title(&body.value.name)?,
            kind: kind(body.value.kind),
        };
        let act = || Ok(desk.office.act(person.id, event)?);
        let entry = desk.once(&once, &body.digest, act)?;
        Ok(made(&entry, "/organisations"))
    })
    .await
}
