//! `cargo xtask generate`: files of the repository that a program made.
//!
//! Each is made by the program that stands beside it, in an environment of
//! the versions it names; whether anything changed is left to `git` to tell.
//! The reference values of `modu-statistics` also need R and are made by hand
//! (`crates/modu-statistics/tests/reference/make_reference.py` says how).

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use clap::ValueEnum;

use crate::{command, python, workspace};

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum What {
    /// demo/: the table, the solutions and their reference metrics (a minute).
    Demo,
    /// demo/utterances/: the solutions and their reference metrics, from the
    /// corpus in the folder 3i4k of `MODU_DATA` (five minutes).
    Utterances,
    /// docs/metrics.md, from the doc comments of the metrics.
    Metrics,
    /// The reference values of canonical JSON, by the PyPI package rfc8785.
    Canonical,
    /// The small ONNX models of the tests and what ONNX Runtime makes of them.
    Models,
}

impl What {
    /// The program, from the repository's root.
    fn program(self) -> &'static str {
        match self {
            Self::Demo => "demo/train.py",
            Self::Utterances => "demo/utterances/train.py",
            Self::Metrics => "docs/metrics.md",
            Self::Canonical => "crates/modu-kernel/tests/reference/make_canonical.py",
            Self::Models => "crates/modu-onnx/tests/reference/make_models.py",
        }
    }

    /// The PyPI packages that it needs.
    fn packages(self) -> anyhow::Result<Vec<String>> {
        match self {
            Self::Canonical => Ok(vec!["rfc8785==0.1.4".to_owned()]),
            Self::Metrics => Ok(Vec::new()),
            Self::Demo | Self::Utterances | Self::Models => requirements("demo/requirements.txt"),
        }
    }

    /// The file that its output becomes, where it does not write itself.
    fn output(self) -> Option<&'static str> {
        match self {
            Self::Canonical => Some("crates/modu-kernel/tests/reference/canonical.jsonl"),
            Self::Demo | Self::Utterances | Self::Metrics | Self::Models => None,
        }
    }
}

pub(crate) fn run(what: What) -> anyhow::Result<()> {
    match what {
        What::Metrics => write_metrics()?,
        _ => run_program(what)?,
    }
    let folder = Path::new(what.program()).parent().unwrap_or(Path::new("."));
    let mut status = Command::new("git");
    status
        .args(["status", "--short", "--"])
        .arg(folder)
        .current_dir(workspace::root());
    let changed = command::output(&mut status)?;
    if changed.is_empty() {
        println!("{}: nothing changed", folder.display());
    } else {
        println!("{}: changed\n{changed}", folder.display());
    }
    Ok(())
}

/// The test that compares the document with the code writes it where it is
/// told to.
fn write_metrics() -> anyhow::Result<()> {
    let mut test = workspace::cargo();
    test.args(["test", "--quiet", "--package", "modu-proof", "--test", "it"])
        .arg("metrics_document")
        .env("MODU_WRITE_GOLDEN", "1");
    command::run(&mut test)
}

fn run_program(what: What) -> anyhow::Result<()> {
    let packages = what.packages()?;
    let packages: Vec<_> = packages.iter().map(String::as_str).collect();
    let name = match what {
        What::Canonical => "canonical",
        _ => "demo",
    };
    let programs = python::environment(name, &packages)?;
    let mut python = Command::new(programs.join("python"));
    python.arg(what.program()).current_dir(workspace::root());
    if matches!(what, What::Utterances) {
        let data =
            std::env::var_os("MODU_DATA").context("set MODU_DATA to the folder that holds 3i4k")?;
        python.arg(Path::new(&data).join("3i4k"));
    }
    match what.output() {
        None => command::run(&mut python)?,
        Some(path) => {
            let text = command::output(&mut python)?;
            std::fs::write(workspace::root().join(path), text)
                .with_context(|| format!("cannot write {path}"))?;
        }
    }
    Ok(())
}

/// The packages that a requirements file pins, one a line.
fn requirements(path: &str) -> anyhow::Result<Vec<String>> {
    let text = std::fs::read_to_string(workspace::root().join(path))
        .with_context(|| format!("cannot read {path}"))?;
    let lines = text.lines().map(str::trim);
    Ok(lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect())
}
