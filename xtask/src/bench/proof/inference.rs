//! Models alone, beside ONNX Runtime: the same matrix, one thread, processor
//! time of a pass inside the process.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::peers::{Peers, on_one_thread};
use super::{Ours, ROWS, demo};
use crate::bench::page::{Table, spread};
use crate::command;

/// Passes that are averaged within a round.
const PASSES: u32 = 20;

/// A model, and the matrix that it scores.
struct Case {
    name: String,
    model: PathBuf,
    input: &'static str,
    features: PathBuf,
}

pub(super) fn tables(ours: &Ours, peers: &Peers, rounds: u32) -> anyhow::Result<Vec<Table>> {
    let mut rows = Vec::new();
    for case in cases(ours, peers)? {
        let (mut our_passes, mut their_passes) = (Vec::new(), Vec::new());
        for round in 0..=rounds {
            let ours = pass_seconds(ours.example("inference"), &case)?;
            let theirs = pass_seconds(peers.program("inference.py"), &case)?;
            eprintln!("round {round}: {}: {ours:.4} s, {theirs:.4} s", case.name);
            if round > 0 {
                our_passes.push(ours);
                their_passes.push(theirs);
            }
        }
        let paired = our_passes.iter().zip(&their_passes);
        let ratios: Vec<f64> = paired.map(|(ours, theirs)| theirs / ours).collect();
        let milliseconds = |passes: &[f64]| spread(passes.iter().map(|it| it * 1e3));
        rows.push(vec![
            case.name,
            milliseconds(&our_passes),
            milliseconds(&their_passes),
            spread(ratios.into_iter()),
        ]);
    }
    let columns = ["", "ours ms", "ONNX Runtime ms", "ONNX Runtime, ours = 1"];
    Ok(vec![Table {
        title: "The models alone".to_owned(),
        about: format!(
            "Processor time of a pass over {ROWS} rows in memory, the mean of {PASSES} after one \
             that does not count; `crates/modu-onnx/examples/inference.rs` beside \
             `bench/peers/proof/inference.py`. A figure above 1 in the last column: ours is \
             faster by so much. A linear model is a matter of memory more than of arithmetic."
        ),
        columns: columns.map(str::to_owned).to_vec(),
        rows,
    }])
}

/// The demonstration's models on its rows; where the shared data is, also its
/// two models of 500 columns, on made-up rows.
fn cases(ours: &Ours, peers: &Peers) -> anyhow::Result<Vec<Case>> {
    let table = ours.table(ROWS)?;
    let mut cases = Vec::new();
    for (id, what) in [
        ("linear", "linear model, 37 columns"),
        ("forest", "200 boosted trees, 17 columns"),
        ("network", "network of 32 and 16, 183 columns"),
    ] {
        let folder = demo("solutions").join(id);
        let features = ours.folder.join(format!("{id}.features"));
        let mut write = peers.program("features.py");
        command::run(write.arg("table").arg(&table).arg(&folder).arg(&features))?;
        cases.push(Case {
            name: what.to_owned(),
            model: folder.join(format!("{id}.onnx")),
            input: "features",
            features,
        });
    }
    let Some(data) = std::env::var_os("MODU_DATA") else {
        eprintln!("skipped: no MODU_DATA, which the models of 500 columns need");
        return Ok(cases);
    };
    let features = ours.folder.join("made.features");
    let mut write = peers.program("features.py");
    command::run(write.arg("made").arg(ROWS.to_string()).arg(&features))?;
    for (file, what) in [
        ("lr.onnx", "logistic regression, 500 columns"),
        (
            "rf.onnx",
            "random forest of 100 trees of depth 10, 500 columns",
        ),
    ] {
        cases.push(Case {
            name: what.to_owned(),
            model: Path::new(&data).join("statistics").join(file),
            input: "X",
            features: features.clone(),
        });
    }
    Ok(cases)
}

fn pass_seconds(mut program: Command, case: &Case) -> anyhow::Result<f64> {
    program
        .arg(&case.model)
        .args([case.input, output_of(&case.model)]);
    program
        .arg(&case.features)
        .args([ROWS.to_string(), PASSES.to_string()]);
    let said: Value = serde_json::from_str(&command::output(on_one_thread(&mut program))?)?;
    said["pass_seconds"]
        .as_f64()
        .filter(|seconds| *seconds > 0.0)
        .ok_or_else(|| anyhow::anyhow!("{} gave no time", command::shown(&program)))
}

/// The network was exported by hand, with a name of its own.
fn output_of(model: &Path) -> &'static str {
    if model.ends_with("network.onnx") {
        "probability"
    } else {
        "probabilities"
    }
}
