//! Which columns matter: the coefficients along a path of penalties.
//!
//! The elastic net takes `rows * penalty * (mix sum|b| + (1 - mix) / 2 sum b^2)`
//! off the log-likelihood, with columns scaled to a standard deviation of one
//! (Simon, Friedman, Hastie & Tibshirani, Journal of Statistical Software 39(5),
//! 2011, whose scaling is that of `glmnet` in R). At a large penalty all
//! coefficients are zero; as it falls, columns come in.
//!
//! At each penalty the likelihood is replaced by its parabola, whose penalised
//! maximum coordinate descent finds without looking at a row again. The
//! parabola of the last penalty serves the next, so most cost one or two passes
//! over the rows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cox::Ties;
use crate::cox::design::Design;
use crate::cox::matrix::Matrix;
use crate::cox::sweep::{Likelihood, Sweep};
use crate::{Covariates, EventCode, Outcomes, SurvivalError};

/// Most penalties of one path.
pub const MAX_PENALTIES: usize = 1_000;
/// Most passes over the rows for one penalty.
const MAX_PASSES: u32 = 50;
/// Most rounds of coordinate descent on one parabola.
const MAX_ROUNDS: u32 = 10_000;
/// Where a step would gain less than this for each event, it is the last: the
/// next would gain about its square.
const LAST_GAIN: f64 = 1e-11;
/// The path ends where a penalty explains less than this share more.
const LITTLE_MORE: f64 = 1e-5;

/// How a path is laid.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PathOptions {
    /// The event that is modelled.
    pub event: EventCode,
    /// What is done with ties; `glmnet` knows Breslow's only.
    pub ties: Ties,
    /// Share of the penalty that is on absolute values, above 0 and up to 1: 1
    /// is the lasso.
    pub mix: f64,
    /// How many penalties, from the least at which all coefficients are zero,
    /// at even ratios; from 2 to [`MAX_PENALTIES`].
    pub penalties: usize,
    /// The last over the first, between 0 and 1.
    pub least: f64,
}

impl Default for PathOptions {
    fn default() -> Self {
        Self {
            event: EventCode::EVENT,
            ties: Ties::Efron,
            mix: 1.0,
            penalties: 100,
            least: 1e-4,
        }
    }
}

/// The coefficients at one penalty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PathPoint {
    /// The penalty.
    pub penalty: f64,
    /// One for each column, in its units.
    pub coefficients: Vec<f64>,
    /// Logarithm of the partial likelihood, without the penalty.
    pub log_likelihood: f64,
}

/// Lays the path. It ends before the last penalty where one explains less than
/// a share of 1e-5 more than the one before.
///
/// # Errors
/// Covariates of another length than the outcomes, no row with the event, and
/// options out of their range.
pub fn path(
    outcomes: &Outcomes,
    covariates: &Covariates,
    options: &PathOptions,
) -> Result<Vec<PathPoint>, SurvivalError> {
    options.check()?;
    let design = Design::new(outcomes, covariates, options.event)?;
    let mut descent = Descent::new(&design, options);
    let first = descent.first_penalty();
    let ratio = libm::log(options.least) / (options.penalties - 1) as f64;
    let null = descent.here.log;
    let mut points: Vec<PathPoint> = Vec::new();
    for place in 0..options.penalties {
        let point = descent.at_penalty(first * libm::exp(ratio * place as f64));
        let more = points
            .last()
            .map(|last| point.log_likelihood - last.log_likelihood);
        let explained = point.log_likelihood - null;
        points.push(point);
        // The first few may be flat for want of columns that have come in.
        if place >= 5 && more.is_some_and(|more| more < LITTLE_MORE * explained) {
            break;
        }
    }
    Ok(points)
}

/// The path at these penalties, falling, to the last of them.
///
/// # Errors
/// As [`path`].
pub(super) fn path_at(
    outcomes: &Outcomes,
    covariates: &Covariates,
    options: &PathOptions,
    penalties: &[f64],
) -> Result<Vec<PathPoint>, SurvivalError> {
    options.check()?;
    let design = Design::new(outcomes, covariates, options.event)?;
    let mut descent = Descent::new(&design, options);
    let points = penalties.iter().map(|penalty| descent.at_penalty(*penalty));
    Ok(points.collect())
}

impl PathOptions {
    fn check(&self) -> Result<(), SurvivalError> {
        let setting =
            |what, found: String, range| Err(SurvivalError::Setting { what, found, range });
        if !(self.mix > 0.0 && self.mix <= 1.0) {
            return setting("the mix", self.mix.to_string(), "above 0 and at most 1");
        }
        if !(self.least > 0.0 && self.least < 1.0) {
            return setting(
                "the least penalty",
                self.least.to_string(),
                "between 0 and 1",
            );
        }
        if !(2..=MAX_PENALTIES).contains(&self.penalties) {
            return setting(
                "the penalties",
                self.penalties.to_string(),
                "from 2 to 1000",
            );
        }
        Ok(())
    }
}

