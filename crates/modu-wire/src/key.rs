//! Keys for programs.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::value::{Line, Moment, Number};

/// A key, without what makes it one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyView {
    /// Its number.
    pub key: Number,
    /// What its owner calls it.
    pub name: Line,
    /// When it was made.
    pub made: Moment,
    /// Until when it holds.
    pub ends: Moment,
}
