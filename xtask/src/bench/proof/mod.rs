//! The proof engine beside the Python ways of the same job.
//!
//! `job` measures the whole job, from a CSV to intervals; `growth` how its
//! cost grows with the rows; `inference` the models alone. What we are
//! compared with stands in `bench/peers/proof`, and is installed by `peers`.
//! Nothing is timed before the answers were found to agree.

mod growth;
mod inference;
mod job;
mod peers;

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context as _;

use super::measure::{Contestant, in_turns};
use super::page::Table;
use super::{Scale, example};
use crate::{command, workspace};
use peers::Peers;

/// Rows of the demonstration's table.
const ROWS: u64 = 99_762;

/// Our programs, and where the work is done.
#[derive(Clone)]
struct Ours {
    modu: PathBuf,
    /// Examples of `modu-proof` and `modu-onnx`.
    examples: PathBuf,
    folder: PathBuf,
}

impl Ours {
    /// Builds them together, so that what they share is built once.
    fn build() -> anyhow::Result<Self> {
        let mut build = workspace::cargo();
        build.args(["build", "--release", "--bin", "modu"]);
        for package in ["modu", "modu-proof", "modu-onnx"] {
            build.args(["--package", package]);
        }
        for example in ["whole_job", "scaled_table", "inference"] {
            build.args(["--example", example]);
        }
        command::run(&mut build)?;
        let folder = workspace::cache()?.join("bench-proof");
        if folder.exists() {
            std::fs::remove_dir_all(&folder)
                .with_context(|| format!("cannot remove {}", folder.display()))?;
        }
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        let release = workspace::target()?.join("release");
        Ok(Self {
            modu: release.join("modu"),
            examples: release.join("examples"),
            folder,
        })
    }

    fn example(&self, name: &str) -> Command {
        Command::new(self.examples.join(name))
    }

    /// A CSV of so many rows like those of the demonstration's table.
    fn table(&self, rows: u64) -> anyhow::Result<PathBuf> {
        let csv = self.folder.join(format!("rows-{rows}.csv"));
        if !csv.exists() {
            let mut write = self.example("scaled_table");
            write.arg(need()).arg(demo("census-test.parquet"));
            command::run(write.arg(rows.to_string()).arg(&csv))?;
        }
        Ok(csv)
    }
}

fn demo(path: &str) -> PathBuf {
    workspace::root().join("demo").join(path)
}

/// The need that the whole job is measured by.
fn need() -> PathBuf {
    workspace::root().join("bench/peers/proof/need.toml")
}

fn solutions() -> [PathBuf; 2] {
    ["linear", "forest"].map(|id| demo("solutions").join(id))
}

pub(crate) fn run(rounds: u32, scale: Scale) -> anyhow::Result<Vec<Table>> {
    let (ours, peers) = (Ours::build()?, Peers::install()?);
    let mut tables = job::tables(&ours, &peers, rounds, scale)?;
    tables.extend(growth::tables(&ours, &peers, scale)?);
    tables.extend(inference::tables(&ours, &peers, rounds)?);
    tables.push(demonstration(&ours, rounds)?);
    if scale == Scale::Full {
        let bootstrap = example("modu-statistics", "bootstrap_speed")?;
        tables.push(Table::of_text(
            "The bootstrap",
            "One run of `crates/modu-statistics/examples/bootstrap_speed.rs`.",
            &command::output(&mut Command::new(bootstrap))?,
        ));
    }
    std::fs::remove_dir_all(&ours.folder)
        .with_context(|| format!("cannot remove {}", ours.folder.display()))?;
    Ok(tables)
}

fn demonstration(ours: &Ours, rounds: u32) -> anyhow::Result<Table> {
    let (program, folder) = (ours.modu.clone(), ours.folder.join("demo"));
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
    Ok(Table::of_processes(
        "The demonstration",
        "`modu demo` in a fresh folder: keys, registration, four solutions on 99,762 rows with \
         every measure in every group, decision, evidence, witness, verification and replay.",
        Some((ROWS as f64, "rows/s")),
        &demo,
        &samples,
    ))
}
