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
            Self::Canonical => "crates/modu-kernel/tests/reference/make_canonical.py",
            Self::Models => "crates/modu-onnx/tests/reference/make_models.py",
        }
    }

    /// The PyPI packages that it needs.
    fn packages(self) -> anyhow::Result<Vec<String>> {
        match self {
            Self::Canonical => Ok(vec!["rfc8785==0.1.4".to_owned()]),
            Self::Demo | Self::Models => requirements("demo/requirements.txt"),
        }
    }

    /// The file that its output becomes, where it does not write itself.
    fn output(self) -> Option<&'static str> {
        match self {
            Self::Canonical => Some("crates/modu-kernel/tests/reference/canonical.jsonl"),
            Self::Demo | Self::Models => None,
        }
    }
}

pub(crate) fn run(what: What) -> anyhow::Result<()> {
    let packages = what.packages()?;
    let packages: Vec<_> = packages.iter().map(String::as_str).collect();
    let name = match what {
        What::Canonical => "canonical",
        What::Demo | What::Models => "demo",
    };
    let programs = python::environment(name, &packages)?;
    let mut python = Command::new(programs.join("python"));
    python.arg(what.program()).current_dir(workspace::root());
    match what.output() {
        None => command::run(&mut python)?,
        Some(path) => {
            let text = command::output(&mut python)?;
            std::fs::write(workspace::root().join(path), text)
                .with_context(|| format!("cannot write {path}"))?;
        }
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
