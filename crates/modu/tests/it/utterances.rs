//! The demonstration over Korean text, through the program and its confined
//! child. Its rows are not in the repository: `MODU_DATA` names their folder.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::program::{Office, demo, text};

/// The table as `label TAB utterance`, written as CSV with a header.
fn csv(tsv: &str) -> String {
    let mut table = String::from("intent,utterance\n");
    for line in tsv.lines() {
        let (label, utterance) = line.split_once('\t').expect("a label and an utterance");
        writeln!(table, "{label},\"{}\"", utterance.replace('"', "\"\"")).unwrap();
    }
    table
}

fn reference() -> Value {
    let bytes = std::fs::read(demo("utterances/reference.json")).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn korean_utterances_are_judged_with_the_numbers_of_onnx_runtime_and_scikit_learn() {
    let Some(data) = std::env::var_os("MODU_DATA") else {
        eprintln!("skipped: no MODU_DATA");
        return;
    };
    let tsv = std::fs::read_to_string(Path::new(&data).join("3i4k/test.tsv")).unwrap();
    let office = Office::with_kit();
    let (table, need) = (office.path("utterances.csv"), office.path("need.toml"));
    std::fs::write(&table, csv(&tsv)).unwrap();
    // The estimates do not depend on the replicates.
    let asked = std::fs::read_to_string(demo("utterances/need.toml")).unwrap();
    assert!(asked.contains("replicates = 2000"));
    std::fs::write(
        &need,
        asked.replace("replicates = 2000", "replicates = 400"),
    )
    .unwrap();
    office
        .modu(&["proof", "register", text(&need)])
        .expect_code(0);
    let (letters, network) = (
        demo("utterances/solutions/letters"),
        demo("utterances/solutions/network"),
    );
    let out = office.path("out");
    let (code, said) = office.ask(&[
        "proof",
        "run",
        text(&need),
        "--data",
        text(&table),
        "--solution",
        text(&letters),
        "--solution",
        text(&network),
        "--out",
        text(&out),
    ]);
    assert_eq!(code, 0, "{said}");

    let report = std::fs::read(out.join("owner.json")).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    for solution in report["solutions"].as_array().unwrap() {
        let id = solution["id"].as_str().unwrap();
        let expected = &reference()["solutions"][id];
        assert_eq!(
            solution["measures"]["confusion"], expected["confusion"],
            "{id}"
        );
        compare(id, &solution["measures"]["overall"], expected);
        let classes = solution["measures"]["classes"].as_array().unwrap();
        assert_eq!(classes.len(), 7);
        for (class, expected) in classes.iter().zip(expected["classes"].as_array().unwrap()) {
            compare(id, &class["metrics"], expected);
        }
    }
    let network = &report["solutions"][1];
    assert_eq!(
        network["decision"]["answer"], "adopt",
        "{}",
        network["decision"]
    );
}

/// Every number that both know is the same but for the last digits of single
/// precision.
fn compare(id: &str, metrics: &Value, expected: &Value) {
    let mut compared = 0;
    for measure in metrics.as_array().unwrap() {
        let name = measure["metric"].as_str().unwrap();
        if let Some(expected) = expected[name].as_f64() {
            let found = measure["measurement"]["value"].as_f64().unwrap();
            assert!(
                (found - expected).abs() < 2e-6,
                "{id}, {name}: {found}, but scikit-learn says {expected}"
            );
            compared += 1;
        }
    }
    assert!(compared >= 3, "{id}: only {compared} metrics are compared");
}
