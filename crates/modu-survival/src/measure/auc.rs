//! The area under the time-dependent ROC curve, cumulative and dynamic.

use modu_statistics::Share;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::estimate::standard_error;
use super::ranks::{Place, below, places, sums_below};
use super::scored::check_horizon;
use super::{Censoring, Estimate, Estimated, ObservedRisk, Scale, Scored, Unmeasured};
use crate::SurvivalError;

/// Who are the controls at a horizon, where other events compete.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Controls {
    /// Those on whom nothing has happened (Blanche et al. 2013, definition 1).
    EventFree,
    /// Those on whom the event has not happened: those with another event by
    /// then too (definition 2).
    #[default]
    WithoutTheEvent,
}

/// Areas at horizons, and their average.
#[derive(Debug, Clone, PartialEq)]
pub struct AucCurve {
    /// At each horizon.
    pub areas: Vec<Estimated>,
    /// The average, each horizon weighted by the observed risk since the one
    /// before (Lambert & Chevret 2016; as scikit-survival does).
    pub mean: Estimated,
}

/// The area at one horizon with the influence of each row.
struct Area {
    value: f64,
    influences: Vec<f64>,
}

/// The cumulative/dynamic area at a horizon (Uno et al. 2007; Blanche et al.
/// 2013): of a row that had the event by then and one that had not, how likely
/// is it that the first has the higher risk, ties counted half; each weighted
/// by one over the chance of still being seen. Cost: two sorts.
///
/// # Errors
/// A horizon that is not a time; a `tied_within` that is negative or infinite.
pub fn auc(
    scored: &Scored<'_>,
    horizon: f64,
    controls: Controls,
    tied_within: f64,
    censoring: &Censoring,
    confidence: Share,
) -> Result<Estimated, SurvivalError> {
    check_horizon(horizon)?;
    let places = places(scored.risk, tied_within)?;
    let area = area(scored, &places, horizon, controls, censoring);
    let estimate = area.and_then(|area| {
        let error = standard_error(&area.influences, scored.outcomes.cluster());
        Estimate::new(area.value, error, Scale::Logit, confidence)
    });
    Ok(estimate.into())
}

