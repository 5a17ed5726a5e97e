//! The server, as a node sees it.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use modu_kernel::Digest;
use modu_programme::account::Token;
use modu_programme::job::Lease;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Certificate, Client, StatusCode, Url, redirect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::message::{
    Delivery, Fetch, GivingUp, Hello, Marking, Nothing, PIECE, Problem, Renewal, Renewed,
    TOKEN_PREFIX, Task,
};
use crate::signature::{Stamp, sign};
use crate::{Key, NodeError, ROOT};

/// How long a connection may take to be made.
const CONNECTS: Duration = Duration::from_secs(10);
/// How long an answer may take, also one that waits for a job.
const ANSWERS: Duration = Duration::from_secs(60);
/// The longest answer that is read but for pieces.
const MAX_ANSWER_BYTES: u64 = 1 << 20;
/// The largest file of certificates.
const MAX_PEM_BYTES: u64 = 1 << 20;

/// Where the server is and how it is known.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `https://...`; `http://` only on this machine itself.
    pub server: String,
    /// Certificates (PEM) to trust instead of the system's.
    pub ca: Option<PathBuf>,
}

/// The server; every call blocks.
#[derive(Debug)]
pub struct Server {
    runtime: Runtime,
    client: Client,
    base: Url,
    key: Key,
    authorization: String,
    stop: watch::Sender<bool>,
}

impl Server {
    /// # Errors
    /// [`NodeError::Setting`] where the address is none or not safe, or a
    /// certificate cannot be read.
    pub fn new(settings: &Settings, key: Key, token: &str) -> Result<Self, NodeError> {
        let token = token.trim();
        let digits = token.strip_prefix(TOKEN_PREFIX).and_then(Token::parse);
        digits.ok_or_else(|| {
            setting(
                "the token",
                format!("expected `{TOKEN_PREFIX}` and 64 digits, as the operator's page shows it"),
            )
        })?;
        let base = address(&settings.server)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| setting("the network", error))?;
        Ok(Self {
            client: client(settings)?,
            runtime,
            base,
            key,
            authorization: format!("Bearer {token}"),
            stop: watch::Sender::new(false),
        })
    }

    /// Where it is.
    #[must_use]
    pub fn place(&self) -> &str {
        self.base.as_str()
    }

    /// Says that the node is there and what it has.
    ///
    /// # Errors
    /// [`NodeError`], as for all that follow.
    pub fn hello(&self, hello: &Hello) -> Result<(), NodeError> {
        let Nothing {} = self.call("hello", hello)?;
        Ok(())
    }

    /// A job, as soon as there is one; nothing after some seconds.
    ///
    /// # Errors
    /// As [`Self::hello`].
    pub fn take(&self) -> Result<Option<Task>, NodeError> {
        match self.call("take", &Nothing {}) {
            // The question was given up; a job that it might have taken is
            // another's when its lease ends.
            Err(NodeError::Away { .. }) if *self.stop.borrow() => Ok(None),
            taken => taken,
        }
    }

    /// Ends a question for a job that is open, and those that come later.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Says that the node is at work; whether it goes on.
    ///
    /// # Errors
    /// As [`Self::hello`], and [`NodeError::LeaseLost`].
    pub fn renew(&self, renewal: &Renewal) -> Result<Renewed, NodeError> {
        self.call("renew", renewal)
    }

    /// Says what the node is about to log.
    ///
    /// # Errors
    /// As [`Self::renew`], and [`NodeError::CalledOff`]: it must not be logged.
    pub fn mark(&self, marking: &Marking) -> Result<(), NodeError> {
        let Nothing {} = self.call("mark", marking)?;
        Ok(())
    }

    /// Ends or gives back a job.
    ///
    /// # Errors
    /// As [`Self::renew`].
    pub fn give_up(&self, lease: Lease, problem: Problem) -> Result<(), NodeError> {
        let Nothing {} = self.call("give-up", &GivingUp { lease, problem })?;
        Ok(())
    }

    /// Sends what came of a job.
    ///
    /// # Errors
    /// As [`Self::renew`], and [`NodeError::Refused`] where it is not what the
    /// job asked for.
    pub fn deliver(&self, delivery: &Delivery) -> Result<(), NodeError> {
        let Nothing {} = self.call("deliver", delivery)?;
        Ok(())
    }

    /// Gets an artifact of a task, piece by piece.
    ///
    /// # Errors
    /// As [`Self::renew`]; [`NodeError::Answer`] where it is larger than
    /// `limit` or has another digest.
    pub fn fetch(&self, lease: Lease, digest: Digest, limit: u64) -> Result<Vec<u8>, NodeError> {
        let mut bytes = Vec::new();
        loop {
            let from = bytes.len() as u64;
            let ask = Fetch {
                lease,
                digest,
                from,
            };
            let piece = self.post("artifact", &ask, PIECE as u64)?;
            bytes.extend_from_slice(&piece);
            if bytes.len() as u64 > limit {
                let problem = format!("{digest} is larger than {limit} bytes");
                return Err(NodeError::Answer(problem));
            }
            if piece.len() < PIECE {
                break;
            }
        }
        match Digest::of(&bytes) == digest {
            true => Ok(bytes),
            false => Err(NodeError::Answer(format!(
                "these are not the bytes of {digest}"
            ))),
        }
    }

    fn call<T: DeserializeOwned>(&self, verb: &str, ask: &impl Serialize) -> Result<T, NodeError> {
        let bytes = self.post(verb, ask, MAX_ANSWER_BYTES)?;
        serde_json::from_slice(&bytes).map_err(|error| NodeError::Answer(error.to_string()))
    }

    fn post(&self, verb: &str, ask: &impl Serialize, limit: u64) -> Result<Vec<u8>, NodeError> {
        let body = serde_json::to_vec(ask).map_err(|error| NodeError::Answer(error.to_string()))?;
        let path = format!("{ROOT}/{verb}");
        let stamp = Stamp {
            created: Timestamp::now(),
            nonce: nonce()?,
        };
        let head = sign(&self.key, &path, &body, &self.authorization, &stamp);
        let mut url = self.base.clone();
        url.set_path(&path);
        let request = self
            .client
            .post(url)
            .header(AUTHORIZATION, &head.authorization)
            .header(CONTENT_TYPE, "application/json")
            .header("content-digest", &head.content_digest)
            .header("signature-input", &head.signature_input)
            .header("signature", &head.signature)
            .body(body);
        let mut stop = self.stop.subscribe();
        let asked = async {
            let away = |error: reqwest::Error| self.away(spoken(&error));
            let mut answer = request.send().await.map_err(away)?;
            let status = answer.status();
            let mut bytes = Vec::new();
            while let Some(chunk) = answer.chunk().await.map_err(away)? {
                bytes.extend_from_slice(&chunk);
                if bytes.len() as u64 > limit {
                    return Err(NodeError::Answer(format!("it is over {limit} bytes")));
                }
            }
            match status {
                StatusCode::OK => Ok(bytes),
                other => Err(self.refused(other, &bytes)),
            }
        };
        let is_question = verb == "take";
        self.runtime.block_on(async {
            tokio::select! {
                answer = asked => answer,
                _ = stop.wait_for(|stop| *stop), if is_question => Err(self.away("stopped")),
            }
        })
    }

    fn away(&self, problem: impl ToString) -> NodeError {
        NodeError::Away {
            place: self.base.to_string(),
            problem: problem.to_string(),
        }
    }

    fn refused(&self, status: StatusCode, said: &[u8]) -> NodeError {
        let said: String = String::from_utf8_lossy(said).chars().take(500).collect();
        match status {
            StatusCode::UNAUTHORIZED => NodeError::ShutOut(said),
            StatusCode::CONFLICT => NodeError::LeaseLost,
            StatusCode::GONE => NodeError::CalledOff,
            StatusCode::UNPROCESSABLE_ENTITY
            | StatusCode::BAD_REQUEST
            | StatusCode::PAYLOAD_TOO_LARGE => NodeError::Refused(said),
            other => self.away(format!("{other} {said}")),
        }
    }
}

