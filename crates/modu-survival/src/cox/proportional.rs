//! Whether hazards are proportional: does a coefficient change with time?
//!
//! A column is entered once more, multiplied with a function `g` of time, and
//! the score test asks whether its coefficient is zero (Grambsch & Therneau,
//! Biometrika 81, 1994; in full, as R's `cox.zph` since 3.0, not by the
//! approximation that one variance serves all times). With `V` the variance of
//! the columns in each risk set, the slope is the sum of `g (x - mean)` over
//! events, and its variance the sum of `g^2 V` less what the coefficients
//! themselves explain: `sum(g V) (sum V)^-1 sum(g V)`.

use modu_statistics::Finite;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::chi_square::upper_tail;
use crate::cox::design::Design;
use crate::cox::detail::scaled;
use crate::cox::kernel::Squares;
use crate::cox::matrix::{Factor, Matrix, dot};
use crate::cox::model::CoxModel;
use crate::cox::sweep::{Means, Sweep};
use crate::estimator::kaplan_meier;
use crate::outcome::check_length;
use crate::{Covariates, Outcomes, SurvivalError};

/// On which scale a coefficient is asked to change evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeScale {
    /// One minus the Kaplan-Meier share just before: each event is about one
    /// step. R's default; long times with few rows do not weigh too much.
    #[default]
    KaplanMeier,
    /// Time as it is.
    Identity,
    /// The logarithm of time.
    Log,
}

/// The test of one column, or of all together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProportionalTest {
    /// Chi-square statistic.
    pub chi_square: Finite,
    /// Its degrees of freedom; 0 where there was nothing to test.
    pub degrees: u32,
    /// How often as much would be seen were hazards proportional.
    pub p_value: Finite,
}

/// The tests of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProportionalHazards {
    /// The scale of time.
    pub scale: TimeScale,
    /// The test of each column.
    pub columns: Vec<ProportionalTest>,
    /// The test of all columns at once.
    pub all: ProportionalTest,
}

/// Tests whether the hazards of a model are proportional, on the rows that it
/// was fitted to. Time: a sort of the rows and a few passes.
///
/// # Errors
/// A table with other columns or rows, no row with the model's event, and the
/// logarithmic scale where an event is at time 0.
pub fn proportional_hazards(
    model: &CoxModel,
    outcomes: &Outcomes,
    covariates: &Covariates,
    scale: TimeScale,
) -> Result<ProportionalHazards, SurvivalError> {
    let columns = covariates.columns().len();
    check_length("the table, by columns,", columns, model.names.len())?;
    let design = Design::new(outcomes, covariates, model.event)?;
    let g = stretched(&design, outcomes, model, scale)?;
    let moments = Moments::of(&design, model, &g);
    Ok(moments.tests(scale))
}

/// `g` at each moment, about its mean over events.
fn stretched(
    design: &Design,
    outcomes: &Outcomes,
    model: &CoxModel,
    scale: TimeScale,
) -> Result<Vec<f64>, SurvivalError> {
    let time = || design.moments.iter().map(|moment| moment.time);
    let mut g: Vec<f64> = match scale {
        TimeScale::Identity => time().collect(),
        TimeScale::Log => {
            if time().any(|time| time <= 0.0) {
                return Err(SurvivalError::Setting {
                    what: "the time of an event",
                    found: "0".to_owned(),
                    range: "above 0 for the logarithmic scale",
                });
            }
            time().map(libm::log).collect()
        }
        TimeScale::KaplanMeier => {
            let curve = &kaplan_meier(&outcomes.unweighted_whole(), model.event)?[0];
            let before = |time: f64| match curve.table.time.partition_point(|step| *step < time) {
                0 => 0.0,
                steps => 1.0 - curve.survival[steps - 1],
            };
            time().map(before).collect()
        }
    };
    let (mut sum, mut events) = (0.0, 0.0);
    for (g, moment) in g.iter().zip(&design.moments) {
        sum += g * f64::from(moment.deaths);
        events += f64::from(moment.deaths);
    }
    for g in &mut g {
        *g -= sum / events;
    }
    Ok(g)
}

/// Sums over events of `V`, `g V`, `g^2 V`, and of `g (x - mean)`.
struct Moments {
    plain: Matrix,
    first: Matrix,
    second: Matrix,
    slope: Vec<f64>,
    kept: Vec<bool>,
}

impl Moments {
    fn of(design: &Design, model: &CoxModel, g: &[f64]) -> Self {
        let mut sweep = Sweep::new(design, model.ties);
        let mut means = [0, 1, 2].map(|_| Means::new(design.stride));
        sweep.back_in_time(&scaled(design, &model.coefficients), &mut |comparison| {
            let g = g[comparison.moment];
            for (means, times) in means.iter_mut().zip([1.0, g, g * g]) {
                means.push_times(comparison, times);
            }
        });
        for means in &mut means {
            means.flush();
        }
        let mut slope: Vec<f64> = means[1].sum.iter().map(|sum| -sum).collect();
        for (moment, g) in design.moments.iter().zip(g) {
            for place in moment.tied().filter(|place| design.dies[*place]) {
                let weight = design.weight(place);
                for (slope, value) in slope.iter_mut().zip(design.row(place)) {
                    *slope += weight * g * value;
                }
            }
        }
        slope.truncate(design.columns);
        let [plain, first, second] = [0, 1, 2].map(|power| {
            sweep.expect(|moment| [1.0, g[moment], g[moment] * g[moment]][power]);
            let mut squares = Squares::new(design.stride);
            squares.add(&design.values, &sweep.expected);
            let means = &means[power].squares;
            Matrix::from_fn(design.columns, |a, b| squares.get(a, b) - means.get(a, b))
        });
        let kept = (0..design.columns).map(|column| model.variance[column][column] > 0.0);
        Self {
            kept: kept.collect(),
            plain,
            first,
            second,
            slope,
        }
    }

    fn tests(&self, scale: TimeScale) -> ProportionalHazards {
        let size = self.slope.len();
        let factor = Factor::new(&self.plain, &self.kept, &vec![0.0; size]);
        let explained: Vec<Vec<f64>> = (0..size)
            .map(|column| {
                let right: Vec<f64> = (0..size).map(|row| self.first.get(row, column)).collect();
                factor.solve(&right)
            })
            .collect();
        let left = Matrix::from_fn(size, |a, b| {
            let of_a: Vec<f64> = (0..size).map(|row| self.first.get(row, a)).collect();
            self.second.get(a, b) - dot(&of_a, &explained[b])
        });
        let least: Vec<f64> = (0..size)
            .map(|column| 1e-10 * self.second.get(column, column).max(0.0))
            .collect();
        let columns = (0..size).map(|column| {
            let variance = left.get(column, column);
            if self.kept[column] && variance > least[column] {
                test(self.slope[column] * self.slope[column] / variance, 1)
            } else {
                test(0.0, 0)
            }
        });
        let whole = Factor::new(&left, &self.kept, &least);
        let degrees = whole.kept().iter().filter(|kept| **kept).count();
        let chi_square = dot(&whole.solve(&self.slope), &self.slope);
        ProportionalHazards {
            scale,
            columns: columns.collect(),
            all: test(chi_square, degrees as u32),
        }
    }
}

fn test(chi_square: f64, degrees: u32) -> ProportionalTest {
    let finite = |value: f64| Finite::new(value).unwrap_or(Finite::ZERO);
    ProportionalTest {
        chi_square: finite(chi_square),
        degrees,
        p_value: finite(upper_tail(chi_square, degrees)),
    }
}
