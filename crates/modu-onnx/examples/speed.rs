//! How long the two models of the shared statistics folder take for as many
//! rows as the KDD Census-Income test table has.
//!
//! `MODU_DATA=... cargo run --release -p modu-onnx --example speed`
#![allow(clippy::print_stdout, reason = "an example prints its result")]

use std::time::Instant;

use modu_onnx::{Limits, Model, Tensor};

const ROWS: usize = 99_762;
const COLUMNS: usize = 500;

/// Six real columns, then blocks of ten columns with a single one, from a
/// fixed recurrence.
fn synthetic() -> Result<Tensor, modu_onnx::OnnxError> {
    let mut state = 20_261_122_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    let mut values = vec![0.0; ROWS * COLUMNS];
    for row in values.chunks_exact_mut(COLUMNS) {
        for value in &mut row[..6] {
            *value = (next() % 4000) as f32 / 1000.0 - 2.0;
        }
        for block in (6..COLUMNS).step_by(10) {
            row[(block + next() % 10).min(COLUMNS - 1)] = 1.0;
        }
    }
    Tensor::float32(vec![ROWS, COLUMNS], values)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = std::env::var("MODU_DATA").map_err(|_| "set MODU_DATA to the shared data folder")?;
    let input = synthetic()?;
    for name in ["lr.onnx", "rf.onnx"] {
        let bytes = std::fs::read(std::path::Path::new(&data).join("statistics").join(name))?;
        let started = Instant::now();
        let model = Model::read(&bytes, &["probabilities"], &Limits::default())?;
        let read = started.elapsed();
        let mut best = f64::INFINITY;
        for _ in 0..5 {
            let started = Instant::now();
            std::hint::black_box(model.run(&[("X", &input)])?);
            best = best.min(started.elapsed().as_secs_f64());
        }
        println!(
            "{name}: read in {:.1} ms; {ROWS} rows in {:.1} ms, {:.2} us a row (best of 5)",
            read.as_secs_f64() * 1e3,
            best * 1e3,
            best * 1e6 / ROWS as f64
        );
    }
    Ok(())
}
