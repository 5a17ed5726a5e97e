//! Why a stranger's server gave nothing that can be used.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Why fetching from a server failed. It is no error of ours: what was fetched
/// before stands, and the reason is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// A stable code, such as `fetch.timeout`.
    pub code: String,
    /// What was seen, in English, in one line.
    pub detail: String,
}

/// The longest detail, in characters.
const DETAIL: usize = 300;

impl Failure {
    /// A failure. Servers' words may be in the detail: it is cut to one line
    /// without control characters, so that they cannot paint the reader's
    /// terminal.
    pub(crate) fn new(code: &str, detail: impl fmt::Display) -> Self {
        let detail = detail.to_string();
        let line = detail.split_whitespace().collect::<Vec<_>>().join(" ");
        let harmless = line.chars().filter(|it| !it.is_control());
        Self {
            code: code.to_owned(),
            detail: harmless.take(DETAIL).collect(),
        }
    }

    pub(crate) fn timeout(limit: Duration) -> Self {
        let seconds = limit.as_secs_f64();
        Self::new("fetch.timeout", format!("not done within {seconds:.0} s"))
    }

    pub(crate) fn too_large(what: &str, limit: u64) -> Self {
        Self::new(
            "fetch.too-large",
            format!("{what}: more than {limit} bytes"),
        )
    }

    /// Our own machine failed while keeping what was fetched.
    pub(crate) fn machine(error: impl fmt::Display) -> Self {
        Self::new("fetch.keep", error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

/// What one server may cost.
#[derive(Debug, Clone)]
pub struct Budgets {
    /// How long one source may take, all of its transfers together.
    pub source_time: Duration,
    /// How long the fetching of one update may take, all together.
    pub run_time: Duration,
    /// After this long, what was fetched meanwhile is validated without
    /// waiting for those that are still busy.
    pub patience: Duration,
    /// Bytes of a notification file.
    pub notification_bytes: u64,
    /// Bytes of one snapshot or delta, unpacked.
    pub file_bytes: u64,
    /// Bytes of all of one source's transfers, unpacked.
    pub source_bytes: u64,
    /// Deltas that are followed; beyond, the snapshot is taken.
    pub deltas: usize,
    /// Objects of one source.
    pub source_objects: usize,
    /// Sources that are fetched at the same time. An authority and all below
    /// it get half of what its issuer has.
    pub parallel: usize,
    /// Different sources that a trust anchor may lead to in one update.
    pub sources: usize,
    /// For how long after its last success an RRDP server is waited for
    /// before rsync is asked.
    pub fallback_after: Duration,
    /// How long a source that failed is left alone; doubled for each update in
    /// a row in which it failed while others worked. Zero: not at all.
    pub back_off: Duration,
    /// For how long at most.
    pub back_off_most: Duration,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            source_time: Duration::from_secs(300),
            run_time: Duration::from_secs(900),
            patience: Duration::from_secs(10),
            notification_bytes: 16 << 20,
            file_bytes: 2 << 30,
            source_bytes: 4 << 30,
            deltas: 500,
            source_objects: 4_000_000,
            parallel: 32,
            sources: 4_000,
            fallback_after: Duration::from_secs(3600),
            back_off: Duration::ZERO,
            back_off_most: Duration::from_secs(3600),
        }
    }
}