/// The areas at ascending horizons, each with its own risks, and their mean.
///
/// # Errors
/// As [`auc`]; horizons that do not ascend, or none.
pub fn auc_curve(
    scored: &[(f64, Scored<'_>)],
    controls: Controls,
    tied_within: f64,
    censoring: &Censoring,
    confidence: Share,
) -> Result<AucCurve, SurvivalError> {
    check_ascending(scored.iter().map(|one| one.0))?;
    let mut areas = Vec::new();
    for (horizon, scored) in scored {
        check_horizon(*horizon)?;
        let places = places(scored.risk, tied_within)?;
        areas.push(area(scored, &places, *horizon, controls, censoring));
    }
    let estimates = areas.iter().zip(scored).map(|(area, (_, scored))| {
        let area = area.as_ref().map_err(|reason| *reason)?;
        let error = standard_error(&area.influences, scored.outcomes.cluster());
        Estimate::new(area.value, error, Scale::Logit, confidence)
    });
    Ok(AucCurve {
        areas: estimates.map(Estimated::from).collect(),
        mean: mean(&areas, scored, confidence)?.into(),
    })
}

pub(crate) fn check_ascending(horizons: impl Iterator<Item = f64>) -> Result<(), SurvivalError> {
    let horizons: Vec<f64> = horizons.collect();
    let ascend = horizons.windows(2).all(|pair| pair[0] < pair[1]);
    match ascend && !horizons.is_empty() {
        true => Ok(()),
        false => Err(SurvivalError::Setting {
            what: "the horizons",
            found: format!("{horizons:?}"),
            range: "at least one, ascending",
        }),
    }
}

fn area(
    scored: &Scored<'_>,
    places: &[Place],
    horizon: f64,
    controls: Controls,
    censoring: &Censoring,
) -> Result<Area, Unmeasured> {
    let time = scored.outcomes.time();
    let seen_until = censoring.seen(horizon);
    let by_then = |row: usize| time[row] <= horizon;
    let weigh = |row: usize, seen: f64| scored.weight(row) / seen;
    let case = |row: usize| match by_then(row) && scored.is_cause(row) {
        true => weigh(row, censoring.seen(time[row])),
        false => 0.0,
    };
    let control = |row: usize| {
        let competing = controls == Controls::WithoutTheEvent
            && !scored.outcomes.event()[row].is_censored()
            && !scored.is_cause(row);
        if censoring.knows_free(scored.outcomes, row, horizon) {
            weigh(row, seen_until)
        } else if competing {
            weigh(row, censoring.seen(time[row]))
        } else {
            0.0
        }
    };
    let (cases, rest) = (sums_below(places, case), sums_below(places, control));
    let (all_cases, all_rest) = (cases[places.len()], rest[places.len()]);
    if !(all_cases.is_finite() && all_rest.is_finite()) {
        return Err(Unmeasured::NoneStillSeen);
    } else if all_cases <= 0.0 {
        return Err(Unmeasured::NoCases);
    } else if all_rest <= 0.0 {
        return Err(Unmeasured::NoControls);
    }
    let rows = places.iter().enumerate();
    let won = rows.map(|(row, place)| case(row) * below(&rest, *place));
    let (all, value) = (all_cases * all_rest, won.sum::<f64>());
    let value = value / all;
    let rows = places.iter().enumerate();
    let mut influences: Vec<f64> = rows
        .map(|(row, place)| {
            let lost = all_cases - below(&cases, *place);
            let as_case = case(row) * (below(&rest, *place) - value * all_rest);
            let as_control = control(row) * (lost - value * all_cases);
            (as_case + as_control) / all
        })
        .collect();
    let slopes: Vec<(f64, f64)> = time
        .iter()
        .zip(&influences)
        .map(|(time, influence)| (time.min(horizon), -influence))
        .collect();
    // A row seen beyond the horizon is weighted by the chance at it.
    censoring.add_influence(scored.outcomes, slopes.into_iter(), &mut influences);
    Ok(Area { value, influences })
}

fn mean(
    areas: &[Result<Area, Unmeasured>],
    scored: &[(f64, Scored<'_>)],
    confidence: Share,
) -> Result<Result<Estimate, Unmeasured>, SurvivalError> {
    let Some((_, first)) = scored.first() else {
        return Ok(Err(Unmeasured::NoCases));
    };
    let rows = first.len();
    let (mut sum, mut influences) = (0.0, vec![0.0; rows]);
    let (mut before, mut before_each) = (0.0, vec![0.0; rows]);
    for (area, (horizon, scored)) in areas.iter().zip(scored) {
        let area = match area {
            Ok(area) => area,
            Err(reason) => return Ok(Err(*reason)),
        };
        let risk = match ObservedRisk::new(scored.outcomes, scored.cause, *horizon)? {
            Ok(risk) => risk,
            Err(reason) => return Ok(Err(reason)),
        };
        let share = risk.risk() - before;
        sum += area.value * share;
        for (row, influence) in influences.iter_mut().enumerate() {
            let of_share = risk.influences()[row] - before_each[row];
            *influence += area.influences[row] * share + area.value * of_share;
        }
        before = risk.risk();
        before_each.copy_from_slice(risk.influences());
    }
    if before <= 0.0 {
        return Ok(Err(Unmeasured::NoCases));
    }
    let value = sum / before;
    for (influence, of_all) in influences.iter_mut().zip(&before_each) {
        *influence = (*influence - value * of_all) / before;
    }
    let error = standard_error(&influences, first.outcomes.cluster());
    Ok(Estimate::new(value, error, Scale::Logit, confidence))
}
