#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use proptest::prelude::*;

use super::cut::{Cut, Search};
use super::grow::Grower;
use super::node::Node;
use super::study::Study;
use super::*;
use crate::branch::Branch;
use crate::simulate::{Column, Plan, simulate};

/// Observed less expected events on the left, and its variance, counted anew
/// at each time.
fn log_rank(rows: &[(f64, bool, u32)], is_left: &[bool]) -> (f64, f64) {
    let mut times: Vec<f64> = rows.iter().filter(|row| row.1).map(|row| row.0).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let (mut numerator, mut variance) = (0.0, 0.0);
    for at in times {
        let count = |of: &dyn Fn(usize) -> bool| -> f64 {
            let rows = rows.iter().enumerate().filter(|(row, _)| of(*row));
            rows.map(|(_, row)| f64::from(row.2)).sum()
        };
        let is_event = |row: usize| rows[row].0 == at && rows[row].1;
        let all = count(&|row| rows[row].0 >= at);
        let left = count(&|row| rows[row].0 >= at && is_left[row]);
        let events = count(&is_event);
        numerator += count(&|row| is_event(row) && is_left[row]) - left * events / all;
        if all > 1.0 {
            let share = left / all;
            variance += events * (all - events) / (all - 1.0) * share * (1.0 - share);
        }
    }
    (numerator, variance)
}

/// Rows of few distinct times and values, each drawn some times.
fn rows() -> impl Strategy<Value = Vec<(f64, bool, u32, [f64; 2])>> {
    let value = || (0_u32..8).prop_map(f64::from);
    let row = (0_u32..12, any::<bool>(), 1_u32..4, value(), value());
    let row = row.prop_map(|(time, event, count, x, y)| (f64::from(time), event, count, [x, y]));
    proptest::collection::vec(row, 2..40)
}

fn tables(rows: &[(f64, bool, u32, [f64; 2])]) -> (Outcomes, Covariates) {
    let time = rows.iter().map(|row| row.0).collect();
    let event: Vec<bool> = rows.iter().map(|row| row.1).collect();
    let columns = [0, 1].map(|column| {
        let values = rows.iter().map(|row| row.3[column]).collect();
        (format!("x{column}"), values)
    });
    (
        Outcomes::single(time, &event).unwrap(),
        Covariates::new(rows.len(), columns.into()).unwrap(),
    )
}

