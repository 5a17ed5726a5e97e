//! One evaluation of the partial likelihood: its value, slope and curvature.
//!
//! Going back in time, rows join the risk set, and the sums `S0 = sum(r)` and
//! `S1 = sum(r x)` of their risks `r = w exp(x b)` grow. At each time of
//! events the likelihood gains `sum(x b) - log S0`, its slope
//! `sum(x) - S1 / S0`. The curvature would need the running matrix
//! `sum(r x x')` at each event. That sum is turned round instead: a row is in
//! the matrix at each event up to its own time, so in all it counts
//! `r Lambda(t)` times, where `Lambda` is Breslow's cumulative hazard. One
//! weighted sum of squares over rows remains, and one over the means `S1 / S0`.
//!
//! Efron's method takes, at d tied events, the sums less a share k/d of the
//! dying, k = 0..d (Efron, "The efficiency of Cox's likelihood function for
//! censored data", JASA 72, 1977). So the dying feel less of the hazard at
//! their own time, which [`Hazard::spared`] says.

use crate::cox::Ties;
use crate::cox::design::{Design, Moment};
use crate::cox::kernel::{LogProduct, Squares, risks};
use crate::cox::matrix::{Matrix, dot};
use crate::cox::risk_set::RiskSet;

/// Rows whose risks are computed together, and means that are squared together.
const BLOCK: usize = 128;

/// The partial likelihood at some coefficients.
pub(crate) struct Likelihood {
    /// Its logarithm; minus infinity where the risks leave the range of numbers.
    pub(crate) log: f64,
    /// Its first derivatives.
    pub(crate) score: Vec<f64>,
    /// Its negative second derivatives.
    pub(crate) information: Matrix,
}

/// What a moment adds to the cumulative hazard of the centre.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Hazard {
    /// For those who do not have the event then.
    pub(crate) step: f64,
    /// How much less it is for those who do.
    pub(crate) spared: f64,
}

/// Evaluates the likelihood of a design, keeping its memory between times.
pub(crate) struct Sweep<'a> {
    pub(crate) design: &'a Design,
    ties: Ties,
    /// `w exp(x b)` of each place.
    pub(crate) risk: Vec<f64>,
    /// Of each moment.
    pub(crate) hazard: Vec<Hazard>,
    /// `r Lambda` of each place: the events expected of it.
    pub(crate) expected: Vec<f64>,
    squares: Squares,
    means: Means,
}

/// Means of risk sets that wait to be squared.
struct Means {
    rows: Vec<f64>,
    weights: Vec<f64>,
    squares: Squares,
    sum: Vec<f64>,
}

impl<'a> Sweep<'a> {
    pub(crate) fn new(design: &'a Design, ties: Ties) -> Self {
        Self {
            design,
            ties,
            risk: vec![0.0; design.rows()],
            hazard: vec![Hazard::default(); design.moments.len()],
            expected: vec![0.0; design.rows()],
            squares: Squares::new(design.stride),
            means: Means {
                rows: Vec::with_capacity(BLOCK * design.stride),
                weights: Vec::with_capacity(BLOCK),
                squares: Squares::new(design.stride),
                sum: vec![0.0; design.stride],
            },
        }
    }

    /// The likelihood at coefficients of the scaled columns, padded.
    pub(crate) fn evaluate(&mut self, coefficients: &[f64]) -> Likelihood {
        let log = self.back_in_time(coefficients);
        let columns = self.design.columns;
        let score = (0..columns)
            .map(|column| self.design.event_sum[column] - self.means.sum[column])
            .collect();
        if log == f64::NEG_INFINITY {
            return Likelihood {
                log,
                score,
                information: Matrix::from_fn(columns, |_, _| 0.0),
            };
        }
        self.expect();
        self.squares.clear();
        self.squares.add(&self.design.values, &self.expected);
        let information = Matrix::from_fn(columns, |a, b| {
            self.squares.get(a, b) - self.means.squares.get(a, b)
        });
        Likelihood {
            log,
            score,
            information,
        }
    }

