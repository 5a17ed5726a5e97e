//! Who was watched from when to when, and what was observed of them meanwhile.

use std::collections::BTreeMap;

use modu_kernel::{EngineError, Inputs, Progress};

use super::input::STAYS;
use super::report::LeftOut;
use super::scoring::{Scored, Scoring};
use crate::delimited::{Delimited, Limit};

const STAY_LIMIT: Limit = Limit {
    bytes: 1 << 30,
    rows: 5_000_000,
};

/// The time from when to when a person was watched.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stay {
    /// Whose it is, from 0.
    pub(super) person: u32,
    /// Days.
    pub(super) start: f64,
    /// Days, after the start.
    pub(super) end: f64,
    /// Whether the outcome came at the end.
    pub(super) event: bool,
    /// Its observations in [`Watched::observations`].
    pub(super) range: std::ops::Range<usize>,
}

/// One observation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Observation {
    stay: u32,
    pub(super) time: f64,
    pub(super) score: f64,
    pub(super) news2: Option<u8>,
}

/// Stays by person and time, observations by stay and time.
#[derive(Debug, Default)]
pub(super) struct Watched {
    pub(super) people: usize,
    pub(super) stays: Vec<Stay>,
    pub(super) observations: Vec<Observation>,
    pub(super) left_out: LeftOut,
}

/// What an observation may be at most.
pub(super) const OBSERVATION_LIMIT: Limit = Limit {
    bytes: 4 << 30,
    rows: 50_000_000,
};

/// Says how far reading is.
pub(super) fn go_on(table: &Delimited<'_>, progress: &dyn Progress) -> Result<(), EngineError> {
    if table.line().is_multiple_of(1 << 16) {
        progress.report("observations", table.line(), 0);
        if progress.cancelled() {
            return Err(EngineError::Cancelled);
        }
    }
    Ok(())
}

impl Watched {
    /// Reads observations and stays. Of two observations of one stay at one
    /// time the one with the higher score is kept.
    pub(super) fn of_stays(
        inputs: &dyn Inputs,
        table: &mut Delimited<'_>,
        scoring: &mut Scoring<'_>,
        progress: &dyn Progress,
    ) -> Result<Self, EngineError> {
        let (names, stays) = read_stays(inputs)?;
        let mut watched = Self {
            people: names.len(),
            stays,
            ..Self::default()
        };
        let (person, time) = (table.column("person")?, table.column("time")?);
        while table.advance()? {
            go_on(table, progress)?;
            let person = names.get(table.person(person)?);
            let (time, scored) = (table.number(time)?, scoring.row(table)?);
            match person {
                Some(person) => watched.add(*person, time, scored),
                None if scored.score.is_none() => watched.left_out.without_score += 1,
                None => watched.left_out.outside_stays += 1,
            }
        }
        watched.arrange();
        Ok(watched)
    }

    /// Takes an observation, or counts why not.
    pub(super) fn add(&mut self, person: u32, time: f64, scored: Scored) {
        let Some(score) = scored.score else {
            self.left_out.without_score += 1;
            return;
        };
        let Some(stay) = self.stay_at(person, time) else {
            self.left_out.outside_stays += 1;
            return;
        };
        if self.stays[stay].event && time >= self.stays[stay].end {
            self.left_out.at_event += 1;
            return;
        }
        self.observations.push(Observation {
            stay: stay as u32, // at most 50,000,000 stays
            time,
            score,
            news2: scored.news2,
        });
    }

    /// Days that all were watched, together.
    pub(super) fn days(&self) -> f64 {
        self.stays.iter().map(|stay| stay.end - stay.start).sum()
    }

    /// The observations of a stay.
    pub(super) fn of(&self, stay: &Stay) -> &[Observation] {
        self.observations
            .get(stay.range.clone())
            .unwrap_or_default()
    }

    /// The stay of a person that holds a time: the last that had begun.
    fn stay_at(&self, person: u32, time: f64) -> Option<usize> {
        let begun = |stay: &Stay| (stay.person, stay.start) <= (person, time);
        let place = self.stays.partition_point(begun).checked_sub(1)?;
        let stay = &self.stays[place];
        (stay.person == person && time <= stay.end).then_some(place)
    }

