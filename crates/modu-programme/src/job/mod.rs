//! Work that takes a while, kept until it is done.
//!
//! A job lies in a table beside the history. A worker takes one under a
//! [`Lease`], which it renews while it works; a worker that is gone loses it,
//! and another one takes the job again. Each taking has its own number, and
//! whatever a worker does to the outside names it, so that one who was only
//! slow changes nothing any more: a job may be *worked on* twice, but it has
//! its effect once.
//!
//! Where the effect is one entry of the history, it is kept in the transaction
//! that also says that the job is done ([`Settlement`]). Where it lies outside,
//! in the log of evidence, the worker first leaves a [mark](Queue::mark) of
//! what it is about to do, from which its successor sees whether it was done.
//!
//! Whose turn it is: the organisation with the fewest jobs at work, then the
//! one that has waited longest; among its own jobs the more urgent, then the
//! older. Urgency never goes before another organisation.

mod admission;
mod bell;
mod desk;
mod log;
mod material;
mod node;
mod queue;
mod register;
mod sight;
mod tally;

use jiff::{SignedDuration, Timestamp};
use modu_kernel::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::admission::{BringInError, NewNode, admit, bind_root, bring_in, shut_out};
pub use self::bell::Bell;
pub use self::desk::Desk;
pub(crate) use self::log::SCHEMA as LOG_SCHEMA;
pub use self::log::{Happened, Line, MAX_STAGES};
pub(crate) use self::material::GONE_SCHEMA;
pub use self::material::{Dataset, DatasetId, MAX_DATASETS, Materials, NodeId};
pub(crate) use self::node::SCHEMA as NODE_SCHEMA;
pub(crate) use self::node::keep as keep_node;
pub use self::node::{CLOCKS_DIFFER, MAX_NODES, MAX_NONCE_CHARS, Node, NodeKey, Nodes};
pub use self::queue::Queue;
pub use self::register::{Admitted, MAX_ROOTS, Register};
pub use self::tally::{MAX_AT_WORK, Tally};
use crate::database::{DatabaseError, Step, Transaction};
use crate::error::{HistoryError, Refusal};
use crate::event::Actor;
use crate::identity::{OrganisationId, PersonId, ProjectId, ProposalId};
use crate::programme::Programme;

/// How long a worker may be silent before its job is another's, where nothing
/// else is said.
pub const LEASE: SignedDuration = SignedDuration::from_secs(10);
/// The longest that may be said.
pub const LONGEST_LEASE: SignedDuration = SignedDuration::from_mins(10);
/// Jobs of one organisation that may wait.
pub const MAX_WAITING: usize = 1_000;
/// How often a job is tried that fails.
pub const MAX_FAILURES: u32 = 5;
/// How often a job is taken whose workers are lost.
pub const MAX_TAKINGS: u32 = 50;
/// Jobs that are listed at once.
pub const MAX_LISTED: usize = 500;
/// Bytes of what a worker says of a job: its answer, its problem, its mark.
pub const MAX_SAID_BYTES: usize = 20_000;
/// Solutions that demonstrate together.
pub const MAX_ENTRANTS: usize = 50;

pub(crate) const SCHEMA: Step = Step::Both(
    "CREATE TABLE job (
         id INTEGER PRIMARY KEY,
         -- Whoever asks twice with one key gets one job.
         asked_as TEXT UNIQUE,
         organisation INTEGER NOT NULL, project INTEGER NOT NULL, person INTEGER NOT NULL,
         -- 0 is the server itself.
         node INTEGER NOT NULL,
         urgency INTEGER NOT NULL, work TEXT NOT NULL,
         state TEXT NOT NULL, takings INTEGER NOT NULL, failures INTEGER NOT NULL,
         -- Milliseconds since 1970.
         due INTEGER NOT NULL, submitted INTEGER NOT NULL,
         started INTEGER, ended INTEGER, lease_ends INTEGER,
         worker TEXT, called_off INTEGER NOT NULL,
         stage TEXT, done INTEGER, total INTEGER,
         mark TEXT, answer TEXT, problem TEXT
     ) STRICT;
     CREATE INDEX job_by_state ON job (state, node, organisation);
     CREATE INDEX job_by_organisation ON job (organisation, started);
     CREATE INDEX job_by_project ON job (project, id);
     CREATE TABLE dataset (
         id INTEGER PRIMARY KEY, organisation INTEGER NOT NULL, node INTEGER NOT NULL,
         name TEXT NOT NULL, digest TEXT, size INTEGER NOT NULL, is_public INTEGER NOT NULL,
         UNIQUE (organisation, node, name)
     ) STRICT;
     CREATE TABLE solution (document TEXT PRIMARY KEY, model TEXT NOT NULL) STRICT;",
);

