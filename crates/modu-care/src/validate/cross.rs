//! Recalibrated risks of people that the recalibration has not seen.
//!
//! A model that is moved on the very people it is judged on looks right by
//! construction. So every fifth person is set aside in turn: the others move
//! the model, and it tells that person's risk.

use modu_survival::measure::Scored;
use modu_survival::recalibrate::{Recalibration, Update};
use modu_survival::{EventCode, Outcomes};

use crate::CareError;
use crate::model::some;

/// Parts that people are put in, by their number.
const PARTS: u32 = 5;

/// A recalibration, and the risks by horizon that people have from others'.
pub(super) struct Crossed {
    pub(super) by: Recalibration,
    pub(super) risks: Vec<Vec<f64>>,
}

/// The recalibration of all rows, and the risks by horizon that each person
/// has from the other parts'. None where it cannot be fitted.
pub(super) fn recalibrate(
    outcomes: &Outcomes,
    person: &[u32],
    horizons: &[f64],
    risks: &[Vec<f64>],
    update: Update,
) -> Result<Option<Crossed>, CareError> {
    let everyone: Vec<u32> = (0..outcomes.len() as u32).collect();
    let Some(whole) = fit(outcomes, &everyone, person, horizons, risks, update)? else {
        return Ok(None);
    };
    let mut moved = risks.to_vec();
    for part in 0..PARTS {
        let inside = |row: &&u32| person[**row as usize] % PARTS == part;
        let (own, others): (Vec<&u32>, Vec<&u32>) = everyone.iter().partition(inside);
        let others: Vec<u32> = others.into_iter().copied().collect();
        if own.is_empty() {
            continue;
        }
        if others.is_empty() {
            return Ok(None);
        }
        let Some(found) = fit(outcomes, &others, person, horizons, risks, update)? else {
            return Ok(None);
        };
        for (horizon, moved) in moved.iter_mut().enumerate() {
            for row in &own {
                let row = **row as usize;
                moved[row] = found.risk(horizon, risks[horizon][row]);
            }
        }
    }
    Ok(Some(Crossed {
        by: whole,
        risks: moved,
    }))
}

fn fit(
    outcomes: &Outcomes,
    rows: &[u32],
    person: &[u32],
    horizons: &[f64],
    risks: &[Vec<f64>],
    update: Update,
) -> Result<Option<Recalibration>, CareError> {
    let people = rows.iter().map(|row| person[*row as usize]).collect();
    let part = some(outcomes, rows)?.with_clusters(people)?;
    let of_rows = |risks: &Vec<f64>| rows.iter().map(|row| risks[*row as usize]).collect();
    let risks: Vec<Vec<f64>> = risks.iter().map(of_rows).collect();
    let at = horizons.iter().zip(&risks);
    let at = at.map(|(horizon, risk)| Ok((*horizon, Scored::new(&part, EventCode::EVENT, risk)?)));
    let at = at.collect::<Result<Vec<_>, CareError>>()?;
    Ok(Recalibration::fit(&at, update)?.ok())
}
