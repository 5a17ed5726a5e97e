//! A project: where it stands, and what may follow.
//!
//! A need is published, a call opened and closed, proposals are scored in
//! sealed sheets, the scores are opened together, some are selected, the gate
//! judges their demonstrations, and what it lets through may be adopted,
//! watched, taken over by other agencies, and retired. [`Project::check`] says
//! whether an event may follow; [`Project::apply`] moves on.

mod check;
mod score;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use modu_kernel::{Digest, Label};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::score::{CRITERIA, Criterion, MAX_POINTS, Score, ScoreSheet};
pub use self::verdict::Verdict;
use crate::event::{Entry, Event};
use crate::identity::{OrganisationId, PersonId, ProjectId, ProposalId};
use crate::text::{Text, Title};

/// Proposals of one project.
pub const MAX_PROPOSALS: usize = 1_000;
/// Evaluators of one project.
pub const MAX_EVALUATORS: usize = 50;

/// How far a project is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The need is published.
    Need,
    /// Proposals are taken.
    Call,
    /// Proposals are scored, sealed.
    Scoring,
    /// Scores are open; some are to be selected.
    Selection,
    /// The selected demonstrate.
    Demonstration,
    /// Something is in use.
    Adopted,
    /// It is over.
    Closed,
}

impl Phase {
    /// All phases, in their order.
    pub const ALL: [Self; 7] = [
        Self::Need,
        Self::Call,
        Self::Scoring,
        Self::Selection,
        Self::Demonstration,
        Self::Adopted,
        Self::Closed,
    ];

    /// Its name for readers.
    #[must_use]
    pub fn label(self) -> Label {
        match self {
            Self::Need => Label::new("수요 공개", "Need published"),
            Self::Call => Label::new("공모 중", "Call open"),
            Self::Scoring => Label::new("평가 중", "Scoring"),
            Self::Selection => Label::new("선정", "Selection"),
            Self::Demonstration => Label::new("실증 중", "Demonstration"),
            Self::Adopted => Label::new("도입", "Adopted"),
            Self::Closed => Label::new("종료", "Closed"),
        }
    }
}

/// A supplier's proposal.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// Its number.
    pub id: ProposalId,
    /// Who proposes.
    pub supplier: OrganisationId,
    /// What it is called.
    pub title: Title,
    /// What is proposed.
    pub summary: Text,
    /// The solution, where it was submitted.
    pub solution: Option<Digest>,
    /// Whether it was taken back.
    pub withdrawn: bool,
    /// Whether it may demonstrate.
    pub selected: bool,
    /// The evaluators who must not judge it.
    pub conflicts: BTreeSet<PersonId>,
    /// The sealed sheets.
    pub sealed: BTreeMap<PersonId, Digest>,
    /// The opened sheets.
    pub scores: Vec<Score>,
    /// What the gate said, each time, oldest first.
    pub judged: Vec<Judged>,
    /// The agencies that use it.
    pub users: BTreeSet<OrganisationId>,
}

/// What the gate said once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// When it was recorded.
    pub at: Timestamp,
    /// What it said.
    pub verdict: Verdict,
    /// The released report.
    pub report: Digest,
    /// The place of its evidence in the agency's log.
    pub evidence: u64,
}

/// Where a project stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// Its number.
    pub id: ProjectId,
    /// Whose need it is.
    pub agency: OrganisationId,
    /// What it is called.
    pub title: Title,
    /// What is needed.
    pub description: Text,
    /// The need and its criteria as the gate reads them.
    pub need: Option<Digest>,
    /// When the need was published.
    pub since: Timestamp,
    /// How far it is.
    pub phase: Phase,
    /// Until when proposals are taken.
    pub closes: Option<Timestamp>,
    /// Who judges now.
    pub evaluators: BTreeSet<PersonId>,
    /// The proposals, in the order in which they came.
    pub proposals: BTreeMap<ProposalId, Proposal>,
}

impl Project {
    /// The project that a published need begins; `None` for other events.
    #[must_use]
    pub fn begun_by(entry: &Entry) -> Option<Self> {
        let Event::NeedPublished {
            agency,
            title,
            description,
            need,
        } = &entry.event
        else {
            return None;
        };
        Some(Self {
            id: ProjectId(entry.sequence),
            agency: *agency,
            title: title.clone(),
            description: description.clone(),
            need: *need,
            since: entry.at,
            phase: Phase::Need,
            closes: None,
            evaluators: BTreeSet::new(),
            proposals: BTreeMap::new(),
        })
    }

    /// Whether an organisation is a party: its need, its proposal, its use.
    #[must_use]
    pub fn concerns(&self, organisation: OrganisationId) -> bool {
        self.agency == organisation
            || self.proposals.values().any(|proposal| {
                proposal.supplier == organisation || proposal.users.contains(&organisation)
            })
    }

