//! How good a model's risks are: all measures at all horizons.

use modu_statistics::Share;
use modu_survival::measure::{
    Calibration, CalibrationSettings, Censoring, Competing, Controls, Estimated, Evaluated,
    PairRules, Resamples, Scored, auc, brier, brier_curve, calibration, harrell, uno,
};
use modu_survival::{EventCode, Outcomes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::CareError;

/// How good a model's risks are on some rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Performance {
    /// Harrell's concordance of the linear predictor (event before censoring
    /// at one time; rows with a competing event outlive everyone).
    pub harrell: Estimated,
    /// Uno's, until the last horizon; undefined rows aside, that of the
    /// cause-specific hazard.
    pub uno: Estimated,
    /// The Brier score integrated over the horizons.
    pub integrated_brier: Estimated,
    /// At each horizon.
    pub horizons: Vec<AtHorizon>,
}

/// The measures at a horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AtHorizon {
    /// Days.
    pub horizon: f64,
    /// The mean predicted risk.
    pub expected: f64,
    /// The observed risk.
    pub observed: Estimated,
    /// Observed over expected.
    pub ratio: Estimated,
    /// Calibration in the large, on the complementary log-log scale.
    pub intercept: Estimated,
    /// The calibration slope.
    pub slope: Estimated,
    /// The integrated calibration index.
    pub ici: Estimated,
    /// The cumulative/dynamic area under the curve.
    pub auc: Estimated,
    /// The Brier score.
    pub brier: Estimated,
    /// One minus the Brier score over that of no model.
    pub scaled_brier: Estimated,
}

/// What is measured, and how.
pub(crate) struct Asked<'a> {
    pub(crate) outcomes: &'a Outcomes,
    pub(crate) horizons: &'a [f64],
    pub(crate) linear: &'a [f64],
    /// By horizon.
    pub(crate) risks: &'a [Vec<f64>],
    pub(crate) resamples: Resamples,
    pub(crate) confidence: Share,
}

/// All measures, and the calibration at each horizon for pictures.
pub(crate) fn performance(asked: &Asked<'_>) -> Result<(Performance, Vec<Calibration>), CareError> {
    let cause = EventCode::EVENT;
    let scored = Scored::new(asked.outcomes, cause, asked.linear)?;
    let censoring = Censoring::of(asked.outcomes, Evaluated::JustBefore)?;
    let confidence = asked.confidence;
    let rules = PairRules {
        competing: Competing::NeverEvent,
        ..PairRules::default()
    };
    let last = asked.horizons.last().copied();
    let at: Vec<(f64, Scored<'_>)> = asked
        .horizons
        .iter()
        .zip(asked.risks)
        .map(|(horizon, risk)| {
            Ok((
                *horizon,
                Scored::probabilities(asked.outcomes, cause, risk)?,
            ))
        })
        .collect::<Result<_, CareError>>()?;
    let (mut horizons, mut calibrations) = (Vec::new(), Vec::new());
    for (horizon, scored) in &at {
        let (measures, calibration) = at_horizon(asked, *horizon, scored, &censoring)?;
        horizons.push(measures);
        calibrations.push(calibration);
    }
    let performance = Performance {
        harrell: harrell(&scored, &rules, confidence)?,
        uno: uno(&scored, &PairRules::default(), &censoring, last, confidence)?,
        integrated_brier: brier_curve(&at, &censoring, confidence)?.integrated,
        horizons,
    };
    Ok((performance, calibrations))
}

fn at_horizon(
    asked: &Asked<'_>,
    horizon: f64,
    scored: &Scored<'_>,
    censoring: &Censoring,
) -> Result<(AtHorizon, Calibration), CareError> {
    let confidence = asked.confidence;
    let settings = CalibrationSettings {
        knots: 4,
        points: 41,
        groups: 10,
        resamples: asked.resamples,
        confidence,
    };
    let calibration = calibration(scored, horizon, &settings)?;
    let score = brier(scored, horizon, censoring, confidence)?;
    let controls = Controls::WithoutTheEvent;
    let measures = AtHorizon {
        horizon,
        expected: calibration.expected,
        observed: calibration.observed,
        ratio: calibration.ratio,
        intercept: calibration.intercept,
        slope: calibration.slope,
        ici: calibration.ici,
        auc: auc(scored, horizon, controls, 0.0, censoring, confidence)?,
        brier: score.score,
        scaled_brier: score.scaled,
    };
    Ok((measures, calibration))
}
