//! What a model leaves unexplained, row by row and event by event.

use crate::cox::design::Design;
use crate::cox::detail::{Detail, scaled};
use crate::cox::matrix::Matrix;
use crate::cox::model::CoxModel;
use crate::outcome::check_length;
use crate::{Covariates, Outcomes, SurvivalError};

/// Residuals of a model on rows: those that it was fitted to, or others.
#[derive(Debug, Clone, PartialEq)]
pub struct Residuals {
    /// Events less those expected of each row until it left.
    pub martingale: Vec<f64>,
    /// The same, spread evenly about zero: the signed root of twice what the
    /// row lacks of its best likelihood (Therneau, Grambsch & Fleming,
    /// Biometrika 77, 1990).
    pub deviance: Vec<f64>,
    /// For each column, how each row pulls at its coefficient: the row's part
    /// of the likelihood's slope, unweighted.
    pub score: Vec<Vec<f64>>,
    /// One row for each event.
    pub schoenfeld: Schoenfeld,
}

/// The covariates of each event less their mean in its risk set (Schoenfeld,
/// Biometrika 69, 1982), by stratum and ascending time.
#[derive(Debug, Clone, PartialEq)]
pub struct Schoenfeld {
    /// The row that had the event.
    pub row: Vec<u32>,
    /// When.
    pub time: Vec<f64>,
    /// For each column, the residual of each event.
    pub residual: Vec<Vec<f64>>,
    /// For each column, the same times the variance of the coefficients times
    /// the number of events, plus the coefficient: an estimate of what the
    /// coefficient is at that time (Grambsch & Therneau, Biometrika 81, 1994).
    pub scaled: Vec<Vec<f64>>,
}

/// The residuals of a model. Time: a sort of the rows and a few passes.
///
/// # Errors
/// A table with other columns or rows, and no row with the model's event.
pub fn residuals(
    model: &CoxModel,
    outcomes: &Outcomes,
    covariates: &Covariates,
) -> Result<Residuals, SurvivalError> {
    let columns = model.names.len();
    check_length(
        "the table, by columns,",
        covariates.columns().len(),
        columns,
    )?;
    let design = Design::new(outcomes, covariates, model.event)?;
    let coefficients = scaled(&design, &model.coefficients);
    let detail = Detail::new(&design, model.ties, &coefficients);
    let rows = design.rows();
    let (mut martingale, mut deviance) = (vec![0.0; rows], vec![0.0; rows]);
    // The coefficients are on the scale of the columns about their centres
    // here, and so are the risks; the hazard is estimated anew on these rows.
    for place in 0..rows {
        let weight = design.weight(place);
        let died = f64::from(design.dies[place]);
        let left = died - detail.sweep.expected[place] / weight;
        martingale[design.order[place] as usize] = left;
        deviance[design.order[place] as usize] = deviance_of(left, died);
    }
    let mut score = vec![vec![0.0; rows]; columns];
    detail.scores(|place, values| {
        let row = design.order[place] as usize;
        for ((score, value), scaling) in score.iter_mut().zip(values).zip(&design.scaling) {
            score[row] = value * scaling.scale;
        }
    });
    Ok(Residuals {
        martingale,
        deviance,
        score,
        schoenfeld: schoenfeld(model, &detail),
    })
}

fn deviance_of(left: f64, died: f64) -> f64 {
    let expected = died - left;
    let lost = if died > 0.0 && expected > 0.0 {
        left + libm::log(expected)
    } else {
        left
    };
    (-2.0 * lost).max(0.0).sqrt().copysign(left)
}

fn schoenfeld(model: &CoxModel, detail: &Detail<'_>) -> Schoenfeld {
    let design = detail.sweep.design;
    let columns = design.columns;
    let (mut row, mut time) = (Vec::new(), Vec::new());
    let mut residual = vec![Vec::new(); columns];
    for stratum in &design.strata {
        for number in stratum.moments.clone().rev() {
            let moment = &design.moments[number];
            let mean = detail.of(&detail.mean, number);
            for place in moment.tied().filter(|place| design.dies[*place]) {
                row.push(design.order[place]);
                time.push(moment.time);
                for (column, residual) in residual.iter_mut().enumerate() {
                    let scale = design.scaling[column].scale;
                    residual.push((design.row(place)[column] - mean[column]) * scale);
                }
            }
        }
    }
    let variance = Matrix::from_fn(columns, |a, b| model.variance[a][b]);
    let scaled = (0..columns).map(|column| {
        let terms = (0..columns).map(|other| (variance.get(column, other), &residual[other]));
        let mut scaled = vec![model.coefficients[column]; row.len()];
        for (variance, residual) in terms {
            for (scaled, residual) in scaled.iter_mut().zip(residual) {
                *scaled += row.len() as f64 * variance * residual;
            }
        }
        scaled
    });
    Schoenfeld {
        scaled: scaled.collect(),
        row,
        time,
        residual,
    }
}
