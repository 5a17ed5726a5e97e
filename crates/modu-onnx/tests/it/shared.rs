//! The two models of the shared statistics folder: 500 columns, trained on the
//! KDD Census-Income table.

use modu_onnx::{Limits, Model, Tensor};

/// One-hot-like rows from a fixed recurrence: six real columns, then blocks of
/// ten with a single one.
fn synthetic(rows: usize) -> Tensor {
    let mut state = 20_261_122_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let mut values = Vec::with_capacity(rows * 500);
    for _ in 0..rows {
        let start = values.len();
        values.extend((0..6).map(|_| (next() % 4000) as f32 / 1000.0 - 2.0));
        values.resize(start + 500, 0.0);
        for block in (6..500).step_by(10) {
            let at = block + (next() % 10) as usize;
            if at < 500 {
                values[start + at] = 1.0;
            }
        }
    }
    Tensor::float32(vec![rows, 500], values).unwrap()
}

#[test]
fn the_shared_models_give_probabilities() {
    let Some(data) = std::env::var_os("MODU_DATA") else {
        eprintln!("skipped: no MODU_DATA");
        return;
    };
    let folder = std::path::Path::new(&data).join("statistics");
    let input = synthetic(300);
    for name in ["lr.onnx", "rf.onnx"] {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let model = Model::read(&bytes, &["probabilities"], &Limits::default()).unwrap();
        assert_eq!(model.inputs()[0].name, "X");
        let outputs = model.run(&[("X", &input)]).unwrap();
        let scores = outputs[0].1.as_float32().unwrap();
        assert_eq!(outputs[0].1.shape(), [300, 2]);
        for pair in scores.chunks_exact(2) {
            assert!((pair[0] + pair[1] - 1.0).abs() < 1e-6, "{name}: {pair:?}");
            assert!((0.0..=1.0).contains(&pair[1]), "{name}: {pair:?}");
        }
        let distinct: std::collections::BTreeSet<u32> =
            scores.iter().map(|score| score.to_bits()).collect();
        assert!(
            distinct.len() > 20,
            "{name} gives {} different scores",
            distinct.len()
        );
    }
}
