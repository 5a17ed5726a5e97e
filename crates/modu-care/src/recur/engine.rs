//! `care.recur` itself.

use modu_kernel::{
    Engine, EngineError, Finding, Inputs, Label, Output, Progress, Severity, TypedEngine,
};
use modu_survival::cox::{self, CoxModel, CoxOptions};
use modu_survival::measure::Resamples;
use modu_survival::recurrent::{Layout, lay_out};
use modu_survival::{Covariates, EventCode, Outcomes};

use super::number::means;
use super::report::{RecurReport, RecurRequest};
use super::rows::since_start;
use crate::CareError;
use crate::model::{Chosen, Term, TermEffect, filled, finding, learn};
use crate::privacy::{Count, SMALLEST_CELL};
use crate::table::AnalysisTable;

/// The engine as plain data.
pub const RECUR: Engine = Engine::of::<Recur>();

/// Points of the picture's course.
const STEPS: u32 = 60;

struct Recur;

impl TypedEngine for Recur {
    type Request = RecurRequest;
    type Report = RecurReport;
    const NAME: &'static str = "care.recur";
    const VERSION: &'static str = "1";

    fn run(
        request: RecurRequest,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<(RecurReport, Vec<Finding>, Vec<Output>), EngineError> {
        request.check()?;
        let table = AnalysisTable::of_inputs(inputs, request.columns.as_ref())?;
        progress.report("fit", 0, 0);
        recur(&request, &table).map_err(|error| error.of_input("table"))
    }
}

fn recur(
    request: &RecurRequest,
    table: &AnalysisTable,
) -> Result<(RecurReport, Vec<Finding>, Vec<Output>), CareError> {
    let outcomes = since_start(table, request.clock.as_deref())?;
    let by_person = EventsByPerson::new(&outcomes, table.person());
    by_person.refuse_few()?;
    check_last(&outcomes, &request.horizons)?;
    let most = request.most.unwrap_or_else(|| by_person.most());
    let laid = lay_out(&outcomes, request.layout, most)?;
    let everyone: Vec<u32> = (0..table.len() as u32).collect();
    let chosen = Chosen {
        names: &request.predictors,
        transforms: &request.transforms,
        clock: request.clock.as_deref().map(|clock| (clock, false)),
    };
    let coded = learn(table, &everyone, &chosen)?;
    let columns = filled(&coded.predictors, &coded.terms, table, &everyone)?.columns;
    let names = coded.terms.iter().map(name);
    let covariates = Covariates::new(table.len(), names.zip(columns).collect())?;
    let options = CoxOptions {
        ridge: request.ridge,
        robust: true,
        ..CoxOptions::default()
    };
    let fitted = cox::fit(&laid.outcomes, &covariates, &options)?;
    let resamples = Resamples {
        count: request.resamples,
        seed: request.seed,
    };
    let told = |days: &[f64]| means(&outcomes, days, resamples, request.confidence);
    let last = request.horizons.last().copied().unwrap_or(0.0);
    let steps = (1..=STEPS).map(|step| last * f64::from(step) / f64::from(STEPS));
    let report = RecurReport {
        layout: request.layout,
        rows: table.len() as u64,
        people: by_person.people.len() as u64,
        events: by_person.people.iter().map(|it| u64::from(*it)).sum(),
        ended: Count::new(ended(&outcomes)),
        people_by_events: by_person.counts(),
        most: (request.layout != Layout::AndersenGill).then_some(most),
        terms: effects(&coded.terms, &fitted, request),
        log_likelihood: [fitted.log_likelihood, fitted.null_log_likelihood],
        means: told(&request.horizons),
    };
    let mut findings = coded.findings;
    findings.extend(fitted.findings.iter().map(finding));
    findings.extend(by_person.beyond(request.layout, most));
    let course = told(&steps.collect::<Vec<_>>());
    let pages = super::page::pages(&report, &findings, &course);
    Ok((report, findings, pages.into()))
}

fn name(term: &Term) -> String {
    match &term.level {
        None => term.predictor.clone(),
        Some(level) => format!("{}: {level}", term.predictor),
    }
}

fn effects(terms: &[Term], fitted: &CoxModel, request: &RecurRequest) -> Vec<TermEffect> {
    let variance = fitted.robust_variance.as_ref().unwrap_or(&fitted.variance);
    let each = terms.iter().zip(&fitted.coefficients).zip(variance);
    let each = each.enumerate();
    each.map(|(place, ((term, coefficient), row))| {
        let error = row[place].max(0.0).sqrt();
        TermEffect::of((1, term), (*coefficient, Some(error)), request.confidence)
    })
    .collect()
}

fn check_last(outcomes: &Outcomes, horizons: &[f64]) -> Result<(), CareError> {
    let longest = outcomes.time().iter().copied().fold(0.0, f64::max);
    match horizons.iter().find(|horizon| **horizon > longest) {
        None => Ok(()),
        Some(horizon) => Err(CareError::at(
            format!("the horizon of {horizon} days"),
            "nobody was watched so long: ask for an earlier one",
        )),
    }
}

/// Rows that something else ended for good.
fn ended(outcomes: &Outcomes) -> u64 {
    let rows = outcomes.event().iter();
    rows.filter(|event| event.0 > EventCode::EVENT.0).count() as u64
}

/// How many events each person had.
struct EventsByPerson {
    people: Vec<u32>,
}

impl EventsByPerson {
    fn new(outcomes: &Outcomes, person: &[u32]) -> Self {
        let last = person.iter().max().map_or(0, |last| *last as usize + 1);
        let mut events = vec![None; last];
        for (person, event) in person.iter().zip(outcomes.event()) {
            let count = events[*person as usize].get_or_insert(0_u32);
            *count += u32::from(*event == EventCode::EVENT);
        }
        Self {
            people: events.into_iter().flatten().collect(),
        }
    }

