//! Runs that were done elsewhere, put on record: signed and in the log before
//! they are acknowledged.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderName, StatusCode};
use axum::response::IntoResponse;
use modu_evidence::statement::{
    EntryReference, Predicate, RecordedBy, RecordedFile, RecordedMetric, RecordedParameter,
    RecordedRun, Statement,
};
use modu_kernel::{Artifact, Digest};
use modu_programme::access::{Action, Reach, reach};
use modu_programme::account::Known;
use modu_programme::{LoggedRun, Person, Sequence};
use modu_wire::value::{DigestName, Line, MediaType, Moment, Number};
use modu_wire::{
    FileView, Listing, MAX_FILES, MAX_METRICS, MAX_NAMED, MAX_PARAMETERS, Metric, NewRun,
    Parameter, Recorded, RunView, Submitter,
};

use crate::call::{Body, Call, Desk, Named, NamedWithin};
use crate::listing::{Page, Paging};
use crate::once::Once;
use crate::problem::{NotDone, NotRead, Problem};

/// Bytes of a run with its files.
pub(super) const MAX_BODY_BYTES: usize = 4 << 20;

/// A run on record as it is answered.
type Made = (StatusCode, [(HeaderName, String); 1], Json<Recorded>);

fn made(recorded: Recorded) -> Made {
    let place = format!("{}/runs/{}", crate::ROOT, recorded.run);
    (StatusCode::CREATED, [(LOCATION, place)], Json(recorded))
}

/// Puts a run on record: its figures and files become evidence in the name of
/// who asks, which everybody may read; the files that were handed in are for
/// their organisation, operator and auditor. A body has at most 4 MiB.
#[utoipa::path(post, path = "/runs", operation_id = "record_run", tag = "runs", request_body = NewRun,
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 64, pattern = "^[!-~]+$")),
    security(("key" = [])),
    responses((status = 201, body = Recorded),
        (status = 429, description = "The organisation has put as much on record as it may for now.",
            headers(("Retry-After" = u64, description = "Seconds until that much is left")), body = modu_wire::Problem, content_type = "application/problem+json"), NotDone))]
pub(super) async fn record(call: Call, once: Once, body: Body<NewRun>) -> Result<Made, Problem> {
    call.work(move |desk| {
        let person = desk.caller()?;
        if reach(person.role, Action::RecordRuns).is_none() {
            return Err(Problem::not_allowed("the role may not put runs on record"));
        }
        check(&body.value)?;
        let run = described(desk, person, &body.value);
        let digest = run.digest().map_err(|_| Problem::failed())?;
        let statement = Statement::recorded_run(run).map_err(|_| Problem::failed())?;
        // What was done before takes no room, and is told where there is none.
        let act = || keep(desk, person, (&body.value, body.length), statement);
        let entry = match once.key() {
            None => act()?,
            Some(key) => record_once(desk, (person, key), &body.digest, &digest, act)?,
        };
        Ok(made(Recorded {
            run: Number(entry.log_index),
            leaf_hash: DigestName(Digest::from_bytes(*entry.leaf_hash.as_bytes())),
        }))
    })
    .await
}

/// What the description cannot say: no name stands twice, and what it can say
/// of lengths.
fn check(run: &NewRun) -> Result<(), Problem> {
    let lengths = [
        (run.metrics.len(), MAX_METRICS),
        (run.parameters.len(), MAX_PARAMETERS),
        (run.files.len(), MAX_FILES),
        (run.named.len(), MAX_NAMED),
    ];
    if lengths.iter().any(|(length, most)| length > most) {
        return Err(Problem::not_as_described(
            "at most 1000 metrics, 200 parameters, 16 files and 200 named files",
        ));
    }
    let files = run.files.iter().map(|file| &file.name);
    let files: Vec<_> = files
        .chain(run.named.iter().map(|file| &file.name))
        .collect();
    for (kind, names) in [
        ("metric", run.metrics.iter().map(|it| &it.name).collect()),
        (
            "parameter",
            run.parameters.iter().map(|it| &it.name).collect(),
        ),
        ("file", files),
    ] {
        let mut seen = BTreeSet::new();
        if let Some(twice) = names.into_iter().find(|name| !seen.insert(*name)) {
            let text = format!("the {kind} `{}` stands twice", twice.as_str());
            return Err(Problem::conflict(text));
        }
    }
    Ok(())
}

