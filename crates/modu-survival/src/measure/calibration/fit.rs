//! Regression of pseudo-observations on the complementary log-log scale.

use super::super::{Scored, Unmeasured};

/// Risks are held within so much of 0 and 1 before they are transformed.
const CLIP: f64 = 1e-9;
/// The most steps of a fit.
const STEPS: u32 = 200;
/// A fit has converged when no coefficient moves by more than this, relative
/// to one plus its size.
const TOLERANCE: f64 = 1e-10;

/// `log(-log(1 - p))`.
pub(crate) fn complementary(risk: f64) -> f64 {
    libm::log(-libm::log1p(-risk.clamp(CLIP, 1.0 - CLIP)))
}

/// `1 - exp(-exp(x))`, the way back.
pub(crate) fn back(link: f64) -> f64 {
    -libm::expm1(-libm::exp(link))
}

/// A least-squares fit of `1 - exp(-exp(offset + a + b x ...))` to numbers,
/// which is the generalised estimating equation with constant variance.
pub(crate) struct Fit {
    /// The intercept, then one for each column.
    pub(crate) coefficients: Vec<f64>,
    /// Their robust covariance: rows of a cluster together.
    pub(crate) covariance: Vec<Vec<f64>>,
}

/// The equations at a point: `D'D`, `D'(y - mu)` and the sum of squares.
struct Equations {
    information: Vec<Vec<f64>>,
    score: Vec<f64>,
    squares: f64,
}

/// Numbers and what they are regressed on.
#[derive(Clone, Copy)]
pub(crate) struct Regression<'a> {
    /// How much each row counts; `None` is once.
    pub(crate) weight: Option<&'a [f64]>,
    /// What rows belong together by.
    pub(crate) cluster: Option<&'a [u32]>,
    /// Beside the intercept.
    pub(crate) columns: &'a [&'a [f64]],
    /// What is added as it is.
    pub(crate) offset: Option<&'a [f64]>,
    /// The numbers.
    pub(crate) observed: &'a [f64],
}

impl<'a> Regression<'a> {
    /// One row for each of the rows that are measured.
    pub(super) fn of(
        scored: &Scored<'a>,
        columns: &'a [&'a [f64]],
        offset: Option<&'a [f64]>,
        observed: &'a [f64],
    ) -> Self {
        Self {
            weight: scored.outcomes.weight(),
            cluster: scored.outcomes.cluster(),
            columns,
            offset,
            observed,
        }
    }
}

impl Fit {
    /// Gauss-Newton steps, halved while the sum of squares grows.
    pub(crate) fn new(problem: &Regression<'_>, start: &[f64]) -> Result<Self, Unmeasured> {
        let mut at = start.to_vec();
        let mut here = problem.equations(&at);
        for _ in 0..STEPS {
            let step = solve(&here.information, &here.score).ok_or(Unmeasured::NotConverged)?;
            let small = |(step, at): (&f64, &f64)| step.abs() <= TOLERANCE * (1.0 + at.abs());
            let arrived = step.iter().zip(&at).all(small);
            let Some((next, equations)) = problem.walk(&at, &step, here.squares) else {
                return match arrived {
                    true => problem.finish(at, &here),
                    false => Err(Unmeasured::NotConverged),
                };
            };
            (at, here) = (next, equations);
            if arrived {
                return problem.finish(at, &here);
            }
        }
        Err(Unmeasured::NotConverged)
    }
}

