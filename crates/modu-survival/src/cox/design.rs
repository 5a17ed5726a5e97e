//! The rows of a fit laid out for passing over them: by stratum, by descending
//! time, the columns centred and scaled, each row's numbers side by side.

use crate::cox::detail::add_times;
use crate::cox::kernel::LANES;
use crate::cox::spacious::Spacious;
use crate::order;
use crate::{Covariates, EventCode, Outcomes, SurvivalError, outcome::check_length};

/// Largest number of columns of a model. Its information is a square of as many
/// numbers each way (8 MB at this limit), and each step of the search takes the
/// cube.
pub const MAX_MODEL_COLUMNS: usize = 1_000;

/// Rows laid out for passing over the risk sets.
///
/// A *place* is the position of a row in this layout.
pub(crate) struct Design {
    /// Number of columns, without padding.
    pub(crate) columns: usize,
    /// Numbers of a row, a multiple of [`LANES`].
    pub(crate) stride: usize,
    /// `(value - centre) / scale`, row by row.
    pub(crate) values: Spacious,
    /// How each column was centred and scaled.
    pub(crate) scaling: Vec<Scaling>,
    /// The given row at each place.
    pub(crate) order: Vec<u32>,
    /// How often each place counts; `None` is once.
    pub(crate) weight: Option<Vec<f64>>,
    /// Whether each place has the event.
    pub(crate) dies: Vec<bool>,
    /// The strata in ascending order of their numbers.
    pub(crate) strata: Vec<Stratum>,
    /// The distinct times of events, by stratum, descending.
    pub(crate) moments: Vec<Moment>,
    /// Where rows enter late.
    pub(crate) entering: Option<Entering>,
    /// Where rows stay at risk after another event.
    pub(crate) lingering: Option<Lingering>,
    /// The weighted sum of the rows that have the event.
    pub(crate) event_sum: Vec<f64>,
}

/// What a column's values are measured from and in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scaling {
    pub(crate) centre: f64,
    /// Above zero and normal; 1 for a column whose values are all the same.
    pub(crate) scale: f64,
    /// One over it.
    pub(crate) inverse: f64,
    /// Greatest less least value, in units of `scale`.
    pub(crate) range: f64,
}

/// Places and moments of one stratum.
pub(crate) struct Stratum {
    pub(crate) number: u32,
    pub(crate) places: std::ops::Range<usize>,
    pub(crate) moments: std::ops::Range<usize>,
}

/// A time at which events happen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) time: f64,
    /// First place of those last seen at this time.
    pub(crate) first: u32,
    /// End of those places, and so of all who are at risk.
    pub(crate) end: u32,
    /// How many have the event.
    pub(crate) deaths: u32,
    /// Their weights, added.
    pub(crate) weight: f64,
}

/// Rows that were not watched from the start.
pub(crate) struct Entering {
    /// Places by stratum, latest entry first.
    pub(crate) places: Vec<u32>,
    /// The entries of those places, in that order.
    pub(crate) times: Vec<f64>,
    /// For each place, the first moment (the latest in time) that is not
    /// after its entry: the moments from its own up to this one see it.
    pub(crate) until: Vec<u32>,
}

/// Rows that had a competing event and stay at risk after it, each with the
/// probability of still being watched: `watched(t) / watched(own time)`.
pub(crate) struct Lingering {
    /// One over the probability of being watched at its own time for each
    /// place with a competing event; 0 for others.
    pub(crate) share: Vec<f64>,
    /// The probability of being watched at each moment.
    pub(crate) watched: Vec<f64>,
}

impl Design {
    /// Lays out all rows.
    ///
    /// # Errors
    /// Covariates of another length, more columns than [`MAX_MODEL_COLUMNS`],
    /// and no row with the event.
    pub(crate) fn new(
        outcomes: &Outcomes,
        covariates: &Covariates,
        event: EventCode,
    ) -> Result<Self, SurvivalError> {
        check_length("the covariates", covariates.rows(), outcomes.len())?;
        if let Some(first) = covariates.names().get(MAX_MODEL_COLUMNS) {
            return Err(SurvivalError::TooWide {
                found: covariates.names().len(),
                limit: MAX_MODEL_COLUMNS,
                first: first.clone(),
            });
        }
        if event.is_censored() || !outcomes.event().contains(&event) {
            return Err(SurvivalError::NoEvents(event.0));
        }
        let mut order = order::descending(outcomes.time());
        if let Some(stratum) = outcomes.stratum() {
            order::by_key(&mut order, stratum);
        }
        let columns = covariates.columns().iter();
        let scaling: Vec<Scaling> = columns.map(|column| Scaling::of(column)).collect();
        let stride = scaling.len().next_multiple_of(LANES);
        let mut event_sum = vec![0.0; stride];
        let values = laid_out(covariates, &order, &scaling, stride, |row, values| {
            if outcomes.event()[row] == event {
                let weight = outcomes.weight().map_or(1.0, |weight| weight[row]);
                add_times(&mut event_sum, weight, values);
            }
        });
        Ok(Self::of_values(
            outcomes, event, order, scaling, values, event_sum,
        ))
    }

