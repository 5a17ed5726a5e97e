//! What can happen, and how it stands in the history.

use std::collections::BTreeSet;

use jiff::Timestamp;
use modu_kernel::{Digest, canonical};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::Role;
use crate::error::HistoryError;
use crate::identity::{OrganisationId, PersonId, ProjectId, ProposalId, Sequence};
use crate::job::{NodeId, NodeKey};
use crate::organisation::OrganisationKind;
use crate::project::{Score, Verdict};
use crate::text::{Text, Title};

/// Who caused an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The program itself: the first operator, the demonstration that a new
    /// programme opens with, deadlines that passed.
    System,
    /// A person.
    Person(PersonId),
}

/// What lets a person in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Password, what is bound elsewhere, sessions and keys.
    SignIn,
    /// The second factor, with sessions and keys.
    SecondFactor,
}

/// What happened. Events are never changed: a new field is optional, a new
/// meaning is a new event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// An organisation takes part from here on.
    OrganisationRegistered {
        /// Its name.
        name: Title,
        /// What it does.
        kind: OrganisationKind,
    },
    /// A person acts for an organisation from here on.
    PersonEnrolled {
        /// The organisation.
        organisation: OrganisationId,
        /// The person's name.
        name: Title,
        /// In what capacity.
        role: Role,
    },
    /// A person acts no longer.
    PersonSuspended {
        /// Who.
        person: PersonId,
    },
    /// A suspended person acts again.
    PersonReinstated {
        /// Who.
        person: PersonId,
    },
    /// What lets a person in was taken away, to begin anew: whoever runs the
    /// programme could have come in as that person, and this shows when.
    AccessReset {
        /// Whose.
        person: PersonId,
        /// What of it.
        access: Access,
    },
    /// Who comes in by a second factor only, from here on.
    SecondFactorRequired {
        /// In these capacities; in no other.
        roles: BTreeSet<Role>,
    },
    /// A node stands beside an agency's data from here on: what is signed with
    /// this key, and comes with the token that was handed over, is the node's.
    NodeAdmitted {
        /// The node.
        node: NodeId,
        /// The agency.
        organisation: OrganisationId,
        /// What the node is called.
        name: Title,
        /// Its key.
        key: NodeKey,
        /// Since when, where it was let in before the history told of nodes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<String>")]
        since: Option<Timestamp>,
    },
    /// By which trusted root a node's evidence is verified from here on; it was
    /// told under the node's key.
    NodeRootBound {
        /// The node.
        node: NodeId,
        /// The trusted root, an artifact.
        root: Digest,
    },
    /// A node's token and key open nothing any more.
    NodeShutOut {
        /// The node.
        node: NodeId,
        /// Since when, where that was before the history told of nodes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<String>")]
        since: Option<Timestamp>,
    },
    /// An agency says what it needs: a project begins.
    NeedPublished {
        /// The agency.
        agency: OrganisationId,
        /// What the project is called.
        title: Title,
        /// What is needed, for people.
        description: Text,
        /// The need and its criteria as the gate reads them.
        need: Option<Digest>,
    },
    /// Proposals are asked for.
    CallOpened {
        /// The project.
        project: ProjectId,
        /// Until when.
        #[schemars(with = "String")]
        closes: Timestamp,
    },
    /// A supplier proposes.
    ProposalSubmitted {
        /// The project.
        project: ProjectId,
        /// The supplier.
        supplier: OrganisationId,
        /// What it is called.
        title: Title,
        /// What is proposed.
        summary: Text,
        /// The solution, where it is submitted already.
        solution: Option<Digest>,
    },
    /// A supplier takes its proposal back, while the call is open.
    ProposalWithdrawn {
        /// The project.
        project: ProjectId,
        /// The proposal.
        proposal: ProposalId,
    },
    /// The call is over, and who judges is known.
    CallClosed {
        /// The project.
        project: ProjectId,
        /// The evaluators.
        evaluators: Vec<PersonId>,
    },
    /// One more evaluator judges, while sheets are still to come: in the place
    /// of one who was released, or where too many stepped back.
    EvaluatorAppointed {
        /// The project.
        project: ProjectId,
        /// Who judges from here on.
        evaluator: PersonId,
    },
    /// An evaluator whose sheets are still to come judges no longer. What they
    /// sealed stays sealed and counts: nobody can take a sheet out.
    EvaluatorReleased {
        /// The project.
        project: ProjectId,
        /// Who judges no longer.
        evaluator: PersonId,
        /// Why.
        reason: Text,
    },
    /// An evaluator must not judge a proposal.
    ConflictDeclared {
        /// The project.
        project: ProjectId,
        /// The proposal.
        proposal: ProposalId,
        /// Who declares it.
        evaluator: PersonId,
        /// Why.
        reason: Text,
    },
    /// An evaluator's sheet is in. Only its digest stands here: nobody reads
    /// it before all are in, and nobody can change it afterwards.
    ScoreSealed {
        /// The project.
        project: ProjectId,
        /// The proposal.
        proposal: ProposalId,
        /// Whose sheet it is.
        evaluator: PersonId,
        /// The digest of the sheet's canonical JSON.
        sheet: Digest,
    },
    /// All sheets are in, and are opened together.
    ScoresOpened {
        /// The project.
        project: ProjectId,
        /// Every sheet.
        sheets: Vec<Score>,
    },
    /// Who may demonstrate.
    Selected {
        /// The project.
        project: ProjectId,
        /// The proposals.
        proposals: Vec<ProposalId>,
        /// Why these.
        reason: Text,
    },
    /// The gate judged a demonstration.
    Demonstrated {
        /// The project.
        project: ProjectId,
        /// The proposal.
        proposal: ProposalId,
        /// What the gate said.
        verdict: Verdict,
        /// The released report.
        report: Digest,
        /// The place of its evidence in the agency's log.
        evidence: u64,
    },
    /// An agency takes into use what was proven.
    Adopted {
        /// The project.
        project: ProjectId,
        /// The proposal.
        proposal: ProposalId,
        /// The agency: the project's own, or one that takes it over.
        agency: OrganisationId,
    },
    /// What is in use was judged again on new data.
    Watched {
        /// The project.
        project: ProjectId,
        /// The proposal.
        proposal: ProposalId,
        /// What the gate said this time.
        verdict: Verdict,
        /// The released report.
        report: Digest,
        /// The place of its evidence in the agency's log.
        evidence: u64,
    },
    /// An agency uses it no longer.
    Retired {
        /// The project.
        project: ProjectId,
        /// The proposal.
        proposal: ProposalId,
        /// The agency.
        agency: OrganisationId,
        /// Why.
        reason: Text,
    },
    /// The project is over.
    Closed {
        /// The project.
        project: ProjectId,
        /// Why.
        reason: Text,
    },
}

