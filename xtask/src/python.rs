//! Programs from PyPI, each set in a virtual environment of its own.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context as _;

use crate::{command, debian, workspace};

/// Installs packages, with pinned versions, into the environment `name` and
/// gives its `bin` folder. Done once: a finished environment of the same
/// packages is used again.
pub(crate) fn environment(name: &str, packages: &[&str]) -> anyhow::Result<PathBuf> {
    let folder = workspace::cache()?.join(format!("python-{name}"));
    let (programs, seal) = (folder.join("bin"), folder.join("installed"));
    let wanted = packages.join("\n");
    if std::fs::read_to_string(&seal).is_ok_and(|installed| installed == wanted) {
        return Ok(programs);
    }
    debian::ensure(&[debian::PYTHON])?;
    command::run(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&folder),
    )?;
    command::run(
        Command::new(programs.join("python"))
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .args(packages),
    )?;
    std::fs::write(&seal, wanted).with_context(|| format!("cannot write {}", seal.display()))?;
    Ok(programs)
}
