//! The model card: its order, who fills what, and bad answers.

use std::collections::BTreeSet;

use modu_care::CARD;
use modu_care::card::{CardReport, Filled, ITEMS};
use modu_kernel::{EngineError, InputsInMemory, NoProgress, Outcome};
use serde_json::json;

fn run(inputs: &InputsInMemory) -> Result<Outcome, EngineError> {
    let request = json!({ "name": { "ko": "재입원 모형", "en": "readmission model" } });
    (CARD.run)(&request, inputs, &NoProgress)
}

fn report(outcome: &Outcome) -> CardReport {
    serde_json::from_value(outcome.report.clone()).unwrap()
}

/// TRIPOD+AI has 27 items, 52 with their parts.
#[test]
fn the_card_has_every_item_of_the_statement_once_and_in_its_order() {
    let main = |number: &str| {
        number
            .trim_end_matches(char::is_alphabetic)
            .parse::<u8>()
            .unwrap()
    };
    assert!(ITEMS.windows(2).all(|two| {
        (main(two[0].number), two[0].number) < (main(two[1].number), two[1].number)
    }));
    let mains: BTreeSet<_> = ITEMS.iter().map(|item| main(item.number)).collect();
    assert_eq!(mains, (1..=27).collect());
    assert_eq!(ITEMS.len(), 52);
}

#[test]
fn without_reports_and_answers_everything_is_open() {
    let outcome = run(&InputsInMemory::new()).unwrap();
    assert_eq!(report(&outcome).counts, [(Filled::Open, 52)].into());
    assert_eq!(outcome.findings[0].code, "card.open");
}

#[test]
fn runs_fill_what_they_know_people_the_rest_and_each_is_told_apart() {
    let fit = json!({ "method": "cox", "model": "sha256:ab", "terms": [{ "predictor": "age", "hazard_ratio": 1.5 }],
        "apparent": { "harrell": { "value": 0.71, "interval": { "lower": 0.69, "upper": 0.73 } } } });
    let answers = "\"17\" = { ko = \"IRB 2026-01 <승인>\", en = \"IRB 2026-01\" }\n";
    let inputs = InputsInMemory::new()
        .with("fit", fit.to_string())
        .with("answers", answers);
    let outcome = run(&inputs).unwrap();
    let report = report(&outcome);
    let of = |number: &str| {
        report
            .items
            .iter()
            .find(|item| item.number == number)
            .unwrap()
    };
    assert_eq!(of("12c").filled, Filled::Run);
    assert_eq!(of("9a").filled, Filled::Partly);
    assert_eq!(of("17").filled, Filled::Person);
    assert_eq!(of("26").filled, Filled::Open);
    assert!(
        of("23a").said[0].1.en.contains("0.71 (0.69–0.73)"),
        "{:?}",
        of("23a")
    );
    assert_eq!(report.made_from.len(), 1);
    let page = String::from_utf8(outcome.output("card.ko.html").unwrap().bytes.clone()).unwrap();
    assert!(page.contains("&lt;승인&gt;") && page.contains("사람이 채울 것"));
}

#[test]
fn bad_answers_and_reports_are_refused_with_their_place() {
    for (answers, problem) in [
        ("\"99\" = { ko = \"a\", en = \"b\" }", "does not have"),
        ("\"17\" = { ko = \"a\" }", "answers"),
        ("\"17\" = { ko = \"\", en = \"b\" }", "item 17"),
        (
            "\"17\" = { ko = \"010-1234-5678\", en = \"b\" }",
            "telephone",
        ),
        ("[", "answers"),
    ] {
        let error = run(&InputsInMemory::new().with("answers", answers))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(problem) && !error.contains("5678"),
            "{answers}: {error}"
        );
    }
    for fit in ["", "[]", "{"] {
        assert!(matches!(
            run(&InputsInMemory::new().with("fit", fit)),
            Err(EngineError::Input { .. })
        ));
    }
}

/// The reports of real fits, of every method.
#[test]
fn a_card_is_made_of_a_fit_by_every_method_and_told_in_words() {
    use crate::model::hospital::{FIRST, fit, fit_request, table};
    use crate::model::methods::EVERY_METHOD;

    for method in EVERY_METHOD {
        let mut request = fit_request();
        request.method = method;
        request.resamples = 0;
        let fitted = fit(&request, &table(FIRST)).unwrap();
        let inputs = InputsInMemory::new().with("fit", fitted.report.to_string());
        let outcome = run(&inputs).unwrap();
        let report = report(&outcome);
        let name = method.name();
        let filled = |number: &str| {
            let item = report.items.iter().find(|item| item.number == number);
            item.unwrap().filled
        };
        assert_eq!(filled("12c"), Filled::Run, "{name}");
        assert_ne!(filled("23a"), Filled::Open, "{name}");
        let said = report.items.iter().flat_map(|item| &item.said);
        for text in said.flat_map(|(_, said)| [&said.ko, &said.en]) {
            let raw = ["null", "NaN", "{", "}", "\""];
            assert!(
                !text.is_empty() && raw.iter().all(|it| !text.contains(it)),
                "{name}: {text}"
            );
        }
        for language in ["ko", "en"] {
            let page = outcome.output(&format!("card.{language}.html")).unwrap();
            let page = String::from_utf8(page.bytes.clone()).unwrap();
            let words = name.replace('_', " ");
            assert!(
                page.contains(name) || page.contains(&words),
                "{name} in {language}"
            );
        }
    }
}
