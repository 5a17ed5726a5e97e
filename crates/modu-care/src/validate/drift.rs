//! What is different here: patients, and how right the risks are.
//!
//! Every alarm has a stated chance of ringing where nothing has changed: half
//! of it is spent on patients (each predictor and the linear predictor, by
//! `modu_statistics::drift`), half on calibration (observed over expected and
//! the slope at each horizon). Within each half tests are read together by
//! Holm's adjustment, so whatever depends on what, the chance of any alarm is
//! at most the stated one.
//!
//! People are taken as independent of one another, rows of one person are not:
//! their counts are brought down to what as many independent rows would tell
//! (Rao & Scott, "The analysis of categorical data from complex sample surveys",
//! Journal of the American Statistical Association 76, 1981). Here by how much
//! the shares of a column vary from person to person; of the model's own rows
//! only numbers are known, so they count as so many people. Calibration's
//! standard errors hold rows of a person together.

use std::collections::BTreeMap;

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

/// The column's codes by row (none where there is no value), brought down to
/// what independent rows would tell.
fn independent(codes: &[Option<i64>], person: &[u32]) -> Vec<i64> {
    let known = codes.iter().zip(person);
    let known: Vec<(u32, i64)> = known
        .filter_map(|(code, person)| Some((*person, (*code)?)))
        .collect();
    let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
    for (_, code) in &known {
        *counts.entry(*code).or_default() += 1;
    }
    let effect = design_effect(known, &counts);
    let scaled = counts.into_iter();
    expanded(scaled.map(|(code, rows)| (code, rows as f64 / effect)))
}

/// By how much shares vary from person to person, against independent rows: the
/// mean over the codes' own (Rao and Scott's first correction), at least 1.
fn design_effect(mut known: Vec<(u32, i64)>, counts: &BTreeMap<i64, u64>) -> f64 {
    let rows = known.len() as f64;
    known.sort_unstable();
    let people: Vec<&[(u32, i64)]> = known.chunk_by(|one, other| one.0 == other.0).collect();
    let number = people.len() as f64;
    if people.len() == known.len() || people.len() < 2 || counts.len() < 2 {
        return 1.0;
    }
    let of_code = |(code, count): (&i64, &u64)| {
        let share = *count as f64 / rows;
        let squares = people.iter().map(|theirs| {
            let own = theirs.iter().filter(|it| it.1 == *code).count() as f64;
            let beside = own - share * theirs.len() as f64;
            beside * beside
        });
        let variance = squares.sum::<f64>() / (rows * rows) * number / (number - 1.0);
        variance * rows / share
    };
    let effects: f64 = counts.iter().map(of_code).sum();
    (effects / (counts.len() - 1) as f64).max(1.0)
}

fn case_mix(
    request: &ValidateRequest,
    rate: Share,
    model: &ModelDocument,
    table: &AnalysisTable,
    linear: &[f64],
) -> Result<Vec<CaseMixAlarm>, StatisticsError> {
    let mut columns: Vec<Codes> = Vec::new();
    // Each row of the model as the part of a person that it is.
    let part = model.made_of.people as f64 / model.made_of.rows.max(1) as f64;
    let there = |rows: &mut dyn Iterator<Item = u64>| {
        expanded((0..).zip(rows.map(|rows| rows as f64 * part)))
    };
    for predictor in &model.predictors {
        let Some(here) = table.predictor(&predictor.name) else {
            continue;
        };
        if let Some((reference, current)) = codes(&predictor.coding, &here.values) {
            columns.push(Codes {
                predictor: Some(predictor.name.clone()),
                reference: there(&mut reference.into_iter()),
                current: independent(&current, table.person()),
            });
        }
    }
    let current: Vec<_> = (linear.iter())
        .map(|it| Some(bin_of(&model.spread, *it)))
        .collect();
    columns.push(Codes {
        predictor: None,
        reference: there(&mut model.spread.iter().map(|bin| bin.rows)),
        current: independent(&current, table.person()),
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

/// How many rows of each bin or level of a predictor there were where the model
/// was made, and the code of each row here, where it has a value.
fn codes(coding: &Coding, values: &Values) -> Option<(Vec<u64>, Vec<Option<i64>>)> {
    match (coding, values) {
        (Coding::Numeric { bins, .. }, Values::Numeric(values)) => Some((
            bins.iter().map(|bin| bin.rows).collect(),
            (values.iter())
                .map(|it| it.map(|it| bin_of(bins, it)))
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
            let current = here.codes().iter();
            Some((
                levels.iter().map(|level| level.rows).collect(),
                current
                    .map(|code| code.map(|code| places[code as usize]))
                    .collect(),
            ))
        }
        _ => None,
    }
}

/// Codes as often as they are, to the nearest whole number.
fn expanded(counts: impl Iterator<Item = (i64, f64)>) -> Vec<i64> {
    let mut codes = Vec::new();
    for (code, rows) in counts {
        codes.extend(std::iter::repeat_n(code, libm::round(rows) as usize));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_say_the_same_of_a_person_count_as_one_and_independent_rows_as_they_are() {
        let codes: Vec<Option<i64>> = (0..900).map(|row| Some(row / 3 % 4)).collect();
        let people: Vec<u32> = (0..900).map(|row| row / 3).collect();
        let told = independent(&codes, &people);
        assert!((298..=301).contains(&told.len()), "{}", told.len());
        let apart: Vec<u32> = (0..900).collect();
        assert_eq!(independent(&codes, &apart).len(), 900);
        // Of two rows that always differ nothing is gained either.
        let codes: Vec<Option<i64>> = (0..900).map(|row| Some(row % 2)).collect();
        let people: Vec<u32> = (0..900).map(|row| row / 2).collect();
        assert_eq!(independent(&codes, &people).len(), 900);
    }
}