/// The number of a job, from 1.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct JobId(pub u64);

impl std::fmt::Display for JobId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for JobId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "work", rename_all = "snake_case")]
pub enum Work {
    /// Solutions over an agency's data, and the gate.
    Demonstrate(Demonstrate),
}

/// A demonstration: everything that it names is in the store already, but for
/// data that lie at a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Demonstrate {
    /// The need, whose criteria are registered.
    pub need: Digest,
    /// The data.
    pub dataset: Dataset,
    /// Who takes part.
    pub entrants: Vec<Entrant>,
}

/// A solution that takes part in a demonstration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entrant {
    /// Its proposal.
    pub proposal: ProposalId,
    /// Its `solution.toml`.
    pub document: Digest,
    /// Its model.
    pub model: Digest,
}

/// Which of an organisation's own jobs goes first.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// When nothing else is to be done.
    Low,
    /// As it comes.
    #[default]
    Normal,
    /// Before the others.
    High,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It waits for its turn, or for its next attempt.
    Waiting,
    /// A worker has it.
    Running,
    /// It is done; its answer tells how it came out.
    Done,
    /// It could not be done.
    Failed,
    /// It was called off before it had an effect.
    Cancelled,
}

impl JobState {
    pub(crate) const ALL: [(Self, &'static str); 5] = [
        (Self::Waiting, "waiting"),
        (Self::Running, "running"),
        (Self::Done, "done"),
        (Self::Failed, "failed"),
        (Self::Cancelled, "cancelled"),
    ];

    fn parse(text: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, word)| *word == text);
        found.map(|(state, _)| *state)
    }

    /// Whether nothing more happens to it.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }

    /// Its name for readers.
    #[must_use]
    pub fn label(self) -> modu_kernel::Label {
        use modu_kernel::Label;
        match self {
            Self::Waiting => Label::new("기다림", "Waiting"),
            Self::Running => Label::new("하는 중", "Running"),
            Self::Done => Label::new("마침", "Done"),
            Self::Failed => Label::new("하지 못함", "Failed"),
            Self::Cancelled => Label::new("그만둠", "Called off"),
        }
    }
}

/// A job that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// Whose turn it takes.
    pub organisation: OrganisationId,
    /// The project that it is about.
    pub project: ProjectId,
    /// Who asks; what comes of it is done in their name.
    pub person: PersonId,
    /// Which of the organisation's goes first.
    pub urgency: Urgency,
    /// What is to be done.
    pub work: Work,
    /// Whoever asks again with the same key gets the same job.
    pub key: Option<String>,
}

/// How far a job at work has come.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Reached {
    /// What is being done.
    pub stage: String,
    /// Units that are finished.
    pub done: u64,
    /// Of how many; 0 where that is unknown.
    pub total: u64,
}

/// A job as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// The project.
    pub project: ProjectId,
    /// Who asked.
    pub person: PersonId,
    /// Which goes first.
    pub urgency: Urgency,
    /// What is to be done.
    pub work: Work,
    /// How far it is.
    pub state: JobState,
    /// How often it was taken.
    pub takings: u32,
    /// How often it failed.
    pub failures: u32,
    /// Who has or had it.
    pub worker: Option<String>,
    /// Whether it was asked to stop.
    pub called_off: bool,
    /// How far it has come.
    pub reached: Option<Reached>,
    /// What a worker was about to do to the outside.
    pub mark: Option<String>,
    /// How it came out, where it is done.
    pub answer: Option<String>,
    /// What went wrong last.
    pub problem: Option<String>,
    /// When it was asked for.
    #[schemars(with = "String")]
    pub submitted: Timestamp,
    /// Not before.
    #[schemars(with = "String")]
    pub due: Timestamp,
    /// When it was last taken.
    #[schemars(with = "Option<String>")]
    pub started: Option<Timestamp>,
    /// When it was over.
    #[schemars(with = "Option<String>")]
    pub ended: Option<Timestamp>,
}

