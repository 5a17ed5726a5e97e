//! `care.states` itself.

use std::collections::{BTreeMap, BTreeSet};

use modu_kernel::{Engine, EngineError, Finding, Inputs, Output, Progress, TypedEngine};
use modu_statistics::{Finite, Interval, Share};
use modu_survival::estimator::{NelsonAalen, Occupation, nelson_aalen, occupation};
use modu_survival::{EventCode, Outcomes};

use super::report::{AtDay, Cumulative, ShareInState, StatesReport, StatesRequest, Transition};
use super::stays::Stays;
use crate::CareError;
use crate::model::{back, link};
use crate::privacy::{Count, SMALLEST_CELL, told_beside_their_sum};
use crate::table::AnalysisTable;

/// The engine as plain data.
pub const STATES: Engine = Engine::of::<States>();

const DAYS_A_YEAR: f64 = 365.25;
/// Points of the picture's course.
const STEPS: u32 = 60;

struct States;

impl TypedEngine for States {
    type Request = StatesRequest;
    type Report = StatesReport;
    const NAME: &'static str = "care.states";
    const VERSION: &'static str = "1";

    fn run(
        request: StatesRequest,
        inputs: &dyn Inputs,
        _progress: &dyn Progress,
    ) -> Result<(StatesReport, Vec<Finding>, Vec<Output>), EngineError> {
        request.check()?;
        let table = AnalysisTable::of_inputs(inputs, request.columns.as_ref())?;
        let stays = Stays::new(&table, &request).map_err(|error| error.of_input("table"))?;
        states(&request, stays).map_err(|error| error.of_input("table"))
    }
}

fn states(
    request: &StatesRequest,
    stays: Stays,
) -> Result<(StatesReport, Vec<Finding>, Vec<Output>), CareError> {
    let people = people(&stays.outcomes);
    if people < SMALLEST_CELL {
        let problem = format!("fewer than {SMALLEST_CELL} people: nothing is told of so few");
        return Err(CareError::at("the table", problem));
    }
    let longest = stays.outcomes.time().iter().copied().fold(0.0, f64::max);
    if let Some(late) = request.days.iter().find(|day| **day > longest) {
        let problem = "nobody was watched so long: ask for an earlier one";
        return Err(CareError::at(format!("day {late}"), problem));
    }
    let start = start(&stays);
    let all: u64 = start.iter().sum();
    let shares: Vec<f64> = start.iter().map(|it| *it as f64 / all as f64).collect();
    let told = Told {
        occupation: occupation(&stays.outcomes, &stays.from, &shares)?,
        start: shares,
        visitors: visitors(&stays),
        stays: &stays,
        confidence: request.confidence,
    };
    let last = request.days.last().copied().unwrap_or(0.0);
    let steps = (1..=STEPS).map(|step| last * f64::from(step) / f64::from(STEPS));
    let course: Vec<AtDay> = steps.map(|day| told.at(day)).collect();
    let report = StatesReport {
        people,
        states: stays.states.clone(),
        start: told_beside_their_sum(&start),
        transitions: transitions(&stays, &request.days, request.confidence)?,
        by_day: request.days.iter().map(|day| told.at(*day)).collect(),
    };
    let pages = super::page::pages(&report, &stays.findings, &course);
    Ok((report, stays.findings, pages.into()))
}

fn person(outcomes: &Outcomes, row: usize) -> u32 {
    outcomes.cluster().map_or(row as u32, |person| person[row])
}

fn entry(outcomes: &Outcomes, row: usize) -> f64 {
    outcomes.entry().map_or(0.0, |entry| entry[row])
}

fn people(outcomes: &Outcomes) -> u64 {
    let all: BTreeSet<u32> = (0..outcomes.len())
        .map(|row| person(outcomes, row))
        .collect();
    all.len() as u64
}

/// Of those who are watched from the first day of all, how many begin in each
/// state.
fn start(stays: &Stays) -> Vec<u64> {
    let outcomes = &stays.outcomes;
    let rows = 0..outcomes.len();
    let first = rows.clone().map(|row| entry(outcomes, row));
    let first = first.fold(f64::INFINITY, f64::min);
    let mut start = vec![0; stays.states.len()];
    for row in rows.filter(|row| entry(outcomes, *row) == first) {
        start[usize::from(stays.from[row].0) - 1] += 1;
    }
    start
}

/// By state, the day from which each person who was ever in it was.
fn visitors(stays: &Stays) -> Vec<Vec<f64>> {
    let mut first: Vec<BTreeMap<u32, f64>> = vec![BTreeMap::new(); stays.states.len()];
    let mut note = |state: EventCode, person: u32, day: f64| {
        if let Some(place) = usize::from(state.0).checked_sub(1) {
            let since = first[place].entry(person).or_insert(day);
            *since = since.min(day);
        }
    };
    let outcomes = &stays.outcomes;
    for (row, (from, to)) in stays.from.iter().zip(outcomes.event()).enumerate() {
        note(*from, person(outcomes, row), entry(outcomes, row));
        note(*to, person(outcomes, row), outcomes.time()[row]);
    }
    let days = |people: BTreeMap<u32, f64>| people.into_values().collect();
    first.into_iter().map(days).collect()
}

/// What is told of days.
struct Told<'a> {
    stays: &'a Stays,
    occupation: Occupation,
    start: Vec<f64>,
    visitors: Vec<Vec<f64>>,
    confidence: Share,
}

