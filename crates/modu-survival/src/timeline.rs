//! Rows in the order of their times, for models that look at all times anew
//! again and again.

use crate::{EventCode, Outcomes, SurvivalError, order};

/// The order of rows, which are named by their place in it.
pub(crate) struct Timeline {
    /// The row of each place.
    pub(crate) row: Vec<u32>,
    /// Whether the row at each place had the event.
    pub(crate) is_event: Vec<bool>,
    /// How many distinct event times are at or before each place's time.
    pub(crate) reached: Vec<u32>,
    /// The distinct event times, rising.
    pub(crate) event_times: Vec<f64>,
}

impl Timeline {
    /// Orders rows that are all watched from the start and count once.
    ///
    /// # Errors
    /// Nobody with the event, and outcomes with entries, weights or strata,
    /// which are refused rather than passed over.
    pub(crate) fn new(outcomes: &Outcomes, event: EventCode) -> Result<Self, SurvivalError> {
        refuse_unknown(outcomes)?;
        let time = outcomes.time();
        let mut row = order::descending(time);
        row.reverse();
        let is_event = row
            .iter()
            .map(|row| outcomes.event()[*row as usize] == event);
        let is_event: Vec<bool> = is_event.collect();
        let mut event_times: Vec<f64> = row
            .iter()
            .zip(&is_event)
            .filter(|(_, is_event)| **is_event)
            .map(|(row, _)| time[*row as usize])
            .collect();
        event_times.dedup();
        if event_times.is_empty() {
            return Err(SurvivalError::NoEvents(event.0));
        }
        let mut reached = 0;
        let reached = row.iter().map(|row| {
            let is_past = |event: &f64| *event <= time[*row as usize];
            while event_times.get(reached).is_some_and(is_past) {
                reached += 1;
            }
            reached as u32
        });
        Ok(Self {
            reached: reached.collect(),
            row,
            is_event,
            event_times,
        })
    }
}

/// What trees do not know is refused rather than passed over.
pub(crate) fn refuse_unknown(outcomes: &Outcomes) -> Result<(), SurvivalError> {
    for (is_there, what) in [
        (outcomes.entry().is_some(), "entries"),
        (outcomes.weight().is_some(), "weights"),
        (outcomes.stratum().is_some(), "strata"),
    ] {
        if is_there {
            return Err(SurvivalError::Setting {
                what: "a column of the outcomes that trees grow on",
                found: what.to_owned(),
                range: "times, events or clusters: leave it out, or fit a Cox model",
            });
        }
    }
    Ok(())
}
