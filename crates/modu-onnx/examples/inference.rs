//! Lets a model score a matrix again and again, and prints what a pass took:
//! the counterpart of `bench/peers/proof/inference.py`, with the same arguments
//! and the same JSON.
//!
//! `inference MODEL INPUT OUTPUT FEATURES ROWS PASSES`: `FEATURES` holds `ROWS`
//! rows of single-precision numbers, little-endian, row-major. One thread; a
//! first pass does not count.

#![allow(clippy::print_stdout, reason = "an example prints its result")]

use std::error::Error;

use modu_onnx::{Limits, Model, Tensor};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, input, output, features, rows, passes] = arguments.as_slice() else {
        return Err("usage: inference MODEL INPUT OUTPUT FEATURES ROWS PASSES".into());
    };
    let (rows, passes): (usize, u32) = (rows.parse()?, passes.parse()?);
    let model = Model::read(&std::fs::read(model)?, &[output], &Limits::default())?;
    let bytes = std::fs::read(features)?;
    let (words, _) = bytes.as_chunks::<4>();
    let values: Vec<f32> = words.iter().map(|word| f32::from_le_bytes(*word)).collect();
    drop(bytes);
    let tensor = Tensor::float32(vec![rows, values.len() / rows], values)?;
    model.run(&[(input, &tensor)])?;
    let started = processor_seconds();
    for _ in 0..passes {
        std::hint::black_box(model.run(&[(input, &tensor)])?);
    }
    let seconds = (processor_seconds() - started) / f64::from(passes);
    println!("{{\"pass_seconds\": {seconds}}}");
    Ok(())
}

/// Processor seconds of this process so far, to 10 ms, where Linux tells; else
/// 0.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).and_then(|it| it.parse::<f64>().ok());
    (ticks(13).unwrap_or(0.0) + ticks(14).unwrap_or(0.0)) / 100.0
}
