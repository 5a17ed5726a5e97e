//! Cox's model against R, and where there is nothing to estimate.

use modu_survival::cox::{CoxFinding, CoxModel, CoxOptions, Ties, fit};
use modu_survival::{Covariates, EventCode, Outcomes, SurvivalError};

use crate::support::{close, covariates, entries, outcomes, strata, weights};

fn efron() -> CoxOptions {
    CoxOptions::default()
}

fn breslow() -> CoxOptions {
    CoxOptions {
        ties: Ties::Breslow,
        ..CoxOptions::default()
    }
}

#[track_caller]
fn assert_fit(model: &CoxModel, coefficients: &[f64], likelihoods: [f64; 2], variance: &[f64]) {
    assert_eq!(model.findings, []);
    close(&model.coefficients, coefficients);
    close(
        &[model.null_log_likelihood, model.log_likelihood],
        &likelihoods,
    );
    close(&model.variance.concat(), variance);
}

#[test]
fn tied_events_by_efrons_method_are_as_in_r() {
    let model = fit(&outcomes(), &covariates(), &efron()).unwrap();
    assert_fit(
        &model,
        &[
            0.0002940040042436661,
            0.01511490052212481,
            0.03631710434356188,
        ],
        [-860.4375058992441, -859.4544803327384],
        &[
            4.149005930289992e-05,
            7.186942859580734e-06,
            -4.453610231258349e-06,
            7.186942859580734e-06,
            0.0233948555543379,
            1.544922779473328e-05,
            -4.453610231258349e-06,
            1.544922779473328e-05,
            0.0006752809208456184,
        ],
    );
    let zero = Covariates::new(
        1,
        vec![
            ("age".to_owned(), vec![0.0]),
            ("arm".to_owned(), vec![0.0]),
            ("marker".to_owned(), vec![0.0]),
        ],
    );
    let survival = model
        .survival(&zero.unwrap(), 0, &[0.5, 100.0, 199.0])
        .unwrap();
    let hazard: Vec<f64> = survival[0].iter().map(|share| -share.ln()).collect();
    close(&hazard, &[0.0, 0.220705552363668, 1.9085464810995711]);
}

#[test]
fn tied_events_by_breslows_method_are_as_in_r() {
    let model = fit(&outcomes(), &covariates(), &breslow()).unwrap();
    close(
        &model.coefficients,
        &[
            0.00035991623057169526,
            0.015549750368255635,
            0.03652739004818247,
        ],
    );
    close(
        &[model.null_log_likelihood, model.log_likelihood],
        &[-861.3786144854083, -860.3825105474708],
    );
}

#[test]
fn weights_and_strata_are_as_in_r() {
    let outcomes = outcomes().with_weights(weights()).unwrap();
    let outcomes = outcomes.with_strata(strata()).unwrap();
    let model = fit(&outcomes, &covariates(), &efron()).unwrap();
    assert_fit(
        &model,
        &[
            0.0009942849029182087,
            0.003456555089738721,
            0.02338607674284817,
        ],
        [-676.3455166089126, -675.9337037841267],
        &[
            4.135139780462635e-05,
            7.516368031750524e-06,
            -3.6729884927834407e-06,
            7.516368031750524e-06,
            0.02515628667285706,
            1.873502782536117e-05,
            -3.6729884927834407e-06,
            1.873502782536117e-05,
            0.0006899131675085597,
        ],
    );
    assert_eq!(model.baselines.len(), 3);
}

#[test]
fn late_entry_is_as_in_r() {
    let outcomes = outcomes().with_entry(entries()).unwrap();
    let model = fit(&outcomes, &covariates(), &efron()).unwrap();
    assert_fit(
        &model,
        &[
            -0.00031472696843322807,
            0.14114246431337205,
            0.040048564193967094,
        ],
        [-808.0441936598836, -806.4592192537646],
        &[
            4.1707976724596424e-05,
            4.591623139788423e-08,
            -2.09538666443379e-06,
            4.591623139788423e-08,
            0.023645253706021416,
            -1.888355685265757e-05,
            -2.09538666443379e-06,
            -1.888355685265757e-05,
            0.0006908872139074029,
        ],
    );
    let outcomes = outcomes.with_weights(weights()).unwrap();
    let outcomes = outcomes.with_strata(strata()).unwrap();
    let model = fit(&outcomes, &covariates(), &breslow()).unwrap();
    close(
        &model.coefficients,
        &[
            0.0004924211787464541,
            -0.037534789051867634,
            0.027770851945082196,
        ],
    );
    close(
        &[model.null_log_likelihood, model.log_likelihood],
        &[-619.3850400092955, -618.8117621736615],
    );
}

