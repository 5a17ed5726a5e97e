//! `cargo xtask fuzz`: looks for bytes that break a law of `modu-fuzz`.
//!
//! libFuzzer wants a program whose every branch reports that it was taken.
//! The stable compiler can build one when LLVM is asked directly; the programs
//! and all that they use go into a target folder of their own. What a run
//! found worth keeping stays below the target folder; `--keep` chooses the best
//! of it for `fuzz/corpus`, which ordinary tests replay.

mod keep;
mod report;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::{command, debian, workspace};
use report::Report;

#[derive(Args)]
pub(crate) struct Options {
    /// Only these targets, instead of all.
    targets: Vec<String>,
    /// How long each target runs.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// After how many inputs a target has done, where that comes sooner.
    #[arg(long)]
    executions: Option<u64>,
    /// Search in the order that this number gives, from the kept inputs and
    /// not from what earlier runs found, so that another machine sees the same.
    #[arg(long)]
    seed: Option<u32>,
    /// How many targets run at once.
    #[arg(long, default_value_t = 1)]
    jobs: usize,
    /// Choose the inputs to keep in fuzz/corpus anew: from our own writers'
    /// files, those kept before, and what was found.
    #[arg(long)]
    keep: bool,
}

/// The targets, and the feature that brings each.
const TARGETS: [(&str, &str); 17] = [
    ("advisory", "vuln"),
    ("advisory_bundle", "vuln"),
    ("bmp", "route"),
    ("bundle", "evidence"),
    ("component_list", "vuln"),
    ("csv", "proof"),
    ("care_table", "care"),
    ("fhir", "care"),
    ("id_token", "openid"),
    ("need", "proof"),
    ("onnx_vet", "onnx"),
    ("parquet", "proof"),
    ("route_state", "route"),
    ("route_text", "route"),
    ("solution", "proof"),
    ("tile", "evidence"),
    ("vuln_state", "vuln"),
];

/// What LLVM adds to the code: a counter for each branch, and a report of what
/// is compared with what. The names are cargo-fuzz's.
const INSTRUMENTED: &str = "--cfg fuzzing -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Cllvm-args=-simplifycfg-branch-fold-threshold=0";

/// Largest inputs; deeper nests and longer lists have their own tests.
const LARGEST: &str = "-max_len=8192";

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let chosen = chosen(&options.targets)?;
    debian::ensure(&[debian::C_COMPILER, debian::CXX_COMPILER])?;
    let folder = workspace::target()?.join("fuzz");
    let programs = build(&chosen, &folder)?;
    let waiting = Mutex::new(chosen.iter());
    let reports = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..options.jobs.max(1) {
            scope.spawn(|| {
                while let Some((name, _)) = next(&waiting) {
                    let report = run_one(name, &programs, &folder, options);
                    if let Ok(mut reports) = reports.lock() {
                        reports.push(report);
                    }
                }
            });
        }
    });
    let reports = reports.into_inner().unwrap_or_default();
    let reports: Vec<Report> = reports.into_iter().collect::<anyhow::Result<_>>()?;
    println!("{}", report::table(&reports));
    let broken: Vec<_> = reports.iter().filter_map(Report::finding).collect();
    if !broken.is_empty() {
        bail!("{}", broken.join("\n"));
    }
    if options.keep {
        keep::keep(&chosen, &programs, &folder)?;
    }
    Ok(())
}

type Target = (&'static str, &'static str);

fn chosen(names: &[String]) -> anyhow::Result<Vec<Target>> {
    if names.is_empty() {
        return Ok(TARGETS.to_vec());
    }
    let find = |name: &String| {
        let known = TARGETS.iter().find(|(target, _)| target == name);
        known.copied().with_context(|| {
            let known: Vec<_> = TARGETS.iter().map(|(target, _)| *target).collect();
            format!("`{name}` is no target: there are {}", known.join(", "))
        })
    };
    names.iter().map(find).collect()
}

fn next<'t>(waiting: &Mutex<std::slice::Iter<'t, Target>>) -> Option<&'t Target> {
    waiting.lock().ok()?.next()
}

/// Builds the programs; gives the folder that they are in.
fn build(chosen: &[Target], folder: &Path) -> anyhow::Result<PathBuf> {
    let machine = machine()?;
    let mut features: Vec<_> = chosen.iter().map(|(_, feature)| *feature).collect();
    features.sort_unstable();
    features.dedup();
    let mut cargo = workspace::cargo();
    cargo
        .args(["build", "--locked", "--manifest-path", "fuzz/Cargo.toml"])
        .args(["--no-default-features", "--features", &features.join(",")])
        // With a named machine, build scripts stay as they are.
        .args(["--target", &machine])
        .arg("--target-dir")
        .arg(folder)
        .env("RUSTFLAGS", INSTRUMENTED);
    for (name, _) in chosen {
        cargo.args(["--bin", name]);
    }
    command::run(&mut cargo)?;
    Ok(folder.join(machine).join("debug"))
}

/// The machine that the compiler builds for by itself.
fn machine() -> anyhow::Result<String> {
    let said = command::output(Command::new("rustc").arg("-vV"))?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc -vV names no host")
}

/// Lets libFuzzer look for a while.
fn run_one(
    name: &str,
    programs: &Path,
    folder: &Path,
    options: &Options,
) -> anyhow::Result<Report> {
    let found = match options.seed {
        None => made(&folder.join("found").join(name))?,
        Some(_) => emptied(&folder.join("seeded").join(name))?,
    };
    let broken = made(&folder.join("broken"))?;
    let log = folder.join(format!("{name}.log"));
    let words = workspace::root()
        .join("fuzz/words")
        .join(format!("{name}.dict"));
    let mut program = Command::new(programs.join(name));
    program
        .arg(&found)
        .args(beginnings(name, programs, folder)?)
        .args(options.seed.map(|seed| format!("-seed={seed}")))
        .arg(format!("-max_total_time={}", options.seconds))
        .args(options.executions.map(|most| format!("-runs={most}")))
        .arg(format!("-artifact_prefix={}/{name}-", broken.display()))
        .args([LARGEST, "-timeout=10", "-rss_limit_mb=2048"])
        .args(["-print_final_stats=1", "-reload=0"])
        .arg(format!("-dict={}", words.display()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(&log).with_context(|| format!("cannot write {}", log.display()))?);
    eprintln!("$ {}", command::shown(&program));
    let status = program
        .status()
        .with_context(|| format!("cannot start the fuzzer of {name}"))?;
    Report::read(name, &log, status.success())
}

/// Folders of inputs to begin with: the target's own seeds, which its program
/// writes, and those that the repository keeps.
fn beginnings(name: &str, programs: &Path, folder: &Path) -> anyhow::Result<[PathBuf; 2]> {
    let seeds = made(&folder.join("seeds").join(name))?;
    let mut program = Command::new(programs.join(name));
    program.arg("-runs=1").env("MODU_FUZZ_SEEDS", &seeds);
    command::output(&mut program)?;
    let kept = made(&workspace::root().join("fuzz/corpus").join(name))?;
    Ok([seeds, kept])
}

/// A folder that is there afterwards, with nothing in it.
fn emptied(folder: &Path) -> anyhow::Result<PathBuf> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)
            .with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    made(folder)
}

/// A folder that is there afterwards.
fn made(folder: &Path) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder.to_owned())
}
