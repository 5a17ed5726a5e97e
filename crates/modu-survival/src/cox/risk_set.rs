//! The sums over those at risk, as time goes back.

use crate::cox::design::{Design, Moment, Stratum};

/// `S0 = sum(r)` and `S1 = sum(r x)` over those at risk.
///
/// Where rows leave the sums again, a small set may be what is left of a large
/// one; then what each addition rounds away is kept ([`ExactSums`]).
pub(crate) struct RiskSet {
    next: usize,
    sums: Sums,
    /// What rounding took from `sums`, where rows leave.
    leaving: Option<Leaving>,
    /// Those who stay though they had another event.
    lingering: Option<ExactSums>,
    /// The sums with what was lost and with those who linger.
    adjusted: Sums,
    dying: Sums,
    less: Sums,
}

/// Where rows enter late.
struct Leaving {
    lost: Sums,
    /// Next in the order of entries.
    next: usize,
    end: usize,
    /// How many are in the set.
    count: usize,
}

/// A sum of risks, and of risks times rows.
pub(crate) struct Sums {
    pub(crate) total: f64,
    pub(crate) of_rows: Vec<f64>,
}

/// Sums that are good to their last bits though much of what was added is
/// taken away again.
struct ExactSums {
    main: Sums,
    lost: Sums,
}

impl RiskSet {
    /// Nobody, after the last time of a stratum; the risks of all its places
    /// must be known where any linger.
    pub(crate) fn new(design: &Design, stratum: &Stratum, risk: &[f64]) -> Self {
        let zero = || Sums::zero(design.stride);
        let mut lingering = design.lingering.as_ref().map(|_| ExactSums {
            main: zero(),
            lost: zero(),
        });
        if let (Some(sums), Some(lingering)) = (&mut lingering, &design.lingering) {
            for place in stratum.places.clone() {
                let share = lingering.share[place];
                if share > 0.0 {
                    sums.add(design.row(place), risk[place] * share);
                }
            }
        }
        Self {
            next: stratum.places.start,
            sums: zero(),
            leaving: design.entering.as_ref().map(|_| Leaving {
                lost: zero(),
                next: stratum.places.start,
                end: stratum.places.end,
                count: 0,
            }),
            lingering,
            adjusted: zero(),
            dying: zero(),
            less: zero(),
        }
    }

    /// Lets in the places up to `end`.
    #[inline]
    pub(crate) fn admit(&mut self, design: &Design, risk: &[f64], end: usize) {
        let places = self.next..end;
        self.next = end;
        if let (Some(sums), Some(lingering)) = (&mut self.lingering, &design.lingering) {
            for place in places.clone() {
                let share = lingering.share[place];
                if share > 0.0 {
                    sums.add(design.row(place), -(risk[place] * share));
                }
            }
        }
        match &mut self.leaving {
            None => {
                for place in places {
                    self.sums.add(design.row(place), risk[place]);
                }
            }
            Some(leaving) => {
                leaving.count += places.len();
                for place in places {
                    add_exactly(
                        &mut self.sums,
                        &mut leaving.lost,
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
            let row = design.row(place);
            add_exactly(&mut self.sums, &mut leaving.lost, row, -risk[place]);
        }
        if leaving.count == 0 {
            self.sums.clear();
            leaving.lost.clear();
        }
    }

    /// The sums over those at risk at a moment, for taking shares of the
    /// dying away with [`AtMoment::less`].
    #[inline]
    pub(crate) fn at<'s>(
        &'s mut self,
        design: &Design,
        risk: &[f64],
        moment: (usize, &Moment),
        apart: bool,
    ) -> AtMoment<'s> {
        let (number, moment) = moment;
        if apart {
            self.dying.clear();
            for place in moment.tied().filter(|place| design.dies[*place]) {
                self.dying.add(design.row(place), risk[place]);
            }
        }
        let adjusted = self.leaving.is_some() || self.lingering.is_some();
        if adjusted {
            self.adjusted.copy(&self.sums);
            if let Some(leaving) = &self.leaving {
                self.adjusted.add_sums(&leaving.lost, 1.0);
            }
            if let (Some(sums), Some(lingering)) = (&self.lingering, &design.lingering) {
                let watched = lingering.watched[number];
                self.adjusted.add_sums(&sums.main, watched);
                self.adjusted.add_sums(&sums.lost, watched);
            }
        }
        AtMoment {
            sums: if adjusted { &self.adjusted } else { &self.sums },
            dying: apart.then_some(&self.dying),
            less: &mut self.less,
        }
    }
}

/// The sums at one moment.
pub(crate) struct AtMoment<'s> {
    sums: &'s Sums,
    dying: Option<&'s Sums>,
    less: &'s mut Sums,
}

impl AtMoment<'_> {
    /// The sums less a share of the dying, where they were asked for.
    #[inline]
    pub(crate) fn less(&mut self, share: f64) -> &Sums {
        let Some(dying) = self.dying else {
            return self.sums;
        };
        self.less.copy(self.sums);
        self.less.add_sums(dying, -share);
        self.less
    }
}

impl Sums {
    fn zero(stride: usize) -> Self {
        Self {
            total: 0.0,
            of_rows: vec![0.0; stride],
        }
    }

    fn clear(&mut self) {
        self.total = 0.0;
        self.of_rows.fill(0.0);
    }

    fn copy(&mut self, other: &Self) {
        self.total = other.total;
        self.of_rows.copy_from_slice(&other.of_rows);
    }

    #[inline]
    fn add(&mut self, row: &[f64], risk: f64) {
        self.total += risk;
        for (sum, value) in self.of_rows.iter_mut().zip(row) {
            *sum += risk * value;
        }
    }

    #[inline]
    fn add_sums(&mut self, other: &Self, times: f64) {
        self.total += times * other.total;
        for (sum, value) in self.of_rows.iter_mut().zip(&other.of_rows) {
            *sum += times * value;
        }
    }
}

impl ExactSums {
    fn add(&mut self, row: &[f64], risk: f64) {
        add_exactly(&mut self.main, &mut self.lost, row, risk);
    }
}

/// Adds a row `risk` times (takes it away where that is negative), and what
/// the addition rounds away to `lost` (Neumaier 1974).
fn add_exactly(sums: &mut Sums, lost: &mut Sums, row: &[f64], risk: f64) {
    let add = |sum: &mut f64, lost: &mut f64, value: f64| {
        let new = *sum + value;
        *lost += if sum.abs() >= value.abs() {
            (*sum - new) + value
        } else {
            (value - new) + *sum
        };
        *sum = new;
    };
    add(&mut sums.total, &mut lost.total, risk);
    let of_rows = sums.of_rows.iter_mut().zip(&mut lost.of_rows);
    for ((sum, lost), value) in of_rows.zip(row) {
        add(sum, lost, risk * value);
    }
}