#[test]
fn a_ridge_is_as_in_r() {
    let options = CoxOptions {
        ridge: 2.0,
        ..efron()
    };
    let model = fit(&outcomes(), &covariates(), &options).unwrap();
    assert_fit(
        &model,
        &[
            0.0002940945553415836,
            0.014438216015897632,
            0.03626767840189494,
        ],
        [-860.437505899244, -859.4544918954005],
        &[
            4.1486935921977704e-05,
            6.886389061062499e-06,
            -4.44093913523907e-06,
            6.886389061062499e-06,
            0.022349069951855666,
            1.476252237374713e-05,
            -4.44093913523907e-06,
            1.476252237374713e-05,
            0.0006743789911893019,
        ],
    );
}

#[test]
fn a_model_survives_being_written_and_read() {
    let model = fit(&outcomes(), &covariates(), &efron()).unwrap();
    let text = serde_json::to_string(&model).unwrap();
    assert_eq!(serde_json::from_str::<CoxModel>(&text).unwrap(), model);
}

fn table(columns: Vec<(&str, Vec<f64>)>) -> Covariates {
    let rows = columns[0].1.len();
    let columns = columns
        .into_iter()
        .map(|(name, values)| (name.to_owned(), values));
    Covariates::new(rows, columns.collect()).unwrap()
}

/// Eight rows with some scatter.
fn eight(events: [bool; 8]) -> Outcomes {
    Outcomes::single((1..=8).map(f64::from).collect(), &events).unwrap()
}

const SCATTER: [f64; 8] = [0.3, -1.0, 0.8, 0.1, -0.4, 1.2, -0.7, 0.2];

#[test]
fn a_constant_column_is_named_and_left_out() {
    let with = table(vec![("site", vec![4.0; 8]), ("x", SCATTER.to_vec())]);
    let model = fit(&eight([true; 8]), &with, &efron()).unwrap();
    let column = "site".to_owned();
    assert_eq!(model.findings, [CoxFinding::Constant { column }]);
    let without = table(vec![("x", SCATTER.to_vec())]);
    let alone = fit(&eight([true; 8]), &without, &efron()).unwrap();
    assert_eq!(model.coefficients, [0.0, alone.coefficients[0]]);
    assert_eq!(model.log_likelihood, alone.log_likelihood);
}

#[test]
fn a_column_that_follows_from_others_is_named_and_left_out() {
    let twice: Vec<f64> = SCATTER.iter().map(|x| 3.0 - 2.0 * x).collect();
    let columns = table(vec![("x", SCATTER.to_vec()), ("twice", twice)]);
    let model = fit(&eight([true; 8]), &columns, &efron()).unwrap();
    let column = "twice".to_owned();
    assert_eq!(model.findings, [CoxFinding::Collinear { column }]);
    assert_eq!(model.coefficients[1], 0.0);
}

#[test]
fn a_column_that_separates_is_named_and_the_fit_ends() {
    // Those with the flag all die before the others, in order.
    let flag: Vec<f64> = (1..=8).map(|i| f64::from(i <= 3)).collect();
    let columns = table(vec![("flag", flag), ("x", SCATTER.to_vec())]);
    let model = fit(&eight([true; 8]), &columns, &efron()).unwrap();
    let column = "flag".to_owned();
    assert_eq!(model.findings, [CoxFinding::Separated { column }]);
    assert!(model.coefficients[0] > 5.0 && model.coefficients[0].is_finite());
    assert!(model.variance.concat().iter().all(|v| v.is_finite()));
    // The other coefficient is that of the limit, where the flag is a stratum.
    let strata = (1..=8).map(|i| u32::from(i <= 3)).collect();
    let apart = eight([true; 8]).with_strata(strata).unwrap();
    let limit = fit(&apart, &table(vec![("x", SCATTER.to_vec())]), &efron()).unwrap();
    assert!((model.coefficients[1] - limit.coefficients[0]).abs() < 1e-6);
}

