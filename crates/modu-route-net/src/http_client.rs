//! Asking strangers' https servers, within a budget.
//!
//! Every transfer has a deadline as a whole, so that a server that drips bytes
//! gains nothing; a limit on bytes, which holds for what gzip unpacks to; and
//! one origin: a redirect to another is refused (RFC 9674).

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use flate2::write::GzDecoder;
use modu_kernel::DigestWriter;
use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    LAST_MODIFIED,
};
use reqwest::{Certificate, Client, StatusCode, Url, redirect};
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::{Failure, NetError};

/// How long a connection may take to be made, and a server may be silent.
const SILENCE: Duration = Duration::from_secs(30);
/// How many redirects are followed.
const REDIRECTS: usize = 5;

/// How https is spoken.
#[derive(Debug, Clone, Default)]
pub struct HttpSettings {
    /// Certificates (PEM) to trust beside the system's, for RRDP servers of
    /// one's own.
    pub root_certificates: Vec<PathBuf>,
    /// Whether servers may be named by an address, `localhost`, or with a
    /// port. A certificate authority that names such a server would have us
    /// knock on doors inside our own network.
    pub local_hosts: bool,
    /// Hosts whose addresses are given here and not asked of the name
    /// service.
    pub resolve: BTreeMap<String, SocketAddr>,
}

/// A client for https.
pub(crate) struct HttpClient {
    runtime: Runtime,
    client: Client,
    local_hosts: bool,
    stop: watch::Sender<bool>,
}

/// What a request is conditioned on, from an earlier answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Validators {
    etag: Option<String>,
    last_modified: Option<String>,
}

/// What a server answered.
pub(crate) enum Answer {
    /// What it said before.
    NotModified,
    /// The body went into the sink.
    Body(Validators),
}

/// What one transfer may cost.
#[derive(Clone, Copy)]
pub(crate) struct Allowance {
    pub(crate) deadline: Instant,
    pub(crate) bytes: u64,
}

impl HttpClient {
    /// # Errors
    /// [`NetError`] where a root certificate cannot be read.
    pub(crate) fn new(settings: &HttpSettings) -> Result<Self, NetError> {
        let setting = |what: String, problem: String| NetError::Setting { what, problem };
        let mut builder = Client::builder()
            .user_agent(concat!("modu/", env!("CARGO_PKG_VERSION")))
            .https_only(true)
            .connect_timeout(SILENCE)
            .read_timeout(SILENCE)
            .redirect(redirect::Policy::custom(same_origin));
        for path in &settings.root_certificates {
            let pem = std::fs::read(path).map_err(|error| NetError::io("read", path, error))?;
            let certificates = Certificate::from_pem_bundle(&pem)
                .map_err(|error| setting(path.display().to_string(), error.to_string()))?;
            for certificate in certificates {
                builder = builder.add_root_certificate(certificate);
            }
        }
        for (host, address) in &settings.resolve {
            builder = builder.resolve(host, *address);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| setting("the network".into(), error.to_string()))?;
        let client = builder
            .build()
            .map_err(|error| setting("https".into(), error.to_string()))?;
        Ok(Self {
            runtime,
            client,
            local_hosts: settings.local_hosts,
            stop: watch::Sender::new(false),
        })
    }

    /// Ends all transfers, those that come later too.
    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Gets a file into a sink. Blocks, at most until the deadline.
    pub(crate) fn get(
        &self,
        uri: &str,
        validators: Option<&Validators>,
        allowance: Allowance,
        sink: impl Write,
    ) -> Result<Answer, Failure> {
        let url = self.checked(uri)?;
        let left = allowance.deadline.saturating_duration_since(Instant::now());
        let transfer = self.transfer(url, validators, allowance.bytes, sink);
        let mut stop = self.stop.subscribe();
        let within = async {
            tokio::select! {
                done = transfer => done,
                () = tokio::time::sleep(left) => Err(Failure::timeout(left)),
                _ = stop.wait_for(|stop| *stop) => Err(Failure::new("fetch.stopped", "the update ended")),
            }
        };
        (self.runtime.block_on(within)).map_err(|failure| Failure {
            detail: format!("{uri}: {}", failure.detail),
            ..failure
        })
    }

