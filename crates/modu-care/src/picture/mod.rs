//! What measures look like: calibration curves, decision curves, and the
//! course of risk groups, as SVG.
//!
//! A number says how far a curve is from where it should be; a picture says
//! where. The three pictures here stand in the reports of models and of their
//! validation. They hold nothing of single people: curves stand at fixed steps,
//! and groups of fewer than five are not drawn.

mod course;
mod draw;
mod frame;

use modu_survival::EventCode;
use modu_survival::measure::{
    Calibration, DecisionPoint, Estimated, ObservedRisk, Scored, net_benefit,
};

use crate::CareError;
use crate::model::{Asked, ModelDocument};
use crate::privacy::SMALLEST_CELL;

pub(crate) use course::{Point, mean_number, shares};
pub(crate) use draw::{calibration, decision, groups};
pub(crate) use frame::STYLE;

/// Points of a group's course.
const STEPS: u32 = 60;

/// What is drawn.
pub(crate) struct Pictures {
    /// At each horizon.
    pub(crate) horizons: Vec<AtHorizon>,
    /// Low, middle and high risk.
    pub(crate) groups: Vec<Group>,
}

/// What is drawn of a horizon.
pub(crate) struct AtHorizon {
    pub(crate) horizon: f64,
    pub(crate) calibration: Calibration,
    pub(crate) decisions: Vec<DecisionPoint>,
}

/// Patients between two limits of risk.
pub(crate) struct Group {
    /// Days and the observed risk by then; none of fewer than five rows.
    pub(crate) course: Vec<(f64, Estimated)>,
    /// Days and the mean predicted risk by then.
    pub(crate) predicted: Vec<(f64, f64)>,
}

impl Pictures {
    pub(crate) fn new(
        asked: &Asked<'_>,
        model: &ModelDocument,
        calibrations: &[Calibration],
    ) -> Result<Self, CareError> {
        let rows = asked.horizons.iter().zip(asked.risks).zip(calibrations);
        let horizons = rows.map(|((horizon, risk), calibration)| {
            let scored = Scored::probabilities(asked.outcomes, EventCode::EVENT, risk)?;
            let thresholds = thresholds(risk);
            Ok(AtHorizon {
                horizon: *horizon,
                calibration: calibration.clone(),
                decisions: net_benefit(&scored, *horizon, &thresholds, asked.confidence)?,
            })
        });
        Ok(Self {
            horizons: horizons.collect::<Result<_, CareError>>()?,
            groups: courses(asked, model)?,
        })
    }
}

/// Every hundredth or so, up to where a twentieth of the rows lie above.
fn thresholds(risk: &[f64]) -> Vec<f64> {
    let mut sorted = risk.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let most = sorted[sorted.len() * 19 / 20].clamp(0.05, 0.95);
    (1..=40).map(|step| f64::from(step) / 40.0 * most).collect()
}

fn courses(asked: &Asked<'_>, model: &ModelDocument) -> Result<Vec<Group>, CareError> {
    let last = asked.horizons.last().copied().unwrap_or(0.0);
    let group_of = |linear: f64| model.risk_groups.partition_point(|limit| *limit <= linear);
    let mut groups = Vec::new();
    for group in 0..=model.risk_groups.len() {
        let places = asked.linear.iter().enumerate();
        let rows: Vec<usize> = places
            .filter(|(_, linear)| group_of(**linear) == group)
            .map(|(row, _)| row)
            .collect();
        let told = rows.len() as u64 >= SMALLEST_CELL;
        groups.push(Group {
            course: match told {
                true => course(asked, &rows, last)?,
                false => Vec::new(),
            },
            predicted: match told {
                true => predicted(asked, &rows),
                false => Vec::new(),
            },
        });
    }
    Ok(groups)
}

fn course(
    asked: &Asked<'_>,
    rows: &[usize],
    last: f64,
) -> Result<Vec<(f64, Estimated)>, CareError> {
    let rows: Vec<u32> = rows.iter().map(|row| *row as u32).collect();
    let part = crate::model::some(asked.outcomes, &rows)?;
    let mut course = Vec::new();
    for step in 1..=STEPS {
        let time = last * f64::from(step) / f64::from(STEPS);
        let estimate = match ObservedRisk::new(&part, EventCode::EVENT, time)? {
            Ok(observed) => observed.estimated(&part, asked.confidence),
            Err(reason) => Estimated::Undefined(reason),
        };
        course.push((time, estimate));
    }
    Ok(course)
}

fn predicted(asked: &Asked<'_>, rows: &[usize]) -> Vec<(f64, f64)> {
    let horizons = asked.horizons.iter().zip(asked.risks);
    let mean = |risks: &[f64]| rows.iter().map(|row| risks[*row]).sum::<f64>() / rows.len() as f64;
    horizons
        .map(|(horizon, risks)| (*horizon, mean(risks)))
        .collect()
}
