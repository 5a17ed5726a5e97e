//! `route.answer`: what the operator answered to a hold, as evidence.

use modu_kernel::{
    Engine, EngineError, Finding, Inputs, Output, Progress, TypedEngine, read_input,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::HoldReport;

/// The engine as plain data.
pub const ANSWER: Engine = Engine::of::<AnswerRun>();

/// Bytes of a hold's report.
const REPORT_BYTES: u64 = 1 << 20;

/// The engine's type. Input: `hold`, the report of the `route.hold` that is
/// answered.
pub struct AnswerRun;

/// What an operator answers to a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The loss is real: routers are told of it.
    Release,
    /// The loss is not real: routers keep what they have, until the VRPs come
    /// back or end.
    Reject,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerRequest {
    /// The hold.
    pub id: String,
    /// When it is answered, in seconds since 1970 (UTC).
    pub time: i64,
    /// The answer.
    pub answer: Answer,
    /// Why, in the operator's words.
    #[serde(default)]
    pub because: String,
}

/// What is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AnswerReport {
    /// The hold.
    pub id: String,
    /// The trust anchor.
    pub anchor: String,
    /// The answer.
    pub answer: Answer,
    /// VRPs that are withdrawn by it; kept, where it is a rejection.
    pub vrps: u64,
    /// Customers whose ASPAs, or providers of them, are.
    pub aspas: u64,
}

impl TypedEngine for AnswerRun {
    type Request = AnswerRequest;
    type Report = AnswerReport;
    const NAME: &'static str = "route.answer";
    const VERSION: &'static str = "2";

    fn run(
        request: AnswerRequest,
        inputs: &dyn Inputs,
        _progress: &dyn Progress,
    ) -> Result<(AnswerReport, Vec<Finding>, Vec<Output>), EngineError> {
        let bytes = read_input(inputs, "hold", REPORT_BYTES)?;
        let hold: HoldReport = serde_json::from_slice(&bytes)
            .map_err(|error| EngineError::input("hold", "its JSON", error))?;
        let report = AnswerReport {
            id: request.id,
            anchor: hold.anchor,
            answer: request.answer,
            vrps: hold.held,
            aspas: hold.aspas.held,
        };
        Ok((report, Vec::new(), Vec::new()))
    }
}
