//! The Brier score under censoring: the squared distance of risks from what
//! happened.

use modu_statistics::Share;

use super::auc::check_ascending;
use super::estimate::standard_error;
use super::scored::check_horizon;
use super::{Censoring, Estimate, Estimated, ObservedRisk, Scale, Scored, Unmeasured};
use crate::SurvivalError;

/// The score at a horizon.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BrierScore {
    /// The mean squared distance; 0 is a prophet, 0.25 a coin.
    pub score: Estimated,
    /// One minus the score over that of everybody's observed risk for all
    /// (the index of prediction accuracy; Kattan & Gerds 2018): above 0 is
    /// better than knowing nothing of a patient.
    pub scaled: Estimated,
}

/// The score at horizons, and its average over time.
#[derive(Debug, Clone, PartialEq)]
pub struct BrierCurve {
    /// At each horizon.
    pub scores: Vec<Estimated>,
    /// The integral by the trapezoidal rule over the span of the horizons.
    pub integrated: Estimated,
}

/// A mean with the influence of each row.
#[derive(Clone)]
struct Mean {
    value: f64,
    influences: Vec<f64>,
}

/// The Brier score at a horizon (Graf et al. 1999; with competing events
/// Schoop et al. 2011): rows that had the event by then are to have risk 1,
/// those that had not (another event included) 0, each weighted by one over
/// the chance of still being seen. Risks are probabilities.
///
/// # Errors
/// A horizon that is not a time.
pub fn brier(
    scored: &Scored<'_>,
    horizon: f64,
    censoring: &Censoring,
    confidence: Share,
) -> Result<BrierScore, SurvivalError> {
    check_horizon(horizon)?;
    let score = mean(scored, horizon, censoring, |row| scored.risk[row]);
    let estimate = |mean: &Mean| {
        let error = standard_error(&mean.influences, scored.outcomes.cluster());
        Estimate::new(mean.value, error, Scale::Plain, confidence)
    };
    let observed = ObservedRisk::new(scored.outcomes, scored.cause, horizon)?;
    let scaled = observed.and_then(|observed| {
        let score = score.as_ref().map_err(|reason| *reason)?;
        let scaled = scaled(scored, horizon, censoring, score, &observed)?;
        estimate(&scaled)
    });
    let score = score.as_ref().map_err(|reason| *reason).and_then(estimate);
    Ok(BrierScore {
        score: score.into(),
        scaled: scaled.into(),
    })
}

