//! Evidence: what stands in the log, and bundles that verify without this
//! server.

use std::sync::Arc;

use axum::Json;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use modu_evidence::archive::{Archive, Cosignatures, Entry};
use modu_evidence::statement::Predicate;
use modu_programme::access::{Action, may_read};
use modu_wire::value::{DigestName, Moment, Number};
use modu_wire::{EngineView, EvidenceView, Listing, SubjectView};

use crate::call::{Call, Desk, Named};
use crate::listing::{Page, Paging};
use crate::problem::{NotRead, Problem};

/// The media type of a bundle.
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

fn view(entry: &Entry) -> EvidenceView {
    let engine = match &entry.statement.predicate {
        Predicate::EngineReport(run) => Some(EngineView {
            name: run.engine.name.clone(),
            version: run.engine.version.clone(),
        }),
        _ => None,
    };
    let subjects = entry.statement.subject.iter().map(|subject| SubjectView {
        name: subject.name.clone(),
        digest: DigestName(subject.digest),
    });
    EvidenceView {
        evidence: Number(entry.index),
        at: Moment(entry.integrated_time),
        predicate: entry.statement.predicate.type_uri().to_owned(),
        engine,
        subjects: subjects.collect(),
    }
}

fn find(desk: &Desk, index: Number) -> Result<(Arc<Archive>, Entry), Problem> {
    desk.may(Action::SeePublished)?;
    let archive = desk.office.archive()?;
    if index.0 >= archive.size() {
        return Err(Problem::no_such_thing());
    }
    let entry = archive.get(index.0)?;
    Ok((archive, entry))
}

/// What stands in the log, the oldest first.
#[utoipa::path(get, path = "/evidence", operation_id = "list_evidence", tag = "evidence", params(Paging),
    security((), ("key" = [])),
    responses((status = 200, body = Listing<EvidenceView>), NotRead))]
pub(super) async fn list(call: Call, page: Page) -> Result<Json<Listing<EvidenceView>>, Problem> {
    call.work(move |desk| {
        desk.may(Action::SeePublished)?;
        let archive = desk.office.archive()?;
        let size = archive.size();
        let from = page.after.map_or(0, |after| after + 1).min(size);
        let until = from.saturating_add(page.limit as u64 + 1).min(size);
        let entries: Vec<Entry> = archive.entries(from..until).collect::<Result<_, _>>()?;
        let views = entries.iter().map(|entry| (entry.index, view(entry)));
        Ok(Json(page.of(views)))
    })
    .await
}

/// One entry of the log.
#[utoipa::path(get, path = "/evidence/{evidence}", operation_id = "show_evidence", tag = "evidence",
    params(("evidence" = Number, Path, description = "Its place in the log")),
    security((), ("key" = [])),
    responses((status = 200, body = EvidenceView), NotRead))]
pub(super) async fn show(call: Call, Named(index): Named) -> Result<Json<EvidenceView>, Problem> {
    call.work(move |desk| Ok(Json(view(&find(desk, index)?.1))))
        .await
}

/// What bundles are verified with. Whoever hands out both could have made both:
/// compare it with one that came another way.
#[utoipa::path(get, path = "/trusted-root", operation_id = "show_trusted_root", tag = "evidence",
    security((), ("key" = [])),
    responses((status = 200, body = Object), NotRead))]
pub(super) async fn trusted_root(call: Call) -> Result<impl IntoResponse + use<>, Problem> {
    call.work(|desk| {
        desk.may(Action::SeePublished)?;
        let root = desk.office.archive()?.trusted_root().to_json()?;
        Ok(([(CONTENT_TYPE, "application/json")], root))
    })
    .await
}

/// The entry as a Sigstore bundle (v0.3), which verifies without this server.
/// Of runs that tell of assets or of few people it is for operator and auditor.
#[utoipa::path(get, path = "/evidence/{evidence}/bundle", operation_id = "bundle_evidence", tag = "evidence",
    params(("evidence" = Number, Path, description = "Its place in the log")),
    security((), ("key" = [])),
    responses((status = 200, body = Object, content_type = "application/vnd.dev.sigstore.bundle.v0.3+json"), NotRead))]
pub(super) async fn bundle(
    call: Call,
    Named(index): Named,
) -> Result<impl IntoResponse + use<>, Problem> {
    call.work(move |desk| {
        let (archive, entry) = find(desk, index)?;
        if !may_read(desk.role(), &entry.statement.predicate) {
            return Err(match desk.person {
                None => Problem::no_key(),
                Some(_) => Problem::no_such_thing(),
            });
        }
        let with = match archive.cosigned()? {
            Some(_) => Cosignatures::With,
            None => Cosignatures::Without,
        };
        Ok((
            [(CONTENT_TYPE, BUNDLE)],
            archive.export_as(entry.index, with)?,
        ))
    })
    .await
}
