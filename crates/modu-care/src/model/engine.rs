//! `care.fit`: a table and a request in, a model and its measures out.

use modu_kernel::{
    Digest, Engine, EngineError, Finding, Inputs, Label, Output, Progress, Severity, TypedEngine,
    canonical,
};
use modu_statistics::{Finite, Interval, Share};
use modu_survival::Outcomes;
use modu_survival::measure::Resamples;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::document::{MadeOf, Model, ModelDocument, Term, Transform};
use super::hazards::Cause;
use super::landmark::LandmarkModel;
use super::make::make;
use super::method::Method;
use super::optimism::optimism;
use super::performance::{Asked, Performance, performance};
use super::request::FitRequest;
use crate::picture::Pictures;
use crate::privacy::Count;
use crate::table::AnalysisTable;
use crate::{CareError, limits};

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
    /// The logarithm of the partial likelihood, and without predictors; none
    /// where the method has no such thing.
    pub log_likelihood: Option<[f64; 2]>,
    /// Whether the model tells how sure a patient's risk is.
    pub tells_intervals: bool,
    /// Rows that the measures are of: those watched from the prediction on.
    pub measured: u64,
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
    /// The code of the event whose hazard it changes: 1 is the outcome.
    pub event: u16,
    /// The predictor's name.
    pub predictor: String,
    /// The level, of categories.
    pub level: Option<String>,
    /// How numbers enter.
    pub transform: Transform,
    /// Of a landmark model whose effects change: at a visit on this day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<Finite>,
    /// The hazard ratio of one unit, or of the level to the reference.
    pub hazard_ratio: Option<Finite>,
    /// Its interval, where it has one.
    pub interval: Option<Interval>,
    /// The two-sided p-value of its being 1 (Wald), where it has one.
    pub p_value: Option<Finite>,
}

struct Fit;

impl TypedEngine for Fit {
    type Request = FitRequest;
    type Report = FitReport;
    const NAME: &'static str = "care.fit";
    const VERSION: &'static str = "2";

