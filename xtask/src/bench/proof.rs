//! The `modu` program at its main job.

use std::process::Command;

use super::example;
use super::measure::{Contestant, in_turns};
use super::page::Table;
use crate::{command, workspace};

pub(crate) fn run(rounds: u32) -> anyhow::Result<Vec<Table>> {
    command::run(workspace::cargo().args(["build", "--release", "--package", "modu"]))?;
    let program = workspace::target()?.join("release/modu");
    let folder = workspace::cache()?.join("bench-proof");
    let demo = [Contestant {
        name: "modu demo".to_owned(),
        command: Box::new(move || {
            if folder.exists() {
                std::fs::remove_dir_all(&folder)?;
            }
            let mut demo = Command::new(&program);
            demo.arg("demo").arg("--into").arg(&folder);
            Ok(demo)
        }),
    }];
    let samples = in_turns(&demo, rounds)?;
    let whole = Table::of_processes(
        "The demonstration",
        "`modu demo` in a fresh folder: keys, registration, the solutions on 99,762 rows, \
         decision, evidence, witness, verification and replay.",
        Some((99_762.0, "rows/s")),
        &demo,
        &samples,
    );
    let mut tables = vec![whole];
    let bootstrap = example("modu-statistics", "bootstrap_speed")?;
    tables.push(Table::of_text(
        "The bootstrap",
        "One run of `crates/modu-statistics/examples/bootstrap_speed.rs`.",
        &command::output(&mut Command::new(bootstrap))?,
    ));
    if std::env::var_os("MODU_DATA").is_some() {
        let kernels = example("modu-onnx", "speed")?;
        tables.push(Table::of_text(
            "The kernels",
            "One run of `crates/modu-onnx/examples/speed.rs`, on the shared data's models.",
            &command::output(&mut Command::new(kernels))?,
        ));
    } else {
        eprintln!("skipped: no MODU_DATA, which the kernels' measure needs");
    }
    Ok(tables)
}
