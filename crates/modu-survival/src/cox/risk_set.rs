//! The sums over those at risk, as time goes back.

use crate::cox::design::{Design, Moment, Stratum};
use crate::cox::sweep::dying;

/// `S0 = sum(r)` and `S1 = sum(r x)` over those at risk.
///
/// Where rows enter late they leave the sums again, and a small set may be
/// what is left of a large one; then what each addition rounds away is kept
/// and added back (Neumaier), so that the sums are good to their last bits.
pub(crate) struct RiskSet {
    next: usize,
    total: f64,
    sums: Vec<f64>,
    /// Present where rows leave.
    leaving: Option<Leaving>,
    /// Sums over those who have the event, and the sums less a share of them.
    dying_total: f64,
    dying_sums: Vec<f64>,
    less: Vec<f64>,
}

struct Leaving {
    /// Next in the order of entries.
    next: usize,
    end: usize,
    /// How many are in the set.
    count: usize,
    lost_total: f64,
    lost_sums: Vec<f64>,
}

/// Says that [`RiskSet::dying`] has been called for the moment.
#[derive(Clone, Copy)]
pub(crate) struct Dying;

impl RiskSet {
    /// Nobody, before the last time of a stratum.
    pub(crate) fn new(design: &Design, stratum: &Stratum) -> Self {
        Self {
            next: stratum.places.start,
            total: 0.0,
            sums: vec![0.0; design.stride],
            leaving: design.entering.as_ref().map(|_| Leaving {
                next: stratum.places.start,
                end: stratum.places.end,
                count: 0,
                lost_total: 0.0,
                lost_sums: vec![0.0; design.stride],
            }),
            dying_total: 0.0,
            dying_sums: vec![0.0; design.stride],
            less: vec![0.0; design.stride],
        }
    }

    /// Lets in the places up to `end`.
    #[inline]
    pub(crate) fn admit(&mut self, design: &Design, risk: &[f64], end: usize) {
        let places = self.next..end;
        self.next = end;
        match &mut self.leaving {
            None => {
                for place in places {
                    let risk = risk[place];
                    self.total += risk;
                    for (sum, value) in self.sums.iter_mut().zip(design.row(place)) {
                        *sum += risk * value;
                    }
                }
            }
            Some(leaving) => {
                for place in places {
                    leaving.count += 1;
                    leaving.add(
                        &mut self.total,
                        &mut self.sums,
                        design.row(place),
                        risk[place],
                    );
                }
            }
        }
    }

    /// Lets out those who had not entered before `time`.
    pub(crate) fn dismiss(&mut self, design: &Design, risk: &[f64], time: f64) {
        let (Some(leaving), Some(entering)) = (&mut self.leaving, &design.entering) else {
            return;
        };
        while leaving.next < leaving.end && entering.times[leaving.next] >= time {
            let place = entering.places[leaving.next] as usize;
            leaving.next += 1;
            leaving.count -= 1;
            leaving.add(
                &mut self.total,
                &mut self.sums,
                design.row(place),
                -risk[place],
            );
        }
        if leaving.count == 0 {
            (self.total, leaving.lost_total) = (0.0, 0.0);
            self.sums.fill(0.0);
            leaving.lost_sums.fill(0.0);
        }
    }

    /// Sums over those who have the event, for [`Self::less`].
    pub(crate) fn dying(&mut self, design: &Design, risk: &[f64], moment: &Moment) -> Dying {
        self.dying_total = 0.0;
        self.dying_sums.fill(0.0);
        for place in dying(design, moment) {
            self.dying_total += risk[place];
            for (sum, value) in self.dying_sums.iter_mut().zip(design.row(place)) {
                *sum += risk[place] * value;
            }
        }
        Dying
    }

    /// The sums over those at risk, less a share of the dying.
    #[inline]
    pub(crate) fn less(&mut self, dying: Option<Dying>, share: f64) -> (f64, &[f64]) {
        let mut total = self.total;
        match (&self.leaving, dying) {
            (None, None) => return (total, &self.sums),
            (None, Some(Dying)) => self.less.copy_from_slice(&self.sums),
            (Some(leaving), _) => {
                total += leaving.lost_total;
                for (place, less) in self.less.iter_mut().enumerate() {
                    *less = self.sums[place] + leaving.lost_sums[place];
                }
            }
        }
        if dying.is_some() {
            total -= share * self.dying_total;
            for (less, dying) in self.less.iter_mut().zip(&self.dying_sums) {
                *less -= share * dying;
            }
        }
        (total, &self.less)
    }
}

impl Leaving {
    /// Adds a row `risk` times, or takes it away where that is negative.
    fn add(&mut self, total: &mut f64, sums: &mut [f64], row: &[f64], risk: f64) {
        add_exactly(total, &mut self.lost_total, risk);
        for ((sum, lost), value) in sums.iter_mut().zip(&mut self.lost_sums).zip(row) {
            add_exactly(sum, lost, risk * value);
        }
    }
}

/// Adds to a sum, and what the addition rounds away to `lost`.
fn add_exactly(sum: &mut f64, lost: &mut f64, value: f64) {
    let new = *sum + value;
    *lost += if sum.abs() >= value.abs() {
        (*sum - new) + value
    } else {
        (value - new) + *sum
    };
    *sum = new;
}
