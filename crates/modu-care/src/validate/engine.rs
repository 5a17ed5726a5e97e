//! `care.validate`: a model and another hospital's table in, measures, a
//! recalibrated model and a verdict out.

use std::collections::BTreeMap;

use modu_kernel::{
    Digest, Engine, EngineError, Finding, Inputs, Label, Output, Progress, Severity, TypedEngine,
    canonical, read_input,
};
use modu_survival::measure::Resamples;
use modu_survival::recalibrate::{Recalibration, Update};
use modu_survival::{EventCode, Outcomes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cross::{Crossed, recalibrate};
use super::drift::{DriftReport, drift};
use super::request::{UpdateRequest, ValidateRequest};
use super::verdict::{Judged, Verdict, judge, verdict};
use crate::model::{Asked, ModelDocument, Performance, Watched, filled, outcomes, performance};
use crate::picture::Pictures;
use crate::privacy::Count;
use crate::table::AnalysisTable;
use crate::{CareError, limits};

/// The engine.
pub const VALIDATE: Engine = Engine::of::<Validate>();

/// How a model fares at another hospital.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidateReport {
    /// The digest of the model that was tried.
    pub model: Digest,
    /// Rows of the table.
    pub rows: u64,
    /// Rows with the outcome.
    pub events: Count,
    /// What follows.
    pub verdict: Verdict,
    /// The criteria on the model as it is.
    pub judged: Vec<Judged>,
    /// And on the recalibrated one.
    pub judged_recalibrated: Option<Vec<Judged>>,
    /// The measures of the model as it is.
    pub performance: Performance,
    /// How it is moved, where it can be.
    pub recalibration: Option<Recalibration>,
    /// The digest of `recalibrated.json`.
    pub recalibrated_model: Option<Digest>,
    /// The measures of the recalibrated one, each person's risk being that of
    /// a recalibration by others (every fifth person set aside in turn).
    pub recalibrated: Option<Performance>,
    /// What is different here.
    pub drift: DriftReport,
    /// By predictor, rows whose value was missing or unknown, and filled in.
    pub filled: BTreeMap<String, Count>,
    /// By predictor, rows outside of the range where the model has seen
    /// patients.
    pub outside: BTreeMap<String, Count>,
}

struct Validate;

impl TypedEngine for Validate {
    type Request = ValidateRequest;
    type Report = ValidateReport;
    const NAME: &'static str = "care.validate";
    const VERSION: &'static str = "2";

    fn run(
        request: ValidateRequest,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<(ValidateReport, Vec<Finding>, Vec<Output>), EngineError> {
        const MODEL: &str = "model";
        request.check()?;
        let bytes = read_input(inputs, MODEL, limits::DOCUMENT_BYTES)?;
        let model = ModelDocument::parse(&bytes).map_err(|error| error.of_input(MODEL))?;
        let table = AnalysisTable::of_inputs(inputs, request.columns.as_ref())?;
        let digest = Digest::of(&bytes);
        validate(&request, digest, &model, &table, progress)
    }
}

/// The rows that are watched from the prediction on, with the model's risks.
struct Tried<'a> {
    request: &'a ValidateRequest,
    model: &'a ModelDocument,
    outcomes: Outcomes,
    person: Vec<u32>,
    horizons: &'a [f64],
    linear: Vec<f64>,
    risks: Vec<Vec<f64>>,
}

impl Tried<'_> {
    fn asked<'b>(&'b self, linear: &'b [f64], risks: &'b [Vec<f64>]) -> Asked<'b> {
        Asked {
            outcomes: &self.outcomes,
            horizons: self.horizons,
            linear,
            risks,
            resamples: Resamples {
                count: self.request.resamples,
                seed: self.request.seed,
            },
            confidence: self.request.confidence,
        }
    }
}

/// The recalibrated model and how it fares.
struct Moved {
    by: Recalibration,
    model: ModelDocument,
    performance: Performance,
    judged: Vec<Judged>,
}

