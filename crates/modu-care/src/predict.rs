//! `care.predict`: a model and what is known of patients today, to a risk of
//! each with what moved it.
//!
//! Inputs: `model` (a [`ModelDocument`]) and `patients`, CSV with `person` (a
//! pseudonym), `at` (RFC 3339) and a column for each predictor. Output:
//! `risks.ndjson`, a [`RiskEstimate`] a line. A value that is missing or that
//! the model does not know is filled as the model says, moves nothing, and is
//! counted. The model keeps no covariance of its coefficients, so the risks
//! have no interval: how far they may lie from what happens is told by
//! `care.validate`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use modu_kernel::{
    Digest, Engine, EngineError, Finding, Inputs, Label, Output, Progress, Severity, TypedEngine,
    canonical, read_input,
};
use modu_statistics::Finite;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::delimited::{Delimited, Limit};
use crate::limits;
use crate::model::{Coding, ModelDocument, ModelPredictor, Term};
use crate::risk::{Contribution, RiskEstimate};

/// The engine as plain data.
pub const PREDICT: Engine = Engine::of::<Predict>();

/// The inputs of the engine.
pub mod input {
    /// The model.
    pub const MODEL: &str = "model";
    /// Patients: CSV `person,at` and the model's predictors.
    pub const PATIENTS: &str = "patients";
}

const SCHEMA: &str = "modu.care.predict/1";
const LIMIT: Limit = Limit {
    bytes: 1 << 30,
    rows: 5_000_000,
};

/// The engine's type.
pub struct Predict;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PredictRequest {
    /// One of the model's horizons in days; without it the first.
    #[serde(default)]
    pub horizon_days: Option<Finite>,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PredictReport {
    /// The schema's name.
    pub schema: String,
    /// The model.
    pub model: Digest,
    /// The outcome within so many days.
    pub horizon_days: Finite,
    /// Rows of patients.
    pub rows: u64,
    /// The mean risk.
    pub mean_risk: Finite,
    /// Values that the model filled, by predictor.
    pub filled: BTreeMap<String, u64>,
    /// Numbers outside of the range where the model has seen patients.
    pub outside: BTreeMap<String, u64>,
}

impl TypedEngine for Predict {
    type Request = PredictRequest;
    type Report = PredictReport;
    const NAME: &'static str = "care.predict";
    const VERSION: &'static str = "1";

