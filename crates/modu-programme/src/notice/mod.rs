//! Notices: who must or may want to know of what happened.
//!
//! A supplier wants to hear of a need, an evaluator must hear that sheets are
//! waited for, an agency and a supplier what the gate said. What an entry of
//! the history means to whom is a pure function ([`told_by`]) of the entry and
//! of where everything stands after it. A [`Follower`] reads the history from
//! a place that it keeps, and keeps in one transaction the notices of some
//! entries, what is to be sent of them, and how far it has come: killed at any
//! moment, it neither loses one nor tells one twice.
//!
//! Notices lie on a [`Board`]: each person sees their own. What leaves the
//! house lies in the [`Outbox`] until it was taken: to the [webhooks](webhook)
//! of organisations, and to the [mailboxes](mailbox) of people who asked for
//! it. Sending is not done here but by a crate with a network.

mod board;
mod follower;
mod letter;
pub mod mailbox;
mod outbox;
pub mod signature;
mod told;
pub mod webhook;

use jiff::Timestamp;
use modu_kernel::Label;
use serde::{Deserialize, Serialize};

pub use self::board::Board;
pub use self::follower::{FOLLOWED_AT_ONCE, Follower};
pub use self::letter::{Letter, MAX_LETTER_BYTES};
pub use self::outbox::{
    Channel, Delivery, DeliveryId, DeliveryState, Failure, MAX_ATTEMPTS, MAX_OUTGOING, Outbox,
};
pub use self::told::{Recipient, Told, told_by};
use crate::access::Role;
use crate::database::{DatabaseError, Step};
use crate::error::{HistoryError, Refusal};
use crate::identity::{OrganisationId, ProjectId, ProposalId};
use crate::programme::Programme;
use crate::project::Verdict;

/// Notices of one person that are kept; older ones go.
pub const MAX_KEPT: usize = 1_000;
/// Notices that are listed at once.
pub const MAX_LISTED: usize = 200;
/// Unread notices are counted up to this.
pub const MAX_COUNTED: u64 = 100;

pub(crate) const SCHEMA: Step = Step::Both(
    "CREATE TABLE notice (
         id INTEGER PRIMARY KEY AUTOINCREMENT, person INTEGER NOT NULL,
         -- What it came of: nobody is told of one thing twice.
         origin TEXT NOT NULL,
         -- Milliseconds since 1970.
         made INTEGER NOT NULL,
         note TEXT NOT NULL, seen INTEGER NOT NULL,
         UNIQUE (person, origin)
     ) STRICT;
     CREATE INDEX notice_unread ON notice (person, id) WHERE seen = 0;
     CREATE INDEX notice_by_person ON notice (person, id);
     -- How far the history was read.
     CREATE TABLE follower (name TEXT PRIMARY KEY, place INTEGER NOT NULL) STRICT;
     -- Of what happened before there were notices nobody is told.
     INSERT INTO follower (name, place)
         SELECT 'notices', sequence FROM entry ORDER BY sequence DESC LIMIT 1;
     CREATE TABLE webhook (
         id INTEGER PRIMARY KEY AUTOINCREMENT, organisation INTEGER NOT NULL,
         person INTEGER NOT NULL, address TEXT NOT NULL,
         -- Needed whole at each delivery: what is signed with a digest of it
         -- could be signed by whoever steals that.
         secret BLOB NOT NULL,
         made INTEGER NOT NULL, stopped INTEGER, problem TEXT
     ) STRICT;
     CREATE INDEX webhook_by_organisation ON webhook (organisation, id);
     CREATE TABLE mailbox (
         person INTEGER PRIMARY KEY, address TEXT NOT NULL, language TEXT NOT NULL,
         -- The digest of what a letter carried there, until it came back.
         proof BLOB, ends INTEGER
     ) STRICT;
     CREATE TABLE delivery (
         id INTEGER PRIMARY KEY AUTOINCREMENT,
         -- The same at each attempt, so that a receiver knows it again.
         message TEXT NOT NULL UNIQUE,
         -- 0 is mail.
         webhook INTEGER NOT NULL, address TEXT NOT NULL, body TEXT NOT NULL,
         made INTEGER NOT NULL, due INTEGER NOT NULL, attempts INTEGER NOT NULL,
         lease_ends INTEGER, state TEXT NOT NULL, problem TEXT
     ) STRICT;
     CREATE INDEX delivery_due ON delivery (state, due);
     CREATE INDEX delivery_by_webhook ON delivery (webhook, id);",
);