/// Encrypted, or not leaving this machine.
fn address(server: &str) -> Result<Url, NodeError> {
    let what = "the server";
    let url: Url = server.parse().map_err(|_| {
        setting(
            what,
            format!("`{server}` is no address: expected https://..."),
        )
    })?;
    let host = url.host_str().unwrap_or_default();
    let inside = host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback());
    match (url.scheme(), inside) {
        ("https", _) | ("http", true) => Ok(url),
        _ => Err(setting(
            what,
            "it must be https://..., but for http:// on this machine itself",
        )),
    }
}

fn client(settings: &Settings) -> Result<Client, NodeError> {
    let mut builder = Client::builder()
        .user_agent(concat!("modu-node/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECTS)
        .timeout(ANSWERS)
        // A signature is for one path, and the token for one server.
        .redirect(redirect::Policy::none())
        .no_proxy();
    if let Some(path) = &settings.ca {
        let what = "--ca";
        let told = |problem: String| setting(what, format!("{}: {problem}", path.display()));
        let size = std::fs::metadata(path).map_err(|error| told(error.to_string()))?;
        if size.len() > MAX_PEM_BYTES {
            return Err(told("it is too large for certificates".to_owned()));
        }
        let pem = std::fs::read(path).map_err(|error| told(error.to_string()))?;
        let roots = Certificate::from_pem_bundle(&pem).map_err(|error| told(error.to_string()))?;
        if roots.is_empty() {
            return Err(told("it holds no certificate (PEM)".to_owned()));
        }
        builder = builder.tls_built_in_root_certs(false);
        for root in roots {
            builder = builder.add_root_certificate(root);
        }
    }
    builder.build().map_err(|error| setting("https", error))
}

fn setting(what: &'static str, problem: impl ToString) -> NodeError {
    NodeError::Setting {
        what,
        problem: problem.to_string(),
    }
}

fn nonce() -> Result<String, NodeError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| NodeError::Random(error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What reqwest says, with its causes: it names only the last one by itself.
fn spoken(error: &reqwest::Error) -> String {
    use std::error::Error as _;
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_asked_in_the_open_on_this_machine_only() {
        for good in [
            "https://ax.example",
            "http://127.0.0.1:8080",
            "http://[::1]:80",
            "http://localhost",
        ] {
            assert!(address(good).is_ok(), "{good}");
        }
        for bad in [
            "http://ax.example",
            "http://10.0.0.1",
            "ftp://127.0.0.1",
            "ax.example",
            "",
        ] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }
}
