//! What a data set looks like: the owner's first check that the file is the
//! one that was meant.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::need::{ColumnRole, ColumnType};
use crate::number::Finite;

/// Rows and columns of a data set. For its owner: not for release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetProfile {
    /// Rows.
    pub rows: u64,
    /// Rows that repeat an earlier row in all columns.
    pub repeated_rows: u64,
    /// The columns in the need's order.
    pub columns: Vec<ColumnProfile>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// Its label for people, where the need gives one.
    pub label: Option<modu_kernel::Label>,
    /// Its type.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// Its role.
    pub role: ColumnRole,
    /// Cells that were empty and took the declared substitute.
    pub missing: u64,
    /// Different values, counted up to [`Self::DISTINCT_LIMIT`].
    pub distinct: u64,
    /// Smallest value; of text, the shortest length in code points.
    pub minimum: Option<Finite>,
    /// Largest value; of text, the longest length in code points.
    pub maximum: Option<Finite>,
    /// Mean value; of text, the mean length. `None` for codes.
    pub mean: Option<Finite>,
}

impl ColumnProfile {
    /// Distinct values are counted up to here.
    pub const DISTINCT_LIMIT: u64 = 100_000;
}
