//! `need.toml` as it is written, before any cross reference is checked.

use modu_kernel::Label;
use modu_statistics::{IntervalMethod, ShareInterval};
use serde::Deserialize;

use super::release::ReleaseTable;
use super::{ColumnRole, ColumnType, Direction, Metric, SmallMember, Task};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) schema: String,
    pub(super) id: String,
    pub(super) task: Task,
    pub(super) question: Label,
    pub(super) unit: Label,
    pub(super) unit_of_independence: Option<IndependenceTable>,
    pub(super) label: LabelTable,
    pub(super) decision: Option<DecisionTable>,
    pub(super) incumbent: Option<IncumbentTable>,
    pub(super) columns: Vec<ColumnTable>,
    #[serde(default)]
    pub(super) groups: Vec<GroupTable>,
    #[serde(default)]
    pub(super) slices: Vec<SliceTable>,
    pub(super) statistics: StatisticsTable,
    pub(super) criteria: Vec<CriterionTable>,
    pub(super) release: Option<ReleaseTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IndependenceTable {
    pub(super) column: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LabelTable {
    pub(super) column: String,
    pub(super) positive: Option<i64>,
    #[serde(default)]
    pub(super) classes: Vec<ClassTable>,
    pub(super) query: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClassTable {
    pub(super) code: i64,
    pub(super) ko: String,
    pub(super) en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionTable {
    pub(super) threshold: f64,
    pub(super) review_budget: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IncumbentTable {
    pub(super) column: Option<String>,
    pub(super) solution: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ColumnTable {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) column_type: ColumnType,
    pub(super) role: ColumnRole,
    pub(super) minimum: Option<f64>,
    pub(super) maximum: Option<f64>,
    pub(super) codes: Option<u32>,
    pub(super) missing: Option<f64>,
    pub(super) label: Option<Label>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupTable {
    pub(super) id: String,
    pub(super) column: String,
    pub(super) name: Label,
    pub(super) members: Vec<MemberTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SliceTable {
    pub(super) id: String,
    pub(super) name: Label,
    pub(super) groups: Vec<String>,
    #[serde(default)]
    pub(super) small: SmallMember,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MemberTable {
    pub(super) id: String,
    pub(super) ko: String,
    pub(super) en: String,
    pub(super) code: Option<i64>,
    pub(super) codes: Option<Vec<i64>>,
    pub(super) from: Option<f64>,
    pub(super) below: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StatisticsTable {
    pub(super) replicates: u32,
    pub(super) seed: String,
    pub(super) confidence: f64,
    pub(super) minimum_group: u64,
    pub(super) minimum_positives: u64,
    pub(super) contenders: Option<u32>,
    pub(super) interval: Option<IntervalMethod>,
    pub(super) share_interval: Option<ShareInterval>,
    pub(super) quantile: Option<f64>,
    pub(super) cutoff: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CriterionTable {
    pub(super) id: String,
    pub(super) metric: Metric,
    pub(super) over: String,
    pub(super) class: Option<i64>,
    pub(super) direction: Direction,
    pub(super) threshold: Option<f64>,
    pub(super) margin: Option<f64>,
    pub(super) why: Label,
}