    /// Proposals that were not taken back.
    pub fn standing(&self) -> impl Iterator<Item = &Proposal> {
        self.proposals
            .values()
            .filter(|proposal| !proposal.withdrawn)
    }

    /// Sheets that were not sealed, as who was named to judge what.
    pub fn missing_sheets(&self) -> impl Iterator<Item = (ProposalId, PersonId)> {
        self.standing().flat_map(|proposal| {
            let waited = self.still_to_judge(proposal);
            waited.map(|evaluator| (proposal.id, evaluator))
        })
    }

    /// Evaluators who neither sealed a sheet on a proposal nor stepped back
    /// from it.
    pub fn still_to_judge<'p>(&'p self, proposal: &'p Proposal) -> impl Iterator<Item = PersonId> {
        let evaluators = self.evaluators.iter().copied();
        evaluators
            .filter(|it| !proposal.conflicts.contains(it) && !proposal.sealed.contains_key(it))
    }

    /// Moves on by an entry that [`Self::check`] let through; what is about
    /// another project changes nothing.
    pub fn apply(&mut self, entry: &Entry) {
        if entry.event.project() != Some(self.id) {
            return;
        }
        match &entry.event {
            Event::CallOpened { closes, .. } => {
                self.phase = Phase::Call;
                self.closes = Some(*closes);
            }
            Event::ProposalSubmitted { .. } => self.take(entry),
            Event::ProposalWithdrawn { proposal, .. } => {
                self.change(*proposal, |proposal| proposal.withdrawn = true);
            }
            Event::CallClosed { evaluators, .. } => {
                self.phase = Phase::Scoring;
                self.evaluators = evaluators.iter().copied().collect();
            }
            Event::EvaluatorAppointed { evaluator, .. } => {
                self.evaluators.insert(*evaluator);
            }
            Event::EvaluatorReleased { evaluator, .. } => {
                self.evaluators.remove(evaluator);
            }
            Event::ConflictDeclared {
                proposal,
                evaluator,
                ..
            } => self.change(*proposal, |proposal| {
                proposal.conflicts.insert(*evaluator);
            }),
            Event::ScoreSealed {
                proposal,
                evaluator,
                sheet,
                ..
            } => self.change(*proposal, |proposal| {
                proposal.sealed.insert(*evaluator, *sheet);
            }),
            Event::ScoresOpened { sheets, .. } => {
                self.phase = Phase::Selection;
                for score in sheets {
                    self.change(score.proposal, |proposal| {
                        proposal.scores.push(score.clone())
                    });
                }
            }
            Event::Selected { proposals, .. } => {
                self.phase = Phase::Demonstration;
                for proposal in proposals {
                    self.change(*proposal, |proposal| proposal.selected = true);
                }
            }
            Event::Demonstrated {
                proposal,
                verdict,
                report,
                evidence,
                ..
            }
            | Event::Watched {
                proposal,
                verdict,
                report,
                evidence,
                ..
            } => {
                let judged = Judged {
                    at: entry.at,
                    verdict: *verdict,
                    report: *report,
                    evidence: *evidence,
                };
                self.change(*proposal, |proposal| proposal.judged.push(judged));
            }
            Event::Adopted {
                proposal, agency, ..
            } => {
                self.phase = Phase::Adopted;
                self.change(*proposal, |proposal| {
                    proposal.users.insert(*agency);
                });
            }
            Event::Retired {
                proposal, agency, ..
            } => self.change(*proposal, |proposal| {
                proposal.users.remove(agency);
            }),
            Event::Closed { .. } => self.phase = Phase::Closed,
            Event::OrganisationRegistered { .. }
            | Event::PersonEnrolled { .. }
            | Event::PersonSuspended { .. }
            | Event::PersonReinstated { .. }
            | Event::AccessReset { .. }
            | Event::SecondFactorRequired { .. }
            | Event::NodeAdmitted { .. }
            | Event::NodeRootBound { .. }
            | Event::NodeShutOut { .. }
            | Event::NeedPublished { .. } => {}
        }
    }

    fn take(&mut self, entry: &Entry) {
        let Event::ProposalSubmitted {
            supplier,
            title,
            summary,
            solution,
            ..
        } = &entry.event
        else {
            return;
        };
        let id = ProposalId(entry.sequence);
        let proposal = Proposal {
            id,
            supplier: *supplier,
            title: title.clone(),
            summary: summary.clone(),
            solution: *solution,
            withdrawn: false,
            selected: false,
            conflicts: BTreeSet::new(),
            sealed: BTreeMap::new(),
            scores: Vec::new(),
            judged: Vec::new(),
            users: BTreeSet::new(),
        };
        self.proposals.insert(id, proposal);
    }

    fn change(&mut self, proposal: ProposalId, change: impl FnOnce(&mut Proposal)) {
        if let Some(proposal) = self.proposals.get_mut(&proposal) {
            change(proposal);
        }
    }
}
