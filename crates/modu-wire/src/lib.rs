//! What the interface for programs takes and sends: the JSON under `/api/v1`.
//!
//! The server (`modu-api`) and the client (`modu-client`) use the same types,
//! and the OpenAPI description is made from them, so that none of the three
//! can say something else. What is taken is bounded and refused where it is
//! not as described; what is sent is read by clients with members that they do
//! not know left aside, so that a newer server may say more.
//!
//! Start at [`value`], then the file of a kind of thing.

mod evidence;
mod history;
mod job;
mod key;
mod node;
mod organisation;
mod person;
mod problem;
mod project;
mod run;
mod step;
pub mod value;

pub use evidence::{EngineView, EvidenceView, SubjectView};
pub use history::{Done, EntryView};
pub use job::{
    AnswerView, AskedJob, DatasetView, HappenedName, JobStateName, JobView, LineView,
    NewDemonstration, ReachedView, SolutionAnswer, UrgencyName,
};
pub use key::KeyView;
pub use node::{AdmittedNode, NODE_TOKEN_PREFIX, NewNode, NodeKeyName, NodeView};
pub use organisation::{KindName, NewOrganisation, OrganisationView};
pub use person::{Me, NewPerson, PersonView, RoleName};
pub use problem::Problem;
pub use project::{
    JudgedView, NewNeed, PhaseName, ProjectView, ProposalView, ResultView, VerdictName,
};
pub use run::{
    FileView, HandedFile, MAX_FILES, MAX_METRICS, MAX_NAMED, MAX_PARAMETERS, Metric, NamedFile,
    NewRun, Parameter, Recorded, RunView, Submitter,
};
pub use step::{NewStep, Points};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use value::Number;

/// Where everything lies.
pub const ROOT: &str = "/api/v1";
/// What a key begins with, so that whoever finds one knows what it is.
pub const KEY_PREFIX: &str = "modu_";

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Listing<T> {
    /// The things, in the order of their numbers.
    pub items: Vec<T>,
    /// The `after` of the next page, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Number>,
}