impl Told<'_> {
    fn at(&self, day: f64) -> AtDay {
        let step = self.occupation.time.partition_point(|time| *time <= day);
        let watched = told_beside_their_sum(&self.watched(day));
        let been = |days: &Vec<f64>| days.iter().filter(|since| **since <= day).count() as u64;
        let been: Vec<u64> = self.visitors.iter().map(been).collect();
        let told = told_beside_their_sum(&been);
        let state = |(place, watched): (usize, Count)| {
            let (share, variance) = match step.checked_sub(1) {
                None => (self.start[place], 0.0),
                Some(step) => (
                    self.occupation.share[place][step],
                    self.occupation.variance[place][step],
                ),
            };
            let open = told[place].told().is_some();
            let limits = interval(share, variance, self.confidence);
            ShareInState {
                share: Finite::new(share.clamp(0.0, 1.0)).filter(|_| open),
                interval: limits.filter(|_| open),
                watched,
            }
        };
        AtDay {
            day,
            states: watched.into_iter().enumerate().map(state).collect(),
        }
    }

    /// People who were watched in each state on a day.
    fn watched(&self, day: f64) -> Vec<u64> {
        let outcomes = &self.stays.outcomes;
        let mut watched = vec![0; self.stays.states.len()];
        for (row, from) in self.stays.from.iter().enumerate() {
            if entry(outcomes, row) < day && day <= outcomes.time()[row] {
                watched[usize::from(from.0) - 1] += 1;
            }
        }
        watched
    }
}

/// On the scale of log(-log(1 - share)).
fn interval(share: f64, variance: f64, confidence: Share) -> Option<Interval> {
    if variance <= 0.0 || !(share > 0.0 && share < 1.0) {
        return None;
    }
    let slope = (1.0 - share) * -libm::log1p(-share);
    let limits = Interval::wald(link(share), variance.sqrt() / slope, confidence).ok()?;
    let [lower, upper] = [limits.lower, limits.upper].map(|it| back(it.get()));
    Interval::new(lower, upper, confidence).ok()
}

fn transitions(
    stays: &Stays,
    days: &[f64],
    confidence: Share,
) -> Result<Vec<Transition>, CareError> {
    let mut moves: BTreeMap<(u16, u16), u64> = BTreeMap::new();
    for (from, to) in stays.from.iter().zip(stays.outcomes.event()) {
        if !to.is_censored() {
            *moves.entry((from.0, to.0)).or_default() += 1;
        }
    }
    let counts: Vec<u64> = moves.values().copied().collect();
    let told = told_beside_their_sum(&counts);
    let each = moves.iter().zip(told);
    each.map(|(((from, to), count), told)| {
        let hazard = Move::new(stays, *from, *to)?;
        let rate = *count as f64 / hazard.days * DAYS_A_YEAR;
        let open = told.told().is_some();
        Ok(Transition {
            from: *from,
            to: *to,
            moves: told,
            a_year: Finite::new(rate).filter(|_| open),
            interval: around(rate, 1.0 / (*count as f64).sqrt(), confidence).filter(|_| open),
            cumulative: days
                .iter()
                .map(|day| hazard.by(*day, open, confidence))
                .collect(),
        })
    })
    .collect()
}

/// Wald's interval of a logarithm, from the standard error of that.
fn around(value: f64, log_error: f64, confidence: Share) -> Option<Interval> {
    let limits = Interval::wald(libm::log(value), log_error, confidence).ok()?;
    let [lower, upper] = [limits.lower, limits.upper].map(|it| libm::exp(it.get()));
    Interval::new(lower, upper, confidence).ok()
}

/// A move, of those in the state that it leaves.
struct Move {
    /// Days that they were watched in it, together.
    days: f64,
    hazard: NelsonAalen,
    /// Times of the moves, ascending.
    times: Vec<f64>,
}

impl Move {
    fn new(stays: &Stays, from: u16, to: u16) -> Result<Self, CareError> {
        let outcomes = &stays.outcomes;
        let rows = (0..outcomes.len()).filter(|row| stays.from[*row].0 == from);
        let rows: Vec<usize> = rows.collect();
        let time: Vec<f64> = rows.iter().map(|row| outcomes.time()[*row]).collect();
        let entries: Vec<f64> = rows.iter().map(|row| entry(outcomes, *row)).collect();
        let event: Vec<EventCode> = rows.iter().map(|row| outcomes.event()[*row]).collect();
        let days = time.iter().zip(&entries).map(|(time, entry)| time - entry);
        let days = days.sum();
        let moved = time.iter().zip(&event).filter(|(_, event)| event.0 == to);
        let mut times: Vec<f64> = moved.map(|(time, _)| *time).collect();
        times.sort_unstable_by(f64::total_cmp);
        let outcomes = Outcomes::new(time, event)?.with_entry(entries)?;
        let hazard = nelson_aalen(&outcomes, EventCode(to))?.into_iter().next();
        let nothing = || CareError::at("the moves", "there are none");
        Ok(Self {
            days,
            hazard: hazard.ok_or_else(nothing)?,
            times,
        })
    }

    fn by(&self, day: f64, open: bool, confidence: Share) -> Cumulative {
        let moves = self.times.partition_point(|time| *time <= day) as u64;
        let open = open && Count::new(moves).told().is_some();
        let intensity = self.hazard.at(day);
        let step = self.hazard.table.time.partition_point(|time| *time <= day);
        let limits = step.checked_sub(1).and_then(|step| {
            let error = self.hazard.variance[step].sqrt();
            around(intensity, error / intensity, confidence)
        });
        Cumulative {
            day,
            intensity: Finite::new(intensity).filter(|_| open),
            interval: limits.filter(|_| open),
        }
    }
}
