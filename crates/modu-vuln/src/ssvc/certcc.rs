//! Decision tables as CERT/CC publishes them: JSON of schema 2.0.0, each point
//! by its full name (`ssvc:A:2.0.0`), the outcome among them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::table::malformed;
use super::{DecisionPoint, DecisionTable};
use crate::VulnError;

#[derive(Deserialize)]
struct Document {
    key: String,
    version: String,
    decision_points: BTreeMap<String, Point>,
    outcome: String,
    mapping: Vec<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Point {
    key: String,
    values: Vec<Value>,
}

#[derive(Deserialize)]
struct Value {
    key: String,
}

impl Point {
    fn values(&self) -> DecisionPoint {
        DecisionPoint {
            key: self.key.clone(),
            values: self.values.iter().map(|value| value.key.clone()).collect(),
        }
    }
}

/// Reads a table. Its points come in the order of their full names.
///
/// # Errors
/// [`VulnError`] with the place, as [`DecisionTable::of_rows`].
pub fn parse(bytes: &[u8]) -> Result<DecisionTable, VulnError> {
    let document: Document =
        serde_json::from_slice(bytes).map_err(|error| VulnError::json(&error))?;
    let outcome = document.decision_points.get(&document.outcome);
    let outcome = outcome.ok_or_else(|| {
        let problem = format!("`{}` is none of the decision points", document.outcome);
        malformed("outcome", &problem)
    })?;
    let points = || {
        let all = document.decision_points.iter();
        all.filter(|(name, _)| **name != document.outcome)
    };
    let mut rows = Vec::new();
    for (number, row) in (1..).zip(&document.mapping) {
        let names = points().map(|(name, _)| name).chain([&document.outcome]);
        let cells = names.map(|name| row.get(name).cloned()).collect();
        let cells: Option<Vec<String>> = cells;
        rows.push(cells.ok_or_else(|| {
            malformed(
                &format!("row {number}"),
                "a decision point has no value there",
            )
        })?);
    }
    DecisionTable::of_rows(
        (document.key, document.version),
        points().map(|(_, point)| point.values()).collect(),
        outcome.values(),
        &rows,
    )
}
