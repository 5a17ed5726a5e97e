//! A solution: an ONNX model and the declared preparation of its inputs.
//!
//! A supplier hands in two files. `solution.toml` says for each ONNX input
//! which columns it is made of, in order, and how each value becomes numbers:
//! taken as it is, scaled, one-hot by listed codes, hashed into buckets, or as
//! Unicode code points. That is all the preparation there is, so the owner of
//! the data can prepare features without running a line of the supplier's code.
//!
//! [`Solution::parse`] checks the document by itself; [`Solution::interface`]
//! and [`crate::preparation::Features::bind`] check it against a need.

use modu_kernel::Label;
use serde::Deserialize;

use crate::error::ProofError;
use crate::need::{Need, limits as need_limits};
use crate::rules::{at_most, check_id, check_label, check_schema, check_text, finite, unique};
use crate::toml_text;

/// Schema name of `solution.toml`.
pub const SOLUTION_SCHEMA: &str = "modu.proof.solution/1";

/// Limits of a solution.
pub mod limits {
    /// ONNX inputs.
    pub const INPUTS: usize = 64;
    /// Columns of one input.
    pub const COLUMNS: usize = 4096;
    /// Width of one input, after preparation.
    pub const WIDTH: usize = 1 << 16;
}

/// A checked `solution.toml`.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Label,
    /// Who made it.
    pub supplier: Label,
    /// Its version.
    pub version: String,
    /// The model's file name, in the same folder.
    pub model: String,
    /// The name of the ONNX output that holds the scores.
    pub scores: String,
    /// The ONNX inputs.
    pub inputs: Vec<SolutionInput>,
}

/// One ONNX input of shape `[n, width]`.
#[derive(Debug, Clone, PartialEq)]
pub struct SolutionInput {
    /// Its name in the model.
    pub name: String,
    /// Its element type.
    pub element: Element,
    /// What it is made of, in order.
    pub columns: Vec<PreparedColumn>,
}

impl SolutionInput {
    /// The summed widths of its columns.
    #[must_use]
    pub fn width(&self) -> usize {
        self.columns
            .iter()
            .map(|column| column.prepare.width())
            .sum()
    }
}

/// The element type of an ONNX input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Element {
    /// Single precision.
    Float32,
    /// 64-bit integers.
    Int64,
}

/// A column and how its values become numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct PreparedColumn {
    /// The column's name in the need.
    pub column: String,
    /// The preparation.
    pub prepare: Prepare,
}

/// How a value becomes numbers. Arithmetic is in double precision, rounded
/// once to the input's element type.
#[derive(Debug, Clone, PartialEq)]
pub enum Prepare {
    /// The number as it is.
    Pass,
    /// `(x - mean) / deviation`.
    Scale {
        /// Subtracted.
        mean: f64,
        /// Divided by; not zero.
        deviation: f64,
    },
    /// One position per listed code; an unlisted code gives zeros.
    OneHot {
        /// The codes.
        codes: Vec<i64>,
    },
    /// One-hot of the first 8 bytes (little-endian) of the SHA-256 of the
    /// UTF-8 text, or of the decimal digits of a whole number, modulo buckets.
    Hashed {
        /// The buckets.
        buckets: u32,
    },
    /// Unicode code points of the NFC text, padded with 0, cut at length.
    CodePoints {
        /// The length.
        length: u32,
    },
}