    /// Every `step`th place of the layout, with the same scaling.
    pub(crate) fn thinned(&self, step: usize, outcomes: &Outcomes, event: EventCode) -> Self {
        let places = || (0..self.rows()).step_by(step);
        let order = places().map(|place| self.order[place]).collect();
        let mut values = Spacious::zeros(places().len() * self.stride);
        if self.stride > 0 {
            for (slot, place) in values.chunks_exact_mut(self.stride).zip(places()) {
                slot.copy_from_slice(self.row(place));
            }
        }
        let mut event_sum = vec![0.0; self.stride];
        for place in places().filter(|place| self.dies[*place]) {
            add_times(&mut event_sum, self.weight(place), self.row(place));
        }
        let scaling = self.scaling.clone();
        Self::of_values(outcomes, event, order, scaling, values, event_sum)
    }

    fn of_values(
        outcomes: &Outcomes,
        event: EventCode,
        order: Vec<u32>,
        scaling: Vec<Scaling>,
        values: Spacious,
        event_sum: Vec<f64>,
    ) -> Self {
        let columns = scaling.len();
        let stride = columns.next_multiple_of(LANES);
        let dies: Vec<bool> = order
            .iter()
            .map(|row| outcomes.event()[*row as usize] == event)
            .collect();
        let weight: Option<Vec<f64>> = outcomes
            .weight()
            .map(|weight| order.iter().map(|row| weight[*row as usize]).collect());
        let (strata, moments) = strata(outcomes, &order, &dies, weight.as_deref());
        let entering = outcomes
            .entry()
            .map(|entry| Entering::new(entry, &order, &strata, &moments));
        Self {
            columns,
            stride,
            values,
            scaling,
            order,
            weight,
            dies,
            strata,
            moments,
            entering,
            lingering: None,
            event_sum,
        }
    }

    /// Number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.order.len()
    }

    /// The numbers of a place.
    pub(crate) fn row(&self, place: usize) -> &[f64] {
        &self.values[place * self.stride..(place + 1) * self.stride]
    }

    /// How often a place counts.
    pub(crate) fn weight(&self, place: usize) -> f64 {
        self.weight.as_ref().map_or(1.0, |weight| weight[place])
    }

    /// Number of events.
    pub(crate) fn events(&self) -> u64 {
        self.moments
            .iter()
            .map(|moment| u64::from(moment.deaths))
            .sum()
    }
}

impl Moment {
    /// Everyone last seen at this time.
    pub(crate) fn tied(&self) -> std::ops::Range<usize> {
        self.first as usize..self.end as usize
    }
}

impl Scaling {
    /// Mean and standard deviation, in one pass from the first value.
    fn of(column: &[f64]) -> Self {
        let origin = column[0];
        let (mut sums, mut squares) = ([0.0; LANES], [0.0; LANES]);
        let (mut least, mut greatest) = ([origin; LANES], [origin; LANES]);
        let (blocks, rest) = column.as_chunks::<LANES>();
        let mut last = [origin; LANES];
        last[..rest.len()].copy_from_slice(rest);
        for block in blocks.iter().chain([&last]) {
            for lane in 0..LANES {
                let distance = block[lane] - origin;
                sums[lane] += distance;
                squares[lane] += distance * distance;
                least[lane] = least[lane].min(block[lane]);
                greatest[lane] = greatest[lane].max(block[lane]);
            }
        }
        let least = least.into_iter().fold(origin, f64::min);
        let greatest = greatest.into_iter().fold(origin, f64::max);
        let count = column.len() as f64;
        let mean = sums.iter().sum::<f64>() / count;
        let variance = squares.iter().sum::<f64>() / count - mean * mean;
        let scale = variance.sqrt();
        // Where numbers are too large to be squared, or lie too close for it,
        // half the range serves as well: any centre and scale near will do.
        let (centre, scale) = if scale.is_normal() && (origin + mean).is_finite() {
            (origin + mean, scale)
        } else {
            (f64::midpoint(least, greatest), greatest / 2.0 - least / 2.0)
        };
        let scale = if scale > 0.0 {
            scale.max(f64::MIN_POSITIVE)
        } else {
            1.0
        };
        Self {
            centre,
            scale,
            inverse: 1.0 / scale,
            range: greatest / scale - least / scale,
        }
    }
}