    fn run(
        request: FitRequest,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<(FitReport, Vec<Finding>, Vec<Output>), EngineError> {
        request.check()?;
        let mut table = AnalysisTable::of_inputs(inputs, request.columns.as_ref())?;
        if let (Some(clock), Some(horizon), false) = (
            &request.clock,
            request.horizons.last(),
            request.landmarks.is_empty(),
        ) {
            table = table
                .at_landmarks(clock, &request.landmarks, *horizon)
                .map_err(|error| error.of_input("table"))?;
        }
        fit(&request, &table, progress)
    }
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
    let document = canonical::to_vec(&made.model)?;
    if document.len() as u64 > limits::DOCUMENT_BYTES {
        return Err(EngineError::Request(format!(
            "method: the model would have more than {} bytes: ask for fewer trees, larger leaves \
             or fewer horizons",
            limits::DOCUMENT_BYTES
        )));
    }
    let watched = Watched::new(table, &outcomes).map_err(of_table)?;
    let score = watched.of(&made.told.score);
    let risks: Vec<Vec<f64>> = made.told.risks.iter().map(|it| watched.of(it)).collect();
    let asked = Asked {
        outcomes: &watched.outcomes,
        horizons: &request.horizons,
        linear: &score,
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
    let optimism = optimism(table, &outcomes, &watched, request);
    let corrected = optimism.corrected(&apparent);
    let pictures = Pictures::new(&asked, &made.model, &calibrations).map_err(of_table)?;
    let mut findings = made.findings;
    findings.extend(watched.finding(table));
    let report = FitReport {
        model: Digest::of(&document),
        method: made.model.method,
        made_of: made.model.made_of.clone(),
        competing: competing(table),
        terms: effects(&made.model, request.confidence),
        log_likelihood: made.log_likelihood,
        tells_intervals: made.model.tells_intervals(),
        measured: watched.rows.len() as u64,
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
        &findings,
        &pictures,
    ));
    Ok((report, findings, outputs))
}

/// The outcomes, with people as clusters.
pub(crate) fn outcomes(table: &AnalysisTable) -> Result<Outcomes, CareError> {
    Ok(table.outcomes()?.with_clusters(table.person().to_vec())?)
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

impl TermEffect {
    /// What a coefficient of an event's hazard says.
    pub(crate) fn of(
        (event, term): (u16, &Term),
        (coefficient, error): (f64, Option<f64>),
        confidence: Share,
    ) -> Self {
        let error = error.filter(|error| *error > 0.0);
        let limits = error.and_then(|it| Interval::wald(coefficient, it, confidence).ok());
        let ratio = |limit: Finite| libm::exp(limit.get());
        let p_value =
            |error: f64| libm::erfc(libm::fabs(coefficient / error) / std::f64::consts::SQRT_2);
        Self {
            event,
            predictor: term.predictor.clone(),
            level: term.level.clone(),
            transform: term.transform,
            day: None,
            hazard_ratio: Finite::new(libm::exp(coefficient)),
            interval: limits
                .and_then(|it| Interval::new(ratio(it.lower), ratio(it.upper), confidence).ok()),
            p_value: error.and_then(|error| Finite::new(p_value(error))),
        }
    }
}

fn effects(model: &ModelDocument, confidence: Share) -> Vec<TermEffect> {
    match &model.model {
        Model::Hazards(it) => {
            let causes = it.causes.iter();
            causes
                .flat_map(|cause| of_cause(model, cause, confidence))
                .collect()
        }
        Model::Landmark(it) => by_day(model, it, confidence),
        Model::Boosting(_) | Model::Forest(_) => Vec::new(),
    }
}

fn of_cause(model: &ModelDocument, cause: &Cause, confidence: Share) -> Vec<TermEffect> {
    let terms = model.terms.iter().zip(&cause.effects).enumerate();
    let effect = |(place, (term, effect)): (usize, (&Term, &super::Effect))| {
        let coefficient = (effect.coefficient, cause.standard_error(place));
        TermEffect::of((cause.event, term), coefficient, confidence)
    };
    terms.map(effect).collect()
}

/// The effects at visits on the first, the middle and the last day, where they
/// change.
fn by_day(model: &ModelDocument, landmark: &LandmarkModel, confidence: Share) -> Vec<TermEffect> {
    let [first, last] = landmark.days;
    let days: &[f64] = match landmark.degree {
        0 => &[first],
        _ => &[first, f64::midpoint(first, last), last],
    };
    let at = |place: usize, term: &Term, day: f64| {
        let effect = landmark.effect(place, day)?;
        Some(TermEffect {
            day: Finite::new(day).filter(|_| landmark.degree > 0),
            ..TermEffect::of((1, term), effect, confidence)
        })
    };
    let terms = model.terms.iter().enumerate();
    terms
        .flat_map(|(place, term)| days.iter().filter_map(move |day| at(place, term, *day)))
        .collect()
}

/// The rows that measures are of: those watched from the prediction on.
pub(crate) struct Watched {
    pub(crate) rows: Vec<u32>,
    pub(crate) outcomes: Outcomes,
}

impl Watched {
    pub(crate) fn new(table: &AnalysisTable, outcomes: &Outcomes) -> Result<Self, CareError> {
        let everyone = 0..table.len() as u32;
        let Some(entry) = table.entry() else {
            return Ok(Self {
                rows: everyone.collect(),
                outcomes: outcomes.clone(),
            });
        };
        let rows: Vec<u32> = everyone.filter(|row| entry[*row as usize] <= 0.0).collect();
        if rows.is_empty() {
            return Err(CareError::at(
                "the column `entry`",
                "nobody is watched from the prediction on, so no measure says how good a model is",
            ));
        }
        let time = rows.iter().map(|row| outcomes.time()[*row as usize]);
        let event = rows.iter().map(|row| outcomes.event()[*row as usize]);
        let people = rows.iter().map(|row| table.person()[*row as usize]);
        let outcomes = Outcomes::new(time.collect(), event.collect())?;
        Ok(Self {
            outcomes: outcomes.with_clusters(people.collect())?,
            rows,
        })
    }

    /// Of a number for each row of the table, those of these rows.
    pub(crate) fn of(&self, values: &[f64]) -> Vec<f64> {
        self.rows.iter().map(|row| values[*row as usize]).collect()
    }

    /// What must be said where they are not all rows.
    pub(crate) fn finding(&self, table: &AnalysisTable) -> Option<Finding> {
        let late = Count::new((table.len() - self.rows.len()) as u64);
        let told = [modu_kernel::Language::Ko, modu_kernel::Language::En].map(|it| late.text(it));
        (late != Count::Of(0)).then(|| Finding {
            severity: Severity::Warning,
            code: "measures.watched_from_the_start".to_owned(),
            place: "entry".to_owned(),
            message: Label::new(
                format!("성능은 예측 때부터 살핀 행으로만 쟀습니다. 늦게 들어온 행({})은 뺐습니다.", told[0]),
                format!("Measures are of rows watched from the prediction on; those that entered late ({}) are left out of them.", told[1]),
            ),
        })
    }
}
