#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::simulate::{Column, Plan, simulate};

fn study(rows: usize) -> (Outcomes, Covariates) {
    let mut plan = Plan::usual(rows, 4, 3);
    plan.columns[3] = Column::Levels(20);
    plan.causes[0].coefficients = vec![0.8, -0.4];
    plan.rounding = Some(30.0);
    let study = simulate(&plan).unwrap();
    (study.outcomes, study.covariates)
}

/// The negative log-likelihood (Breslow), counted anew at each event.
fn loss(outcomes: &Outcomes, log_ratios: &[f64]) -> f64 {
    let time = outcomes.time();
    let rows = 0..time.len();
    let of_event = |row: usize| {
        let at_risk = rows.clone().filter(|other| time[*other] >= time[row]);
        let sum: f64 = at_risk.map(|other| log_ratios[other].exp()).sum();
        sum.ln() - log_ratios[row]
    };
    let events = rows
        .clone()
        .filter(|row| outcomes.event()[*row] == EventCode::EVENT);
    events.map(of_event).sum()
}

#[test]
fn derivatives_are_the_differences_of_the_likelihood() {
    let (outcomes, _) = study(60);
    let timeline = Timeline::new(&outcomes, EventCode::EVENT).unwrap();
    let mut gradients = Gradients::new(&timeline);
    let all: Vec<u32> = (0..60).collect();
    let leaves = [&all[..20], &all[20..]];
    assert!(gradients.moved(leaves.into_iter(), &[0.7, -0.3], 100.0));
    gradients.update();
    let mut log_ratios = vec![0.0; 60];
    for (place, row) in timeline.row.iter().enumerate() {
        log_ratios[*row as usize] = if place < 20 { 0.7 } else { -0.3 };
    }
    let step = 1e-4;
    for place in [0, 13, 25, 59] {
        let at = |distance: f64| {
            let mut moved = log_ratios.clone();
            moved[timeline.row[place] as usize] += distance;
            loss(&outcomes, &moved)
        };
        let (below, here, above) = (at(-step), at(0.0), at(step));
        let pair = gradients.pairs()[place];
        assert!((pair.first - (above - below) / (2.0 * step)).abs() < 1e-6);
        let second = (above - 2.0 * here + below) / (step * step);
        assert!((pair.second - second).abs() < 1e-4, "{pair:?} {second}");
    }
}

#[test]
fn the_first_cut_is_the_best_of_all_counted_anew() {
    let (outcomes, covariates) = study(120);
    let plan = BoostingPlan {
        rounds: 1,
        depth: 1,
        ..BoostingPlan::default()
    };
    let model = Boosting::fit(&outcomes, &covariates, &plan).unwrap();
    let timeline = Timeline::new(&outcomes, EventCode::EVENT).unwrap();
    let mut gradients = Gradients::new(&timeline);
    gradients.update();
    let sum = |holds: &dyn Fn(usize) -> bool| {
        let rows = timeline.row.iter().zip(gradients.pairs());
        let rows = rows.filter(|(row, _)| holds(**row as usize));
        rows.fold((0.0, 0.0), |sum, (_, pair)| {
            (sum.0 + pair.first, sum.1 + pair.second)
        })
    };
    let score = |(first, second): (f64, f64)| first * first / (second + 1.0);
    let mut best = (0.0, 0, 0.0);
    for (column, values) in covariates.columns().iter().enumerate() {
        for threshold in values {
            let left = sum(&|row| values[row] <= *threshold);
            let right = sum(&|row| values[row] > *threshold);
            let gain = score(left) + score(right);
            if left.1 >= 1.0 && right.1 >= 1.0 && gain > best.0 {
                best = (gain, column as u32, *threshold);
            }
        }
    }
    let Branch::Split {
        column, threshold, ..
    } = model.trees[0].branches[0]
    else {
        unreachable!("a tree has a cut")
    };
    let values = &covariates.columns()[column as usize];
    let left = sum(&|row| values[row] <= threshold);
    let right = sum(&|row| values[row] > threshold);
    assert!((score(left) + score(right) - best.0).abs() < 1e-9);
    assert_eq!(column, best.1);
    let value = -0.1 * left.0 / (left.1 + 1.0);
    assert!((model.trees[0].values[0] - value).abs() < 1e-12);
}

#[test]
fn every_round_lowers_the_loss_and_the_model_orders_new_rows() {
    let (outcomes, covariates) = study(800);
    let mut last = loss(&outcomes, &[0.0; 800]);
    for rounds in [1, 5, 20, 60] {
        let plan = BoostingPlan {
            rounds,
            ..BoostingPlan::default()
        };
        let model = Boosting::fit(&outcomes, &covariates, &plan).unwrap();
        assert_eq!(model.trees(), rounds as usize);
        assert_eq!(model.ended(), Ended::AllRounds);
        let next = loss(&outcomes, &model.log_hazard_ratios(&covariates).unwrap());
        assert!(next < last, "{next} after {last}");
        last = next;
    }
}

#[test]
fn the_baseline_expects_as_many_events_as_were_observed() {
    let (outcomes, covariates) = study(300);
    let model = Boosting::fit(&outcomes, &covariates, &BoostingPlan::default()).unwrap();
    let ratios = model.log_hazard_ratios(&covariates).unwrap();
    let expected: f64 = ratios
        .iter()
        .zip(outcomes.time())
        .map(|(ratio, time)| ratio.exp() * model.baseline().at(*time))
        .sum();
    let events = outcomes.event().iter().filter(|code| !code.is_censored());
    assert!((expected - events.count() as f64).abs() < 1e-8);
    let survival = model.survival(&covariates, &[0.0, 300.0, 1e9]).unwrap();
    for curve in survival {
        assert_eq!(curve[0], 1.0);
        assert!(curve.is_sorted_by(|before, after| before >= after));
        assert!(curve[2] >= 0.0);
    }
}

