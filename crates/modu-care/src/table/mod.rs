//! The analysis table: who was watched from when, what happened and when, and
//! what was known beforehand.
//!
//! Every model and measure starts from such a table. A row is a person at the
//! time a prediction is made: days until the row was last seen, the event that
//! ended the watching (0 censored, 1 the outcome, 2 and up competing events),
//! and predictors that were known by then. People who are seen again have
//! further rows, each at risk in (entry, time].
//!
//! Its artifact is a pair: `table.csv`, which R and pandas read as well, and
//! `table.json`, which says what the columns mean ([`TableDescription`]). A
//! plain CSV without description is read where the caller names its columns
//! ([`TableColumns`]).

mod described;
mod landmarks;
mod plain;
mod predictor;
mod read;
mod written;

use modu_kernel::{EngineError, Inputs, Label, read_input};
use modu_survival::{EventCode, Outcomes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use described::{ColumnKind, PredictorColumn, TABLE_SCHEMA, TableDescription};
pub use plain::TableColumns;
pub use predictor::{Categories, Predictor, Values};

pub(crate) use read::event;

use crate::privacy::Pseudonym;
use crate::{CareError, limits};

/// What an event code stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventMeaning {
    /// A short name, such as `death`.
    pub name: String,
    /// For people.
    pub label: Label,
}

/// What a table is put together from; [`AnalysisTable::new`] checks it.
#[derive(Debug, Clone, PartialEq)]
pub struct TableParts {
    /// What event codes stand for: the first is code 1, the outcome.
    pub events: Vec<EventMeaning>,
    /// The pseudonym of each person by number; empty where people have
    /// numbers only.
    pub pseudonyms: Vec<Pseudonym>,
    /// The number of the person that each row is about.
    pub person: Vec<u32>,
    /// The hospital, or whatever else rows belong together by.
    pub cluster: Option<Categories>,
    /// Days from which a row is at risk; none: from 0.
    pub entry: Option<Vec<f64>>,
    /// Days at which a row was last seen.
    pub time: Vec<f64>,
    /// What happened then.
    pub event: Vec<EventCode>,
    /// What was known beforehand, one column each.
    pub predictors: Vec<Predictor>,
}

/// An analysis table whose columns fit one another.
#[derive(Debug, Clone, PartialEq)]
pub struct AnalysisTable {
    parts: TableParts,
}

impl AnalysisTable {
    /// Checks that the parts fit one another.
    ///
    /// # Errors
    /// No rows, columns of different lengths, a time that is not finite or
    /// negative, an entry that is not before its time, an event code without
    /// meaning, and two columns of one name.
    pub fn new(parts: TableParts) -> Result<Self, CareError> {
        check_shape(&parts)?;
        let table = Self { parts };
        table.outcomes()?;
        Ok(table)
    }

    /// Number of rows, at least one.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "there is always a row")]
    pub fn len(&self) -> usize {
        self.parts.time.len()
    }

    /// What event codes stand for: the first is code 1, the outcome.
    #[must_use]
    pub fn events(&self) -> &[EventMeaning] {
        &self.parts.events
    }

    /// Times, events and entries as estimators take them, without clusters:
    /// whether those are people or hospitals is the caller's question.
    ///
    /// # Errors
    /// None after [`Self::new`].
    pub fn outcomes(&self) -> Result<Outcomes, CareError> {
        let parts = &self.parts;
        let outcomes = Outcomes::new(parts.time.clone(), parts.event.clone())?;
        Ok(match &parts.entry {
            None => outcomes,
            Some(entry) => outcomes.with_entry(entry.clone())?,
        })
    }

    /// Days at which each row was last seen.
    #[must_use]
    pub fn time(&self) -> &[f64] {
        &self.parts.time
    }

    /// What happened then.
    #[must_use]
    pub fn event(&self) -> &[EventCode] {
        &self.parts.event
    }

    /// Days from which each row is at risk; `None` is from 0.
    #[must_use]
    pub fn entry(&self) -> Option<&[f64]> {
        self.parts.entry.as_deref()
    }

