//! Who fares worse where: the scan of slices. Owner only.

use modu_kernel::Label;
use modu_statistics::Finite;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::need::Metric;

/// Every member of a protected group and every intersection of two, each
/// against the other rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SliceScan {
    /// How many slices there are, the small ones included.
    pub slices: u64,
    /// Slices beyond the limit of a scan, which were not looked at.
    pub left_out: u64,
    /// Slices with fewer rows (clusters, where rows belong together) than the
    /// need's minimum.
    pub small: Vec<SmallSlice>,
    /// What was found for each solution.
    pub solutions: Vec<SolutionScan>,
    /// How it was done.
    pub method: Label,
}

/// A slice that is too small to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SmallSlice {
    /// Its name.
    pub name: Label,
    /// Its rows.
    pub rows: u64,
    /// Where rows belong together, its clusters, which are what is too few.
    #[serde(default)]
    pub clusters: Option<u64>,
}

/// The scan of one solution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SolutionScan {
    /// The solution's id.
    pub id: String,
    /// Tests that were read together: slices times metrics.
    pub tests: u64,
    /// Pairs of a slice and a metric that could not be tested: too few
    /// positives, negatives or rows decided positive, or no value.
    pub untested: u64,
    /// The slices that fare worse than the others beyond chance, the surest
    /// first.
    pub worse: Vec<WorseSlice>,
}

/// A slice that fares worse than the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorseSlice {
    /// Its name.
    pub name: Label,
    /// Its rows.
    pub rows: u64,
    /// In which metric.
    pub metric: Metric,
    /// The metric's name, with the class that is asked about.
    pub metric_name: Label,
    /// The metric in the slice.
    pub value: Finite,
    /// The metric over all rows.
    pub whole: Finite,
    /// One-sided p-value.
    pub p_value: Finite,
    /// The same after Holm's adjustment over the solution's tests.
    pub holm_p_value: Finite,
}
