//! What the walls cost: the linear model of the shared statistics folder over
//! as many rows as the KDD Census-Income test table has, in batches, in the
//! same process and in a child.
//!
//! `MODU_DATA=... cargo run --release -p modu-proof-run --example walls`
#![allow(clippy::print_stdout, reason = "an example prints its result")]

use std::time::Instant;

use modu_onnx::Limits;
use modu_proof::evaluate::{
    Evaluate, ExpectedInput, FeatureBatch, FeatureTensor, FeatureValues, ModelInterface,
    OnnxEvaluator,
};
use modu_proof_run::{Options, SandboxedEvaluator, Strictness, child_main};

const ROWS: usize = 99_762;
const BATCH: usize = 4096;
const COLUMNS: usize = 500;

fn batch(rows: usize) -> FeatureBatch {
    let values = (0..rows * COLUMNS)
        .map(|index| {
            if index % 10 == index / COLUMNS % 10 {
                1.0
            } else {
                0.0
            }
        })
        .collect();
    FeatureBatch {
        rows,
        tensors: vec![FeatureTensor {
            name: "X".into(),
            width: COLUMNS,
            values: FeatureValues::Float32(values),
        }],
    }
}

fn seconds(evaluator: &mut dyn Evaluate) -> Result<f64, Box<dyn std::error::Error>> {
    let (full, rest) = (batch(BATCH), batch(ROWS % BATCH));
    let started = Instant::now();
    for _ in 0..ROWS / BATCH {
        evaluator.evaluate(&full)?;
    }
    evaluator.evaluate(&rest)?;
    Ok(started.elapsed().as_secs_f64())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if std::env::args().nth(1).as_deref() == Some("__proof-child") {
        std::process::exit(child_main().into());
    }
    let data = std::env::var("MODU_DATA").map_err(|_| "set MODU_DATA to the shared data folder")?;
    let model = std::fs::read(std::path::Path::new(&data).join("statistics/lr.onnx"))?;
    let interface = ModelInterface {
        inputs: vec![ExpectedInput {
            name: "X".into(),
            width: COLUMNS,
            integer: false,
        }],
        output: "probabilities".into(),
        classes: 2,
    };
    let mut options = Options::new(std::env::current_exe()?);
    options.strictness = Strictness::WithoutNamespaces;
    let started = Instant::now();
    let mut walled = SandboxedEvaluator::start(&options, &model, &interface)?;
    let start = started.elapsed().as_secs_f64();
    println!("{}", walled.confinement());
    let mut open = OnnxEvaluator::new(&model, &interface, &Limits::default())?;
    println!(
        "child started and model read in {:.1} ms; {ROWS} rows: {:.0} ms in the child, {:.0} ms in this process",
        start * 1e3,
        seconds(&mut walled)? * 1e3,
        seconds(&mut open)? * 1e3
    );
    Ok(())
}
