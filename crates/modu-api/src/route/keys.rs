//! The caller's own keys. They are made in the console only, where their
//! owner is signed in.

use axum::Json;
use axum::http::StatusCode;
use modu_programme::account::Key;
use modu_wire::value::{Moment, Number};
use modu_wire::{KeyView, Listing};

use crate::call::{Call, Named};
use crate::listing::{Page, Paging};
use crate::problem::{NotRead, Problem};
use crate::told::line;

fn view(key: &Key) -> KeyView {
    KeyView {
        key: Number(key.id),
        name: line(&key.name),
        made: Moment(key.made),
        ends: Moment(key.ends),
    }
}

/// The caller's keys.
#[utoipa::path(get, path = "/keys", operation_id = "list_keys", tag = "keys", params(Paging),
    security(("key" = [])),
    responses((status = 200, body = Listing<KeyView>), NotRead))]
pub(super) async fn list(call: Call, page: Page) -> Result<Json<Listing<KeyView>>, Problem> {
    call.work(move |desk| {
        let caller = desk.caller()?.id;
        let keys = desk.office.accounts().keys(caller, desk.office.now())?;
        let views = keys.iter().map(|key| (key.id, view(key)));
        Ok(Json(page.of(views)))
    })
    .await
}

/// Ends a key of the caller.
#[utoipa::path(delete, path = "/keys/{key}", operation_id = "end_key", tag = "keys",
    params(("key" = Number, Path, description = "Its number")),
    security(("key" = [])),
    responses((status = 204, description = "It holds no longer"), NotRead))]
pub(super) async fn end(call: Call, Named(id): Named) -> Result<StatusCode, Problem> {
    call.work(move |desk| {
        let caller = desk.caller()?.id;
        match desk.office.accounts().end_key(caller, id.0)? {
            true => Ok(StatusCode::NO_CONTENT),
            false => Err(Problem::no_such_thing()),
        }
    })
    .await
}