    /// People with at least so many events.
    fn with(&self, events: u32) -> u64 {
        self.people.iter().filter(|it| **it >= events).count() as u64
    }

    fn refuse_few(&self) -> Result<(), CareError> {
        match self.with(1) {
            0..SMALLEST_CELL => Err(CareError::at(
                "the column of events",
                format!(
                    "fewer than {SMALLEST_CELL} people had the event: nothing is told of so few"
                ),
            )),
            _ if self.with(2) == 0 => Err(CareError::at(
                "the column of events",
                "nobody had the event twice: say who is who, or take `cox`",
            )),
            _ => Ok(()),
        }
    }

    /// The last event that at least five people had.
    fn most(&self) -> u32 {
        let had = |events: &u32| self.with(*events) >= SMALLEST_CELL;
        (1..).take_while(had).last().unwrap_or(1)
    }

    /// People by events, with so many classes that none has few people: as all
    /// people and all events are told, one that is hidden could be computed.
    fn counts(&self) -> Vec<u64> {
        let exactly = |events: u32| self.with(events) - self.with(events + 1);
        let up_to = |last: u32| (0..last).map(exactly).chain([self.with(last)]).collect();
        let mut classes = (1..=self.most()).rev().map(up_to);
        let open = |counts: &Vec<u64>| counts.iter().all(|it| *it == 0 || *it >= SMALLEST_CELL);
        classes.find(open).unwrap_or_default()
    }

    /// What must be said where later events count as earlier ones.
    fn beyond(&self, layout: Layout, most: u32) -> Option<Finding> {
        let later = layout != Layout::AndersenGill && self.with(most + 1) > 0;
        later.then(|| Finding {
            severity: Severity::Note,
            code: "recur.later_events".to_owned(),
            place: "event".to_owned(),
            message: Label::new(
                format!("{most}번째 뒤의 사건은 {most}번째와 함께 견주었습니다."),
                format!("Events after number {most} are compared with those of number {most}."),
            ),
        })
    }
}
