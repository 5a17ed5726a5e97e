//! The elastic net.

use modu_survival::Covariates;
use modu_survival::cox::{CoxOptions, PathOptions, Ties, fit, path, residuals};

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
