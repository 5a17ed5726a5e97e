//! The probability of still being watched.

use std::ops::Range;

use crate::cox::design::Design;
use crate::fine_gray::CensoringTies;
use crate::{EventCode, Outcomes};

/// The Kaplan-Meier curve of being watched, over the places of a design.
pub(super) struct Watched {
    /// Its value just before the time of each place.
    pub(super) before: Vec<f64>,
    /// The distinct times of each stratum of the design, descending.
    pub(super) times: Vec<Vec<Tied>>,
    pub(super) ties: CensoringTies,
}

/// Those last seen at one time.
pub(super) struct Tied {
    pub(super) places: Range<usize>,
    /// The weight of those counted as watched when rows left.
    pub(super) at_risk: f64,
    /// The weight of those who left.
    pub(super) left: f64,
}

impl Watched {
    pub(super) fn of(design: &Design, outcomes: &Outcomes, ties: CensoringTies) -> Self {
        let mut before = vec![1.0; design.rows()];
        let mut times = Vec::new();
        for stratum in &design.strata {
            let tied = tied(design, outcomes, ties, stratum.places.clone());
            let mut watched = 1.0;
            for tied in tied.iter().rev() {
                before[tied.places.clone()].fill(watched);
                if tied.left > 0.0 {
                    watched *= 1.0 - tied.left / tied.at_risk;
                }
            }
            times.push(tied);
        }
        Self {
            before,
            times,
            ties,
        }
    }

    /// One over the probability just before its time, of those with a
    /// competing event; 0 for others.
    pub(super) fn shares(
        &self,
        design: &Design,
        outcomes: &Outcomes,
        event: EventCode,
    ) -> Vec<f64> {
        let codes = design.order.iter();
        let codes = codes.map(|row| outcomes.event()[*row as usize]);
        let share = |(code, before): (EventCode, &f64)| {
            let competes = !code.is_censored() && code != event;
            if competes { 1.0 / before } else { 0.0 }
        };
        codes.zip(&self.before).map(share).collect()
    }

    /// The probability just before each moment.
    pub(super) fn at_moments(&self, design: &Design) -> Vec<f64> {
        let moments = design.moments.iter();
        moments
            .map(|moment| self.before[moment.first as usize])
            .collect()
    }
}

fn tied(
    design: &Design,
    outcomes: &Outcomes,
    ties: CensoringTies,
    places: Range<usize>,
) -> Vec<Tied> {
    let time = |row: u32| outcomes.time()[row as usize];
    let mut found = Vec::new();
    let (mut start, mut watched) = (places.start, 0.0);
    for rows in design.order[places].chunk_by(|a, b| time(*a) == time(*b)) {
        let places = start..start + rows.len();
        start = places.end;
        let (mut left, mut events) = (0.0, 0.0);
        for (place, row) in places.clone().zip(rows) {
            match outcomes.event()[*row as usize].is_censored() {
                true => left += design.weight(place),
                false => events += design.weight(place),
            }
        }
        watched += left + events;
        let gone = match ties {
            CensoringTies::EventsFirst => events,
            CensoringTies::Together => 0.0,
        };
        found.push(Tied {
            places,
            at_risk: watched - gone,
            left,
        });
    }
    found
}
