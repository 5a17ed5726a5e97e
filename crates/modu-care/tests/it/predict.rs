//! `care.predict`: risks of a model written by hand, whose numbers can be
//! counted on paper.

use modu_care::PREDICT;
use modu_care::risk::RiskEstimate;
use modu_kernel::{EngineError, InputsInMemory, NoProgress, Outcome};
use serde_json::{Value, json};

fn model() -> Value {
    json!({
        "format": "modu.care.model/2",
        "method": { "cox": { "ridge": 0.0 } },
        "outcome": { "name": "death", "label": { "ko": "사망", "en": "death" } },
        "competing": [],
        "predictors": [
            { "name": "age", "label": { "ko": "나이", "en": "age" }, "unit": "a",
              "coding": { "numeric": { "range": [20.0, 90.0], "fill": 60.0, "bins": [] } }, "missing": { "of": 0 } },
            { "name": "stage", "label": { "ko": "병기", "en": "stage" },
              "coding": { "categorical": { "levels": [{ "name": "I", "rows": 60 }, { "name": "II", "rows": 40 }], "reference": "I" } },
              "missing": { "of": 0 } },
        ],
        "terms": [
            { "predictor": "age", "transform": "linear" },
            { "predictor": "stage", "level": "II", "transform": "linear" },
        ],
        "horizons": [365.0, 730.0],
        "model": { "hazards": {
            "until": [365.0, 730.0],
            "causes": [{
                "event": 1,
                "effects": [{ "centre": 60.0, "coefficient": 0.05 }, { "centre": 0.4, "coefficient": 0.5 }],
                "covariance": [[0.0001, 0.0], [0.0, 0.01]],
                "steps": [
                    { "hazard": 0.1, "variance": 0.0004, "met": [0.02, 0.001] },
                    { "hazard": 0.15, "variance": 0.0005, "met": [0.01, 0.002] },
                ],
            }],
        } },
        "spread": [], "risk_groups": [-0.1, 0.1],
        "made_of": { "rows": 100, "people": 100, "events": 30 },
    })
}

fn run(patients: &str, horizon: Option<f64>) -> Result<Outcome, EngineError> {
    let inputs = InputsInMemory::new()
        .with("model", model().to_string())
        .with("patients", patients);
    (PREDICT.run)(&json!({ "horizon_days": horizon }), &inputs, &NoProgress)
}

fn risks(outcome: &Outcome) -> Vec<RiskEstimate> {
    let bytes = &outcome.output("risks.ndjson").unwrap().bytes;
    let lines = bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

#[test]
fn a_risk_is_that_of_the_hazard_and_its_contributions_add_up_to_the_linear_predictor() {
    let outcome = run(
        "person,at,age,stage\na,2026-03-01T00:00:00Z,70,II\nb,2026-03-01T00:00:00Z,60,I\n",
        Some(730.0),
    )
    .unwrap();
    let risks = risks(&outcome);
    let linear = 0.05 * 10.0 + 0.5 * 0.6;
    assert!((risks[0].risk.get() - (1.0 - libm::exp(-0.25 * libm::exp(linear)))).abs() < 1e-15);
    assert!((risks[1].risk.get() - (1.0 - libm::exp(-0.25 * libm::exp(-0.2)))).abs() < 1e-15);
    let sum: f64 = risks[0]
        .contributions
        .iter()
        .map(|it| it.change.get())
        .sum();
    assert!((sum - linear).abs() < 1e-15);
    assert_eq!(
        risks[0].contributions[0].words().ko,
        "나이 70 a: 위험을 기준의 1.6배로 높입니다."
    );
    assert_eq!(
        risks[0].contributions[1].words().en,
        "stage II: raises the hazard to 1.3 times the reference."
    );
}

#[test]
fn what_is_missing_or_unknown_is_filled_as_the_model_says_and_counted() {
    let outcome = run("person,at,age,stage\na,2026-03-01T00:00:00Z,,IV\nb,2026-03-01T00:00:00Z,60,I\nc,2026-03-01T00:00:00Z,95,I\n", None).unwrap();
    let risks = risks(&outcome);
    assert_eq!(risks[0].risk, risks[1].risk);
    assert_eq!(outcome.report["filled"], json!({ "age": 1, "stage": 1 }));
    assert_eq!(outcome.report["outside"], json!({ "age": 1 }));
    assert_eq!(outcome.findings.len(), 3);
}

#[test]
fn bad_patients_models_and_horizons_are_refused_with_their_place() {
    for (patients, problem) in [
        ("person,at,age\na,2026-03-01T00:00:00Z,1\n", "`stage`"),
        ("person,at,age,stage\na,soon,1,I\n", "column `at`"),
        (
            "person,at,age,stage\na,2026-03-01T00:00:00Z,old,I\n",
            "column `age`",
        ),
        (
            "person,at,age,stage\n900101-1234568,2026-03-01T00:00:00Z,1,I\n",
            "pseudonym",
        ),
        ("person,at,age,stage\n", "no patients"),
    ] {
        let error = run(patients, None).unwrap_err().to_string();
        assert!(
            error.contains(problem) && !error.contains("1234568"),
            "{problem}: {error}"
        );
    }
    let good = "person,at,age,stage\na,2026-03-01T00:00:00Z,1,I\n";
    let error = run(good, Some(100.0)).unwrap_err();
    assert!(error.to_string().contains("365, 730"), "{error}");
    let inputs = InputsInMemory::new()
        .with("model", "{}")
        .with("patients", good);
    assert!(matches!(
        (PREDICT.run)(&json!({}), &inputs, &NoProgress),
        Err(EngineError::Input { .. })
    ));
}
