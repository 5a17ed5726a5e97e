//! The history: what happened, as it is kept.

use axum::Json;
use modu_programme::access::Action;
use modu_programme::store::History as _;
use modu_programme::{Entry, Sequence};
use serde::Serialize;
use utoipa::ToSchema;

use crate::call::Call;
use crate::listing::{Listing, Page, Paging};
use crate::problem::{NotRead, Problem};
use crate::value::{DigestName, Moment, Number};

/// An entry of the history. Its digest is that of its canonical JSON
/// (RFC 8785), which the next entry names.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EntryView {
    /// Its place, from 1.
    sequence: Number,
    /// When.
    at: Moment,
    /// Who: `"system"`, or `{"person": 12}`.
    by: serde_json::Value,
    /// What happened; `event` in it says which kind.
    #[schema(value_type = Object)]
    event: serde_json::Value,
    /// The digest of the entry before it.
    previous: DigestName,
}

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
        Ok(Json(Listing::of(page, views?.into_iter())))
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
        previous: entry.previous.into(),
    };
    Ok((entry.sequence.0, view))
}