/// One taking of a job. Its number grows with each, and whoever has an older
/// one has lost the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The job.
    pub job: JobId,
    /// Which taking, from 1.
    pub taking: u32,
}

/// Whether a worker goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// It goes on.
    Go,
    /// Whoever asked does not want it any more.
    CalledOff,
}

/// That a job is done, to be kept with what it brought about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// By whom.
    pub lease: Lease,
    /// How it came out.
    pub answer: String,
    /// When.
    pub at: Timestamp,
}

impl Settlement {
    pub(crate) fn keep(&self, transaction: &mut Transaction<'_>) -> Result<(), HistoryError> {
        let changed = transaction.execute(
            "UPDATE job SET state = 'done', answer = ?3, ended = ?4, lease_ends = NULL,
                 problem = NULL
             WHERE id = ?1 AND takings = ?2 AND state = 'running'",
            (
                self.lease.job.0,
                self.lease.taking,
                shortened(&self.answer),
                self.at.as_millisecond(),
            ),
        )?;
        if changed != 1 {
            return Err(HistoryError::LeaseLost);
        }
        log::tell(transaction, (self.lease.job, self.at), Happened::Done, None)?;
        Ok(())
    }
}

/// Why a job is not kept, given or ended.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// It may not be asked for.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The organisation has as many waiting as it may.
    #[error("the organisation has {MAX_WAITING} jobs waiting: wait for some, or call some off")]
    TooMany,
    /// The job is another worker's by now, or is over.
    #[error("the job is another worker's by now, or is over")]
    LeaseLost,
    /// It was called off.
    #[error("the job was called off")]
    CalledOff,
    /// What is kept of a job cannot be read.
    #[error("what is kept of {0} cannot be read: restore a backup")]
    Unreadable(String),
    /// The machine gives no random bytes.
    #[error("the machine gives no random bytes: {0}")]
    Random(String),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] DatabaseError),
}

/// What a person asks to be demonstrated, before it is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedDemonstration {
    /// The project.
    pub project: ProjectId,
    /// Which of its selected proposals.
    pub proposals: Vec<ProposalId>,
    /// On which of the agency's data.
    pub dataset: DatasetId,
    /// Which goes first.
    pub urgency: Urgency,
    /// Whoever asks again with the same key gets the same job.
    pub key: Option<String>,
}

impl AskedDemonstration {
    /// The job that it would be.
    ///
    /// # Errors
    /// [`JobError::Refused`] where the person may not ask for it, the
    /// proposals are not selected, or need, data or models are missing.
    pub fn prepare(
        &self,
        by: PersonId,
        programme: &Programme,
        materials: &Materials,
    ) -> Result<NewJob, JobError> {
        let project =
            programme.may_demonstrate(Actor::Person(by), self.project, &self.proposals)?;
        if self.proposals.is_empty() || self.proposals.len() > MAX_ENTRANTS {
            return Err(Refusal::wrong("the proposals", "choose 1 to 50").into());
        }
        let need = project.need.ok_or(Refusal::NotNow(
            "the need has no criteria that the gate could read",
        ))?;
        let dataset = materials.dataset(self.dataset)?;
        let dataset = dataset.filter(|dataset| dataset.organisation == project.agency);
        let dataset = dataset.ok_or(Refusal::Missing("such data of the agency"))?;
        if dataset.gone.is_some() {
            return Err(Refusal::NotNow("the data are no longer at their node").into());
        }
        let mut entrants = Vec::with_capacity(self.proposals.len());
        for id in &self.proposals {
            let proposal = project.proposals.get(id);
            let document = proposal.and_then(|proposal| proposal.solution);
            let document = document.ok_or(Refusal::NotNow("a proposal has no solution yet"))?;
            let model = materials.model_of(document)?;
            entrants.push(Entrant {
                proposal: *id,
                document,
                model: model.ok_or(Refusal::NotNow("a solution's model was not handed in yet"))?,
            });
        }
        Ok(NewJob {
            organisation: project.agency,
            project: self.project,
            person: by,
            urgency: self.urgency,
            work: Work::Demonstrate(Demonstrate {
                need,
                dataset,
                entrants,
            }),
            key: self.key.clone(),
        })
    }
}

/// What is said of a job, within its limit.
fn shortened(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_SAID_BYTES))
        .unwrap_or(text)
}
