//! Visits that tell themselves what followed: a row for each visit, with the
//! days until the person was last seen and what happened then, as an analysis
//! table has them.
//!
//! A person who comes again is watched on. So the follow-ups of a person's
//! visits that touch are one stay, up to the first event; a visit after an
//! event, or after a time when nobody looked, begins another.

use std::collections::BTreeMap;

use modu_kernel::{EngineError, Progress};
use modu_survival::EventCode;

use super::input::OBSERVATIONS;
use super::report::VisitColumns;
use super::scoring::{Scored, Scoring};
use super::watched::{Stay, Watched};
use crate::delimited::Delimited;

/// A row.
struct Visit {
    person: u32,
    /// The day of the observation.
    day: f64,
    /// From when on the person was watched: the same day, or later.
    start: f64,
    /// The day until which the follow-up reached.
    end: f64,
    /// What happened then.
    event: u16,
    scored: Scored,
}

impl Watched {
    /// Reads visits in place of observations and stays.
    pub(super) fn of_visits(
        table: &mut Delimited<'_>,
        columns: &VisitColumns,
        scoring: &mut Scoring<'_>,
        progress: &dyn Progress,
    ) -> Result<Self, EngineError> {
        let mut watched = Self::default();
        let mut visits = watched.read_visits(table, columns, scoring, progress)?;
        visits.sort_by(|one, other| {
            (one.person.cmp(&other.person)).then(one.start.total_cmp(&other.start))
        });
        watched.stays = stays(&visits);
        for visit in visits {
            watched.add(visit.person, visit.day, visit.scored);
        }
        watched.arrange();
        Ok(watched)
    }

    fn read_visits(
        &mut self,
        table: &mut Delimited<'_>,
        columns: &VisitColumns,
        scoring: &mut Scoring<'_>,
        progress: &dyn Progress,
    ) -> Result<Vec<Visit>, EngineError> {
        let (person, day) = (table.column("person")?, table.column(&columns.day)?);
        let (time, event) = (table.column(&columns.time)?, table.column(&columns.event)?);
        let entry = table.optional("entry")?;
        let mut names: BTreeMap<String, u32> = BTreeMap::new();
        let mut visits = Vec::new();
        while table.advance()? {
            super::watched::go_on(table, progress)?;
            let (from, length) = (table.number(day)?, table.number(time)?);
            if length <= 0.0 {
                return Err(table.wrong(time, "nobody was watched after this visit: leave it out"));
            }
            let happened = crate::table::event(table.required(event)?.as_bytes());
            let Some(EventCode(happened)) = happened else {
                return Err(table.wrong(event, "it is not an event code: write 0, 1, 2, ..."));
            };
            let next = names.len() as u32; // at most 50,000,000 rows
            let person = *(names.entry(table.person(person)?.to_owned())).or_insert(next);
            let scored = scoring.row(table)?;
            let late = table.optional_number(entry)?.unwrap_or(0.0).max(0.0);
            if let (Some(entry), true) = (entry, late >= length) {
                return Err(table.wrong(entry, "it is not before the end of the follow-up"));
            }
            visits.push(Visit {
                person,
                day: from,
                start: from + late,
                end: from + length,
                event: happened,
                scored,
            });
        }
        if visits.is_empty() {
            return Err(EngineError::input(
                OBSERVATIONS,
                "line 2",
                "there are no visits",
            ));
        }
        // People by name, so that the order of rows changes nothing.
        let mut place = vec![0; names.len()];
        for (number, before) in (0..).zip(names.values()) {
            place[*before as usize] = number;
        }
        for visit in &mut visits {
            visit.person = place[visit.person as usize];
        }
        self.people = names.len();
        Ok(visits)
    }
}

/// The stays of visits in the order of their persons and starts.
fn stays(visits: &[Visit]) -> Vec<Stay> {
    let mut stays: Vec<Stay> = Vec::new();
    // What ended the last stay.
    let mut last_event = 0;
    for visit in visits {
        let going_on = stays.last_mut().filter(|stay| {
            let over = if last_event == 0 {
                visit.start > stay.end
            } else {
                visit.start >= stay.end
            };
            stay.person == visit.person && !over
        });
        let Some(stay) = going_on else {
            last_event = visit.event;
            stays.push(Stay {
                person: visit.person,
                start: visit.start,
                end: visit.end,
                event: visit.event == 1,
                range: 0..0,
            });
            continue;
        };
        let sooner = visit.event != 0 && (last_event == 0 || visit.end < stay.end);
        if sooner {
            (stay.end, stay.event, last_event) = (visit.end, visit.event == 1, visit.event);
        } else if last_event == 0 {
            stay.end = stay.end.max(visit.end);
        }
    }
    stays
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit((person, day, time, event): (u32, f64, f64, u16)) -> Visit {
        Visit {
            person,
            day,
            start: day,
            end: day + time,
            event,
            scored: Scored {
                score: Some(0.0),
                news2: None,
            },
        }
    }

    fn told(visits: &[(u32, f64, f64, u16)]) -> Vec<(u32, f64, f64, bool)> {
        let visits: Vec<_> = visits.iter().copied().map(visit).collect();
        let stays = stays(&visits);
        stays
            .iter()
            .map(|it| (it.person, it.start, it.end, it.event))
            .collect()
    }

    #[test]
    fn follow_ups_that_touch_are_one_stay_until_an_event() {
        // Two visits before one event; one after it; one after a gap; another
        // person; a death, which ends without the outcome.
        let stays = told(&[
            (0, 0.0, 30.0, 0),
            (0, 20.0, 25.0, 1),
            (0, 45.0, 30.0, 0),
            (0, 100.0, 30.0, 0),
            (1, 0.0, 30.0, 0),
            (1, 10.0, 15.0, 2),
        ]);
        assert_eq!(
            stays,
            [
                (0, 0.0, 45.0, true),
                (0, 45.0, 75.0, false),
                (0, 100.0, 130.0, false),
                (1, 0.0, 25.0, false),
            ]
        );
    }

    #[test]
    fn a_visit_before_the_watching_counts_where_an_earlier_one_is_followed() {
        let late = |told, start| Visit {
            start,
            ..visit(told)
        };
        let visits = [
            visit((0, 0.0, 30.0, 0)),
            late((0, 20.0, 30.0, 0), 25.0),
            late((1, 0.0, 40.0, 1), 10.0),
        ];
        let mut watched = Watched {
            stays: stays(&visits),
            ..Watched::default()
        };
        assert_eq!(watched.days(), 50.0 + 30.0);
        for visit in visits {
            watched.add(visit.person, visit.day, visit.scored);
        }
        assert_eq!(
            (watched.observations.len(), watched.left_out.outside_stays),
            (2, 1)
        );
    }

    #[test]
    fn a_follow_up_that_ends_before_the_event_of_an_earlier_visit_changes_nothing() {
        assert_eq!(
            told(&[(0, 0.0, 30.0, 1), (0, 5.0, 10.0, 0)]),
            [(0, 0.0, 30.0, true)]
        );
    }
}
