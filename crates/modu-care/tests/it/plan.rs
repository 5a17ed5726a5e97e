//! `care.plan`: bands, tasks, and the Observations that answer them.

use modu_care::PLAN;
use modu_care::plan::{CarePlan, PlanReport, TaskState};
use modu_kernel::{EngineError, InputsInMemory, NoProgress, Outcome};
use serde_json::{Value, json};

pub(crate) const DOCUMENT: &str = include_str!("plan.toml");

fn risk(person: &str, risk: f64) -> String {
    json!({ "person": person, "at": "2026-03-01T00:00:00Z", "horizon_days": 30, "risk": risk, "interval": null }).to_string()
}

fn observation(person: &str, at: &str, code: &str, value: Value) -> Value {
    json!({
        "resourceType": "Observation", "status": "final",
        "code": { "coding": [{ "system": "http://loinc.org", "code": code }] },
        "subject": { "reference": format!("Patient/{person}") },
        "effectiveDateTime": at, "valueQuantity": value,
    })
}

fn run(at: &str, risks: &[String], observations: &[Value]) -> Result<Outcome, EngineError> {
    let lines: Vec<_> = observations.iter().map(Value::to_string).collect();
    let inputs = InputsInMemory::new()
        .with("plan", DOCUMENT)
        .with("risks", risks.join("\n"))
        .with("observations", lines.join("\n"));
    (PLAN.run)(&json!({ "at": at }), &inputs, &NoProgress)
}

fn rows(outcome: &Outcome) -> Vec<String> {
    let csv = String::from_utf8(outcome.output("schedule.csv").unwrap().bytes.clone()).unwrap();
    csv.lines().skip(1).map(str::to_owned).collect()
}

fn report(outcome: &Outcome) -> PlanReport {
    serde_json::from_value(outcome.report.clone()).unwrap()
}

#[test]
fn a_risk_at_the_edge_of_a_band_belongs_to_the_one_above() {
    let plan = CarePlan::parse(DOCUMENT).unwrap();
    assert_eq!(
        [0.0, 0.0499, 0.05, 1.0].map(|risk| plan.band_of(risk).0),
        [0, 0, 1, 1]
    );
}

#[test]
fn a_task_is_due_after_its_last_answer_and_overdue_after_its_grace() {
    let answered = [observation(
        "a",
        "2026-03-05T00:00:00Z",
        "8867-4",
        json!({ "value": 70, "code": "/min" }),
    )];
    for (at, state) in [
        ("2026-03-05T23:59:59Z", "waiting"),
        ("2026-03-06T00:00:00Z", "due"),
        ("2026-03-07T00:00:00Z", "due"),
        ("2026-03-07T00:00:01Z", "overdue"),
    ] {
        let outcome = run(at, &[risk("a", 0.5)], &answered).unwrap();
        let pulse = &rows(&outcome)[0];
        assert!(
            pulse.contains("http://loinc.org|8867-4,2026-03-05T00:00:00Z,2026-03-06T00:00:00Z"),
            "{pulse}"
        );
        assert!(pulse.ends_with(&format!("{state},false")), "{at}: {pulse}");
    }
}

#[test]
fn a_value_is_held_against_its_limits_in_their_unit() {
    let weight = |value, unit: &str| {
        let seen = observation(
            "a",
            "2026-03-02",
            "29463-7",
            json!({ "value": value, "code": unit }),
        );
        let outcome = run("2026-03-03T00:00:00Z", &[risk("a", 0.5)], &[seen]).unwrap();
        let outside = rows(&outcome)[1].rsplit(',').next().unwrap().to_owned();
        (outside, report(&outcome).other_unit)
    };
    assert_eq!(weight(80.0, "kg"), ("false".to_owned(), 0));
    assert_eq!(weight(80_000.0, "g"), ("false".to_owned(), 0));
    assert_eq!(weight(200_000.0, "g"), ("true".to_owned(), 0));
    assert_eq!(weight(80.0, "mm[Hg]"), (String::new(), 1));
    assert_eq!(weight(80.0, "stones"), (String::new(), 1));
}

#[test]
fn what_was_entered_in_error_or_comes_from_the_future_answers_nothing() {
    let mut wrong = observation("a", "2026-03-02", "8867-4", json!(null));
    wrong["status"] = json!("entered-in-error");
    let future = observation("a", "2026-04-02", "8867-4", json!(null));
    let mut nobody = observation("a", "2026-03-02", "8867-4", json!(null));
    nobody["subject"] = json!({});
    let outcome = run(
        "2026-03-03T00:00:00Z",
        &[risk("a", 0.5)],
        &[wrong, future, nobody],
    )
    .unwrap();
    let report = report(&outcome);
    assert_eq!(
        (report.not_final, report.future, report.incomplete),
        (1, 1, 1)
    );
    assert_eq!(report.tasks[&TaskState::Due], 1);
    assert_eq!(outcome.findings.len(), 3);
}

#[test]
fn the_latest_risk_decides_and_few_people_are_not_counted_out() {
    let later = risk("a", 0.01).replace("2026-03-01", "2026-03-02");
    let risks = [risk("a", 0.5), later, risk("b", 0.5)];
    let outcome = run("2026-03-03T00:00:00Z", &risks, &[]).unwrap();
    assert_eq!(rows(&outcome).len(), 1 + 2);
    assert_eq!(
        serde_json::to_value(report(&outcome).bands[1].people).unwrap(),
        json!("few")
    );
}

#[test]
fn bad_plans_and_observations_are_refused_with_their_place() {
    for (from, to, problem) in [
        ("modu.care.plan/1", "plan", "schema"),
        ("below = 0.05", "below = 1.5", "below"),
        ("below = 0.05", "", "below"),
        ("every_days = 30", "every_days = 0", "every_days"),
        ("unit = \"kg\"", "unit = \"stone\"", "UCUM"),
        ("least = 45", "least = 450", "above `most`"),
        ("http://loinc.org|8867-4", "8867-4", "system|code"),
        ("29463-7", "8867-4", "code of its own"),
        ("\"119\"", "\"call me\"", "telephone"),
        ("kind = \"wearable\"", "kind = \"dance\"", "plan"),
    ] {
        let error = CarePlan::parse(&DOCUMENT.replace(from, to))
            .unwrap_err()
            .to_string();
        assert!(error.contains(problem), "{to}: {error}");
    }
    for (line, problem) in [
        ("{", "line 1"),
        ("[1]", "line 1"),
        (r#"{"resourceType":"Patient"}"#, "another resource"),
    ] {
        let inputs = InputsInMemory::new()
            .with("plan", DOCUMENT)
            .with("risks", risk("a", 0.5))
            .with("observations", line);
        let error = (PLAN.run)(
            &json!({ "at": "2026-03-03T00:00:00Z" }),
            &inputs,
            &NoProgress,
        )
        .unwrap_err();
        assert!(error.to_string().contains(problem), "{line}: {error}");
    }
}
