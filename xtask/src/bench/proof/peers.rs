//! The Python programs that we are compared with.

use std::path::PathBuf;
use std::process::Command;

use crate::{command, python, workspace};

/// Exact versions from PyPI.
const PACKAGES: [&str; 5] = [
    "numpy==2.4.6",
    "onnxruntime==1.31.1",
    "pandas==3.1.1",
    "pyarrow==26.0.1",
    "scikit-learn==1.9.1",
];

/// A Python with the peers' packages.
#[derive(Clone)]
pub(super) struct Peers {
    python: PathBuf,
}

impl Peers {
    pub(super) fn install() -> anyhow::Result<Self> {
        let programs = python::environment("bench-proof", &PACKAGES)?;
        Ok(Self {
            python: programs.join("python"),
        })
    }

    /// A program of `bench/peers/proof`, ready for its arguments.
    pub(super) fn program(&self, name: &str) -> Command {
        let script = workspace::root().join("bench/peers/proof").join(name);
        let mut program = Command::new(&self.python);
        // Nothing is written beside the scripts, not even their byte code.
        program.arg("-B").arg(script);
        program
    }

    /// What is installed, for the page.
    pub(super) fn versions(&self) -> anyhow::Result<String> {
        let python = command::output(Command::new(&self.python).arg("--version"))?;
        Ok(format!("{}; {}", python.trim(), PACKAGES.join(", ")))
    }
}

/// Keeps a program, ours or theirs, to one thread.
pub(super) fn on_one_thread(program: &mut Command) -> &mut Command {
    for name in [
        "RAYON_NUM_THREADS",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
    ] {
        program.env(name, "1");
    }
    program
}
