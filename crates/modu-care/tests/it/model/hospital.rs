//! Tables of hospitals that never were, and engines run on them.

use modu_care::model::{FitRequest, Method};
use modu_care::table::TableColumns;
use modu_care::validate::ValidateRequest;
use modu_kernel::{EngineError, InputsInMemory, Outcome};
use modu_statistics::Share;
use serde_json::json;

/// A hospital: how often the event comes, and how old its patients are.
#[derive(Clone, Copy)]
pub(crate) struct Hospital {
    pub(crate) seed: u64,
    pub(crate) rows: u32,
    pub(crate) hazard: f64,
    pub(crate) age: f64,
}

pub(crate) const FIRST: Hospital = Hospital {
    seed: 3,
    rows: 1500,
    hazard: 0.0012,
    age: 60.0,
};

/// Numbers of [0, 1) by Knuth's linear congruential generator.
fn numbers(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005);
        state = state.wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The hospital's table: hazards that grow with age, differ by ward and do
/// not depend on `noise`; some cells of `age` empty.
pub(crate) fn table(hospital: Hospital) -> String {
    let mut next = numbers(hospital.seed);
    let mut csv = "age,ward,noise,days,died\n".to_owned();
    for _ in 0..hospital.rows {
        let age = hospital.age + 30.0 * (next() - 0.5);
        let ward = if next() < 0.3 { "east" } else { "west" };
        let linear = 0.06 * (age - 60.0) + if ward == "east" { 0.7 } else { 0.0 };
        let happens = -libm::log(1.0 - next()) / (hospital.hazard * libm::exp(linear));
        let lost = 300.0 + 1200.0 * next();
        let known = if next() < 0.02 {
            String::new()
        } else {
            format!("{age:.1}")
        };
        csv.push_str(&format!(
            "{known},{ward},{:.3},{:.1},{}\n",
            next(),
            happens.min(lost).max(0.1),
            u8::from(happens <= lost)
        ));
    }
    csv
}

/// A table whose patients have as many rows each, which say the same of them.
pub(crate) fn visited(hospital: Hospital, visits: usize) -> String {
    let once = table(hospital);
    let mut csv = "person,age,ward,noise,days,died\n".to_owned();
    for (person, line) in once.lines().skip(1).enumerate() {
        for _ in 0..visits {
            csv.push_str(&format!("q{person},{line}\n"));
        }
    }
    csv
}

pub(crate) fn columns() -> TableColumns {
    TableColumns {
        time: "days".to_owned(),
        event: "died".to_owned(),
        entry: None,
        person: None,
        cluster: None,
        predictors: vec![],
        categorical: vec![],
    }
}

pub(crate) fn fit_request() -> FitRequest {
    FitRequest {
        columns: Some(columns()),
        method: Method::Cox { ridge: 0.0 },
        horizons: vec![180.0, 365.0],
        predictors: vec![],
        transforms: [].into(),
        clock: None,
        landmarks: vec![],
        resamples: 20,
        seed: 5,
        confidence: Share::new(0.95).unwrap(),
    }
}

pub(crate) fn validate_request() -> ValidateRequest {
    serde_json::from_value(json!({
        "columns": columns(),
        "false_alarm_rate": 0.05,
        "resamples": 10,
        "seed": 5,
    }))
    .unwrap()
}

pub(crate) fn fit(request: &FitRequest, table: &str) -> Result<Outcome, EngineError> {
    let inputs = InputsInMemory::new().with("table", table);
    let request = serde_json::to_value(request).unwrap();
    (modu_care::FIT.run)(&request, &inputs, &modu_kernel::NoProgress)
}

pub(crate) fn validate(
    request: &ValidateRequest,
    model: &[u8],
    table: &str,
) -> Result<Outcome, EngineError> {
    let inputs = InputsInMemory::new()
        .with("table", table)
        .with("model", model);
    let request = serde_json::to_value(request).unwrap();
    (modu_care::VALIDATE.run)(&request, &inputs, &modu_kernel::NoProgress)
}

/// The model made of a hospital.
pub(crate) fn model(hospital: Hospital) -> Vec<u8> {
    let outcome = fit(&fit_request(), &table(hospital)).unwrap();
    outcome.output("model.json").unwrap().bytes.clone()
}
