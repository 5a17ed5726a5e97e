//! `cargo xtask bench serve`: the server under load.
//!
//! Runs on record beside MLflow's tracking server, which does the same work: a
//! run with 20 metrics and one file of 4 KiB is logged, read back, and a
//! hundred are listed, by as many connections as fast as they are answered.
//! Before anything is timed, what is read back must be what was logged. Ours
//! answers a run once it is signed, in the log and on the disk; at the end it
//! is killed, and everything that it acknowledged must be there. Then pages of
//! the console over a history of a million events, at a steady rate; and how
//! soon a worker takes a job.

mod http;
mod jobs;
mod load;
mod memory;
mod mlflow;
mod ours;
mod pages;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::ensure;

use self::http::Connection;
use self::load::Load;
use self::mlflow::{MLFLOW, Mlflow};
use self::ours::Ours;
use super::Scale;
use super::page::{Table, spread};
use crate::{command, python, workspace};

/// Who asks at once.
const CONNECTIONS: u32 = 32;
/// Bytes of a run's file.
const FILE: usize = 4 << 10;
const METRICS: u32 = 20;
/// Runs that are there before anything is timed.
const BEFORE: u64 = 200;
const WORKS: [&str; 3] = ["log a run", "read it back", "list 100 runs"];

/// A run to be logged, or as it was read back.
struct Run {
    name: String,
    metrics: Vec<(String, f64)>,
    file: Vec<u8>,
    /// What the server told of it.
    told: Vec<u8>,
}

impl Run {
    fn number(number: u64) -> Self {
        let metrics = (0..METRICS).map(|place| {
            let value = number as f64 / 3.0 + f64::from(place) / 7.0;
            (format!("metric_{place:02}"), value)
        });
        let mut file = vec![b'x'; FILE];
        file[..8].copy_from_slice(&number.to_be_bytes());
        Self {
            name: format!("run {number}"),
            metrics: metrics.collect(),
            file,
            told: Vec::new(),
        }
    }
}

/// A server that is measured.
trait Contestant: Sync {
    fn name(&self) -> &'static str;
    fn process(&self) -> u32;
    /// Requests of each work.
    fn requests(&self) -> [u32; 3];
    fn connection(&self) -> Connection;
    /// Logs a run.
    fn record(&self, connection: &mut Connection, run: &Run) -> anyhow::Result<()>;
    /// Fetches one of the runs that were logged, and its file.
    fn read(&self, connection: &mut Connection, number: u64) -> anyhow::Result<Run>;
    /// What was fetched, read.
    fn read_run(&self, run: Run) -> anyhow::Result<Run>;
    /// Fetches a hundred.
    fn list(&self, connection: &mut Connection, number: u64) -> anyhow::Result<Vec<u8>>;
    /// How many were fetched.
    fn count(&self, list: &[u8]) -> anyhow::Result<usize>;
}

/// What is measured of one contestant over the rounds.
#[derive(Default)]
struct Measured {
    works: [Vec<Load>; 3],
    memory: Vec<f64>,
}

