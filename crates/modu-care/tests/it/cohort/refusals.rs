//! Definitions that mean nothing, and records of another definition.

use modu_care::COHORT;
use modu_care::cohort::Plan;
use modu_kernel::{EngineError, InputsInMemory, NoProgress};
use serde_json::json;

use super::hospital::{DEFINITION, key, patient, taken};

#[test]
fn a_definition_that_means_nothing_is_refused_with_its_place() {
    for (from, to, said) in [
        ("cohort/1", "cohort/9", "schema"),
        ("+09:00", "Seoul", "offset"),
        ("icd-10|I50*", "I50", "concepts.heart_failure"),
        ("icd-10|I50*", "icd-11|I50", "concepts.heart_failure"),
        ("mg/dL", "mg per dL", "concepts.creatinine.unit"),
        ("113.12", "-1.0", "concepts.creatinine"),
        ("[0.1, 30]", "[30, 0.1]", "concepts.creatinine.range"),
        ("2025-01-01", "2025-13-01", "follow_up.until"),
        ("days = 180", "days = 0", "follow_up.days"),
        (
            "concept = \"heart_failure\"",
            "concept = \"heart\"",
            "index",
        ),
        (
            "class = [\"IMP\"]\nconcept",
            "class = [\"IMP\"]\nclass2 = 1\nconcept",
            "line",
        ),
        ("age = [18, 120]", "age = [120, 18]", "include `adult`"),
        ("age = [18, 120]", "", "include `adult`"),
        ("name = \"stay\"", "name = \"time\"", "predictor `time`"),
        ("name = \"stay\"", "name = \"age\"", "predictor"),
        ("name = \"stay\"", "name = \"Stay days\"", "predictor"),
        (
            "window = { from = -30 }",
            "window = { from = -30, to = 1 }",
            "predictor `creatinine`",
        ),
        (
            "window = { from = -30 }",
            "window = { from = 30 }",
            "predictor `creatinine`",
        ),
        ("aggregate = \"max\"", "", "predictor `systolic_max`"),
        (
            "facts = { concept = \"smoking\" }\naggregate = \"last\"",
            "facts = { concept = \"smoking\" }\naggregate = \"mean\"",
            "predictor `smoking`",
        ),
        (
            "any = [{ kind = \"death\" }]",
            "any = [{ kind = \"observation\" }]",
            "competing `death`",
        ),
        ("심부전 퇴원 뒤", "900101-1234568", "line 3"),
    ] {
        let wrong = DEFINITION.replacen(from, to, 1);
        assert_ne!(wrong, DEFINITION, "{from}");
        let error = Plan::parse(wrong.as_bytes()).err().expect(to).to_string();
        assert!(error.starts_with(said), "{to}: {error}");
        assert!(!error.contains("1234568"), "{error}");
    }
    assert!(Plan::parse(b"\xff").is_err());
}

#[test]
fn records_of_another_definition_and_damaged_ones_are_refused() {
    let records = taken(DEFINITION, &[patient("a", "1950")], &key(1))
        .to_bytes()
        .unwrap();
    let run = |definition: &str, records: &[u8]| {
        let inputs = InputsInMemory::new()
            .with("definition", definition)
            .with("records", records);
        (COHORT.run)(&json!({}), &inputs, &NoProgress)
    };
    assert!(run(DEFINITION, &records).is_ok());
    let other = DEFINITION.replace("180", "90");
    assert!(matches!(
        run(&other, &records),
        Err(EngineError::Input { .. })
    ));
    for end in 0..records.len() - 1 {
        let refused = run(DEFINITION, &records[..end]);
        assert!(matches!(refused, Err(EngineError::Input { .. })), "{end}");
    }
    let twice = [
        &records[..],
        records.split(|it| *it == b'\n').nth(1).unwrap(),
    ]
    .concat();
    assert!(run(DEFINITION, &twice).is_err());
}
