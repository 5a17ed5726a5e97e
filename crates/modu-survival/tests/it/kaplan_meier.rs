//! Kaplan-Meier and Nelson-Aalen curves.

use modu_statistics::Share;
use modu_survival::estimator::{IntervalScale, kaplan_meier, nelson_aalen};
use modu_survival::{EventCode, Outcomes, SurvivalError};

use crate::support::{close, outcomes};

#[test]
fn the_curve_is_that_of_r() {
    let curves = kaplan_meier(&outcomes(), EventCode::EVENT).unwrap();
    let [curve] = &curves[..] else {
        panic!("one stratum")
    };
    let times = [1.0, 26.0, 112.0, 199.0];
    close(
        &times.map(|time| curve.at(time)),
        &[
            0.9975,
            0.9613019917934809,
            0.7410914952152088,
            0.08748130729104917,
        ],
    );
    let last = |values: &[f64]| values[values.len() - 1];
    close(
        &[last(&curve.log_variance).sqrt(), last(&curve.table.at_risk)],
        &[0.5612985221472117, 4.0],
    );
    let interval = curve.interval(112.0, Share::new(0.95).unwrap(), IntervalScale::Log);
    close(
        &[interval.lower.get(), interval.upper.get()],
        &[0.6947404310300304, 0.7905349678095441],
    );
    let hazard = &nelson_aalen(&outcomes(), EventCode::EVENT).unwrap()[0];
    close(
        &[hazard.at(112.0), last(&hazard.cumulative_hazard)],
        &[0.2986315775880446, 2.192240414792776],
    );
    close(&[last(&hazard.variance).sqrt()], &[0.42763442580646394]);
}

#[test]
fn the_curve_of_times_alone_is_that_of_rows_that_each_count_once() {
    let alone = kaplan_meier(&outcomes(), EventCode::EVENT).unwrap();
    let once = outcomes().with_weights(vec![1.0; 400]).unwrap();
    assert_eq!(kaplan_meier(&once, EventCode::EVENT).unwrap(), alone);
}

#[test]
fn where_all_are_censored_there_is_no_curve() {
    let outcomes = Outcomes::single(vec![1.0, 2.0], &[false, false]).unwrap();
    assert_eq!(
        kaplan_meier(&outcomes, EventCode::EVENT),
        Err(SurvivalError::NoEvents(1))
    );
}

#[test]
fn where_the_last_one_has_the_event_nobody_is_left_and_the_interval_is_all() {
    let outcomes = Outcomes::single(vec![1.0, 2.0, 2.0], &[true, true, true]).unwrap();
    let curve = &kaplan_meier(&outcomes, EventCode::EVENT).unwrap()[0];
    assert_eq!(curve.survival, [2.0 / 3.0, 0.0]);
    let interval = curve.interval(2.0, Share::HALF, IntervalScale::LogMinusLog);
    assert_eq!((interval.lower.get(), interval.upper.get()), (0.0, 1.0));
    assert_eq!(curve.quantile(Share::HALF), Some(2.0));
    assert!((curve.restricted_mean(3.0) - 5.0 / 3.0).abs() < 1e-15);
}
