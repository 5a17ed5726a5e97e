//! `care.score` over tables, good and bad.

use modu_care::SCORE;
use modu_kernel::{EngineError, InputsInMemory, NoProgress, Outcome};
use serde_json::json;

fn run(table: &str) -> Result<Outcome, EngineError> {
    let inputs = InputsInMemory::new().with("observations", table);
    (SCORE.run)(&json!({}), &inputs, &NoProgress)
}

fn scores(outcome: &Outcome) -> String {
    String::from_utf8(outcome.output("scores.csv").unwrap().bytes.clone()).unwrap()
}

const HEADER: &str = "person,time,respiratory_rate,oxygen_saturation,oxygen,systolic_pressure,pulse,consciousness,temperature\n";

#[test]
fn each_row_has_its_scores_and_a_missing_item_leaves_no_total() {
    let table = format!(
        "{HEADER}a,0.5,16,97,no,120,70,A,36.8\nb,1,25,91,yes,90,131,V,39.1\nc,2,22,,no,100,70,A,36.8\n"
    );
    let outcome = run(&table).unwrap();
    assert_eq!(
        scores(&outcome),
        "person,time,news2,news2_at_least,news2_urgency,mews,qsofa\n\
         a,0.5,0,0,low,1,0\n\
         b,1,19,19,high,9,3\n\
         c,2,,4,low,3,2\n"
    );
    assert_eq!(outcome.report["news2"]["incomplete"], 1);
    assert_eq!(outcome.report["qsofa"]["at_threshold"], 2);
}

#[test]
fn a_value_that_nobody_has_counts_as_not_measured_and_is_reported() {
    let outcome = run(&format!("{HEADER}a,0,16,0.97,no,120,x,A,98.6\n")).unwrap();
    assert_eq!(
        outcome.report["refused"],
        json!({ "oxygen_saturation": 1, "pulse": 1, "temperature": 1 })
    );
    assert!(scores(&outcome).ends_with("a,0,,0,low,,0\n"));
    assert_eq!(outcome.findings.len(), 4);
}

#[test]
fn bad_tables_are_refused_with_file_place_and_remedy_and_no_cell_is_quoted() {
    for (table, place) in [
        ("", "line 1"),
        ("time\n1\n", "`person`"),
        ("person,person,time\na,b,1\n", "two columns"),
        ("person,time\nHong\n", "line 2"),
        ("person,time\n,1\n", "line 2, column `person`"),
        ("person,time\n010-1234-5678,1\n", "line 2, column `person`"),
        ("person,time\nHong,\n", "line 2, column `time`"),
    ] {
        let error = run(table).unwrap_err().to_string();
        assert!(
            error.contains("observations") && error.contains(place),
            "{table:?}: {error}"
        );
        assert!(
            !error.contains("Hong") && !error.contains("5678"),
            "{error}"
        );
    }
    let inputs = InputsInMemory::new().with("observations", &b"person,time\n\xff,1\n"[..]);
    let error = (SCORE.run)(&json!({}), &inputs, &NoProgress).unwrap_err();
    assert!(error.to_string().contains("UTF-8"), "{error}");
}

#[test]
fn diagnoses_give_charlsons_index_of_each_person_once_for_each_condition() {
    let conditions = "person,code,age\nb,I50.9,71\nb,I50.1,72\nb,E11.2,\nb,E11.9,\na,J06.9,old\n";
    let inputs = InputsInMemory::new()
        .with(
            "observations",
            format!("{HEADER}a,0,16,97,no,120,70,A,36.8\n"),
        )
        .with("conditions", conditions);
    let outcome = (SCORE.run)(&json!({}), &inputs, &NoProgress).unwrap();
    let written = outcome.output("charlson.csv").unwrap().bytes.clone();
    // Heart failure 1, diabetes with damage 2 in place of without; 72 years 3.
    assert_eq!(
        String::from_utf8(written).unwrap(),
        "person,charlson,charlson_with_age\na,0,\nb,3,6\n"
    );
    let report = &outcome.report["charlson"];
    assert_eq!(report["diagnoses"], json!([5, 4]));
    assert_eq!(report["ages_refused"], 1);
    assert_eq!(report["totals"], json!({ "0": "few", "3": "few" }));
    let named = conditions.replace("\nb,", "\n900101-1234568,");
    let inputs = InputsInMemory::new()
        .with(
            "observations",
            format!("{HEADER}a,0,16,97,no,120,70,A,36.8\n"),
        )
        .with("conditions", named);
    let said = (SCORE.run)(&json!({}), &inputs, &NoProgress)
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("pseudonym") && !said.contains("1234568"),
        "{said}"
    );
}
