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
    /// Where rows enter late: how many distinct event times are at or before
    /// each place's entry. A row is at risk at those after them, up to the ones
    /// that it reached.
    pub(crate) entered: Option<Vec<u32>>,
    /// How much the row at each place counts; `None` is once.
    pub(crate) weight: Option<Vec<f64>>,
}

impl Timeline {
    /// Orders rows.
    ///
    /// # Errors
    /// Nobody with the event, and outcomes with strata, which are refused
    /// rather than passed over.
    pub(crate) fn new(outcomes: &Outcomes, event: EventCode) -> Result<Self, SurvivalError> {
        refuse_strata(outcomes)?;
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
        let reached = reached.collect();
        let until = |entry: f64| event_times.partition_point(|time| *time <= entry) as u32;
        let by_place =
            |column: &[f64]| -> Vec<f64> { row.iter().map(|row| column[*row as usize]).collect() };
        let entries = outcomes.entry().map(by_place);
        Ok(Self {
            reached,
            entered: entries.map(|entries| entries.into_iter().map(until).collect()),
            weight: outcomes.weight().map(by_place),
            row,
            is_event,
            event_times,
        })
    }
}

/// What trees do not know is refused rather than passed over.
pub(crate) fn refuse_strata(outcomes: &Outcomes) -> Result<(), SurvivalError> {
    match outcomes.stratum() {
        None => Ok(()),
        Some(_) => Err(SurvivalError::Setting {
            what: "a column of the outcomes that trees grow on",
            found: "strata".to_owned(),
            range: "times, events, entries, weights or clusters: one tree tells one curve, which \
                    strata with baselines of their own do not have; make the stratum a column, by \
                    which trees can cut, or fit a Cox model",
        }),
    }
}
