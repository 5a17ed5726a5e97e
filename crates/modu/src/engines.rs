//! The list of engines: plain data, nothing registers itself.

use modu_kernel::{Engine, EngineError, Inputs, Outcome, Progress};
use serde_json::{Value, json};

use crate::command_line::{Confinement, Engines};
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
];

/// The engine for predictions, with the confinement that the caller allows.
pub(crate) fn predict(confinement: Confinement) -> Engine {
    Engine {
        run: match confinement.allow_weak_sandbox {
            true => predict_as_confined_as_possible,
            false => predict_confined,
        },
        ..modu_proof::PREDICT
    }
}

fn predict_confined(
    request: &Value,
    inputs: &dyn Inputs,
    progress: &dyn Progress,
) -> Result<Outcome, EngineError> {
    predict_in_child(request, inputs, progress, false)
}

fn predict_as_confined_as_possible(
    request: &Value,
    inputs: &dyn Inputs,
    progress: &dyn Progress,
) -> Result<Outcome, EngineError> {
    predict_in_child(request, inputs, progress, true)
}

fn predict_in_child(
    request: &Value,
    inputs: &dyn Inputs,
    progress: &dyn Progress,
    _weak: bool,
) -> Result<Outcome, EngineError> {
    (modu_proof::PREDICT.run)(request, inputs, progress)
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
