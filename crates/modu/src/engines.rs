//! The list of engines: plain data, nothing registers itself.

use modu_kernel::{Engine, EngineError, Inputs, Outcome, Progress};
use modu_proof::evaluate::{Evaluate, EvaluateError, ModelInterface};
use modu_proof::predict::{PredictRequest, predict_with};
use modu_proof_run::{Options, Reasons, SandboxedEvaluator};
use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::command_line::{Engines, Sandbox};
use crate::exit::Wrong;
use crate::terminal::{Answer, Terminal};

/// Every engine of this build. Predictions run a stranger's model, so here
/// that engine evaluates in a confined child process; the result is the same.
pub(crate) const ENGINES: &[Engine] = &[
    Engine {
        run: predict_confined,
        ..modu_proof::PREDICT
    },
    modu_proof::SCORE,
    modu_proof::WATCH,
    modu_route::PLAN,
    modu_route::WHATIF,
];

/// The engine for predictions, with the walls that the caller demands.
pub(crate) fn predict(sandbox: Sandbox) -> Engine {
    Engine {
        run: match sandbox {
            Sandbox::Strict => predict_confined,
            Sandbox::WithoutNamespaces => predict_without_namespaces,
            Sandbox::Lenient => predict_leniently,
        },
        ..modu_proof::PREDICT
    }
}

fn predict_confined(
    request: &Value,
    inputs: &dyn Inputs,
    progress: &dyn Progress,
) -> Result<Outcome, EngineError> {
    predict_in_child(request, inputs, progress, Sandbox::Strict)
}

fn predict_without_namespaces(
    request: &Value,
    inputs: &dyn Inputs,
    progress: &dyn Progress,
) -> Result<Outcome, EngineError> {
    predict_in_child(request, inputs, progress, Sandbox::WithoutNamespaces)
}

fn predict_leniently(
    request: &Value,
    inputs: &dyn Inputs,
    progress: &dyn Progress,
) -> Result<Outcome, EngineError> {
    predict_in_child(request, inputs, progress, Sandbox::Lenient)
}

fn predict_in_child(
    request: &Value,
    inputs: &dyn Inputs,
    progress: &dyn Progress,
    sandbox: Sandbox,
) -> Result<Outcome, EngineError> {
    let request = PredictRequest::deserialize(request)
        .map_err(|error| EngineError::Request(error.to_string()))?;
    let mut make = |model: &[u8], interface: &ModelInterface| {
        in_child(sandbox, Reasons::Withheld, model, interface)
    };
    let (report, findings, outputs) = predict_with(&request, inputs, progress, &mut make)?;
    let report =
        serde_json::to_value(report).map_err(|error| EngineError::Internal(error.to_string()))?;
    Ok(Outcome {
        report,
        findings,
        outputs,
    })
}

/// Starts this program again as the confined child that holds the model.
pub(crate) fn in_child(
    sandbox: Sandbox,
    reasons: Reasons,
    model: &[u8],
    interface: &ModelInterface,
) -> Result<Box<dyn Evaluate>, EvaluateError> {
    let executable = std::env::current_exe().map_err(EvaluateError::Machine)?;
    let options = Options {
        strictness: sandbox.into(),
        reasons,
        ..Options::new(executable)
    };
    let evaluator = SandboxedEvaluator::start(&options, model, interface)?;
    Ok(Box::new(evaluator))
}

/// `modu engines`
pub(crate) fn print(terminal: Terminal, command: &Engines) -> anyhow::Result<Answer> {
    let Some(name) = &command.name else {
        terminal.document(&json!(
            ENGINES
                .iter()
                .map(|engine| json!({ "name": engine.name, "version": engine.version }))
                .collect::<Vec<_>>()
        ))?;
        for engine in ENGINES {
            terminal.line(format!("{} {}", engine.name, engine.version))?;
        }
        return Ok(Answer::Yes);
    };
    let engine = ENGINES
        .iter()
        .find(|engine| engine.name == name)
        .ok_or_else(|| Wrong(format!("there is no engine `{name}`: see `modu engines`")))?;
    let document = json!({
        "name": engine.name,
        "version": engine.version,
        "request": (engine.request_schema)(),
        "report": (engine.report_schema)(),
    });
    terminal.document(&document)?;
    terminal.line(serde_json::to_string_pretty(&document)?)?;
    Ok(Answer::Yes)
}
