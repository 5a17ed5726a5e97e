//! The need.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod metric;
pub use metric::{Direction, Metric, Needs, Task};

/// What the cells of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// Whole numbers, exact up to 2^53.
    Integer,
    /// Finite decimal numbers.
    Number,
    /// Integer codes `0..codes` of categories.
    Code,
    /// Text.
    Text,
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ColumnRole {
    /// May be given to solutions.
    Feature,
    /// The truth.
    Label,
    /// Used for protected groups only.
    Group,
    /// Today's decisions.
    Incumbent,
    /// In the file, but never used.
    Ignored,
}
