//! `care.fit`: a table and a request in, a model and its measures out.

use modu_kernel::{
    Digest, Engine, EngineError, Finding, Inputs, Label, Output, Progress, Severity, TypedEngine,
    canonical,
};
use modu_statistics::{Finite, Interval, Share};
use modu_survival::cox::{self, CoxFinding, CoxOptions};
use modu_survival::measure::{Censoring, Evaluated, Resamples};
use modu_survival::{Covariates, EventCode, Outcomes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::columns;
use super::document::{BaselinePoint, MODEL_FORMAT, MadeOf, Method, ModelDocument, Transform};
use super::learn::{bins, learn};
use super::optimism::optimism;
use super::performance::{Asked, Performance, performance};
use super::request::{FitRequest, MethodRequest};
use crate::CareError;
use crate::picture::Pictures;
use crate::privacy::Count;
use crate::table::AnalysisTable;

/// The engine.
pub const FIT: Engine = Engine::of::<Fit>();

/// Resamples for the intervals of calibration indices.
const INDEX_RESAMPLES: u32 = 100;

/// What came out of a fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FitReport {
    /// The digest of `model.json`.
    pub model: Digest,
    /// How it was made.
    pub method: Method,
    /// Of whom.
    pub made_of: MadeOf,
    /// Rows with each competing event.
    pub competing: Vec<Count>,
    /// What each term does.
    pub terms: Vec<TermEffect>,
    /// The logarithm of the partial likelihood, and without predictors.
    pub log_likelihood: [f64; 2],
    /// The measures on the rows it was made of.
    pub apparent: Performance,
    /// In how many resamples it was made anew.
    pub resamples: u32,
    /// Corrected for optimism: Harrell's index.
    pub corrected_harrell: Option<Finite>,
    /// At each horizon: area, Brier score, calibration slope.
    pub corrected: Vec<[Option<Finite>; 3]>,
}

/// What a term does to the hazard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TermEffect {
    /// The predictor's name.
    pub predictor: String,
    /// The level, of categories.
    pub level: Option<String>,
    /// How numbers enter.
    pub transform: Transform,
    /// The hazard ratio of one unit, or of the level to the reference.
    pub hazard_ratio: Option<Finite>,
    /// Its interval, where it has one.
    pub interval: Option<Interval>,
}

struct Fit;

impl TypedEngine for Fit {
    type Request = FitRequest;
    type Report = FitReport;
    const NAME: &'static str = "care.fit";
    const VERSION: &'static str = "1";

