//! The patient's and the clinician's pages.

use modu_care::PAGE;
use modu_care::page::address;
use modu_kernel::{EngineError, InputsInMemory, NoProgress, Outcome};
use serde_json::json;

use crate::plan::DOCUMENT;

const PERSON: &str = "p0123456789abcdef0123456789abcdef";

fn risks() -> String {
    let of = |person: &str, day: u32, risk: f64| {
        json!({
            "person": person, "at": format!("2026-03-{day:02}T00:00:00Z"), "horizon_days": 30,
            "risk": risk, "interval": { "lower": risk * 0.7, "upper": risk * 1.4 },
            "contributions": [
                { "predictor": "sbp", "label": { "ko": "수축기혈압", "en": "systolic pressure" }, "value": 88, "unit": "mmHg", "change": 0.7 },
                { "predictor": "statin", "label": { "ko": "스타틴 복용", "en": "takes a statin" }, "change": -0.4 },
                { "predictor": "<b>x</b>", "change": 0.1 },
            ],
        })
        .to_string()
    };
    [of(PERSON, 1, 0.22), of(PERSON, 8, 0.12), of("q", 9, 0.6)].join("\n")
}

fn run(person: &str, risks: &str) -> Result<Outcome, EngineError> {
    let inputs = InputsInMemory::new()
        .with("plan", DOCUMENT)
        .with("risks", risks);
    (PAGE.run)(&json!({ "person": person }), &inputs, &NoProgress)
}

fn page(outcome: &Outcome, name: &str) -> String {
    String::from_utf8(outcome.output(name).unwrap().bytes.clone()).unwrap()
}

#[test]
fn the_patient_reads_counts_of_people_an_interval_what_to_do_and_whom_to_call() {
    let outcome = run(PERSON, &risks()).unwrap();
    let page = page(&outcome, "patient.html");
    for words in [
        "다시 입원하는 일: 100명 중 12명",
        "약 12명은 앞으로 30일 안에 이 일을 겪고, 88명은 겪지 않습니다",
        "100명 중 8명에서 17명 사이",
        "짠 음식을 줄이세요.",
        "href=\"tel:119\"",
        "going back to hospital: 12 of 100 people",
        "위험을 높인 것: 수축기혈압 (88 mmHg)",
        "role=\"img\"",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert_eq!(
        page.matches("class=\"main\" cx").count(),
        2 * 12 + 2,
        "dots and key, twice"
    );
    assert_eq!(
        outcome.report["frequency"],
        json!({ "count": 12, "of": 100, "between": [8, 17] })
    );
}

#[test]
fn the_clinician_sees_the_risk_over_time_and_what_moves_it() {
    let page = page(&run(PERSON, &risks()).unwrap(), "clinician.html");
    for words in [
        "12 %",
        "8.4 %–16.8 %",
        "×2.01",
        "×0.67",
        PERSON,
        "2026-03-01",
        "&lt;b&gt;x",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("<b>x"));
}

#[test]
fn pages_fetch_nothing_run_nothing_and_name_nobody_in_their_titles() {
    let outcome = run(PERSON, &risks()).unwrap();
    for name in ["patient.html", "clinician.html"] {
        let page = page(&outcome, name);
        for forbidden in ["<script", "http:", "https:", "src=", "url(", "@import"] {
            assert!(!page.contains(forbidden), "{name}: {forbidden}");
        }
        let title = page
            .split("<title>")
            .nth(1)
            .unwrap()
            .split("</title>")
            .next()
            .unwrap();
        assert!(!title.contains(PERSON), "{title}");
    }
    assert!(!page(&outcome, "patient.html").contains(PERSON));
}

#[test]
fn a_name_is_written_into_the_sheet_that_is_handed_over_and_nowhere_else() {
    let outcome = run(PERSON, &risks()).unwrap();
    let evidence = outcome.to_canonical().unwrap();
    let made = page(&outcome, "patient.html");
    let handed = address(&made, "홍<길동").unwrap();
    assert!(handed.contains("홍&lt;길동 님께") && !made.contains("님께"));
    assert!(!String::from_utf8(evidence).unwrap().contains("길동"));
    for wrong in ["", " ", "900101-1234568", "a\nb", &"가".repeat(61)] {
        assert!(address(&made, wrong).is_err(), "{wrong}");
    }
    assert!(
        address(&handed, "다른 사람").is_err(),
        "a page has one name"
    );
}

#[test]
fn a_person_without_a_risk_and_a_risk_outside_its_interval_are_refused() {
    let error = run("nobody", &risks()).unwrap_err();
    assert!(matches!(error, EngineError::Request(_)) && !error.to_string().contains("nobody"));
    let wrong = risks().replace("\"risk\":0.12", "\"risk\":0.5");
    assert!(
        run(PERSON, &wrong)
            .unwrap_err()
            .to_string()
            .contains("line 2")
    );
}
