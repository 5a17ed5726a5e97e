//! Rows of events that come again.

use modu_survival::recurrent::{History, Layout, lay_out, mean_number, stretches};
use modu_survival::{EventCode, Outcomes, SurvivalError};

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

/// The rows of the histories, one person after another.
fn rows() -> Outcomes {
    let histories = stretches(&histories(), Layout::AndersenGill, 10).unwrap();
    histories.outcomes
}

#[test]
fn rows_as_time_runs_are_laid_out_as_histories_are() {
    for layout in [Layout::AndersenGill, Layout::TotalTime, Layout::GapTime] {
        let of_histories = stretches(&histories(), layout, 2).unwrap();
        let laid = lay_out(&rows(), layout, 2).unwrap();
        assert_eq!(laid.number, of_histories.number);
        assert_eq!(laid.outcomes.time(), of_histories.outcomes.time());
        assert_eq!(laid.outcomes.stratum(), of_histories.outcomes.stratum());
        if layout != Layout::GapTime {
            assert_eq!(laid.outcomes, of_histories.outcomes);
        }
    }
}

#[test]
fn a_stretch_that_is_cut_where_a_covariate_changes_waits_for_the_same_event() {
    let event = [0, 1, 0].map(EventCode).to_vec();
    let outcomes = Outcomes::new(vec![2.0, 5.0, 9.0], event).unwrap();
    let outcomes = outcomes.with_entry(vec![1.0, 2.0, 5.0]).unwrap();
    let outcomes = outcomes.with_clusters(vec![7; 3]).unwrap();
    let laid = lay_out(&outcomes, Layout::GapTime, 10).unwrap();
    assert_eq!(laid.number, [1, 1, 2]);
    assert_eq!(laid.outcomes.entry().unwrap(), [0.0, 1.0, 0.0]);
    assert_eq!(laid.outcomes.time(), [1.0, 4.0, 4.0]);
}

#[test]
fn a_person_who_is_in_two_rows_at_once_is_refused() {
    let outcomes = Outcomes::new(vec![3.0, 5.0], vec![EventCode(1); 2]).unwrap();
    let outcomes = outcomes.with_entry(vec![0.0, 2.0]).unwrap();
    assert!(lay_out(&outcomes, Layout::AndersenGill, 1).is_err());
    let outcomes = outcomes.with_clusters(vec![0, 0]).unwrap();
    let error = lay_out(&outcomes, Layout::AndersenGill, 1).unwrap_err();
    assert!(
        matches!(error, SurvivalError::Value { row: 1, .. }),
        "{error}"
    );
}

#[test]
fn the_mean_number_of_events_grows_by_the_share_of_the_watched_and_the_living() {
    let number = mean_number(&rows(), &[0.5, 2.0, 3.0, 5.0, 6.0, 9.0]);
    let expected = [
        0.0,
        1.0 / 3.0,
        2.0 / 3.0,
        2.0 / 3.0 + 0.5,
        5.0 / 3.0,
        5.0 / 3.0,
    ];
    for (found, expected) in number.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-15, "{found} {expected}");
    }
    // Of four, one dies at 1; at 2 each of two others has an event.
    let event = [2, 1, 1, 0].map(EventCode).to_vec();
    let died = Outcomes::new(vec![1.0, 2.0, 2.0, 3.0], event).unwrap();
    assert_eq!(mean_number(&died, &[1.0, 2.0]), [0.0, 0.75 * 2.0 / 3.0]);
}
