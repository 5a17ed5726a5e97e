//! Decision curves: is it better to treat those above a risk than all or none?

use modu_statistics::Share;

use super::estimate::standard_error;
use super::{Estimate, Estimated, ObservedRisk, Scale, Scored, Unmeasured};
use crate::{Outcomes, SurvivalError};

/// The net benefit of treating those above a threshold of risk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecisionPoint {
    /// The threshold: whoever treats at risk `p` takes `(1 - p) / p` needless
    /// treatments for one that is needed.
    pub threshold: f64,
    /// Rows at or above it.
    pub above: u64,
    /// Those rightly treated minus those needlessly, weighted by the odds of
    /// the threshold, in a share of all rows.
    pub model: Estimated,
    /// The same where all are treated. Where none are, it is 0.
    pub all: Estimated,
    /// The first minus the larger of the second and 0, with its interval.
    pub gain: Estimated,
}

/// A net benefit with the influence of each row.
struct Benefit {
    value: f64,
    influences: Vec<f64>,
}

/// The decision curve at a horizon (Vickers & Elkin 2006; Vickers et al. 2008
/// for censored outcomes): the share that had the event among those above a
/// threshold is [`ObservedRisk`], with competing events too. Risks are
/// probabilities. Cost: a sort for each threshold.
///
/// # Errors
/// A horizon that is not a time, or a threshold that is not above 0 and below
/// 1.
pub fn net_benefit(
    scored: &Scored<'_>,
    horizon: f64,
    thresholds: &[f64],
    confidence: Share,
) -> Result<Vec<DecisionPoint>, SurvivalError> {
    let mut points = Vec::with_capacity(thresholds.len());
    for threshold in thresholds {
        if !(*threshold > 0.0 && *threshold < 1.0) {
            return Err(SurvivalError::Setting {
                what: "a threshold of risk",
                found: threshold.to_string(),
                range: "above 0 and below 1",
            });
        }
        points.push(point(scored, horizon, *threshold, confidence)?);
    }
    Ok(points)
}

fn point(
    scored: &Scored<'_>,
    horizon: f64,
    threshold: f64,
    confidence: Share,
) -> Result<DecisionPoint, SurvivalError> {
    let treated = |row: &usize| scored.risk[*row] >= threshold;
    let above: Vec<usize> = (0..scored.len()).filter(treated).collect();
    let everyone: Vec<usize> = (0..scored.len()).collect();
    let model = benefit(scored, horizon, threshold, &above)?;
    let all = benefit(scored, horizon, threshold, &everyone)?;
    let cluster = scored.outcomes.cluster();
    let estimate = |benefit: &Benefit| {
        let error = standard_error(&benefit.influences, cluster);
        Estimate::new(benefit.value, error, Scale::Plain, confidence)
    };
    let gain = match (&model, &all) {
        (Ok(model), Ok(all)) => estimate(&model.over(all)),
        (Err(reason), _) | (_, Err(reason)) => Err(*reason),
    };
    let of = |benefit: &Result<Benefit, Unmeasured>| -> Estimated {
        benefit
            .as_ref()
            .map_err(|reason| *reason)
            .and_then(estimate)
            .into()
    };
    Ok(DecisionPoint {
        threshold,
        above: above.len() as u64,
        model: of(&model),
        all: of(&all),
        gain: gain.into(),
    })
}

impl Benefit {
    /// This minus another, or minus treating none where that is better.
    fn over(&self, all: &Self) -> Self {
        if all.value <= 0.0 {
            return Self {
                value: self.value,
                influences: self.influences.clone(),
            };
        }
        let rows = self.influences.iter().zip(&all.influences);
        Self {
            value: self.value - all.value,
            influences: rows.map(|(model, all)| model - all).collect(),
        }
    }
}

/// The net benefit of treating some rows: of their share `q` with observed
/// risk `F`, `q (F - (1 - F) odds)`.
fn benefit(
    scored: &Scored<'_>,
    horizon: f64,
    threshold: f64,
    treated: &[usize],
) -> Result<Result<Benefit, Unmeasured>, SurvivalError> {
    let total = scored.total();
    let odds = threshold / (1.0 - threshold);
    let mut influences = vec![0.0; scored.len()];
    if treated.is_empty() {
        let value = 0.0;
        return Ok(Ok(Benefit { value, influences }));
    }
    let part = part(scored.outcomes, treated)?;
    let observed = match ObservedRisk::new(&part, scored.cause, horizon)? {
        Ok(observed) => observed,
        Err(reason) => return Ok(Err(reason)),
    };
    let share = treated.iter().map(|row| scored.weight(*row)).sum::<f64>() / total;
    let each = observed.risk() - (1.0 - observed.risk()) * odds;
    let value = share * each;
    for (row, influence) in influences.iter_mut().enumerate() {
        *influence = -value * scored.weight(row) / total;
    }
    for (row, own) in treated.iter().zip(observed.influences()) {
        influences[*row] += each * scored.weight(*row) / total + share * (1.0 + odds) * own;
    }
    Ok(Ok(Benefit { value, influences }))
}

/// Some of the rows, with their weights.
pub(crate) fn part(outcomes: &Outcomes, rows: &[usize]) -> Result<Outcomes, SurvivalError> {
    let time = rows.iter().map(|row| outcomes.time()[*row]).collect();
    let event = rows.iter().map(|row| outcomes.event()[*row]).collect();
    let part = Outcomes::new(time, event)?;
    match outcomes.weight() {
        None => Ok(part),
        Some(weight) => part.with_weights(rows.iter().map(|row| weight[*row]).collect()),
    }
}
