//! Aalen-Johansen curves and shares in states, against R 4.2.2, `survival`
//! 3.5-3.

use modu_statistics::Share;
use modu_survival::estimator::{
    IntervalScale, KaplanMeier, MAX_CAUSES, aalen_johansen, kaplan_meier, occupation,
};
use modu_survival::{EventCode, Outcomes, SurvivalError};

use crate::support::{close, outcomes, weights};

const SECOND: EventCode = EventCode(2);

#[test]
fn the_incidence_of_each_event_is_that_of_r() {
    let curves = aalen_johansen(&outcomes()).unwrap();
    let [curves] = &curves[..] else {
        panic!("one stratum")
    };
    let at = |event| [26.0, 112.0, 199.0].map(|time| curves.at(event, time));
    close(
        &at(EventCode::EVENT),
        &[
            0.038286980682114995,
            0.24935925167618156,
            0.7146124160627694,
        ],
    );
    close(
        &at(SECOND),
        &[
            0.02037120667038186,
            0.07660086054464886,
            0.24723214774302232,
        ],
    );
    let error = |cause: usize, time: f64| {
        let place = curves.time.partition_point(|step| *step <= time) - 1;
        curves.causes[cause].variance[place].sqrt()
    };
    close(
        &[26.0, 112.0, 199.0].map(|time| error(0, time)),
        &[
            0.009697174593806934,
            0.023562784639833724,
            0.03694984937632819,
        ],
    );
    close(
        &[26.0, 112.0, 199.0].map(|time| error(1, time)),
        &[
            0.007130176604162673,
            0.014553145400870306,
            0.032825760194417956,
        ],
    );
    let confidence = Share::new(0.95).unwrap();
    let interval = curves.interval(EventCode::EVENT, 112.0, confidence, IntervalScale::Log);
    close(
        &[interval.lower.get(), interval.upper.get()],
        &[0.20720136993895605, 0.3000947166267492],
    );
}

#[test]
fn shares_of_all_fates_add_up_to_one() {
    let outcomes = outcomes().with_weights(weights()).unwrap();
    let curves = &aalen_johansen(&outcomes).unwrap()[0];
    for (place, free) in curves.event_free.iter().enumerate() {
        let sum: f64 = curves.causes.iter().map(|cause| cause.share[place]).sum();
        assert!((sum + free - 1.0).abs() < 1e-12);
    }
}

#[test]
fn of_one_event_the_incidence_is_what_kaplan_and_meier_leave() {
    let died: Vec<bool> = outcomes()
        .event()
        .iter()
        .map(|code| !code.is_censored())
        .collect();
    let outcomes = Outcomes::single(outcomes().time().to_vec(), &died).unwrap();
    let curves = &aalen_johansen(&outcomes).unwrap()[0];
    let plain: &KaplanMeier = &kaplan_meier(&outcomes, EventCode::EVENT).unwrap()[0];
    assert_eq!(curves.time, plain.table.time);
    for (place, survival) in plain.survival.iter().enumerate() {
        assert!((curves.causes[0].share[place] + survival - 1.0).abs() < 1e-12);
        let variance = survival * survival * plain.log_variance[place];
        assert!((curves.causes[0].variance[place] - variance).abs() < 1e-12);
    }
}

#[test]
fn too_many_kinds_of_event_are_refused() {
    let codes = (0..1_000).map(EventCode).collect();
    let outcomes = Outcomes::new(vec![1.0; 1_000], codes).unwrap();
    let expected = SurvivalError::TooMany {
        what: "kinds of event",
        found: 999,
        limit: MAX_CAUSES,
    };
    assert_eq!(aalen_johansen(&outcomes), Err(expected));
}

/// Well (1), ill (2), dead (3): each of six people by hand.
fn illness_and_death() -> (Outcomes, Vec<EventCode>) {
    let stays: [(f64, f64, u16, u16); 9] = [
        (0.0, 1.0, 1, 2),
        (1.0, 4.0, 2, 3),
        (0.0, 2.0, 1, 3),
        (0.0, 3.0, 1, 2),
        (3.0, 6.0, 2, 1),
        (6.0, 7.0, 1, 0),
        (0.0, 5.0, 1, 0),
        (0.0, 5.0, 1, 3),
        (0.0, 8.0, 1, 3),
    ];
    let time = stays.iter().map(|stay| stay.1).collect();
    let to = stays.iter().map(|stay| EventCode(stay.3)).collect();
    let outcomes = Outcomes::new(time, to).unwrap();
    let entries = stays.iter().map(|stay| stay.0).collect();
    let from = stays.iter().map(|stay| EventCode(stay.2)).collect();
    (outcomes.with_entry(entries).unwrap(), from)
}

#[test]
fn shares_in_states_are_the_product_of_the_moves() {
    let (outcomes, from) = illness_and_death();
    let found = occupation(&outcomes, &from, &[1.0, 0.0, 0.0]).unwrap();
    assert_eq!(found.time, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0]);
    // By hand: 1/6 fall ill; 1/5 of the well die; 1/4 of them fall ill; one of
    // two ill dies; 1/3 of the well die; the last ill recovers; the last dies.
    let well = [
        5.0 / 6.0,
        4.0 / 6.0,
        3.0 / 6.0,
        3.0 / 6.0,
        2.0 / 6.0,
        3.0 / 6.0,
        0.0,
    ];
    close(&found.share[0], &well);
    let ill = [1.0, 1.0, 2.0, 1.0, 1.0, 0.0, 0.0].map(|sixths| sixths / 6.0);
    close(&found.share[1], &ill);
    for place in 0..found.time.len() {
        let sum: f64 = found.share.iter().map(|share| share[place]).sum();
        assert!((sum - 1.0).abs() < 1e-12);
    }
}

#[test]
fn with_one_way_out_each_the_states_are_the_competing_events() {
    let outcomes = outcomes();
    let codes = outcomes.event().iter().map(|code| match code.0 {
        0 => EventCode(0),
        code => EventCode(code + 1),
    });
    let moved = Outcomes::new(outcomes.time().to_vec(), codes.collect()).unwrap();
    let from = vec![EventCode(1); moved.len()];
    let states = occupation(&moved, &from, &[1.0, 0.0, 0.0]).unwrap();
    let curves = &aalen_johansen(&outcomes).unwrap()[0];
    for (cause, state) in [(0, 1), (1, 2)] {
        close(&states.share[state], &curves.causes[cause].share);
        close(&states.variance[state], &curves.causes[cause].variance);
    }
}

#[test]
fn a_move_to_nowhere_is_refused_with_its_row() {
    let (outcomes, mut from) = illness_and_death();
    assert!(occupation(&outcomes, &from, &[1.0, 0.0]).is_err());
    assert!(occupation(&outcomes, &from, &[0.7, 0.0, 0.0]).is_err());
    from[4] = EventCode(1);
    let error = occupation(&outcomes, &from, &[1.0, 0.0, 0.0]).unwrap_err();
    assert!(
        matches!(error, SurvivalError::Value { row: 4, .. }),
        "{error}"
    );
}