    fn checked(&self, uri: &str) -> Result<Url, Failure> {
        let refuse = |problem: &str| Failure::new("fetch.uri", format!("{uri}: {problem}"));
        let url = Url::parse(uri).map_err(|error| refuse(&error.to_string()))?;
        if url.scheme() != "https" || !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("only plain https is spoken"));
        }
        match self.local_hosts || is_public(&url) {
            true => Ok(url),
            false => Err(refuse(
                "servers are named by a name of the internet, without a port",
            )),
        }
    }

    async fn transfer(
        &self,
        url: Url,
        validators: Option<&Validators>,
        limit: u64,
        sink: impl Write,
    ) -> Result<Answer, Failure> {
        let mut request = self.client.get(url).header(ACCEPT_ENCODING, "gzip");
        if let Some(Validators {
            etag,
            last_modified,
        }) = validators
        {
            if let Some(etag) = etag {
                request = request.header(IF_NONE_MATCH, etag);
            }
            if let Some(date) = last_modified {
                request = request.header(IF_MODIFIED_SINCE, date);
            }
        }
        let mut response = request.send().await.map_err(spoken)?;
        match response.status() {
            StatusCode::NOT_MODIFIED if validators.is_some() => return Ok(Answer::NotModified),
            StatusCode::OK => {}
            status => {
                return Err(Failure::new(
                    "fetch.status",
                    format!("it answered {status}"),
                ));
            }
        }
        let text = |headers: &HeaderMap, name| {
            let value = headers.get(name)?.to_str().ok()?;
            (value.len() <= 1024).then(|| value.to_owned())
        };
        let validators = Validators {
            etag: text(response.headers(), ETAG),
            last_modified: text(response.headers(), LAST_MODIFIED),
        };
        let coding = text(response.headers(), CONTENT_ENCODING);
        let sink = Limited { sink, left: limit };
        let mut body = match coding.as_deref() {
            None | Some("identity") => Body::Plain(sink),
            Some("gzip" | "x-gzip") => Body::Gzip(Box::new(GzDecoder::new(sink))),
            Some(other) => {
                let detail = format!("it is packed as `{other}`, which was not asked for");
                return Err(Failure::new("fetch.coding", detail));
            }
        };
        while let Some(chunk) = response.chunk().await.map_err(spoken)? {
            body.write(&chunk).map_err(|error| kept(&error, limit))?;
        }
        body.finish().map_err(|error| kept(&error, limit))?;
        Ok(Answer::Body(validators))
    }
}

/// Bytes as they come, packed or not.
enum Body<W: Write> {
    Plain(Limited<W>),
    Gzip(Box<GzDecoder<Limited<W>>>),
}

impl<W: Write> Body<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(sink) => sink.write_all(bytes),
            Self::Gzip(sink) => sink.write_all(bytes),
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Plain(mut sink) => sink.flush(),
            Self::Gzip(sink) => sink.finish()?.flush(),
        }
    }
}

/// A sink that takes so many bytes and no more.
struct Limited<W> {
    sink: W,
    left: u64,
}

impl<W: Write> Write for Limited<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() as u64 > self.left {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let written = self.sink.write(bytes)?;
        self.left -= written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

/// What a body could not be kept for.
fn kept(error: &io::Error, limit: u64) -> Failure {
    match error.kind() {
        io::ErrorKind::FileTooLarge => Failure::too_large("the file", limit),
        // The last is what the decoder says of bytes behind the end.
        io::ErrorKind::InvalidInput
        | io::ErrorKind::InvalidData
        | io::ErrorKind::UnexpectedEof
        | io::ErrorKind::WriteZero => {
            Failure::new("fetch.coding", format!("it cannot be unpacked: {error}"))
        }
        _ => Failure::machine(error),
    }
}

/// What reqwest says, with its causes: it names only the last one by itself.
fn spoken(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let code = match () {
        () if error.is_timeout() => "fetch.timeout",
        () if error.is_redirect() => "fetch.redirect",
        () if error.is_connect() => "fetch.connect",
        () => "fetch.transfer",
    };
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    Failure::new(code, text)
}

/// A redirect is followed within its origin (RFC 9674, section 3).
fn same_origin(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let first = attempt.previous().first().map(Url::origin);
    if attempt.previous().len() > REDIRECTS {
        return attempt.error("too many redirects");
    }
    match first == Some(attempt.url().origin()) {
        true => attempt.follow(),
        false => attempt.error("it redirects to another origin"),
    }
}

/// Whether a server is named as the internet's are.
fn is_public(url: &Url) -> bool {
    url.port().is_none() && url.domain().is_some_and(is_public_name)
}

/// Whether a host's name is one of the internet's: no address, and more than
/// one label.
pub(crate) fn is_public_name(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let last = host.rsplit('.').next().unwrap_or_default();
    host.contains('.')
        && !last.bytes().all(|it| it.is_ascii_digit())
        && !["localhost", "local", "internal"].contains(&last.to_ascii_lowercase().as_str())
        && (host.bytes()).all(|it| it.is_ascii_alphanumeric() || it == b'-' || it == b'.')
}

/// A sink in memory whose digest is known at the end.
pub(crate) fn in_memory() -> DigestWriter<Vec<u8>> {
    DigestWriter::new(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_the_internet_are_public() {
        for public in ["rpki.example.net", "RPKI.example.", "a-b.kr"] {
            assert!(is_public_name(public), "{public}");
        }
        for local in [
            "localhost",
            "rpki.localhost",
            "10.0.0.1",
            "127.1",
            "[::1]",
            "printer.local",
            "user@host.net",
            "host.net:8730",
            "",
            ".",
        ] {
            assert!(!is_public_name(local), "{local}");
        }
    }
}
