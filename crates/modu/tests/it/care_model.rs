//! From a table over a model to another hospital and to a patient's page, on
//! the command line.

use std::fs;

use crate::program::Office;

const PLAN: &str = include_str!("../../../modu-care/tests/it/plan.toml");
const PERSON: &str = "p0123456789abcdef0123456789abcdef";
const TABLE: [&str; 6] = ["--time", "days", "--event", "died", "--horizon", "180,365"];

/// A hospital that never was: hazards that grow with age, and differ by ward.
/// A quarter of what happens is an event that competes.
fn hospital(seed: u64, rows: u32, competing: bool) -> String {
    let mut state = seed;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005);
        state = state.wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut csv = "age,ward,days,died\n".to_owned();
    for _ in 0..rows {
        let age = 45.0 + 30.0 * next();
        let east = next() < 0.3;
        let linear = 0.06 * (age - 60.0) + f64::from(u8::from(east)) * 0.7;
        let happens = -(1.0 - next()).ln() / (0.0015 * linear.exp());
        let lost = 300.0 + 1200.0 * next();
        let code = if competing && next() < 0.25 { 2 } else { 1 };
        let event = if happens <= lost { code } else { 0 };
        let ward = if east { "east" } else { "west" };
        csv.push_str(&format!(
            "{age:.1},{ward},{:.1},{event}\n",
            happens.min(lost).max(0.1)
        ));
    }
    csv
}

fn prepare(office: &Office) {
    let patients = format!("person,at,age,ward\n{PERSON},2026-03-01T00:00:00Z,73,east\n");
    for (name, text) in [
        ("home.csv", hospital(3, 900, false)),
        ("elsewhere.csv", hospital(44, 2500, false)),
        ("competing.csv", hospital(5, 900, true)),
        ("patients.csv", patients),
        ("plan.toml", PLAN.to_owned()),
    ] {
        fs::write(office.path(name), text).unwrap();
    }
}

fn fit<'a>(table: &'a str, out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let start = [
        "care",
        "fit",
        "--table",
        table,
        "--out",
        out,
        "--resamples",
        "3",
    ];
    [start.as_slice(), &TABLE, more].concat()
}

#[test]
fn a_model_is_made_tried_elsewhere_and_tells_a_patient_how_sure_it_is() {
    let office = Office::with_kit();
    prepare(&office);
    let (code, made) = office.ask(&fit("home.csv", "fit", &["--record"]));
    assert_eq!(
        (code, &made["report"]["tells_intervals"]),
        (0, &true.into())
    );
    let elsewhere = [
        "care",
        "validate",
        "--model",
        "fit/model.json",
        "--table",
        "elsewhere.csv",
    ];
    let elsewhere = [
        elsewhere.as_slice(),
        &TABLE[..4],
        &["--resamples", "10", "--out", "tried"],
    ]
    .concat();
    let (code, tried) = office.ask(&elsewhere);
    assert_eq!(
        (code, &tried["report"]["verdict"]),
        (0, &"holds".into()),
        "{tried}"
    );
    let predict = [
        "care",
        "predict",
        "patients.csv",
        "--model",
        "fit/model.json",
        "--out",
        "risks",
    ];
    let said = office.modu(&predict).expect_code(0);
    assert!(!said.out.contains("no interval"), "{}", said.out);
    let page = [
        "care",
        "page",
        PERSON,
        "--risks",
        "risks/risks.ndjson",
        "--plan",
        "plan.toml",
        "--out",
        "page",
    ];
    office.modu(&page).expect_code(0);
    let page = fs::read_to_string(office.path("page/patient.html")).unwrap();
    assert!(page.contains("Nobody knows exactly: it may be from"));
    let card = [
        "care",
        "card",
        "--name",
        "x",
        "--fit",
        "fit/report.json",
        "--validate",
        "tried/report.json",
    ];
    let (code, card) = office.ask(&card);
    assert_eq!(code, 1, "what only people can say is open: {card}");
    office.modu(&["evidence", "replay"]).expect_code(0);
}

#[test]
fn every_method_is_asked_for_by_its_name_and_refuses_what_it_does_not_know() {
    let office = Office::empty();
    prepare(&office);
    for (method, knows) in [
        ("cox", false),
        ("cause-specific", true),
        ("fine-gray", true),
        ("elastic-net", false),
        ("boosting", false),
        ("forest", false),
    ] {
        let of_method = ["--method", method, "--trees", "10"];
        let said = office.modu(&fit("competing.csv", method, &of_method));
        let said = said.expect_code(if knows { 0 } else { 2 });
        assert_eq!(office.path(method).join("model.json").exists(), knows);
        assert!(knows || said.err.contains("`fine-gray`"), "{}", said.err);
        if !knows {
            assert!(
                !office.path(method).exists(),
                "nothing is left of a refusal"
            );
            office
                .modu(&fit("home.csv", method, &of_method))
                .expect_code(0);
        }
        let model = format!("{method}/model.json");
        let predict = ["care", "predict", "patients.csv", "--model", &model];
        let (code, told) = office.ask(&predict);
        let sure = matches!(method, "cox" | "cause-specific" | "fine-gray");
        assert_eq!(
            (code, &told["report"]["intervals"]),
            (0, &u64::from(sure).into())
        );
    }
}

#[test]
fn wrong_tables_and_models_are_the_callers_to_mend_and_leave_nothing_half_written() {
    let office = Office::empty();
    prepare(&office);
    office.modu(&fit("home.csv", "fit", &[])).expect_code(0);
    let whole = fs::read_to_string(office.path("home.csv")).unwrap();
    let model = fs::read_to_string(office.path("fit/model.json")).unwrap();
    for (name, text) in [
        ("nobody.csv", "age,ward,days,died\n".to_owned()),
        ("censored.csv", whole.replace(",1\n", ",0\n")),
        ("negative.csv", whole.replacen("east,", "east,-", 1)),
        ("words.csv", whole.replacen("west,", "west,soon", 1)),
        ("cut.csv", whole[..whole.len() - 9].to_owned()),
        ("named.csv", whole.replace("east", "900101-1234568")),
        ("cut.json", model[..model.len() / 2].to_owned()),
        (
            "bent.json",
            model.replacen("\"hazard\":0", "\"hazard\":-0", 1),
        ),
    ] {
        fs::write(office.path(name), text).unwrap();
    }
    for table in [
        "nobody", "censored", "negative", "words", "cut", "named", "nowhere",
    ] {
        let file = format!("{table}.csv");
        let said = office.modu(&fit(&file, "out", &[]));
        let said = said.expect_code(2);
        assert!(
            !said.err.contains("1234568") && !said.err.contains("soon"),
            "{}",
            said.err
        );
        assert!(!office.path("out").exists(), "{table}");
    }
    for model in ["cut.json", "bent.json", "plan.toml"] {
        let validate = [
            "care",
            "validate",
            "--model",
            model,
            "--table",
            "elsewhere.csv",
            "--out",
            "out",
        ];
        office
            .modu(&[validate.as_slice(), &TABLE[..4]].concat())
            .expect_code(2);
        let predict = [
            "care",
            "predict",
            "patients.csv",
            "--model",
            model,
            "--out",
            "out",
        ];
        office.modu(&predict).expect_code(2);
        assert!(!office.path("out").exists(), "{model}");
    }
    let without = ["care", "fit", "--table", "home.csv", "--horizon", "365"];
    office.modu(&without).expect_code(2);
}
