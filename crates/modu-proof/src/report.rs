//! The two reports of a demonstration, as types.
//!
//! The **owner's report** is full and stays with the owner of the data: the
//! data's profile, every metric, every group, the curves. The **released
//! report** goes back to the suppliers and the public: the criteria that were
//! fixed beforehand, their verdicts and the numbers they name, rounded to what
//! the intervals support, and the decision; nothing else about the data.
//!
//! The types hold every number, name and reason that a page shows, so that
//! [`crate::html`] only lays out. All numbers are finite ([`Finite`]); what
//! could not be had is `None` or a [`Measurement::NotMeasured`] with its
//! reason, never a null that might be mistaken for a zero.

use modu_kernel::{Digest, Label};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::predict::Walls;

mod comparison;
mod data;
mod guard;
mod measurement;
mod measures;
mod need;
mod released;
mod scan;
mod standing;
mod verdict;

pub use comparison::{Comparison, DeLongResult, McNemarResult};
pub use data::{ClassCount, DataSection, GroupCount, MemberCount, PublishedData};
pub use guard::{ReleaseSection, SolutionRelease, Source};
pub use measurement::{Interval, Measurement, NotMeasuredReason};
pub use measures::{
    ClassMeasures, Curve, Fit, GroupMeasures, Measures, MemberMeasures, MetricMeasure, PlacesPoint,
    Reliability, ReliabilityBin,
};
pub use need::{ClassName, CriterionSummary, NeedSummary, Registration, StatisticsSummary};
pub use released::{ReleasedCriterion, ReleasedPart, ReleasedReport, ReleasedSolution};
pub use scan::{SliceScan, SmallSlice, SolutionScan, WorseSlice};
pub use standing::{PairTestKind, Place, ReleasedPlace, ReleasedStanding, Standing};
pub use verdict::{
    CriterionPart, CriterionResult, Decision, DecisionAnswer, FavourableLimits, RowsNeeded, Verdict,
};

/// Schema name of [`OwnerReport`].
pub const OWNER_SCHEMA: &str = "modu.proof.owner/1";
/// Schema name of [`ReleasedReport`].
pub const RELEASED_SCHEMA: &str = "modu.proof.released/1";

/// Everything, for the owner of the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnerReport {
    /// [`OWNER_SCHEMA`].
    pub schema: String,
    /// The question and how it is asked.
    pub need: NeedSummary,
    /// When the run was asked for, as the request says (RFC 3339 UTC).
    pub time: Option<String>,
    /// Which walls stood around the models, as the request says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walls: Option<Walls>,
    /// Where the criteria stand in the evidence log, as the request says; the
    /// order of entries is checked by the evidence, not by this engine.
    pub registration: Option<Registration>,
    /// What the data is.
    pub data: DataSection,
    /// The recorded decisions of today, or which solution is the incumbent.
    pub incumbent: Option<IncumbentSection>,
    /// The solutions in the order of the request.
    pub solutions: Vec<SolutionSection>,
    /// Every pair of contenders (incumbent included), paired by row.
    pub comparisons: Vec<Comparison>,
    /// For each metric that criteria name: who is ahead, and who cannot be
    /// told apart.
    pub standings: Vec<Standing>,
    /// Where the solutions fare worse than elsewhere; none without groups, or
    /// where no metric that criteria name has a good side.
    pub scan: Option<SliceScan>,
    /// What this demonstration did not measure, and why.
    pub not_measured: Vec<NotMeasured>,
    /// What leaves of it, and what the data set has told before.
    pub release: ReleaseSection,
    /// How to check and replay this report.
    pub verification: Verification,
}

/// The incumbent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "snake_case")]
pub enum IncumbentSection {
    /// A column of decisions recorded today.
    Recorded {
        /// The column's name.
        column: String,
        /// Its measures; hard decisions have no score metrics.
        measures: Box<Measures>,
    },
    /// One of the solutions.
    Solution {
        /// Its id among [`OwnerReport::solutions`].
        id: String,
    },
}

/// Everything about one solution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SolutionSection {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Label,
    /// Who made it.
    pub supplier: Label,
    /// Its version.
    pub version: String,
    /// Whether it is the incumbent that others are measured against.
    pub incumbent: bool,
    /// Digest of `solution.toml`.
    pub solution_digest: Digest,
    /// Digest of the model file, as the predictions say.
    pub model_digest: Option<Digest>,
    /// Digest of the predictions; `None` where there are none.
    pub predictions_digest: Option<Digest>,
    /// The runtime that scored, with its version, where it was not Modu's own
    /// kernels, as the predictions say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back_end: Option<String>,
    /// The columns it was given, in order.
    pub columns_used: Vec<String>,
    /// Its measures.
    pub measures: Measures,
    /// Verdicts, in the order of the criteria.
    pub criteria: Vec<CriterionResult>,
    /// What follows from them.
    pub decision: Decision,
}

/// Something that was not measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotMeasured {
    /// What.
    pub what: Label,
    /// Why not, and what could be done.
    pub reason: Label,
}

/// How to check and replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// The engine, `proof.score`.
    pub engine: String,
    /// Its version.
    pub version: String,
    /// Every input of the run (owner's report), or those that may be named
    /// (released report: never the data set).
    pub inputs: Vec<InputName>,
    /// What to do, step by step.
    pub steps: Vec<Label>,
}

/// An input and its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InputName {
    /// Its name in the run.
    pub name: String,
    /// Its digest.
    pub digest: Digest,
}
