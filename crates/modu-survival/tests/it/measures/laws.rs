//! What holds of the measures on any rows.

use modu_statistics::Share;
use modu_survival::measure::{
    CalibrationSettings, Censoring, Competing, Controls, Estimated, Evaluated, PairRules,
    Resamples, SameTime, Scored, Unmeasured, auc, brier, calibration, harrell, net_benefit, pairs,
    uno,
};
use modu_survival::{EventCode, Outcomes};
use proptest::prelude::*;

use super::table::{Table, table};

fn confidence() -> Share {
    Share::new(0.95).unwrap()
}

fn error(estimate: &Estimated) -> f64 {
    match estimate {
        Estimated::Estimate(estimate) => estimate.standard_error.get(),
        Estimated::Undefined(reason) => panic!("{reason}"),
    }
}

/// Pairs counted one by one.
fn brute_force(table: &Table, rules: &PairRules) -> [f64; 3] {
    let mut counts = [0.0; 3];
    for case in (0..table.time.len()).filter(|row| table.event[*row] == 1) {
        for other in (0..table.time.len()).filter(|row| *row != case) {
            let (first, second) = (table.time[case], table.time[other]);
            let never = rules.competing == Competing::NeverEvent && table.event[other] == 2;
            let free = table.event[other] != 1 && rules.same_time == SameTime::EventFirst;
            if never || second > first || (second == first && free) {
                let above = table.risk[case] - table.risk[other];
                let which = match above {
                    above if above.abs() <= rules.tied_within => 2,
                    above if above > 0.0 => 0,
                    _ => 1,
                };
                counts[which] += 1.0;
            }
        }
    }
    counts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pairs_are_those_counted_one_by_one(
        seed in 0..u64::MAX, rows in 1..200_usize, tied: bool,
        left_out: bool, never: bool, near: bool,
    ) {
        let rules = PairRules {
            same_time: if left_out { SameTime::LeftOut } else { SameTime::EventFirst },
            competing: if never { Competing::NeverEvent } else { Competing::Censored },
            tied_within: if near { 0.2 } else { 0.0 },
        };
        let table = table(seed, rows, tied);
        let outcomes = table.competing();
        let scored = Scored::new(&outcomes, EventCode::EVENT, &table.risk).unwrap();
        let found = pairs(&scored, &rules).unwrap();
        let found = [found.concordant, found.discordant, found.tied_risk];
        prop_assert_eq!(found, brute_force(&table, &rules));
    }

    #[test]
    fn weights_of_two_are_rows_given_twice(seed in 0..u64::MAX, tied: bool) {
        let once = table(seed, 60, tied);
        let twice: Vec<usize> = (0..60).chain(0..30).collect();
        let of = |column: &[f64]| twice.iter().map(|row| column[*row]).collect::<Vec<f64>>();
        let events = twice.iter().map(|row| EventCode(once.event[*row])).collect();
        let repeated = Outcomes::new(of(&once.time), events).unwrap();
        let weights = (0..60).map(|row| if row < 30 { 2.0 } else { 1.0 }).collect();
        let weighted = once.competing().with_weights(weights).unwrap();
        let (risk, both) = (once.risk_at(0.4), of(&once.risk_at(0.4)));
        let all = |outcomes: &Outcomes, risk: &[f64]| -> Vec<Option<f64>> {
            let scored = Scored::new(outcomes, EventCode::EVENT, risk).unwrap();
            let censoring = Censoring::of(outcomes, Evaluated::JustBefore).unwrap();
            let controls = Controls::WithoutTheEvent;
            let score = brier(&scored, 0.7, &censoring, confidence()).unwrap();
            let benefit = net_benefit(&scored, 0.7, &[0.3], confidence()).unwrap();
            vec![
                uno(&scored, &PairRules::default(), &censoring, None, confidence()).unwrap().value(),
                auc(&scored, 0.7, controls, 0.0, &censoring, confidence()).unwrap().value(),
                score.score.value(),
                score.scaled.value(),
                benefit[0].model.value(),
                benefit[0].gain.value(),
            ]
        };
        for (one, other) in all(&weighted, &risk).into_iter().zip(all(&repeated, &both)) {
            match (one, other) {
                (Some(one), Some(other)) => prop_assert!((one - other).abs() < 1e-9, "{one} {other}"),
                (one, other) => prop_assert_eq!(one, other),
            }
        }
    }
}

