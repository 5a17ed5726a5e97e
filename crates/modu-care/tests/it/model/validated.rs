//! What a validation gives.

use modu_care::model::{Model, ModelDocument};
use modu_care::validate::{JudgedAnswer, UpdateRequest, ValidateReport, ValidateRequest, Verdict};
use modu_kernel::{Digest, Outcome};

use super::hospital::{
    FIRST, Hospital, columns, model, table, validate, validate_request, visited,
};

fn report(outcome: &Outcome) -> ValidateReport {
    serde_json::from_value(outcome.report.clone()).unwrap()
}

fn at(hospital: Hospital) -> ValidateReport {
    report(&validate(&validate_request(), &model(FIRST), &table(hospital)).unwrap())
}

#[test]
fn a_model_holds_at_a_hospital_that_is_like_its_own() {
    let found = at(Hospital {
        seed: 44,
        rows: 3000,
        ..FIRST
    });
    assert_eq!(found.verdict, Verdict::Holds, "{:#?}", found.judged);
    assert!(!found.drift.alarm, "{:#?}", found.drift);
}

#[test]
fn where_the_event_comes_half_as_often_the_model_holds_once_recalibrated() {
    let hospital = Hospital {
        seed: 45,
        rows: 4000,
        hazard: 0.0006,
        ..FIRST
    };
    let found = at(hospital);
    assert_eq!(
        found.verdict,
        Verdict::HoldsRecalibrated,
        "{:#?}",
        found.judged_recalibrated
    );
    let ratio = found.performance.horizons[1].ratio.value().unwrap();
    assert!(ratio < 0.7, "{ratio}");
    assert!(
        found
            .judged
            .iter()
            .any(|it| it.answer == JudgedAnswer::Broken)
    );
    assert!(found.drift.calibration.iter().any(|it| it.alarm));
    let recalibrated = found.recalibrated.unwrap();
    let ratio = recalibrated.horizons[1].ratio.value().unwrap();
    assert!((ratio - 1.0).abs() < 0.1, "{ratio}");
}

#[test]
fn a_recalibrated_model_is_a_model_that_says_what_the_report_says() {
    let hospital = Hospital {
        seed: 46,
        rows: 2000,
        hazard: 0.002,
        ..FIRST
    };
    let outcome = validate(&validate_request(), &model(FIRST), &table(hospital)).unwrap();
    let bytes = &outcome.output("recalibrated.json").unwrap().bytes;
    let found = report(&outcome);
    assert_eq!(found.recalibrated_model, Some(Digest::of(bytes)));
    let (before, after) = (model(FIRST), ModelDocument::parse(bytes).unwrap());
    let before = ModelDocument::parse(&before).unwrap();
    let by = found.recalibration.unwrap();
    assert_eq!(after.recalibrated, std::slice::from_ref(&by));
    let confidence = modu_statistics::Share::new(0.95).unwrap();
    for (horizon, age) in [(0, 50.0), (0, 66.0), (1, 60.0), (1, 74.0)] {
        let row = [age, 1.0, 0.5];
        let expected = by.risk(horizon, before.risk(horizon, &row));
        let risk = after.risk(horizon, &row);
        assert!((risk - expected).abs() < 1e-12, "{risk} {expected}");
        let [lower, upper] = after.interval(horizon, &row, confidence).unwrap();
        assert!(lower < risk && risk < upper && upper - lower < 0.5);
    }
    // Tried where it was recalibrated, it is right on the whole.
    let again = validate(&validate_request(), bytes, &table(hospital)).unwrap();
    let ratio = report(&again).performance.horizons[1]
        .ratio
        .value()
        .unwrap();
    assert!((ratio - 1.0).abs() < 0.05, "{ratio}");
}

#[test]
fn older_patients_ring_for_case_mix() {
    let found = at(Hospital {
        seed: 47,
        age: 70.0,
        ..FIRST
    });
    let rings = |name: Option<&str>| {
        let mut alarms = found.drift.case_mix.iter();
        alarms.any(|it| it.predictor.as_deref() == name && it.alarm)
    };
    assert!(rings(Some("age")) && rings(None));
    assert!(!rings(Some("noise")));
    assert!(found.outside.contains_key("age"));
}

#[test]
fn drift_alarms_ring_no_more_often_than_stated() {
    // 60 like hospitals at a rate of 0.1: more than 13 alarms come once in a
    // hundred times.
    let model = model(FIRST);
    let mut request = validate_request();
    request.false_alarm_rate = modu_statistics::Share::new(0.1).unwrap();
    request.update = UpdateRequest::None;
    request.resamples = 0;
    // The model itself is an estimate; take the truth's hospital large.
    let rings = |seed| {
        let hospital = Hospital {
            seed,
            rows: 150,
            ..FIRST
        };
        let outcome = validate(&request, &model, &table(hospital)).unwrap();
        report(&outcome).drift.alarm
    };
    let alarms = (100..160).filter(|seed| rings(*seed)).count();
    assert!(alarms <= 13, "{alarms}");
}

#[test]
fn several_rows_of_a_patient_ring_no_more_often_and_taken_for_patients_they_would() {
    // Each patient has four rows; 40 like hospitals at a rate of 0.1: more than
    // 10 alarms come once in a hundred times.
    let model = model(FIRST);
    let mut request = validate_request();
    request.false_alarm_rate = modu_statistics::Share::new(0.1).unwrap();
    request.update = UpdateRequest::None;
    request.resamples = 0;
    let rings = |request: &ValidateRequest, seed| {
        let hospital = Hospital {
            seed,
            rows: 150,
            ..FIRST
        };
        let outcome = validate(request, &model, &visited(hospital, 4)).unwrap();
        report(&outcome).drift.alarm
    };
    let alarms =
        |request: &ValidateRequest| (200..240).filter(|seed| rings(request, *seed)).count();
    let mut columns = columns();
    columns.person = Some("person".to_owned());
    request.columns = Some(columns.clone());
    let together = alarms(&request);
    assert!(together <= 10, "{together}");
    columns.person = None;
    columns.predictors = ["age", "ward", "noise"].map(str::to_owned).into();
    request.columns = Some(columns);
    let apart = alarms(&request);
    println!("of 40: {together} alarms with rows of a person together, {apart} apart");
    assert!(apart > 20, "{apart}");
}

#[test]
fn few_events_and_a_model_upside_down_are_no_yes() {
    let few = at(Hospital {
        seed: 48,
        rows: 120,
        ..FIRST
    });
    assert_eq!(few.verdict, Verdict::TooFewEvents);
    let mut upside_down = ModelDocument::parse(&model(FIRST)).unwrap();
    let Model::Hazards(hazards) = &mut upside_down.model else {
        panic!("a model of hazards");
    };
    for effect in &mut hazards.causes[0].effects {
        effect.coefficient = -effect.coefficient;
    }
    let bytes = modu_kernel::canonical::to_vec(&upside_down).unwrap();
    let outcome = validate(&validate_request(), &bytes, &table(FIRST)).unwrap();
    assert_eq!(report(&outcome).verdict, Verdict::DoesNotHold);
    assert!(
        outcome
            .findings
            .iter()
            .any(|it| it.code == "recalibration.none")
    );
}
