//! Listening, within limits.
//!
//! A connection that is slow with its request's head or does not take its
//! answer, a request that takes too long and connections beyond a number are
//! cut off or made to wait outside, so that a few bad visitors do not keep the
//! others out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::{ConnectInfo, Request};
use axum::http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use futures_util::{StreamExt as _, stream};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_io_timeout::TimeoutStream;

use crate::answer::Answer;
use crate::error::ConsoleError;
use crate::form::MAX_FORM_BYTES;
use crate::meter::{Meter, Pattern, Served};
use crate::page;
use crate::visit::Visit;

/// What is allowed.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once; more wait outside.
    pub connections: usize,
    /// Requests that are answered at once; more are turned away with 503.
    pub requests: usize,
    /// For the head of a request.
    pub head: Duration,
    /// For a whole request, its body and the making of its answer; and for a
    /// visitor who takes nothing of what is sent.
    pub request: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            requests: 128,
            head: Duration::from_secs(10),
            request: Duration::from_secs(30),
        }
    }
}

/// Beside each request: what turns true when the server stops, for answers
/// that would go on.
#[derive(Debug, Clone)]
pub(crate) struct Stopping(pub(crate) watch::Receiver<bool>);

/// Serves until `stop` says so, and then finishes what was begun, for as long
/// as a request may take.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    meter: Meter,
    mut stop: watch::Receiver<bool>,
) {
    let desks = Arc::new(Semaphore::new(limits.requests));
    let room = Arc::new(Semaphore::new(limits.connections));
    loop {
        let permit = tokio::select! {
            permit = Arc::clone(&room).acquire_owned() => permit,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((stream, from)) => {
                let service = Desk {
                    desks: Arc::clone(&desks),
                    room: Arc::clone(&room),
                    meter: meter.clone(),
                    from,
                    limit: limits.request,
                    stop: stop.clone(),
                };
                let service = service.before(router.clone());
                let stop = stop.clone();
                tokio::spawn(async move {
                    connection(stream, service, limits, stop).await;
                    drop(permit);
                });
            }
            // No descriptor is free, say: what is served goes on meanwhile.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    let _ended_or_not = tokio::time::timeout(limits.request, room.acquire_many(all)).await;
}

async fn connection(
    stream: TcpStream,
    service: Router<()>,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.request));
    let stream = Box::pin(stream);
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(32 << 10)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let mut connection = std::pin::pin!(connection);
    let stopped = async {
        let _closed_too = stop.wait_for(|stop| *stop).await;
    };
    tokio::select! {
        // A visitor who goes away in the middle is no news.
        _ = connection.as_mut() => return,
        () = stopped => connection.as_mut().graceful_shutdown(),
    }
    let _gone = connection.await;
}

/// What stands before the pages: the visitor's address is put beside each
/// request, its time is limited, and it is counted. Where too many are
/// underway, it is turned away at once rather than let to wait: who waits in
/// a long line has gone before it is answered.
struct Desk {
    desks: Arc<Semaphore>,
    room: Arc<Semaphore>,
    meter: Meter,
    from: SocketAddr,
    limit: Duration,
    stop: watch::Receiver<bool>,
}

impl Desk {
    fn before(self, router: Router) -> Router<()> {
        let desk = Arc::new(self);
        router.layer(axum::middleware::from_fn(
            move |request: Request, next: Next| {
                let desk = Arc::clone(&desk);
                async move { desk.serve(request, next).await }
            },
        ))
    }

    async fn serve(&self, mut request: Request, next: Next) -> Answer {
        let begun = Instant::now();
        let underway = self.meter.begin();
        request.extensions_mut().insert(ConnectInfo(self.from));
        request.extensions_mut().insert(Stopping(self.stop.clone()));
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let answered = async {
            let request = received(request).await;
            match self.desks.try_acquire() {
                Err(_) => {
                    self.meter.shed();
                    turned_away(&path)
                }
                Ok(_at_work) => next.run(request).await,
            }
        };
        let answer = tokio::time::timeout(self.limit, answered).await;
        let mut answer = answer.unwrap_or_else(|_| turned_away(&path));
        drop(underway);
        keep_to_itself(&mut answer);
        if self.room.available_permits() == 0 {
            // Others wait outside: nobody keeps a connection for later.
            let close = HeaderValue::from_static("close");
            answer.headers_mut().insert(CONNECTION, close);
        }
        let shape = shape(&path);
        let known = answer.extensions().get::<Pattern>();
        self.meter.served(&Served {
            method: method.as_str(),
            pattern: match known {
                Some(Pattern(pattern)) => pattern,
                None if path.starts_with("/api/") => &shape,
                None => "other",
            },
            status: answer.status().as_u16(),
            took: begun.elapsed(),
        });
        answer
    }
}

/// The request with as much of its body as a form has: who sends slowly takes
/// no desk meanwhile. What is beyond that comes as it comes.
async fn received(request: Request) -> Request {
    if request.body().is_end_stream() {
        return request;
    }
    let (head, body) = request.into_parts();
    let mut rest = body.into_data_stream();
    let mut begun = Vec::new();
    let body = loop {
        match rest.next().await {
            None => break Body::from(begun),
            Some(Err(error)) => break Body::from_stream(stream::iter([Err::<Vec<u8>, _>(error)])),
            Some(Ok(piece)) => begun.extend_from_slice(&piece),
        }
        if begun.len() > MAX_FORM_BYTES {
            let begun = stream::iter([Ok(begun.into())]);
            break Body::from_stream(begun.chain(rest));
        }
    };
    Request::from_parts(head, body)
}

/// A path of the interface for programs with what it names left out: nobody
/// puts a key there who reads the description, but some do not.
fn shape(path: &str) -> String {
    let is_word = |part: &str| {
        let is_plain = |c: char| c.is_ascii_lowercase() || c == '.';
        part == "v1" || (part.len() <= 16 && part.chars().all(is_plain))
    };
    let parts = path.split('/');
    let parts: Vec<_> = parts
        .map(|part| if is_word(part) { part } else { "{}" })
        .collect();
    parts.join("/")
}

/// No answer of any door is taken for something else than it says, may run
/// anything, or may be put into a frame, unless its page says otherwise.
fn keep_to_itself(answer: &mut Answer) {
    let headers = answer.headers_mut();
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        ),
        (REFERRER_POLICY, "same-origin"),
        (CACHE_CONTROL, "no-store"),
    ] {
        let value = HeaderValue::from_static(value);
        headers.entry(name).or_insert(value);
    }
}

/// The answer to a request for which there is no room or no more time, as a
/// page or as a problem in JSON (RFC 9457).
fn turned_away(path: &str) -> Answer {
    let mut answer = match path.starts_with("/api/") {
        true => {
            let problem = r#"{"type":"https://modu.example/problems/busy","title":"The server has too much to do","status":503}"#;
            let mut answer = Answer::new(Body::from(problem));
            let kind = HeaderValue::from_static("application/problem+json");
            answer.headers_mut().insert(CONTENT_TYPE, kind);
            answer
        }
        false => page::failure(&Visit::nobody(path), &ConsoleError::Failed),
    };
    *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let later = HeaderValue::from_static("5");
    answer.headers_mut().insert(RETRY_AFTER, later);
    answer
}
