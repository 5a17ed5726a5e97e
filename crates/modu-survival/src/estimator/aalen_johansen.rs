//! The share who have had each of several events, by time.
//!
//! Where one event ends the wait for another, one minus the Kaplan-Meier curve
//! of each counts too many: it supposes that those who had the other could
//! still have this one. The Aalen-Johansen estimate (Scandinavian Journal of
//! Statistics 5, 1978) adds up `S(t-) d/n` instead, `S` being the share with no
//! event at all. Its variance is Greenwood's, by the delta method (Gaynor et al.,
//! JASA 88, 1993); without weights it is the infinitesimal jackknife that R
//! gives. A weight counts as so many rows.

use modu_statistics::{Interval, Share};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::estimator::kaplan_meier::{IntervalScale, share_interval};
use crate::estimator::risk_table::by_stratum;
use crate::{EventCode, Outcomes, SurvivalError};

/// Most kinds of event.
pub const MAX_CAUSES: usize = 64;

/// The curves of one stratum: a step at each time of any event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AalenJohansen {
    /// The stratum's number; 0 where there are no strata.
    pub stratum: u32,
    /// Distinct times of any event, ascending.
    pub time: Vec<f64>,
    /// Weight of the rows at risk at each.
    pub at_risk: Vec<f64>,
    /// The share without any event after each time.
    pub event_free: Vec<f64>,
    /// The curve of each event, by its code.
    pub causes: Vec<Incidence>,
}

/// The cumulative incidence of one event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Incidence {
    /// Which event.
    pub event: EventCode,
    /// The share who have had it, after each time.
    pub share: Vec<f64>,
    /// Its variance.
    pub variance: Vec<f64>,
}

/// The curves of each stratum, by its number. Time: a sort of the rows.
///
/// # Errors
/// No row with an event, and more than [`MAX_CAUSES`] kinds of event.
pub fn aalen_johansen(outcomes: &Outcomes) -> Result<Vec<AalenJohansen>, SurvivalError> {
    let mut seen = vec![false; usize::from(u16::MAX) + 1];
    for code in outcomes.event() {
        seen[usize::from(code.0)] = true;
    }
    let causes: Vec<u16> = (1..=u16::MAX)
        .filter(|code| seen[usize::from(*code)])
        .collect();
    if causes.is_empty() {
        return Err(SurvivalError::NoEvents(EventCode::EVENT.0));
    }
    if causes.len() > MAX_CAUSES {
        return Err(SurvivalError::TooMany {
            what: "kinds of event",
            found: causes.len(),
            limit: MAX_CAUSES,
        });
    }
    let mut number = vec![usize::MAX; seen.len()];
    for (place, code) in causes.iter().enumerate() {
        number[usize::from(*code)] = place;
    }
    let cause = |row: u32| number[usize::from(outcomes.event()[row as usize].0)];
    let counts = counted(outcomes, causes.len(), &cause);
    Ok(counts.iter().map(|counts| counts.curves(&causes)).collect())
}

/// How many were at risk and had each event, latest time first.
struct Counts {
    stratum: u32,
    time: Vec<f64>,
    at_risk: Vec<f64>,
    /// Of each cause at each time, time by time.
    events: Vec<f64>,
}

fn counted(outcomes: &Outcomes, causes: usize, cause: &impl Fn(u32) -> usize) -> Vec<Counts> {
    let latest_first = by_stratum(outcomes, outcomes.time());
    let entering = outcomes.entry().map(|entry| by_stratum(outcomes, entry));
    let stratum = |row: u32| {
        outcomes
            .stratum()
            .map_or(0, |numbers| numbers[row as usize])
    };
    let weight = |row: u32| outcomes.weight().map_or(1.0, |weight| weight[row as usize]);
    let time = |row: u32| outcomes.time()[row as usize];
    let mut all = Vec::new();
    let mut start = 0;
    for rows in latest_first.chunk_by(|a, b| stratum(*a) == stratum(*b)) {
        let mut counts = Counts {
            stratum: stratum(rows[0]),
            time: Vec::new(),
            at_risk: Vec::new(),
            events: Vec::new(),
        };
        let entering = entering
            .as_ref()
            .map(|order| &order[start..start + rows.len()]);
        start += rows.len();
        let mut entering = entering.unwrap_or_default().iter().copied().peekable();
        let (mut in_all, mut not_yet) = (0.0, 0.0);
        for tied in rows.chunk_by(|a, b| time(*a) == time(*b)) {
            let before = counts.events.len();
            for row in tied {
                in_all += weight(*row);
                let cause = cause(*row);
                if cause < causes {
                    counts.events.resize(before + causes, 0.0);
                    counts.events[before + cause] += weight(*row);
                }
            }
            if counts.events.len() > before {
                let now = time(tied[0]);
                let late = |row: &u32| outcomes.entry().is_some_and(|e| e[*row as usize] >= now);
                while let Some(row) = entering.next_if(late) {
                    not_yet += weight(row);
                }
                counts.time.push(now);
                counts.at_risk.push(in_all - not_yet);
            }
        }
        all.push(counts);
    }
    all
}

