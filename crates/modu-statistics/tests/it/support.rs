//! The reference rows, and helpers that the tests share.

use std::{ops::ControlFlow, path::PathBuf};

use modu_statistics::{
    Binning, Finite, Measure, Metric, ModelId, Quantity, Settings, Share, Study, SubsetId, Task,
};
use serde_json::Value;

pub(crate) fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

pub(crate) fn json(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(data(name)).unwrap()).unwrap()
}

/// Labels of the census test table (99,762 rows, 6,186 positive).
pub(crate) fn census_labels() -> Vec<bool> {
    let bytes = std::fs::read(data("y.u8")).unwrap();
    bytes.iter().map(|&label| label == 1).collect()
}

/// Scores of model `rf` or `lr` on the census test table.
pub(crate) fn census_scores(model: &str) -> Vec<f64> {
    let bytes = std::fs::read(data(&format!("{model}.prob.f32"))).unwrap();
    let (words, _) = bytes.as_chunks::<4>();
    words
        .iter()
        .map(|&word| f64::from(f32::from_le_bytes(word)))
        .collect()
}

pub(crate) fn share(value: f64) -> Share {
    Share::new(value).unwrap()
}

pub(crate) fn settings(threshold: f64, budget: f64, binning: Binning) -> Settings {
    Settings {
        threshold: Finite::new(threshold).unwrap(),
        review_budget: Some(share(budget)),
        binning,
        ..Settings::default()
    }
}

pub(crate) fn usual() -> Settings {
    settings(0.5, 0.1, Binning::default())
}

pub(crate) fn decide(scores: &[f64], threshold: f64) -> Vec<u16> {
    scores.iter().map(|&s| u16::from(s >= threshold)).collect()
}

pub(crate) fn every(metrics: &[Metric], model: ModelId, subset: SubsetId) -> Vec<Quantity> {
    let quantity = |&metric| Quantity {
        model,
        metric,
        subset,
        class: None,
    };
    metrics.iter().map(quantity).collect()
}

pub(crate) fn measure(study: &Study, model: ModelId, subset: SubsetId, metric: Metric) -> Measure {
    study.measure(&every(&[metric], model, subset)).unwrap()[0]
}

/// The metrics of two classes.
pub(crate) fn binary_metrics() -> Vec<Metric> {
    let metrics = Metric::ALL.into_iter();
    metrics
        .filter(|metric| metric.applies_to(Task::Binary))
        .collect()
}

/// Every metric of scores on labels, with the usual settings.
pub(crate) fn all_measures(labels: &[bool], scores: &[f64], settings: Settings) -> Vec<Measure> {
    let mut study = Study::binary(labels, settings).unwrap();
    let model = study.add_scores(scores).unwrap();
    study
        .measure(&every(&binary_metrics(), model, SubsetId::ALL))
        .unwrap()
}

pub(crate) fn quiet(_: u32) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// A metric from its name in a need.
pub(crate) fn metric(name: &str) -> Metric {
    serde_json::from_value(Value::from(name)).unwrap()
}

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().unwrap();
    list.iter().map(|number| number.as_f64().unwrap()).collect()
}

/// Equal to 1e-9, relative to the larger of one and the expected value where
/// that is above one, and to the value itself where it is below.
#[track_caller]
pub(crate) fn close(found: f64, expected: &Value) {
    close_to(found, expected.as_f64().unwrap(), 1e-9);
}

#[track_caller]
pub(crate) fn close_to(found: f64, expected: f64, tolerance: f64) {
    let error = (found - expected).abs();
    assert!(
        error <= tolerance * expected.abs(),
        "found {found}, expected {expected}, off by {error:e}"
    );
}

/// A small deterministic sample: labels, and scores of hundredths (so with
/// ties) that tell something about them.
pub(crate) fn sample(rows: usize, seed: u64) -> (Vec<bool>, Vec<f64>) {
    let mut state = seed;
    let mut uniform = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / (1_u64 << 24) as f64
    };
    let row = |_| {
        let label = uniform() < 0.3;
        let score = 0.5 * uniform() + if label { 0.4 } else { 0.1 };
        (label, (score * 100.0).round() / 100.0)
    };
    (0..rows).map(row).unzip()
}
