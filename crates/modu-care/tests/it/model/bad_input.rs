//! Tables and models from which nothing can be made: an error each that names
//! its place, and nothing half made.

use modu_care::model::ModelDocument;

use super::hospital::{
    FIRST, Hospital, fit, fit_request, model, table, validate, validate_request,
};

fn refused(csv: &str) -> String {
    fit(&fit_request(), csv).unwrap_err().to_string()
}

fn rows(count: u32, row: impl Fn(u32) -> String) -> String {
    let rows = (0..count).map(|number| row(number) + "\n");
    "age,days,died\n".to_owned() + &rows.collect::<String>()
}

#[test]
fn nobody_with_the_event_is_an_error() {
    let said = refused(&rows(50, |row| {
        format!("{},{},0", 50 + row, 200 + 20 * row)
    }));
    assert!(said.contains("no row has event 1"), "{said}");
}

#[test]
fn a_single_event_is_answered_or_refused_but_never_a_crash() {
    let csv = rows(50, |row| {
        format!("{},{},{}", 50 + row, 170 + 20 * row, u8::from(row == 0))
    });
    if let Ok(outcome) = fit(&fit_request(), &csv) {
        assert!(!outcome.report.to_string().contains("null,null,null,null"));
    }
}

#[test]
fn times_below_zero_and_not_numbers_are_refused_by_line() {
    for time in ["-1", "NaN", "inf", "soon"] {
        let csv = rows(50, |row| {
            format!(
                "50,{},1",
                if row == 7 {
                    time.to_owned()
                } else {
                    "400".into()
                }
            )
        });
        let said = refused(&csv);
        assert!(said.contains("input `table`"), "{said}");
        assert!(!said.contains("soon"), "{said}");
    }
}

#[test]
fn everything_at_one_time_and_times_of_zero_do_not_break_it() {
    let same = rows(60, |row| format!("{},365,{}", 40 + row, row % 2));
    let _ = fit(&fit_request(), &same);
    let zero = rows(60, |row| format!("{},{},{}", 40 + row, 10 * row, row % 2));
    fit(&fit_request(), &zero).unwrap();
}

#[test]
fn a_horizon_beyond_or_before_all_that_was_seen_is_refused_by_its_days() {
    let mut request = fit_request();
    request.horizons = vec![100_000.0];
    let said = fit(&request, &table(FIRST)).unwrap_err().to_string();
    assert!(
        said.contains("100000 days") && said.contains("nobody was watched so long"),
        "{said}"
    );
    for horizons in [
        vec![],
        vec![0.0],
        vec![365.0, 180.0],
        vec![f64::MAX, f64::INFINITY],
    ] {
        request.horizons = horizons;
        assert!(fit(&request, &table(FIRST)).is_err());
    }
}

#[test]
fn a_hundred_thousand_categories_are_none_of_five_people() {
    // Each level stands once: there is nothing to compare.
    let mut csv = "code,days,died\n".to_owned();
    for row in 0..100_000 {
        csv.push_str(&format!("c{row},{},{}\n", 1 + row % 900, row % 2));
    }
    let mut request = fit_request();
    request.resamples = 0;
    let outcome = fit(&request, &csv).unwrap();
    assert!(
        outcome
            .findings
            .iter()
            .any(|it| it.code == "predictor.left_out")
    );
    let said = refused(&(csv + "c100000,5,1\n"));
    assert!(said.contains("100000"), "{said}");
    let mut csv = "code,days,died\n".to_owned();
    for row in 0..3000 {
        csv.push_str(&format!("c{},{},{}\n", row % 300, 1 + row % 900, row % 2));
    }
    let said = fit(&request, &csv).unwrap_err().to_string();
    assert!(
        said.contains("300 levels, more than the limit of 200"),
        "{said}"
    );
}

#[test]
fn a_logarithm_of_numbers_below_zero_is_refused_by_the_predictors_name() {
    let mut request = fit_request();
    request.transforms = [("age".to_owned(), modu_care::model::Transform::Log1p)].into();
    let csv = rows(60, |row| {
        format!("{},{},{}", i64::from(row) - 30, 100 + 10 * row, row % 2)
    });
    let said = fit(&request, &csv).unwrap_err().to_string();
    assert!(said.contains("the predictor `age`"), "{said}");
    request.transforms = [("weight".to_owned(), modu_care::model::Transform::Log1p)].into();
    assert!(fit(&request, &csv).is_err());
}

#[test]
fn a_table_that_lacks_what_the_model_needs_is_refused_by_the_columns_name() {
    let small = Hospital { rows: 300, ..FIRST };
    let without = table(small).replace("age,", "years,");
    let said = validate(&validate_request(), &model(FIRST), &without)
        .unwrap_err()
        .to_string();
    assert!(said.contains("the column `age`"), "{said}");
    let words = table(small).replace(",0.", ",x0.");
    let said = validate(&validate_request(), &model(FIRST), &words)
        .unwrap_err()
        .to_string();
    assert!(said.contains("the column `noise`"), "{said}");
}

#[test]
fn a_model_that_was_bent_is_refused() {
    let bytes = model(Hospital { rows: 300, ..FIRST });
    let text = String::from_utf8(bytes).unwrap();
    for (from, to) in [
        ("modu.care.model/2", "modu.care.model/3"),
        ("\"horizons\":[", "\"horizons\":[900,"),
        ("\"until\":[180,365]", "\"until\":[180,364]"),
        ("\"until\":[", "\"until\":[90,"),
        ("\"hazard\":0", "\"hazard\":-0"),
        (
            "\"effects\":[{",
            "\"effects\":[{\"centre\":0,\"coefficient\":1},{",
        ),
        ("\"covariance\":[[", "\"covariance\":[[1],["),
        ("\"reference\":\"west\"", "\"reference\":\"north\""),
        ("\"outcome\"", "\"patient\""),
    ] {
        let bent = text.replacen(from, to, 1);
        assert_ne!(bent, text, "{from}");
        assert!(ModelDocument::parse(bent.as_bytes()).is_err(), "{to}");
    }
    for end in [0, 1, text.len() / 2, text.len() - 1] {
        let error = ModelDocument::parse(&text.as_bytes()[..end]).unwrap_err();
        assert!(!error.to_string().is_empty());
    }
    let planted = text.replacen("\"west\"", "\"900101-1234568\"", 9);
    let said = ModelDocument::parse(planted.as_bytes())
        .unwrap_err()
        .to_string();
    assert!(!said.contains("1234568"), "{said}");
}
