//! The log-rank statistic of a node, prepared so that one row after another
//! can be moved to the other side of a cut.
//!
//! At an event time `s` with `Y` rows at risk of which `d` have the event, and
//! `L` of the rows at risk on the left, the log-rank statistic adds
//! `d_left - L d / Y` to its numerator and `w L (Y - L)` to its variance,
//! where `w = d (Y - d) / (Y^2 (Y - 1))` (Mantel 1966). Summed over the times
//! for a set of rows instead of over rows for the times:
//!
//! - the numerator is a sum over the rows on the left of
//!   `event - H(T)`, `H` being the node's Nelson-Aalen estimate at the row's
//!   time;
//! - the variance is the sum of `A(T)` over the rows on the left less the sum
//!   of `C(min(T, T'))` over all pairs of them, where `A` and `C` are the sums
//!   of `w Y` and of `w` until a time.
//!
//! Where rows enter late (left truncation; Fu & Simonoff, "Survival trees for
//! left-truncated and right-censored data", Biostatistics 2017) a row at risk in
//! (E, T] is one that leaves at T less one that leaves at E: its score is
//! `event - (H(T) - H(E))`, and in the variance it stands for both with their
//! signs, so that what is said above holds of each.
//!
//! So a row that moves over changes both by amounts that take one look-up in
//! a [`Sums`](super::sums::Sums): the logarithm of the number of event times,
//! where a recount takes all of them.

use super::study::Study;

/// What a row of a node adds to the left side of a cut; it counts as many
/// times as it was drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    /// What it adds to the numerator.
    pub(super) score: f64,
    /// What it adds to the variance by itself.
    pub(super) own_variance: f64,
    /// `C` at its time.
    pub(super) pair_variance: f64,
    /// How many times it counts.
    pub(super) count: f64,
    /// How many event times of the node are at or before its time.
    pub(super) reached: u32,
}

/// When a row of a node entered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// `C` then.
    pub(super) pair_variance: f64,
    /// How many event times of the node are at or before it.
    pub(super) reached: u32,
}

/// The rows of a node in the order of their times.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) members: Vec<Member>,
    /// When each entered; empty where nobody enters late.
    pub(super) entries: Vec<Entry>,
    /// Number of distinct event times.
    pub(super) event_times: u32,
    /// How many rows there are, each counted as often as it was drawn.
    pub(super) count: u64,
    /// The sum of `A` over the rows: what variances are small against.
    pub(super) variance_scale: f64,
}

/// An event time of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Jump {
    /// Which of the study's distinct event times it is.
    pub(super) at: u32,
    /// Rows with the event then.
    pub(super) events: u32,
    /// Rows at risk then.
    pub(super) at_risk: u32,
}

/// Calls `event_time` for each distinct event time of places in the order of
/// time, and then `place` for each of those whose times lie from there to the
/// next (before the first event time, without a call of `event_time`).
pub(super) fn walk(
    study: &Study,
    drawn: &[u32],
    places: &[u32],
    mut visit: impl FnMut(Option<Jump>, &[u32]),
) {
    let count = |place: &u32| drawn[*place as usize];
    let mut at_risk: u32 = places.iter().map(count).sum();
    let mut late = Late::new(study, drawn, places);
    for group in places
        .chunk_by(|a, b| study.timeline.reached[*a as usize] == study.timeline.reached[*b as usize])
    {
        let events = group
            .iter()
            .filter(|place| study.timeline.is_event[**place as usize]);
        let events: u32 = events.map(count).sum();
        let jump = (events > 0).then(|| Jump {
            at: study.timeline.reached[group[0] as usize] - 1,
            events,
            at_risk: at_risk - late.outside(study.timeline.reached[group[0] as usize]),
        });
        visit(jump, group);
        at_risk -= group.iter().map(count).sum::<u32>();
    }
}

/// Those of a node who have yet to enter.
struct Late {
    /// The event times before each entry, rising, and how many rows it is.
    entered: Vec<(u32, u32)>,
    next: usize,
    outside: u32,
}

impl Late {
    fn new(study: &Study, drawn: &[u32], places: &[u32]) -> Self {
        let entered = study.timeline.entered.as_deref().unwrap_or_default();
        let places = places.iter().filter(|_| !entered.is_empty());
        let of_place = |place: &u32| (entered[*place as usize], drawn[*place as usize]);
        let mut entered: Vec<(u32, u32)> = places.map(of_place).collect();
        entered.sort_unstable();
        Self {
            next: 0,
            outside: entered.iter().map(|(_, count)| count).sum(),
            entered,
        }
    }

    /// How many enter at or after the event time of this number (from 1); the
    /// numbers that are asked rise.
    fn outside(&mut self, time: u32) -> u32 {
        while let Some((_, count)) = self.entered.get(self.next).filter(|it| it.0 < time) {
            self.outside -= count;
            self.next += 1;
        }
        self.outside
    }
}

/// What hazards and variances come to until an event time of a node.
#[derive(Debug, Clone, Copy, Default)]
struct Until {
    /// The number of the study's event time, from 1.
    time: u32,
    hazard: f64,
    single: f64,
    pair: f64,
}

impl Node {
    /// Prepares the node of these places, over what it held.
    pub(super) fn prepare(&mut self, study: &Study, drawn: &[u32], places: &[u32]) {
        *self = Self {
            members: std::mem::take(&mut self.members),
            entries: std::mem::take(&mut self.entries),
            ..Self::default()
        };
        self.members.clear();
        self.entries.clear();
        let entered = study.timeline.entered.as_deref();
        let mut steps = Vec::new();
        let mut until = Until::default();
        let members = &mut self.members;
        let (mut event_times, mut total, mut scale) = (0, 0, 0.0);
        walk(study, drawn, places, |jump, group| {
            if let Some(jump) = jump {
                let (events, at_risk) = (f64::from(jump.events), f64::from(jump.at_risk));
                until.time = jump.at + 1;
                until.hazard += events / at_risk;
                if jump.at_risk > 1 {
                    let share = events * (at_risk - events) / (at_risk * (at_risk - 1.0));
                    until.single += share;
                    until.pair += share / at_risk;
                }
                event_times += 1;
                if entered.is_some() {
                    steps.push(until);
                }
            }
            for place in group {
                let count = drawn[*place as usize];
                total += u64::from(count);
                let count = f64::from(count);
                let event = f64::from(u8::from(study.timeline.is_event[*place as usize]));
                scale += count * until.single;
                members.push(Member {
                    score: count * (event - until.hazard),
                    own_variance: count * until.single - count * count * until.pair,
                    pair_variance: until.pair,
                    count,
                    reached: event_times,
                });
            }
        });
        if let Some(entered) = entered {
            for (member, place) in members.iter_mut().zip(places) {
                let before = steps.partition_point(|step| step.time <= entered[*place as usize]);
                let at = before
                    .checked_sub(1)
                    .map_or(Until::default(), |last| steps[last]);
                let count = member.count;
                scale -= count * at.single;
                member.score += count * at.hazard;
                member.own_variance += count * count * at.pair - count * at.single;
                self.entries.push(Entry {
                    pair_variance: at.pair,
                    reached: before as u32,
                });
            }
        }
        self.event_times = event_times;
        self.count = total;
        self.variance_scale = scale;
    }
}
