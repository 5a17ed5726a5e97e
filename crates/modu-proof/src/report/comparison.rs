//! Two contenders on the same rows.

use modu_statistics::Finite;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Interval, MetricMeasure};

/// Two contenders on the same rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// A solution's id.
    pub first: String,
    /// Another's, or `incumbent` for a recorded column.
    pub second: String,
    /// First minus second, paired bootstrap.
    pub differences: Vec<MetricMeasure>,
    /// McNemar's test of their decisions.
    pub mcnemar: Option<McNemarResult>,
    /// DeLong's test of their ROC areas.
    pub delong: Option<DeLongResult>,
}

/// McNemar's test on which decisions are right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct McNemarResult {
    /// Rows where only the first is right.
    pub first_only: u64,
    /// Rows where only the second is right.
    pub second_only: u64,
    /// Chi-square without correction.
    pub uncorrected: Finite,
    /// Its p-value (1 degree of freedom).
    pub uncorrected_p: Finite,
    /// Chi-square with Edwards' continuity correction.
    pub corrected: Finite,
    /// Its p-value.
    pub corrected_p: Finite,
    /// The exact binomial p-value, to be read where fewer than 25 rows are
    /// discordant.
    pub exact_p: Finite,
}

/// DeLong, DeLong and Clarke-Pearson 1988, by midranks (Sun and Xu 2014).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeLongResult {
    /// First area.
    pub first: Finite,
    /// Second area.
    pub second: Finite,
    /// First minus second.
    pub difference: Finite,
    /// Its interval.
    pub interval: Option<Interval>,
    /// Z statistic.
    pub z: Finite,
    /// Two-sided p-value.
    pub p_value: Finite,
}