/// What somebody is told. Numbers only: names are looked up when it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum Note {
    /// A need was published.
    NeedPublished {
        /// The project that it begins.
        project: ProjectId,
    },
    /// Proposals are taken.
    CallOpened {
        /// For which project.
        project: ProjectId,
        /// Until when.
        closes: Timestamp,
    },
    /// A proposal came in.
    ProposalSubmitted {
        /// The project.
        project: ProjectId,
        /// The proposal.
        proposal: ProposalId,
    },
    /// A proposal was taken back.
    ProposalWithdrawn {
        /// The project.
        project: ProjectId,
        /// The proposal.
        proposal: ProposalId,
    },
    /// A call is over.
    CallClosed {
        /// The project.
        project: ProjectId,
    },
    /// One's own sheets are waited for.
    SheetsAwaited {
        /// The project.
        project: ProjectId,
    },
    /// One's sheets are waited for no longer.
    Released {
        /// The project.
        project: ProjectId,
    },
    /// An evaluator stepped back from a proposal.
    ConflictDeclared {
        /// The project.
        project: ProjectId,
        /// The proposal.
        proposal: ProposalId,
    },
    /// All sheets are in, and can be opened.
    SheetsComplete {
        /// The project.
        project: ProjectId,
    },
    /// The sheets were opened.
    ScoresOpened {
        /// The project.
        project: ProjectId,
    },
    /// A proposal may demonstrate.
    Selected {
        /// The project.
        project: ProjectId,
        /// The proposal.
        proposal: ProposalId,
    },
    /// A proposal was not selected.
    NotSelected {
        /// The project.
        project: ProjectId,
        /// The proposal.
        proposal: ProposalId,
    },
    /// It is known who may demonstrate.
    SelectionMade {
        /// The project.
        project: ProjectId,
    },
    /// The gate judged a demonstration.
    Judged {
        /// The project.
        project: ProjectId,
        /// The proposal.
        proposal: ProposalId,
        /// What it said.
        verdict: Verdict,
        /// Where its evidence stands in the log.
        evidence: u64,
    },
    /// What is in use was judged again.
    JudgedAgain {
        /// The project.
        project: ProjectId,
        /// The proposal.
        proposal: ProposalId,
        /// What the gate said.
        verdict: Verdict,
        /// Where its evidence stands in the log.
        evidence: u64,
    },
    /// An agency took it into use.
    Adopted {
        /// The project.
        project: ProjectId,
        /// The proposal.
        proposal: ProposalId,
        /// The agency.
        agency: OrganisationId,
    },
    /// An agency uses it no longer.
    Retired {
        /// The project.
        project: ProjectId,
        /// The proposal.
        proposal: ProposalId,
        /// The agency.
        agency: OrganisationId,
    },
    /// A project is over.
    Closed {
        /// Which.
        project: ProjectId,
    },
    /// One was enrolled.
    Enrolled {
        /// In what capacity.
        role: Role,
    },
    /// One may act no longer.
    Suspended,
    /// One may act again.
    Reinstated,
    /// An operator gave one a new way in, or took the second factor away.
    AccessReset,
    /// A webhook of one's organisation does not answer, and was stopped.
    WebhookStopped {
        /// Which.
        webhook: webhook::WebhookId,
    },
    /// Somebody tried a webhook out.
    Tried,
}

