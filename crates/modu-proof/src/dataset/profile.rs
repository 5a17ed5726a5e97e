//! What a data set looks like: the owner's first check that the file is the
//! one that was meant.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use modu_kernel::{Finding, Label, Severity};
use modu_statistics::Finite;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::whole::counted;
use super::{ColumnData, Dataset};
use crate::need::{Column, ColumnRole, ColumnType, Need};

/// Rows and columns of a data set. For its owner: not for release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetProfile {
    /// Rows.
    pub rows: u64,
    /// Rows that repeat an earlier row in all columns that are read.
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
    pub label: Option<Label>,
    /// Its type.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// Its role.
    pub role: ColumnRole,
    /// Cells that were empty and took the declared substitute.
    pub missing: u64,
    /// Different values, counted up to [`Self::DISTINCT_LIMIT`]; 0 for a
    /// column that is not read.
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

impl DatasetProfile {
    /// Profiles a data set. Costs one pass over each column and one over the
    /// rows, with 16 bytes a row and up to 100,000 values a column at a time.
    #[must_use]
    pub fn of(dataset: &Dataset, need: &Need) -> Self {
        Self {
            rows: dataset.rows() as u64,
            repeated_rows: repeated_rows(dataset),
            columns: need
                .columns
                .iter()
                .enumerate()
                .map(|(index, column)| profile_column(dataset, index, column))
                .collect(),
        }
    }
}

fn profile_column(dataset: &Dataset, index: usize, column: &Column) -> ColumnProfile {
    let data = dataset.column(index);
    let limit = ColumnProfile::DISTINCT_LIMIT as usize;
    let (distinct, range) = match data {
        ColumnData::Whole(values) => (
            values.distinct(limit),
            Range::of(values.iter().map(|value| value as f64)),
        ),
        ColumnData::Number(values) => (
            counted(values.iter().map(|value| value.to_bits()), limit),
            Range::of(values.iter().copied()),
        ),
        ColumnData::Text(texts) => {
            let rows = 0..texts.len();
            (
                counted(rows.clone().map(|row| texts.get(row)), limit),
                Range::of(rows.map(|row| texts.get(row).chars().count() as f64)),
            )
        }
        ColumnData::Unread => (0, Range::default()),
    };
    ColumnProfile {
        name: column.name.clone(),
        label: column.label.clone(),
        column_type: column.column_type,
        role: column.role,
        missing: dataset.missing.get(index).copied().unwrap_or(0),
        distinct: distinct as u64,
        minimum: range.minimum,
        maximum: range.maximum,
        mean: range
            .mean
            .filter(|_| column.column_type != ColumnType::Code),
    }
}

#[derive(Default)]
struct Range {
    minimum: Option<Finite>,
    maximum: Option<Finite>,
    mean: Option<Finite>,
}

impl Range {
    fn of(values: impl ExactSizeIterator<Item = f64>) -> Self {
        let count = values.len();
        let (mut minimum, mut maximum) = (f64::INFINITY, f64::NEG_INFINITY);
        // Divided before it is summed, so that large values do not overflow.
        let mut mean = 0.0;
        for value in values {
            minimum = minimum.min(value);
            maximum = maximum.max(value);
            mean += value / count as f64;
        }
        Self {
            minimum: Finite::new(minimum),
            maximum: Finite::new(maximum),
            mean: Finite::new(mean).filter(|_| count > 0),
        }
    }
}

/// Rows are compared by a 128-bit hash of their cells.
fn repeated_rows(dataset: &Dataset) -> u64 {
    let mut seen = HashSet::with_capacity(dataset.rows());
    let mut repeated = 0;
    for row in 0..dataset.rows() {
        let (mut first, mut second) = (DefaultHasher::new(), DefaultHasher::new());
        second.write_u8(1);
        for column in &dataset.columns {
            hash_cell(column, row, &mut first);
            hash_cell(column, row, &mut second);
        }
        repeated += u64::from(!seen.insert((first.finish(), second.finish())));
    }
    repeated
}

fn hash_cell(column: &ColumnData, row: usize, hasher: &mut DefaultHasher) {
    match column {
        ColumnData::Whole(values) => values.get(row).hash(hasher),
        ColumnData::Number(values) => values.get(row).map(|value| value.to_bits()).hash(hasher),
        ColumnData::Text(texts) => texts.get(row).hash(hasher),
        ColumnData::Unread => {}
    }
}

/// What the owner should know of the data before trusting a result. Names
/// columns and shares, never a value.
#[must_use]
pub fn findings(profile: &DatasetProfile, need: &Need) -> Vec<Finding> {
    let mut findings = Vec::new();
    for column in &profile.columns {
        if column.role == ColumnRole::Feature && column.distinct == 1 && profile.rows > 1 {
            findings.push(finding(
                Severity::Note,
                "column.constant",
                &column.name,
                "모든 행에서 값이 같아 아무것도 알려 주지 않습니다. 파일이 맞는지 확인하십시오.",
                "It has the same value in every row and tells nothing; check that the file is the right one.",
            ));
        }
        if column.missing > 0 {
            let share = crate::need::percent(column.missing as f64 / profile.rows as f64);
            findings.push(finding(
                Severity::Note,
                "column.missing",
                &column.name,
                &format!("빈 칸 {share}%를 선언된 값으로 채웠습니다."),
                &format!("{share}% of its cells were empty and took the declared value."),
            ));
        }
    }
    if profile.repeated_rows > 0 {
        let share = profile.repeated_rows as f64 / profile.rows as f64;
        let percent = crate::need::percent(share);
        findings.push(finding(
            if share > 0.01 { Severity::Warning } else { Severity::Note },
            "rows.repeated",
            "dataset",
            &format!("행의 {percent}%가 앞선 행과 똑같습니다. 같은 단위가 두 번 세어졌다면 신뢰구간이 실제보다 좁습니다."),
            &format!("{percent}% of the rows repeat an earlier row; if the same unit is counted twice, the intervals are narrower than they should be."),
        ));
    }
    let label = profile.columns.get(need.label.column);
    if label.is_some_and(|label| label.distinct < need.label.classes.len() as u64) {
        findings.push(finding(
            Severity::Warning,
            "label.class_absent",
            label.map_or("", |label| label.name.as_str()),
            "한 번도 나오지 않는 부류가 있습니다. 이 부류에 대해서는 아무것도 잴 수 없습니다.",
            "A class never occurs; nothing can be measured of it.",
        ));
    }
    findings
}

pub(crate) fn finding(severity: Severity, code: &str, place: &str, ko: &str, en: &str) -> Finding {
    Finding {
        severity,
        code: code.to_owned(),
        place: place.to_owned(),
        message: Label::new(ko, en),
    }
}