    pub(super) fn arrange(&mut self) {
        self.observations.sort_by(|one, other| {
            let by_time = one.time.total_cmp(&other.time);
            let by_score = other.score.total_cmp(&one.score);
            let by_news2 = other.news2.cmp(&one.news2);
            (one.stay.cmp(&other.stay))
                .then(by_time)
                .then(by_score)
                .then(by_news2)
        });
        let all = self.observations.len();
        self.observations
            .dedup_by(|later, kept| later.stay == kept.stay && later.time == kept.time);
        self.left_out.same_time = (all - self.observations.len()) as u64;
        let mut first = 0;
        for (place, stay) in self.stays.iter_mut().enumerate() {
            let rest = self.observations.get(first..).unwrap_or_default();
            let count = rest.partition_point(|it| it.stay as usize == place);
            stay.range = first..first + count;
            first += count;
        }
    }
}

/// The stays in order, and the number of each person.
fn read_stays(inputs: &dyn Inputs) -> Result<(BTreeMap<String, u32>, Vec<Stay>), EngineError> {
    let mut table = Delimited::open(inputs, STAYS, STAY_LIMIT)?;
    let (person, start) = (table.column("person")?, table.column("start")?);
    let (end, event) = (table.column("end")?, table.column("event")?);
    let mut rows = Vec::new();
    let mut names = BTreeMap::new();
    while table.advance()? {
        let name = table.person(person)?.to_owned();
        let (from, to) = (table.number(start)?, table.number(end)?);
        if to <= from {
            return Err(table.wrong(end, "the stay ends at or before its start"));
        }
        let happened = match table.required(event)? {
            "0" => false,
            "1" => true,
            _ => return Err(table.wrong(event, "write 1 where the outcome came, else 0")),
        };
        names.insert(name.clone(), 0_u32);
        rows.push((name, from, to, happened, table.line()));
    }
    for (number, place) in (0..).zip(names.values_mut()) {
        *place = number;
    }
    if rows.is_empty() {
        return Err(EngineError::input(STAYS, "line 2", "there are no stays"));
    }
    rows.sort_by(|one, other| one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)));
    let overlap = (rows.iter().zip(rows.iter().skip(1)))
        .find(|(one, next)| one.0 == next.0 && next.1 < one.2);
    if let Some((_, next)) = overlap {
        let problem = "it begins before another stay of the same person ends: join the two";
        return Err(EngineError::input(
            STAYS,
            format!("line {}", next.4),
            problem,
        ));
    }
    let stays = rows.iter().map(|(name, start, end, event, _)| Stay {
        person: names.get(name).copied().unwrap_or_default(),
        start: *start,
        end: *end,
        event: *event,
        range: 0..0,
    });
    let stays = stays.collect();
    Ok((names, stays))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Start, end, event, and times with scores.
    type Told<'a> = (f64, f64, bool, &'a [(f64, f64)]);

    /// Stays of one person each.
    pub(in crate::alarm) fn watched(stays: &[Told<'_>]) -> Watched {
        let mut watched = Watched {
            people: stays.len(),
            ..Watched::default()
        };
        for (place, (start, end, event, observations)) in (0..).zip(stays) {
            watched.stays.push(Stay {
                person: place,
                start: *start,
                end: *end,
                event: *event,
                range: 0..0,
            });
            let rows = observations.iter().map(|(time, score)| Observation {
                stay: place,
                time: *time,
                score: *score,
                news2: None,
            });
            watched.observations.extend(rows);
        }
        watched.arrange();
        watched
    }

    #[test]
    fn of_two_observations_at_one_time_the_higher_score_is_kept() {
        let watched = watched(&[(0.0, 9.0, false, &[(1.0, 3.0), (1.0, 5.0), (2.0, 1.0)])]);
        let scores: Vec<_> = watched.observations.iter().map(|it| it.score).collect();
        assert_eq!(scores, [5.0, 1.0]);
        assert_eq!(watched.left_out.same_time, 1);
    }
}