/// Keeps the files of a run and records it, where there is room for it and its
/// organisation may still bring as much.
fn keep(
    desk: &Desk,
    person: &Person,
    (asked, length): (&NewRun, u64),
    statement: Statement,
) -> Result<EntryReference, Problem> {
    let office = &desk.office;
    if office.keeps_the_rest() {
        return Err(Problem::no_room());
    }
    let taken = office.take_allowance(person.organisation, length);
    taken.map_err(Problem::brought_enough)?;
    let keep = || -> Result<EntryReference, Problem> {
        for file in &asked.files {
            office.store().put_bytes(&file.content.0)?;
        }
        Ok(office.record(statement)?)
    };
    keep().inspect_err(|_| office.give_back_allowance(person.organisation, length))
}

/// The run as it will stand in the log.
fn described(desk: &Desk, person: &Person, asked: &NewRun) -> RecordedRun {
    let organisation = {
        let kept = desk.office.kept();
        let organisation = kept.programme().organisations().get(&person.organisation);
        organisation.map_or_else(|| "?".to_owned(), |it| it.name.as_str().to_owned())
    };
    let mut files = Vec::with_capacity(asked.files.len() + asked.named.len());
    for file in &asked.files {
        files.push(RecordedFile {
            name: file.name.as_str().to_owned(),
            media_type: file.media_type.as_str().to_owned(),
            artifact: Artifact::of(&file.content.0),
            kept: true,
        });
    }
    files.extend(asked.named.iter().map(|file| RecordedFile {
        name: file.name.as_str().to_owned(),
        media_type: file.media_type.as_str().to_owned(),
        artifact: Artifact {
            digest: file.digest.0,
            size: file.size.0,
        },
        kept: false,
    }));
    let metrics = asked.metrics.iter().map(|metric| RecordedMetric {
        name: metric.name.as_str().to_owned(),
        value: metric.value,
    });
    let parameters = asked.parameters.iter().map(|parameter| RecordedParameter {
        name: parameter.name.as_str().to_owned(),
        value: parameter.value.as_str().to_owned(),
    });
    RecordedRun {
        name: asked.name.as_str().to_owned(),
        by: RecordedBy {
            organisation,
            organisation_number: person.organisation.0.0,
            person_number: person.id.0.0,
        },
        metrics: metrics.collect(),
        parameters: parameters.collect(),
        files,
    }
}

/// Records a run, or tells what it became when it was asked for with the same
/// key before. Where a server was killed in between, the log itself says
/// whether the run is in it.
fn record_once(
    desk: &Desk,
    (person, key): (&Person, &str),
    request: &Digest,
    digest: &Digest,
    act: impl FnOnce() -> Result<EntryReference, Problem>,
) -> Result<EntryReference, Problem> {
    let size = desk.office.archive()?.size();
    let (once, now) = ((person.id, key), desk.office.now());
    let known = (desk.office.accounts()).begin_once(once, request, Sequence(size), now)?;
    let done = match known {
        Known::Done(place) => return Ok(desk.office.archive()?.get(place.0)?.reference()),
        Known::Other | Known::AtWork => return Err(crate::once::refusal(known)),
        Known::Unfinished(since) => match recorded_since(desk, since.0, digest)? {
            Some(entry) => Ok(entry),
            None => act(),
        },
        Known::New => act(),
    };
    let place = done.as_ref().ok().map(|entry| Sequence(entry.log_index));
    desk.office.accounts().end_once(once, place)?;
    done
}

/// The entry of a record, where one stands at a place or after it.
fn recorded_since(
    desk: &Desk,
    since: u64,
    digest: &Digest,
) -> Result<Option<EntryReference>, Problem> {
    let archive = desk.office.archive()?;
    for entry in archive.entries(since..archive.size()) {
        let entry = entry?;
        let is_record = matches!(entry.statement.predicate, Predicate::RecordedRun(_));
        if is_record && entry.statement.is_about(digest) {
            return Ok(Some(entry.reference()));
        }
    }
    Ok(None)
}

/// Whatever stands in the log was taken as one line.
fn line(text: &str) -> Line {
    Line::try_from(text.to_owned()).unwrap_or_else(|_| Line::unknown())
}

