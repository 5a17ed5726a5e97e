//! What is different here: patients, and how right the risks are.
//!
//! Every alarm has a stated chance of ringing where nothing has changed: half
//! of it is spent on patients (each predictor and the linear predictor, by
//! `modu_statistics::drift`), half on calibration (observed over expected and
//! the slope at each horizon). Within each half tests are read together by
//! Holm's adjustment, so whatever depends on what, the chance of any alarm is
//! at most the stated one. Patients are taken as independent of one another.

use modu_statistics::drift::{Column, DriftPlan, compare};
use modu_statistics::{Finite, Share, StatisticsError, holm};
use modu_survival::measure::Estimated;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::request::ValidateRequest;
use crate::model::{Bin, Coding, ModelDocument, Performance};
use crate::table::{AnalysisTable, Values};

/// Permutations where a bin expects few rows.
const PERMUTATIONS: u32 = 9_999;

/// What is different here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DriftReport {
    /// The chance of any alarm where nothing has changed.
    pub false_alarm_rate: Share,
    /// The predictors, then the linear predictor.
    pub case_mix: Vec<CaseMixAlarm>,
    /// Calibration at the horizons.
    pub calibration: Vec<CalibrationAlarm>,
    /// Whether any of them rings.
    pub alarm: bool,
}

/// How a predictor is spread here against where the model was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseMixAlarm {
    /// The predictor; none is the linear predictor.
    pub predictor: Option<String>,
    /// The population stability index: 0 where spread alike.
    pub stability: Finite,
    /// The smallest adjusted p-value of its tests.
    pub p_value: Finite,
    /// Whether it rings.
    pub alarm: bool,
}

/// How far calibration is from right.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CalibrationAlarm {
    /// Days.
    pub horizon: f64,
    /// Of what.
    pub of: WhatMoved,
    /// The adjusted p-value; none where the measure is undefined.
    pub p_value: Option<Finite>,
    /// Whether it rings.
    pub alarm: bool,
}

/// A part of calibration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhatMoved {
    /// Observed over expected.
    Ratio,
    /// The slope.
    Slope,
}

/// The drift of a table and of the model's performance on it.
pub(super) fn drift(
    request: &ValidateRequest,
    model: &ModelDocument,
    table: &AnalysisTable,
    linear: &[f64],
    performance: &Performance,
) -> Result<DriftReport, StatisticsError> {
    let rate = request.false_alarm_rate;
    let half = Share::new(rate.get() / 2.0).unwrap_or(rate);
    let case_mix = case_mix(request, half, model, table, linear)?;
    let calibration = calibration(half, performance)?;
    let alarm = case_mix.iter().any(|it| it.alarm) || calibration.iter().any(|it| it.alarm);
    Ok(DriftReport {
        false_alarm_rate: rate,
        case_mix,
        calibration,
        alarm,
    })
}

/// A column of codes, there and here.
struct Codes {
    predictor: Option<String>,
    reference: Vec<i64>,
    current: Vec<i64>,
}

fn case_mix(
    request: &ValidateRequest,
    rate: Share,
    model: &ModelDocument,
    table: &AnalysisTable,
    linear: &[f64],
) -> Result<Vec<CaseMixAlarm>, StatisticsError> {
    let mut columns: Vec<Codes> = Vec::new();
    for predictor in &model.predictors {
        let Some(here) = table.predictor(&predictor.name) else {
            continue;
        };
        if let Some((reference, current)) = codes(&predictor.coding, &here.values) {
            columns.push(Codes {
                predictor: Some(predictor.name.clone()),
                reference,
                current,
            });
        }
    }
    columns.push(Codes {
        predictor: None,
        reference: expanded(model.spread.iter().map(|bin| bin.rows)),
        current: linear.iter().map(|it| bin_of(&model.spread, *it)).collect(),
    });
    columns.retain(|column| !column.reference.is_empty() && !column.current.is_empty());
    let plan = DriftPlan {
        bins: 10,
        false_alarm_rate: rate,
        permutations: PERMUTATIONS,
        seed: request.seed,
    };
    let compared: Vec<Column<'_>> = columns
        .iter()
        .map(|column| Column::Codes {
            reference: &column.reference,
            current: &column.current,
        })
        .collect();
    let found = compare(&compared, &plan)?;
    let alarms = columns.into_iter().zip(found).map(|(column, found)| {
        let smallest = found.results.iter().map(|it| it.adjusted_p_value.get());
        CaseMixAlarm {
            predictor: column.predictor,
            stability: found.stability.index,
            p_value: Finite::new(smallest.fold(1.0, f64::min)).unwrap_or(Finite::ZERO),
            alarm: found.alarm,
        }
    });
    Ok(alarms.collect())
}

