//! The table's rows by the time since each person's start.

use std::collections::BTreeMap;

use modu_survival::{EventCode, Outcomes};

use crate::CareError;
use crate::table::{AnalysisTable, Values};

/// The outcomes, with people as clusters: in days since the start, from the
/// day that the clock's column tells, where there is one.
///
/// # Errors
/// A row without a day, and rows after something that ended the watching for
/// good.
pub(super) fn since_start(
    table: &AnalysisTable,
    clock: Option<&str>,
) -> Result<Outcomes, CareError> {
    let outcomes = table.outcomes()?;
    let outcomes = match clock {
        None => outcomes,
        Some(clock) => {
            let day = days(table, clock)?;
            let entry = |row: usize| table.entry().map_or(0.0, |entry| entry[row].max(0.0));
            let rows = 0..table.len();
            let time = rows.clone().map(|row| day[row] + table.time()[row]);
            let entries = rows.map(|row| day[row] + entry(row));
            Outcomes::new(time.collect(), table.event().to_vec())?.with_entry(entries.collect())?
        }
    };
    refuse_after_the_end(table, &outcomes)?;
    Ok(outcomes.with_clusters(table.person().to_vec())?)
}

fn days(table: &AnalysisTable, clock: &str) -> Result<Vec<f64>, CareError> {
    let wrong = |problem: &str| CareError::at(format!("the column `{clock}`"), problem);
    let values = table.predictor(clock).map(|it| &it.values);
    let Some(Values::Numeric(days)) = values else {
        return Err(wrong("the table has no such column of numbers"));
    };
    let known = |day: &Option<f64>| day.filter(|day| *day >= 0.0);
    let days: Option<Vec<f64>> = days.iter().map(known).collect();
    days.ok_or_else(|| wrong("every row needs a day of at least 0: fill it in"))
}

fn refuse_after_the_end(table: &AnalysisTable, outcomes: &Outcomes) -> Result<(), CareError> {
    let mut ends: BTreeMap<u32, f64> = BTreeMap::new();
    let rows = || outcomes.time().iter().zip(table.person()).enumerate();
    for (row, (time, person)) in rows() {
        if outcomes.event()[row].0 > EventCode::EVENT.0 {
            let end = ends.entry(*person).or_insert(*time);
            *end = end.min(*time);
        }
    }
    let after = |row: usize, person: u32| {
        let entry = outcomes.entry().map_or(0.0, |entry| entry[row]);
        ends.get(&person).is_some_and(|end| entry >= *end)
    };
    match rows().find(|(row, (_, person))| after(*row, **person)) {
        None => Ok(()),
        Some((row, _)) => Err(CareError::at(
            format!("row {}", row + 1),
            "it begins after an event of code 2 or above, which ends the watching for good: write 1 \
             for the event that comes again, and leave out what follows a death",
        )),
    }
}
