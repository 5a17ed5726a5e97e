//! The whole job: from a CSV of 99,762 rows to intervals of AUC, accuracy and
//! F1 of two solutions.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use serde_json::Value;

use super::peers::{Peers, on_one_thread};
use super::{Ours, ROWS, need, solutions};
use crate::bench::Scale;
use crate::bench::measure::{Contestant, Sample, in_turns};
use crate::bench::page::{Table, spread};
use crate::command;

/// Bootstrap replicates of the job.
const REPLICATES: u32 = 2000;

/// Who does the job; all take the same arguments and print the same JSON.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// Our library, by its example.
    Ours,
    /// pandas, ONNX Runtime and scikit-learn's metrics in a loop.
    Ordinary,
    /// Arrow, ONNX Runtime and counts in NumPy.
    Fastest,
}

/// `NEED TABLE REPLICATES SCORES SOLUTION...` on one thread.
pub(super) fn job(
    who: Who,
    ours: &Ours,
    peers: &Peers,
    table: &Path,
    replicates: u32,
    scores: &Path,
) -> Command {
    let mut program = match who {
        Who::Ours => ours.example("whole_job"),
        Who::Ordinary => peers.program("ordinary.py"),
        Who::Fastest => peers.program("fastest.py"),
    };
    program.arg(need()).arg(table).arg(replicates.to_string());
    program.arg(scores).args(solutions());
    on_one_thread(&mut program);
    program
}

pub(super) fn tables(
    ours: &Ours,
    peers: &Peers,
    rounds: u32,
    scale: Scale,
) -> anyhow::Result<Vec<Table>> {
    let table = ours.table(ROWS)?;
    let agreement = compare(ours, peers, &table)?;
    let few = match scale {
        Scale::Full => 50,
        Scale::Quick => 10,
    };
    let contestants = contestants(ours, peers, &table, few)?;
    let samples = in_turns(&contestants, rounds)?;
    let about = format!(
        "One CSV of {ROWS} rows and 21 columns; the demonstration's linear model and its forest \
         of 200 trees; {REPLICATES} replicates of ROC-AUC, accuracy and F1 of both, paired. All on \
         one thread but where it says so. {}. {agreement}\n\n\
         - *ordinary*: `ordinary.py`, scikit-learn's metrics in a loop over resamples. \
         {REPLICATES} replicates would take minutes: measured are 0 and {few}, and the line marked \
         so is the first plus the difference times {REPLICATES}/{few}.\n\
         - *fastest*: `fastest.py`, the fastest that we could write in NumPy.\n\
         - *our library*: `crates/modu-proof/examples/whole_job.rs`.\n\
         - *modu proof run*: the same and all it stands for: rows shuffled, each model in a \
         confined child process, sixteen measures with intervals, tests, gate, two reports in two \
         languages, signed evidence in the log.",
        peers.versions()?
    );
    Ok(vec![shown(&about, &contestants, samples, few)])
}

