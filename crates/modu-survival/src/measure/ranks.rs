//! Where each row stands in the order of risks, and which rows it ties with.

use crate::SurvivalError;
use crate::order::descending;

/// Where a row stands among all, ascending by risk.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place {
    /// Its own place, no two alike.
    pub(crate) own: u32,
    /// The first place that ties with it.
    pub(crate) low: u32,
    /// The place after the last that ties with it.
    pub(crate) high: u32,
}

impl Place {
    /// Whether it ties with any other row.
    pub(crate) fn is_tied(self) -> bool {
        self.high - self.low > 1
    }
}

/// The places of all rows; risks within `tied_within` of a row's tie with it.
///
/// # Errors
/// A negative or infinite `tied_within`.
pub(crate) fn places(risk: &[f64], tied_within: f64) -> Result<Vec<Place>, SurvivalError> {
    if !(tied_within.is_finite() && tied_within >= 0.0) {
        return Err(SurvivalError::Setting {
            what: "the distance within which risks tie",
            found: tied_within.to_string(),
            range: "a finite number of at least 0",
        });
    }
    let mut order = descending(risk);
    order.reverse();
    let mut places = vec![Place::default(); risk.len()];
    match tied_within > 0.0 {
        true => near(risk, &order, tied_within, &mut places),
        false => equal(risk, &order, &mut places),
    }
    Ok(places)
}

fn equal(risk: &[f64], order: &[u32], places: &mut [Place]) {
    let mut low = 0;
    for tied in order.chunk_by(|a, b| risk[*a as usize] == risk[*b as usize]) {
        let high = low + tied.len() as u32;
        for (own, row) in (low..).zip(tied) {
            places[*row as usize] = Place { own, low, high };
        }
        low = high;
    }
}

fn near(risk: &[f64], order: &[u32], within: f64, places: &mut [Place]) {
    let at = |place: usize| risk[order[place] as usize];
    let (mut low, mut high) = (0, 0);
    for (own, row) in order.iter().enumerate() {
        let value = at(own);
        while value - at(low) > within {
            low += 1;
        }
        while high < order.len() && at(high) - value <= within {
            high += 1;
        }
        places[*row as usize] = Place {
            own: own as u32,
            low: low as u32,
            high: high as u32,
        };
    }
}

/// The running sums of something over places: entry `p` is over all below `p`.
pub(crate) fn sums_below(places: &[Place], value: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut sums = vec![0.0; places.len() + 1];
    for (row, place) in places.iter().enumerate() {
        sums[place.own as usize + 1] = value(row);
    }
    let mut sum = 0.0;
    for slot in &mut sums {
        sum += *slot;
        *slot = sum;
    }
    sums
}

/// Of running sums, what lies below a place, ties counted half.
pub(crate) fn below(sums: &[f64], place: Place) -> f64 {
    (sums[place.low as usize] + sums[place.high as usize]) / 2.0
}
