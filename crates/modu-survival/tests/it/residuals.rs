//! Residuals, the robust variance and the test of proportional hazards.

use modu_survival::cox::{CoxModel, CoxOptions, TimeScale, fit, proportional_hazards, residuals};
use modu_survival::{Covariates, Outcomes};
use proptest::prelude::*;

use crate::support::{close, clusters, covariates, entries, outcomes, strata, weights};

fn model() -> CoxModel {
    fit(&outcomes(), &covariates(), &CoxOptions::default()).unwrap()
}

#[test]
fn the_variance_by_clusters_is_that_of_r() {
    let outcomes = outcomes().with_clusters(clusters()).unwrap();
    let options = CoxOptions {
        robust: true,
        ..CoxOptions::default()
    };
    let model = fit(&outcomes, &covariates(), &options).unwrap();
    close(
        &model.robust_variance.unwrap().concat(),
        &[
            3.799959419102217e-05,
            2.5541759881239825e-06,
            -1.1613870794284941e-05,
            2.5541759881239825e-06,
            0.011161455861931117,
            0.0008757605167593685,
            -1.1613870794284941e-05,
            0.0008757605167593685,
            0.0010592476749232277,
        ],
    );
}

#[test]
fn residuals_are_those_of_r() {
    let residuals = residuals(&model(), &outcomes(), &covariates()).unwrap();
    let four = |values: &[f64]| [values[0], values[1], values[99], values[399]];
    close(
        &four(&residuals.martingale),
        &[
            -0.02444960734166893,
            -0.16363290094650662,
            -0.646789164579635,
            -0.1497385505758935,
        ],
    );
    close(
        &four(&residuals.deviance),
        &[
            -0.22113166820547858,
            -0.5720715006824001,
            -1.1373558498373628,
            -0.5472450101661841,
        ],
    );
    let score: Vec<f64> = residuals
        .score
        .iter()
        .flat_map(|column| [column[0], column[99]])
        .collect();
    close(
        &score,
        &[
            -0.4124218530782153,
            6.428795028277036,
            -0.012107773897579213,
            0.3247915382822441,
            0.048759088496114274,
            -2.318512314769336,
        ],
    );
    let schoenfeld = residuals.schoenfeld;
    assert_eq!(schoenfeld.row.len(), 171);
    let ends = |columns: &[Vec<f64>]| -> Vec<f64> {
        columns
            .iter()
            .flat_map(|column| [column[0], column[170]])
            .collect()
    };
    close(
        &ends(&schoenfeld.residual),
        &[
            3.976667827729962,
            9.784896382906538,
            0.49528604088095574,
            -0.5008496731650527,
            4.446882032714465,
            1.0790994316471485,
        ],
    );
    close(
        &ends(&schoenfeld.scaled),
        &[
            0.025729757618144306,
            0.06827855351033756,
            2.0131518084991935,
            -1.9736682828736198,
            0.5480920350848931,
            0.1521489821800069,
        ],
    );
}

#[test]
fn the_test_of_proportional_hazards_is_that_of_r() {
    for (scale, chi_square, p_value) in [
        (
            TimeScale::KaplanMeier,
            [
                0.9705272643789714,
                0.04606858254566831,
                0.9210528367457157,
                1.6884211861539464,
            ],
            [
                0.3245487158924377,
                0.8300511784544179,
                0.3371986834961552,
                0.6395110919948587,
            ],
        ),
        (
            TimeScale::Identity,
            [
                0.2975319725186233,
                0.039726184727825097,
                0.37848913334971096,
                0.6719088637414692,
            ],
            [
                0.5854338051318557,
                0.8420169045115209,
                0.538412937741051,
                0.8797905214079877,
            ],
        ),
        (
            TimeScale::Log,
            [
                0.06294633815144404,
                1.1531632738479354e-05,
                0.5939860548183479,
                0.6535349258995824,
            ],
            [
                0.8018983146641107,
                0.9972905282451837,
                0.440881862300886,
                0.8840746567035128,
            ],
        ),
    ] {
        let tests = proportional_hazards(&model(), &outcomes(), &covariates(), scale).unwrap();
        let all = || tests.columns.iter().chain([&tests.all]);
        close(
            &all().map(|test| test.chi_square.get()).collect::<Vec<_>>(),
            &chi_square,
        );
        close(
            &all().map(|test| test.p_value.get()).collect::<Vec<_>>(),
            &p_value,
        );
        assert_eq!(tests.all.degrees, 3);
    }
}

#[test]
fn an_event_at_time_zero_has_no_logarithm() {
    let outcomes = Outcomes::single(vec![0.0, 1.0, 2.0, 3.0], &[true; 4]).unwrap();
    let columns = vec![("x".to_owned(), vec![1.0, 0.3, 0.8, 0.2])];
    let covariates = Covariates::new(4, columns).unwrap();
    let model = fit(&outcomes, &covariates, &CoxOptions::default()).unwrap();
    let test = |scale| proportional_hazards(&model, &outcomes, &covariates, scale);
    assert!(test(TimeScale::Log).is_err());
    assert!(test(TimeScale::KaplanMeier).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn residuals_of_a_fit_add_up_to_nothing(kind in 0_u8..8) {
        let mut outcomes = outcomes();
        if kind & 1 > 0 {
            outcomes = outcomes.with_strata(strata()).unwrap();
        }
        if kind & 2 > 0 {
            outcomes = outcomes.with_entry(entries()).unwrap();
        }
        if kind & 4 > 0 {
            outcomes = outcomes.with_weights(weights()).unwrap();
        }
        let model = fit(&outcomes, &covariates(), &CoxOptions::default()).unwrap();
        let residuals = residuals(&model, &outcomes, &covariates()).unwrap();
        let sum = |values: &[f64]| -> f64 {
            let weight = |row: usize| outcomes.weight().map_or(1.0, |weight| weight[row]);
            values.iter().enumerate().map(|(row, value)| weight(row) * value).sum()
        };
        prop_assert!(sum(&residuals.martingale).abs() < 1e-9);
        for column in &residuals.score {
            prop_assert!(sum(column).abs() < 1e-6);
        }
    }
}
