//! How the cost of the whole job grows with the rows.

use std::path::Path;

use super::Ours;
use super::job::{Who, job};
use super::peers::Peers;
use crate::bench::Scale;
use crate::bench::measure::{Sample, measure};
use crate::bench::page::{Table, spread};

/// Replicates of everybody but the ordinary way.
const REPLICATES: u32 = 100;
/// Replicates of the ordinary way, which would take most of an hour for more.
const ORDINARY_REPLICATES: u32 = 2;
/// What the largest table takes of a peer, in bytes, and some room.
const MEMORY: u64 = 12 << 30;

pub(super) fn tables(ours: &Ours, peers: &Peers, scale: Scale) -> anyhow::Result<Vec<Table>> {
    let sizes: &[u64] = match scale {
        Scale::Full => &[10_000, 100_000, 1_000_000, 10_000_000],
        Scale::Quick => &[10_000, 100_000],
    };
    let mut rows = Vec::new();
    for &size in sizes {
        let table = ours.table(size)?;
        for (who, name, replicates) in [
            (Who::Ours, "our library", REPLICATES),
            (Who::Fastest, "fastest", REPLICATES),
            (Who::Ordinary, "ordinary, 2 replicates", ORDINARY_REPLICATES),
        ] {
            let cells = match left_out(who, size) {
                Some(reason) => vec![reason, String::new(), String::new(), String::new()],
                None => {
                    let mut job = job(who, ours, peers, &table, replicates, Path::new("-"));
                    job.stdout(std::process::Stdio::null());
                    let sample = measure(&mut job)?;
                    eprintln!("{size} rows: {name}: {:.3} s", sample.wall.as_secs_f64());
                    figures(&sample, size)
                }
            };
            let head = [size.to_string(), name.to_owned()];
            rows.push(head.into_iter().chain(cells).collect());
        }
        std::fs::remove_file(&table)?;
    }
    let columns = [
        "rows",
        "",
        "wall s",
        "processor s",
        "processor us a row",
        "peak memory MiB",
    ];
    Ok(vec![Table {
        title: "How it grows".to_owned(),
        about: format!(
            "The same job on one thread with {REPLICATES} replicates, one run each: the \
             demonstration's rows in turn, whole numbers moved a little from the second turn on \
             (`crates/modu-proof/examples/scaled_table.rs`). The ordinary way is given \
             {ORDINARY_REPLICATES} replicates."
        ),
        columns: columns.map(str::to_owned).to_vec(),
        rows,
    }])
}

/// Why somebody does not take part at a size.
fn left_out(who: Who, size: u64) -> Option<String> {
    match who {
        Who::Ours => None,
        _ if size < 10_000_000 => None,
        Who::Ordinary => Some("not run".to_owned()),
        Who::Fastest if available_memory() < MEMORY => Some("too little memory here".to_owned()),
        Who::Fastest => None,
    }
}

fn figures(sample: &Sample, size: u64) -> Vec<String> {
    let processor = sample.processor.as_secs_f64();
    [
        sample.wall.as_secs_f64(),
        processor,
        processor * 1e6 / size as f64,
        sample.memory as f64 / 1024.0,
    ]
    .map(|figure| spread(std::iter::once(figure)))
    .to_vec()
}

/// Bytes that the system can give without swapping; 0 where it does not say.
fn available_memory() -> u64 {
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or_default() * 1024
}
