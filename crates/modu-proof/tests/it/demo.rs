//! The demonstration of this repository, end to end, against the numbers that
//! scikit-learn gives (`demo/reference.json`, written by `demo/reference.py`).

use std::path::Path;

use modu_kernel::{Digest, InputsInMemory, NoProgress};
use modu_proof::need::Metric;
use modu_proof::predict::PREDICT;
use modu_proof::report::{DecisionAnswer, IncumbentSection, MetricMeasure, OwnerReport};
use modu_proof::score::SCORE;
use serde_json::{Value, json};

const SOLUTIONS: [&str; 4] = ["linear", "forest", "network", "weighted"];

fn read(path: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../demo")
        .join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The demonstration with as few replicates as carry the limits of four
/// solutions: the estimates do not depend on them.
fn run() -> OwnerReport {
    let need = String::from_utf8(read("need.toml")).unwrap();
    assert!(need.contains("replicates = 2000"));
    let need = need.replace("replicates = 2000", "replicates = 400");
    let mut inputs = InputsInMemory::new()
        .with("need", need.as_str())
        .with("dataset", read("census-test.parquet"));
    for id in SOLUTIONS {
        let document = read(&format!("solutions/{id}/solution.toml"));
        let run = InputsInMemory::new()
            .with("need", need.as_str())
            .with("dataset", read("census-test.parquet"))
            .with("solution", document.clone())
            .with("model", read(&format!("solutions/{id}/{id}.onnx")));
        let outcome = (PREDICT.run)(&json!({ "solution": id }), &run, &NoProgress).unwrap();
        assert_eq!(outcome.report["rows"], 99_762);
        let predictions = outcome.output("predictions").unwrap().bytes.clone();
        inputs = inputs
            .with(format!("solution/{id}"), document)
            .with(format!("predictions/{id}"), predictions);
    }
    let request = json!({
        "need": Digest::of(need.as_bytes()),
        "solutions": SOLUTIONS,
        "publish": "digest",
    });
    let outcome = (SCORE.run)(&request, &inputs, &NoProgress).unwrap();
    serde_json::from_value(outcome.report).unwrap()
}

#[test]
fn the_demonstration_gives_the_numbers_of_scikit_learn_and_its_decisions() {
    let reference: Value = serde_json::from_slice(&read("reference.json")).unwrap();
    let report = run();
    for (solution, answer) in report.solutions.iter().zip([
        DecisionAnswer::Refuse,
        DecisionAnswer::Adopt,
        DecisionAnswer::Adopt,
        DecisionAnswer::Refuse,
    ]) {
        assert_eq!(solution.decision.answer, answer, "{}", solution.id);
        let expected = &reference["solutions"][solution.id.as_str()];
        compare_measures(&solution.id, &solution.measures, expected);
    }
    let Some(IncumbentSection::Recorded { column, measures }) = &report.incumbent else {
        panic!("the incumbent is a recorded column");
    };
    assert_eq!(column, "asked_today");
    compare_measures("incumbent", measures, &reference["incumbent"]);
}

fn compare_measures(who: &str, measures: &modu_proof::report::Measures, expected: &Value) {
    let confusion: Vec<Vec<u64>> =
        serde_json::from_value(expected["all"]["confusion"].clone()).unwrap();
    assert_eq!(measures.confusion.as_ref(), Some(&confusion), "{who}");
    let compared = compare(who, &measures.overall, &expected["all"]);
    assert!(compared >= 7, "{who}: only {compared} metrics are compared");
    for group in &measures.groups {
        for member in &group.members {
            let expected = &expected["groups"][group.id.as_str()][member.id.as_str()];
            assert_eq!(Some(member.rows), expected["rows"].as_u64());
            compare(&format!("{who}, {}", member.id), &member.metrics, expected);
        }
    }
}

/// Scores of other runtimes differ in the seventh digit.
fn compare(who: &str, metrics: &[MetricMeasure], expected: &Value) -> usize {
    let mut compared = 0;
    for measure in metrics {
        let name = match measure.metric {
            Metric::ExpectedCalibrationError => "ten_equal_width_bins_calibration_error".to_owned(),
            metric => modu_proof::need::metric_name(metric),
        };
        let (Some(expected), Some(found)) = (expected[&name].as_f64(), measure.measurement.value())
        else {
            continue;
        };
        compared += 1;
        let tolerance = match measure.metric {
            // The logit of a score near 0 magnifies its last digit.
            Metric::CalibrationIntercept | Metric::CalibrationSlope => 1e-4,
            _ => 2e-6,
        };
        let error = (found.get() - expected).abs();
        assert!(
            error < tolerance,
            "{who}, {name}: {found} but scikit-learn says {expected}"
        );
    }
    compared
}
