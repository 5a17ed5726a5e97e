//! What residuals need of each time of events: the means of the risk sets, and
//! the hazard-weighted means that each row met until it left.

use crate::cox::Ties;
use crate::cox::design::Design;
use crate::cox::sweep::Sweep;

/// A design evaluated at coefficients, with the means kept.
pub(crate) struct Detail<'a> {
    pub(crate) sweep: Sweep<'a>,
    /// Mean of the scaled columns in the risk set of each moment (Efron:
    /// averaged over the tied events).
    pub(crate) mean: Vec<f64>,
    /// The mean times the step of the hazard at each moment.
    pub(crate) met: Vec<f64>,
    /// How much less those who have the event meet of it.
    spared: Vec<f64>,
}

impl<'a> Detail<'a> {
    /// Evaluates at coefficients of the scaled columns.
    pub(crate) fn new(design: &'a Design, ties: Ties, coefficients: &[f64]) -> Self {
        let stride = design.stride;
        let zero = || vec![0.0; design.moments.len() * stride];
        let (mut mean, mut met, mut spared) = (zero(), zero(), zero());
        let mut sweep = Sweep::new(design, ties);
        sweep.back_in_time(coefficients, &mut |comparison| {
            let start = comparison.moment * stride;
            let part = comparison.weight / design.moments[comparison.moment].weight;
            for (column, sum) in comparison.sums.iter().enumerate() {
                let value = sum * comparison.inverse;
                let hazard = comparison.weight * comparison.inverse;
                mean[start + column] += part * value;
                met[start + column] += hazard * value;
                spared[start + column] += comparison.share * hazard * value;
            }
        });
        sweep.expect(|_| 1.0);
        Self {
            sweep,
            mean,
            met,
            spared,
        }
    }

    /// Shows each place with its score residual in the scaled columns,
    /// `x (d - e) - d mean + r (sum of means met)`, for one row of weight one.
    pub(crate) fn scores(&self, mut show: impl FnMut(usize, &[f64])) {
        let design = self.sweep.design;
        let stride = design.stride;
        let mut score = vec![0.0; stride];
        for stratum in &design.strata {
            let met_until = self.met_until(stratum.moments.clone());
            let met = |moment: usize| {
                let offset = moment - stratum.moments.start;
                &met_until[offset * stride..(offset + 1) * stride]
            };
            let mut moment = stratum.moments.start;
            let mut met_by_lingerers = vec![0.0; stride];
            for place in stratum.places.clone() {
                while moment < stratum.moments.end && design.moments[moment].end as usize <= place {
                    let watched = design.lingering.as_ref().map_or(0.0, |l| l.watched[moment]);
                    add_times(&mut met_by_lingerers, watched, self.of(&self.met, moment));
                    moment += 1;
                }
                let weight = design.weight(place);
                let risk = self.sweep.risk[place] / weight;
                let died = f64::from(design.dies[place]);
                let left = died - self.sweep.expected[place] / weight;
                score.fill(0.0);
                add_times(&mut score, left, design.row(place));
                add_times(&mut score, risk, met(moment));
                if design.dies[place] {
                    add_times(&mut score, -1.0, self.of(&self.mean, moment));
                    add_times(&mut score, -risk, self.of(&self.spared, moment));
                }
                if let Some(entering) = &design.entering {
                    add_times(&mut score, -risk, met(entering.until[place] as usize));
                }
                if let Some(lingering) = &design.lingering {
                    let share = risk * lingering.share[place];
                    add_times(&mut score, share, &met_by_lingerers);
                }
                show(place, &score);
            }
        }
    }

    /// The part of a table by moments that belongs to one.
    pub(crate) fn of<'t>(&self, table: &'t [f64], moment: usize) -> &'t [f64] {
        let stride = self.sweep.design.stride;
        &table[moment * stride..(moment + 1) * stride]
    }

    /// The means met up to each moment of a stratum, latest first, and zero.
    fn met_until(&self, moments: std::ops::Range<usize>) -> Vec<f64> {
        let stride = self.sweep.design.stride;
        let mut until = vec![0.0; (moments.len() + 1) * stride];
        for (offset, moment) in moments.enumerate().rev() {
            for column in 0..stride {
                until[offset * stride + column] =
                    until[(offset + 1) * stride + column] + self.met[moment * stride + column];
            }
        }
        until
    }
}

pub(crate) fn add_times(sums: &mut [f64], times: f64, values: &[f64]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += times * value;
    }
}

/// The coefficients of a model for the scaled columns of a design, padded.
pub(crate) fn scaled(design: &Design, coefficients: &[f64]) -> Vec<f64> {
    let scaled = coefficients.iter().zip(&design.scaling);
    let mut scaled: Vec<f64> = scaled
        .map(|(coefficient, scaling)| coefficient * scaling.scale)
        .collect();
    scaled.resize(design.stride, 0.0);
    scaled
}