    /// Fills the risks and hazards, sums the means, and gives the logarithm of
    /// the likelihood.
    fn back_in_time(&mut self, coefficients: &[f64]) -> f64 {
        let design = self.design;
        self.means.clear();
        let mut product = LogProduct::ONE;
        let mut logs = 0.0;
        let mut sound = true;
        let mut ready = 0;
        for stratum in &design.strata {
            let mut set = RiskSet::new(design, stratum);
            for moment in stratum.moments.clone() {
                let at = design.moments[moment];
                while ready < at.end as usize {
                    ready = self.make_ready(ready, coefficients);
                }
                set.admit(design, &self.risk, at.end as usize);
                set.dismiss(design, &self.risk, at.time);
                let dying = (at.deaths > 1 && self.ties == Ties::Efron)
                    .then(|| set.dying(design, &self.risk, &at));
                let mut hazard = Hazard::default();
                let steps = if dying.is_some() { at.deaths } else { 1 };
                let weight = at.weight / f64::from(steps);
                for step in 0..steps {
                    let share = f64::from(step) / f64::from(steps);
                    let (total, sums) = set.less(dying, share);
                    if weight == 1.0 {
                        sound &= product.multiply(total);
                    } else {
                        sound &= total.is_normal() && total > 0.0;
                        logs += weight * libm::log(total);
                    }
                    let inverse = 1.0 / total;
                    hazard.step += weight * inverse;
                    hazard.spared += weight * inverse * share;
                    self.means.push(sums, inverse, weight);
                }
                self.hazard[moment] = hazard;
            }
        }
        while ready < design.rows() {
            ready = self.make_ready(ready, coefficients);
        }
        self.means.flush();
        let log = dot(coefficients, &design.event_sum) - (product.log() + logs);
        if sound && log.is_finite() {
            log
        } else {
            f64::NEG_INFINITY
        }
    }

    /// Computes the risks of the next places, and says up to where.
    fn make_ready(&mut self, from: usize, coefficients: &[f64]) -> usize {
        let design = self.design;
        let to = (from + BLOCK).min(design.rows());
        let rows = &design.values[from * design.stride..to * design.stride];
        let out = &mut self.risk[from..to];
        risks(rows, coefficients, out);
        if let Some(weight) = &design.weight {
            for (risk, weight) in out.iter_mut().zip(&weight[from..to]) {
                *risk *= weight;
            }
        }
        to
    }

    /// Fills in how many events are expected of each place.
    fn expect(&mut self) {
        let design = self.design;
        for stratum in &design.strata {
            let mut cumulative = 0.0;
            let mut end = stratum.places.end;
            for moment in stratum.moments.clone().rev() {
                let at = design.moments[moment];
                let later = at.end as usize..end;
                fill(&mut self.expected, &self.risk, later, cumulative);
                cumulative += self.hazard[moment].step;
                end = at.end as usize;
            }
            let rest = stratum.places.start..end;
            fill(&mut self.expected, &self.risk, rest, cumulative);
        }
        self.spare_the_dying();
        self.expect_nothing_before_entry();
    }

    fn spare_the_dying(&mut self) {
        for (moment, hazard) in self.design.moments.iter().zip(&self.hazard) {
            if hazard.spared > 0.0 {
                for place in moment.tied() {
                    if self.design.dies[place] {
                        self.expected[place] -= self.risk[place] * hazard.spared;
                    }
                }
            }
        }
    }

    fn expect_nothing_before_entry(&mut self) {
        let Some(entering) = &self.design.entering else {
            return;
        };
        for stratum in &self.design.strata {
            // The cumulative hazard up to each moment, latest first.
            let mut before = vec![0.0; stratum.moments.len() + 1];
            for (offset, moment) in stratum.moments.clone().enumerate().rev() {
                before[offset] = before[offset + 1] + self.hazard[moment].step;
            }
            for place in stratum.places.clone() {
                let hazard = before[entering.until[place] as usize - stratum.moments.start];
                if hazard > 0.0 {
                    self.expected[place] -= self.risk[place] * hazard;
                }
            }
        }
    }
}

fn fill(expected: &mut [f64], risk: &[f64], places: std::ops::Range<usize>, hazard: f64) {
    for (expected, risk) in expected[places.clone()].iter_mut().zip(&risk[places]) {
        *expected = risk * hazard;
    }
}

impl Means {
    fn clear(&mut self) {
        self.rows.clear();
        self.weights.clear();
        self.squares.clear();
        self.sum.fill(0.0);
    }

    /// Adds the mean `sums * inverse`, which counts `weight` times.
    fn push(&mut self, sums: &[f64], inverse: f64, weight: f64) {
        let mean = sums.iter().map(|sum| sum * inverse);
        self.rows.extend(mean);
        self.weights.push(weight);
        if self.weights.len() == BLOCK {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.squares.add(&self.rows, &self.weights);
        let stride = self.sum.len().max(1);
        for (row, weight) in self.rows.chunks_exact(stride).zip(&self.weights) {
            for (sum, value) in self.sum.iter_mut().zip(row) {
                *sum += weight * value;
            }
        }
        self.rows.clear();
        self.weights.clear();
    }
}

/// The logarithm of the likelihood where every coefficient is zero.
pub(crate) fn null_log_likelihood(design: &Design, ties: Ties) -> f64 {
    let mut sweep = Sweep::new(design, ties);
    sweep.back_in_time(&vec![0.0; design.stride])
}

/// Those who have the event at a moment.
pub(crate) fn dying<'a>(design: &'a Design, moment: &Moment) -> impl Iterator<Item = usize> + 'a {
    moment.tied().filter(|place| design.dies[*place])
}
