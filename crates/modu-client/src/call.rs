//! One call: sent, answered, read within limits.

use std::time::Duration;

use modu_wire::Problem;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Method, StatusCode, redirect};
use serde::de::DeserializeOwned;
use url::Url;

use crate::{ClientError, Key, address};

/// Bytes of an answer.
const MAX_ANSWER_BYTES: usize = 64 << 20;
/// Bytes of a problem.
const MAX_PROBLEM_BYTES: usize = 64 << 10;
/// For a connection, and for a call with its answer.
const CONNECT: Duration = Duration::from_secs(10);
const CALL: Duration = Duration::from_secs(120);
/// How often a call is sent whose connection breaks.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(300);

/// What calls go through.
#[derive(Debug)]
pub(crate) struct Line {
    runtime: tokio::runtime::Runtime,
    http: reqwest::Client,
    root: Url,
    key: Option<Key>,
}

/// What is to be sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'c> {
    pub(crate) method: &'static str,
    /// Below the interface's root, with a leading `/`.
    pub(crate) path: &'c str,
    pub(crate) body: Option<&'c [u8]>,
    /// Under which it is done once, however often it is sent.
    pub(crate) once: Option<&'c str>,
}

impl<'c> Call<'c> {
    pub(crate) fn get(path: &'c str) -> Self {
        Self {
            method: "GET",
            path,
            body: None,
            once: None,
        }
    }

    /// Sending it again does no harm.
    fn may_be_sent_again(&self) -> bool {
        self.method == "GET" || self.once.is_some()
    }
}

impl Line {
    pub(crate) fn new(server: &str, key: Option<Key>) -> Result<Self, ClientError> {
        let root = address::root(server)?;
        let machine = |error: &dyn std::fmt::Display| ClientError::Machine(error.to_string());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| machine(&error))?;
        let http = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT)
            .timeout(CALL)
            .user_agent(concat!("modu/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| machine(&error))?;
        Ok(Self {
            runtime,
            http,
            root,
            key,
        })
    }

    /// The address of a path.
    fn address(&self, path: &str) -> String {
        let below = modu_wire::ROOT.trim_start_matches('/');
        format!("{}{below}{path}", self.root)
    }

    /// Sends a call and reads its answer as a type.
    pub(crate) fn typed<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, ClientError> {
        let (status, bytes) = self.send(call)?;
        serde_json::from_slice(&bytes).map_err(|error| ClientError::Strange {
            address: self.address(call.path),
            status,
            problem: error.to_string(),
        })
    }

    /// Sends a call; the status and the bytes of an answer that is no refusal.
    pub(crate) fn send(&self, call: Call<'_>) -> Result<(u16, Vec<u8>), ClientError> {
        let mut tries = 1..TRIES;
        loop {
            match self.runtime.block_on(self.try_once(call)) {
                Err(ClientError::Unreachable { .. })
                    if call.may_be_sent_again() && tries.next().is_some() =>
                {
                    std::thread::sleep(PAUSE);
                }
                answer => return answer,
            }
        }
    }

    async fn try_once(&self, call: Call<'_>) -> Result<(u16, Vec<u8>), ClientError> {
        let address = self.address(call.path);
        let unreachable = |error: reqwest::Error| ClientError::Unreachable {
            address: self.root.to_string(),
            problem: spoken(&error),
        };
        let method = Method::from_bytes(call.method.as_bytes()).unwrap_or(Method::GET);
        let mut request = self.http.request(method, &address);
        request = request.header(ACCEPT, "application/json, application/problem+json, */*");
        if let Some(key) = &self.key {
            request = request.header(AUTHORIZATION, format!("Bearer {}", key.reveal()));
        }
        if let Some(once) = call.once {
            request = request.header("idempotency-key", once);
        }
        if let Some(body) = call.body {
            request = request
                .header(CONTENT_TYPE, "application/json")
                .body(body.to_vec());
        }
        let mut answer = request.send().await.map_err(unreachable)?;
        let status = answer.status();
        let limit = match status.is_success() {
            true => MAX_ANSWER_BYTES,
            false => MAX_PROBLEM_BYTES,
        };
        let mut bytes = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(unreachable)? {
            if bytes.len() + part.len() > limit {
                return Err(ClientError::TooLarge { address, limit });
            }
            bytes.extend_from_slice(&part);
        }
        match status.is_success() {
            true => Ok((status.as_u16(), bytes)),
            false => Err(refusal(address, status, &bytes)),
        }
    }
}

fn refusal(address: String, status: StatusCode, bytes: &[u8]) -> ClientError {
    match serde_json::from_slice::<Problem>(bytes) {
        Ok(problem) => ClientError::Refused(problem),
        Err(_) => ClientError::Strange {
            address,
            status: status.as_u16(),
            problem: "is it a Modu server?".to_owned(),
        },
    }
}

/// An error with its causes, without the address, which is told beside it.
fn spoken(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
