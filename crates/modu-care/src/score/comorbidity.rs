//! Charlson's index of each person of a table of diagnoses, beside the scores
//! of measurements.
//!
//! Input: `conditions`, CSV with `person` (a pseudonym), `code` (ICD-10 or KCD)
//! and perhaps `age` (whole years), a row for each diagnosis. Output:
//! `charlson.csv`, people in the order of their names: the index, and with the
//! points of age where it is known.

use std::collections::{BTreeMap, BTreeSet};

use modu_kernel::{EngineError, Inputs, Output};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::charlson::{Condition, age_points, index};
use crate::delimited::{Delimited, Limit};
use crate::privacy::Count;

/// The input's name.
pub(super) const INPUT: &str = "conditions";
const LIMIT: Limit = Limit {
    bytes: 4 << 30,
    rows: 50_000_000,
};
/// Nobody is older.
const OLDEST: f64 = 130.0;

/// How people came out under the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CharlsonReport {
    /// People with a diagnosis of any kind.
    pub people: u64,
    /// Diagnoses, and those of them that the index knows.
    pub diagnoses: [u64; 2],
    /// People by their index.
    pub totals: BTreeMap<u8, Count>,
    /// Ages that nobody has, or that are no numbers; they count as not known.
    pub ages_refused: u64,
}

#[derive(Default)]
struct Person {
    conditions: BTreeSet<Condition>,
    /// The highest that is told.
    years: Option<u8>,
}

/// The index of everybody, where there is such an input.
pub(super) fn charlson(
    inputs: &dyn Inputs,
) -> Result<Option<(CharlsonReport, Output)>, EngineError> {
    if !inputs.list().iter().any(|input| input.name == INPUT) {
        return Ok(None);
    }
    let mut table = Delimited::open(inputs, INPUT, LIMIT)?;
    let (person, code) = (table.column("person")?, table.column("code")?);
    let age = table.optional("age")?;
    let mut report = CharlsonReport {
        people: 0,
        diagnoses: [0; 2],
        totals: BTreeMap::new(),
        ages_refused: 0,
    };
    let mut people: BTreeMap<String, Person> = BTreeMap::new();
    while table.advance()? {
        let known = people.entry(table.person(person)?.to_owned()).or_default();
        let condition = Condition::of_code(table.required(code)?);
        report.diagnoses[0] += 1;
        report.diagnoses[1] += u64::from(condition.is_some());
        known.conditions.extend(condition);
        if let Some(text) = table.text(age) {
            let years = text.parse::<f64>().ok();
            let years = years.filter(|years| (0.0..=OLDEST).contains(years));
            report.ages_refused += u64::from(years.is_none());
            known.years = known.years.max(years.map(|years| years as u8));
        }
    }
    let mut totals: BTreeMap<u8, u64> = BTreeMap::new();
    let mut written = csv::Writer::from_writer(Vec::new());
    let unwritten = |error: csv::Error| EngineError::Internal(error.to_string());
    written
        .write_record(["person", "charlson", "charlson_with_age"])
        .map_err(unwritten)?;
    for (name, person) in &people {
        let points = index(&person.conditions);
        *totals.entry(points).or_default() += 1;
        let with_age = person.years.map(|years| points + age_points(years));
        let with_age = with_age.map_or(String::new(), |it| it.to_string());
        let cells = [name.clone(), points.to_string(), with_age];
        written.write_record(cells).map_err(unwritten)?;
    }
    report.people = people.len() as u64;
    report.totals = (totals.into_iter())
        .map(|(points, people)| (points, Count::new(people)))
        .collect();
    let bytes = written.into_inner();
    let output = Output {
        name: "charlson.csv".to_owned(),
        media_type: "text/csv".to_owned(),
        bytes: bytes.map_err(|error| EngineError::Internal(error.to_string()))?,
    };
    Ok(Some((report, output)))
}