impl Note {
    /// Its name for programs, as the field `type` of a message tells it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::NeedPublished { .. } => "need.published",
            Self::CallOpened { .. } => "call.opened",
            Self::ProposalSubmitted { .. } => "proposal.submitted",
            Self::ProposalWithdrawn { .. } => "proposal.withdrawn",
            Self::CallClosed { .. } => "call.closed",
            Self::SheetsAwaited { .. } => "sheets.awaited",
            Self::Released { .. } => "evaluator.released",
            Self::ConflictDeclared { .. } => "conflict.declared",
            Self::SheetsComplete { .. } => "sheets.complete",
            Self::ScoresOpened { .. } => "scores.opened",
            Self::Selected { .. } => "proposal.selected",
            Self::NotSelected { .. } => "proposal.not_selected",
            Self::SelectionMade { .. } => "selection.made",
            Self::Judged { .. } => "proposal.judged",
            Self::JudgedAgain { .. } => "proposal.judged_again",
            Self::Adopted { .. } => "proposal.adopted",
            Self::Retired { .. } => "proposal.retired",
            Self::Closed { .. } => "project.closed",
            Self::Enrolled { .. } => "person.enrolled",
            Self::Suspended => "person.suspended",
            Self::Reinstated => "person.reinstated",
            Self::AccessReset => "person.access_reset",
            Self::WebhookStopped { .. } => "webhook.stopped",
            Self::Tried => "webhook.tried",
        }
    }

    /// The project that it is about.
    #[must_use]
    pub const fn project(&self) -> Option<ProjectId> {
        match self {
            Self::NeedPublished { project }
            | Self::CallOpened { project, .. }
            | Self::ProposalSubmitted { project, .. }
            | Self::ProposalWithdrawn { project, .. }
            | Self::CallClosed { project }
            | Self::SheetsAwaited { project }
            | Self::Released { project }
            | Self::ConflictDeclared { project, .. }
            | Self::SheetsComplete { project }
            | Self::ScoresOpened { project }
            | Self::Selected { project, .. }
            | Self::NotSelected { project, .. }
            | Self::SelectionMade { project }
            | Self::Judged { project, .. }
            | Self::JudgedAgain { project, .. }
            | Self::Adopted { project, .. }
            | Self::Retired { project, .. }
            | Self::Closed { project } => Some(*project),
            Self::Enrolled { .. }
            | Self::Suspended
            | Self::Reinstated
            | Self::AccessReset
            | Self::WebhookStopped { .. }
            | Self::Tried => None,
        }
    }

    /// The proposal that it is about.
    #[must_use]
    pub const fn proposal(&self) -> Option<ProposalId> {
        match self {
            Self::ProposalSubmitted { proposal, .. }
            | Self::ProposalWithdrawn { proposal, .. }
            | Self::ConflictDeclared { proposal, .. }
            | Self::Selected { proposal, .. }
            | Self::NotSelected { proposal, .. }
            | Self::Judged { proposal, .. }
            | Self::JudgedAgain { proposal, .. }
            | Self::Adopted { proposal, .. }
            | Self::Retired { proposal, .. } => Some(*proposal),
            _ => None,
        }
    }

    /// The page where one sees more, or does what is to be done.
    #[must_use]
    pub fn page(&self) -> String {
        match (self, self.project()) {
            (_, Some(project)) => format!("/projects/{project}"),
            (Self::WebhookStopped { .. } | Self::Tried, None) => "/webhooks".to_owned(),
            (_, None) => "/".to_owned(),
        }
    }

    /// What it says, as a sentence for people; names are looked up in where
    /// things stand now.
    #[must_use]
    pub fn label(&self, programme: &Programme) -> Label {
        letter::sentence(self, programme)
    }
}

/// The number of a notice, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoticeId(pub u64);

impl std::str::FromStr for NoticeId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// A notice as it lies on the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its number.
    pub id: NoticeId,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub note: Note,
    /// Whether its person has read it.
    pub is_read: bool,
}

/// Why notices are not kept, shown or sent.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// It may not be asked for.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The history cannot be read.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// Another follower read on meanwhile.
    #[error("another server told of it meanwhile")]
    Overtaken,
    /// The delivery is another sender's by now, or is over.
    #[error("the delivery is another sender's by now, or is over")]
    LeaseLost,
    /// What is kept cannot be read.
    #[error("what is kept of {0} cannot be read: restore a backup")]
    Unreadable(&'static str),
    /// The machine gives no random bytes.
    #[error("the machine gives no random bytes: {0}")]
    Random(String),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] DatabaseError),
}
