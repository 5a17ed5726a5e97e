//! The `modu` program at its main job.

use std::process::Command;

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
    Ok(vec![Table::of_processes(
        "The demonstration",
        "`modu demo` in a fresh folder: keys, registration, three solutions on 99,762 rows, \
         decision, evidence, witness, verification and replay.",
        Some((99_762.0, "rows/s")),
        &demo,
        &samples,
    )])
}