/// All scenes; what is measured so far is handed on after each, so that a
/// scene that fails does not take the figures of the one before with it.
pub(super) fn run(
    rounds: u32,
    scale: Scale,
    only: Option<&str>,
    mut kept: impl FnMut(&[Table]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let folder = workspace::cache()?.join("bench-serve");
    super::empty(&folder)?;
    std::fs::create_dir_all(&folder)?;
    let program = program(scale)?;
    let mut tables = Vec::new();
    if only.is_none_or(|scene| scene == "runs") {
        tables.extend(runs(&program, &folder, rounds, scale)?);
        kept(&tables)?;
    }
    if only.is_none_or(|scene| scene == "pages") {
        tables.extend(pages::run(&program, &folder, scale)?);
        kept(&tables)?;
    }
    if only.is_none_or(|scene| scene == "jobs") {
        tables.extend(jobs::run(&program, &folder, scale)?);
        kept(&tables)?;
    }
    ensure!(
        !tables.is_empty(),
        "the scenes of serve are `runs`, `pages` and `jobs`"
    );
    Ok(())
}

/// Our program: as it is shipped, or quickly made to see that it works.
fn program(scale: Scale) -> anyhow::Result<PathBuf> {
    let mut build = workspace::cargo();
    build.args(["build", "--quiet", "--package", "modu"]);
    let kind = match scale {
        Scale::Full => {
            build.arg("--release");
            "release"
        }
        Scale::Quick => "debug",
    };
    command::run(&mut build)?;
    Ok(workspace::target()?.join(kind).join("modu"))
}

fn runs(program: &Path, folder: &Path, rounds: u32, scale: Scale) -> anyhow::Result<Vec<Table>> {
    let programs = python::environment("mlflow", &[MLFLOW])?;
    let home = folder.join("home-runs");
    let ours = Ours::start(program, &home)?;
    let mlflow = Mlflow::start(&programs, &folder.join("mlflow"))?;
    let contestants: [&dyn Contestant; 2] = [&ours, &mlflow];
    for contestant in contestants {
        same(contestant)?;
    }
    let (rounds, lasts) = match scale {
        Scale::Full => (rounds, Duration::from_secs(10)),
        Scale::Quick => (1, Duration::from_secs(3)),
    };
    let mut measured = [Measured::default(), Measured::default()];
    for round in 0..=rounds {
        for (contestant, measured) in contestants.iter().zip(&mut measured) {
            eprintln!("round {round}: {}", contestant.name());
            let first = BEFORE + u64::from(round) * 10_000_000;
            let (loads, memory) =
                memory::most(contestant.process(), || round_of(*contestant, first, lasts));
            if round == 0 {
                loads?;
                continue;
            }
            for (work, load) in measured.works.iter_mut().zip(loads?) {
                work.push(load);
            }
            measured.memory.push(memory);
        }
    }
    let table = table(&contestants, &measured);
    drop(mlflow);
    let kept = ours.killed(program, &home)?;
    Ok(vec![Table {
        about: format!(
            "{} After the last round our server was killed and started again: all {kept} runs that it had acknowledged were there.",
            table.about
        ),
        ..table
    }])
}

/// What is read back is what was logged.
fn same(contestant: &dyn Contestant) -> anyhow::Result<()> {
    let mut connection = contestant.connection();
    for number in 0..BEFORE {
        contestant.record(&mut connection, &Run::number(number))?;
    }
    for number in [0, 1, BEFORE - 1] {
        let logged = Run::number(number);
        let back = contestant.read(&mut connection, number)?;
        let mut back = contestant.read_run(back)?;
        back.metrics.sort_by(|a, b| a.0.cmp(&b.0));
        ensure!(
            (&back.name, &back.metrics, &back.file)
                == (&logged.name, &logged.metrics, &logged.file),
            "{} gives back another run {number}: {:?} {:?}",
            contestant.name(),
            back.name,
            back.metrics
        );
    }
    let list = contestant.list(&mut connection, 0)?;
    let count = contestant.count(&list)?;
    ensure!(count == 100, "{} lists {count} runs", contestant.name());
    Ok(())
}

fn round_of(contestant: &dyn Contestant, first: u64, lasts: Duration) -> anyhow::Result<[Load; 3]> {
    let connect = || contestant.connection();
    let log = |connection: &mut Connection, number: u64| {
        contestant.record(connection, &Run::number(first + number))
    };
    let read = |connection: &mut Connection, number: u64| {
        // One after the other, from places all over what was logged.
        let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        contestant.read(connection, spread).map(drop)
    };
    let list =
        |connection: &mut Connection, number: u64| contestant.list(connection, number).map(drop);
    Ok([
        load::closed(CONNECTIONS, lasts, &connect, &log)?,
        load::closed(CONNECTIONS, lasts, &connect, &read)?,
        load::closed(CONNECTIONS, lasts, &connect, &list)?,
    ])
}

fn table(contestants: &[&dyn Contestant; 2], measured: &[Measured; 2]) -> Table {
    let mut rows = Vec::new();
    let mut ratios = Vec::new();
    for (work, name) in WORKS.iter().enumerate() {
        for (contestant, measured) in contestants.iter().zip(measured) {
            let loads = &measured.works[work];
            let of = |value: &dyn Fn(&Load) -> f64| spread(loads.iter().map(value));
            let requests = f64::from(contestant.requests()[work]);
            rows.push(vec![
                (*name).to_owned(),
                contestant.name().to_owned(),
                of(&|load| load.rate),
                of(&|load| load.rate * requests),
                of(&|load| load.p50),
                of(&|load| load.p99),
                loads
                    .iter()
                    .map(|load| load.failed)
                    .sum::<u64>()
                    .to_string(),
                spread(measured.memory.iter().copied()),
            ]);
        }
        let rates = [0, 1].map(|place: usize| {
            let loads = &measured[place].works[work];
            median(loads.iter().map(|load| load.rate))
        });
        ratios.push(format!("{name} {:.1} times", rates[0] / rates[1]));
    }
    let memory = [0, 1].map(|place: usize| median(measured[place].memory.iter().copied()));
    let about = format!(
        "{CONNECTIONS} connections; a run has {METRICS} metrics and a file of {FILE} bytes. {MLFLOW} on SQLite, two workers, its artifacts in a folder: four requests to log a run, of which none waits for the disk but SQLite's; ours is one, answered once the run is signed evidence in the log and its file on the disk. What is read back was compared before. Wanted: 20 times its rate at a tenth of its memory. Here, by medians: {}; {:.2} of its memory.",
        ratios.join(", "),
        memory[0] / memory[1]
    );
    let columns = [
        "work",
        "server",
        "a second",
        "requests a second",
        "p50 ms",
        "p99 ms",
        "failed",
        "most memory MiB",
    ];
    Table {
        title: "Runs on record".to_owned(),
        about,
        columns: columns.map(str::to_owned).to_vec(),
        rows,
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
