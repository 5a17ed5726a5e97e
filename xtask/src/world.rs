//! `cargo xtask world --cas N`: a signed RPKI of a stated size in a folder.
//!
//! The work is `crates/modu-route-world/examples/make_world.rs`, built with
//! optimisation. Its keys are kept in the target folder, outside of the
//! repository's files, and used again; making them is nearly all of the cost
//! of a first world (about 50 ms of a processor for each authority).

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use clap::Args;

use crate::{bench, command, workspace};

#[derive(Args)]
pub(crate) struct Options {
    /// How many certificate authorities.
    #[arg(long, default_value_t = 3_000)]
    cas: u32,
    /// The folder that is written; by default one of the target folder.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Other values of the shape, such as `roas=7`: the example says which.
    values: Vec<String>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let out = match &options.out {
        Some(out) => out.clone(),
        None => workspace::cache()?.join(format!("world-{}", options.cas)),
    };
    let mut values = vec![format!("authorities={}", options.cas)];
    values.extend_from_slice(&options.values);
    make(&out, &values)?;
    println!("written to {}", out.display());
    Ok(())
}

/// Writes a world into a folder, in the place of one that is there.
pub(crate) fn make(out: &Path, values: &[String]) -> anyhow::Result<()> {
    for old in ["rsync", "tals", "rrdp"].map(|it| out.join(it)) {
        if old.exists() {
            std::fs::remove_dir_all(&old)
                .with_context(|| format!("cannot remove {}", old.display()))?;
        }
    }
    let program = bench::example("modu-route-world", "make_world")?;
    let keys = workspace::cache()?.join("world-keys");
    command::run(Command::new(program).arg(out).arg(keys).args(values))
}
