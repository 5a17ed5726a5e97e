//! How Cox's partial likelihood changes with the log hazard ratio of each row.
//!
//! With `e` the hazard ratio of a row, `S(t)` the sum of those at risk and
//! `d(t)` the events at `t` (Breslow), the first and second derivative of the
//! negative log-likelihood are `e R - event` and `e R - e^2 Q`, where `R` and
//! `Q` are the sums of `d / S` and `d / S^2` over the event times until the
//! row's.

use crate::timeline::Timeline;

/// First and second derivative.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Pair {
    pub(super) first: f64,
    pub(super) second: f64,
}

/// The state of all rows, in the order of time.
pub(super) struct Gradients<'a> {
    timeline: &'a Timeline,
    /// How many events there are at each event time.
    events: Vec<f64>,
    log_ratio: Vec<f64>,
    ratio: Vec<f64>,
    /// `R` and `Q` until so many event times; `second` is `Q`.
    sums: Vec<Pair>,
    pairs: Vec<Pair>,
}

impl<'a> Gradients<'a> {
    /// All rows at hazard ratio 1.
    pub(super) fn new(timeline: &'a Timeline) -> Self {
        let rows = timeline.row.len();
        let mut events = vec![0.0; timeline.event_times.len()];
        for (reached, is_event) in timeline.reached.iter().zip(&timeline.is_event) {
            if *is_event {
                events[*reached as usize - 1] += 1.0;
            }
        }
        Self {
            timeline,
            sums: vec![Pair::default(); events.len() + 1],
            events,
            log_ratio: vec![0.0; rows],
            ratio: vec![1.0; rows],
            pairs: vec![Pair::default(); rows],
        }
    }

    /// Computes the derivatives anew.
    pub(super) fn update(&mut self) {
        // The hazard ratios at risk at each event time, from the last on.
        let mut at_risk = 0.0;
        let rows = self.timeline.reached.iter().zip(&self.ratio);
        for (reached, ratio) in rows.rev() {
            at_risk += ratio;
            self.sums[*reached as usize].first = at_risk;
        }
        let mut sum = Pair::default();
        self.sums[0] = sum;
        for (until, events) in self.sums[1..].iter_mut().zip(&self.events) {
            let at_risk = until.first;
            let share = events / at_risk;
            sum.first += share;
            sum.second += share / at_risk;
            *until = sum;
        }
        let rows = self.timeline.reached.iter().zip(&self.timeline.is_event);
        let rows = rows.zip(&self.ratio).zip(&mut self.pairs);
        for (((reached, is_event), ratio), pair) in rows {
            let sum = self.sums[*reached as usize];
            let expected = ratio * sum.first;
            pair.first = expected - f64::from(u8::from(*is_event));
            pair.second = expected - ratio * ratio * sum.second;
        }
    }

    /// The derivatives of each row.
    pub(super) fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// Moves the rows of each leaf by its value, unless one would come farther
    /// than allowed.
    pub(super) fn moved<'b>(
        &mut self,
        leaves: impl Iterator<Item = &'b [u32]> + Clone,
        values: &[f64],
        farthest: f64,
    ) -> bool {
        for (places, value) in leaves.clone().zip(values) {
            let goes_too_far =
                |place: &u32| (self.log_ratio[*place as usize] + value).abs() > farthest;
            if places.iter().any(goes_too_far) {
                return false;
            }
        }
        for (places, value) in leaves.zip(values) {
            let factor = libm::exp(*value);
            for place in places {
                self.log_ratio[*place as usize] += value;
                self.ratio[*place as usize] *= factor;
            }
        }
        true
    }

    /// Breslow's cumulative hazard at each event time.
    pub(super) fn cumulative_hazard(&self) -> Vec<f64> {
        self.sums[1..].iter().map(|sum| sum.first).collect()
    }
}
