//! Events that come again: rows of persons for Cox's model.
//!
//! A person who may have the event several times (readmissions, infections,
//! new tumours) is cut into one row for each stretch between events, and
//! [`cox::fit`](crate::cox::fit) does the rest, with the robust variance by
//! person. How the rows are laid out says what is compared:
//!
//! - [`Layout::AndersenGill`]: time runs on from the start, and all stretches
//!   at risk at a time are compared, whatever came before (Andersen & Gill,
//!   Annals of Statistics 10, 1982).
//! - [`Layout::TotalTime`]: the same time, but a k-th event is compared with
//!   those who wait for their k-th only (Prentice, Williams & Peterson,
//!   Biometrika 68, 1981).
//! - [`Layout::GapTime`]: as the last, and time starts anew after each event.
//!
//! [`stretches`] makes the rows of [`History`]s; [`lay_out`] takes rows that
//! stand as time runs. How many events a person has by a time, on average, is
//! told by [`mean_number`], with no model.

mod number;
mod rows;

pub use number::mean_number;
pub use rows::{Laid, lay_out};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::outcome::MAX_ROWS;
use crate::{EventCode, Outcomes, SurvivalError};

/// Which stretches are compared with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// All at one time since the start.
    AndersenGill,
    /// Those that wait for an event of the same number, by time since the
    /// start.
    TotalTime,
    /// Those that wait for an event of the same number, by time since the last
    /// event.
    GapTime,
}

/// What is known of one person.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// From when the person was watched.
    pub from: f64,
    /// Times of the events, ascending, each once, after `from` and not after
    /// `until`.
    pub events: Vec<f64>,
    /// Until when the person was watched.
    pub until: f64,
}

/// Rows for a fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretches {
    /// The outcomes, with the person's place among the histories as cluster,
    /// and the number of the event that is waited for as stratum but in the
    /// layout of Andersen and Gill.
    pub outcomes: Outcomes,
    /// The person of each row, by place among the histories: where its
    /// covariates come from.
    pub person: Vec<u32>,
    /// Which of the person's events each row waits for, from 1.
    pub number: Vec<u32>,
}

/// Lays persons out as rows, in their order. Events after the `most`-th count
/// as the `most`-th, so that late strata are not too small; at least 1.
///
/// # Errors
/// No person; a history whose times are not finite and ascending; more than
/// [`MAX_ROWS`] rows.
pub fn stretches(
    histories: &[History],
    layout: Layout,
    most: u32,
) -> Result<Stretches, SurvivalError> {
    let (mut entry, mut time, mut event) = (Vec::new(), Vec::new(), Vec::new());
    let (mut person, mut number) = (Vec::new(), Vec::new());
    for (place, history) in histories.iter().enumerate() {
        let mut from = history.from;
        let ends = history.events.iter().map(|time| (*time, EventCode::EVENT));
        let ends = ends.chain([(history.until, EventCode::CENSORED)]);
        for (count, (until, code)) in (1..).zip(ends) {
            if until == from && code.is_censored() && count > 1 {
                // The last event ended the watching.
                continue;
            }
            if !(until > from && until.is_finite()) {
                return Err(SurvivalError::Value {
                    what: "the histories".to_owned(),
                    row: place,
                    found: format!("{until} after {from}"),
                    range: "a later, finite time",
                });
            }
            let (start, end) = match layout {
                Layout::GapTime => (0.0, until - from),
                Layout::AndersenGill | Layout::TotalTime => (from, until),
            };
            entry.push(start);
            time.push(end);
            event.push(code);
            person.push(place as u32);
            number.push(count);
            from = until;
        }
        if time.len() > MAX_ROWS {
            break;
        }
    }
    let mut outcomes = Outcomes::new(time, event)?.with_clusters(person.clone())?;
    if layout != Layout::GapTime {
        outcomes = outcomes.with_entry(entry)?;
    }
    if layout != Layout::AndersenGill {
        let strata = number.iter().map(|number| (*number).min(most.max(1)));
        outcomes = outcomes.with_strata(strata.collect())?;
    }
    Ok(Stretches {
        outcomes,
        person,
        number,
    })
}
