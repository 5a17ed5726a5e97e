//! Our measures beside scikit-survival's, on its own data sets.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::{command, python, workspace};

/// The version whose answers are compared.
const PACKAGE: &str = "scikit-survival==0.28.0";

/// The largest difference that passes.
const TOLERANCE: f64 = 1e-10;

/// Runs both and gives the section of the page.
pub(super) fn section(folder: &Path) -> anyhow::Result<String> {
    let example = "beside_scikit_survival";
    let build = ["build", "--package", "modu-survival", "--example", example];
    command::run(workspace::cargo().args(build))?;
    let ours = workspace::target()?.join("debug/examples").join(example);
    let programs = python::environment("scikit-survival", &[PACKAGE])?;
    let script = workspace::root().join("interop/care/scikit_survival.py");
    command::run(
        Command::new(programs.join("python"))
            .arg(script)
            .arg(folder),
    )?;
    let printed = command::output(Command::new(&ours).arg(folder))?;
    let mut section = format!(
        "\n## Measures beside {PACKAGE}\n\n\
         Its own data sets, half of the rows for censoring; under its conventions (`modu_survival::measure`).\n\
         *Apart* is the largest difference; above {TOLERANCE:e} this chore fails.\n\n\
         | table | measure | numbers | apart |\n|---|---|---|---|\n"
    );
    for line in printed.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [case, quantity, numbers, apart] = fields.as_slice() else {
            bail!("the example `{example}` printed what is no answer");
        };
        let apart: f64 = apart.parse().context("a difference is no number")?;
        if apart > TOLERANCE || apart.is_nan() {
            bail!("{case}, {quantity}: {apart:.1e} apart");
        }
        let quantity = quantity.replace('_', " ");
        writeln!(section, "| {case} | {quantity} | {numbers} | {apart:.1e} |")?;
    }
    Ok(section)
}