    fn run(
        request: FitRequest,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<(FitReport, Vec<Finding>, Vec<Output>), EngineError> {
        request.check()?;
        let table = AnalysisTable::of_inputs(inputs, request.columns.as_ref())?;
        fit(&request, &table, progress)
    }
}

/// A model and what the fit said of it.
pub(super) struct Made {
    pub(super) model: ModelDocument,
    linear: Vec<f64>,
    findings: Vec<Finding>,
    log_likelihood: [f64; 2],
}

fn fit(
    request: &FitRequest,
    table: &AnalysisTable,
    progress: &dyn Progress,
) -> Result<(FitReport, Vec<Finding>, Vec<Output>), EngineError> {
    let of_table = |error: CareError| error.of_input("table");
    let outcomes = outcomes(table).map_err(of_table)?;
    let everyone: Vec<u32> = (0..table.len() as u32).collect();
    progress.report("fit", 0, 0);
    let made = make(table, &outcomes, &everyone, request).map_err(of_table)?;
    let risks = risks(&made.model, &made.linear);
    let asked = Asked {
        outcomes: &outcomes,
        horizons: &request.horizons,
        linear: &made.linear,
        risks: &risks,
        resamples: Resamples {
            count: request.resamples.min(INDEX_RESAMPLES),
            seed: request.seed,
        },
        confidence: request.confidence,
    };
    progress.report("measures", 0, 0);
    let (apparent, calibrations) = performance(&asked).map_err(of_table)?;
    progress.report("optimism", 0, 0);
    let optimism = optimism(table, &outcomes, request);
    let corrected = optimism.corrected(&apparent);
    let document = canonical::to_vec(&made.model)?;
    let pictures = Pictures::new(&asked, &made.model, &calibrations).map_err(of_table)?;
    let report = FitReport {
        model: Digest::of(&document),
        method: made.model.method,
        made_of: made.model.made_of.clone(),
        competing: competing(table),
        terms: effects(&made.model, request.confidence),
        log_likelihood: made.log_likelihood,
        resamples: optimism.made,
        corrected_harrell: corrected.first().copied().flatten(),
        corrected: corrected.get(1..).unwrap_or(&[]).as_chunks().0.to_vec(),
        apparent,
    };
    let mut outputs = vec![Output {
        name: "model.json".to_owned(),
        media_type: "application/json".to_owned(),
        bytes: document,
    }];
    outputs.extend(super::page::pages(
        &report,
        &made.model,
        &made.findings,
        &pictures,
    ));
    Ok((report, made.findings, outputs))
}

/// The outcomes, with people as clusters.
pub(crate) fn outcomes(table: &AnalysisTable) -> Result<Outcomes, CareError> {
    if table.entry().is_some() {
        return Err(CareError::at(
            "the column `entry`",
            "a model is made of one row for each person and prediction: leave the column out",
        ));
    }
    Ok(table.outcomes()?.with_clusters(table.person().to_vec())?)
}

/// Makes a model of some rows, each as often as it is named; `outcomes` are
/// theirs.
pub(super) fn make(
    table: &AnalysisTable,
    outcomes: &Outcomes,
    rows: &[u32],
    request: &FitRequest,
) -> Result<Made, CareError> {
    let MethodRequest::Cox { ridge } = request.method;
    if table.events().len() > 1 && outcomes.event().iter().any(|event| event.0 > 1) {
        return Err(CareError::at(
            "the column `event`",
            "there are competing events, of which proportional hazards tell no risk: \
             give a table whose events are 0 and 1",
        ));
    }
    let coded = learn(table, rows, request)?;
    let filled = columns::filled(&coded.predictors, &coded.terms, table, rows)?;
    let names = coded.terms.iter().map(|term| match &term.level {
        None => term.predictor.clone(),
        Some(level) => format!("{}: {level}", term.predictor),
    });
    let covariates = Covariates::new(rows.len(), names.zip(filled.columns).collect())?;
    let options = CoxOptions {
        ridge,
        ..CoxOptions::default()
    };
    let fitted = cox::fit(outcomes, &covariates, &options)?;
    let linear = fitted.linear_predictors(&covariates)?;
    let mut terms = coded.terms;
    for (place, term) in terms.iter_mut().enumerate() {
        term.centre = fitted.centres[place];
        term.coefficient = fitted.coefficients[place];
        term.standard_error = fitted.variance[place][place].sqrt();
    }
    let baseline = baseline(&fitted, outcomes, &request.horizons)?;
    let mut sorted = linear.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let third = |part: usize| sorted[part * sorted.len() / 3];
    let mut findings = coded.findings;
    findings.extend(fitted.findings.iter().map(finding));
    Ok(Made {
        model: ModelDocument {
            format: MODEL_FORMAT.to_owned(),
            method: Method::Cox { ridge },
            outcome: table.events()[0].clone(),
            competing: table.events()[1..].to_vec(),
            predictors: coded.predictors,
            terms,
            baseline,
            spread: bins(&sorted),
            risk_groups: [third(1), third(2)],
            made_of: made_of(table, outcomes, rows),
            recalibrated: Vec::new(),
        },
        linear,
        findings,
        log_likelihood: [fitted.log_likelihood, fitted.null_log_likelihood],
    })
}

fn baseline(
    fitted: &cox::CoxModel,
    outcomes: &Outcomes,
    horizons: &[f64],
) -> Result<Vec<BaselinePoint>, CareError> {
    let longest = outcomes.time().iter().copied().fold(0.0, f64::max);
    let curve = fitted.baseline(0)?;
    let point = |horizon: &f64| {
        let cumulative_hazard = curve.at(*horizon);
        let place = || format!("the horizon of {horizon} days");
        if *horizon > longest {
            let problem = "nobody was watched so long: ask for an earlier one";
            return Err(CareError::at(place(), problem));
        }
        if cumulative_hazard <= 0.0 {
            let problem = "nobody had the event by then: ask for a later one";
            return Err(CareError::at(place(), problem));
        }
        Ok(BaselinePoint {
            horizon: *horizon,
            cumulative_hazard,
        })
    };
    horizons.iter().map(point).collect()
}

fn made_of(table: &AnalysisTable, outcomes: &Outcomes, rows: &[u32]) -> MadeOf {
    let mut people: Vec<u32> = rows
        .iter()
        .map(|row| table.person()[*row as usize])
        .collect();
    people.sort_unstable();
    people.dedup();
    let events = outcomes
        .event()
        .iter()
        .filter(|event| **event == EventCode::EVENT);
    MadeOf {
        rows: rows.len() as u64,
        people: people.len() as u64,
        events: events.count() as u64,
        follow_up: follow_up(outcomes),
    }
}

/// The median of the curve of being lost from sight (Schemper & Smith 1996).
fn follow_up(outcomes: &Outcomes) -> Option<f64> {
    let censoring = Censoring::of(outcomes, Evaluated::At).ok()?;
    let mut times = outcomes.time().to_vec();
    times.sort_unstable_by(f64::total_cmp);
    let place = times.partition_point(|time| censoring.seen(*time) > 0.5);
    times.get(place).copied()
}

fn competing(table: &AnalysisTable) -> Vec<Count> {
    let rows = |code: usize| {
        let same = table
            .event()
            .iter()
            .filter(|event| usize::from(event.0) == code);
        Count::new(same.count() as u64)
    };
    (2..=table.events().len()).map(rows).collect()
}

/// The risks of all rows, by horizon.
pub(crate) fn risks(model: &ModelDocument, linear: &[f64]) -> Vec<Vec<f64>> {
    let horizons = 0..model.baseline.len();
    let of = |horizon| linear.iter().map(|it| model.risk(horizon, *it)).collect();
    horizons.map(of).collect()
}

fn effects(model: &ModelDocument, confidence: Share) -> Vec<TermEffect> {
    let effect = |term: &super::Term| {
        let wald = Interval::wald(term.coefficient, term.standard_error, confidence).ok();
        let limits = wald.filter(|_| term.standard_error > 0.0);
        let ratio = |limit: Finite| libm::exp(limit.get());
        TermEffect {
            predictor: term.predictor.clone(),
            level: term.level.clone(),
            transform: term.transform,
            hazard_ratio: Finite::new(libm::exp(term.coefficient)),
            interval: limits
                .and_then(|it| Interval::new(ratio(it.lower), ratio(it.upper), confidence).ok()),
        }
    };
    model.terms.iter().map(effect).collect()
}

fn finding(finding: &CoxFinding) -> Finding {
    let (code, place, ko) = match finding {
        CoxFinding::Constant { column } => (
            "term.constant",
            column,
            "견주는 모든 환자에게서 값이 같아 뺐습니다.",
        ),
        CoxFinding::Collinear { column } => {
            ("term.collinear", column, "앞의 항들로 정해지므로 뺐습니다.")
        }
        CoxFinding::Separated { column } => (
            "term.separated",
            column,
            "사건이 난 환자를 완전히 가르므로 계수에 유한한 추정값이 없습니다.",
        ),
        CoxFinding::NotConverged { .. } => (
            "fit.not_converged",
            &String::new(),
            "적합이 정한 횟수 안에 수렴하지 않았습니다.",
        ),
    };
    Finding {
        severity: Severity::Warning,
        code: code.to_owned(),
        place: place.clone(),
        message: Label::new(format!("{place} {ko}").trim_start(), finding.to_string()),
    }
}
