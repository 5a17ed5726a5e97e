//! What the columns of `table.csv` mean: `table.json`.

use modu_kernel::{Digest, Label};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{EventMeaning, Predictor, Values};
use crate::CareError;

/// The schema's name.
pub const TABLE_SCHEMA: &str = "modu.care.table/1";

/// The columns of an analysis table. Those that are the same in every table
/// (`person`, `cluster`, `entry`, `time`, `event`) stand first in the CSV.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableDescription {
    /// [`TABLE_SCHEMA`].
    pub schema: String,
    /// The digest of `table.csv`.
    pub table: Digest,
    /// Its rows.
    pub rows: u64,
    /// Whether it has a column `cluster`, and its levels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clusters: Option<Vec<String>>,
    /// Whether it has a column `entry`.
    pub entry: bool,
    /// What event codes stand for: the first is code 1.
    pub events: Vec<EventMeaning>,
    /// The other columns, in their order.
    pub predictors: Vec<PredictorColumn>,
}

/// What a column of predictors means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PredictorColumn {
    /// Its name in the header.
    pub name: String,
    /// For people.
    pub label: Label,
    /// The unit of its numbers in UCUM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Numbers, or levels.
    pub kind: ColumnKind,
}

/// What a column's cells are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Numbers.
    Numeric,
    /// One of these levels.
    Categorical(Vec<String>),
}

impl TableDescription {
    /// Reads `table.json`.
    ///
    /// # Errors
    /// What is not such a document, and one of another schema.
    pub fn parse(bytes: &[u8]) -> Result<Self, CareError> {
        let description: Self =
            serde_json::from_slice(bytes).map_err(|error| CareError::json(&error))?;
        match description.schema == TABLE_SCHEMA {
            true => Ok(description),
            false => Err(CareError::at(
                "schema",
                format!("it is not `{TABLE_SCHEMA}`: give the description of an analysis table"),
            )),
        }
    }
}

impl PredictorColumn {
    /// What a column means.
    #[must_use]
    pub fn of(predictor: &Predictor) -> Self {
        Self {
            name: predictor.name.clone(),
            label: predictor.label.clone(),
            unit: predictor.unit.clone(),
            kind: match &predictor.values {
                Values::Numeric(_) => ColumnKind::Numeric,
                Values::Categorical(it) => ColumnKind::Categorical(it.levels().to_vec()),
            },
        }
    }
}