/// In this order: ordinary without and with replicates, fastest, our library,
/// the same on all threads, and the whole program.
fn contestants(
    ours: &Ours,
    peers: &Peers,
    table: &Path,
    few: u32,
) -> anyhow::Result<Vec<Contestant>> {
    let of = |name: &str, who, replicates, threads| {
        let (ours, peers, table) = (ours.clone(), peers.clone(), table.to_owned());
        Contestant {
            name: name.to_owned(),
            command: Box::new(move || {
                let mut job = job(who, &ours, &peers, &table, replicates, Path::new("-"));
                if threads == Threads::All {
                    job.env_remove("RAYON_NUM_THREADS");
                }
                Ok(job)
            }),
        }
    };
    Ok(vec![
        of("ordinary, no replicates", Who::Ordinary, 0, Threads::One),
        of(
            &format!("ordinary, {few} replicates"),
            Who::Ordinary,
            few,
            Threads::One,
        ),
        of("fastest", Who::Fastest, REPLICATES, Threads::One),
        of("our library", Who::Ours, REPLICATES, Threads::One),
        of(
            "our library, all threads",
            Who::Ours,
            REPLICATES,
            Threads::All,
        ),
        whole_program(ours, table)?,
    ])
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Threads {
    One,
    All,
}

/// `modu proof run` in a home that has registered the need.
fn whole_program(ours: &Ours, table: &Path) -> anyhow::Result<Contestant> {
    let home = ours.folder.join("home");
    let modu = ours.modu.clone();
    let start = move || {
        let mut modu = Command::new(&modu);
        modu.arg("--quiet").arg("--home").arg(&home);
        modu
    };
    command::run(start().args(["init", "--organisation", "Bench"]).args([
        "--identity",
        "https://bench.example/",
        "--origin",
        "log.bench.example",
    ]))?;
    command::run(start().args(["proof", "register"]).arg(need()))?;
    let (out, table) = (ours.folder.join("report"), table.to_owned());
    Ok(Contestant {
        name: "modu proof run, all threads".to_owned(),
        command: Box::new(move || {
            let mut run = start();
            run.args(["proof", "run"])
                .arg(need())
                .arg("--data")
                .arg(&table);
            for solution in solutions() {
                run.arg("--solution").arg(solution);
            }
            run.arg("--out").arg(&out);
            Ok(run)
        }),
    })
}

/// Lets everybody do the job once and keep the answers, holds them against
/// each other, and says what was found.
fn compare(ours: &Ours, peers: &Peers, table: &Path) -> anyhow::Result<String> {
    let answer = |who, name: &str, replicates| -> anyhow::Result<PathBuf> {
        let folder = ours.folder.join(name);
        std::fs::create_dir_all(&folder)?;
        let said = command::output(&mut job(who, ours, peers, table, replicates, &folder))?;
        std::fs::write(folder.join("answer.json"), said)?;
        Ok(folder)
    };
    let our_answer = answer(Who::Ours, "ours", REPLICATES)?;
    let mut sentences = Vec::new();
    for (who, name) in [(Who::Fastest, "fastest"), (Who::Ordinary, "ordinary")] {
        // Few replicates of the ordinary way take as long as many of the others.
        let replicates = if who == Who::Ordinary {
            100
        } else {
            REPLICATES
        };
        let theirs = answer(who, name, replicates)?;
        let mut compare = peers.program("compare.py");
        compare.arg(need()).arg(table).arg(&our_answer).arg(&theirs);
        let said = command::output(compare.arg(replicates.to_string()))
            .context("our answers and a peer's are not the same; nothing was timed")?;
        let found: Value = serde_json::from_str(&said)?;
        eprintln!("{name}: {found}");
        let number = |key: &str| found[key].as_f64().unwrap_or(f64::NAN);
        sentences.push(format!(
            "{name}: scores differ by at most {:.1e} ({} single-precision steps), estimates on \
             equal scores by {:.1e}, limits by {:.1} Monte Carlo standard errors",
            number("score_difference"),
            number("score_ulps"),
            number("estimate_difference"),
            number("limit_errors"),
        ));
    }
    Ok(format!(
        "Before timing, the answers were compared ({}).",
        sentences.join("; ")
    ))
}

/// The lines of the table; the third of them is made of the first two.
fn shown(about: &str, contestants: &[Contestant], samples: Vec<Vec<Sample>>, few: u32) -> Table {
    let scale = f64::from(REPLICATES) / f64::from(few);
    let ordinary: Vec<Sample> = samples[0]
        .iter()
        .zip(&samples[1])
        .map(|(none, some)| extrapolated(none, some, scale))
        .collect();
    let library = samples[3].clone();
    let names = contestants.iter().map(|it| it.name.clone());
    let mut lines: Vec<(String, Vec<Sample>)> = names.zip(samples).collect();
    let name = format!("ordinary, {REPLICATES} replicates (extrapolated)");
    lines.insert(2, (name, ordinary));
    let rows = lines.into_iter().map(|(name, samples)| {
        let spread_of = |value: fn(&Sample) -> f64| spread(samples.iter().map(value));
        let paired = samples.iter().zip(&library);
        let processor = |sample: &Sample| sample.processor.as_secs_f64();
        vec![
            name,
            spread_of(|sample| sample.wall.as_secs_f64()),
            spread_of(|sample| sample.processor.as_secs_f64()),
            spread_of(|sample| sample.memory as f64 / 1024.0),
            spread(
                paired
                    .clone()
                    .map(|(it, ours)| processor(it) / processor(ours)),
            ),
            spread(paired.map(|(it, ours)| it.memory as f64 / ours.memory as f64)),
        ]
    });
    let columns = [
        "",
        "wall s",
        "processor s",
        "peak memory MiB",
        "processor, our library = 1",
        "memory, our library = 1",
    ];
    Table {
        title: "The whole job".to_owned(),
        about: about.to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }
}

fn extrapolated(none: &Sample, some: &Sample, scale: f64) -> Sample {
    Sample {
        wall: none.wall + some.wall.saturating_sub(none.wall).mul_f64(scale),
        processor: none.processor + some.processor.saturating_sub(none.processor).mul_f64(scale),
        memory: some.memory,
    }
}
