#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::EventCode;
use crate::simulate::{Plan, VisitPlan, simulate, visits};

fn plan(landmarks: &[f64], horizon: f64, baseline: LandmarkBaseline) -> LandmarkPlan {
    LandmarkPlan {
        landmarks: landmarks.to_vec(),
        horizon,
        baseline,
        degree: 0,
        ridge: 0.0,
    }
}

/// Visits every 180 days, whose marker acts until the next with this effect.
fn visited(persons: usize) -> (Outcomes, Covariates) {
    let mut people = Plan::usual(persons, 2, 5);
    people.causes[0].coefficients = vec![0.5];
    let study = visits(&VisitPlan {
        plan: people,
        interval: 180.0,
        trend: 0.1,
        noise: 0.3,
        effect: 0.7,
    });
    let study = study.unwrap();
    (study.outcomes, study.covariates)
}

#[test]
fn each_landmark_has_those_who_are_watched_then_with_what_was_known() {
    // Person 7: visits at 0, 10 and 20, event at 25. Person 8: left at 12.
    // Person 9 came at 5, was away from 8 to 15, and had another event at 30.
    let rows = [
        (7, 0.0, 10.0, 0, 1.0),
        (7, 10.0, 20.0, 0, 2.0),
        (7, 20.0, 25.0, 1, 3.0),
        (8, 0.0, 12.0, 0, 4.0),
        (9, 5.0, 8.0, 0, 5.0),
        (9, 15.0, 30.0, 2, 6.0),
    ];
    let column = |of: fn(&(u32, f64, f64, u16, f64)) -> f64| rows.iter().map(of).collect();
    let event = rows.iter().map(|row| EventCode(row.3)).collect();
    let outcomes = Outcomes::new(column(|row| row.2), event)
        .unwrap()
        .with_entry(column(|row| row.1))
        .unwrap()
        .with_clusters(rows.iter().map(|row| row.0).collect())
        .unwrap();
    let marker = ("marker".to_owned(), column(|row| row.4));
    let covariates = Covariates::new(6, vec![marker]).unwrap();
    let mut plan = plan(&[6.0, 10.0, 20.0], 8.0, LandmarkBaseline::Stratified);
    plan.degree = 1;
    let stacked = stack(&outcomes, &covariates, &plan).unwrap();
    assert_eq!(stacked.row, [0, 3, 4, 1, 3, 2, 5]);
    assert_eq!(stacked.landmark, [6.0, 6.0, 6.0, 10.0, 10.0, 20.0, 20.0]);
    let found = &stacked.outcomes;
    // The horizon, leaving, the gap; the horizon, leaving; the event, the horizon.
    assert_eq!(found.time(), [14.0, 12.0, 8.0, 18.0, 12.0, 25.0, 28.0]);
    let events: Vec<u16> = found.event().iter().map(|code| code.0).collect();
    assert_eq!(events, [0, 0, 0, 0, 0, 1, 0]);
    assert_eq!(found.entry().unwrap(), stacked.landmark);
    assert_eq!(found.cluster().unwrap(), [0, 1, 2, 0, 1, 0, 2]);
    assert_eq!(found.stratum().unwrap(), [0, 0, 0, 1, 1, 2, 2]);
    assert_eq!(stacked.covariates.names(), ["marker", "marker:s"]);
    assert_eq!(stacked.covariates.columns()[1][3], 20.0);
}

#[test]
fn one_landmark_at_the_start_is_the_cox_model() {
    let study = simulate(&Plan::usual(300, 2, 3)).unwrap();
    let plan = plan(&[0.0], 10_000.0, LandmarkBaseline::Stratified);
    let model = LandmarkModel::fit(&study.outcomes, &study.covariates, &plan).unwrap();
    let cox = cox::fit(&study.outcomes, &study.covariates, &CoxOptions::default()).unwrap();
    for (ours, whole) in model.cox().coefficients.iter().zip(&cox.coefficients) {
        assert!((ours - whole).abs() < 1e-9, "{ours} {whole}");
    }
    let risk = model.risk(&study.covariates, 0.0).unwrap();
    let survival = cox.survival(&study.covariates, 0, &[10_000.0]).unwrap();
    for (risk, survival) in risk.iter().zip(&survival) {
        assert!((risk + survival[0] - 1.0).abs() < 1e-9);
    }
}