fn validate(
    request: &ValidateRequest,
    digest: Digest,
    model: &ModelDocument,
    table: &AnalysisTable,
    progress: &dyn Progress,
) -> Result<(ValidateReport, Vec<Finding>, Vec<Output>), EngineError> {
    let of_table = |error: CareError| error.of_input("table");
    let everyone: Vec<u32> = (0..table.len() as u32).collect();
    let columns = filled(&model.predictors, &model.terms, table, &everyone).map_err(of_table)?;
    let told = model.tell(&columns.columns, table.len());
    let outcomes = outcomes(table).map_err(of_table)?;
    let watched = Watched::new(table, &outcomes).map_err(of_table)?;
    let tried = Tried {
        request,
        model,
        person: (watched.rows.iter())
            .map(|row| table.person()[*row as usize])
            .collect(),
        horizons: &model.horizons,
        risks: told.risks.iter().map(|it| watched.of(it)).collect(),
        linear: watched.of(&told.score),
        outcomes: watched.outcomes.clone(),
    };
    progress.report("measures", 0, 0);
    let asked = tried.asked(&tried.linear, &tried.risks);
    let (performance, calibrations) = performance(&asked).map_err(of_table)?;
    let pictures = Pictures::new(&asked, model, &calibrations).map_err(of_table)?;
    progress.report("recalibration", 0, 0);
    let moved = moved(&tried).map_err(of_table)?;
    let drift = drift(request, model, table, &told.score, &performance)
        .map_err(|error| EngineError::Internal(error.to_string()))?;
    let judged = judge(&request.criteria, &performance);
    let events = table
        .event()
        .iter()
        .filter(|event| **event == EventCode::EVENT)
        .count() as u64;
    let judged_moved = moved.as_ref().map(|it| it.judged.as_slice());
    let counted = |rows: &BTreeMap<String, u64>| -> BTreeMap<String, Count> {
        rows.iter()
            .map(|(name, rows)| (name.clone(), Count::new(*rows)))
            .collect()
    };
    let mut outputs = Vec::new();
    let document = moved
        .as_ref()
        .map(|it| canonical::to_vec(&it.model))
        .transpose()?;
    let report = ValidateReport {
        model: digest,
        rows: table.len() as u64,
        events: Count::new(events),
        verdict: verdict(&request.criteria, events, &judged, judged_moved),
        judged,
        judged_recalibrated: judged_moved.map(<[Judged]>::to_vec),
        performance,
        recalibration: moved.as_ref().map(|it| it.by.clone()),
        recalibrated_model: document.as_ref().map(|bytes| Digest::of(bytes)),
        recalibrated: moved.map(|it| it.performance),
        drift,
        filled: counted(&columns.missing),
        outside: counted(&columns.outside),
    };
    outputs.extend(document.map(|bytes| Output {
        name: "recalibrated.json".to_owned(),
        media_type: "application/json".to_owned(),
        bytes,
    }));
    let mut findings = findings(&report, request);
    findings.extend(watched.finding(table));
    outputs.extend(super::page::pages(&report, &findings, &pictures));
    Ok((report, findings, outputs))
}

fn moved(tried: &Tried<'_>) -> Result<Option<Moved>, CareError> {
    let update = match tried.request.update {
        UpdateRequest::None => return Ok(None),
        UpdateRequest::Intercept => Update::Intercept,
        UpdateRequest::InterceptAndSlope => Update::InterceptAndSlope,
    };
    let found = recalibrate(
        &tried.outcomes,
        &tried.person,
        tried.horizons,
        &tried.risks,
        update,
    )?;
    let Some(Crossed { by, risks }) = found.filter(|it| it.by.slope > 0.0) else {
        return Ok(None);
    };
    let model = tried.model.moved(&by);
    let (performance, _) = performance(&tried.asked(&tried.linear, &risks))?;
    Ok(Some(Moved {
        judged: judge(&tried.request.criteria, &performance),
        by,
        model,
        performance,
    }))
}

fn findings(report: &ValidateReport, request: &ValidateRequest) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut warn = |code: &str, place: &str, ko: String, en: String| {
        findings.push(Finding {
            severity: Severity::Warning,
            code: code.to_owned(),
            place: place.to_owned(),
            message: Label::new(ko, en),
        });
    };
    let [in_korean, in_english] = [modu_kernel::Language::Ko, modu_kernel::Language::En];
    for (name, rows) in &report.filled {
        warn(
            "predictor.filled",
            name,
            format!(
                "{name}: 값이 없거나 모형이 모르는 행({})을 채웠습니다.",
                rows.text(in_korean)
            ),
            format!(
                "{name}: rows without a value that the model knows ({}) were filled in.",
                rows.text(in_english)
            ),
        );
    }
    for (name, rows) in &report.outside {
        warn(
            "predictor.outside",
            name,
            format!(
                "{name}: 모형을 만든 범위를 벗어난 행 {}.",
                rows.text(in_korean)
            ),
            format!(
                "{name}: {} rows lie outside of the range that the model was made in.",
                rows.text(in_english)
            ),
        );
    }
    if report.recalibration.is_none() && request.update != UpdateRequest::None {
        warn(
            "recalibration.none",
            "",
            "모형을 다시 보정할 수 없었습니다(사건이 적거나 위험이 거꾸로 놓임).".to_owned(),
            "The model could not be recalibrated: too few events, or its risks stand upside down."
                .to_owned(),
        );
    }
    findings
}