/// The centred and scaled values of rows in an order, row by row.
///
/// Rows are read as they stand, some at a time from every column, and written
/// to their places whole: one far jump in memory for each row, not for each
/// number. Each row with its values is shown, too.
fn laid_out(
    covariates: &Covariates,
    order: &[u32],
    scaling: &[Scaling],
    stride: usize,
    mut show: impl FnMut(usize, &[f64]),
) -> Spacious {
    /// Rows that are read together.
    const NEAR: usize = 64;
    let mut values = Spacious::zeros(order.len() * stride);
    if stride == 0 {
        return values;
    }
    let mut place_of = vec![0_u32; order.len()];
    for (place, row) in (0_u32..).zip(order) {
        place_of[*row as usize] = place;
    }
    let mut near = vec![0.0; NEAR * stride];
    let slots: &mut [f64] = &mut values;
    for (block, places) in place_of.chunks(NEAR).enumerate() {
        let rows = block * NEAR..block * NEAR + places.len();
        let columns = covariates.columns().iter().zip(scaling);
        for (column, (given, scaling)) in columns.enumerate() {
            let row_slots = near[column..].iter_mut().step_by(stride);
            for (slot, value) in row_slots.zip(&given[rows.clone()]) {
                *slot = (value - scaling.centre) * scaling.inverse;
            }
        }
        for ((place, row), near) in places.iter().zip(rows).zip(near.chunks_exact(stride)) {
            let start = *place as usize * stride;
            slots[start..start + stride].copy_from_slice(near);
            show(row, near);
        }
    }
    values
}

/// The strata, and the times of their events.
fn strata(
    outcomes: &Outcomes,
    order: &[u32],
    dies: &[bool],
    weight: Option<&[f64]>,
) -> (Vec<Stratum>, Vec<Moment>) {
    let stratum = |row: u32| {
        outcomes
            .stratum()
            .map_or(0, |numbers| numbers[row as usize])
    };
    let time = |row: u32| outcomes.time()[row as usize];
    let (mut strata, mut moments) = (Vec::new(), Vec::new());
    let mut start = 0;
    for rows in order.chunk_by(|a, b| stratum(*a) == stratum(*b)) {
        let (places, earlier) = (start..start + rows.len(), moments.len());
        for tied in rows.chunk_by(|a, b| time(*a) == time(*b)) {
            let end = start + tied.len();
            let deaths = dies[start..end].iter().filter(|dies| **dies).count();
            if deaths > 0 {
                let weight = weight.map_or(deaths as f64, |weight| {
                    let dying = (start..end).filter(|place| dies[*place]);
                    dying.map(|place| weight[place]).sum()
                });
                moments.push(Moment {
                    time: time(tied[0]),
                    first: start as u32,
                    end: end as u32,
                    deaths: deaths as u32,
                    weight,
                });
            }
            start = end;
        }
        strata.push(Stratum {
            number: stratum(rows[0]),
            places,
            moments: earlier..moments.len(),
        });
    }
    (strata, moments)
}

impl Entering {
    fn new(entry: &[f64], order: &[u32], strata: &[Stratum], moments: &[Moment]) -> Self {
        let at: Vec<f64> = order.iter().map(|row| entry[*row as usize]).collect();
        let mut places = Vec::with_capacity(order.len());
        let mut until = vec![0; order.len()];
        for stratum in strata {
            let latest_first = order::descending(&at[stratum.places.clone()]);
            let mut moment = stratum.moments.start;
            for offset in latest_first {
                let place = stratum.places.start + offset as usize;
                while moment < stratum.moments.end && moments[moment].time > at[place] {
                    moment += 1;
                }
                until[place] = moment as u32;
                places.push(place as u32);
            }
        }
        let times = places.iter().map(|place| at[*place as usize]).collect();
        Self {
            places,
            times,
            until,
        }
    }
}