impl Regression<'_> {
    fn weight(&self, row: usize) -> f64 {
        self.weight.map_or(1.0, |weight| weight[row])
    }

    /// The row's derivative of the linear part, by coefficient.
    fn row(&self, row: usize) -> impl Iterator<Item = f64> {
        std::iter::once(1.0).chain(self.columns.iter().map(move |column| column[row]))
    }

    /// Residual and slope of the mean at a row.
    fn at(&self, coefficients: &[f64], row: usize) -> (f64, f64) {
        let start = self.offset.map_or(0.0, |offset| offset[row]);
        let terms = self.row(row).zip(coefficients).map(|(x, b)| x * b);
        let linear = terms.fold(start, |sum, term| sum + term);
        let hazard = libm::exp(linear);
        (
            self.observed[row] - back(linear),
            libm::exp(linear - hazard),
        )
    }

    fn equations(&self, coefficients: &[f64]) -> Equations {
        let size = coefficients.len();
        let mut equations = Equations {
            information: vec![vec![0.0; size]; size],
            score: vec![0.0; size],
            squares: 0.0,
        };
        let mut x = vec![0.0; size];
        for row in 0..self.observed.len() {
            let (residual, slope) = self.at(coefficients, row);
            let weight = self.weight(row);
            for (slot, value) in x.iter_mut().zip(self.row(row)) {
                *slot = value * slope;
            }
            equations.squares += weight * residual * residual;
            for (place, own) in x.iter().enumerate() {
                equations.score[place] += weight * own * residual;
                for (slot, other) in equations.information[place].iter_mut().zip(&x) {
                    *slot += weight * own * other;
                }
            }
        }
        equations
    }

    fn walk(&self, at: &[f64], step: &[f64], squares: f64) -> Option<(Vec<f64>, Equations)> {
        let mut factor = 1.0;
        for _ in 0..40 {
            let next: Vec<f64> = at
                .iter()
                .zip(step)
                .map(|(at, step)| at + factor * step)
                .collect();
            let equations = self.equations(&next);
            if equations.squares <= squares * (1.0 + 1e-14) {
                return Some((next, equations));
            }
            factor /= 2.0;
        }
        None
    }

    fn finish(&self, coefficients: Vec<f64>, here: &Equations) -> Result<Fit, Unmeasured> {
        let size = coefficients.len();
        let mut inverse = Vec::with_capacity(size);
        for place in 0..size {
            let mut unit = vec![0.0; size];
            unit[place] = 1.0;
            inverse.push(solve(&here.information, &unit).ok_or(Unmeasured::NotConverged)?);
        }
        // What each row adds to the coefficients; clusters are added up.
        let mut rows: Vec<(u32, Vec<f64>)> = Vec::with_capacity(self.observed.len());
        for row in 0..self.observed.len() {
            let (residual, slope) = self.at(&coefficients, row);
            let pull = self.weight(row) * residual * slope;
            let score: Vec<f64> = self.row(row).map(|x| x * pull).collect();
            let by = |line: &Vec<f64>| line.iter().zip(&score).map(|(a, b)| a * b).sum();
            let cluster = self.cluster.map_or(row as u32, |cluster| cluster[row]);
            rows.push((cluster, inverse.iter().map(by).collect()));
        }
        rows.sort_by_key(|row| row.0);
        let mut covariance = vec![vec![0.0; size]; size];
        for together in rows.chunk_by(|a, b| a.0 == b.0) {
            let mut sum = vec![0.0; size];
            for (_, row) in together {
                sum.iter_mut().zip(row).for_each(|(sum, one)| *sum += one);
            }
            for (line, own) in covariance.iter_mut().zip(&sum) {
                line.iter_mut()
                    .zip(&sum)
                    .for_each(|(slot, other)| *slot += own * other);
            }
        }
        Ok(Fit {
            coefficients,
            covariance,
        })
    }
}

/// Solves a symmetric positive definite system (Cholesky); none where it is
/// singular.
fn solve(matrix: &[Vec<f64>], right: &[f64]) -> Option<Vec<f64>> {
    let size = right.len();
    let mut factor = vec![vec![0.0; size]; size];
    for i in 0..size {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| factor[i][k] * factor[j][k]).sum();
            let rest = matrix[i][j] - known;
            factor[i][j] = match i == j {
                true if rest <= 1e-12 * matrix[i][i] || !rest.is_finite() => return None,
                true => rest.sqrt(),
                false => rest / factor[j][j],
            };
        }
    }
    let mut solution = right.to_vec();
    for i in 0..size {
        let known: f64 = (0..i).map(|k| factor[i][k] * solution[k]).sum();
        solution[i] = (solution[i] - known) / factor[i][i];
    }
    for i in (0..size).rev() {
        let known: f64 = (i + 1..size).map(|k| factor[k][i] * solution[k]).sum();
        solution[i] = (solution[i] - known) / factor[i][i];
    }
    Some(solution)
}
