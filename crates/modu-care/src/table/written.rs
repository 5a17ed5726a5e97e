//! The table as its two artifacts.

use std::fmt::Write as _;

use modu_kernel::{Digest, Output, canonical};

use super::{AnalysisTable, Categories, PredictorColumn, TABLE_SCHEMA, TableDescription, Values};
use crate::CareError;

/// The columns that every table may have, in the order they are written in.
pub(super) const FIXED: [&str; 5] = ["person", "cluster", "entry", "time", "event"];

/// The name of the CSV among a run's outputs.
const CSV: &str = "table.csv";
/// The name of its description.
const DESCRIPTION: &str = "table.json";

impl AnalysisTable {
    /// The table as CSV (RFC 4180, LF, numbers in their shortest form, missing
    /// cells empty), one byte form for one table.
    #[must_use]
    pub fn to_csv(&self) -> Vec<u8> {
        let mut text = self.header();
        for row in 0..self.len() {
            let person = self.parts.person[row];
            match self.pseudonym(person) {
                Some(pseudonym) => text.push_str(&pseudonym.to_string()),
                None => text.push_str(&person.to_string()),
            }
            self.cells(row, &mut text);
            text.push('\n');
        }
        text.into_bytes()
    }

    /// All cells of a row but the person's, each behind a comma.
    fn cells(&self, row: usize, text: &mut String) {
        self.fixed_cells(row, text);
        for predictor in self.predictors() {
            text.push(',');
            match &predictor.values {
                Values::Numeric(values) => number(values[row], text),
                Values::Categorical(categories) => level(categories, row, text),
            }
        }
    }

    /// The header but for the person.
    pub(crate) fn header_without_person(&self) -> String {
        self.header()[FIXED[0].len()..].to_owned()
    }

    /// A row's text but for the person, with its line's end.
    pub(crate) fn row_without_person(&self, row: usize) -> String {
        let mut text = String::new();
        self.cells(row, &mut text);
        text.push('\n');
        text
    }

    /// The table with numbers for people.
    #[must_use]
    pub fn without_pseudonyms(&self) -> Self {
        let mut table = self.clone();
        table.parts.pseudonyms = Vec::new();
        table
    }

    fn header(&self) -> String {
        let parts = &self.parts;
        let kept = |name: &&str| match *name {
            "cluster" => parts.cluster.is_some(),
            "entry" => parts.entry.is_some(),
            _ => true,
        };
        let fixed = FIXED.into_iter().filter(kept);
        let others = self.predictors().iter().map(|it| it.name.as_str());
        let mut text = String::new();
        for (place, name) in fixed.chain(others).enumerate() {
            if place > 0 {
                text.push(',');
            }
            quoted(name, &mut text);
        }
        text.push('\n');
        text
    }

    fn fixed_cells(&self, row: usize, text: &mut String) {
        if let Some(cluster) = &self.parts.cluster {
            text.push(',');
            level(cluster, row, text);
        }
        if let Some(entry) = &self.parts.entry {
            text.push(',');
            number(Some(entry[row]), text);
        }
        text.push(',');
        number(Some(self.parts.time[row]), text);
        text.push(',');
        text.push_str(&self.parts.event[row].0.to_string());
    }

    /// What the columns of [`Self::to_csv`] mean.
    #[must_use]
    pub fn description(&self, csv: &[u8]) -> TableDescription {
        let parts = &self.parts;
        TableDescription {
            schema: TABLE_SCHEMA.to_owned(),
            table: Digest::of(csv),
            rows: self.len() as u64,
            clusters: parts.cluster.as_ref().map(|it| it.levels().to_vec()),
            entry: parts.entry.is_some(),
            events: parts.events.clone(),
            predictors: parts.predictors.iter().map(PredictorColumn::of).collect(),
        }
    }

    /// Both as outputs of a run.
    ///
    /// # Errors
    /// None: the description has a canonical form.
    pub fn to_outputs(&self) -> Result<[Output; 2], CareError> {
        let csv = self.to_csv();
        let description = canonical::to_vec(&self.description(&csv))
            .map_err(|error| CareError::at(DESCRIPTION, error.to_string()))?;
        Ok([
            Output {
                name: CSV.to_owned(),
                media_type: "text/csv".to_owned(),
                bytes: csv,
            },
            Output {
                name: DESCRIPTION.to_owned(),
                media_type: "application/json".to_owned(),
                bytes: description,
            },
        ])
    }
}

fn number(value: Option<f64>, text: &mut String) {
    if let Some(value) = value {
        // Writing to a string does not fail; a negative zero is zero.
        let _ = write!(text, "{}", value + 0.0);
    }
}

fn level(categories: &Categories, row: usize, text: &mut String) {
    let code = categories.codes()[row].and_then(|code| usize::try_from(code).ok());
    if let Some(name) = code.and_then(|code| categories.levels().get(code)) {
        quoted(name, text);
    }
}

fn quoted(cell: &str, text: &mut String) {
    if !cell.contains([',', '"', '\n', '\r']) {
        text.push_str(cell);
        return;
    }
    text.push('"');
    text.push_str(&cell.replace('"', "\"\""));
    text.push('"');
}
