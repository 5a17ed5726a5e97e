//! What nodes and server say to each other: JSON, and nothing in it that could
//! hold a row.
//!
//! What a node says of itself in words is chosen from lists: a problem is one
//! of [`Problem`], how far a job has come is the name of a solution and a share
//! in hundred. What went wrong in detail stands in the node's own output, where
//! the data are.

use modu_kernel::Digest;
use modu_programme::Title;
use modu_programme::job::{Entrant, JobId, Lease, Standing};
use serde::{Deserialize, Serialize};

/// Bytes of a request but a [`Delivery`].
pub const MAX_REQUEST_BYTES: usize = 1 << 20;
/// Bytes of a delivery.
pub const MAX_DELIVERY_BYTES: usize = 32 << 20;
/// Bytes of an artifact that are given at once.
pub const PIECE: usize = 4 << 20;
/// Data sets of one node.
pub const MAX_OFFERED: usize = 200;
/// What a token begins with, so that whoever finds one knows what it is.
pub const TOKEN_PREFIX: &str = "modu_node_";

/// A node says that it is there, what it has, and by what its evidence is to
/// be verified.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// Its trusted root, as JSON.
    pub trusted_root: String,
    /// Its data.
    pub offered: Vec<Offered>,
}

/// Data that a node has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offered {
    /// What the file is called, without its ending.
    pub name: Title,
    /// The salted commitment to its digest.
    pub commitment: Digest,
}

/// Nothing more is asked than that.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// A job is to be done.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Under which it is done.
    pub lease: Lease,
    /// The need; an artifact of the server, as all that follow.
    pub need: Digest,
    /// Which of the node's data.
    pub dataset: Title,
    /// Who takes part.
    pub entrants: Vec<Entrant>,
    /// What an earlier taking was about to do.
    pub mark: Option<String>,
    /// After so many silent seconds the job is another's.
    pub lease_seconds: u32,
}

impl Task {
    /// The job's number.
    #[must_use]
    pub fn job(&self) -> JobId {
        self.lease.job
    }
}

/// A piece of an artifact that a task names is asked for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fetch {
    /// Under which.
    pub lease: Lease,
    /// Which artifact.
    pub digest: Digest,
    /// From which byte.
    pub from: u64,
}

/// A node is at work.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Renewal {
    /// On what.
    pub lease: Lease,
    /// Which solution it is at: its place among the entrants, or their number
    /// for what comes after them.
    pub at: u32,
    /// How much of that is done, in hundred.
    pub percent: u8,
}

/// What a node hears then.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Renewed {
    /// Whether it goes on.
    pub standing: Standing,
}

/// A node is about to log a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marking {
    /// Under which.
    pub lease: Lease,
    /// Where in its own log that will stand.
    pub mark: String,
}

/// A node ends or gives back a job that it has not done.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivingUp {
    /// Which.
    pub lease: Lease,
    /// Why.
    pub problem: Problem,
}

/// Why a job was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// The node has no data of that name any more.
    NoData,
    /// Need, solution or data are wrong in themselves.
    Input,
    /// The data have answered as often as they may.
    Budget,
    /// Something failed that may pass.
    Failed,
    /// It was called off.
    CalledOff,
    /// The node is being stopped.
    Stopping,
}

impl Problem {
    /// For people, in Korean and English.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::NoData => {
                "노드에 이 데이터가 더는 없습니다 | the node has no data of that name any more"
            }
            Self::Input => {
                "수요나 솔루션, 데이터가 잘못되었습니다. 까닭은 노드의 출력에 있습니다 | the need, a solution or the data are wrong: the node's own output says how"
            }
            Self::Budget => {
                "이 데이터의 제출 한도를 다 썼습니다 | the data have answered as often as they may"
            }
            Self::Failed => {
                "노드가 하지 못했습니다. 까닭은 노드의 출력에 있습니다 | the node could not do it: its own output says why"
            }
            Self::CalledOff => "그만두었습니다 | it was called off",
            Self::Stopping => "노드를 멈춥니다 | the node is being stopped",
        }
    }

    /// Whether trying again may help.
    #[must_use]
    pub const fn may_pass(self) -> bool {
        matches!(self, Self::Failed)
    }
}

/// What came of a job: all that leaves the node.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// Under which.
    pub lease: Lease,
    /// The signed report of the run, a bundle (JSON).
    pub run: String,
    /// The signed decisions, likewise.
    pub decisions: Vec<String>,
    /// What was released, by name; all of it text.
    pub released: Vec<Released>,
}

/// A released file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Released {
    /// `released.json` or one of its pages.
    pub name: String,
    /// What stands in it.
    pub text: String,
}

/// The names of what may be released.
pub const RELEASED: [&str; 3] = ["released.json", "released.ko.html", "released.en.html"];
