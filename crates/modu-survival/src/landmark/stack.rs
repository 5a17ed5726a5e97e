//! Who is still watched at each landmark, with what was known then.

use std::collections::HashMap;

use super::{LandmarkBaseline, LandmarkPlan};
use crate::outcome::check_length;
use crate::{Covariates, EventCode, Outcomes, SurvivalError};

/// The groups of all landmarks, one below the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Stacked {
    /// From the landmark to the event or the horizon. The cluster is the
    /// person; where baselines are stratified, the stratum is the landmark's
    /// number.
    pub outcomes: Outcomes,
    /// The values known at the landmark, and their products with it.
    pub covariates: Covariates,
    /// Which row of the table the values are from.
    pub row: Vec<u32>,
    /// The landmark of each row.
    pub landmark: Vec<f64>,
}

/// The columns of the groups in the making.
#[derive(Default)]
struct Groups {
    time: Vec<f64>,
    event: Vec<EventCode>,
    person: Vec<u32>,
    number: Vec<u32>,
    row: Vec<u32>,
    landmark: Vec<f64>,
}

/// Lays out the groups of a plan's landmarks.
///
/// A person is in the group of a landmark if one of the person's rows spans it:
/// entry at or before, time after. From there the person is followed from row
/// to row until an event, a gap or the horizon.
///
/// # Errors
/// As [`LandmarkModel::fit`](super::LandmarkModel::fit), but for events; and
/// nobody who is watched at any landmark.
pub fn stack(
    outcomes: &Outcomes,
    covariates: &Covariates,
    plan: &LandmarkPlan,
) -> Result<Stacked, SurvivalError> {
    plan.check()?;
    check_length("the covariates", covariates.rows(), outcomes.len())?;
    refuse_unknown(outcomes)?;
    let persons = persons(outcomes);
    let mut groups = Groups::default();
    for (landmark, number) in plan.landmarks.iter().zip(0..) {
        for (person, rows) in (0..).zip(&persons) {
            groups.add(outcomes, rows, person, (*landmark, number), plan.horizon);
        }
    }
    let covariates = plan.columns(covariates, &groups.row, &groups.landmark)?;
    let mut stacked = Outcomes::new(groups.time, groups.event)?
        .with_entry(groups.landmark.clone())?
        .with_clusters(groups.person)?;
    if plan.baseline == LandmarkBaseline::Stratified {
        stacked = stacked.with_strata(groups.number)?;
    }
    Ok(Stacked {
        outcomes: stacked,
        covariates,
        row: groups.row,
        landmark: groups.landmark,
    })
}

fn refuse_unknown(outcomes: &Outcomes) -> Result<(), SurvivalError> {
    let found = match (outcomes.weight(), outcomes.stratum()) {
        (None, None) => return Ok(()),
        (Some(_), _) => "weights",
        (None, Some(_)) => "strata",
    };
    Err(SurvivalError::Setting {
        what: "a column of the outcomes of a landmark model",
        found: found.to_owned(),
        range: "times, events, entries or clusters: leave it out",
    })
}

fn entry(outcomes: &Outcomes, row: u32) -> f64 {
    let entries = outcomes.entry();
    entries.map_or(f64::NEG_INFINITY, |entries| entries[row as usize])
}

/// The rows of each person in the order of their times; persons in the order
/// in which they first appear.
fn persons(outcomes: &Outcomes) -> Vec<Vec<u32>> {
    let rows = 0..outcomes.len() as u32;
    let Some(clusters) = outcomes.cluster() else {
        return rows.map(|row| vec![row]).collect();
    };
    let mut numbers = HashMap::new();
    let mut persons = Vec::<Vec<u32>>::new();
    for (row, cluster) in rows.zip(clusters) {
        let number = *numbers.entry(*cluster).or_insert(persons.len());
        if number == persons.len() {
            persons.push(Vec::new());
        }
        persons[number].push(row);
    }
    for rows in &mut persons {
        rows.sort_by(|a, b| {
            let time = |row: &u32| outcomes.time()[*row as usize];
            time(a).total_cmp(&time(b))
        });
    }
    persons
}

impl Groups {
    /// Adds a person to the group of a landmark, if the person is watched then.
    fn add(
        &mut self,
        outcomes: &Outcomes,
        rows: &[u32],
        person: u32,
        (landmark, number): (f64, u32),
        horizon: f64,
    ) {
        let time = |row: u32| outcomes.time()[row as usize];
        let spans = |row: &u32| entry(outcomes, *row) <= landmark && time(*row) > landmark;
        let Some(known) = rows.iter().position(spans) else {
            return;
        };
        let mut last = rows[known];
        for next in &rows[known + 1..] {
            let goes_on = outcomes.event()[last as usize].is_censored()
                && entry(outcomes, *next) <= time(last);
            if !goes_on {
                break;
            }
            last = *next;
        }
        let end = landmark + horizon;
        let is_within = time(last) <= end;
        self.time.push(time(last).min(end));
        self.event.push(match is_within {
            true => outcomes.event()[last as usize],
            false => EventCode::CENSORED,
        });
        self.person.push(person);
        self.number.push(number);
        self.row.push(rows[known]);
        self.landmark.push(landmark);
    }
}
