//! Who one is here.

use axum::Json;
use modu_wire::Me;

use crate::call::Call;
use crate::problem::{NotRead, Problem};
use crate::told::{Numbered as _, line, role_name};

/// Who calls, and in what capacity.
#[utoipa::path(get, path = "/me", operation_id = "show_me", tag = "people", security((), ("key" = [])),
    responses((status = 200, body = Me), NotRead))]
pub(super) async fn show(call: Call) -> Result<Json<Me>, Problem> {
    call.work(|desk| {
        let person = desk.person.as_ref();
        Ok(Json(Me {
            role: role_name(desk.role()),
            person: person.map(|person| person.id.number()),
            name: person.map(|person| line(&person.name)),
            organisation: person.map(|person| person.organisation.number()),
        }))
    })
    .await
}
