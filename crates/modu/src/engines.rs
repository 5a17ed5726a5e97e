//! The list of engines: plain data, nothing registers itself.

use std::io;

use anyhow::Context as _;
use modu_kernel::{Engine, EngineError, Inputs, Outcome, Progress};
use modu_proof::evaluate::{Evaluate, EvaluateError, ModelInterface};
use modu_proof::predict::{PredictRequest, Walls, predict_with};
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
        run: within_every_wall::<false>,
        ..modu_proof::PREDICT
    },
    modu_care::ALARM,
    modu_care::ALERT,
    modu_care::CARD,
    modu_care::COHORT,
    modu_care::PAGE,
    modu_care::PLAN,
    modu_care::PREDICT,
    modu_care::RECUR,
    modu_care::SCORE,
    modu_care::STATES,
    modu_care::FIT,
    modu_care::VALIDATE,
    modu_proof::SCORE,
    crate::serve::received::RECEIVED,
    modu_proof::WATCH,
    modu_route::COVERAGE,
    modu_route::HISTORY,
    modu_route::hold::ANSWER,
    modu_route::hold::HOLD,
    modu_route::PLAN,
    modu_route::VALIDATE,
    modu_route::WATCH,
    modu_route::WHATIF,
    modu_vuln::ASSETS,
    modu_vuln::DECIDE,
    modu_vuln::DUE,
    modu_vuln::EXCEPT,
    modu_vuln::FIX,
    modu_vuln::BUNDLE,
    modu_vuln::HOST,
    modu_vuln::SCAN,
];

/// The engine for predictions, and the walls that stand around its models
/// here.
#[derive(Debug)]
pub(crate) struct Confined {
    pub(crate) engine: Engine,
    pub(crate) walls: Walls,
}

impl Confined {
    /// The engine with the walls that the caller demands. A child is started
    /// to learn which stand, for the run's request must say so beforehand; a
    /// run whose own child then says otherwise fails.
    pub(crate) fn within(sandbox: Sandbox) -> anyhow::Result<Self> {
        let executable = std::env::current_exe().context("could not find this program")?;
        let options = Options {
            strictness: sandbox.into(),
            ..Options::new(executable)
        };
        Ok(Self {
            engine: predict::<true>(sandbox),
            walls: modu_proof_run::probe(&options)?.walls(),
        })
    }
}

/// Every engine, for a replay, with the walls that the caller demands. They
/// may be others than those that the recorded request tells of.
pub(crate) fn replayed(sandbox: Sandbox) -> Vec<Engine> {
    let within = |engine: &Engine| match engine.name == modu_proof::PREDICT.name {
        true => predict::<false>(sandbox),
        false => *engine,
    };
    ENGINES.iter().map(within).collect()
}

/// The engine for predictions. `AS_SAID`: the walls must be those that the
/// request tells of.
fn predict<const AS_SAID: bool>(sandbox: Sandbox) -> Engine {
    Engine {
        run: match sandbox {
            Sandbox::Strict => within_every_wall::<AS_SAID>,
            Sandbox::WithoutLandlock => without_landlock::<AS_SAID>,
            Sandbox::WithoutNamespaces => without_namespaces::<AS_SAID>,
            Sandbox::SeccompOnly => by_seccomp_only::<AS_SAID>,
            Sandbox::Lenient => leniently::<AS_SAID>,
        },
        ..modu_proof::PREDICT
    }
}

fn within_every_wall<const AS_SAID: bool>(
    request: &Value,
    inputs: &dyn Inputs,
    progress: &dyn Progress,
) -> Result<Outcome, EngineError> {
    predict_in_child::<AS_SAID>(request, inputs, progress, Sandbox::Strict)
}

fn without_landlock<const AS_SAID: bool>(
    request: &Value,
    inputs: &dyn Inputs,
    progress: &dyn Progress,
) -> Result<Outcome, EngineError> {
    predict_in_child::<AS_SAID>(request, inputs, progress, Sandbox::WithoutLandlock)
}

fn without_namespaces<const AS_SAID: bool>(
    request: &Value,
    inputs: &dyn Inputs,
    progress: &dyn Progress,
) -> Result<Outcome, EngineError> {
    predict_in_child::<AS_SAID>(request, inputs, progress, Sandbox::WithoutNamespaces)
}

fn by_seccomp_only<const AS_SAID: bool>(
    request: &Value,
    inputs: &dyn Inputs,
    progress: &dyn Progress,
) -> Result<Outcome, EngineError> {
    predict_in_child::<AS_SAID>(request, inputs, progress, Sandbox::SeccompOnly)
}

fn leniently<const AS_SAID: bool>(
    request: &Value,
    inputs: &dyn Inputs,
    progress: &dyn Progress,
) -> Result<Outcome, EngineError> {
    predict_in_child::<AS_SAID>(request, inputs, progress, Sandbox::Lenient)
}

fn predict_in_child<const AS_SAID: bool>(
    request: &Value,
    inputs: &dyn Inputs,
    progress: &dyn Progress,
    sandbox: Sandbox,
) -> Result<Outcome, EngineError> {
    let request = PredictRequest::deserialize(request)
        .map_err(|error| EngineError::Request(error.to_string()))?;
    let mut make = |model: &[u8], interface: &ModelInterface| {
        let evaluator = start(sandbox, Reasons::Withheld, model, interface)?;
        let standing = evaluator.confinement().walls();
        if AS_SAID && request.walls.as_ref().is_some_and(|said| *said != standing) {
            return Err(EvaluateError::Machine(io::Error::other(
                "other walls stand around the model than a moment ago; run again",
            )));
        }
        Ok(Box::new(evaluator) as Box<dyn Evaluate>)
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
    Ok(Box::new(start(sandbox, reasons, model, interface)?))
}

fn start(
    sandbox: Sandbox,
    reasons: Reasons,
    model: &[u8],
    interface: &ModelInterface,
) -> Result<SandboxedEvaluator, EvaluateError> {
    let executable = std::env::current_exe().map_err(EvaluateError::Machine)?;
    let options = Options {
        strictness: sandbox.into(),
        reasons,
        ..Options::new(executable)
    };
    Ok(SandboxedEvaluator::start(&options, model, interface)?)
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