#[test]
fn the_effect_of_the_last_measurement_is_found_again() {
    let (outcomes, covariates) = visited(3_000);
    let landmarks: Vec<f64> = (0..6).map(|visit| 180.0 * f64::from(visit)).collect();
    for baseline in [LandmarkBaseline::Stratified, LandmarkBaseline::Smooth] {
        let plan = plan(&landmarks, 180.0, baseline);
        let model = LandmarkModel::fit(&outcomes, &covariates, &plan).unwrap();
        let cox = model.cox();
        let robust = cox.robust_variance.as_ref().unwrap();
        for (column, truth) in [(0, 0.5), (1, 0.0), (2, 0.7)] {
            let error = libm::sqrt(robust[column][column]);
            let distance = (cox.coefficients[column] - truth) / error;
            assert!(distance.abs() < 4.0, "column {column}: {distance} errors");
        }
    }
}

#[test]
fn risks_told_at_visits_add_up_to_the_events_that_follow() {
    let (outcomes, covariates) = visited(3_000);
    let landmarks: Vec<f64> = (0..6).map(|visit| 180.0 * f64::from(visit)).collect();
    let mut plan = plan(&landmarks, 180.0, LandmarkBaseline::Smooth);
    plan.degree = 1;
    let model = LandmarkModel::fit(&outcomes, &covariates, &plan).unwrap();
    let mut at_visit = plan.clone();
    at_visit.degree = 0;
    at_visit.landmarks = vec![360.0];
    at_visit.baseline = LandmarkBaseline::Stratified;
    let group = stack(&outcomes, &covariates, &at_visit).unwrap();
    let risks = model.risk(&group.covariates, 360.0).unwrap();
    assert!(risks.iter().all(|risk| (0.0..=1.0).contains(risk)));
    let events = group.outcomes.event().iter();
    let events = events.filter(|code| **code == EventCode::EVENT).count() as f64;
    // Some leave before the horizon, so a little fewer are seen than are told.
    let told: f64 = risks.iter().sum();
    let error = events.sqrt();
    assert!(events > 100.0, "{events}");
    assert!(told > events - 4.0 * error, "{told} {events}");
    assert!(told < 1.1 * events + 4.0 * error, "{told} {events}");
    let later = model.risk(&group.covariates, 400.0).unwrap();
    assert_ne!(risks, later);
}

#[test]
fn a_model_reads_back_what_it_wrote() {
    let (outcomes, covariates) = visited(200);
    let plan = plan(&[0.0, 180.0], 360.0, LandmarkBaseline::Stratified);
    let model = LandmarkModel::fit(&outcomes, &covariates, &plan).unwrap();
    let text = serde_json::to_string(&model).unwrap();
    assert_eq!(serde_json::from_str::<LandmarkModel>(&text).unwrap(), model);
}

#[test]
fn settings_times_and_tables_that_do_not_fit_are_refused() {
    let (outcomes, covariates) = visited(100);
    let good = plan(&[0.0, 180.0], 360.0, LandmarkBaseline::Stratified);
    let spoils: [fn(&mut LandmarkPlan); 7] = [
        |plan| plan.landmarks.clear(),
        |plan| plan.landmarks = vec![180.0, 0.0],
        |plan| plan.landmarks = vec![-1.0],
        |plan| plan.landmarks = vec![f64::NAN],
        |plan| plan.horizon = 0.0,
        |plan| plan.degree = 3,
        |plan| plan.ridge = -1.0,
    ];
    for spoil in spoils {
        let mut plan = good.clone();
        spoil(&mut plan);
        let error = LandmarkModel::fit(&outcomes, &covariates, &plan).unwrap_err();
        assert!(matches!(error, SurvivalError::Setting { .. }), "{error}");
    }
    let model = LandmarkModel::fit(&outcomes, &covariates, &good).unwrap();
    assert!(model.risk(&covariates, 90.0).is_err());
    let other = Covariates::new(1, vec![("y".to_owned(), vec![1.0])]).unwrap();
    assert!(model.risk(&other, 0.0).is_err());
    let mut late = good.clone();
    late.landmarks = vec![1e6];
    assert_eq!(
        LandmarkModel::fit(&outcomes, &covariates, &late),
        Err(SurvivalError::Empty)
    );
    let weights = vec![1.0; outcomes.len()];
    let weighted = outcomes.with_weights(weights).unwrap();
    assert!(LandmarkModel::fit(&weighted, &covariates, &good).is_err());
}
