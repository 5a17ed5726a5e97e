//! Rows that stand as time runs, laid out for one of the models.

use super::Layout;
use crate::{EventCode, Outcomes, SurvivalError};

/// Rows for a fit, in the order in which they came.
#[derive(Debug, Clone, PartialEq)]
pub struct Laid {
    /// The outcomes, with the persons as clusters, and the number of the event
    /// that is waited for as stratum but in the layout of Andersen and Gill.
    pub outcomes: Outcomes,
    /// Which of the person's events each row waits for, from 1.
    pub number: Vec<u32>,
}

/// Lays out rows in (entry, time] of persons, who are the clusters: a person
/// may have a row for each stretch between events, or more where covariates
/// change. Event 1 comes again; another ends a row as censoring does. Events
/// after the `most`-th count as the `most`-th; at least 1. Time: a sort.
///
/// # Errors
/// Outcomes without clusters or with strata, and a person with two rows at one
/// time.
pub fn lay_out(outcomes: &Outcomes, layout: Layout, most: u32) -> Result<Laid, SurvivalError> {
    let person = match (outcomes.cluster(), outcomes.stratum()) {
        (Some(person), None) => person,
        (None, _) => return Err(unfit("no clusters")),
        (_, Some(_)) => return Err(unfit("strata")),
    };
    let time = outcomes.time();
    let entry = |row: usize| outcomes.entry().map_or(0.0, |entry| entry[row]);
    let mut order: Vec<usize> = (0..outcomes.len()).collect();
    order.sort_by(|a, b| (person[*a].cmp(&person[*b])).then(entry(*a).total_cmp(&entry(*b))));
    let (mut number, mut since) = (vec![1; time.len()], vec![0.0; time.len()]);
    for rows in order.chunk_by(|a, b| person[*a] == person[*b]) {
        let (mut waits, mut start, mut end) = (1, entry(rows[0]), f64::NEG_INFINITY);
        for row in rows {
            if entry(*row) < end {
                return Err(SurvivalError::Value {
                    what: "the rows of a person".to_owned(),
                    row: *row,
                    found: format!("one from {}", entry(*row)),
                    range: "none that begins before another ends",
                });
            }
            (number[*row], since[*row]) = (waits, start);
            end = time[*row];
            if outcomes.event()[*row] == EventCode::EVENT {
                (waits, start) = (waits + 1, end);
            }
        }
    }
    let from = |row: usize| match layout {
        Layout::GapTime => entry(row) - since[row],
        Layout::AndersenGill | Layout::TotalTime => entry(row),
    };
    let until = |row: usize| match layout {
        Layout::GapTime => time[row] - since[row],
        Layout::AndersenGill | Layout::TotalTime => time[row],
    };
    let rows = 0..time.len();
    let mut laid = Outcomes::new(rows.clone().map(until).collect(), outcomes.event().to_vec())?
        .with_clusters(person.to_vec())?;
    if outcomes.entry().is_some() {
        laid = laid.with_entry(rows.map(from).collect())?;
    }
    if layout != Layout::AndersenGill {
        let strata = number.iter().map(|number: &u32| (*number).min(most.max(1)));
        laid = laid.with_strata(strata.collect())?;
    }
    Ok(Laid {
        outcomes: laid,
        number,
    })
}

fn unfit(found: &str) -> SurvivalError {
    SurvivalError::Setting {
        what: "what the outcomes of recurrent events have",
        found: found.to_owned(),
        range: "clusters that say whose each row is, and no strata",
    }
}
