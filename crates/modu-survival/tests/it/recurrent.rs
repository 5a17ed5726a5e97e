//! Rows of events that come again.

use modu_survival::recurrent::{History, Layout, stretches};
use modu_survival::{EventCode, SurvivalError};

fn histories() -> [History; 3] {
    [
        History {
            from: 0.0,
            events: vec![2.0, 5.0],
            until: 9.0,
        },
        History {
            from: 1.0,
            events: vec![],
            until: 4.0,
        },
        // The last event ends the watching.
        History {
            from: 0.0,
            events: vec![3.0, 6.0],
            until: 6.0,
        },
    ]
}

#[test]
fn a_person_is_cut_at_each_event() {
    let rows = stretches(&histories(), Layout::AndersenGill, 10).unwrap();
    assert_eq!(
        rows.outcomes.entry().unwrap(),
        [0.0, 2.0, 5.0, 1.0, 0.0, 3.0]
    );
    assert_eq!(rows.outcomes.time(), [2.0, 5.0, 9.0, 4.0, 3.0, 6.0]);
    let events = [1, 1, 0, 0, 1, 1].map(EventCode);
    assert_eq!(rows.outcomes.event(), events);
    assert_eq!(rows.person, [0, 0, 0, 1, 2, 2]);
    assert_eq!(rows.outcomes.cluster().unwrap(), rows.person);
    assert_eq!(rows.outcomes.stratum(), None);
}

#[test]
fn the_number_of_the_event_is_the_stratum_up_to_the_last() {
    let rows = stretches(&histories(), Layout::TotalTime, 2).unwrap();
    assert_eq!(rows.number, [1, 2, 3, 1, 1, 2]);
    assert_eq!(rows.outcomes.stratum().unwrap(), [1, 2, 2, 1, 1, 2]);
}

#[test]
fn time_starts_anew_after_each_event_where_gaps_are_asked_for() {
    let rows = stretches(&histories(), Layout::GapTime, 10).unwrap();
    assert_eq!(rows.outcomes.entry(), None);
    assert_eq!(rows.outcomes.time(), [2.0, 3.0, 4.0, 3.0, 3.0, 3.0]);
}

#[test]
fn events_that_are_not_in_order_are_refused_with_the_person() {
    let mut histories = histories();
    histories[2].events = vec![3.0, 3.0];
    let error = stretches(&histories, Layout::AndersenGill, 10).unwrap_err();
    assert!(
        matches!(error, SurvivalError::Value { row: 2, .. }),
        "{error}"
    );
    histories[2].events = vec![7.0];
    assert!(stretches(&histories, Layout::AndersenGill, 10).is_err());
    histories[2].events = vec![f64::NAN];
    assert!(stretches(&histories, Layout::AndersenGill, 10).is_err());
}
