//! Inputs and scores then and now, without a label.

use modu_kernel::{EngineError, Label};
use modu_statistics::drift::{Column, ColumnDrift, DriftPlan, MAX_PERMUTATIONS, compare};
use modu_statistics::{Finite, Share};

use super::independent;
use super::report::{DriftSection, WatchedColumn};
use crate::dataset::{ColumnData, Dataset};
use crate::need::{Column as Declared, ColumnRole, ColumnType, Need, Task};

/// Bins of the stability index of numbers, as is usual.
const BINS: u16 = 10;
/// Permutations for each test, over the number of tests and the false-alarm
/// rate: the smallest p-value then lies well below what Holm asks for.
const PERMUTATIONS: f64 = 20.0;

/// The values of one column, then and now.
enum Values {
    Numbers([Vec<f64>; 2]),
    Codes([Vec<i64>; 2]),
}

/// Compares the columns that solutions see or groups are cut from, and the
/// scores.
pub(super) fn section(
    need: &Need,
    then: &Dataset,
    now: &Dataset,
    scores: [Option<Vec<f64>>; 2],
    rate: Share,
) -> Result<DriftSection, EngineError> {
    let watched =
        |declared: &Declared| matches!(declared.role, ColumnRole::Feature | ColumnRole::Group);
    let rows = [independent::rows(need, then), independent::rows(need, now)];
    let mut columns = Vec::new();
    for (index, declared) in need.columns.iter().enumerate() {
        let Some(values) = watched(declared)
            .then(|| Values::of(declared, then.column(index), now.column(index)))
            .flatten()
            .map(|values| values.of_rows(&rows))
        else {
            continue;
        };
        let name = &declared.name;
        let label = declared.label.clone();
        columns.push((
            Some(name.clone()),
            label.unwrap_or_else(|| Label::new(name, name)),
            Some(declared.column_type),
            values,
        ));
    }
    if let [Some(then), Some(now)] = scores {
        let then = one_a_row(then, need);
        let now = one_a_row(now, need);
        if then.iter().chain(&now).all(|score| score.is_finite()) {
            let label = Label::new("솔루션의 점수", "the solution's score");
            let scores = Values::Numbers([then, now]).of_rows(&rows);
            columns.push((None, label, None, scores));
        }
    }
    let tests = 2.0 * columns.len() as f64;
    let wanted = (PERMUTATIONS * tests / rate.get()).max(1000.0);
    let plan = DriftPlan {
        bins: BINS,
        false_alarm_rate: rate,
        permutations: (wanted as u32).min(MAX_PERMUTATIONS),
        seed: need.statistics.seed,
    };
    let compared: Vec<Column<'_>> = columns.iter().map(|(.., values)| values.column()).collect();
    let drifts: Vec<ColumnDrift> =
        compare(&compared, &plan).map_err(|error| EngineError::Internal(error.to_string()))?;
    let alarm = drifts.iter().any(|drift| drift.alarm);
    let columns = columns.into_iter().zip(drifts);
    Ok(DriftSection {
        false_alarm_rate: Finite::new(rate.get()).unwrap_or(Finite::ZERO),
        alarm,
        columns: columns
            .map(|((column, label, column_type, _), drift)| WatchedColumn {
                column,
                label,
                column_type,
                drift,
            })
            .collect(),
    })
}

impl Values {
    fn of(declared: &Declared, then: &ColumnData, now: &ColumnData) -> Option<Self> {
        let is_code = declared.column_type == ColumnType::Code;
        match is_code.then(|| Some([codes(then)?, codes(now)?])).flatten() {
            Some(codes) => Some(Self::Codes(codes)),
            None => Some(Self::Numbers([numbers(then)?, numbers(now)?])),
        }
    }

    fn of_rows(self, rows: &[Vec<usize>; 2]) -> Self {
        fn taken<T: Copy>(values: [Vec<T>; 2], rows: &[Vec<usize>; 2]) -> [Vec<T>; 2] {
            let [then, now] = values;
            let of = |values: Vec<T>, rows: &[usize]| -> Vec<T> {
                let taken = rows.iter().filter_map(|row| values.get(*row));
                taken.copied().collect()
            };
            [of(then, &rows[0]), of(now, &rows[1])]
        }
        match self {
            Self::Numbers(values) => Self::Numbers(taken(values, rows)),
            Self::Codes(values) => Self::Codes(taken(values, rows)),
        }
    }

    fn column(&self) -> Column<'_> {
        match self {
            Self::Numbers([reference, current]) => Column::Numbers { reference, current },
            Self::Codes([reference, current]) => Column::Codes { reference, current },
        }
    }
}

fn codes(data: &ColumnData) -> Option<Vec<i64>> {
    match data {
        ColumnData::Whole(values) => (0..values.len()).map(|row| values.get(row)).collect(),
        ColumnData::Number(_) | ColumnData::Text(_) | ColumnData::Unread => None,
    }
}

/// Numbers as they are; of texts the length in code points.
fn numbers(data: &ColumnData) -> Option<Vec<f64>> {
    match data {
        ColumnData::Whole(values) => (0..values.len()).map(|row| data.number(row)).collect(),
        ColumnData::Number(values) => Some(values.clone()),
        ColumnData::Text(texts) => {
            let length = |row: usize| texts.get(row).chars().count() as f64;
            Some((0..texts.len()).map(length).collect())
        }
        ColumnData::Unread => None,
    }
}

/// One score per row: of several classes that of the class decided, which is
/// how sure the solution is.
fn one_a_row(scores: Vec<f64>, need: &Need) -> Vec<f64> {
    if need.task != Task::Multiclass {
        return scores;
    }
    let rows = scores.chunks_exact(need.label.classes.len().max(1));
    rows.map(|row| row.iter().copied().fold(f64::NEG_INFINITY, f64::max))
        .collect()
}
