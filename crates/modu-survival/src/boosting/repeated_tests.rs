//! Rows that count more than once, and rows that enter late.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::simulate::{Column, Plan, simulate};

/// Columns of few values, ties, entries, and how often each row counts.
fn study(rows: usize) -> (Outcomes, Covariates, Vec<f64>) {
    let mut plan = Plan::usual(rows, 3, 9);
    plan.columns = vec![Column::Levels(9), Column::Levels(5), Column::Binary(0.5)];
    plan.causes[0].coefficients = vec![0.2, -0.3, 0.5];
    plan.rounding = Some(25.0);
    plan.delayed_entry = Some(900.0);
    let study = simulate(&plan).unwrap();
    let weight = (0..study.outcomes.len()).map(|row| f64::from(1 + (row * 7 % 4) as u8));
    let weight = weight.collect();
    (study.outcomes, study.covariates, weight)
}

fn picked(outcomes: &Outcomes, covariates: &Covariates, rows: &[usize]) -> (Outcomes, Covariates) {
    let of = |column: &[f64]| -> Vec<f64> { rows.iter().map(|row| column[*row]).collect() };
    let event = rows.iter().map(|row| outcomes.event()[*row]).collect();
    let repeated = Outcomes::new(of(outcomes.time()), event).unwrap();
    let repeated = repeated.with_entry(of(outcomes.entry().unwrap())).unwrap();
    let columns = covariates.names().iter().cloned();
    let columns = columns.zip(covariates.columns().iter().map(|column| of(column)));
    let columns = Covariates::new(rows.len(), columns.collect()).unwrap();
    (repeated, columns)
}

fn fit(outcomes: &Outcomes, covariates: &Covariates) -> Boosting {
    let plan = BoostingPlan {
        rounds: 30,
        learning_rate: 0.3,
        ..BoostingPlan::default()
    };
    Boosting::fit(outcomes, covariates, &plan).unwrap()
}

fn assert_same(one: &Boosting, other: &Boosting, covariates: &Covariates) {
    let ratios = |model: &Boosting| model.log_hazard_ratios(covariates).unwrap();
    let pairs = ratios(one).into_iter().zip(ratios(other));
    assert_eq!(one.trees(), other.trees());
    for (one, other) in pairs {
        assert!((one - other).abs() < 1e-9, "{one} {other}");
    }
    for time in [200.0, 800.0, 1_500.0] {
        let (one, other) = (one.baseline().at(time), other.baseline().at(time));
        assert!((one - other).abs() < 1e-9 * one, "{one} {other}");
    }
}

#[test]
fn a_row_that_counts_more_than_once_is_so_many_rows() {
    let (outcomes, covariates, weight) = study(500);
    let rows: Vec<usize> = (0..weight.len())
        .flat_map(|row| std::iter::repeat_n(row, weight[row] as usize))
        .collect();
    let (repeated, columns) = picked(&outcomes, &covariates, &rows);
    let weighted = outcomes.with_weights(weight).unwrap();
    let model = fit(&weighted, &covariates);
    assert_same(&model, &fit(&repeated, &columns), &covariates);
    assert!(model.trees() == 30 && model.baseline().at(800.0) > 0.0);
}

#[test]
fn a_row_that_is_cut_in_two_at_any_time_changes_nothing() {
    let (outcomes, covariates, weight) = study(500);
    let rows: Vec<usize> = (0..outcomes.len()).flat_map(|row| [row, row]).collect();
    let (_, columns) = picked(&outcomes, &covariates, &rows);
    let (mut entry, mut time, mut event) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..outcomes.len() {
        let (from, to) = (outcomes.entry().unwrap()[row], outcomes.time()[row]);
        let cut = from + (to - from) * (0.1 + 0.08 * (row % 10) as f64);
        entry.extend([from, cut]);
        time.extend([cut, to]);
        event.extend([EventCode::CENSORED, outcomes.event()[row]]);
    }
    let cut = Outcomes::new(time, event)
        .unwrap()
        .with_entry(entry)
        .unwrap();
    let twice = weight
        .iter()
        .flat_map(|weight| [*weight, *weight])
        .collect();
    let cut = cut.with_weights(twice).unwrap();
    let whole = outcomes.with_weights(weight).unwrap();
    assert_same(&fit(&whole, &covariates), &fit(&cut, &columns), &covariates);
}

#[test]
fn entries_before_everything_change_nothing() {
    let (outcomes, covariates, _) = study(400);
    let plain = Outcomes::new(outcomes.time().to_vec(), outcomes.event().to_vec()).unwrap();
    let entered = plain.clone().with_entry(vec![-1.0; plain.len()]).unwrap();
    assert_same(
        &fit(&plain, &covariates),
        &fit(&entered, &covariates),
        &covariates,
    );
}

/// The negative log-likelihood (Breslow) with entries and weights.
fn loss(outcomes: &Outcomes, log_ratios: &[f64]) -> f64 {
    let (time, entry) = (outcomes.time(), outcomes.entry().unwrap());
    let weight = outcomes.weight().unwrap();
    let rows = 0..time.len();
    let of_event = |row: usize| {
        let is_at_risk = |other: &usize| entry[*other] < time[row] && time[*other] >= time[row];
        let at_risk = rows.clone().filter(is_at_risk);
        let sum: f64 = at_risk
            .map(|other| weight[other] * log_ratios[other].exp())
            .sum();
        weight[row] * (sum.ln() - log_ratios[row])
    };
    let events = rows
        .clone()
        .filter(|row| outcomes.event()[*row] == EventCode::EVENT);
    events.map(of_event).sum()
}

#[test]
fn first_derivatives_are_the_differences_of_the_likelihood_with_late_entries() {
    let (outcomes, _, weight) = study(80);
    let outcomes = outcomes.with_weights(weight).unwrap();
    let rows = outcomes.len();
    let timeline = Timeline::new(&outcomes, EventCode::EVENT).unwrap();
    let mut gradients = Gradients::new(&timeline);
    let all: Vec<u32> = (0..rows as u32).collect();
    let leaves = [&all[..20], &all[20..]];
    assert!(gradients.moved(leaves.into_iter(), &[0.7, -0.3], 100.0));
    gradients.update();
    let mut log_ratios = vec![0.0; rows];
    for (place, row) in timeline.row.iter().enumerate() {
        log_ratios[*row as usize] = if place < 20 { 0.7 } else { -0.3 };
    }
    for place in [0, 13, 25, rows - 1] {
        let at = |distance: f64| {
            let mut moved = log_ratios.clone();
            moved[timeline.row[place] as usize] += distance;
            loss(&outcomes, &moved)
        };
        let first = (at(1e-4) - at(-1e-4)) / 2e-4;
        let found = gradients.pairs()[place].first;
        assert!((found - first).abs() < 1e-6, "{found} {first}");
    }
}
