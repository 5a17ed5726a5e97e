//! `care.predict`: a model and what is known of patients today, to a risk of
//! each with what moved it.
//!
//! Inputs: `model` (a [`ModelDocument`]) and `patients`, CSV with `person` (a
//! pseudonym), `at` (RFC 3339) and a column for each predictor. Output:
//! `risks.ndjson`, a [`RiskEstimate`] a line. A value that is missing or that
//! the model does not know is filled as the model says, moves nothing, and is
//! counted.
//!
//! Where the model is one of hazards, each risk has an interval: where it may
//! lie, the model having been made of these people and not of others. It says
//! nothing of whether the model is right here, which `care.validate` tells.
//! Trees and elastic nets do not know how sure they are, and that is said.
//!
//! What a predictor moved is, in a model with one hazard, what it adds to the
//! linear predictor; in others how far the risk's `log(-log(1 - p))` lies from
//! that of a patient with the model's usual value in its place.

use std::collections::BTreeMap;

use jiff::Timestamp;
use modu_kernel::{
    Digest, Engine, EngineError, Finding, Inputs, Label, Output, Progress, Severity, TypedEngine,
    canonical, read_input,
};
use modu_statistics::{Finite, Share};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::delimited::{Delimited, Limit};
use crate::limits;
use crate::model::{
    Known, Model, ModelDocument, ModelPredictor, Reading, default_confidence, link, value,
};
use crate::risk::{Contribution, RiskEstimate, RiskInterval};

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
    /// Confidence of the intervals.
    #[serde(default = "default_confidence")]
    pub confidence: Share,
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
    /// Rows whose risk has an interval.
    pub intervals: u64,
    /// Values that the model filled, by predictor.
    pub filled: BTreeMap<String, u64>,
    /// Numbers outside of the range where the model has seen patients.
    pub outside: BTreeMap<String, u64>,
}

impl TypedEngine for Predict {
    type Request = PredictRequest;
    type Report = PredictReport;
    const NAME: &'static str = "care.predict";
    const VERSION: &'static str = "2";

    fn run(
        request: PredictRequest,
        inputs: &dyn Inputs,
        _progress: &dyn Progress,
    ) -> Result<(PredictReport, Vec<Finding>, Vec<Output>), EngineError> {
        let bytes = read_input(inputs, input::MODEL, limits::DOCUMENT_BYTES)?;
        let model = ModelDocument::parse(&bytes).map_err(|error| error.of_input(input::MODEL))?;
        let horizon = model
            .horizon_of(request.horizon_days)
            .map_err(EngineError::Request)?;
        let mut table = Delimited::open(inputs, input::PATIENTS, LIMIT)?;
        let (person, at) = (table.column("person")?, table.column("at")?);
        let mut reading = Reading::open(&model, &table)?;
        let mut report = PredictReport {
            schema: SCHEMA.to_owned(),
            model: Digest::of(&bytes),
            horizon_days: finite(model.horizons.get(horizon).copied().unwrap_or_default())?,
            rows: 0,
            mean_risk: Finite::ZERO,
            intervals: 0,
            filled: BTreeMap::new(),
            outside: BTreeMap::new(),
        };
        let (mut lines, mut sum) = (Vec::new(), 0.0);
        while table.advance()? {
            let observed: Timestamp = (table.required(at)?.parse())
                .map_err(|_| table.wrong(at, "write a time such as 2026-03-01T09:00:00Z"))?;
            let (known, row) = reading.row(&table)?;
            let patient = Patient {
                model: &model,
                horizon,
                known: &known,
                row: &row,
            };
            let risk = model.risk(horizon, &row);
            let interval = patient.interval(request.confidence)?;
            let estimate = RiskEstimate {
                person: table.person(person)?.to_owned(),
                at: observed,
                horizon_days: report.horizon_days,
                risk: finite(risk)?,
                interval,
                score: None,
                contributions: patient.contributions()?,
            };
            sum += risk;
            report.rows += 1;
            report.intervals += u64::from(interval.is_some());
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
        (report.filled, report.outside) = reading.counted();
        let findings = findings(&report, &model);
        let output = Output {
            name: "risks.ndjson".to_owned(),
            media_type: "application/x-ndjson".to_owned(),
            bytes: lines,
        };
        Ok((report, findings, vec![output]))
    }
}

/// A patient whom a model is asked about.
struct Patient<'a> {
    model: &'a ModelDocument,
    horizon: usize,
    /// By predictor.
    known: &'a [Known],
    /// By term.
    row: &'a [f64],
}

impl Patient<'_> {
    fn interval(&self, confidence: Share) -> Result<Option<RiskInterval>, EngineError> {
        let Some([lower, upper]) = self.model.interval(self.horizon, self.row, confidence) else {
            return Ok(None);
        };
        Ok(Some(RiskInterval {
            lower: finite(lower)?,
            upper: finite(upper)?,
        }))
    }

    fn contributions(&self) -> Result<Vec<Contribution>, EngineError> {
        let predictors = self.model.predictors.iter().zip(self.known);
        predictors
            .map(|(predictor, known)| self.contribution(predictor, known))
            .collect()
    }

    fn contribution(
        &self,
        predictor: &ModelPredictor,
        known: &Known,
    ) -> Result<Contribution, EngineError> {
        let value = match known {
            Known::Number(number) => Finite::new(*number),
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
            change: finite(self.change(predictor))?,
        })
    }

    /// What a predictor moved.
    fn change(&self, predictor: &ModelPredictor) -> f64 {
        let terms = self.model.terms.iter().zip(self.row).enumerate();
        let own = terms.filter(|(_, (term, _))| term.predictor == predictor.name);
        let slope: f64 = self.model.recalibrated.iter().map(|by| by.slope).product();
        if let Model::Hazards(hazards) = &self.model.model
            && let [only] = hazards.causes.as_slice()
        {
            let added = own.map(|(place, (_, value))| {
                let effect = only.effects[place];
                (value - effect.centre) * effect.coefficient
            });
            return added.sum::<f64>() * slope;
        }
        let mut usual = self.row.to_vec();
        for (place, (term, _)) in own {
            usual[place] = value(term, predictor, &Known::Filled).unwrap_or(usual[place]);
        }
        link(self.model.risk(self.horizon, self.row)) - link(self.model.risk(self.horizon, &usual))
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

/// What must be said where risks have no interval.
fn without_interval(report: &PredictReport, model: &ModelDocument) -> Option<Finding> {
    let name = model.method.typed();
    (report.intervals < report.rows).then(|| Finding {
        severity: Severity::Note,
        code: "predict.no_interval".to_owned(),
        place: input::MODEL.to_owned(),
        message: Label::new(
            format!("이 모형({name})은 위험이 얼마나 확실한지 알지 못해 구간을 말하지 않습니다."),
            format!("This model ({name}) does not know how sure its risks are, so they have no interval."),
        ),
    })
}

fn findings(report: &PredictReport, model: &ModelDocument) -> Vec<Finding> {
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
    let counted = filled
        .chain(outside)
        .map(|(name, count, code, ko, en)| Finding {
            severity: Severity::Warning,
            code: code.to_owned(),
            place: format!("{}, column `{name}`", input::PATIENTS),
            message: Label::new(
                format!("`{name}`: {ko} {count}개."),
                format!("`{name}`: {count} {en}."),
            ),
        });
    counted.chain(without_interval(report, model)).collect()
}