impl Prepare {
    /// How many numbers it makes of one value.
    #[must_use]
    pub fn width(&self) -> usize {
        match self {
            Self::Pass | Self::Scale { .. } => 1,
            Self::OneHot { codes } => codes.len(),
            Self::Hashed { buckets } => *buckets as usize,
            Self::CodePoints { length } => *length as usize,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: String,
    id: String,
    name: Label,
    supplier: Label,
    version: String,
    model: String,
    output: OutputTable,
    inputs: Vec<InputTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutputTable {
    scores: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InputTable {
    name: String,
    #[serde(rename = "type")]
    element: Element,
    columns: Vec<ColumnTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnTable {
    column: String,
    prepare: PrepareName,
    mean: Option<f64>,
    deviation: Option<f64>,
    codes: Option<Vec<i64>>,
    buckets: Option<u32>,
    length: Option<u32>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PrepareName {
    Pass,
    Scale,
    OneHot,
    Hashed,
    CodePoints,
}

impl Solution {
    /// Reads and checks the bytes of a `solution.toml`.
    ///
    /// # Errors
    /// [`ProofError`] with the key and a remedy.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofError> {
        let document: Document = toml_text::read(bytes)?;
        check_schema(&document.schema, SOLUTION_SCHEMA)?;
        check_id("id", &document.id)?;
        check_label("name", &document.name)?;
        check_label("supplier", &document.supplier)?;
        check_text("version", &document.version)?;
        check_file_name("model", &document.model)?;
        check_text("output.scores", &document.output.scores)?;
        at_most("inputs", document.inputs.len(), limits::INPUTS)?;
        unique(
            "inputs",
            "name",
            document.inputs.iter().map(|input| &input.name),
        )?;
        if document.inputs.is_empty() {
            return Err(ProofError::key(
                "inputs",
                "there is none",
                "add an [[inputs]] table for each input of the model",
            ));
        }
        let inputs = document
            .inputs
            .into_iter()
            .enumerate()
            .map(|(index, table)| check_input(&format!("inputs[{index}]"), table))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            id: document.id,
            name: document.name,
            supplier: document.supplier,
            version: document.version,
            model: document.model,
            scores: document.output.scores,
            inputs,
        })
    }

    /// The names of the columns it reads, each once, in order of first use.
    #[must_use]
    pub fn columns_used(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for column in self.inputs.iter().flat_map(|input| &input.columns) {
            if !names.contains(&column.column) {
                names.push(column.column.clone());
            }
        }
        names
    }

    /// What an evaluator must know of it for a need.
    #[must_use]
    pub fn interface(&self, need: &Need) -> crate::evaluate::ModelInterface {
        crate::evaluate::ModelInterface {
            inputs: self
                .inputs
                .iter()
                .map(|input| crate::evaluate::ExpectedInput {
                    name: input.name.clone(),
                    width: input.width(),
                    integer: input.element == Element::Int64,
                })
                .collect(),
            output: self.scores.clone(),
            classes: need.scores_per_row(),
        }
    }
}

/// A plain name: nothing that could lead out of the folder.
fn check_file_name(key: &str, name: &str) -> Result<(), ProofError> {
    check_text(key, name)?;
    let plain =
        name.len() <= 255 && !name.starts_with('.') && !name.contains(['/', '\\', ':', '\n']);
    if plain {
        return Ok(());
    }
    Err(ProofError::key(
        key,
        "it is not a plain file name",
        "put the model beside solution.toml and give its name without a folder",
    ))
}

fn check_input(key: &str, table: InputTable) -> Result<SolutionInput, ProofError> {
    check_text(&format!("{key}.name"), &table.name)?;
    at_most(
        &format!("{key}.columns"),
        table.columns.len(),
        limits::COLUMNS,
    )?;
    if table.columns.is_empty() {
        return Err(ProofError::key(
            format!("{key}.columns"),
            "there is none",
            "list the columns that this input is made of",
        ));
    }
    let columns = table
        .columns
        .into_iter()
        .enumerate()
        .map(|(index, column)| {
            check_column(&format!("{key}.columns[{index}]"), column, table.element)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let input = SolutionInput {
        name: table.name,
        element: table.element,
        columns,
    };
    if input.width() > limits::WIDTH {
        return Err(ProofError::Limit {
            what: format!("the width of `{key}`"),
            found: input.width() as u64,
            limit: limits::WIDTH as u64,
            remedy: "use fewer columns, buckets or code points".to_owned(),
        });
    }
    Ok(input)
}

fn check_column(
    key: &str,
    table: ColumnTable,
    element: Element,
) -> Result<PreparedColumn, ProofError> {
    check_text(&format!("{key}.column"), &table.column)?;
    refuse_other_keys(key, &table)?;
    let required = |name: &str| {
        ProofError::key(
            format!("{key}.{name}"),
            "this preparation needs it",
            format!("add `{name}`"),
        )
    };
    let prepare = match table.prepare {
        PrepareName::Pass => Prepare::Pass,
        PrepareName::Scale => {
            let mean = table.mean.ok_or_else(|| required("mean"))?;
            let deviation = table.deviation.ok_or_else(|| required("deviation"))?;
            check_scale(key, mean, deviation, element)?;
            Prepare::Scale { mean, deviation }
        }
        PrepareName::OneHot => {
            let codes = table.codes.ok_or_else(|| required("codes"))?;
            check_one_hot(&format!("{key}.codes"), &codes)?;
            Prepare::OneHot { codes }
        }
        PrepareName::Hashed => {
            let buckets = table.buckets.ok_or_else(|| required("buckets"))?;
            check_size(&format!("{key}.buckets"), buckets)?;
            Prepare::Hashed { buckets }
        }
        PrepareName::CodePoints => {
            let length = table.length.ok_or_else(|| required("length"))?;
            check_size(&format!("{key}.length"), length)?;
            Prepare::CodePoints { length }
        }
    };
    Ok(PreparedColumn {
        column: table.column,
        prepare,
    })
}

/// A key of another preparation is a misunderstanding, not a comment.
fn refuse_other_keys(key: &str, table: &ColumnTable) -> Result<(), ProofError> {
    let allowed: &[&str] = match table.prepare {
        PrepareName::Pass => &[],
        PrepareName::Scale => &["mean", "deviation"],
        PrepareName::OneHot => &["codes"],
        PrepareName::Hashed => &["buckets"],
        PrepareName::CodePoints => &["length"],
    };
    let present = [
        ("mean", table.mean.is_some()),
        ("deviation", table.deviation.is_some()),
        ("codes", table.codes.is_some()),
        ("buckets", table.buckets.is_some()),
        ("length", table.length.is_some()),
    ];
    match present
        .iter()
        .find(|(name, present)| *present && !allowed.contains(name))
    {
        None => Ok(()),
        Some((name, _)) => Err(ProofError::key(
            format!("{key}.{name}"),
            "this preparation does not use it",
            "remove it or correct `prepare`",
        )),
    }
}

fn check_scale(key: &str, mean: f64, deviation: f64, element: Element) -> Result<(), ProofError> {
    finite(&format!("{key}.mean"), mean)?;
    finite(&format!("{key}.deviation"), deviation)?;
    if deviation == 0.0 {
        return Err(ProofError::key(
            format!("{key}.deviation"),
            "it is zero",
            "leave a constant column out",
        ));
    }
    if element == Element::Int64 {
        return Err(ProofError::key(
            format!("{key}.prepare"),
            "a scaled number is not whole",
            "set the input's type to float32",
        ));
    }
    Ok(())
}

fn check_one_hot(key: &str, codes: &[i64]) -> Result<(), ProofError> {
    at_most(key, codes.len(), limits::WIDTH)?;
    let mut seen = std::collections::HashSet::new();
    if codes.is_empty() || !codes.iter().all(|code| seen.insert(code)) {
        return Err(ProofError::key(
            key,
            "it is empty, or lists a code twice",
            "list each code once",
        ));
    }
    if codes
        .iter()
        .any(|code| code.unsigned_abs() > need_limits::INTEGER.unsigned_abs())
    {
        return Err(ProofError::key(key, "a code is beyond 2^53", "correct it"));
    }
    Ok(())
}

fn check_size(key: &str, size: u32) -> Result<(), ProofError> {
    if size >= 1 && size as usize <= limits::WIDTH {
        return Ok(());
    }
    Err(ProofError::key(
        key,
        format!("{size} is not between 1 and {}", limits::WIDTH),
        "choose a smaller number",
    ))
}
