//! The walk back in time where everybody was watched from the start: what a
//! fit spends half of its time in.
//!
//! It is [`Sweep::back_in_time`](crate::cox::sweep::Sweep::back_in_time) for
//! rows of known width, so that the running sums stay in registers. Sums are
//! made in the same order as there, and come to the same bits; processors with
//! AVX2 run the same code compiled for it.

use crate::cox::Ties;
use crate::cox::design::{Design, Moment};
use crate::cox::kernel::{LANES, Lanes, LogProduct, grouped};
use crate::cox::sweep::{Hazard, Means, fill_risks};

/// Rows of more groups of lanes are left to the walk that takes any.
const MOST_GROUPS: usize = 6;

/// What a walk works on.
pub(crate) struct Walk<'w> {
    pub(crate) design: &'w Design,
    pub(crate) ties: Ties,
    pub(crate) coefficients: &'w [f64],
    /// Filled in for each place.
    pub(crate) risk: &'w mut [f64],
    /// Filled in for each moment.
    pub(crate) hazard: &'w mut [Hazard],
    /// Takes the mean of each risk set.
    pub(crate) means: &'w mut Means,
}

/// The logarithm of the product of all risk sets' sums.
pub(crate) struct Product {
    /// Of those that count once.
    pub(crate) once: LogProduct,
    /// Of the others.
    pub(crate) logs: f64,
    /// Whether every sum was a number above zero.
    pub(crate) sound: bool,
}

impl Product {
    pub(crate) const ONE: Self = Self {
        once: LogProduct::ONE,
        logs: 0.0,
        sound: true,
    };

    /// Multiplies by a sum that counts so many times.
    #[inline(always)]
    pub(crate) fn multiply(&mut self, sum: f64, weight: f64) {
        if weight == 1.0 {
            self.sound &= self.once.multiply(sum);
        } else {
            self.sound &= sum.is_normal() && sum > 0.0;
            self.logs += weight * libm::log(sum);
        }
    }

    /// The logarithm.
    pub(crate) fn log(&self) -> f64 {
        self.once.log() + self.logs
    }
}

impl Walk<'_> {
    /// Walks, where rows are watched from the start and are not too wide.
    pub(crate) fn walked(self) -> Option<Product> {
        let design = self.design;
        if design.entering.is_some() || design.lingering.is_some() {
            return None;
        }
        match design.stride / LANES {
            1 => Some(self.of_groups::<1>()),
            2 => Some(self.of_groups::<2>()),
            3 => Some(self.of_groups::<3>()),
            4 => Some(self.of_groups::<4>()),
            5 => Some(self.of_groups::<5>()),
            MOST_GROUPS => Some(self.of_groups::<MOST_GROUPS>()),
            _ => None,
        }
    }

    fn of_groups<const GROUPS: usize>(self) -> Product {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2, all that the function asks for
            // beyond what everything here is compiled for.
            return unsafe { by_avx2::<GROUPS>(self) };
        }
        anywhere::<GROUPS>(self)
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn by_avx2<const GROUPS: usize>(walk: Walk<'_>) -> Product {
    anywhere::<GROUPS>(walk)
}

#[inline(always)]
fn anywhere<const GROUPS: usize>(walk: Walk<'_>) -> Product {
    let design = walk.design;
    let rows = grouped::<GROUPS>(&design.values);
    let mut events = Events::<GROUPS> {
        product: Product::ONE,
        mean: [[0.0; LANES]; GROUPS],
        means: walk.means,
    };
    let mut ready = 0;
    for stratum in &design.strata {
        let (mut sums, mut next) = (Sums::ZERO, stratum.places.start);
        let moments = design.moments[stratum.moments.clone()].iter();
        for (moment, hazard) in moments.zip(&mut walk.hazard[stratum.moments.clone()]) {
            let end = moment.end as usize;
            while ready < end {
                ready = fill_risks(design, walk.coefficients, walk.risk, ready);
            }
            for (row, risk) in rows[next..end].iter().zip(&walk.risk[next..end]) {
                sums.add(row, *risk);
            }
            next = end;
            *hazard = if moment.deaths == 1 || walk.ties == Ties::Breslow {
                events.compare(&sums, moment.weight, 0.0)
            } else {
                let dying = Sums::of_dying(design, moment, rows, walk.risk);
                events.compare_tied(&sums, &dying, moment)
            };
        }
    }
    while ready < design.rows() {
        ready = fill_risks(design, walk.coefficients, walk.risk, ready);
    }
    events.means.add_to_sum(events.mean.as_flattened());
    events.product
}

/// `S0 = sum(r)` and `S1 = sum(r x)`.
#[derive(Clone, Copy)]
struct Sums<const GROUPS: usize> {
    total: f64,
    of_rows: [Lanes; GROUPS],
}

