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
use crate::cox::design::Design;
use crate::cox::kernel::{Squares, risks};
use crate::cox::matrix::{Matrix, dot};
use crate::cox::risk_set::RiskSet;
use crate::cox::spacious::Spacious;
use crate::cox::walk::{Product, Walk};

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
    pub(crate) risk: Spacious,
    /// Of each moment.
    pub(crate) hazard: Vec<Hazard>,
    /// `r Lambda` of each place: the events expected of it.
    pub(crate) expected: Spacious,
    squares: Squares,
}

/// What an event is compared with: the risk set, or what Efron leaves of it.
pub(crate) struct Comparison<'s> {
    /// Which moment it belongs to.
    pub(crate) moment: usize,
    /// Which share of the dying is left out.
    pub(crate) share: f64,
    /// How often it counts.
    pub(crate) weight: f64,
    /// `S1`.
    pub(crate) sums: &'s [f64],
    /// `1 / S0`.
    pub(crate) inverse: f64,
}

impl<'a> Sweep<'a> {
    pub(crate) fn new(design: &'a Design, ties: Ties) -> Self {
        Self {
            design,
            ties,
            risk: Spacious::zeros(design.rows()),
            hazard: vec![Hazard::default(); design.moments.len()],
            expected: Spacious::zeros(design.rows()),
            squares: Squares::new(design.stride),
        }
    }

    /// The likelihood at coefficients of the scaled columns, padded.
    pub(crate) fn evaluate(&mut self, coefficients: &[f64]) -> Likelihood {
        let mut means = Means::new(self.design.stride);
        let walk = Walk {
            design: self.design,
            ties: self.ties,
            coefficients,
            risk: &mut self.risk,
            hazard: &mut self.hazard,
            means: &mut means,
        };
        let log = match walk.walked() {
            Some(product) => log_likelihood(self.design, coefficients, &product),
            None => self.back_in_time(coefficients, &mut |comparison| means.push(comparison)),
        };
        means.flush();
        let columns = self.design.columns;
        let score = (0..columns).map(|column| self.design.event_sum[column] - means.sum[column]);
        let information = if log == f64::NEG_INFINITY {
            Matrix::from_fn(columns, |_, _| 0.0)
        } else {
            self.expect(|_| 1.0);
            self.squares.clear();
            self.squares.add(&self.design.values, &self.expected);
            Matrix::from_fn(columns, |a, b| {
                self.squares.get(a, b) - means.squares.get(a, b)
            })
        };
        Likelihood {
            log,
            score: score.collect(),
            information,
        }
    }

