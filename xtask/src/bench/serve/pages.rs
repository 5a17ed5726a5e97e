//! Pages of the console over a long history, at a steady rate.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::http::Connection;
use super::{load, memory, ours};
use crate::bench::page::Table;
use crate::bench::{Scale, example, figures};
use crate::interop::served::Served;

/// Pages a second.
const RATE: u32 = 200;
const THREADS: u32 = 24;

/// A page and how often it is asked for, of ten times.
const MIX: [(&str, &str); 10] = [
    ("front page", "/"),
    ("front page", "/"),
    ("front page", "/"),
    ("a project", "/projects/{}"),
    ("a project", "/projects/{}"),
    ("a project", "/projects/{}"),
    ("a project", "/projects/{}"),
    ("evidence", "/evidence"),
    ("history", "/history"),
    ("history, long ago", "/history?until={}"),
];

/// Fills a history, opens it and looks at it.
pub(super) fn run(program: &Path, folder: &Path, scale: Scale) -> anyhow::Result<Vec<Table>> {
    let (events, lasts) = match scale {
        Scale::Full => ("1000000", Duration::from_secs(30)),
        Scale::Quick => ("50000", Duration::from_secs(5)),
    };
    let home = folder.join("home-pages");
    drop(Served::start_program(
        program,
        &home,
        &["--empty", "--workers", "0"],
    )?);
    let mut made = Command::new(example("modu-programme", "history_bench")?);
    made.arg(home.join("programme.sqlite")).arg(events);
    let rows = figures::once(&mut made)?;
    let begun = Instant::now();
    let served = Served::start_program(program, &home, &["--empty", "--workers", "0"])?;
    let opened = begun.elapsed().as_secs_f64();
    let cold = memory::mib(served.process());
    let browser = ours::signed_in(&served)?;
    let projects = projects(&served)?;
    let count: u64 = events.parse()?;
    let connect = || browser.another();
    let show = |connection: &mut Connection, number: u64| {
        let (_, path) = MIX[(number % 10) as usize];
        // Spread over all projects and all of the history.
        let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let name = match path.starts_with("/projects") {
            true => projects[(spread % projects.len() as u64) as usize].clone(),
            false => (spread % count).to_string(),
        };
        connection.get(&path.replace("{}", &name))?.good().map(drop)
    };
    // Once, that does not count.
    load::open(THREADS, RATE, Duration::from_secs(2), &connect, &show)?;
    let (seen, most) = memory::most(served.process(), || {
        load::open(THREADS, RATE, lasts, &connect, &show)
    });
    let seen = seen?;
    let mut tables = Table::of_figures(
        "A long history",
        "`crates/modu-programme/examples/history_bench.rs`: projects that go their whole way, forty steps each. Opening reads every entry, checks the chain and computes where everything stands.",
        &rows,
    );
    let mut names: Vec<&str> = MIX.iter().map(|(name, _)| *name).collect();
    names.dedup();
    let about = format!(
        "{RATE} pages a second for {} s on a history of {events} events, each timed from the moment at which it was due: {}. Wanted: a 99th percentile under 50 ms. `modu serve` was open after {opened:.1} s, and held {cold:.0} MiB then.",
        lasts.as_secs(),
        names.join(", "),
    );
    tables.push(Table {
        title: "Pages at a steady rate".to_owned(),
        about,
        columns: ["pages a second", "p50 ms", "p99 ms", "most memory MiB"]
            .map(str::to_owned)
            .to_vec(),
        rows: vec![vec![
            format!("{:.0}", seen.rate),
            format!("{:.2}", seen.p50),
            format!("{:.1}", seen.p99),
            format!("{most:.0}"),
        ]],
    });
    Ok(tables)
}

/// The numbers of projects, a few hundred of them over the whole history.
fn projects(served: &Served) -> anyhow::Result<Vec<String>> {
    let mut connection = Connection::new(&ours::host(&served.address)?, "");
    let (mut after, mut found) = (0_u64, Vec::new());
    while found.len() < 1_000 {
        let path = format!("/api/v1/projects?limit=1&after={after}");
        let answer = connection.get(&path)?.good()?;
        let page: serde_json::Value = serde_json::from_slice(&answer.body)?;
        let Some(project) = page["items"][0]["project"].as_u64() else {
            break;
        };
        found.push(project.to_string());
        after = project + 1_000;
    }
    found.first().context("there is no project")?;
    Ok(found)
}
