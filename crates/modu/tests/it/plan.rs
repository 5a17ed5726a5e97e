//! `modu proof plan` from the command line.

use crate::program::{Office, demo, text};

/// A plan of the demonstration's need.
fn plan(options: &[&str]) -> (i32, serde_json::Value) {
    let need = demo("need.toml");
    Office::empty().ask(&[&["proof", "plan", text(&need)], options].concat())
}

#[test]
fn a_plan_answers_yes_where_the_rows_suffice_and_no_where_they_do_not() {
    let common = ["--prevalence", "0.062", "--selected", "0.1"];
    let of = |rows: &'static str| plan(&[&common[..], &["--rows", rows]].concat());
    let (code, many) = of("1000000");
    assert_eq!(
        (code, &many["suffices"]),
        (0, &serde_json::json!(true)),
        "{many}"
    );
    let (code, few) = of("800");
    assert_eq!((code, &few["suffices"]), (1, &serde_json::json!(false)));
    assert_eq!(few["schema"], "modu.proof.plan/1");
    let sentence = &few["criteria"][1]["comparisons"][0]["sentence"];
    let said = sentence["en"].as_str().unwrap();
    assert!(said.contains("With 750 rows that count"), "{said}");
    assert!(sentence["ko"].as_str().unwrap().contains("행 750개"));
}

#[test]
fn a_plan_without_rows_or_for_nobodys_criterion_is_a_wrong_request() {
    let (code, said) = plan(&["--prevalence", "0.062"]);
    assert_eq!(code, 2);
    assert!(said["error"].as_str().unwrap().contains("--rows"), "{said}");
    let (code, said) = plan(&["--rows", "800", "--truth", "beauty=0.9"]);
    assert_eq!(code, 2);
    assert!(said["error"].as_str().unwrap().contains("beauty"), "{said}");
    let (code, _) = plan(&["--rows", "800", "--member", "sex/nobody=0.9"]);
    assert_eq!(code, 2);
}
