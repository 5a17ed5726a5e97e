//! HTTP: the published table for people, monitors and other programs.
//!
//! The same table that routers hold, in the forms in which other validators
//! print it, so that whatever reads those reads this: `/json` and `/csv` as
//! Routinator, `/rpki-client.json` as rpki-client. `/metrics` is for Prometheus,
//! `/health` for whoever must know in one word, `/status` for a program, and
//! `/` for a person. Nothing is changed over HTTP. A body is made while it is
//! read, from the edition that was current when it was asked for.

mod connection;
mod fetching;
mod metrics;
mod page;
mod status;
mod tables;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::{Stream, stream};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use self::connection::Patient;
pub use self::fetching::{Fetching, SourceLine};
pub use self::status::{Exceptions, HeldBack, LastRun, Status};
use self::tables::Form;
use crate::door::{self, Door, Room, Visit, Visits, within_descriptors};
use crate::publication::{Edition, Publication};
use crate::rtr::RtrServer;
use crate::service::now;

/// What an HTTP server allows.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many connections.
    pub room: Room,
    /// Bytes of a request's head; a longer one is refused.
    pub head_bytes: usize,
    /// For a whole request's head, and without anything being sent to a client
    /// that is waited for.
    pub quiet: Duration,
    /// For a whole connection.
    pub connection: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            room: Room {
                connections: within_descriptors(256),
                of_one_place: 64,
            },
            head_bytes: 16 << 10,
            quiet: Duration::from_secs(20),
            connection: Duration::from_secs(600),
        }
    }
}

/// What the pages are made from.
#[derive(Debug)]
pub struct Board {
    publication: Arc<Publication>,
    rtr: Option<Arc<RtrServer>>,
    status: RwLock<Status>,
}

impl Board {
    /// A board of what is published, and of an RTR server where there is one.
    #[must_use]
    pub fn new(publication: Arc<Publication>, rtr: Option<Arc<RtrServer>>, status: Status) -> Self {
        Self {
            publication,
            rtr,
            status: RwLock::new(status),
        }
    }

    /// Changes what is said of the work behind the table.
    pub fn update(&self, change: impl FnOnce(&mut Status)) {
        change(&mut self.status.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn status(&self) -> Status {
        let status = self.status.read();
        status.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn routers(&self) -> Option<Visits> {
        self.rtr.as_ref().map(|server| server.visits())
    }
}

/// An HTTP server.
#[derive(Debug)]
pub struct HttpServer {
    board: Arc<Board>,
    limits: Limits,
    door: Arc<Door>,
}

impl HttpServer {
    /// A server of what the board says.
    #[must_use]
    pub fn new(board: Arc<Board>, limits: Limits) -> Self {
        Self {
            board,
            limits,
            door: Door::new(limits.room),
        }
    }

    /// Who came.
    #[must_use]
    pub fn visits(&self) -> Visits {
        self.door.visits()
    }

    /// Serves all who connect until told to stop. Nothing that a stranger does
    /// ends it, nor does a lack of descriptors.
    pub async fn serve(&self, listener: TcpListener, stop: watch::Receiver<bool>) {
        let shared = Shared {
            board: self.board.clone(),
            door: self.door.clone(),
        };
        let router = Router::new()
            .route("/", get(front))
            .route("/status", get(status))
            .route("/health", get(health))
            .route("/metrics", get(metrics))
            .route("/json", get(json))
            .route("/csv", get(csv))
            .route("/rpki-client.json", get(rpki_client))
            .with_state(shared);
        door::accept(&listener, &self.door, stop.clone(), |stream, visit| {
            let (router, limits, stop) = (router.clone(), self.limits, stop.clone());
            tokio::spawn(converse(stream, visit, router, limits, stop));
        })
        .await;
    }
}

/// One connection, from its beginning to its end.
async fn converse(
    stream: TcpStream,
    visit: Visit,
    router: Router,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    let leave = visit.leave();
    let stream = TokioIo::new(Patient::new(stream, limits.quiet));
    let conversation = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.quiet)
        .max_buf_size(limits.head_bytes.max(8 << 10))
        .serve_connection(stream, TowerToHyperService::new(router));
    tokio::pin!(conversation);
    tokio::select! {
        _ = conversation.as_mut() => {}
        () = leave.notified() => {}
        () = tokio::time::sleep(limits.connection) => {}
        () = door::told_to_stop(&mut stop) => {
            // The answer under way is finished, if it is soon.
            conversation.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(Duration::from_secs(5), conversation.as_mut()).await;
        }
    }
}

#[derive(Clone)]
struct Shared {
    board: Arc<Board>,
    door: Arc<Door>,
}

async fn json(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    table(&shared, &headers, Form::Json)
}

async fn csv(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    table(&shared, &headers, Form::Csv)
}

async fn rpki_client(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    table(&shared, &headers, Form::RpkiClient)
}

fn table(shared: &Shared, headers: &HeaderMap, form: Form) -> Response {
    let Some(edition) = shared.board.publication.current() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "no table yet\n").into_response();
    };
    let tag = format!("W/\"{}-{}\"", form.name(), edition.digest.to_hex());
    let about = [
        (ETAG, tag.clone()),
        (CACHE_CONTROL, "no-cache".to_owned()),
        (CONTENT_TYPE, form.content_type().to_owned()),
    ];
    match knows(headers, &tag) {
        true => (StatusCode::NOT_MODIFIED, about).into_response(),
        false => (about, Body::from_stream(pieces(edition, form))).into_response(),
    }
}