/// The best statistic over all columns and cuts with enough rows on both
/// sides, each by [`log_rank`].
fn best_by_counting(rows: &[(f64, bool, u32, [f64; 2])], least: u32) -> f64 {
    let bare: Vec<_> = rows.iter().map(|row| (row.0, row.1, row.2)).collect();
    let mut best = 0.0_f64;
    for column in [0, 1] {
        for threshold in 0..8 {
            let is_left = |row: &(f64, bool, u32, [f64; 2])| row.3[column] <= f64::from(threshold);
            let left: Vec<bool> = rows.iter().map(is_left).collect();
            let count = |side| -> u32 {
                let rows = bare.iter().zip(&left).filter(|(_, left)| **left == side);
                rows.map(|(row, _)| row.2).sum()
            };
            let (numerator, variance) = log_rank(&bare, &left);
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
    fn the_cut_of_a_node_is_the_best_of_all_counted_anew(rows in rows(), least in 1_u32..6) {
        let (outcomes, covariates) = tables(&rows);
        let Ok(study) = Study::new(&outcomes, &covariates, EventCode::EVENT) else {
            return Ok(());
        };
        let drawn: Vec<u32> = study.timeline.row.iter().map(|row| rows[*row as usize].2).collect();
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

    #[test]
    fn every_cut_of_a_tree_is_the_best_of_its_node(rows in rows()) {
        let (outcomes, covariates) = tables(&rows);
        let Ok(study) = Study::new(&outcomes, &covariates, EventCode::EVENT) else {
            return Ok(());
        };
        let plan = ForestPlan { least_rows: 3, columns_per_split: 2, ..ForestPlan::usual(2, 1) };
        let drawn: Vec<u32> = study.timeline.row.iter().map(|row| rows[*row as usize].2).collect();
        let mut stream = Stream::new(1, 0);
        let tree = Grower::default().grow(&study, &plan, &drawn, &mut stream);
        prop_assert!(tree.is_sound(2, study.timeline.event_times.len()));
        let mut open = vec![(0_u32, rows.clone())];
        while let Some((branch, rows)) = open.pop() {
            let best = best_by_counting(&rows, 3);
            match tree.branches[branch as usize] {
                Branch::Leaf(leaf) => {
                    prop_assert!(best <= 1e-9, "a cut of {best} was left");
                    let events: u32 = tree.jumps(leaf).map(|jump| jump.events).sum();
                    let expected: u32 = rows.iter().filter(|row| row.1).map(|row| row.2).sum();
                    prop_assert_eq!(events, expected);
                }
                Branch::Split { column, threshold, below } => {
                    let is_left = |row: &(f64, bool, u32, [f64; 2])| row.3[column as usize] <= threshold;
                    let bare: Vec<_> = rows.iter().map(|row| (row.0, row.1, row.2)).collect();
                    let left: Vec<bool> = rows.iter().map(is_left).collect();
                    let (numerator, variance) = log_rank(&bare, &left);
                    let statistic = numerator * numerator / variance;
                    prop_assert!((statistic - best).abs() <= 1e-9 * best, "{statistic} {best}");
                    let (left, right) = rows.into_iter().partition(is_left);
                    open.extend([(below, left), (below + 1, right)]);
                }
            }
        }
    }
}

fn study(rows: usize) -> (Outcomes, Covariates) {
    let study = simulate(&Plan::usual(rows, 6, 3)).unwrap();
    (study.outcomes, study.covariates)
}

fn plan(trees: u32) -> ForestPlan {
    ForestPlan {
        trees,
        ..ForestPlan::usual(6, 11)
    }
}

#[test]
fn one_thread_and_many_grow_the_same_forest() {
    let (outcomes, covariates) = study(600);
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(|| {
            let forest = Forest::fit(&outcomes, &covariates, &plan(20)).unwrap();
            let importance = forest.importance(&outcomes, &covariates).unwrap();
            let out_of_bag = forest.out_of_bag_risk(&outcomes, &covariates).unwrap();
            let curves = forest.curves(&covariates, &[100.0, 900.0]).unwrap();
            let text = serde_json::to_string(&forest).unwrap();
            (text, importance, out_of_bag, curves)
        })
    };
    assert_eq!(with_threads(1), with_threads(4));
}

#[test]
fn a_forest_reads_back_what_it_wrote() {
    let (outcomes, covariates) = study(200);
    let forest = Forest::fit(&outcomes, &covariates, &plan(3)).unwrap();
    let text = serde_json::to_string(&forest).unwrap();
    assert_eq!(serde_json::from_str::<Forest>(&text).unwrap(), forest);
}

#[test]
fn a_damaged_forest_is_refused() {
    let (outcomes, covariates) = study(200);
    let forest = Forest::fit(&outcomes, &covariates, &plan(2)).unwrap();
    let spoils: [fn(&mut Forest); 9] = [
        |forest| forest.trees[0].branches[0] = Branch::Leaf(u32::MAX),
        |forest| {
            forest.trees[0].branches[0] = Branch::Split {
                column: 0,
                threshold: 0.0,
                below: 0,
            }
        },
        |forest| {
            forest.trees[0].branches[0] = Branch::Split {
                column: 6,
                threshold: 0.0,
                below: 1,
            }
        },
        |forest| forest.trees[1].branches.clear(),
        |forest| forest.trees[1].at[0] = u32::MAX,
        |forest| forest.trees[1].at_risk[0] = 0,
        |forest| forest.trees[1].events.push(1),
        |forest| forest.trees.clear(),
        |forest| forest.event_times.reverse(),
    ];
    for spoil in spoils {
        let mut spoilt = forest.clone();
        spoil(&mut spoilt);
        let text = serde_json::to_string(&spoilt).unwrap();
        let error = serde_json::from_str::<Forest>(&text).unwrap_err();
        assert!(error.to_string().contains("forest is damaged"), "{error}");
    }
}

#[test]
fn curves_of_a_forest_of_one_leaf_are_those_of_everyone() {
    let time = vec![1.0, 2.0, 2.0, 3.0, 4.0];
    let outcomes = Outcomes::single(time, &[true, true, false, true, false]).unwrap();
    let covariates = Covariates::new(5, vec![("x".to_owned(), vec![1.0; 5])]).unwrap();
    let plan = ForestPlan {
        drawing: Drawing::Everyone,
        ..plan(3)
    };
    let forest = Forest::fit(&outcomes, &covariates, &plan).unwrap();
    let curves = forest.curves(&covariates, &[0.5, 1.0, 2.5, 9.0]).unwrap();
    let close = |found: &[f64], expected: [f64; 4]| {
        let mut pairs = found.iter().zip(expected);
        assert!(pairs.all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}");
    };
    close(curves.cumulative_hazard(4), [0.0, 0.2, 0.45, 0.95]);
    close(curves.survival(4), [1.0, 0.8, 0.6, 0.3]);
    // 0.2 over three event times, 0.25 over two, 0.5 over one.
    assert!((forest.risk(&covariates).unwrap()[0] - 1.6).abs() < 1e-12);
    let left_out = forest.out_of_bag_risk(&outcomes, &covariates).unwrap();
    assert_eq!(left_out, [None; 5]);
    assert_eq!(forest.importance(&outcomes, &covariates).unwrap(), []);
}

#[test]
fn a_forest_orders_rows_it_has_not_seen_and_finds_the_column_that_matters() {
    let mut plan_of_study = Plan::usual(1_500, 6, 3);
    plan_of_study.causes[0].coefficients = vec![0.0, 1.0];
    let study = simulate(&plan_of_study).unwrap();
    let (outcomes, covariates) = (study.outcomes, study.covariates);
    let forest = Forest::fit(&outcomes, &covariates, &plan(40)).unwrap();
    let importance = forest.importance(&outcomes, &covariates).unwrap();
    let matters = &importance[1];
    assert!(matters.loss > 0.1, "{importance:?}");
    for (index, other) in importance.iter().enumerate() {
        assert!(index == 1 || other.loss.abs() < 0.02, "{importance:?}");
    }
    let all: Vec<u32> = (0..1_500).collect();
    let risks = forest.out_of_bag_risk(&outcomes, &covariates).unwrap();
    let risks: Vec<f64> = risks.into_iter().map(Option::unwrap).collect();
    let concordance = pairs::Pairs::new(&outcomes, &all).concordance(&risks);
    assert!(concordance.unwrap() > 0.68, "{concordance:?}");
}

#[test]
fn rows_of_one_cluster_are_drawn_together() {
    let (outcomes, covariates) = study(300);
    let clusters: Vec<u32> = (0..300).map(|row| row % 30 + 1_000).collect();
    let outcomes = outcomes.with_clusters(clusters.clone()).unwrap();
    let forest = Forest::fit(&outcomes, &covariates, &plan(1)).unwrap();
    let risks = forest.out_of_bag_risk(&outcomes, &covariates).unwrap();
    for row in 30..300 {
        assert_eq!(risks[row].is_some(), risks[row % 30].is_some());
    }
    assert!(risks.iter().any(Option::is_some) && risks.iter().any(Option::is_none));
}

#[test]
fn studies_without_information_give_a_forest_of_single_leaves_or_an_error() {
    let fit = |time: Vec<f64>, event: &[bool], column: Vec<f64>| {
        let rows = time.len();
        let outcomes = Outcomes::single(time, event).unwrap();
        let covariates = Covariates::new(rows, vec![("x".to_owned(), column)]).unwrap();
        let plan = ForestPlan {
            least_rows: 1,
            drawing: Drawing::Everyone,
            ..plan(2)
        };
        Forest::fit(&outcomes, &covariates, &plan)
    };
    let rising = || (0..6).map(f64::from).collect::<Vec<_>>();
    assert_eq!(
        fit(rising(), &[false; 6], rising()),
        Err(SurvivalError::NoEvents(1))
    );
    let constant = fit(rising(), &[true; 6], vec![2.0; 6]).unwrap();
    assert_eq!(constant.leaves(), 2);
    // Ties everywhere: all have the event at once, so nobody differs.
    let tied = fit(vec![1.0; 6], &[true; 6], rising()).unwrap();
    assert_eq!(tied.leaves(), 2);
    let one = fit(
        rising(),
        &[false, false, true, false, false, false],
        rising(),
    )
    .unwrap();
    assert!(one.leaves() > 2);
    let zero = fit(
        vec![0.0; 6],
        &[true, false, true, false, true, false],
        rising(),
    );
    assert!(zero.is_ok());
}

#[test]
fn many_categories_and_collinear_columns_are_no_trouble() {
    let mut made = Plan::usual(400, 2, 3);
    made.columns[1] = Column::Levels(100_000);
    made.causes[0].coefficients = vec![0.5];
    let study = simulate(&made).unwrap();
    let mut columns: Vec<(String, Vec<f64>)> = Vec::new();
    for (name, column) in study
        .covariates
        .names()
        .iter()
        .zip(study.covariates.columns())
    {
        columns.push((name.clone(), column.clone()));
        columns.push((
            format!("twice {name}"),
            column.iter().map(|x| 2.0 * x).collect(),
        ));
    }
    let covariates = Covariates::new(400, columns).unwrap();
    let forest = Forest::fit(&study.outcomes, &covariates, &plan(5)).unwrap();
    let curves = forest.curves(&covariates, &[500.0]).unwrap();
    for row in 0..400 {
        assert!((0.0..=1.0).contains(&curves.survival(row)[0]));
        assert!(curves.cumulative_hazard(row)[0].is_finite());
    }
}

#[test]
fn settings_and_tables_that_do_not_fit_are_refused() {
    let (outcomes, covariates) = study(50);
    let spoils: [fn(&mut ForestPlan); 4] = [
        |plan| plan.trees = 0,
        |plan| plan.trees = MAX_TREES + 1,
        |plan| plan.least_rows = 0,
        |plan| plan.columns_per_split = 0,
    ];
    for spoil in spoils {
        let mut plan = plan(1);
        spoil(&mut plan);
        let error = Forest::fit(&outcomes, &covariates, &plan).unwrap_err();
        assert!(matches!(error, SurvivalError::Setting { .. }), "{error}");
    }
    let strata = outcomes.clone().with_strata(vec![1; 50]).unwrap();
    let error = Forest::fit(&strata, &covariates, &plan(1)).unwrap_err();
    assert!(
        error.to_string().contains("make the stratum a column"),
        "{error}"
    );
    for (weight, said) in [(1.5, "repeat rows"), (1e6, "together")] {
        let weighted = outcomes.clone().with_weights(vec![weight; 50]).unwrap();
        let error = Forest::fit(&weighted, &covariates, &plan(1)).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
    }
    let (_, more) = study(51);
    assert!(Forest::fit(&outcomes, &more, &plan(1)).is_err());

    let forest = Forest::fit(&outcomes, &covariates, &plan(1)).unwrap();
    let other = Covariates::new(1, vec![("y".to_owned(), vec![1.0])]).unwrap();
    assert!(matches!(
        forest.risk(&other),
        Err(SurvivalError::Columns { .. })
    ));
    assert!(forest.curves(&covariates, &[2.0, 1.0]).is_err());
    assert!(forest.curves(&covariates, &[f64::NAN]).is_err());
    assert!(forest.curves(&covariates, &[]).is_ok());
    let short = outcomes.time()[..49].to_vec();
    let short = Outcomes::new(short, outcomes.event()[..49].to_vec()).unwrap();
    assert!(forest.out_of_bag_risk(&short, &covariates).is_err());
}
