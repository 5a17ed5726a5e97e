//! Rows that count more than once, and rows that enter late.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::cut::{Cut, Search};
use super::node::Node;
use super::study::Study;
use super::*;
use crate::simulate::{Column, Plan, simulate};

/// Entry, time, event, how often it was drawn, the columns.
type Row = (f64, f64, bool, u32, [f64; 2]);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let value = || (0_u32..8).prop_map(f64::from);
    let row = (
        0_u32..10,
        1_u32..8,
        any::<bool>(),
        1_u32..4,
        value(),
        value(),
    );
    let row = row.prop_map(|(entry, length, event, count, x, y)| {
        let entry = f64::from(entry) - 1.0;
        (entry, entry + f64::from(length), event, count, [x, y])
    });
    let row = row.prop_filter("a time is at least 0", |row| row.1 >= 0.0);
    proptest::collection::vec(row, 2..40)
}

/// Observed less expected events on the left, and its variance, counted anew
/// at each time among those who are at risk then.
fn log_rank(rows: &[Row], is_left: impl Fn(&Row) -> bool) -> (f64, f64) {
    let mut times: Vec<f64> = rows.iter().filter(|row| row.2).map(|row| row.1).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let (mut numerator, mut variance) = (0.0, 0.0);
    for at in times {
        let count = |of: &dyn Fn(&Row) -> bool| -> f64 {
            rows.iter()
                .filter(|row| of(row))
                .map(|row| f64::from(row.3))
                .sum()
        };
        let is_at_risk = |row: &Row| row.0 < at && row.1 >= at;
        let is_event = |row: &Row| row.1 == at && row.2;
        let (all, events) = (count(&is_at_risk), count(&is_event));
        let left = count(&|row| is_at_risk(row) && is_left(row));
        numerator += count(&|row| is_event(row) && is_left(row)) - left * events / all;
        if all > 1.0 {
            let share = left / all;
            variance += events * (all - events) / (all - 1.0) * share * (1.0 - share);
        }
    }
    (numerator, variance)
}

fn best_by_counting(rows: &[Row], least: u32) -> f64 {
    let mut best = 0.0_f64;
    for column in [0, 1] {
        for threshold in 0..8 {
            let is_left = |row: &Row| row.4[column] <= f64::from(threshold);
            let count = |side| -> u32 {
                let rows = rows.iter().filter(|row| is_left(row) == side);
                rows.map(|row| row.3).sum()
            };
            let (numerator, variance) = log_rank(rows, is_left);
            if count(true) >= least && count(false) >= least && variance > 1e-9 {
                best = best.max(numerator * numerator / variance);
            }
        }
    }
    best
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_cut_of_a_node_with_late_entries_is_the_best_of_all_counted_anew(
        rows in rows(), least in 1_u32..6,
    ) {
        let event: Vec<bool> = rows.iter().map(|row| row.2).collect();
        let outcomes = Outcomes::single(rows.iter().map(|row| row.1).collect(), &event).unwrap();
        let outcomes = outcomes.with_entry(rows.iter().map(|row| row.0).collect()).unwrap();
        let columns = [0, 1].map(|column| {
            (format!("x{column}"), rows.iter().map(|row| row.4[column]).collect())
        });
        let covariates = Covariates::new(rows.len(), columns.into()).unwrap();
        let Ok(study) = Study::new(&outcomes, &covariates, EventCode::EVENT) else {
            return Ok(());
        };
        let drawn: Vec<u32> = study.timeline.row.iter().map(|row| rows[*row as usize].3).collect();
        let places: Vec<u32> = (0..rows.len() as u32).collect();
        let (mut node, mut search) = (Node::default(), Search::default());
        node.prepare(&study, &drawn, &places);
        let mut best: Option<Cut> = None;
        for column in 0..study.columns.len() {
            if search.order(&study, column, &places) {
                best = search.best(&node, column, u64::from(least), best);
            }
        }
        let statistic = best.map_or(0.0, |cut| cut.numerator * cut.numerator / cut.variance);
        let expected = best_by_counting(&rows, least);
        prop_assert!((statistic - expected).abs() <= 1e-9 * expected.max(1e-3), "{statistic} {expected}");
    }
}

