//! The elastic net.

use modu_survival::Covariates;
use modu_survival::cox::{CoxOptions, PathOptions, Ties, cross_validate, fit, path, residuals};

use crate::support::{covariates, outcomes, weights};

fn options() -> PathOptions {
    PathOptions {
        ties: Ties::Breslow,
        mix: 0.5,
        penalties: 20,
        least: 1e-3,
        ..PathOptions::default()
    }
}

/// The slope of the likelihood is the sum of the score residuals, which is
/// computed by other code than the path. At a penalised maximum it equals the
/// penalty's slope where a coefficient is not zero, and does not exceed it where
/// one is (Simon et al. 2011, equation 6).
#[test]
fn each_point_is_the_maximum_at_its_penalty() {
    let (outcomes, covariates) = (outcomes().with_weights(weights()).unwrap(), covariates());
    for ties in [Ties::Efron, Ties::Breslow] {
        let options = PathOptions { ties, ..options() };
        let mut model = fit(
            &outcomes,
            &covariates,
            &CoxOptions {
                ties,
                ..CoxOptions::default()
            },
        )
        .unwrap();
        let points = path(&outcomes, &covariates, &options).unwrap();
        assert_eq!(points[0].coefficients, [0.0; 3]);
        assert!(points.len() > 5);
        for point in &points {
            model.coefficients.clone_from(&point.coefficients);
            let score = residuals(&model, &outcomes, &covariates).unwrap().score;
            for (column, values) in covariates.columns().iter().enumerate() {
                let count = values.len() as f64;
                let mean = values.iter().sum::<f64>() / count;
                let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count;
                let weighted = score[column].iter().zip(outcomes.weight().unwrap());
                let slope = weighted.map(|(score, weight)| score * weight).sum::<f64>();
                let slope = slope / variance.sqrt() / count;
                let scaled = point.coefficients[column] * variance.sqrt();
                let ridge = 0.5 * point.penalty * scaled;
                let lasso = 0.5 * point.penalty;
                if scaled == 0.0 {
                    assert!(slope.abs() <= lasso + 1e-9);
                } else {
                    assert!((slope - ridge - lasso.copysign(scaled)).abs() < 1e-9);
                }
            }
        }
    }
}

#[test]
fn the_path_ends_near_the_fit_without_a_penalty() {
    let options = PathOptions {
        penalties: 60,
        least: 1e-8,
        ..options()
    };
    let points = path(&outcomes(), &covariates(), &options).unwrap();
    let likelihoods: Vec<f64> = points.iter().map(|point| point.log_likelihood).collect();
    assert!(likelihoods.is_sorted_by(|a, b| *a <= *b + 1e-9));
    let ties = Ties::Breslow;
    let whole = fit(
        &outcomes(),
        &covariates(),
        &CoxOptions {
            ties,
            ..CoxOptions::default()
        },
    );
    assert!(whole.unwrap().log_likelihood - likelihoods[likelihoods.len() - 1] < 1e-3);
}

#[test]
fn of_two_equal_columns_the_path_still_ends() {
    let columns = covariates();
    let twice = columns.names().iter().zip(columns.columns());
    let mut twice: Vec<_> = twice
        .map(|(name, column)| (name.clone(), column.clone()))
        .collect();
    twice.push(("again".to_owned(), columns.columns()[2].clone()));
    twice.push(("constant".to_owned(), vec![1.0; columns.rows()]));
    let points = path(
        &outcomes(),
        &Covariates::new(columns.rows(), twice).unwrap(),
        &options(),
    )
    .unwrap();
    for point in &points {
        assert!(point.coefficients.iter().all(|b| b.is_finite()));
        assert_eq!(point.coefficients[4], 0.0);
    }
}

#[test]
fn options_out_of_range_are_refused() {
    for wrong in [
        PathOptions {
            mix: 0.0,
            ..options()
        },
        PathOptions {
            mix: 1.5,
            ..options()
        },
        PathOptions {
            least: 1.0,
            ..options()
        },
        PathOptions {
            penalties: 1,
            ..options()
        },
    ] {
        assert!(
            path(&outcomes(), &covariates(), &wrong).is_err(),
            "{wrong:?}"
        );
    }
}

/// R 4.2.2, `glmnet` 4.1-6: `cv.glmnet(x, Surv(time, code == 1), family = "cox",
/// alpha = 0.5, lambda = glmnet(..., nlambda = 20, lambda.min.ratio = 1e-3)$lambda,
/// foldid = i %% 5 + 1, grouped = TRUE, thresh = 1e-14)`, `-cvm * events / 2` from
/// that of the first penalty on.
#[test]
fn penalties_are_tried_on_folds_as_glmnet_does() {
    const BESIDE: [f64; 12] = [
        0.0,
        -0.184331837590,
        -0.244317504919,
        -0.387870117652,
        -0.593509248690,
        -0.802218581374,
        -0.977361460708,
        -1.111921015504,
        -1.215971410714,
        -1.291343057896,
        -1.344923834102,
        -1.382748798237,
    ];
    let fold: Vec<u32> = (1..=400).map(|i| i % 5).collect();
    let tried = cross_validate(&outcomes(), &covariates(), &options(), &fold).unwrap();
    assert!((tried.points[1].penalty - 0.061_899_535_254_002_7).abs() < 1e-9);
    let first = tried.log_likelihood[0].unwrap();
    for (found, expected) in tried.log_likelihood.iter().zip(BESIDE) {
        let found = found.unwrap() - first;
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
    assert_eq!(tried.best, 0, "the table's columns tell nothing");
    let one: Vec<u32> = (0..400).map(|row| u32::from(row >= 40)).collect();
    assert!(cross_validate(&outcomes(), &covariates(), &options(), &one[..399]).is_err());
}

/// Columns that matter are let in, and how much is told by none of the rows
/// that it is tried on.
#[test]
fn the_best_penalty_of_a_study_with_effects_lets_them_in() {
    let plan = modu_survival::simulate::Plan::usual(400, 20, 4);
    let study = modu_survival::simulate::simulate(&plan).unwrap();
    let fold: Vec<u32> = (0..400).map(|row| row % 10).collect();
    let options = PathOptions {
        penalties: 40,
        ..PathOptions::default()
    };
    let tried = cross_validate(&study.outcomes, &study.covariates, &options, &fold).unwrap();
    assert!(
        tried.best > 0 && tried.best < tried.points.len() - 1,
        "{}",
        tried.best
    );
    let inside = &tried.points[tried.best].coefficients;
    assert!(
        inside[..5].iter().all(|coefficient| *coefficient != 0.0),
        "{inside:?}"
    );
    let gain = tried.log_likelihood[tried.best].unwrap() - tried.log_likelihood[0].unwrap();
    assert!(gain > 50.0, "{gain}");
}
