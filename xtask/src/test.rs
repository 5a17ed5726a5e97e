//! `cargo xtask test`: every test there is.

use clap::Args;

use crate::{command, debian, python, workspace};

/// The S3 server that the store's tests talk to, on a loopback address.
const MOTO: &str = "moto[server]==5.2.1";

/// The features that bring the adapters.
const ADAPTERS: &str = "modu/tract,modu-onnx-runtime/onnxruntime,modu-proof-datafusion/datafusion";

#[derive(Args)]
pub(crate) struct Options {
    /// Install nothing; tests whose programs are missing say that they are
    /// skipped.
    #[arg(long)]
    offline: bool,
    /// Also run the tests that take minutes or gigabytes.
    #[arg(long)]
    slow: bool,
    /// Also build and test the adapters to other makers' runtimes, which takes
    /// some ten more minutes of processor time.
    #[arg(long, conflicts_with = "packages")]
    adapters: bool,
    /// Only these crates, instead of the whole workspace.
    #[arg(short, long = "package")]
    packages: Vec<String>,
}

/// Runs all tests, documentation tests included. `MODU_DATA`, where it is
/// set, reaches the tests over shared data.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let mut test = workspace::cargo();
    // One run tells everything.
    test.args(["test", "--no-fail-fast"]);
    if options.packages.is_empty() {
        test.arg("--workspace");
    }
    if options.adapters {
        test.args(["--features", ADAPTERS]);
    }
    for package in &options.packages {
        test.args(["--package", package]);
    }
    if options.offline {
        eprintln!("--offline: nothing is installed, and tests may be skipped");
        test.arg("--offline");
    } else {
        debian::ensure(&[debian::C_COMPILER, debian::PYTHON, debian::POSTGRESQL])?;
        let programs = python::environment("moto", &[MOTO])?;
        test.env("MODU_MOTO_SERVER", programs.join("moto_server"));
    }
    if options.slow {
        test.env("MODU_SLOW", "1");
    }
    // The servers of tests are on this machine, whatever leads elsewhere.
    for name in ["NO_PROXY", "no_proxy"] {
        let known = std::env::var(name).unwrap_or_default();
        test.env(name, format!("localhost,127.0.0.1,::1,{known}"));
    }
    if std::env::var_os("MODU_DATA").is_none() {
        eprintln!("MODU_DATA is not set: tests over the shared data are skipped");
    }
    command::run(&mut test)
}
