//! Projects: what is needed, what was proposed and proven, what is in use.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::value::{DigestName, Line, Moment, Number, Prose};

/// How far a project is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhaseName {
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

/// What a gate said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VerdictName {
    /// It may be adopted.
    Adopt,
    /// It may not.
    Refuse,
    /// It cannot be told from what is in use.
    NotSeparable,
    /// There was too little data to say.
    NotEnoughData,
}

/// A project, as everybody may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProjectView {
    /// Its number.
    pub project: Number,
    /// The agency whose need it is.
    pub agency: Number,
    /// The agency's name.
    pub agency_name: Line,
    /// What it is called.
    pub title: Line,
    /// What is needed.
    pub description: String,
    /// The need and its criteria as the gate reads them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub need: Option<DigestName>,
    /// When the need was published.
    pub since: Moment,
    /// How far it is.
    pub phase: PhaseName,
    /// Until when proposals are taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes: Option<Moment>,
    /// What was demonstrated.
    pub results: Vec<ResultView>,
}

/// What the gate said of a proposal's demonstrations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ResultView {
    /// The proposal.
    pub proposal: Number,
    /// What it is called.
    pub title: Line,
    /// Who supplies it.
    pub supplier: Number,
    /// Each time, the oldest first.
    pub judged: Vec<JudgedView>,
    /// The agencies that use it.
    pub users: Vec<Number>,
}

/// What the gate said once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JudgedView {
    /// When it was recorded.
    pub at: Moment,
    /// What it said.
    pub verdict: VerdictName,
    /// The released report.
    pub report: DigestName,
    /// Its evidence.
    pub evidence: Number,
}

/// A need to be published, for the caller's agency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNeed {
    /// What the project is called.
    pub title: Line,
    /// What is needed.
    pub description: Prose,
    /// The need's file as `modu proof register` told its digest.
    pub need: Option<DigestName>,
}

/// A proposal, for those who may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProposalView {
    /// Its number.
    pub proposal: Number,
    /// Who proposes.
    pub supplier: Number,
    /// What it is called.
    pub title: Line,
    /// What is proposed.
    pub summary: String,
    /// The solution, where it was submitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solution: Option<DigestName>,
    /// Whether it was taken back.
    pub withdrawn: bool,
    /// Whether it may demonstrate.
    pub selected: bool,
    /// The totals of the opened sheets, where the caller may see them.
    pub totals: Vec<u16>,
}