    /// The number of the person that each row is about, from 0 in the order
    /// in which people first appear.
    #[must_use]
    pub fn person(&self) -> &[u32] {
        &self.parts.person
    }

    /// The person's pseudonym, where the table has them.
    #[must_use]
    pub fn pseudonym(&self, person: u32) -> Option<&Pseudonym> {
        self.parts.pseudonyms.get(usize::try_from(person).ok()?)
    }

    /// The hospital of each row, where the table says.
    #[must_use]
    pub fn cluster(&self) -> Option<&Categories> {
        self.parts.cluster.as_ref()
    }

    /// What was known beforehand, in the table's order.
    #[must_use]
    pub fn predictors(&self) -> &[Predictor] {
        &self.parts.predictors
    }

    /// The predictor of a name.
    #[must_use]
    pub fn predictor(&self, name: &str) -> Option<&Predictor> {
        let mut predictors = self.parts.predictors.iter();
        predictors.find(|predictor| predictor.name == name)
    }

    /// Reads an engine's input `table`: with the columns that the caller
    /// names, else as the input `table/description` says.
    ///
    /// # Errors
    /// [`EngineError::Input`] that names the input, the line and the column.
    pub fn of_inputs(
        inputs: &dyn Inputs,
        columns: Option<&TableColumns>,
    ) -> Result<Self, EngineError> {
        const TABLE: &str = "table";
        const DESCRIPTION: &str = "table/description";
        let table = read_input(inputs, TABLE, limits::TABLE_BYTES)?;
        let read = match columns {
            Some(columns) => Self::read_plain(&table, columns),
            None => {
                let description = read_input(inputs, DESCRIPTION, limits::DOCUMENT_BYTES)?;
                let description = TableDescription::parse(&description)
                    .map_err(|error| error.of_input(DESCRIPTION))?;
                Self::read(&table, &description)
            }
        };
        read.map_err(|error| error.of_input(TABLE))
    }
}

fn check_shape(parts: &TableParts) -> Result<(), CareError> {
    let rows = parts.time.len();
    let mut lengths = vec![
        ("person", parts.person.len()),
        ("event", parts.event.len()),
        ("entry", parts.entry.as_ref().map_or(rows, Vec::len)),
    ];
    lengths.extend((parts.cluster.iter()).map(|cluster| ("cluster", cluster.codes().len())));
    let predictors = parts.predictors.iter();
    lengths.extend(predictors.map(|predictor| (predictor.name.as_str(), predictor.values.len())));
    if let Some((name, length)) = lengths.iter().find(|(_, length)| *length != rows) {
        let problem = format!("it has {length} rows where the times have {rows}");
        return Err(CareError::at(format!("the column `{name}`"), problem));
    }
    check_names(parts)?;
    let known = parts.events.len();
    if let Some(row) = (parts.event.iter()).position(|code| usize::from(code.0) > known) {
        let problem = format!("the event code is above {known}, the last that has a meaning");
        return Err(CareError::at(format!("row {row}"), problem));
    }
    let people = parts.pseudonyms.len();
    let nameless = |person: &u32| usize::try_from(*person).is_ok_and(|person| person >= people);
    if people > 0 && parts.person.iter().any(nameless) {
        return Err(CareError::at("person", "a row's person has no pseudonym"));
    }
    Ok(())
}

fn check_names(parts: &TableParts) -> Result<(), CareError> {
    if parts.predictors.len() > limits::TABLE_COLUMNS {
        return Err(CareError::TooMany {
            what: "columns",
            limit: limits::TABLE_COLUMNS as u64,
        });
    }
    let mut names: Vec<_> = (parts.predictors.iter())
        .map(|predictor| predictor.name.as_str())
        .chain(written::FIXED)
        .collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(pair) => Err(CareError::at(
            format!("the column `{}`", pair[0]),
            "another column has its name already: call it otherwise",
        )),
    }
}

#[cfg(test)]
mod tests;