    /// Fills the risks and hazards, shows each comparison, and gives the
    /// logarithm of the likelihood.
    pub(crate) fn back_in_time(
        &mut self,
        coefficients: &[f64],
        show: &mut impl FnMut(&Comparison<'_>),
    ) -> f64 {
        let design = self.design;
        let mut product = Product::ONE;
        let mut ready = 0;
        while design.lingering.is_some() && ready < design.rows() {
            ready = fill_risks(design, coefficients, &mut self.risk, ready);
        }
        for stratum in &design.strata {
            let mut set = RiskSet::new(design, stratum, &self.risk);
            for number in stratum.moments.clone() {
                let moment = &design.moments[number];
                while ready < moment.end as usize {
                    ready = fill_risks(design, coefficients, &mut self.risk, ready);
                }
                set.admit(design, &self.risk, moment.end as usize);
                set.dismiss(design, &self.risk, moment.time);
                let apart = moment.deaths > 1 && self.ties == Ties::Efron;
                let steps = if apart { moment.deaths } else { 1 };
                let weight = moment.weight / f64::from(steps);
                let mut at = set.at(design, &self.risk, (number, moment), apart);
                let mut hazard = Hazard::default();
                for step in 0..steps {
                    let share = f64::from(step) / f64::from(steps);
                    let sums = at.less(share);
                    product.multiply(sums.total, weight);
                    let inverse = 1.0 / sums.total;
                    hazard.step += weight * inverse;
                    hazard.spared += weight * inverse * share;
                    show(&Comparison {
                        moment: number,
                        share,
                        weight,
                        sums: &sums.of_rows,
                        inverse,
                    });
                }
                self.hazard[number] = hazard;
            }
        }
        while ready < design.rows() {
            ready = fill_risks(design, coefficients, &mut self.risk, ready);
        }
        log_likelihood(design, coefficients, &product)
    }

    /// Fills in how many events are expected of each place, where those of a
    /// moment count as often as is said.
    pub(crate) fn expect(&mut self, times: impl Fn(usize) -> f64) {
        let design = self.design;
        for stratum in &design.strata {
            let mut cumulative = 0.0;
            let mut end = stratum.places.end;
            for moment in stratum.moments.clone().rev() {
                let at = &design.moments[moment];
                let later = at.end as usize..end;
                fill(&mut self.expected, &self.risk, later, cumulative);
                cumulative += times(moment) * self.hazard[moment].step;
                end = at.end as usize;
            }
            let rest = stratum.places.start..end;
            fill(&mut self.expected, &self.risk, rest, cumulative);
        }
        for (number, moment) in design.moments.iter().enumerate() {
            let spared = times(number) * self.hazard[number].spared;
            if spared != 0.0 {
                for place in moment.tied().filter(|place| design.dies[*place]) {
                    self.expected[place] -= self.risk[place] * spared;
                }
            }
        }
        self.expect_nothing_before_entry(&times);
        self.expect_from_lingerers(&times);
    }

    fn expect_nothing_before_entry(&mut self, times: &impl Fn(usize) -> f64) {
        let Some(entering) = &self.design.entering else {
            return;
        };
        for stratum in &self.design.strata {
            // The cumulative hazard up to each moment, latest first.
            let mut before = vec![0.0; stratum.moments.len() + 1];
            for (offset, moment) in stratum.moments.clone().enumerate().rev() {
                before[offset] = before[offset + 1] + times(moment) * self.hazard[moment].step;
            }
            for place in stratum.places.clone() {
                let hazard = before[entering.until[place] as usize - stratum.moments.start];
                if hazard != 0.0 {
                    self.expected[place] -= self.risk[place] * hazard;
                }
            }
        }
    }

    fn expect_from_lingerers(&mut self, times: &impl Fn(usize) -> f64) {
        let Some(lingering) = &self.design.lingering else {
            return;
        };
        for stratum in &self.design.strata {
            let mut after = 0.0;
            let mut next = stratum.places.start;
            let end = stratum.moments.end;
            for moment in stratum.moments.start..=end {
                // Places that are at risk at this moment, and not at later ones.
                let until = match moment < end {
                    true => self.design.moments[moment].end as usize,
                    false => stratum.places.end,
                };
                for place in next..until {
                    let share = lingering.share[place];
                    if share > 0.0 {
                        self.expected[place] += self.risk[place] * share * after;
                    }
                }
                next = until;
                if moment < end {
                    let step = times(moment) * self.hazard[moment].step;
                    after += lingering.watched[moment] * step;
                }
            }
        }
    }
}

/// The logarithm of the likelihood; minus infinity where the risks left the
/// range of numbers.
fn log_likelihood(design: &Design, coefficients: &[f64], product: &Product) -> f64 {
    let log = dot(coefficients, &design.event_sum) - product.log();
    if product.sound && log.is_finite() {
        log
    } else {
        f64::NEG_INFINITY
    }
}

/// Fills in the risks of the places from one on, and says up to where.
pub(crate) fn fill_risks(
    design: &Design,
    coefficients: &[f64],
    risk: &mut [f64],
    from: usize,
) -> usize {
    let to = (from + BLOCK).min(design.rows());
    let rows = &design.values[from * design.stride..to * design.stride];
    let out = &mut risk[from..to];
    risks(rows, coefficients, out);
    if let Some(weight) = &design.weight {
        for (risk, weight) in out.iter_mut().zip(&weight[from..to]) {
            *risk *= weight;
        }
    }
    to
}

fn fill(expected: &mut [f64], risk: &[f64], places: std::ops::Range<usize>, hazard: f64) {
    for (expected, risk) in expected[places.clone()].iter_mut().zip(&risk[places]) {
        *expected = risk * hazard;
    }
}

/// Means of risk sets: their sum, and the sum of their squares.
pub(crate) struct Means {
    /// Those that wait, with memory for a block of them.
    rows: Vec<f64>,
    weights: Vec<f64>,
    waiting: usize,
    pub(crate) squares: Squares,
    pub(crate) sum: Vec<f64>,
}

impl Means {
    pub(crate) fn new(stride: usize) -> Self {
        Self {
            rows: vec![0.0; BLOCK * stride],
            weights: vec![0.0; BLOCK],
            waiting: 0,
            squares: Squares::new(stride),
            sum: vec![0.0; stride],
        }
    }

