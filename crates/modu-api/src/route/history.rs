//! The history: what happened, as it is kept.

use axum::Json;
use modu_programme::access::Action;
use modu_programme::store::History as _;
use modu_programme::{Entry, Sequence};
use modu_wire::value::{DigestName, Moment, Number};
use modu_wire::{EntryView, Listing};

use crate::call::Call;
use crate::listing::{Page, Paging};
use crate::problem::{NotRead, Problem};

/// The history, the oldest entry first, for who runs or audits the programme.
#[utoipa::path(get, path = "/history", operation_id = "list_history", tag = "history", params(Paging),
    security(("key" = [])),
    responses((status = 200, body = Listing<EntryView>), NotRead))]
pub(super) async fn list(call: Call, page: Page) -> Result<Json<Listing<EntryView>>, Problem> {
    call.work(move |desk| {
        desk.may(Action::SeeHistory)?;
        let after = Sequence(page.after.unwrap_or(0));
        let mut kept = desk.office.kept();
        let entries = kept.history().after(after, page.limit + 1)?;
        let views: Result<Vec<_>, Problem> = entries.iter().map(view).collect();
        Ok(Json(page.of(views?.into_iter())))
    })
    .await
}

fn view(entry: &Entry) -> Result<(u64, EntryView), Problem> {
    let value =
        |value: Result<serde_json::Value, serde_json::Error>| value.map_err(|_| Problem::failed());
    let view = EntryView {
        sequence: Number(entry.sequence.0),
        at: Moment(entry.at),
        by: value(serde_json::to_value(entry.by))?,
        event: value(serde_json::to_value(&entry.event))?,
        previous: DigestName(entry.previous),
    };
    Ok((entry.sequence.0, view))
}
