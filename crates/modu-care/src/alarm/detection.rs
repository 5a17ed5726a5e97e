//! What a way of ringing finds, and how long before.

use super::counting::alarms;
use super::watched::{Observation, Watched};

/// When an alarm counts, in days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Timing {
    pub(super) refractory: f64,
    pub(super) horizon: f64,
    pub(super) least_lead: f64,
}

/// What one person's stays came to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Tally {
    pub(super) alarms: u32,
    /// Alarms that an event followed in time.
    pub(super) followed: u32,
    pub(super) events: u32,
    pub(super) found: u32,
}

/// What a way of ringing came to.
#[derive(Debug, Clone)]
pub(super) struct Detection {
    /// By person.
    pub(super) tallies: Vec<Tally>,
    /// Days from the first alarm in time to the event, ascending.
    pub(super) leads: Vec<f64>,
}

impl Detection {
    /// Rings through all stays.
    pub(super) fn of(
        watched: &Watched,
        timing: Timing,
        rings: impl Fn(&Observation) -> bool,
    ) -> Self {
        let mut tallies = vec![Tally::default(); watched.people];
        let mut leads = Vec::new();
        for stay in &watched.stays {
            let Some(tally) = tallies.get_mut(stay.person as usize) else {
                continue;
            };
            let observations = watched.of(stay);
            let mut first = None;
            for place in alarms(observations, timing.refractory, &rings) {
                tally.alarms += 1;
                let lead = stay.end - observations[place].time;
                if stay.event && (timing.least_lead..=timing.horizon).contains(&lead) {
                    tally.followed += 1;
                    first.get_or_insert(lead);
                }
            }
            tally.events += u32::from(stay.event);
            tally.found += u32::from(first.is_some());
            leads.extend(first);
        }
        leads.sort_by(f64::total_cmp);
        Self { tallies, leads }
    }

    /// A sum over people, each counted `weight` times.
    pub(super) fn sum(&self, weight: impl Fn(usize) -> f64, what: impl Fn(&Tally) -> u32) -> f64 {
        let tallies = self.tallies.iter().enumerate();
        tallies
            .map(|(person, it)| weight(person) * f64::from(what(it)))
            .sum()
    }
}

/// A quantile of ascending numbers, interpolated (Hyndman & Fan 1996,
/// definition 7); none of none.
pub(super) fn quantile(ascending: &[f64], share: f64) -> Option<f64> {
    let place = share * ascending.len().checked_sub(1)? as f64;
    let below = ascending.get(libm::floor(place) as usize)?;
    let above = ascending.get(libm::ceil(place) as usize)?;
    Some(below + (above - below) * (place - libm::floor(place)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarm::watched::tests::watched;

    const TIMING: Timing = Timing {
        refractory: 1.0,
        horizon: 2.0,
        least_lead: 0.5,
    };

    #[test]
    fn an_event_is_found_by_an_alarm_within_the_horizon_and_before_the_least_lead() {
        for (time, found) in [(7.9, 0), (8.0, 1), (9.5, 1), (9.6, 0)] {
            let watched = watched(&[(0.0, 10.0, true, &[(time, 1.0)])]);
            let detection = Detection::of(&watched, TIMING, |_| true);
            assert_eq!(detection.tallies[0].found, found, "{time}");
            assert_eq!(detection.tallies[0].alarms, 1);
        }
    }

    #[test]
    fn an_alarm_that_the_refractory_time_swallows_finds_nothing() {
        let watched = watched(&[(0.0, 10.0, true, &[(7.5, 1.0), (8.2, 1.0)])]);
        let detection = Detection::of(&watched, TIMING, |_| true);
        assert_eq!(
            (detection.tallies[0].alarms, detection.tallies[0].found),
            (1, 0)
        );
    }

    #[test]
    fn the_lead_is_that_of_the_first_alarm_in_time() {
        let watched = watched(&[(0.0, 10.0, true, &[(5.0, 1.0), (8.5, 1.0), (9.5, 1.0)])]);
        let detection = Detection::of(&watched, TIMING, |_| true);
        assert_eq!(detection.leads, [1.5]);
        assert_eq!(detection.tallies[0].followed, 2);
    }

    #[test]
    fn quantiles_interpolate() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), Some(3.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
