//! The kit: everything but the data, for a supplier.
//!
//! Before a supplier sends a solution, it must know what the columns are, by
//! which criteria the answer will be judged, and whether its files will be
//! accepted at all. The kit holds the need, a JSON Schema of a row, the
//! criteria in words, a `solution.toml` to begin with, and a sample. The
//! sample is drawn from the *declaration* by a seed: every value that the need
//! allows is as likely as any other, so it says nothing about the data.
//!
//! [`files`] writes the kit; [`check`] tries a submission on the sample.

use serde_json::json;

use crate::need::{Column, ColumnRole, ColumnType, Need};

mod check;
mod sample;
mod template;
mod words;

pub use check::{CheckItem, CheckOutcome, CheckReport, check};
pub use sample::sample_csv;

/// Rows of a kit's sample.
pub const SAMPLE_ROWS: usize = 200;

/// One file of a kit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KitFile {
    /// Its plain name.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The files of a kit. `need_toml` is passed on as it is; the same need and
/// seed give the same bytes.
#[must_use]
pub fn files(need: &Need, need_toml: &[u8], seed: u64) -> Vec<KitFile> {
    let text = |name: &'static str, text: String| KitFile {
        name,
        bytes: text.into_bytes(),
    };
    let pretty = |value: &serde_json::Value| format!("{value:#}\n");
    vec![
        text("README.md", words::readme(need)),
        KitFile {
            name: "need.toml",
            bytes: need_toml.to_vec(),
        },
        text(
            "criteria.ko.md",
            words::criteria(need, modu_kernel::Language::Ko),
        ),
        text(
            "criteria.en.md",
            words::criteria(need, modu_kernel::Language::En),
        ),
        text("schema.json", pretty(&row_schema(need))),
        text("sample.csv", sample_csv(need, SAMPLE_ROWS, seed)),
        text("solution.toml", template::solution_toml(need)),
    ]
}

/// JSON Schema (2020-12) of one row: the features that a solution may use.
#[must_use]
pub fn row_schema(need: &Need) -> serde_json::Value {
    let features: Vec<&Column> = need
        .columns
        .iter()
        .filter(|column| column.role == ColumnRole::Feature)
        .collect();
    let properties: serde_json::Map<String, serde_json::Value> = features
        .iter()
        .map(|column| (column.name.clone(), cell_schema(column)))
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": need.id,
        "description": need.unit.en,
        "type": "object",
        "properties": properties,
        "required": features.iter().map(|column| &column.name).collect::<Vec<_>>(),
        "additionalProperties": false,
    })
}

fn cell_schema(column: &Column) -> serde_json::Value {
    let mut schema = match column.column_type {
        ColumnType::Integer => json!({ "type": "integer" }),
        ColumnType::Number => json!({ "type": "number" }),
        ColumnType::Code => json!({
            "type": "integer",
            "minimum": 0,
            "maximum": column.codes.unwrap_or(1).saturating_sub(1),
        }),
        ColumnType::Text => json!({ "type": "string" }),
    };
    if let Some(label) = &column.label {
        schema["title"] = json!(label.en);
        schema["description"] = json!(label.ko);
    }
    for (name, bound) in [("minimum", column.minimum), ("maximum", column.maximum)] {
        if let Some(bound) = bound {
            schema[name] = json_number(bound);
        }
    }
    if let Some(substitute) = column.missing {
        schema["default"] = json_number(substitute);
    }
    schema
}

/// Whole numbers without a decimal point.
fn json_number(value: f64) -> serde_json::Value {
    #[expect(clippy::cast_possible_truncation, reason = "within 2^53")]
    if value == value.trunc() && value.abs() < 9e15 {
        json!(value as i64)
    } else {
        json!(value)
    }
}