fn view(logged: &LoggedRun) -> Result<RunView, Problem> {
    let LoggedRun { place, at, run } = logged;
    let metrics = run.metrics.iter().map(|metric| Metric {
        name: line(&metric.name),
        value: metric.value,
    });
    let parameters = run.parameters.iter().map(|parameter| Parameter {
        name: line(&parameter.name),
        value: line(&parameter.value),
    });
    let file = |file: &RecordedFile| -> Result<FileView, Problem> {
        let media_type = MediaType::try_from(file.media_type.clone());
        Ok(FileView {
            name: line(&file.name),
            media_type: media_type.map_err(|_| Problem::failed())?,
            digest: DigestName(file.artifact.digest),
            size: Number(file.artifact.size),
            kept: file.kept,
        })
    };
    Ok(RunView {
        run: Number(*place),
        at: Moment(*at),
        name: line(&run.name),
        by: Submitter {
            organisation: Number(run.by.organisation_number),
            organisation_name: line(&run.by.organisation),
            person: Number(run.by.person_number),
        },
        metrics: metrics.collect(),
        parameters: parameters.collect(),
        files: run.files.iter().map(file).collect::<Result<_, _>>()?,
    })
}

/// Runs on record, the oldest first. A page may hold fewer than were asked for
/// though there are more: `next` says so.
#[utoipa::path(get, path = "/runs", operation_id = "list_runs", tag = "runs", params(Paging),
    security((), ("key" = [])),
    responses((status = 200, body = Listing<RunView>), NotRead))]
pub(super) async fn list(call: Call, page: Page) -> Result<Json<Listing<RunView>>, Problem> {
    call.work(move |desk| {
        desk.may(Action::SeePublished)?;
        let found = desk.office.runs(page.after, page.limit)?;
        let items: Result<Vec<_>, Problem> = found.runs.iter().map(|run| view(run)).collect();
        Ok(Json(Listing {
            items: items?,
            next: found.more_after.map(Number),
        }))
    })
    .await
}

fn find(desk: &Desk, place: Number) -> Result<Arc<LoggedRun>, Problem> {
    desk.may(Action::SeePublished)?;
    desk.office.run(place.0)?.ok_or_else(Problem::no_such_thing)
}

/// One run on record.
#[utoipa::path(get, path = "/runs/{run}", operation_id = "show_run", tag = "runs",
    params(("run" = Number, Path, description = "The place of its evidence in the log")),
    security((), ("key" = [])),
    responses((status = 200, body = RunView), NotRead))]
pub(super) async fn show(call: Call, Named(place): Named) -> Result<Json<RunView>, Problem> {
    call.work(move |desk| Ok(Json(view(&*find(desk, place)?)?)))
        .await
}

/// A file that was handed in with a run, for its organisation, operator and
/// auditor.
#[utoipa::path(get, path = "/runs/{run}/files/{file}", operation_id = "show_run_file", tag = "runs",
    params(("run" = Number, Path, description = "The run"),
        ("file" = Number, Path, description = "The file's place in its list, from 0")),
    security(("key" = [])),
    responses((status = 200, body = String, content_type = "application/octet-stream"), NotRead))]
pub(super) async fn file(
    call: Call,
    NamedWithin(place, file): NamedWithin,
) -> Result<impl IntoResponse + use<>, Problem> {
    call.work(move |desk| {
        let person = desk.caller()?;
        let found = find(desk, place)?;
        let own = found.run.by.organisation_number == person.organisation.0.0;
        let may = match reach(person.role, Action::RecordRuns) {
            Some(Reach::Own) if own => true,
            _ => reach(person.role, Action::SeeFindings).is_some(),
        };
        let index = usize::try_from(file.0).ok();
        let file = index.and_then(|index| found.run.files.get(index));
        // Of what was only named nothing was shown to be the namer's to read.
        let file = file.filter(|file| may && file.kept);
        let file = file.ok_or_else(Problem::no_such_thing)?;
        let bytes = (desk.office.store()).read(file.artifact.digest, MAX_BODY_BYTES as u64)?;
        // Never shown by a browser, whatever its kind is said to be.
        let headers = [
            (CONTENT_TYPE, "application/octet-stream"),
            (CONTENT_DISPOSITION, "attachment"),
        ];
        Ok((headers, bytes))
    })
    .await
}
