//! How many were at risk, and how many had the event, at each time of one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{EventCode, Outcomes, SurvivalError, order};

/// The times at which an event happens, within one stratum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RiskTable {
    /// The stratum's number; 0 where there are no strata.
    pub stratum: u32,
    /// Distinct times of the event, ascending.
    pub time: Vec<f64>,
    /// Weight of the rows at risk at each: entered before it, last seen at it
    /// or later.
    pub at_risk: Vec<f64>,
    /// Weight of those that have the event then.
    pub events: Vec<f64>,
}

/// The table of each stratum, by its number; a stratum without the event has
/// an empty one. Time: a sort of the rows.
///
/// # Errors
/// No row with the event.
pub fn risk_tables(outcomes: &Outcomes, event: EventCode) -> Result<Vec<RiskTable>, SurvivalError> {
    if event.is_censored() || !outcomes.event().contains(&event) {
        return Err(SurvivalError::NoEvents(event.0));
    }
    if outcomes.is_plain() {
        return Ok(vec![of_numbers(outcomes, event)]);
    }
    let latest_first = by_stratum(outcomes, outcomes.time());
    let entering = outcomes.entry().map(|entry| by_stratum(outcomes, entry));
    let stratum = |row: u32| {
        outcomes
            .stratum()
            .map_or(0, |numbers| numbers[row as usize])
    };
    let mut tables = Vec::new();
    let mut start = 0;
    for rows in latest_first.chunk_by(|a, b| stratum(*a) == stratum(*b)) {
        let places = start..start + rows.len();
        start += rows.len();
        let entering = entering.as_ref().map(|rows| &rows[places]);
        let (time, at_risk, events) = back_in_time(outcomes, event, rows, entering);
        tables.push(RiskTable {
            stratum: stratum(rows[0]),
            time,
            at_risk,
            events,
        });
    }
    Ok(tables)
}

/// The table where rows differ in their times and events only: those alone are
/// sorted, in one number each.
fn of_numbers(outcomes: &Outcomes, event: EventCode) -> RiskTable {
    // Bits of numbers that are not negative have their order, and the sign's
    // bit is free: what happened is put below the others.
    let numbers = outcomes.time().iter().zip(outcomes.event());
    let numbers =
        numbers.map(|(time, code)| (time + 0.0).to_bits() << 1 | u64::from(*code == event));
    let numbers = order::ascending_numbers(numbers.collect());
    let (mut time, mut at_risk, mut events) = (Vec::new(), Vec::new(), Vec::new());
    let mut left = numbers.len();
    for tied in numbers.chunk_by(|a, b| a >> 1 == b >> 1) {
        let dying = tied.iter().filter(|number| **number & 1 == 1).count();
        if dying > 0 {
            time.push(f64::from_bits(tied[0] >> 1));
            at_risk.push(left as f64);
            events.push(dying as f64);
        }
        left -= tied.len();
    }
    RiskTable {
        stratum: 0,
        time,
        at_risk,
        events,
    }
}

/// Rows by stratum, and within it by descending value.
pub(crate) fn by_stratum(outcomes: &Outcomes, values: &[f64]) -> Vec<u32> {
    let mut rows = order::descending(values);
    if let Some(stratum) = outcomes.stratum() {
        order::by_key(&mut rows, stratum);
    }
    rows
}

/// Counts from the last time to the first, and gives the columns ascending.
fn back_in_time(
    outcomes: &Outcomes,
    event: EventCode,
    rows: &[u32],
    entering: Option<&[u32]>,
) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let weight = |row: u32| outcomes.weight().map_or(1.0, |weight| weight[row as usize]);
    let last_seen = |row: u32| outcomes.time()[row as usize];
    let mut entering = entering.unwrap_or_default().iter().copied().peekable();
    let (mut time, mut at_risk, mut events) = (Vec::new(), Vec::new(), Vec::new());
    let (mut in_all, mut not_yet) = (0.0, 0.0);
    for tied in rows.chunk_by(|a, b| last_seen(*a) == last_seen(*b)) {
        let mut dying = 0.0;
        for row in tied {
            in_all += weight(*row);
            if outcomes.event()[*row as usize] == event {
                dying += weight(*row);
            }
        }
        if dying > 0.0 {
            let now = last_seen(tied[0]);
            let late = |row: &u32| outcomes.entry().is_some_and(|e| e[*row as usize] >= now);
            while let Some(row) = entering.next_if(late) {
                not_yet += weight(row);
            }
            time.push(now);
            at_risk.push(in_all - not_yet);
            events.push(dying);
        }
    }
    time.reverse();
    at_risk.reverse();
    events.reverse();
    (time, at_risk, events)
}
