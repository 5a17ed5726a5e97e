//! The whole job of a demonstration as a library's caller would do it: read a
//! table, let solutions score it, and bootstrap AUC, accuracy and F1 of each,
//! paired, among all rows. `cargo xtask bench proof` runs it beside the Python
//! programs in `bench/peers/proof`, which take the same arguments and print
//! the same JSON.
//!
//! `whole_job NEED TABLE REPLICATES SCORES SOLUTION...`: `SCORES` is a folder
//! that receives each solution's scores of the positive class, little-endian
//! single precision in the order of the rows, or `-` for none. The models run
//! in this process, without walls.

#![allow(clippy::print_stdout, reason = "a program that prints")]

use std::error::Error;
use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use modu_proof::dataset::{Dataset, Limits};
use modu_proof::evaluate::OnnxEvaluator;
use modu_proof::need::Need;
use modu_proof::predict::RowScorer;
use modu_proof::preparation::Features;
use modu_proof::solution::Solution;
use modu_statistics::{
    BootstrapPlan, Finite, IntervalMethod, Metric, Quantity, Settings, Share, StatisticsError,
    Strata, Study, SubsetId,
};
use serde_json::{Map, Value, json};

const METRICS: [(&str, Metric); 3] = [
    ("roc_auc", Metric::RocAuc),
    ("accuracy", Metric::Accuracy),
    ("f1", Metric::F1),
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [need, table, replicates, scores, solutions @ ..] = arguments.as_slice() else {
        return Err("usage: whole_job NEED TABLE REPLICATES SCORES SOLUTION...".into());
    };
    let need = Need::parse(&std::fs::read(need)?)?;
    let dataset = Dataset::read(&mut File::open(table)?, &need, &Limits::default())?;
    let keep = (scores != "-").then(|| PathBuf::from(scores));
    let mut answers = Vec::new();
    for folder in solutions {
        answers.push(score(&need, &dataset, Path::new(folder), keep.as_deref())?);
    }
    let models = measure(&need, &dataset, &answers, replicates.parse()?)?;
    let rows = dataset.rows();
    println!("{}", json!({ "rows": rows, "models": models }));
    Ok(())
}

/// A solution's id, and the positive class's score of every row.
struct Answer {
    id: String,
    scores: Vec<f64>,
}

fn score(
    need: &Need,
    dataset: &Dataset,
    folder: &Path,
    keep: Option<&Path>,
) -> Result<Answer, Box<dyn Error>> {
    let solution = Solution::parse(&std::fs::read(folder.join("solution.toml"))?)?;
    let model = std::fs::read(folder.join(&solution.model))?;
    let mut evaluator = OnnxEvaluator::boxed(&model, &solution.interface(need))?;
    let features = Features::bind(&solution, need)?;
    let scores = RowScorer::new(&features, evaluator.as_mut()).score(dataset)?;
    let column = match (scores.width, need.label.positive) {
        (1, _) | (_, None) => 0,
        (_, Some(positive)) => positive,
    };
    let of_positive: Vec<f32> = scores
        .values
        .chunks_exact(scores.width)
        .filter_map(|row| row.get(column).copied())
        .collect();
    if let Some(keep) = keep {
        let bytes: Vec<u8> = of_positive.iter().flat_map(|it| it.to_le_bytes()).collect();
        std::fs::write(keep.join(format!("{}.f32", solution.id)), bytes)?;
    }
    Ok(Answer {
        id: solution.id,
        scores: of_positive.into_iter().map(f64::from).collect(),
    })
}

/// For each model and metric: the estimate, and with replicates the limits of
/// its 95 % percentile interval.
fn measure(
    need: &Need,
    dataset: &Dataset,
    answers: &[Answer],
    replicates: u32,
) -> Result<Value, Box<dyn Error>> {
    let positive = need.label.positive.ok_or("the need is not binary")?;
    let classes = dataset.classes(need, need.label.column)?;
    let labels: Vec<bool> = classes
        .iter()
        .map(|&it| usize::from(it) == positive)
        .collect();
    let threshold = need.decision.map_or(0.5, |decision| decision.threshold);
    let settings = Settings {
        threshold: Finite::new(threshold).ok_or("a checked threshold")?,
        ..Settings::default()
    };
    let mut study = Study::binary(&labels, settings)?;
    let mut quantities = Vec::new();
    for answer in answers {
        let model = study.add_scores(&answer.scores)?;
        quantities.extend(METRICS.map(|(_, metric)| Quantity {
            model,
            metric,
            subset: SubsetId::ALL,
            class: None,
        }));
    }
    let confidence = Share::new(0.95).ok_or("a share")?;
    let values: Vec<Value> = if replicates == 0 {
        let measures = study.measure(&quantities)?;
        measures.iter().map(|it| json!([it.value()])).collect()
    } else {
        let plan = BootstrapPlan {
            replicates,
            seed: need.statistics.seed,
            strata: Strata::Whole,
            interval: IntervalMethod::Percentile,
        };
        let samples = study.bootstrap(&plan, &quantities, &|_| ControlFlow::Continue(()))?;
        let cells = samples.iter().map(|sample| {
            let interval = sample.interval(confidence)?;
            let (lower, upper) = (interval.lower.get(), interval.upper.get());
            Ok(json!([sample.estimate().value(), lower, upper]))
        });
        cells.collect::<Result<_, StatisticsError>>()?
    };
    let models = answers.iter().zip(values.chunks(METRICS.len()));
    let models: Map<String, Value> = models
        .map(|(answer, values)| {
            let named = METRICS.iter().zip(values);
            let named = named.map(|((name, _), value)| ((*name).to_owned(), value.clone()));
            (answer.id.clone(), Value::Object(named.collect()))
        })
        .collect();
    Ok(Value::Object(models))
}