/// The score at ascending horizons, each with its own risks, and its integral
/// (with one horizon, the score there).
///
/// # Errors
/// As [`brier`]; horizons that do not ascend, or none.
pub fn brier_curve(
    scored: &[(f64, Scored<'_>)],
    censoring: &Censoring,
    confidence: Share,
) -> Result<BrierCurve, SurvivalError> {
    check_ascending(scored.iter().map(|one| one.0))?;
    let mut means = Vec::new();
    for (horizon, scored) in scored {
        check_horizon(*horizon)?;
        means.push(mean(scored, *horizon, censoring, |row| scored.risk[row]));
    }
    let clusters = scored.first().and_then(|one| one.1.outcomes.cluster());
    let estimate = |mean: &Mean| {
        let error = standard_error(&mean.influences, clusters);
        Estimate::new(mean.value, error, Scale::Plain, confidence)
    };
    let horizons: Vec<f64> = scored.iter().map(|one| one.0).collect();
    let integrated = integrated(&means, &horizons).and_then(|mean| estimate(&mean));
    let scores = means.iter();
    let scores = scores.map(|mean| mean.as_ref().map_err(|reason| *reason).and_then(estimate));
    Ok(BrierCurve {
        scores: scores.map(Estimated::from).collect(),
        integrated: integrated.into(),
    })
}

/// By how much each row's squared distance counts, and whether it happened.
fn weight(scored: &Scored<'_>, row: usize, horizon: f64, censoring: &Censoring) -> (f64, f64) {
    let time = scored.outcomes.time()[row];
    if censoring.knows_free(scored.outcomes, row, horizon) {
        (1.0 / censoring.seen(horizon), 0.0)
    } else if scored.outcomes.event()[row].is_censored() {
        (0.0, 0.0)
    } else {
        let happened = f64::from(u8::from(scored.is_cause(row)));
        (1.0 / censoring.seen(time), happened)
    }
}

fn mean(
    scored: &Scored<'_>,
    horizon: f64,
    censoring: &Censoring,
    risk: impl Fn(usize) -> f64,
) -> Result<Mean, Unmeasured> {
    let longest = scored.outcomes.time().iter().copied().fold(0.0, f64::max);
    if longest < horizon {
        return Err(Unmeasured::BeyondFollowUp);
    }
    let total = scored.total();
    let distance = |row: usize| {
        let (weight, happened) = weight(scored, row, horizon, censoring);
        let away = happened - risk(row);
        scored.weight(row) * weight * away * away
    };
    let distances: Vec<f64> = (0..scored.len()).map(distance).collect();
    let value = distances.iter().sum::<f64>() / total;
    if !value.is_finite() {
        return Err(Unmeasured::NoneStillSeen);
    }
    let of_row = |(row, distance): (usize, &f64)| (distance - value * scored.weight(row)) / total;
    let mut influences: Vec<f64> = distances.iter().enumerate().map(of_row).collect();
    let slopes = scored.outcomes.time().iter().zip(&distances);
    let slopes = slopes.map(|(time, distance)| (time.min(horizon), -distance / total));
    censoring.add_influence(scored.outcomes, slopes, &mut influences);
    Ok(Mean { value, influences })
}

/// One minus the score over that of the observed risk.
fn scaled(
    scored: &Scored<'_>,
    horizon: f64,
    censoring: &Censoring,
    score: &Mean,
    observed: &ObservedRisk,
) -> Result<Mean, Unmeasured> {
    let risk = observed.risk();
    let null = mean(scored, horizon, censoring, |_| risk)?;
    if null.value <= 0.0 {
        return Err(Unmeasured::NoCases);
    }
    // The null score moves with the observed risk too.
    let slope = |row: usize| {
        let (weight, happened) = weight(scored, row, horizon, censoring);
        2.0 * scored.weight(row) * weight * (risk - happened)
    };
    let slope = (0..scored.len()).map(slope).sum::<f64>() / scored.total();
    let ratio = score.value / null.value;
    let rows = score.influences.iter().zip(&null.influences);
    let influences = rows
        .zip(observed.influences())
        .map(|((own, null_own), observed)| {
            (ratio * (null_own + slope * observed) - own) / null.value
        });
    Ok(Mean {
        value: 1.0 - ratio,
        influences: influences.collect(),
    })
}

fn integrated(means: &[Result<Mean, Unmeasured>], horizons: &[f64]) -> Result<Mean, Unmeasured> {
    let means: Vec<&Mean> = means
        .iter()
        .map(|mean| mean.as_ref().map_err(|reason| *reason))
        .collect::<Result<_, _>>()?;
    let [first, .., last] = horizons else {
        return means
            .first()
            .map(|mean| (*mean).clone())
            .ok_or(Unmeasured::NoCases);
    };
    let share = |place: usize| {
        let before = horizons[place.saturating_sub(1)];
        let after = horizons[(place + 1).min(horizons.len() - 1)];
        (after - before) / 2.0 / (last - first)
    };
    let mut sum = Mean {
        value: 0.0,
        influences: vec![0.0; means[0].influences.len()],
    };
    for (place, mean) in means.iter().enumerate() {
        sum.value += share(place) * mean.value;
        for (total, influence) in sum.influences.iter_mut().zip(&mean.influences) {
            *total += share(place) * influence;
        }
    }
    Ok(sum)
}