    #[inline]
    pub(crate) fn push(&mut self, comparison: &Comparison<'_>) {
        self.push_times(comparison, 1.0);
    }

    /// Adds a mean that counts so many times more.
    #[inline]
    pub(crate) fn push_times(&mut self, comparison: &Comparison<'_>, times: f64) {
        let weight = times * comparison.weight;
        let stride = self.sum.len();
        let slot = &mut self.rows[self.waiting * stride..(self.waiting + 1) * stride];
        let sums = slot.iter_mut().zip(&mut self.sum).zip(comparison.sums);
        for ((mean, total), sum) in sums {
            *mean = sum * comparison.inverse;
            *total += weight * *mean;
        }
        self.entered(weight);
    }

    /// Adds a mean to the squares only.
    #[inline(always)]
    pub(crate) fn enter(&mut self, mean: &[f64], weight: f64) {
        let start = self.waiting * mean.len();
        self.rows[start..start + mean.len()].copy_from_slice(mean);
        self.entered(weight);
    }

    /// Adds to the sum only.
    pub(crate) fn add_to_sum(&mut self, means: &[f64]) {
        for (sum, mean) in self.sum.iter_mut().zip(means) {
            *sum += mean;
        }
    }

    #[inline(always)]
    fn entered(&mut self, weight: f64) {
        self.weights[self.waiting] = weight;
        self.waiting += 1;
        if self.waiting == BLOCK {
            self.flush();
        }
    }

    /// Adds those that wait.
    pub(crate) fn flush(&mut self) {
        let stride = self.sum.len();
        let rows = &self.rows[..self.waiting * stride];
        self.squares.add(rows, &self.weights[..self.waiting]);
        self.waiting = 0;
    }
}

/// The logarithm of the likelihood where every coefficient is zero: then the
/// columns do not matter, and the weights alone are summed.
pub(crate) fn null_log_likelihood(design: &Design, ties: Ties) -> f64 {
    if design.entering.is_some() || design.lingering.is_some() {
        let mut sweep = Sweep::new(design, ties);
        return sweep.back_in_time(&vec![0.0; design.stride], &mut |_| ());
    }
    let mut product = Product::ONE;
    for stratum in &design.strata {
        let (mut sum, mut next) = (0.0, stratum.places.start);
        for moment in &design.moments[stratum.moments.clone()] {
            let end = moment.end as usize;
            sum += match &design.weight {
                None => (end - next) as f64,
                Some(weight) => weight[next..end].iter().sum(),
            };
            next = end;
            let steps = match ties {
                Ties::Efron => moment.deaths,
                Ties::Breslow => 1,
            };
            let weight = moment.weight / f64::from(steps);
            for step in 0..steps {
                let share = f64::from(step) / f64::from(steps);
                product.multiply(sum - share * moment.weight, weight);
            }
        }
    }
    log_likelihood(design, &[], &product)
}
