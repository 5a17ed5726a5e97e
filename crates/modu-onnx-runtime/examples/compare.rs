//! Our scores of a model beside ONNX Runtime's, on made-up rows.
//!
//! `cargo run --release -p modu-onnx-runtime --features onnxruntime --example
//! compare -- libonnxruntime.so model.onnx OUTPUT`
#![allow(clippy::print_stdout, reason = "an example prints its result")]

#[cfg(feature = "onnxruntime")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use modu_onnx::{Dimension, ElementType, Limits, Model, Tensor, vet};
    use modu_onnx_runtime::{Library, RuntimeModel, difference};

    const ROWS: usize = 10_000;

    let arguments: Vec<String> = std::env::args().collect();
    let [_, library, path, output] = arguments.as_slice() else {
        return Err("name the library, the model and its output of scores".into());
    };
    let bytes = std::fs::read(path)?;
    let limits = Limits::default();
    let model = Model::read(&bytes, &[output], &limits)?;
    let mut inputs = Vec::new();
    for port in model.inputs() {
        let Some([_, Dimension::Fixed(width)]) = port.shape.as_deref() else {
            return Err(format!("the input {port} has no fixed width").into());
        };
        let shape = vec![ROWS, *width];
        // Some numbers of both signs, and many zeros, as one-hot columns make.
        let steps = (0..ROWS * width).map(|index| (index * 7919 % 61) as i64 - 30);
        inputs.push((
            port.name.as_str(),
            match port.element_type {
                Some(ElementType::Int64) => Tensor::int64(shape, steps.map(i64::abs).collect())?,
                _ => Tensor::float32(shape, steps.map(|step| step.max(0) as f32 / 16.0).collect())?,
            },
        ));
    }
    let given: Vec<(&str, &Tensor)> = inputs.iter().map(|(name, t)| (*name, t)).collect();
    let library = Library::load(std::path::Path::new(library))?;
    let vetted = vet(&bytes, &[output], &limits)?;
    let theirs = RuntimeModel::read(&library, &vetted)?.run(&given)?;
    let ours = model.run(&given)?;
    let found = difference(&ours[0].1, &theirs[0]).ok_or("the outputs cannot be compared")?;
    let ulps = found
        .ulps
        .map_or("not comparable (NaN)".to_owned(), |ulps| {
            format!("at most {ulps} units in the last place")
        });
    println!(
        "{ROWS} rows: {} decisions differ; scores differ by {ulps}",
        found.decisions
    );
    Ok(())
}

#[cfg(not(feature = "onnxruntime"))]
fn main() {
    println!("build it with --features onnxruntime");
}
