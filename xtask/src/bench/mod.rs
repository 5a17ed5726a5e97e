//! `cargo xtask bench <engine>`: whole processes, measured and compared.
//!
//! Ours and the opponent are run in turns, so that a busy or warming machine
//! touches both alike, after one round that is thrown away. Every figure is
//! the median of the rounds with the least and the greatest beside it.

mod care;
mod evidence;
mod figures;
mod machine;
mod measure;
mod page;
mod proof;
mod route;
mod serve;
mod simulate;
mod store;
mod vuln;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use self::page::Way;
use crate::{command, workspace};

pub(crate) use route::{copy, empty, vrps};

#[derive(Args)]
pub(crate) struct Options {
    /// What is measured.
    engine: Engine,
    /// How many rounds count.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// A short run of `care`, `proof`, `route`, `serve` or `vuln`, to see that it works: printed, not kept.
    #[arg(long)]
    quick: bool,
    /// One task of `care` or `serve` only: printed, not kept.
    #[arg(long)]
    scene: Option<String>,
    /// In place of timing `proof`, simulate thousands of runs, and write
    /// bench/proof-simulation.md.
    #[arg(long)]
    simulate: bool,
    /// In place of the usual world of `route`, one of the real RPKI's size, once;
    /// writes bench/route-large.md.
    #[arg(long)]
    large: bool,
}

/// How much is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scale {
    /// What the page is made of; some ten minutes for `proof`.
    Full,
    /// The smaller sizes only.
    Quick,
}

#[derive(Clone, Copy, ValueEnum)]
enum Engine {
    /// Survival analysis beside R, Python and Rust.
    Care,
    /// The log: appending, signing, proofs.
    Evidence,
    /// The demonstration of solutions on data.
    Proof,
    /// Validation of routes' authorisations, and the gate.
    Route,
    /// The server: runs on record beside MLflow, pages over a long history.
    Serve,
    /// Artifacts into and out of a folder.
    Store,
    /// Lists of components against advisories.
    Vuln,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let scale = if options.quick {
        Scale::Quick
    } else {
        Scale::Full
    };
    if options.simulate {
        anyhow::ensure!(
            matches!(options.engine, Engine::Proof),
            "only proof has a simulation: cargo xtask bench proof --simulate"
        );
        return simulate::run(scale);
    }
    if options.large {
        anyhow::ensure!(
            matches!(options.engine, Engine::Route),
            "only route has a large world: cargo xtask bench route --large"
        );
        return write("route", "route-large", &Way::Large, &route::run_large()?);
    }
    let only = options.scene.as_deref();
    anyhow::ensure!(
        only.is_none() || matches!(options.engine, Engine::Care | Engine::Serve),
        "only care and serve have scenes: cargo xtask bench care --scene forest"
    );
    let way = Way::InTurns {
        rounds: options.rounds,
    };
    if matches!(options.engine, Engine::Care) && scale == Scale::Full && only.is_none() {
        return care::run_all(options.rounds, |tables| write("care", "care", &way, tables));
    }
    let shown = scale == Scale::Quick || only.is_some();
    let (name, tables) = match options.engine {
        Engine::Serve => {
            return serve::run(options.rounds, scale, only, |tables| match shown {
                true => show("serve", &way, tables),
                false => write("serve", "serve", &way, tables),
            });
        }
        Engine::Care => ("care", care::run(options.rounds, scale, only)?),
        Engine::Evidence => ("evidence", evidence::run(options.rounds)?),
        Engine::Proof => ("proof", proof::run(options.rounds, scale)?),
        Engine::Route => ("route", route::run(options.rounds, scale)?),
        Engine::Store => ("store", store::run(options.rounds)?),
        Engine::Vuln => ("vuln", vuln::run(options.rounds, scale)?),
    };
    if shown {
        return show(name, &way, &tables);
    }
    write(name, name, &way, &tables)
}

/// Shows the page of an engine, which is not kept.
fn show(engine: &str, way: &Way, tables: &[page::Table]) -> anyhow::Result<()> {
    println!("{}", page::page(engine, way, tables)?);
    Ok(())
}

/// Writes the page of an engine, and shows it.
fn write(engine: &str, file: &str, way: &Way, tables: &[page::Table]) -> anyhow::Result<()> {
    let text = page::page(engine, way, tables)?;
    let path = workspace::root().join(format!("bench/{file}.md"));
    std::fs::write(&path, &text).with_context(|| format!("cannot write {}", path.display()))?;
    println!("{text}\nwritten to {}", path.display());
    Ok(())
}

/// Builds an example with optimisation and gives its program.
pub(crate) fn example(package: &str, name: &str) -> anyhow::Result<PathBuf> {
    command::run(workspace::cargo().args([
        "build",
        "--release",
        "--package",
        package,
        "--example",
        name,
    ]))?;
    Ok(workspace::target()?.join("release/examples").join(name))
}
