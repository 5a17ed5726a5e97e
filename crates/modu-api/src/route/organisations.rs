//! Organisations that take part.

use axum::Json;
use modu_programme::access::Action;
use modu_programme::{Event, OrganisationKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Done, Made, made};
use crate::call::{Body, Call};
use crate::listing::{Listing, Page, Paging};
use crate::once::Once;
use crate::problem::{NotDone, NotRead, Problem};
use crate::value::{Line, Number};

/// What an organisation does in the programme.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum KindName {
    /// 수요기관
    DemandAgency,
    /// 공급기업
    Supplier,
    /// 전담기관
    Operator,
    /// 감사기관
    Auditor,
}

impl From<OrganisationKind> for KindName {
    fn from(kind: OrganisationKind) -> Self {
        match kind {
            OrganisationKind::DemandAgency => Self::DemandAgency,
            OrganisationKind::Supplier => Self::Supplier,
            OrganisationKind::Operator => Self::Operator,
            OrganisationKind::Auditor => Self::Auditor,
        }
    }
}

impl From<KindName> for OrganisationKind {
    fn from(kind: KindName) -> Self {
        match kind {
            KindName::DemandAgency => Self::DemandAgency,
            KindName::Supplier => Self::Supplier,
            KindName::Operator => Self::Operator,
            KindName::Auditor => Self::Auditor,
        }
    }
}

/// An organisation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OrganisationView {
    /// Its number.
    organisation: Number,
    /// Its name.
    name: Line,
    /// What it does.
    kind: KindName,
}

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
                organisation: it.id.into(),
                name: Line::from(&it.name),
                kind: it.kind.into(),
            };
            (it.id.0.0, view)
        });
        Ok(Json(Listing::of(page, views)))
    })
    .await
}

/// An organisation that is to take part.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOrganisation {
    /// Its name.
    name: Line,
    /// What it does.
    kind: KindName,
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
            name: body.value.name.title()?,
            kind: body.value.kind.into(),
        };
        let act = || Ok(desk.office.act(person.id, event)?);
        let entry = desk.once(&once, &body.digest, act)?;
        Ok(made(&entry, "/organisations"))
    })
    .await
}
