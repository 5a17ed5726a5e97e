//! Rows that have no answer, and questions that are none.

use modu_statistics::Share;
use modu_survival::measure::{
    CalibrationSettings, Censoring, Controls, Estimated, Evaluated, PairRules, Resamples, Scored,
    Unmeasured, auc, brier, calibration, harrell, net_benefit, uno,
};
use modu_survival::{EventCode, Outcomes, SurvivalError};

fn confidence() -> Share {
    Share::new(0.95).unwrap()
}

fn settings() -> CalibrationSettings {
    CalibrationSettings {
        knots: 4,
        points: 5,
        groups: 2,
        resamples: Resamples { count: 10, seed: 1 },
        confidence: confidence(),
    }
}

/// Every measure at 2, by name.
fn all(outcomes: &Outcomes, risk: &[f64]) -> Vec<(&'static str, Estimated)> {
    let scored = Scored::new(outcomes, EventCode::EVENT, risk).unwrap();
    let censoring = Censoring::of(outcomes, Evaluated::JustBefore).unwrap();
    let (rules, at) = (PairRules::default(), 2.0);
    let score = brier(&scored, at, &censoring, confidence()).unwrap();
    let calibration = calibration(&scored, at, &settings()).unwrap();
    let controls = Controls::EventFree;
    vec![
        ("harrell", harrell(&scored, &rules, confidence()).unwrap()),
        (
            "uno",
            uno(&scored, &rules, &censoring, None, confidence()).unwrap(),
        ),
        (
            "auc",
            auc(&scored, at, controls, 0.0, &censoring, confidence()).unwrap(),
        ),
        ("brier", score.score),
        ("scaled", score.scaled),
        ("ratio", calibration.ratio),
        ("slope", calibration.slope),
        ("ici", calibration.ici),
        (
            "benefit",
            net_benefit(&scored, at, &[0.3], confidence()).unwrap()[0].model,
        ),
    ]
}

fn reasons(outcomes: &Outcomes, risk: &[f64]) -> Vec<(&'static str, Unmeasured)> {
    let undefined = all(outcomes, risk).into_iter();
    undefined
        .filter_map(|(name, estimate)| match estimate {
            Estimated::Undefined(reason) => Some((name, reason)),
            Estimated::Estimate(_) => None,
        })
        .collect()
}

#[test]
fn where_all_are_censored_ranks_have_no_measure_and_say_why() {
    let outcomes = Outcomes::single(vec![1.0, 2.0, 3.0, 4.0], &[false; 4]).unwrap();
    let found = reasons(&outcomes, &[0.1, 0.2, 0.3, 0.4]);
    assert!(
        found.contains(&("harrell", Unmeasured::NoPairs)),
        "{found:?}"
    );
    assert!(found.contains(&("uno", Unmeasured::NoPairs)));
    assert!(found.contains(&("auc", Unmeasured::NoCases)));
    assert!(found.contains(&("scaled", Unmeasured::NoCases)));
}

#[test]
fn one_event_and_equal_risks_give_no_number_that_is_not_one() {
    let mut event = [false; 8];
    event[2] = true;
    let time: Vec<f64> = (1..=8).map(f64::from).collect();
    let outcomes = Outcomes::single(time, &event).unwrap();
    let found = all(&outcomes, &[0.25; 8]);
    assert_eq!(found[0].1.value(), Some(0.5));
    let found = reasons(&outcomes, &[0.25; 8]);
    assert!(
        found.contains(&("slope", Unmeasured::EqualRisks)),
        "{found:?}"
    );
    assert!(found.contains(&("ici", Unmeasured::EqualRisks)));
}

#[test]
fn a_horizon_beyond_all_follow_up_is_undefined() {
    let outcomes = Outcomes::single(vec![0.5, 1.0, 1.5], &[true, true, false]).unwrap();
    let found = reasons(&outcomes, &[0.5, 0.6, 0.7]);
    for name in ["brier", "ratio", "slope", "ici", "benefit"] {
        assert!(
            found.contains(&(name, Unmeasured::BeyondFollowUp)),
            "{name} {found:?}"
        );
    }
}

#[test]
fn everything_at_one_time_and_one_row_alone_are_answered() {
    let ties = Outcomes::single(vec![1.0; 6], &[true, false, true, false, true, false]).unwrap();
    let _ = all(&ties, &[0.1, 0.9, 0.3, 0.7, 0.5, 0.5]);
    let zero = Outcomes::single(vec![0.0; 3], &[true, false, true]).unwrap();
    let _ = all(&zero, &[0.1, 0.9, 0.3]);
    let alone = Outcomes::single(vec![3.0], &[true]).unwrap();
    assert_eq!(
        all(&alone, &[0.4])[0].1,
        Estimated::Undefined(Unmeasured::NoPairs)
    );
}

#[test]
fn risks_that_are_no_numbers_or_no_probabilities_are_refused_with_their_row() {
    let outcomes = Outcomes::single(vec![1.0, 2.0], &[true, false]).unwrap();
    for risk in [f64::NAN, f64::INFINITY] {
        let error = Scored::new(&outcomes, EventCode::EVENT, &[0.1, risk]).unwrap_err();
        assert!(
            matches!(error, SurvivalError::Value { row: 1, .. }),
            "{error}"
        );
    }
    assert!(Scored::probabilities(&outcomes, EventCode::EVENT, &[0.1, 1.1]).is_err());
    assert!(Scored::new(&outcomes, EventCode::EVENT, &[0.1]).is_err());
    assert!(Scored::new(&outcomes, EventCode::CENSORED, &[0.1, 0.2]).is_err());
    let late = outcomes.with_entry(vec![0.5, 0.0]).unwrap();
    let error = Scored::new(&late, EventCode::EVENT, &[0.1, 0.2]).unwrap_err();
    assert!(
        error.to_string().contains("watched from the start"),
        "{error}"
    );
}

#[test]
fn settings_outside_their_ranges_are_refused() {
    let outcomes = Outcomes::single(vec![1.0, 2.0], &[true, false]).unwrap();
    let scored = Scored::new(&outcomes, EventCode::EVENT, &[0.1, 0.2]).unwrap();
    for threshold in [0.0, 1.0, f64::NAN] {
        assert!(net_benefit(&scored, 1.0, &[threshold], confidence()).is_err());
    }
    for horizon in [-1.0, f64::NAN] {
        assert!(calibration(&scored, horizon, &settings()).is_err());
    }
    let six = CalibrationSettings {
        knots: 6,
        ..settings()
    };
    assert!(calibration(&scored, 1.0, &six).is_err());
    let rules = PairRules {
        tied_within: -1.0,
        ..PairRules::default()
    };
    assert!(harrell(&scored, &rules, confidence()).is_err());
}
