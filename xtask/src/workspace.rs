//! Where things are.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// Cargo, as it started us, in the repository's root; but without what it told
/// us of ourselves. Build scripts of some crates (`ring`) are run again where
/// `CARGO_PKG_NAME` differs, and all that stands on them is compiled anew.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let told = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_"]
            .iter()
            .any(|it| told.starts_with(it))
        {
            cargo.env_remove(&name);
        }
    }
    cargo.current_dir(root());
    cargo
}

/// Cargo's target folder: where everything goes that can be made again.
pub(crate) fn target() -> anyhow::Result<PathBuf> {
    let answer = cargo()
        .args(["metadata", "--no-deps", "--format-version=1"])
        .output()
        .context("cargo metadata cannot be started")?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&answer.stdout).context("cargo metadata gave no JSON")?;
    let folder = metadata["target_directory"]
        .as_str()
        .context("cargo metadata names no target folder")?;
    Ok(folder.into())
}

/// A folder for what the chores install, below the target folder.
pub(crate) fn cache() -> anyhow::Result<PathBuf> {
    let folder = target()?.join("xtask");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder)
}