impl Event {
    /// The project that it is about; a published need is about the project
    /// that it begins, whose number only its entry knows.
    #[must_use]
    pub const fn project(&self) -> Option<ProjectId> {
        match self {
            Self::OrganisationRegistered { .. }
            | Self::PersonEnrolled { .. }
            | Self::PersonSuspended { .. }
            | Self::PersonReinstated { .. }
            | Self::AccessReset { .. }
            | Self::SecondFactorRequired { .. }
            | Self::NodeAdmitted { .. }
            | Self::NodeRootBound { .. }
            | Self::NodeShutOut { .. }
            | Self::NeedPublished { .. } => None,
            Self::CallOpened { project, .. }
            | Self::ProposalSubmitted { project, .. }
            | Self::ProposalWithdrawn { project, .. }
            | Self::CallClosed { project, .. }
            | Self::EvaluatorAppointed { project, .. }
            | Self::EvaluatorReleased { project, .. }
            | Self::ConflictDeclared { project, .. }
            | Self::ScoreSealed { project, .. }
            | Self::ScoresOpened { project, .. }
            | Self::Selected { project, .. }
            | Self::Demonstrated { project, .. }
            | Self::Adopted { project, .. }
            | Self::Watched { project, .. }
            | Self::Retired { project, .. }
            | Self::Closed { project, .. } => Some(*project),
        }
    }
}

/// An event at its place in the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place.
    pub sequence: Sequence,
    /// When; never before the entry before it.
    pub at: Timestamp,
    /// Who caused it.
    pub by: Actor,
    /// What happened.
    pub event: Event,
    /// The digest of the entry before it; of nothing for the first.
    pub previous: Digest,
}

impl Entry {
    /// The digest of the entry's canonical JSON (RFC 8785), which the next
    /// entry names.
    ///
    /// # Errors
    /// [`HistoryError::Unwritable`] where it holds a number that JSON cannot.
    pub fn digest(&self) -> Result<Digest, HistoryError> {
        Ok(Digest::of(&self.to_bytes()?))
    }

    /// The canonical JSON.
    ///
    /// # Errors
    /// As [`Self::digest`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, HistoryError> {
        let problem = |error: String| HistoryError::Unwritable {
            sequence: self.sequence,
            problem: error,
        };
        canonical::to_vec(self).map_err(|error| problem(error.to_string()))
    }
}