#[test]
fn one_thread_and_many_boost_the_same_model_and_it_reads_back() {
    // More rows and columns than are summed by one thread.
    let study = simulate(&Plan::usual(20_000, 4, 3)).unwrap();
    let plan = BoostingPlan {
        rounds: 3,
        ..BoostingPlan::default()
    };
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build()
            .unwrap()
            .install(|| Boosting::fit(&study.outcomes, &study.covariates, &plan).unwrap())
    };
    let model = with_threads(1);
    let text = serde_json::to_string(&model).unwrap();
    assert_eq!(text, serde_json::to_string(&with_threads(4)).unwrap());
    assert_eq!(serde_json::from_str::<Boosting>(&text).unwrap(), model);
}

#[test]
fn a_damaged_model_is_refused() {
    let (outcomes, covariates) = study(100);
    let model = Boosting::fit(&outcomes, &covariates, &BoostingPlan::default()).unwrap();
    let spoils: [fn(&mut Boosting); 5] = [
        |model| model.trees[0].branches[0] = Branch::Leaf(99),
        |model| model.trees[0].values.clear(),
        |model| model.trees[0].branches.clear(),
        |model| model.baseline.cumulative_hazard.push(0.0),
        |model| model.baseline.time.reverse(),
    ];
    for spoil in spoils {
        let mut spoilt = model.clone();
        spoil(&mut spoilt);
        let text = serde_json::to_string(&spoilt).unwrap();
        let error = serde_json::from_str::<Boosting>(&text).unwrap_err();
        assert!(error.to_string().contains("is damaged"), "{error}");
    }
}

#[test]
fn studies_without_information_give_no_trees_or_an_error() {
    let fit = |time: Vec<f64>, event: &[bool], column: Vec<f64>| {
        let rows = time.len();
        let outcomes = Outcomes::single(time, event).unwrap();
        let covariates = Covariates::new(rows, vec![("x".to_owned(), column)]).unwrap();
        Boosting::fit(&outcomes, &covariates, &BoostingPlan::default())
    };
    let rising = || (0..40).map(f64::from).collect::<Vec<_>>();
    assert_eq!(
        fit(rising(), &[false; 40], rising()),
        Err(SurvivalError::NoEvents(1))
    );
    for (time, column) in [(rising(), vec![2.0; 40]), (vec![1.0; 40], rising())] {
        let model = fit(time, &[true; 40], column).unwrap();
        assert_eq!((model.trees(), model.ended()), (0, Ended::NothingToGain));
    }
    let mut one = [false; 40];
    one[7] = true;
    assert!(fit(rising(), &one, rising()).is_ok());
}

#[test]
fn separation_ends_the_boosting_and_is_told() {
    // Events in the order of the column: the likelihood grows without end.
    let time: Vec<f64> = (0..200).map(f64::from).collect();
    let column = time.clone();
    let outcomes = Outcomes::single(time, &[true; 200]).unwrap();
    let covariates = Covariates::new(200, vec![("x".to_owned(), column)]).unwrap();
    let plan = BoostingPlan {
        rounds: 20_000,
        learning_rate: 1.0,
        ridge: 0.0,
        least_curvature: 1e-300,
        ..BoostingPlan::default()
    };
    let model = Boosting::fit(&outcomes, &covariates, &plan).unwrap();
    assert_ne!(model.ended(), Ended::AllRounds);
    let ratios = model.log_hazard_ratios(&covariates).unwrap();
    assert!(ratios.iter().all(|ratio| ratio.abs() <= 101.0));
}

#[test]
fn settings_and_tables_that_do_not_fit_are_refused() {
    let (outcomes, covariates) = study(50);
    let spoils: [fn(&mut BoostingPlan); 7] = [
        |plan| plan.rounds = 0,
        |plan| plan.learning_rate = 0.0,
        |plan| plan.learning_rate = f64::NAN,
        |plan| plan.depth = 17,
        |plan| plan.ridge = -1.0,
        |plan| plan.least_curvature = 0.0,
        |plan| plan.least_gain = f64::INFINITY,
    ];
    for spoil in spoils {
        let mut plan = BoostingPlan::default();
        spoil(&mut plan);
        let error = Boosting::fit(&outcomes, &covariates, &plan).unwrap_err();
        assert!(matches!(error, SurvivalError::Setting { .. }), "{error}");
    }
    let strata = outcomes.clone().with_strata(vec![1; 50]).unwrap();
    let error = Boosting::fit(&strata, &covariates, &BoostingPlan::default()).unwrap_err();
    assert!(
        error.to_string().contains("make the stratum a column"),
        "{error}"
    );
    let (_, more) = study(51);
    assert!(Boosting::fit(&outcomes, &more, &BoostingPlan::default()).is_err());
    let model = Boosting::fit(&outcomes, &covariates, &BoostingPlan::default()).unwrap();
    let other = Covariates::new(1, vec![("y".to_owned(), vec![1.0])]).unwrap();
    assert!(matches!(
        model.log_hazard_ratios(&other),
        Err(SurvivalError::Columns { .. })
    ));
}
