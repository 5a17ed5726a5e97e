//! Which data there are, and where they lie; the data themselves are nowhere
//! here.

use axum::Json;
use modu_programme::access::{Action, Reach, reach};
use modu_programme::job::Dataset;
use modu_wire::value::{DigestName, Moment, Number};
use modu_wire::{DatasetView, Listing};

use crate::call::{Call, Desk};
use crate::listing::{Page, Paging};
use crate::problem::{NotRead, Problem};
use crate::told::{Numbered as _, line};

/// Data that the caller may know of: an agency its own, operator and auditor
/// all.
#[utoipa::path(get, path = "/datasets", operation_id = "list_datasets", tag = "jobs", params(Paging),
    security(("key" = [])),
    responses((status = 200, body = Listing<DatasetView>), NotRead))]
pub(super) async fn list(call: Call, page: Page) -> Result<Json<Listing<DatasetView>>, Problem> {
    call.work(move |desk| {
        let person = desk.caller()?;
        let materials = desk.office.jobs().materials();
        let mut found = match reach(person.role, Action::SeeData) {
            Some(Reach::All) => materials.all_datasets()?,
            Some(Reach::Own) => materials.datasets(person.organisation)?,
            None => return Err(Problem::no_such_thing()),
        };
        found.sort_by_key(|dataset| dataset.id);
        let views = found.iter();
        let views = views.map(|dataset| (dataset.id.0, view(desk, dataset)));
        Ok(Json(page.of(views)))
    })
    .await
}

fn view(desk: &Desk, dataset: &Dataset) -> DatasetView {
    let caller = desk.person.as_ref().map(|person| person.organisation);
    let may_know = dataset.is_public || caller == Some(dataset.organisation);
    let size = dataset.node.is_none().then_some(Number(dataset.size));
    DatasetView {
        dataset: Number(dataset.id.0),
        organisation: dataset.organisation.number(),
        name: line(&dataset.name),
        node: dataset.node.map(|node| Number(node.0)),
        gone: dataset.gone.map(Moment),
        size,
        is_public: dataset.is_public,
        digest: dataset.digest.filter(|_| may_know).map(DigestName),
        commitment: dataset.commitment.map(DigestName),
    }
}
