//! The maximum of the partial likelihood, or what stands in its way.

use crate::cox::Ties;
use crate::cox::design::Design;
use crate::cox::matrix::{Factor, Matrix, dot};
use crate::cox::sweep::{Hazard, Likelihood, Sweep};

/// Most steps from the starting point.
const MAX_STEPS: u32 = 50;
/// Most times that one step is halved.
const MAX_HALVINGS: u32 = 30;
/// A column whose information is less than this share of that of a column of
/// its own, beside the others, follows from them.
const LEAST_INFORMATION: f64 = 1e-10;
/// A step so small, in standard errors times the root of the number of events,
/// is the last: the next would be its square.
pub(crate) const LAST_STEP: f64 = 1e-10;
/// A step gains so little likelihood where a column is running away ...
const LITTLE_GAIN: f64 = 1e-9;
/// ... while the linear predictor still moves so far.
const LONG_STEP: f64 = 0.1;

/// What became of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Estimated,
    Constant,
    Collinear,
    Separated,
}

/// Where the search ended, on the scaled columns.
pub(crate) struct Summit {
    /// Padded to the stride.
    pub(crate) coefficients: Vec<f64>,
    /// Of the likelihood without the penalty.
    pub(crate) log_likelihood: f64,
    /// The inverse of the information with the penalty.
    pub(crate) variance: Matrix,
    pub(crate) fates: Vec<Fate>,
    pub(crate) steps: u32,
    pub(crate) converged: bool,
    /// Of each moment.
    pub(crate) hazard: Vec<Hazard>,
}

/// Climbs from `start`; `penalty[j] / 2 * b[j]^2` is taken off the likelihood.
/// A step of at most `last` (see [`LAST_STEP`]) is the last.
pub(crate) fn climb(
    design: &Design,
    ties: Ties,
    penalty: &[f64],
    start: &[f64],
    last: f64,
) -> Summit {
    let mut climb = Climb {
        sweep: Sweep::new(design, ties),
        penalty,
        events: design.events() as f64,
    };
    let mut at = start.to_vec();
    let mut here = climb.sweep.evaluate(&at);
    if here.log == f64::NEG_INFINITY {
        at.fill(0.0);
        here = climb.sweep.evaluate(&at);
    }
    let mut fates = climb.fates(&here.information);
    let mut steps = 0;
    let mut converged = false;
    let mut factor = climb.factor(&here.information, &fates);
    while steps < MAX_STEPS {
        steps += 1;
        let score = climb.penalised_score(&here, &at);
        let step = factor.solve(&score);
        let gain = dot(&step, &score);
        if gain <= last * last * climb.events {
            // What is left of the way, without looking at its end.
            advance(&mut at, &step, 1.0);
            here.log += gain / 2.0;
            converged = true;
            break;
        }
        if gain < LITTLE_GAIN && climb.mark_runaways(&step, &mut fates) {
            converged = true;
            break;
        }
        let Some((point, there)) = climb.stride(&at, &step, &here) else {
            // No further by the precision of numbers.
            converged = gain < LITTLE_GAIN;
            here = climb.sweep.evaluate(&at);
            break;
        };
        (at, here) = (point, there);
        factor = climb.factor(&here.information, &fates);
    }
    let factor = climb.factor(&here.information, &fates);
    for (fate, kept) in fates.iter_mut().zip(factor.kept()) {
        if *fate == Fate::Estimated && !kept {
            *fate = Fate::Separated;
        }
    }
    Summit {
        log_likelihood: here.log,
        variance: factor.inverse(),
        coefficients: at,
        fates,
        steps,
        converged,
        hazard: climb.sweep.hazard,
    }
}

struct Climb<'a> {
    sweep: Sweep<'a>,
    penalty: &'a [f64],
    events: f64,
}

impl Climb<'_> {
    /// Which columns there is information about.
    fn fates(&self, information: &Matrix) -> Vec<Fate> {
        let columns = information.size();
        let least: Vec<f64> = (0..columns)
            .map(|column| (LEAST_INFORMATION * information.get(column, column)).max(0.0))
            .collect();
        let constant = |column: usize| {
            let information = information.get(column, column);
            information <= LEAST_INFORMATION * LEAST_INFORMATION.sqrt() * self.events
        };
        let kept: Vec<bool> = (0..columns).map(|column| !constant(column)).collect();
        let independent = match self.penalty.iter().any(|penalty| *penalty > 0.0) {
            // A penalty tells columns apart that the data cannot.
            true => kept.clone(),
            false => Factor::new(information, &kept, &least).kept().to_vec(),
        };
        let fates = kept.iter().zip(&independent);
        let fates = fates.map(|(varies, independent)| match (varies, independent) {
            (false, _) => Fate::Constant,
            (true, false) => Fate::Collinear,
            (true, true) => Fate::Estimated,
        });
        fates.collect()
    }

    /// Factors the information with the penalty.
    fn factor(&self, information: &Matrix, fates: &[Fate]) -> Factor {
        let mut matrix = information.clone();
        for (column, penalty) in self.penalty.iter().enumerate() {
            matrix.add(column, column, *penalty);
        }
        let kept: Vec<bool> = fates
            .iter()
            .map(|fate| matches!(fate, Fate::Estimated | Fate::Separated))
            .collect();
        Factor::new(&matrix, &kept, &vec![0.0; fates.len()])
    }

    fn penalised_score(&self, here: &Likelihood, at: &[f64]) -> Vec<f64> {
        let slope = here.score.iter().zip(self.penalty).zip(at);
        slope
            .map(|((score, penalty), at)| score - penalty * at)
            .collect()
    }

    fn objective(&self, log: f64, at: &[f64]) -> f64 {
        let penalty = self.penalty.iter().zip(at);
        log - penalty.map(|(p, at)| p * at * at / 2.0).sum::<f64>()
    }

    /// Goes a step, or as much of it as does not lose likelihood.
    fn stride(
        &mut self,
        at: &[f64],
        step: &[f64],
        here: &Likelihood,
    ) -> Option<(Vec<f64>, Likelihood)> {
        let reached = self.objective(here.log, at);
        // What rounding may take from a sum of so many logarithms.
        let slack = 1e-12 * reached.abs();
        let mut share = 1.0;
        for _ in 0..MAX_HALVINGS {
            let mut point = at.to_vec();
            advance(&mut point, step, share);
            let there = self.sweep.evaluate(&point);
            if self.objective(there.log, &point) >= reached - slack {
                return Some((point, there));
            }
            share /= 2.0;
        }
        None
    }

    /// Marks the columns that still go far though nothing is gained by it.
    fn mark_runaways(&self, step: &[f64], fates: &mut [Fate]) -> bool {
        let mut found = false;
        let scaling = &self.sweep.design.scaling;
        for ((step, scaling), fate) in step.iter().zip(scaling).zip(fates) {
            if *fate == Fate::Estimated && step.abs() * scaling.range > LONG_STEP {
                *fate = Fate::Separated;
                found = true;
            }
        }
        found
    }
}

fn advance(at: &mut [f64], step: &[f64], share: f64) {
    for (at, step) in at.iter_mut().zip(step) {
        *at += share * step;
    }
}