/// Sums over the times so far from which a variance at any later time follows:
/// with `P` the share by each time, `a = d / (n (n - d))` of any event and
/// `b = S(t-) e / n^2` of this one.
#[derive(Default)]
struct Running {
    share: f64,
    a: f64,
    share_a: f64,
    share_share_a: f64,
    b: f64,
    share_b: f64,
    own: f64,
}

impl Running {
    /// Takes in a time and gives the share by it and its variance.
    fn step(&mut self, at_risk: f64, any: f64, events: f64, free: f64) -> (f64, f64) {
        self.share += free * events / at_risk;
        let left = at_risk - any;
        if left > at_risk * 1e-12 {
            let a = any / (at_risk * left);
            self.a += a;
            self.share_a += self.share * a;
            self.share_share_a += self.share * self.share * a;
        }
        let b = free * events / (at_risk * at_risk);
        self.b += b;
        self.share_b += self.share * b;
        self.own += free * b * (at_risk - events) / at_risk;
        let p = self.share;
        let variance = p * (p * self.a - 2.0 * self.share_a) + self.share_share_a + self.own
            - 2.0 * (p * self.b - self.share_b);
        (p, variance.max(0.0))
    }
}

impl Counts {
    fn curves(&self, causes: &[u16]) -> AalenJohansen {
        let times = self.time.len();
        let mut event_free = Vec::with_capacity(times);
        let mut running: Vec<Running> = causes.iter().map(|_| Running::default()).collect();
        let mut curves: Vec<Incidence> = causes
            .iter()
            .map(|code| Incidence {
                event: EventCode(*code),
                share: Vec::with_capacity(times),
                variance: Vec::with_capacity(times),
            })
            .collect();
        let mut free = 1.0;
        for time in (0..times).rev() {
            let at_risk = self.at_risk[time];
            let events = &self.events[time * causes.len()..(time + 1) * causes.len()];
            let any: f64 = events.iter().sum();
            for ((running, curve), events) in running.iter_mut().zip(&mut curves).zip(events) {
                let (share, variance) = running.step(at_risk, any, *events, free);
                curve.share.push(share);
                curve.variance.push(variance);
            }
            let left = at_risk - any;
            free *= if left > at_risk * 1e-12 {
                left / at_risk
            } else {
                0.0
            };
            event_free.push(free);
        }
        let ascending = |values: &[f64]| values.iter().rev().copied().collect();
        AalenJohansen {
            stratum: self.stratum,
            time: ascending(&self.time),
            at_risk: ascending(&self.at_risk),
            event_free,
            causes: curves,
        }
    }
}

impl AalenJohansen {
    /// The share who have had an event by a time; none where it never happens.
    #[must_use]
    pub fn at(&self, event: EventCode, time: f64) -> f64 {
        let curve = self.causes.iter().find(|curve| curve.event == event);
        match (curve, self.time.partition_point(|step| *step <= time)) {
            (Some(curve), steps) if steps > 0 => curve.share[steps - 1],
            _ => 0.0,
        }
    }

    /// The interval of that share.
    #[must_use]
    pub fn interval(
        &self,
        event: EventCode,
        time: f64,
        confidence: Share,
        scale: IntervalScale,
    ) -> Interval {
        let curve = self.causes.iter().find(|curve| curve.event == event);
        let (share, error) = match (curve, self.time.partition_point(|step| *step <= time)) {
            (Some(curve), steps) if steps > 0 => {
                (curve.share[steps - 1], curve.variance[steps - 1].sqrt())
            }
            _ => (0.0, 0.0),
        };
        share_interval(
            share,
            error / share.max(f64::MIN_POSITIVE),
            confidence,
            scale,
        )
    }
}
