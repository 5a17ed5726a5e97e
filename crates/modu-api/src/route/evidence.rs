//! Evidence: what stands in the log, and bundles that verify without this
//! server.

use axum::Json;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use modu_evidence::archive::{Archive, Cosignatures, Entry};
use modu_evidence::statement::Predicate;
use modu_programme::access::Action;
use serde::Serialize;
use utoipa::ToSchema;

use crate::call::{Call, Desk, Named};
use crate::listing::{Listing, Page, Paging};
use crate::problem::{NotRead, Problem};
use crate::value::{DigestName, Moment, Number};

/// The media type of a bundle.
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// An entry of the log.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EvidenceView {
    /// Its place, from 0.
    evidence: Number,
    /// When it was taken into the log.
    at: Moment,
    /// The kind of what it says: a URI.
    predicate: String,
    /// The engine, where it reports a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    engine: Option<EngineView>,
    /// What it is about.
    subjects: Vec<SubjectView>,
}

/// An engine of a run.
#[derive(Debug, Serialize, ToSchema)]
struct EngineView {
    /// Its name.
    name: String,
    /// Its version.
    version: String,
}

/// A file that evidence is about.
#[derive(Debug, Serialize, ToSchema)]
struct SubjectView {
    /// Its name.
    name: String,
    /// Its bytes.
    digest: DigestName,
}

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
        digest: subject.digest.into(),
    });
    EvidenceView {
        evidence: Number(entry.index),
        at: Moment(entry.integrated_time),
        predicate: entry.statement.predicate.type_uri().to_owned(),
        engine,
        subjects: subjects.collect(),
    }
}

fn find(desk: &Desk, index: Number) -> Result<(Archive, Entry), Problem> {
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
        Ok(Json(Listing::of(page, views)))
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

/// The entry as a Sigstore bundle (v0.3), which verifies without this server.
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
