//! The prognosis engine's statistics beside those of R, Python and Rust.
//!
//! One scene for each task: ours and the peers do the same on the same
//! generated table, on one thread, in turns. What they found is compared
//! before anything is timed. The work is timed inside each process, from the
//! table in memory to the result in memory, so that neither R's nor Python's
//! start counts; memory is the whole process's peak.
//!
//! Ours are the scenes of `crates/modu-survival/examples/care_bench`; the
//! peers' programs stand in `bench/peers/care`, and take the same arguments.
//! A scene of another task is a file here, a line in
//! [`SCENES`], a module of that example, and the peers' programs.

mod boosting;
mod cox;
mod forest;
mod kept;
mod peers;
mod scene;

use anyhow::ensure;

use super::Scale;
use super::page::Table;
use kept::Kept;
use peers::Programs;
use scene::Scene;

/// How the scenes of a task are made, by the name that `--scene` takes.
type Make = fn(&Programs, Scale) -> anyhow::Result<Vec<Scene>>;

const SCENES: [(&str, Make); 4] = [
    ("cox", cox::scenes),
    ("concordance", cox::concordance),
    ("forest", forest::scenes),
    ("boosting", boosting::scenes),
];

/// Some tasks, in small or at their full size: nothing is kept.
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
    for (_, make) in chosen {
        tables.extend(measured(&programs, *make, rounds, scale)?);
    }
    programs.tidy()?;
    Ok(tables)
}

/// All tasks at their full size. After each, the tables so far are shown, and
/// kept: a run that was cut off goes on from there, if it is of the same
/// program and as many rounds.
pub(crate) fn run_all(
    rounds: u32,
    mut show: impl FnMut(&[Table]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let programs = Programs::prepare()?;
    let kept = Kept::of(&programs, rounds)?;
    let mut tables = vec![programs.versions()?];
    for (place, (name, make)) in SCENES.into_iter().enumerate() {
        let of_task = match kept.read(name) {
            Some(tables) => tables,
            None => {
                let measured = measured(&programs, make, rounds, Scale::Full)?;
                kept.write(name, &measured)?;
                measured
            }
        };
        tables.extend(of_task);
        let rest: Vec<_> = SCENES[place + 1..].iter().map(|(name, _)| *name).collect();
        if !rest.is_empty() {
            tables.push(not_yet(&rest));
        }
        show(&tables)?;
        tables.truncate(tables.len() - usize::from(!rest.is_empty()));
    }
    kept.tidy()?;
    programs.tidy()
}

/// What a page says that is not finished.
fn not_yet(tasks: &[&str]) -> Table {
    Table {
        title: "Not measured yet".to_owned(),
        about: format!("{}: the same command goes on with them.", tasks.join(", ")),
        columns: Vec::new(),
        rows: Vec::new(),
    }
}

fn measured(
    programs: &Programs,
    make: Make,
    rounds: u32,
    scale: Scale,
) -> anyhow::Result<Vec<Table>> {
    let scenes = make(programs, scale)?.into_iter();
    scenes.map(|scene| scene.measured(rounds)).collect()
}