fn study(rows: usize, late: bool) -> (Outcomes, Covariates) {
    let mut plan = Plan::usual(rows, 3, 9);
    plan.columns[1] = Column::Levels(5);
    plan.causes[0].coefficients = vec![0.6, -0.3, 0.5];
    plan.delayed_entry = late.then_some(900.0);
    let study = simulate(&plan).unwrap();
    (study.outcomes, study.covariates)
}

fn plan(trees: u32, drawing: Drawing) -> ForestPlan {
    ForestPlan {
        trees,
        drawing,
        ..ForestPlan::usual(3, 5)
    }
}

fn assert_close(one: &[f64], other: &[f64]) {
    assert_eq!(one.len(), other.len());
    for (one, other) in one.iter().zip(other) {
        assert!((one - other).abs() <= 1e-9 * one.abs(), "{one} {other}");
    }
}

#[test]
fn a_row_that_counts_more_than_once_is_so_many_rows() {
    let (outcomes, covariates) = study(300, true);
    let weight: Vec<f64> = (0..outcomes.len())
        .map(|row| f64::from(1 + (row % 3) as u8))
        .collect();
    let rows: Vec<usize> = (0..weight.len())
        .flat_map(|row| std::iter::repeat_n(row, weight[row] as usize))
        .collect();
    let of = |column: &[f64]| -> Vec<f64> { rows.iter().map(|row| column[*row]).collect() };
    let event = rows.iter().map(|row| outcomes.event()[*row]).collect();
    let repeated = Outcomes::new(of(outcomes.time()), event).unwrap();
    let repeated = repeated.with_entry(of(outcomes.entry().unwrap())).unwrap();
    let columns = covariates.names().iter().cloned();
    let columns = columns.zip(covariates.columns().iter().map(|column| of(column)));
    let columns = Covariates::new(rows.len(), columns.collect()).unwrap();
    let weighted = outcomes.with_weights(weight).unwrap();
    for drawing in [Drawing::Everyone, Drawing::Bootstrap] {
        let plan = plan(10, drawing);
        let one = Forest::fit(&weighted, &covariates, &plan).unwrap();
        let other = Forest::fit(&repeated, &columns, &plan).unwrap();
        assert_eq!(one.leaves(), other.leaves());
        assert_close(
            &one.risk(&covariates).unwrap(),
            &other.risk(&covariates).unwrap(),
        );
    }
}

#[test]
fn a_row_that_is_cut_in_two_at_any_time_changes_nothing() {
    let (outcomes, covariates) = study(300, true);
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
    let columns = covariates.names().iter().cloned();
    let columns = columns.zip(
        covariates
            .columns()
            .iter()
            .map(|column| column.iter().flat_map(|value| [*value, *value]).collect()),
    );
    let columns = Covariates::new(cut.len(), columns.collect()).unwrap();
    let whole = ForestPlan {
        least_rows: 20,
        ..plan(5, Drawing::Everyone)
    };
    let halves = ForestPlan {
        least_rows: 40,
        ..whole.clone()
    };
    let one = Forest::fit(&outcomes, &covariates, &whole).unwrap();
    let other = Forest::fit(&cut, &columns, &halves).unwrap();
    assert_eq!(one.leaves(), other.leaves());
    assert_close(
        &one.risk(&covariates).unwrap(),
        &other.risk(&covariates).unwrap(),
    );
}

/// Were entries passed over, those who died before they could enter would be
/// missing from the early risk sets, and the hazard would come out too low.
#[test]
fn the_curve_of_late_entries_is_that_of_those_who_were_watched_from_the_start() {
    let one_leaf = ForestPlan {
        least_rows: 5_000,
        ..plan(1, Drawing::Everyone)
    };
    let hazard = |outcomes: &Outcomes, covariates: &Covariates| {
        let forest = Forest::fit(outcomes, covariates, &one_leaf).unwrap();
        forest
            .curves(covariates, &[600.0])
            .unwrap()
            .cumulative_hazard(0)[0]
    };
    let (whole, columns) = study(6_000, false);
    let truth = hazard(&whole, &columns);
    let (late, columns) = study(6_000, true);
    let found = hazard(&late, &columns);
    assert!((found / truth - 1.0).abs() < 0.1, "{found} {truth}");
    let passed_over = Outcomes::new(late.time().to_vec(), late.event().to_vec()).unwrap();
    assert!(hazard(&passed_over, &columns) < 0.8 * truth);
}