#[test]
fn one_event_separates_or_says_nothing_but_never_diverges() {
    let mut events = [false; 8];
    events[3] = true;
    let model = fit(
        &eight(events),
        &table(vec![("x", SCATTER.to_vec())]),
        &efron(),
    )
    .unwrap();
    assert!(model.coefficients[0].is_finite());
    // The one who dies has neither the least nor the greatest value.
    assert_eq!(model.findings, []);
    let mut events = [false; 8];
    events[5] = true;
    let model = fit(
        &eight(events),
        &table(vec![("x", SCATTER.to_vec())]),
        &efron(),
    )
    .unwrap();
    let column = "x".to_owned();
    assert_eq!(model.findings, [CoxFinding::Separated { column }]);
    let mut events = [false; 8];
    events[7] = true;
    let model = fit(
        &eight(events),
        &table(vec![("x", SCATTER.to_vec())]),
        &efron(),
    )
    .unwrap();
    let column = "x".to_owned();
    assert_eq!(model.findings, [CoxFinding::Constant { column }]);
}

#[test]
fn where_all_are_censored_there_is_no_model() {
    let error = fit(
        &eight([false; 8]),
        &table(vec![("x", SCATTER.to_vec())]),
        &efron(),
    );
    assert_eq!(error, Err(SurvivalError::NoEvents(1)));
    let options = CoxOptions {
        event: EventCode::CENSORED,
        ..efron()
    };
    let error = fit(
        &eight([true; 8]),
        &table(vec![("x", SCATTER.to_vec())]),
        &options,
    );
    assert_eq!(error, Err(SurvivalError::NoEvents(0)));
}

#[test]
fn where_everyone_dies_at_once_the_fit_ends() {
    let outcomes = Outcomes::single(vec![3.0; 8], &[true; 8]).unwrap();
    for options in [efron(), breslow()] {
        let model = fit(&outcomes, &table(vec![("x", SCATTER.to_vec())]), &options).unwrap();
        assert!(model.coefficients[0].abs() < 1e-12, "{model:?}");
    }
}

#[test]
fn a_hundred_thousand_strata_are_no_trouble() {
    let rows = 200_000_u32;
    let time = (0..rows).map(|row| f64::from(1 + row * 7 % 1013)).collect();
    let events: Vec<bool> = (0..rows).map(|row| row % 3 != 0).collect();
    let outcomes = Outcomes::single(time, &events).unwrap();
    let outcomes = outcomes
        .with_strata((0..rows).map(|row| row / 2).collect())
        .unwrap();
    let x = (0..rows).map(|row| f64::from(row * 31 % 97)).collect();
    let model = fit(&outcomes, &table(vec![("x", x)]), &efron()).unwrap();
    assert_eq!(model.baselines.len(), 100_000);
    assert_eq!(model.findings, []);
}

#[test]
fn more_columns_than_a_model_takes_are_refused_with_the_first_beyond() {
    let one_each = |category: usize| {
        let mut column = vec![0.0; 400];
        column[category % 400] = 1.0;
        (format!("ward={category}"), column)
    };
    let wide = Covariates::new(400, (0..5_000).map(one_each).collect()).unwrap();
    let refused = fit(&outcomes(), &wide, &efron()).unwrap_err();
    let expected = SurvivalError::TooWide {
        found: 5_000,
        limit: 1_000,
        first: "ward=1000".to_owned(),
    };
    assert_eq!(refused, expected);
}

#[test]
fn no_covariates_leave_the_baseline() {
    let none = Covariates::new(8, vec![]).unwrap();
    let model = fit(&eight([true; 8]), &none, &efron()).unwrap();
    assert_eq!(model.coefficients, [] as [f64; 0]);
    assert_eq!(model.log_likelihood, model.null_log_likelihood);
    let hazard: f64 = (1..=8).map(|n| 1.0 / f64::from(n)).sum();
    close(&[model.baselines[0].at(8.0)], &[hazard]);
}

#[test]
fn numbers_of_any_size_are_fitted() {
    let huge: Vec<f64> = SCATTER.iter().map(|x| x * 1e300).collect();
    let tiny: Vec<f64> = SCATTER.iter().map(|x| 1.0 + x * 1e-9).collect();
    let plain = fit(
        &eight([true; 8]),
        &table(vec![("x", SCATTER.to_vec())]),
        &efron(),
    )
    .unwrap();
    for values in [huge, tiny] {
        let model = fit(&eight([true; 8]), &table(vec![("x", values)]), &efron()).unwrap();
        assert_eq!(model.findings, []);
        assert!((model.log_likelihood - plain.log_likelihood).abs() < 1e-6);
    }
}
