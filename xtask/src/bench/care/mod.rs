//! The prognosis engine's statistics beside those of R, Python and Rust.
//!
//! One scene for each task: ours and the peers do the same on the same
//! generated table, on one thread, in turns. What they found is compared
//! before anything is timed. The work is timed inside each process, from the
//! table in memory to the result in memory, so that neither R's nor Python's
//! start counts; memory is the whole process's peak.
//!
//! Ours are the scenes of `crates/modu-survival/examples/care_bench`; the
//! peers' programs stand in `bench/peers/care`, and take the same arguments. A scene of another task is a file here, a line in
//! [`SCENES`], a module of that example, and the peers' programs.

mod boosting;
mod cox;
mod forest;
mod peers;
mod scene;

use anyhow::ensure;

use super::Scale;
use super::page::Table;
use peers::Programs;
use scene::Scene;

/// How the scenes of a task are made, by the name that `--scene` takes.
type Make = fn(&Programs, Scale) -> anyhow::Result<Vec<Scene>>;

const SCENES: [(&str, Make); 3] = [
    ("cox", cox::scenes),
    // Measures.
    ("forest", forest::scenes),
    ("boosting", boosting::scenes),
];

/// All scenes, or those of one task.
pub(crate) fn run(rounds: u32, scale: Scale, only: Option<&str>) -> anyhow::Result<Vec<Table>> {
    let chosen = SCENES
        .iter()
        .filter(|(name, _)| only.is_none_or(|only| only == *name));
    let chosen: Vec<_> = chosen.collect();
    let names: Vec<_> = SCENES.iter().map(|(name, _)| *name).collect();
    ensure!(
        !chosen.is_empty(),
        "care has no such scene; it has {}",
        names.join(", ")
    );
    let programs = Programs::prepare()?;
    let mut tables = vec![programs.versions()?];
    for (_, scenes) in chosen {
        for scene in scenes(&programs, scale)? {
            tables.push(scene.measured(rounds)?);
        }
    }
    programs.tidy()?;
    Ok(tables)
}
