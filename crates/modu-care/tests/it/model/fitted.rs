//! What a fit gives.

use modu_care::model::{Coding, FitReport, ModelDocument};
use modu_kernel::{Digest, Outcome};

use super::hospital::{FIRST, Hospital, fit, fit_request, table};

fn report(outcome: &Outcome) -> FitReport {
    serde_json::from_value(outcome.report.clone()).unwrap()
}

#[test]
fn a_fit_finds_what_changes_the_risk_and_what_does_not() {
    let outcome = fit(&fit_request(), &table(FIRST)).unwrap();
    let report = report(&outcome);
    let effect = |predictor: &str| {
        let term = report
            .terms
            .iter()
            .find(|term| term.predictor == predictor)
            .unwrap();
        let interval = term.interval.unwrap();
        (interval.lower.get(), interval.upper.get())
    };
    let within = |predictor: &str, truth: f64| {
        let (lower, upper) = effect(predictor);
        assert!(
            lower < truth && truth < upper,
            "{predictor}: {lower} {upper}"
        );
    };
    within("age", libm::exp(0.06));
    // The reference is the larger ward, west.
    within("ward", libm::exp(0.7));
    within("noise", 1.0);
    assert_eq!(report.apparent.horizons.len(), 2);
    let corrected = report.corrected_harrell.unwrap().get();
    let apparent = report.apparent.harrell.value().unwrap();
    assert!(
        (corrected - apparent).abs() < 0.01,
        "{corrected} {apparent}"
    );
    assert_eq!(report.resamples, 20);
}

#[test]
fn the_same_fit_gives_the_same_bytes_on_one_thread_and_on_three() {
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let outcome = pool.install(|| fit(&fit_request(), &table(FIRST)).unwrap());
        Digest::of(&outcome.to_canonical().unwrap())
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn a_model_is_read_back_as_it_was_written_and_holds_its_own_digest() {
    let outcome = fit(&fit_request(), &table(FIRST)).unwrap();
    let bytes = &outcome.output("model.json").unwrap().bytes;
    assert_eq!(report(&outcome).model, Digest::of(bytes));
    let model = ModelDocument::parse(bytes).unwrap();
    assert_eq!(modu_kernel::canonical::to_vec(&model).unwrap(), *bytes);
    assert_eq!(model.horizons, [180.0, 365.0]);
    let patient = [60.0, 1.0, 0.5];
    assert!(model.risk(0, &patient) < model.risk(1, &patient));
}

#[test]
fn a_model_tells_no_number_of_fewer_than_five() {
    // One patient far older than all others, in a ward of three.
    let mut csv = table(FIRST);
    for _ in 0..3 {
        csv.push_str("117.5,attic,0.5,900.5,1\n");
    }
    let outcome = fit(&fit_request(), &csv).unwrap();
    let bytes = outcome.output("model.json").unwrap().bytes.clone();
    let model = ModelDocument::parse(&bytes).unwrap();
    for predictor in &model.predictors {
        match &predictor.coding {
            Coding::Numeric { range, bins, .. } => {
                assert!(range[1] < 117.5);
                assert!(bins.iter().all(|bin| bin.rows >= 5));
            }
            Coding::Categorical { levels, .. } => assert!(levels.iter().all(|it| it.rows >= 5)),
        }
    }
    let everything = outcome
        .outputs
        .iter()
        .map(|it| String::from_utf8_lossy(&it.bytes).into_owned());
    let everything = everything
        .chain([outcome.report.to_string()])
        .collect::<String>();
    assert!(!everything.contains("attic"));
    assert!(!everything.contains("900.5"), "a time of one person");
    assert!(
        outcome
            .findings
            .iter()
            .any(|it| it.code == "predictor.rare_levels")
    );
}

#[test]
fn empty_cells_are_filled_and_that_is_said() {
    let outcome = fit(&fit_request(), &table(FIRST)).unwrap();
    let filled = outcome
        .findings
        .iter()
        .find(|it| it.code == "predictor.filled")
        .unwrap();
    assert_eq!(filled.place, "age");
}

#[test]
fn constant_and_repeated_predictors_are_said_and_change_nothing() {
    let small = Hospital { rows: 400, ..FIRST };
    let plain = report(&fit(&fit_request(), &table(small)).unwrap());
    let mut csv = String::new();
    for (line, row) in table(small).lines().enumerate() {
        let cells: Vec<&str> = row.split(',').collect();
        let (age, rest) = (cells[0], cells[1..].join(","));
        csv.push_str(&match line {
            0 => format!("age,again,same,{rest}\n"),
            _ => format!("{age},{age},7,{rest}\n"),
        });
    }
    let outcome = fit(&fit_request(), &csv).unwrap();
    let codes: Vec<&str> = outcome.findings.iter().map(|it| it.code.as_str()).collect();
    assert!(codes.contains(&"term.constant"), "{codes:?}");
    assert!(codes.contains(&"term.collinear"), "{codes:?}");
    let away = report(&outcome).log_likelihood.unwrap()[0] - plain.log_likelihood.unwrap()[0];
    assert!(away.abs() < 1e-6, "{away}");
}

#[test]
fn separation_is_reported_and_does_not_diverge() {
    let mut csv = "sick,days,died\n".to_owned();
    for row in 0..200 {
        let sick = row % 2;
        csv.push_str(&format!("{sick},{},{sick}\n", 1 + row));
    }
    let mut request = fit_request();
    request.horizons = vec![100.0];
    let outcome = fit(&request, &csv).unwrap();
    assert!(
        outcome
            .findings
            .iter()
            .any(|it| it.code == "term.separated"),
        "{:?}",
        outcome.findings
    );
}