/// The search along a path.
struct Descent<'a> {
    sweep: Sweep<'a>,
    mix: f64,
    rows: f64,
    events: f64,
    /// Which columns there is information about.
    varies: Vec<bool>,
    /// Where the parabola was taken.
    at: Vec<f64>,
    here: Likelihood,
    /// Its penalised maximum.
    best: Vec<f64>,
    log: f64,
}

impl<'a> Descent<'a> {
    fn new(design: &'a Design, options: &PathOptions) -> Self {
        let mut sweep = Sweep::new(design, options.ties);
        let at = vec![0.0; design.stride];
        let here = sweep.evaluate(&at);
        let events = design.events() as f64;
        let varies = |column| here.information.get(column, column) > 1e-12 * events;
        Self {
            varies: (0..design.columns).map(varies).collect(),
            mix: options.mix,
            rows: design.rows() as f64,
            events,
            best: at.clone(),
            log: here.log,
            sweep,
            at,
            here,
        }
    }

    /// The least penalty at which all coefficients are zero.
    fn first_penalty(&self) -> f64 {
        let steepest = self.here.score.iter().zip(&self.varies);
        let steepest = steepest
            .filter(|(_, varies)| **varies)
            .fold(0.0, |most: f64, (score, _)| most.max(score.abs()));
        steepest / (self.rows * self.mix)
    }

    fn at_penalty(&mut self, penalty: f64) -> PathPoint {
        self.settle(penalty);
        self.point(penalty)
    }

    /// Goes to the maximum at a penalty.
    fn settle(&mut self, penalty: f64) {
        let mut objective = self.objective(self.here.log, &self.at, penalty);
        for _ in 0..MAX_PASSES {
            self.descend(penalty);
            let (gain, rise) = self.promised();
            if gain <= LAST_GAIN * self.events {
                self.log = self.here.log + rise;
                return;
            }
            let mut share = 1.0;
            loop {
                let point = between(&self.at, &self.best, share);
                let there = self.sweep.evaluate(&point);
                let reached = self.objective(there.log, &point, penalty);
                if reached >= objective - 1e-12 * objective.abs() || share < 1e-6 {
                    (self.at, self.here, objective) = (point, there, reached);
                    break;
                }
                share /= 2.0;
            }
        }
        self.best.clone_from(&self.at);
        self.log = self.here.log;
    }

    /// Half the curvature along the step, and what the parabola gains by it.
    fn promised(&self) -> (f64, f64) {
        let columns = self.varies.len();
        let step: Vec<f64> = (0..columns).map(|j| self.best[j] - self.at[j]).collect();
        let mut curved = 0.0;
        let mut slope = 0.0;
        for (a, step_a) in step.iter().enumerate() {
            slope += step_a * self.here.score[a];
            for (b, step_b) in step.iter().enumerate() {
                curved += step_a * step_b * self.here.information.get(a, b);
            }
        }
        (curved / 2.0, slope - curved / 2.0)
    }

    /// The penalised maximum of the parabola, from the last one on.
    fn descend(&mut self, penalty: f64) {
        let (lasso, ridge) = (
            self.rows * penalty * self.mix,
            self.rows * penalty * (1.0 - self.mix),
        );
        let information: &Matrix = &self.here.information;
        let columns = self.varies.len();
        // The parabola's slope at the best point so far.
        let mut slope: Vec<f64> = (0..columns)
            .map(|a| {
                let moved =
                    (0..columns).map(|b| information.get(a, b) * (self.best[b] - self.at[b]));
                self.here.score[a] - moved.sum::<f64>()
            })
            .collect();
        for _ in 0..MAX_ROUNDS {
            let mut most = 0.0_f64;
            for column in (0..columns).filter(|column| self.varies[*column]) {
                let curvature = information.get(column, column).max(0.0);
                let old = self.best[column];
                let pull = slope[column] + curvature * old;
                let soft = (pull.abs() - lasso).max(0.0).copysign(pull);
                let new = soft / (curvature + ridge).max(f64::MIN_POSITIVE);
                let change = new - old;
                if change != 0.0 {
                    self.best[column] = new;
                    for (other, slope) in slope.iter_mut().enumerate() {
                        *slope -= information.get(column, other) * change;
                    }
                    most = most.max(curvature * change * change);
                }
            }
            if most <= 1e-22 * self.events {
                break;
            }
        }
    }

    fn objective(&self, log: f64, at: &[f64], penalty: f64) -> f64 {
        let taken = at
            .iter()
            .map(|b| self.mix * b.abs() + (1.0 - self.mix) / 2.0 * b * b);
        log - self.rows * penalty * taken.sum::<f64>()
    }

    fn point(&self, penalty: f64) -> PathPoint {
        let scaling = &self.sweep.design.scaling;
        let coefficients = self.best.iter().zip(scaling);
        PathPoint {
            penalty,
            coefficients: coefficients
                .map(|(coefficient, scaling)| coefficient / scaling.scale)
                .collect(),
            log_likelihood: self.log,
        }
    }
}

fn between(from: &[f64], to: &[f64], share: f64) -> Vec<f64> {
    if share >= 1.0 {
        return to.to_vec();
    }
    let points = from.iter().zip(to);
    points
        .map(|(from, to)| from + share * (to - from))
        .collect()
}