/// Whether the client names this entity tag (RFC 9110, section 13.1.2).
fn knows(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(IF_NONE_MATCH).iter();
    let known = known.filter_map(|value| value.to_str().ok());
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    known
        .flat_map(|value| value.split(','))
        .any(|one| one.trim() == "*" || opaque(one) == opaque(tag))
}

fn pieces(
    edition: Arc<Edition>,
    form: Form,
) -> impl Stream<Item = Result<String, std::convert::Infallible>> {
    stream::unfold(0, move |piece| {
        let text = form.piece(&edition, piece);
        async move { text.map(|text| (Ok(text), piece + 1)) }
    })
}

async fn metrics(State(shared): State<Shared>) -> Response {
    let text = metrics::text(
        shared.board.publication.current().as_deref(),
        &shared.board.status(),
        shared.board.routers(),
        shared.door.visits(),
        now(),
    );
    text_of("text/plain; version=0.0.4; charset=utf-8", text)
}

async fn health(State(shared): State<Shared>) -> Response {
    let (status, now) = (shared.board.status(), now());
    match status.trouble(shared.board.publication.current().as_deref(), now) {
        None => match status.age(now) {
            None => "ok\n".into_response(),
            Some(age) => format!("ok\nlast good run: {age} s ago\n").into_response(),
        },
        Some(trouble) => (StatusCode::SERVICE_UNAVAILABLE, format!("{trouble}\n")).into_response(),
    }
}

async fn status(State(shared): State<Shared>) -> Response {
    let edition = shared.board.publication.current();
    let status = shared.board.status();
    let document = status.document(edition.as_deref(), shared.board.routers(), now());
    text_of("application/json", format!("{document:#}\n"))
}

async fn front(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    if accepted.is_some_and(|accepted| accepted.starts_with("application/json")) {
        return status(State(shared)).await;
    }
    let edition = shared.board.publication.current();
    let status = shared.board.status();
    let page = page::page(&status, edition.as_deref(), shared.board.routers(), now());
    text_of("text/html; charset=utf-8", page)
}

fn text_of(content_type: &'static str, text: String) -> Response {
    const SNIFFING: HeaderName = HeaderName::from_static("x-content-type-options");
    let about = [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, "no-store"),
        (SNIFFING, "nosniff"),
    ];
    (about, text).into_response()
}
