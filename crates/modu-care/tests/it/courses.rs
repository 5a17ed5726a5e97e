//! `care.recur`, `care.states` and landmark models of `care.fit`, beside R 4.2.2
//! with survival 3.5-3 on tables that were drawn at random. The calls of R stand
//! beside the tests of the command line (`care_courses.rs` of `modu`).

use modu_care::model::ModelDocument;
use modu_care::{FIT, RECUR, STATES};
use modu_kernel::{Engine, InputsInMemory, NoProgress, Outcome};
use serde_json::{Value, json};

const RECURRENT: &str = include_str!("../../../modu/tests/it/care_tables/recurrent.csv");
const FOLLOWED: &str = include_str!("../../../modu/tests/it/care_tables/followed.csv");
const ILLNESS: &str = include_str!("../../../modu/tests/it/care_tables/illness_death.csv");

fn run(engine: &Engine, request: &Value, table: &str) -> Outcome {
    let inputs = InputsInMemory::new().with("table", table);
    (engine.run)(request, &inputs, &NoProgress).unwrap()
}

fn near(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap();
    let off = (found - expected).abs() / expected.abs();
    assert!(off < 1e-8, "{found} is not {expected}");
}

fn followed() -> Value {
    json!({ "person": "person", "entry": "start", "time": "stop", "event": "event" })
}

#[test]
fn recurrent_events_are_those_of_r() {
    for (layout, coefficient, log_likelihood) in [
        ("andersen_gill", -0.8203347562060406_f64, -465.925906428098),
        ("total_time", -0.516570403607054, -254.832293047422),
        ("gap_time", -0.5528420444488842, -333.914825482962),
    ] {
        let request = json!({
            "columns": followed(), "layout": layout, "horizons": [90, 180], "resamples": 20,
            "seed": 1,
        });
        let report = run(&RECUR, &request, RECURRENT).report;
        near(&report["terms"][1]["hazard_ratio"], coefficient.exp());
        near(&report["log_likelihood"][0], log_likelihood);
        near(&report["means"][1]["number"], 41.0 / 30.0);
        let limits = &report["means"][1]["interval"];
        assert!(limits["lower"].as_f64().unwrap() < 41.0 / 30.0);
        assert!(limits["upper"].as_f64().unwrap() > 41.0 / 30.0);
    }
}

#[test]
fn a_landmark_model_tells_the_risks_of_r() {
    let request = json!({
        "columns": followed(), "method": { "landmark": { "degree": 1 } }, "horizons": [60, 120],
        "clock": "day", "landmarks": [0, 60, 120, 180], "resamples": 2, "seed": 1,
    });
    let outcome = run(&FIT, &request, FOLLOWED);
    near(&outcome.report["log_likelihood"][0], -397.764494014958);
    let model = ModelDocument::parse(&outcome.output("model.json").unwrap().bytes).unwrap();
    for (day, at_120, at_60) in [
        (0.0, 0.493652107424894, Some(0.306915404346128)),
        (60.0, 0.432937695542166, Some(0.261542595120856)),
        (180.0, 0.252743203459591, None),
    ] {
        // Age, marker, day.
        let row = [70.0, 0.5, day];
        near(&model.risk(1, &row).into(), at_120);
        if let Some(risk) = at_60 {
            near(&model.risk(0, &row).into(), risk);
        }
        let confidence = modu_statistics::Share::new(0.95).unwrap();
        let [lower, upper] = model.interval(1, &row, confidence).unwrap();
        assert!(lower < at_120 && at_120 < upper && upper - lower < 0.5);
    }
}

#[test]
fn shares_in_states_are_those_of_r() {
    let request = json!({
        "columns": { "time": "day", "event": "dead" }, "days": [180, 365, 540],
        "form": { "illness_death": { "time": "ill_day", "event": "ill" } },
    });
    let report = run(&STATES, &request, ILLNESS).report;
    let shares = [0.1381591381591382, 0.326765424532495, 0.535075437308368];
    for (state, share) in shares.into_iter().enumerate() {
        near(&report["by_day"][1]["states"][state]["share"], share);
    }
    near(
        &report["transitions"][0]["cumulative"][1]["intensity"],
        1.55499077756744,
    );
    near(&report["transitions"][2]["a_year"], 1.40813324315184);
    assert_eq!(report["transitions"][1]["moves"]["of"], 25);
}
