//! The server's side: what a node may ask, and nothing else.
//!
//! A request is looked at in this order: its token, before its body is read;
//! its signature; its time and nonce; whether the job that it speaks of is one
//! of the node's. Only then is anything done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use modu_kernel::Digest;
use modu_programme::account::Token;
use modu_programme::job::{Demonstrate, Job, JobError, LEASE, Lease, Node, Reached, Work};
use modu_programme::{HistoryError, Office};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

use crate::ROOT;
use crate::message::{
    Delivery, Fetch, GivingUp, Hello, MAX_DELIVERY_BYTES, MAX_OFFERED, MAX_REQUEST_BYTES, Marking,
    Nothing, Problem, Renewal, Renewed, TOKEN_PREFIX, Task,
};
use crate::pieces::{PieceError, Pieces};
use crate::signature::{Head, check};

/// How long a question for a job is left open.
const OPEN: Duration = Duration::from_secs(20);
/// How often it is looked meanwhile for jobs that another server was asked for.
const LOOK: Duration = Duration::from_millis(500);
/// Questions that are left open at once; others are answered at once.
const MAX_OPEN: usize = 32;

/// Judges and keeps what nodes deliver.
pub trait Receiver: Send + Sync {
    /// Whether a demonstration can be judged at all once it is delivered:
    /// asked before a node does the work.
    ///
    /// # Errors
    /// Why not.
    fn may_begin(&self, asked: &Demonstrate) -> Result<(), Refused>;

    /// Takes what came of a job, once: judged, logged, told in the history,
    /// and the job settled.
    ///
    /// # Errors
    /// [`Refused`].
    fn receive(&self, node: &Node, job: &Job, delivery: &Delivery) -> Result<(), Refused>;
}

/// Why a request of a node is not done.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Nobody knows the node, or the request is not its own.
    #[error("{0}")]
    Unknown(String),
    /// The job is another's by now, is over, or never was the node's.
    #[error("the job is not this node's any more")]
    LeaseLost,
    /// The job was called off.
    #[error("the job was called off")]
    CalledOff,
    /// What it says is wrong in itself.
    #[error("{0}")]
    Wrong(String),
    /// There is no such thing.
    #[error("there is no such thing")]
    Missing,
    /// It is too large.
    #[error("it is too large")]
    TooLarge,
    /// Something failed here that may pass; what, is for the server's own eyes.
    #[error("the server failed: try again")]
    Failed(String),
}

