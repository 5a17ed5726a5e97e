//! Fine and Gray's variance, which knows that being watched was estimated.
//!
//! Beside its score residual, each row moves the estimate through `G`: by
//! `psi = integral of q(u) / n(u) dM(u)`, with `M` the martingale of its own
//! leaving, `n(u)` those watched at `u`, and `q(u)` how the slope depends on
//! `G` after `u` (Fine & Gray 1999, section 3, equation 8):
//! minus the sum over those who linger from before `u` and over events from
//! `u` on of `(x - mean) r h G(t-) / G(T-)`.

use crate::Outcomes;
use crate::cox::design::{Lingering, Stratum};
use crate::cox::detail::{Detail, add_times};
use crate::cox::kernel::Squares;
use crate::cox::matrix::Matrix;
use crate::fine_gray::CensoringTies;
use crate::fine_gray::censoring::Watched;

/// The variance of the coefficients of the scaled columns, by rows.
pub(super) fn variance(
    detail: &Detail<'_>,
    watched: &Watched,
    outcomes: &Outcomes,
    bread: &Matrix,
) -> Matrix {
    let design = detail.sweep.design;
    let stride = design.stride;
    let mut pulls = vec![0.0; design.rows() * stride];
    detail.scores(|place, score| {
        let pull = &mut pulls[place * stride..][..stride];
        add_times(pull, design.weight(place), score);
    });
    add_leaving(detail, watched, outcomes, &mut pulls);
    let mut squares = Squares::new(stride);
    squares.add(&pulls, &vec![1.0; design.rows()]);
    let meat = Matrix::from_fn(design.columns, |a, b| squares.get(a, b));
    bread.sandwich(&meat)
}

/// Adds each row's pull through the estimate of being watched.
fn add_leaving(detail: &Detail<'_>, watched: &Watched, outcomes: &Outcomes, pulls: &mut [f64]) {
    let design = detail.sweep.design;
    let stride = design.stride;
    let Some(lingering) = &design.lingering else {
        return;
    };
    for (stratum, times) in design.strata.iter().zip(&watched.times) {
        let mut ahead = Ahead::new(detail, lingering, stratum);
        let (mut staying, mut staying_rows) = (0.0, vec![0.0; stride]);
        let mut met = vec![0.0; stride];
        for tied in times.iter().rev() {
            ahead.pass(tied.places.end);
            let mut slope = vec![0.0; stride];
            let earlier = met.clone();
            if tied.left > 0.0 {
                add_times(&mut slope, ahead.hazard, &staying_rows);
                add_times(&mut slope, -staying, &ahead.means);
                let share = tied.left / (tied.at_risk * tied.at_risk);
                add_times(&mut met, share, &slope);
            }
            for place in tied.places.clone() {
                let leaves = outcomes.event()[design.order[place] as usize].is_censored();
                let weight = design.weight(place);
                let pull = &mut pulls[place * stride..][..stride];
                let gone = !leaves && watched.ties == CensoringTies::EventsFirst;
                add_times(pull, -weight, if gone { &earlier } else { &met });
                if leaves {
                    add_times(pull, weight / tied.at_risk, &slope);
                }
            }
            for place in tied.places.clone() {
                let share = detail.sweep.risk[place] * lingering.share[place];
                staying += share;
                add_times(&mut staying_rows, share, design.row(place));
            }
        }
    }
}

/// What those who linger will meet of later events, as time goes on.
struct Ahead<'a> {
    detail: &'a Detail<'a>,
    lingering: &'a Lingering,
    moments: std::ops::Range<usize>,
    hazard: f64,
    means: Vec<f64>,
}

impl<'a> Ahead<'a> {
    fn new(detail: &'a Detail<'a>, lingering: &'a Lingering, stratum: &Stratum) -> Self {
        let mut ahead = Self {
            detail,
            lingering,
            moments: stratum.moments.clone(),
            hazard: 0.0,
            means: vec![0.0; detail.sweep.design.stride],
        };
        for moment in stratum.moments.clone() {
            ahead.add(moment, 1.0);
        }
        ahead
    }

    /// Leaves out the moments before the time whose places end at `end`.
    fn pass(&mut self, end: usize) {
        let moments = &self.detail.sweep.design.moments;
        while self.moments.end > self.moments.start
            && moments[self.moments.end - 1].end as usize > end
        {
            self.moments.end -= 1;
            self.add(self.moments.end, -1.0);
        }
    }

    fn add(&mut self, moment: usize, times: f64) {
        let times = times * self.lingering.watched[moment];
        self.hazard += times * self.detail.sweep.hazard[moment].step;
        let met = self.detail.of(&self.detail.met, moment);
        add_times(&mut self.means, times, met);
    }
}
