//! Mean numbers of events, with intervals from resamples of people.

use std::collections::BTreeMap;

use modu_statistics::{Finite, Interval, Share};
use modu_survival::measure::Resamples;
use modu_survival::recurrent::mean_number;
use modu_survival::{EventCode, Outcomes};

use super::report::MeanNumber;
use crate::model::some;
use crate::privacy::{Count, SMALLEST_CELL};

/// The mean numbers by days, which ascend.
pub(super) fn means(
    outcomes: &Outcomes,
    days: &[f64],
    resamples: Resamples,
    confidence: Share,
) -> Vec<MeanNumber> {
    let numbers = mean_number(outcomes, days);
    let again: Vec<Vec<f64>> = resamples
        .map(outcomes, |rows| {
            Some(mean_number(&some(outcomes, rows).ok()?, days))
        })
        .into_iter()
        .flatten()
        .collect();
    let told = days.iter().zip(numbers).enumerate();
    told.map(|(place, (day, number))| {
        let watched = Count::new(watched(outcomes, *day));
        let enough = with_event(outcomes, *day) >= SMALLEST_CELL && watched.told() > Some(0);
        let values: Vec<f64> = again.iter().map(|numbers| numbers[place]).collect();
        MeanNumber {
            day: *day,
            watched,
            number: Finite::new(number).filter(|_| enough),
            interval: (enough.then(|| interval(number, &values, confidence))).flatten(),
        }
    })
    .collect()
}

/// Wald's interval of the logarithm, by the spread of the resamples.
fn interval(number: f64, again: &[f64], confidence: Share) -> Option<Interval> {
    let logs: Vec<f64> = again
        .iter()
        .filter(|number| **number > 0.0)
        .map(|number| libm::log(*number))
        .collect();
    if logs.len() < 2 {
        return None;
    }
    let mean = logs.iter().sum::<f64>() / logs.len() as f64;
    let squares: f64 = logs.iter().map(|log| (log - mean) * (log - mean)).sum();
    let error = (squares / (logs.len() - 1) as f64).sqrt();
    let limits = Interval::wald(libm::log(number), error, confidence).ok()?;
    let [lower, upper] = [limits.lower, limits.upper].map(|it| libm::exp(it.get()));
    Interval::new(lower, upper, confidence).ok()
}

/// People who were watched on a day.
fn watched(outcomes: &Outcomes, day: f64) -> u64 {
    let entry = |row: usize| outcomes.entry().map_or(0.0, |entry| entry[row]);
    let rows = outcomes.time().iter().enumerate();
    let there = rows.filter(|(row, time)| **time >= day && (entry(*row) < day || day == 0.0));
    there.count() as u64
}

/// People who had had an event by a day.
fn with_event(outcomes: &Outcomes, day: f64) -> u64 {
    let by_then =
        |row: &usize| outcomes.event()[*row] == EventCode::EVENT && outcomes.time()[*row] <= day;
    let person = |row: usize| outcomes.cluster().map_or(row as u32, |person| person[row]);
    let rows = (0..outcomes.len()).filter(by_then);
    let people: BTreeMap<u32, ()> = rows.map(|row| (person(row), ())).collect();
    people.len() as u64
}