/// The standard error that leaving each row's weight a little smaller and
/// larger gives.
fn by_differences(table: &Table, measure: impl Fn(&Outcomes) -> f64) -> f64 {
    let step = 1e-5;
    let moved = |row: usize, by: f64| {
        let mut weights = vec![1.0; table.time.len()];
        weights[row] += by;
        measure(&table.competing().with_weights(weights).unwrap())
    };
    let slope = |row| (moved(row, step) - moved(row, -step)) / (2.0 * step);
    (0..table.time.len())
        .map(|row| slope(row) * slope(row))
        .sum::<f64>()
        .sqrt()
}

type Measured<'a> = Box<dyn Fn(&Outcomes) -> Estimated + 'a>;

#[test]
fn standard_errors_are_the_effect_of_every_rows_weight() {
    for tied in [false, true] {
        let table = table(5, 120, tied);
        let (risk, at) = (table.risk_at(0.4), 0.75);
        let with = |measure: fn(&Scored<'_>, &Censoring, f64) -> Estimated| -> Measured<'_> {
            let risk = &risk;
            Box::new(move |outcomes: &Outcomes| {
                let scored = Scored::new(outcomes, EventCode::EVENT, risk).unwrap();
                let censoring = Censoring::of(outcomes, Evaluated::JustBefore).unwrap();
                measure(&scored, &censoring, at)
            })
        };
        let measures: [Measured<'_>; 7] = [
            with(|s, _, _| harrell(s, &PairRules::default(), confidence()).unwrap()),
            with(|s, g, _| uno(s, &PairRules::default(), g, Some(1.0), confidence()).unwrap()),
            with(|s, g, at| auc(s, at, Controls::WithoutTheEvent, 0.0, g, confidence()).unwrap()),
            with(|s, g, at| auc(s, at, Controls::EventFree, 0.0, g, confidence()).unwrap()),
            with(|s, g, at| brier(s, at, g, confidence()).unwrap().score),
            with(|s, g, at| brier(s, at, g, confidence()).unwrap().scaled),
            with(|s, _, at| net_benefit(s, at, &[0.3], confidence()).unwrap()[0].gain),
        ];
        for (which, measure) in measures.iter().enumerate() {
            let expected = by_differences(&table, |outcomes| measure(outcomes).value().unwrap());
            let found = error(&measure(&table.competing()));
            assert!(
                (found / expected - 1.0).abs() < 1e-4,
                "{which}: {found} {expected}"
            );
        }
    }
}

#[test]
fn intervals_hold_the_truth_about_as_often_as_they_say() {
    // Harrell's index and the area at 1 in 200 tables of 150 rows, the truth
    // from one of 100,000. 95 % of 200 is 190, with a standard deviation of 3.
    let truth = table(1, 100_000, false);
    let measure = |table: &Table| {
        let outcomes = table.competing();
        let scored = Scored::new(&outcomes, EventCode::EVENT, &table.risk).unwrap();
        let censoring = Censoring::of(&outcomes, Evaluated::JustBefore).unwrap();
        [
            harrell(&scored, &PairRules::default(), confidence()).unwrap(),
            auc(
                &scored,
                1.0,
                Controls::WithoutTheEvent,
                0.0,
                &censoring,
                confidence(),
            )
            .unwrap(),
        ]
    };
    let truths = measure(&truth).map(|estimate| estimate.value().unwrap());
    let mut held = [0; 2];
    for seed in 0..200 {
        for (which, estimate) in measure(&table(1000 + seed, 150, false)).iter().enumerate() {
            let interval = estimate.interval().unwrap();
            let inside =
                interval.lower.get() <= truths[which] && truths[which] <= interval.upper.get();
            held[which] += u32::from(inside);
        }
    }
    assert!(
        held.iter().all(|held| (180..=199).contains(held)),
        "{held:?}"
    );
}

#[test]
fn risks_that_are_right_are_found_calibrated_and_half_of_them_are_not() {
    // Of event 1 alone, the risk by 1 of a row with number a is 1 / (3 - 2a).
    let rows = table(3, 4000, false);
    let outcomes = rows.single();
    let right: Vec<f64> = rows
        .risk
        .iter()
        .map(|x| 1.0 / (3.0 - 2.0 * (x + 2.0) / 4.0))
        .collect();
    let half: Vec<f64> = right.iter().map(|risk| risk / 2.0).collect();
    let settings = CalibrationSettings {
        knots: 4,
        points: 5,
        groups: 10,
        resamples: Resamples { count: 20, seed: 4 },
        confidence: confidence(),
    };
    let look = |risk: &[f64]| {
        let scored = Scored::probabilities(&outcomes, EventCode::EVENT, risk).unwrap();
        calibration(&scored, 1.0, &settings).unwrap()
    };
    let (rights, halves) = (right, half);
    let (right, half) = (look(&rights), look(&halves));
    let within = |estimate: &Estimated, truth: f64| {
        let away = estimate.value().unwrap() - truth;
        assert!(away.abs() < 3.5 * error(estimate), "{estimate:?}");
    };
    within(&right.ratio, 1.0);
    within(&right.intercept, 0.0);
    within(&right.slope, 1.0);
    within(&half.ratio, 2.0);
    assert!(right.ici.value().unwrap() < 0.03, "{:?}", right.ici);
    assert!(half.ici.value().unwrap() > 0.2, "{:?}", half.ici);
    assert!(half.intercept.interval().unwrap().lower.get() > 0.0);
    // However few the resamples, the interval holds the estimate, and 0 where
    // the risks are right.
    for count in [2, 3, 5, 20] {
        let resamples = Resamples { count, seed: 4 };
        let settings = CalibrationSettings {
            resamples,
            ..settings
        };
        for (risk, is_right) in [(&rights, true), (&halves, false)] {
            let scored = Scored::probabilities(&outcomes, EventCode::EVENT, risk).unwrap();
            let found = calibration(&scored, 1.0, &settings).unwrap();
            for distance in [found.ici, found.e50, found.e90, found.emax] {
                let (value, interval) = (distance.value().unwrap(), distance.interval().unwrap());
                let limits = interval.lower.get()..=interval.upper.get();
                assert!(limits.contains(&value), "{distance:?}");
                assert!(*limits.start() >= 0.0);
            }
            let lower = found.ici.interval().unwrap().lower.get();
            assert!(count < 20 || (lower == 0.0) == is_right, "{:?}", found.ici);
        }
    }
    assert_eq!(
        right.groups.iter().map(|group| group.rows).sum::<u64>(),
        4000
    );
    assert_eq!(right.groups.len(), 10);
    for point in right.curve.unwrap() {
        assert!((point.observed - point.predicted).abs() < 0.08, "{point:?}");
    }
}

#[test]
fn without_censoring_measures_are_those_of_plain_shares() {
    let rows = table(9, 300, false);
    let happened: Vec<bool> = rows.time.iter().map(|time| *time < 1.0).collect();
    let outcomes = Outcomes::single(rows.time.clone(), &[true; 300]).unwrap();
    let risk = rows.risk_at(0.5);
    let scored = Scored::new(&outcomes, EventCode::EVENT, &risk).unwrap();
    let censoring = Censoring::of(&outcomes, Evaluated::JustBefore).unwrap();
    let plain = happened
        .iter()
        .zip(&risk)
        .map(|(y, p)| (f64::from(u8::from(*y)) - p).powi(2));
    let plain = plain.sum::<f64>() / 300.0;
    let found = brier(&scored, 1.0, &censoring, confidence()).unwrap();
    assert!((found.score.value().unwrap() - plain).abs() < 1e-12);
    let treated = happened.iter().zip(&risk).filter(|(_, p)| **p >= 0.4);
    let benefit = treated
        .map(|(y, _)| if *y { 1.0 } else { -0.4 / 0.6 })
        .sum::<f64>()
        / 300.0;
    let found = net_benefit(&scored, 1.0, &[0.4], confidence()).unwrap();
    assert!((found[0].model.value().unwrap() - benefit).abs() < 1e-12);
}

#[test]
fn a_horizon_at_which_all_that_are_left_are_censored_is_no_gap() {
    let time = vec![1.0, 2.0, 3.0, 5.0, 5.0, 5.0];
    let outcomes = Outcomes::single(time, &[true, true, true, false, false, false]).unwrap();
    let risk = [0.9, 0.2, 0.7, 0.3, 0.1, 0.6];
    let scored = Scored::new(&outcomes, EventCode::EVENT, &risk).unwrap();
    let censoring = Censoring::of(&outcomes, Evaluated::JustBefore).unwrap();
    let area = auc(
        &scored,
        5.0,
        Controls::EventFree,
        0.0,
        &censoring,
        confidence(),
    )
    .unwrap();
    assert!(
        (area.value().unwrap() - 7.0 / 9.0).abs() < 1e-12,
        "{area:?}"
    );
    let beyond = auc(
        &scored,
        6.0,
        Controls::EventFree,
        0.0,
        &censoring,
        confidence(),
    )
    .unwrap();
    assert_eq!(beyond, Estimated::Undefined(Unmeasured::NoControls));
}