impl<const GROUPS: usize> Sums<GROUPS> {
    const ZERO: Self = Self {
        total: 0.0,
        of_rows: [[0.0; LANES]; GROUPS],
    };

    #[inline(always)]
    fn add(&mut self, row: &[Lanes; GROUPS], risk: f64) {
        self.total += risk;
        for (sums, values) in self.of_rows.iter_mut().zip(row) {
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += risk * value;
            }
        }
    }

    #[inline(always)]
    fn of_dying(design: &Design, moment: &Moment, rows: &[[Lanes; GROUPS]], risk: &[f64]) -> Self {
        let mut sums = Self::ZERO;
        for place in moment.tied().filter(|place| design.dies[*place]) {
            sums.add(&rows[place], risk[place]);
        }
        sums
    }
}

/// What the events come to.
struct Events<'m, const GROUPS: usize> {
    product: Product,
    /// The sum of the means.
    mean: [Lanes; GROUPS],
    means: &'m mut Means,
}

impl<const GROUPS: usize> Events<'_, GROUPS> {
    /// An event that counts so many times, before which a share of the dying
    /// was taken off the sums.
    #[inline(always)]
    fn compare(&mut self, sums: &Sums<GROUPS>, weight: f64, share: f64) -> Hazard {
        self.product.multiply(sums.total, weight);
        let inverse = 1.0 / sums.total;
        let mean = sums.of_rows.map(|sums| sums.map(|sum| sum * inverse));
        for (sums, mean) in self.mean.iter_mut().zip(&mean) {
            for (sum, mean) in sums.iter_mut().zip(mean) {
                *sum += weight * mean;
            }
        }
        self.means.enter(mean.as_flattened(), weight);
        let step = weight * inverse;
        Hazard {
            step,
            spared: step * share,
        }
    }

    /// Efron's comparisons of tied events.
    #[inline(always)]
    fn compare_tied(
        &mut self,
        sums: &Sums<GROUPS>,
        dying: &Sums<GROUPS>,
        moment: &Moment,
    ) -> Hazard {
        let weight = moment.weight / f64::from(moment.deaths);
        let mut hazard = Hazard::default();
        for before in 0..moment.deaths {
            let share = f64::from(before) / f64::from(moment.deaths);
            let mut less = *sums;
            less.total += -share * dying.total;
            for (sums, dying) in less.of_rows.iter_mut().zip(&dying.of_rows) {
                for (sum, dying) in sums.iter_mut().zip(dying) {
                    *sum += -share * dying;
                }
            }
            let one = self.compare(&less, weight, share);
            hazard.step += one.step;
            hazard.spared += one.spared;
        }
        hazard
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::cox::sweep::Sweep;
    use crate::simulate::{Plan, simulate};
    use crate::{EventCode, Outcomes};

    /// Tied, weighted rows in strata, of so many columns.
    fn design(columns: usize) -> Design {
        let mut plan = Plan::usual(700, columns, 3);
        plan.rounding = Some(30.0);
        let study = simulate(&plan).unwrap();
        let outcomes: Outcomes = study
            .outcomes
            .with_weights((0..700).map(|row| f64::from(row % 3 + 1)).collect())
            .unwrap()
            .with_strata((0..700).map(|row| row % 2).collect())
            .unwrap();
        Design::new(&outcomes, &study.covariates, EventCode::EVENT).unwrap()
    }

    #[test]
    fn the_quick_walk_comes_to_the_bits_of_the_one_that_takes_any_rows() {
        for (columns, ties) in [(1, Ties::Efron), (7, Ties::Breslow), (10, Ties::Efron)] {
            let design = design(columns);
            let mut coefficients = vec![0.0; design.stride];
            coefficients[0] = 0.3;
            let mut means = Means::new(design.stride);
            let mut slow = Sweep::new(&design, ties);
            let log = slow.back_in_time(&coefficients, &mut |comparison| means.push(comparison));
            means.flush();
            let mut quick = Sweep::new(&design, ties);
            let likelihood = quick.evaluate(&coefficients);
            assert!(design.moments.iter().any(|moment| moment.deaths > 2));
            assert_eq!(likelihood.log.to_bits(), log.to_bits());
            assert_eq!(*quick.risk, *slow.risk);
            for (quick, slow) in quick.hazard.iter().zip(&slow.hazard) {
                assert_eq!((quick.step, quick.spared), (slow.step, slow.spared));
            }
            for column in 0..columns {
                let score = design.event_sum[column] - means.sum[column];
                assert_eq!(likelihood.score[column], score);
            }
        }
    }
}
