//! Needs about numbers, orders, single classes, and rows that belong together.

mod classes;
mod clusters;
mod documents;
mod ranking;
mod regression;

use modu_kernel::{Digest, InputsInMemory, NoProgress};
use modu_proof::evaluate::{
    Evaluate, EvaluateError, FeatureBatch, FeatureValues, ModelInterface, Scores,
};
use modu_proof::html::owner_html;
use modu_proof::predict::{PredictRequest, predict_with};
use modu_proof::report::{Measurement, MetricMeasure, OwnerReport};
use modu_proof::score::SCORE;
use serde_json::json;

use modu_kernel::Language;
use modu_proof::need::Metric;

/// A solution that is given the column `x` alone.
fn solution(id: &str) -> String {
    format!(
        r#"
schema = "modu.proof.solution/1"
id = "{id}"
name = {{ ko = "{id}", en = "{id}" }}
supplier = {{ ko = "가나", en = "Gana" }}
version = "1"
model = "{id}.onnx"
[output]
scores = "scores"
[[inputs]]
name = "features"
type = "float32"
[[inputs.columns]]
column = "x"
prepare = "pass"
"#
    )
}

/// What a solution makes of `x`.
type Rule = fn(f32) -> Vec<f32>;

#[derive(Clone)]
struct By(Rule);

impl Evaluate for By {
    fn evaluate(&mut self, batch: &FeatureBatch) -> Result<Scores, EvaluateError> {
        let FeatureValues::Float32(values) = &batch.tensors[0].values else {
            return Err(EvaluateError::Failed("x is float32".to_owned()));
        };
        let values: Vec<f32> = values.iter().flat_map(|x| (self.0)(*x)).collect();
        Ok(Scores {
            rows: batch.rows,
            width: values.len() / batch.rows,
            values,
        })
    }
}

/// Predicts and scores; the owner's report.
fn run(need: &str, data: &str, solutions: &[(&str, Rule)]) -> OwnerReport {
    let mut inputs = InputsInMemory::new()
        .with("need", need)
        .with("dataset", data);
    for (id, rule) in solutions {
        let run = InputsInMemory::new()
            .with("need", need)
            .with("dataset", data)
            .with("solution", solution(id))
            .with("model", "a model");
        let request = PredictRequest {
            solution: (*id).to_owned(),
            walls: None,
        };
        let make = &mut |_: &[u8], _: &ModelInterface| Ok(Box::new(By(*rule)) as Box<dyn Evaluate>);
        let (_, _, outputs) = predict_with(&request, &run, &NoProgress, make).unwrap();
        inputs = inputs
            .with(format!("solution/{id}"), solution(id))
            .with(format!("predictions/{id}"), outputs[0].bytes.clone());
    }
    let request = json!({
        "need": Digest::of(need.as_bytes()),
        "solutions": solutions.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        "publish": "digest",
    });
    let outcome = (SCORE.run)(&request, &inputs, &NoProgress).unwrap();
    serde_json::from_value(outcome.report).unwrap()
}

fn find(metrics: &[MetricMeasure], metric: Metric) -> &Measurement {
    let found = metrics.iter().find(|measure| measure.metric == metric);
    &found.expect("the metric is in the report").measurement
}

fn value(metrics: &[MetricMeasure], metric: Metric) -> f64 {
    find(metrics, metric).value().expect("it is measured").get()
}

fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
}

/// The page of either language has a section of this id.
fn assert_section(report: &OwnerReport, id: &str) {
    for language in [Language::Ko, Language::En] {
        let page = owner_html(report, language);
        assert!(page.contains(&format!("<section id=\"{id}\"")), "{id}");
    }
}
