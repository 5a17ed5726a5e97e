//! How Cox's partial likelihood changes with the log hazard ratio of each row.
//!
//! With `e` the hazard ratio of a row, `S(t)` the sum of those at risk and
//! `d(t)` the events at `t` (Breslow), the first and second derivative of the
//! negative log-likelihood are `e R - event` and `e R - e^2 Q`, where `R` and
//! `Q` are the sums of `d / S` and `d / S^2` over the event times at which the
//! row is at risk: until its own, and after its entry where it came late.
//!
//! A row that counts `w` times is so many rows of the same values: it adds `w e`
//! to those at risk, `w` to the events, and `w` times its derivatives.

use super::spans::Spans;
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
    /// Where rows enter late: `R` and `Q` of stretches.
    spans: [Spans; 2],
}

impl<'a> Gradients<'a> {
    /// All rows at hazard ratio 1.
    pub(super) fn new(timeline: &'a Timeline) -> Self {
        let rows = timeline.row.len();
        let mut events = vec![0.0; timeline.event_times.len()];
        let ended = timeline.reached.iter().zip(&timeline.is_event).enumerate();
        for (place, (reached, is_event)) in ended {
            if *is_event {
                events[*reached as usize - 1] += weight(timeline, place);
            }
        }
        Self {
            timeline,
            sums: vec![Pair::default(); events.len() + 1],
            events,
            log_ratio: vec![0.0; rows],
            ratio: vec![1.0; rows],
            pairs: vec![Pair::default(); rows],
            spans: [Spans::default(), Spans::default()],
        }
    }

    /// Computes the derivatives anew.
    pub(super) fn update(&mut self) {
        match &self.timeline.entered {
            None => self.sum_at_risk(),
            Some(entered) => self.sum_at_risk_after(entered),
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
        let rows = rows.zip(&self.ratio).zip(&mut self.pairs).enumerate();
        for (place, (((reached, is_event), ratio), pair)) in rows {
            let sum = match &self.timeline.entered {
                None => self.sums[*reached as usize],
                Some(entered) => Pair {
                    first: self.spans[0].sum(entered[place], *reached),
                    second: self.spans[1].sum(entered[place], *reached),
                },
            };
            let expected = ratio * sum.first;
            let weight = weight(self.timeline, place);
            pair.first = weight * (expected - f64::from(u8::from(*is_event)));
            pair.second = weight * (expected - ratio * ratio * sum.second);
        }
    }

    /// The hazard ratios at risk at each event time, from the last on.
    fn sum_at_risk(&mut self) {
        let mut at_risk = 0.0;
        let rows = self.timeline.reached.iter().zip(&self.ratio).enumerate();
        for (place, (reached, ratio)) in rows.rev() {
            at_risk += weight(self.timeline, place) * ratio;
            self.sums[*reached as usize].first = at_risk;
        }
    }

    /// The same where rows enter late; prepares the sums over stretches.
    fn sum_at_risk_after(&mut self, entered: &[u32]) {
        let [first, second] = &mut self.spans;
        first.clear(self.events.len());
        second.clear(self.events.len());
        let rows = self.timeline.reached.iter().zip(&self.ratio).zip(entered);
        for (place, ((reached, ratio), entered)) in rows.enumerate() {
            first.cover(*entered, *reached, weight(self.timeline, place) * ratio);
        }
        for (time, sum) in self.sums[1..].iter_mut().enumerate() {
            sum.first = first.at(time);
        }
        let shares = || self.events.iter().zip(&self.sums[1..]);
        first.set(shares().map(|(events, sum)| events / sum.first));
        second.set(shares().map(|(events, sum)| events / sum.first / sum.first));
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

/// How much the row at a place counts.
fn weight(timeline: &Timeline, place: usize) -> f64 {
    let weights = timeline.weight.as_ref();
    weights.map_or(1.0, |weights| weights[place])
}
