//! A table that anyone can make again: every column is a formula of the row's
//! number, in whole numbers, so R makes the same one.
//!
//! ```r
//! i <- 1:400
//! age <- 40 + (i * 37) %% 41
//! arm <- (i * 7) %% 2
//! marker <- ((i * i * 31) %% 97) / 10
//! time <- 1 + (i * i * 13 + 7 * i) %% 199
//! code <- c(1, 0, 1, 2, 0, 1, 0)[(i * 53) %% 7 + 1]
//! weight <- 0.5 + (i %% 5) / 4
//! stratum <- i %% 3
//! cluster <- i %% 50
//! entry <- floor(time * ((i * 17) %% 10) / 12)
//! ```
//!
//! The values that tests state of it were computed by R 4.2.2 with `survival`
//! 3.5-3, `coxph.control(eps = 1e-14, iter.max = 50, toler.chol = 1e-14)`.

use modu_survival::{Covariates, EventCode, Outcomes};

pub(crate) const ROWS: u64 = 400;

fn column(formula: impl Fn(u64) -> f64) -> Vec<f64> {
    (1..=ROWS).map(formula).collect()
}

fn numbers(formula: impl Fn(u64) -> u64) -> Vec<u32> {
    (1..=ROWS).map(|i| formula(i) as u32).collect()
}

fn time(i: u64) -> f64 {
    1.0 + ((i * i * 13 + 7 * i) % 199) as f64
}

pub(crate) fn outcomes() -> Outcomes {
    let code = |i: u64| EventCode([1, 0, 1, 2, 0, 1, 0][(i * 53 % 7) as usize]);
    Outcomes::new(column(time), (1..=ROWS).map(code).collect()).unwrap()
}

pub(crate) fn weights() -> Vec<f64> {
    column(|i| 0.5 + (i % 5) as f64 / 4.0)
}

pub(crate) fn strata() -> Vec<u32> {
    numbers(|i| i % 3)
}

pub(crate) fn clusters() -> Vec<u32> {
    numbers(|i| i % 50)
}

pub(crate) fn entries() -> Vec<f64> {
    column(|i| (time(i) * (i * 17 % 10) as f64 / 12.0).floor())
}

pub(crate) fn covariates() -> Covariates {
    let columns = vec![
        ("age".to_owned(), column(|i| (40 + i * 37 % 41) as f64)),
        ("arm".to_owned(), column(|i| (i * 7 % 2) as f64)),
        (
            "marker".to_owned(),
            column(|i| (i * i * 31 % 97) as f64 / 10.0),
        ),
    ];
    Covariates::new(ROWS as usize, columns).unwrap()
}

/// Asserts that numbers agree to a relative (below one, absolute) 1e-9.
#[track_caller]
pub(crate) fn close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        let apart = (found - expected).abs();
        assert!(
            apart <= 1e-9 * expected.abs().max(1.0),
            "{found:?} is not {expected:?}"
        );
    }
}
