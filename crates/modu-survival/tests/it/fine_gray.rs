//! Fine and Gray's model against R's `cmprsk` 2.2-11 and `survival` 3.5-3.

use modu_survival::cox::{CoxFinding, CoxOptions, fit};
use modu_survival::fine_gray::{self, FineGrayOptions};
use modu_survival::{Covariates, EventCode, Outcomes, SurvivalError};

use crate::support::{close, covariates, entries, outcomes};

#[test]
fn as_crr_counts_it_is_as_crr() {
    let options = FineGrayOptions::crr();
    let model = fine_gray::fit(&outcomes(), &covariates(), &options).unwrap();
    close(
        &model.hazard.coefficients,
        &[
            0.0013439145014497147,
            0.011036331569864567,
            0.020418724874387385,
        ],
    );
    close(&[model.hazard.log_likelihood], &[-894.6146400223724]);
    close(
        &model.variance.concat(),
        &[
            3.856277144258946e-05,
            7.39066066009716e-05,
            1.0066757435298005e-06,
            7.390660660097157e-05,
            0.022658875158356073,
            0.0004712272751645003,
            1.006675743529801e-06,
            0.00047122727516450035,
            0.000679658684569523,
        ],
    );
}

#[test]
fn as_finegray_counts_it_is_as_finegray() {
    let options = FineGrayOptions::finegray();
    let model = fine_gray::fit(&outcomes(), &covariates(), &options).unwrap();
    close(
        &model.hazard.coefficients,
        &[
            0.0013158040196834342,
            0.011200347111766889,
            0.020467031428186382,
        ],
    );
    close(
        &[
            model.hazard.null_log_likelihood,
            model.hazard.log_likelihood,
        ],
        &[-893.8037213333705, -893.4684608979163],
    );
    close(
        &model.hazard.robust_variance.unwrap().concat(),
        &[
            3.884866221483218e-05,
            7.352380741542e-05,
            9.421994153948897e-07,
            7.352380741542e-05,
            0.022795588751212834,
            0.00047524597687732313,
            9.421994153948897e-07,
            0.00047524597687732313,
            0.0006826984502635141,
        ],
    );
}

#[test]
fn without_a_competing_event_it_is_coxs_model() {
    let codes = outcomes()
        .event()
        .iter()
        .map(|code| *code == EventCode::EVENT)
        .collect::<Vec<_>>();
    let outcomes = Outcomes::single(outcomes().time().to_vec(), &codes).unwrap();
    let options = FineGrayOptions::default();
    let subdistribution = fine_gray::fit(&outcomes, &covariates(), &options).unwrap();
    let plain = fit(&outcomes, &covariates(), &CoxOptions::default()).unwrap();
    close(&subdistribution.hazard.coefficients, &plain.coefficients);
    close(
        &subdistribution.hazard.variance.concat(),
        &plain.variance.concat(),
    );
}

#[test]
fn incidence_rises_from_nothing_and_stays_below_one() {
    let options = FineGrayOptions::default();
    let model = fine_gray::fit(&outcomes(), &covariates(), &options).unwrap();
    let curves = model
        .incidence(&covariates(), 0, &[0.0, 50.0, 100.0, 199.0])
        .unwrap();
    for curve in curves {
        assert_eq!(curve[0], 0.0);
        assert!(curve.is_sorted() && curve[3] < 1.0, "{curve:?}");
    }
}

#[test]
fn rows_that_enter_late_are_refused() {
    let outcomes = outcomes().with_entry(entries()).unwrap();
    let options = FineGrayOptions::default();
    let error = fine_gray::fit(&outcomes, &covariates(), &options).unwrap_err();
    assert!(matches!(error, SurvivalError::Setting { .. }), "{error}");
}

#[test]
fn a_column_that_separates_is_named() {
    let time = (1..=12).map(f64::from).collect();
    let codes = (1..=12_u16).map(|i| EventCode(if i <= 4 { 1 } else { i % 3 }));
    let outcomes = Outcomes::new(
        time,
        codes
            .map(|code| {
                if code.0 == 1 {
                    code
                } else {
                    EventCode(code.0 & 2)
                }
            })
            .collect(),
    )
    .unwrap();
    let flag = outcomes
        .event()
        .iter()
        .map(|code| f64::from(*code == EventCode::EVENT));
    let covariates = Covariates::new(12, vec![("flag".to_owned(), flag.collect())]).unwrap();
    let model = fine_gray::fit(&outcomes, &covariates, &FineGrayOptions::default()).unwrap();
    let column = "flag".to_owned();
    assert_eq!(model.hazard.findings, [CoxFinding::Separated { column }]);
}