/// The bins or levels of a predictor where the model was made, and here; rows
/// without a value are left out.
fn codes(coding: &Coding, values: &Values) -> Option<(Vec<i64>, Vec<i64>)> {
    match (coding, values) {
        (Coding::Numeric { bins, .. }, Values::Numeric(values)) => Some((
            expanded(bins.iter().map(|bin| bin.rows)),
            values
                .iter()
                .flatten()
                .map(|it| bin_of(bins, *it))
                .collect(),
        )),
        (Coding::Categorical { levels, .. }, Values::Categorical(here)) => {
            let place = |name: &String| levels.iter().position(|level| level.name == *name);
            // A level that the model does not know is a code of its own.
            let unknown = levels.len();
            let places: Vec<i64> = here
                .levels()
                .iter()
                .map(|name| place(name).unwrap_or(unknown) as i64)
                .collect();
            let current = here.codes().iter().flatten();
            Some((
                expanded(levels.iter().map(|level| level.rows)),
                current.map(|code| places[*code as usize]).collect(),
            ))
        }
        _ => None,
    }
}

fn expanded(rows: impl Iterator<Item = u64>) -> Vec<i64> {
    let mut codes = Vec::new();
    for (code, rows) in (0_i64..).zip(rows) {
        codes.extend(std::iter::repeat_n(code, rows as usize));
    }
    codes
}

fn bin_of(bins: &[Bin], value: f64) -> i64 {
    let below = |bin: &Bin| bin.to.is_some_and(|to| to < value);
    bins.iter().take_while(|bin| below(bin)).count() as i64
}

fn calibration(
    rate: Share,
    performance: &Performance,
) -> Result<Vec<CalibrationAlarm>, StatisticsError> {
    let mut alarms = Vec::new();
    for at in &performance.horizons {
        for (of, p_value) in [
            (WhatMoved::Ratio, p_value(&at.ratio, true)),
            (WhatMoved::Slope, p_value(&at.slope, false)),
        ] {
            alarms.push(CalibrationAlarm {
                horizon: at.horizon,
                of,
                p_value,
                alarm: false,
            });
        }
    }
    // What is undefined counts as one more test that did not ring.
    let p_values: Vec<f64> = alarms
        .iter()
        .map(|it| it.p_value.map_or(1.0, Finite::get))
        .collect();
    for (alarm, adjusted) in alarms.iter_mut().zip(holm(&p_values)?) {
        alarm.alarm = alarm.p_value.is_some() && adjusted <= rate.get();
        alarm.p_value = alarm.p_value.and(Finite::new(adjusted));
    }
    Ok(alarms)
}

/// The two-sided p-value of a measure being 1, by its logarithm or itself.
fn p_value(measure: &Estimated, by_logarithm: bool) -> Option<Finite> {
    let Estimated::Estimate(estimate) = measure else {
        return None;
    };
    let (value, error) = (estimate.value.get(), estimate.standard_error.get());
    let distance = match by_logarithm {
        true if value > 0.0 => libm::log(value) * value / error,
        true => return None,
        false => (value - 1.0) / error,
    };
    Finite::new(libm::erfc(distance.abs() / std::f64::consts::SQRT_2))
}
