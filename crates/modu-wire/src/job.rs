//! Jobs: demonstrations that were asked for, how far they are, and how they
//! came out.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::project::VerdictName;
use crate::value::{DigestName, Line, Moment, Number};

/// Which of an organisation's own jobs goes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UrgencyName {
    /// When nothing else is to be done.
    Low,
    /// As it comes.
    #[default]
    Normal,
    /// Before the others.
    High,
}

/// A demonstration that is asked for: some of a project's selected proposals,
/// on data of the caller's agency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDemonstration {
    /// The project.
    pub project: Number,
    /// Which of its selected proposals.
    #[schema(min_items = 1, max_items = 50)]
    pub proposals: Vec<Number>,
    /// On which data.
    pub dataset: Number,
    /// Which of the agency's own jobs goes first.
    #[serde(default)]
    pub urgency: UrgencyName,
}

/// A job that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AskedJob {
    /// Its number.
    pub job: Number,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobStateName {
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

impl JobStateName {
    /// Whether nothing more happens to it.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobView {
    /// Its number.
    pub job: Number,
    /// The project.
    pub project: Number,
    /// The agency whose it is.
    pub organisation: Number,
    /// Who asked.
    pub person: Number,
    /// Which proposals demonstrate.
    pub proposals: Vec<Number>,
    /// On which data.
    pub dataset: Number,
    /// Which of the agency's own jobs goes first.
    pub urgency: UrgencyName,
    /// How far it is.
    pub state: JobStateName,
    /// Whether it was asked to stop.
    pub called_off: bool,
    /// How often it was begun.
    pub begun: u32,
    /// How often it failed.
    pub failures: u32,
    /// When it was asked for.
    pub asked: Moment,
    /// When it was last begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Moment>,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Moment>,
    /// How far it has come, while it is at work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached: Option<ReachedView>,
    /// What went wrong last: Korean and English with ` | ` between, or English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// How it came out, where it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<AnswerView>,
}

/// How far a job has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReachedView {
    /// What is being done: Korean and English with ` | ` between.
    pub stage: String,
    /// Units of it that are finished.
    pub done: Number,
    /// Of how many; 0 where that is unknown.
    pub total: Number,
}

/// How a demonstration came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AnswerView {
    /// The run's evidence: its place in the log.
    pub run: Number,
    /// The released result.
    pub result: DigestName,
    /// What the gate said of each solution.
    pub solutions: Vec<SolutionAnswer>,
}

/// What the gate said of a solution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SolutionAnswer {
    /// Its proposal.
    pub proposal: Number,
    /// What the gate said.
    pub verdict: VerdictName,
    /// The decision's evidence: its place in the log.
    pub evidence: Number,
    /// Whether it was measured this time: what was handed in before unchanged
    /// is answered as before.
    pub is_new: bool,
}

/// What a line of a job's log tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HappenedName {
    /// Somebody asked for the job.
    Asked,
    /// A worker took it.
    Taken,
    /// The worker came to a stage.
    Stage,
    /// Nothing was heard of the worker any more.
    Lost,
    /// It did not work out, and is tried again.
    Again,
    /// It did not work out.
    Failed,
    /// The worker stopped in order, for another to go on.
    GivenBack,
    /// Whoever asked does not want it any more; the worker is told.
    CalledOff,
    /// It ended without an effect.
    Cancelled,
    /// It is done.
    Done,
}

/// A line of a job's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineView {
    /// Its place, from 1.
    pub line: Number,
    /// When.
    pub at: Moment,
    /// What it tells of.
    pub what: HappenedName,
    /// The stage, or what went wrong: Korean and English with ` | ` between,
    /// or English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// An agency's data, and where they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DatasetView {
    /// Their number.
    pub dataset: Number,
    /// Whose they are.
    pub organisation: Number,
    /// What the agency calls them.
    pub name: Line,
    /// The node that has them; none is the server itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Number>,
    /// Since when their node no longer has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<Moment>,
    /// Bytes, where the server has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Number>,
    /// Whether anybody may know which data these are.
    pub is_public: bool,
    /// SHA-256 of the data, where the caller may know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<DigestName>,
    /// What a node published for their digest: salted, so that a guess of the
    /// data cannot be checked against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commitment: Option<DigestName>,
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_demonstration_is_asked_for_in_the_least_words() {
        let text = r#"{"project": 4, "proposals": [7], "dataset": 1}"#;
        let asked: NewDemonstration = serde_json::from_str(text).unwrap();
        assert_eq!(asked.urgency, UrgencyName::Normal);
        let text = text.replace("}", r#", "nonsense": 1}"#);
        assert!(serde_json::from_str::<NewDemonstration>(&text).is_err());
    }
}