impl From<JobError> for Refused {
    fn from(error: JobError) -> Self {
        match error {
            JobError::LeaseLost => Self::LeaseLost,
            JobError::CalledOff => Self::CalledOff,
            JobError::Refused(refusal) => Self::Wrong(refusal.to_string()),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<HistoryError> for Refused {
    fn from(error: HistoryError) -> Self {
        match error {
            HistoryError::Refused(refusal) => Self::Wrong(refusal.to_string()),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Unknown(_) => StatusCode::UNAUTHORIZED,
            Self::LeaseLost => StatusCode::CONFLICT,
            Self::CalledOff => StatusCode::GONE,
            Self::Wrong(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Missing => StatusCode::NOT_FOUND,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Failed(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        let mut answer = (status, self.to_string()).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let later = HeaderValue::from_static("5");
            answer.headers_mut().insert(RETRY_AFTER, later);
        }
        answer
    }
}

/// Ends the open questions, so that a server that stops waits for none.
#[derive(Debug, Clone, Default)]
pub struct Waiting(Arc<AtomicBool>);

impl Waiting {
    /// From here on nobody waits.
    pub fn end(&self, office: &Office) {
        self.0.store(true, Ordering::SeqCst);
        office.jobs().bell().ring();
    }
}

#[derive(Clone)]
struct Desk {
    office: Office,
    receiver: Arc<dyn Receiver>,
    open: Arc<Semaphore>,
    pieces: Arc<Pieces>,
    waiting: Waiting,
}

/// What nodes ask, as a service below [`ROOT`].
pub fn router(office: Office, receiver: Arc<dyn Receiver>, waiting: Waiting) -> Router {
    let desk = Desk {
        office,
        receiver,
        open: Arc::new(Semaphore::new(MAX_OPEN)),
        pieces: Arc::default(),
        waiting,
    };
    let handle = post(handle).layer(axum::extract::DefaultBodyLimit::disable());
    Router::new()
        .route(&format!("{ROOT}/{{verb}}"), handle)
        .with_state(desk)
}

async fn handle(
    State(desk): State<Desk>,
    Path(verb): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let mut answer = match answer(desk, &verb, &headers, body).await {
        Ok(answer) => answer,
        Err(refused) => refused.into_response(),
    };
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

async fn answer(
    desk: Desk,
    verb: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    let head = head(headers)?;
    let known = {
        let (desk, head) = (desk.clone(), head.clone());
        blocking(move || desk.whose(&head)).await?
    };
    let limit = match verb {
        "deliver" => MAX_DELIVERY_BYTES,
        _ => MAX_REQUEST_BYTES,
    };
    let body = to_bytes(body, limit).await.map_err(|_| Refused::TooLarge)?;
    let node = {
        let (desk, path, body) = (desk.clone(), format!("{ROOT}/{verb}"), body.clone());
        blocking(move || desk.authentic(known, &path, &body, &head)).await?
    };
    if verb == "take" {
        let Nothing {} = read(&body)?;
        return json(&desk.wait_for_job(node).await?);
    }
    let verb = verb.to_owned();
    blocking(move || desk.perform(&node, &verb, &body)).await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refused> + Send + 'static,
) -> Result<T, Refused> {
    let task = tokio::task::spawn_blocking(work).await;
    task.unwrap_or_else(|_| Err(Refused::Failed("a thread was lost".to_owned())))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| Refused::Wrong(error.to_string()))
}

fn json(said: &impl Serialize) -> Result<Response, Refused> {
    let bytes = serde_json::to_vec(said).map_err(|error| Refused::Failed(error.to_string()))?;
    let kind = HeaderValue::from_static("application/json");
    Ok(([(CONTENT_TYPE, kind)], bytes).into_response())
}

fn head(headers: &HeaderMap) -> Result<Head, Refused> {
    let field = |name: HeaderName| {
        // A field that stands there twice is none.
        let mut all = headers.get_all(&name).iter();
        let one = all.next().filter(|_| all.next().is_none());
        let text = one.and_then(|value| value.to_str().ok());
        text.map(str::to_owned)
            .ok_or_else(|| Refused::Unknown(format!("the request has no one `{name}`")))
    };
    Ok(Head {
        authorization: field(AUTHORIZATION)?,
        content_digest: field(HeaderName::from_static("content-digest"))?,
        signature_input: field(HeaderName::from_static("signature-input"))?,
        signature: field(HeaderName::from_static("signature"))?,
    })
}

impl Desk {
    /// Whose the token is.
    fn whose(&self, head: &Head) -> Result<Node, Refused> {
        let token = head
            .authorization
            .strip_prefix("Bearer ")
            .and_then(|text| text.strip_prefix(TOKEN_PREFIX))
            .and_then(Token::parse);
        let unknown = || Refused::Unknown("nobody has this token".to_owned());
        let token = token.ok_or_else(unknown)?;
        self.office
            .jobs()
            .nodes()
            .whose(&token)?
            .ok_or_else(unknown)
    }

    /// Whether the request is the node's own, and heard for the first time.
    fn authentic(&self, node: Node, path: &str, body: &[u8], head: &Head) -> Result<Node, Refused> {
        let stamp = check(&node.key, path, body, head)
            .map_err(|error| Refused::Unknown(error.to_string()))?;
        let now = self.office.now();
        let nodes = self.office.jobs().nodes();
        match nodes.hear(node.id, &stamp.nonce, stamp.created, now)? {
            true => Ok(node),
            false => Err(Refused::Unknown(format!(
                "the request came before, or the clocks differ by more than a minute (here it is {now})"
            ))),
        }
    }

    /// A job as soon as there is one.
    async fn wait_for_job(self, node: Node) -> Result<Option<Task>, Refused> {
        let place = Arc::clone(&self.open).try_acquire_owned();
        let until = Instant::now() + place.as_ref().map_or(Duration::ZERO, |_| OPEN);
        loop {
            let heard = self.office.jobs().bell().heard();
            let (desk, of) = (self.clone(), node.clone());
            if let Some(task) = blocking(move || desk.take(&of)).await? {
                return Ok(Some(task));
            }
            if Instant::now() >= until || self.waiting.0.load(Ordering::SeqCst) {
                return Ok(None);
            }
            let bell = self.office.jobs().bell().clone();
            blocking(move || {
                bell.wait(heard, LOOK);
                Ok(())
            })
            .await?;
        }
    }

    fn take(&self, node: &Node) -> Result<Option<Task>, Refused> {
        let queue = self.office.jobs().queue();
        let name = format!("node {}, {}", node.id.0, node.name.as_str());
        let now = self.office.now();
        let Some((job, lease)) = queue.take(Some(node.id), &name, now)? else {
            return Ok(None);
        };
        let Work::Demonstrate(asked) = job.work;
        if let Err(refused) = self.receiver.may_begin(&asked) {
            let again = matches!(refused, Refused::Failed(_));
            queue.fail(lease, &refused.to_string(), again, self.office.now())?;
            return Ok(None);
        }
        Ok(Some(Task {
            lease,
            need: asked.need,
            dataset: asked.dataset.name,
            entrants: asked.entrants,
            mark: job.mark,
            lease_seconds: u32::try_from(queue.lease().as_secs()).unwrap_or(LEASE.as_secs() as u32),
        }))
    }

    fn perform(&self, node: &Node, verb: &str, body: &[u8]) -> Result<Response, Refused> {
        let now = self.office.now();
        let queue = self.office.jobs().queue();
        match verb {
            "hello" => self.greet(node, &read(body)?)?,
            "artifact" => {
                let ask: Fetch = read(body)?;
                let job = self.job(node, ask.lease)?;
                return self.piece(&job, &ask);
            }
            "renew" => {
                let renewal: Renewal = read(body)?;
                let job = self.job(node, renewal.lease)?;
                let reached = reached(&job, &renewal);
                let standing = queue.renew(renewal.lease, Some(&reached), now)?;
                return json(&Renewed { standing });
            }
            "mark" => {
                let marking: Marking = read(body)?;
                self.job(node, marking.lease)?;
                queue.mark(marking.lease, &marking.mark, now)?;
            }
            "give-up" => {
                let GivingUp { lease, problem } = read(body)?;
                self.job(node, lease)?;
                match problem {
                    Problem::CalledOff => queue.stopped(lease, now)?,
                    Problem::Stopping => queue.give_back(lease, now)?,
                    other => queue.fail(lease, other.told(), other.may_pass(), now)?,
                }
            }
            "deliver" => {
                let delivery: Delivery = read(body)?;
                let job = self.job(node, delivery.lease)?;
                self.receiver.receive(node, &job, &delivery)?;
            }
            _ => return Err(Refused::Missing),
        }
        json(&Nothing {})
    }

    /// The job of a lease, where it is this node's.
    fn job(&self, node: &Node, lease: Lease) -> Result<Job, Refused> {
        let job = self.office.jobs().queue().get(lease.job)?;
        let job = job.ok_or(Refused::LeaseLost)?;
        let Work::Demonstrate(asked) = &job.work;
        let own = asked.dataset.node == Some(node.id) && job.organisation == node.organisation;
        match own && job.takings == lease.taking {
            true => Ok(job),
            false => Err(Refused::LeaseLost),
        }
    }

    fn greet(&self, node: &Node, hello: &Hello) -> Result<(), Refused> {
        if hello.offered.len() > MAX_OFFERED {
            return Err(Refused::Wrong(format!(
                "a node has at most {MAX_OFFERED} data sets"
            )));
        }
        let root = self.office.store().put_bytes(hello.trusted_root.as_bytes());
        let root = root.map_err(|error| Refused::Failed(error.to_string()))?;
        let jobs = self.office.jobs();
        self.office.bind_root(node.id, root.digest)?;
        let materials = jobs.materials();
        let mut there = Vec::with_capacity(hello.offered.len());
        for offered in &hello.offered {
            there.push(materials.declare(
                node.organisation,
                node.id,
                &offered.name,
                offered.commitment,
            )?);
        }
        materials.keep_only(node.id, &there, self.office.now())?;
        Ok(())
    }

    /// A piece of an artifact that the job names: of no other.
    fn piece(&self, job: &Job, ask: &Fetch) -> Result<Response, Refused> {
        let Work::Demonstrate(asked) = &job.work;
        if !named(asked, &ask.digest) {
            return Err(Refused::Missing);
        }
        let bytes = self.pieces.piece(self.office.store(), ask.digest, ask.from);
        let bytes = bytes.map_err(|error| match error {
            PieceError::Place => Refused::Wrong(error.to_string()),
            other => Refused::Failed(other.to_string()),
        })?;
        let kind = HeaderValue::from_static("application/octet-stream");
        Ok(([(CONTENT_TYPE, kind)], bytes).into_response())
    }
}

fn named(asked: &Demonstrate, digest: &Digest) -> bool {
    let mut entrants = asked.entrants.iter();
    asked.need == *digest || entrants.any(|it| it.document == *digest || it.model == *digest)
}

/// How far a node is, in words of ours.
fn reached(job: &Job, renewal: &Renewal) -> Reached {
    let Work::Demonstrate(asked) = &job.work;
    let stage = match asked.entrants.get(renewal.at as usize) {
        Some(_) => {
            let (place, all) = (u64::from(renewal.at) + 1, asked.entrants.len());
            format!("솔루션 {place} / {all} | solution {place} of {all}")
        }
        None => "견주기 | comparing".to_owned(),
    };
    Reached {
        stage,
        done: u64::from(renewal.percent.min(100)),
        total: 100,
    }
}