    fn run(
        request: PredictRequest,
        inputs: &dyn Inputs,
        _progress: &dyn Progress,
    ) -> Result<(PredictReport, Vec<Finding>, Vec<Output>), EngineError> {
        let bytes = read_input(inputs, input::MODEL, limits::DOCUMENT_BYTES)?;
        let model = ModelDocument::parse(&bytes).map_err(|error| error.of_input(input::MODEL))?;
        let horizon = horizon(&model, request.horizon_days)?;
        let mut table = Delimited::open(inputs, input::PATIENTS, LIMIT)?;
        let (person, at) = (table.column("person")?, table.column("at")?);
        let columns = (model.predictors.iter())
            .map(|predictor| table.column(&predictor.name))
            .collect::<Result<Vec<_>, _>>()?;
        let mut report = PredictReport {
            schema: SCHEMA.to_owned(),
            model: Digest::of(&bytes),
            horizon_days: Finite::ZERO,
            rows: 0,
            mean_risk: Finite::ZERO,
            filled: BTreeMap::new(),
            outside: BTreeMap::new(),
        };
        report.horizon_days = finite(model.horizons().nth(horizon).unwrap_or_default())?;
        let (mut lines, mut sum) = (Vec::new(), 0.0);
        while table.advance()? {
            let observed: Timestamp = (table.required(at)?.parse())
                .map_err(|_| table.wrong(at, "write a time such as 2026-03-01T09:00:00Z"))?;
            let mut linear = 0.0;
            let mut contributions = Vec::new();
            for (predictor, column) in model.predictors.iter().zip(&columns) {
                let contribution = contribution(&model, predictor, &table, *column, &mut report)?;
                linear += contribution.change.get();
                contributions.push(contribution);
            }
            let risk = model.risk(horizon, linear);
            let estimate = RiskEstimate {
                person: table.person(person)?.to_owned(),
                at: observed,
                horizon_days: report.horizon_days,
                risk: finite(risk)?,
                interval: None,
                score: None,
                contributions,
            };
            sum += risk;
            report.rows += 1;
            lines.extend(canonical::to_vec(&estimate)?);
            lines.push(b'\n');
        }
        if report.rows == 0 {
            return Err(EngineError::input(
                input::PATIENTS,
                "line 2",
                "there are no patients",
            ));
        }
        report.mean_risk = finite(sum / report.rows as f64)?;
        let findings = findings(&report);
        let output = Output {
            name: "risks.ndjson".to_owned(),
            media_type: "application/x-ndjson".to_owned(),
            bytes: lines,
        };
        Ok((report, findings, vec![output]))
    }
}

/// The place of the horizon that is asked for.
fn horizon(model: &ModelDocument, asked: Option<Finite>) -> Result<usize, EngineError> {
    let Some(asked) = asked else {
        return Ok(0);
    };
    model
        .horizons()
        .position(|it| it == asked.get())
        .ok_or_else(|| {
            let those: Vec<_> = model.horizons().map(|it| it.to_string()).collect();
            EngineError::Request(format!(
                "`horizon_days` must be one of the model's: {}",
                those.join(", ")
            ))
        })
}

/// A value as the model reads it.
enum Known {
    Number(f64),
    Level(String),
    /// Missing, or unknown to the model.
    Filled,
}

fn contribution(
    model: &ModelDocument,
    predictor: &ModelPredictor,
    table: &Delimited<'_>,
    column: usize,
    report: &mut PredictReport,
) -> Result<Contribution, EngineError> {
    let known = known(predictor, table, column, report)?;
    let mut change = 0.0;
    for term in model
        .terms
        .iter()
        .filter(|term| term.predictor == predictor.name)
    {
        let entered = entered(term, predictor, &known)
            .ok_or_else(|| table.wrong(column, "the model takes no number below 0 here"))?;
        change += term.coefficient * (entered - term.centre);
    }
    let value = match known {
        Known::Number(number) => Finite::new(number),
        _ => None,
    };
    let label = match known {
        Known::Level(level) => Label::new(
            format!("{} {level}", predictor.label.ko),
            format!("{} {level}", predictor.label.en),
        ),
        Known::Filled => Label::new(
            format!("{} (값 없음)", predictor.label.ko),
            format!("{} (no value)", predictor.label.en),
        ),
        Known::Number(_) => predictor.label.clone(),
    };
    Ok(Contribution {
        predictor: predictor.name.clone(),
        label: Some(label),
        value,
        unit: predictor.unit.clone(),
        change: finite(change)?,
    })
}

fn known(
    predictor: &ModelPredictor,
    table: &Delimited<'_>,
    column: usize,
    report: &mut PredictReport,
) -> Result<Known, EngineError> {
    let known = match (&predictor.coding, table.text(Some(column))) {
        (Coding::Numeric { range, .. }, Some(_)) => {
            let number = table.number(column)?;
            if !(range[0]..=range[1]).contains(&number) {
                *report.outside.entry(predictor.name.clone()).or_default() += 1;
            }
            Known::Number(number)
        }
        (Coding::Categorical { levels, .. }, Some(text)) => {
            let level = levels.iter().find(|level| level.name == text);
            level.map_or(Known::Filled, |level| Known::Level(level.name.clone()))
        }
        (_, None) => Known::Filled,
    };
    if matches!(known, Known::Filled) {
        *report.filled.entry(predictor.name.clone()).or_default() += 1;
    }
    Ok(known)
}

/// The number that a term gets; none where its transform takes no such number.
fn entered(term: &Term, predictor: &ModelPredictor, known: &Known) -> Option<f64> {
    let indicator = |level: &str| f64::from(u8::from(term.level.as_deref() == Some(level)));
    match (&predictor.coding, known) {
        (_, Known::Number(number)) => term.transform.of(*number),
        (_, Known::Level(level)) => Some(indicator(level)),
        (Coding::Numeric { fill, .. }, Known::Filled) => term.transform.of(*fill),
        (Coding::Categorical { reference, .. }, Known::Filled) => Some(indicator(reference)),
    }
}

fn finite(value: f64) -> Result<Finite, EngineError> {
    Finite::new(value).ok_or_else(|| {
        EngineError::input(
            input::MODEL,
            "its numbers",
            "a risk is no finite number: make it again",
        )
    })
}

fn findings(report: &PredictReport) -> Vec<Finding> {
    let filled = report.filled.iter().map(|(name, count)| {
        (
            name,
            count,
            "predict.filled",
            "값이 없거나 모형이 모르는 값이어서 모형이 채운 것",
            "missing or unknown to the model, and filled by it",
        )
    });
    let outside = report.outside.iter().map(|(name, count)| {
        (
            name,
            count,
            "predict.outside",
            "모형이 본 범위 밖의 값",
            "outside of the range where the model has seen patients",
        )
    });
    filled
        .chain(outside)
        .map(|(name, count, code, ko, en)| Finding {
            severity: Severity::Warning,
            code: code.to_owned(),
            place: format!("{}, column `{name}`", input::PATIENTS),
            message: Label::new(
                format!("`{name}`: {ko} {count}개."),
                format!("`{name}`: {count} {en}."),
            ),
        })
        .collect()
}
