//! How fast a log appends durably and proves inclusion, as JSON lines.
//!
//! ```text
//! cargo run --release -p modu-evidence --example log_bench -- [ENTRIES [LEAVES [FOLDER]]]
//! ```
//!
//! ENTRIES (100,000) of 2,048 bytes are appended for each size of batch, LEAVES
//! (10,000,000) of 16 bytes make the log in which inclusion is proved, and both
//! lie in a fresh folder below FOLDER (the system's temporary one), which
//! decides what a durable write costs. Peak memory is the process's so far.
#![allow(clippy::print_stdout, reason = "this is what it is for")]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use modu_evidence::log::{Hash, Log, LogKeys, LogReader, Origin};
use modu_evidence::note::{EcdsaP256Signer, Ed25519Signer, KeyName};
use serde_json::json;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The entries of the appended log, as large as a signed statement.
const ENTRY_BYTES: usize = 2048;
const BATCHES: [usize; 5] = [1, 64, 1024, 4096, 16_384];
const PROOFS: u64 = 5_000;

fn main() -> Outcome {
    let mut arguments = std::env::args().skip(1);
    let entries: usize = arguments.next().map_or(Ok(100_000), |text| text.parse())?;
    let leaves: u64 = arguments
        .next()
        .map_or(Ok(10_000_000), |text| text.parse())?;
    let folder = arguments
        .next()
        .map_or_else(std::env::temp_dir, PathBuf::from)
        .join(format!("modu-log-bench-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let result = run(&folder, entries, leaves);
    fs::remove_dir_all(&folder)?;
    result
}

fn run(folder: &Path, entries: usize, leaves: u64) -> Outcome {
    let signer = signer()?;
    let keys = vec![signer.0.key().clone(), signer.1.key().clone()];
    let keys = LogKeys::new(Origin::new("bench.modu.example")?, keys)?;
    for batch in BATCHES {
        // A log of one entry a batch is measured on fewer entries.
        let entries = entries.min(batch * 500);
        let folder = folder.join(format!("append-{batch}"));
        append(&folder, entries, batch, &keys, &signer)?;
        fs::remove_dir_all(&folder)?;
    }
    let folder = folder.join("proofs");
    grow(&folder, leaves, &keys, &signer)?;
    prove(&folder, &keys, "reader kept open", false)?;
    prove(&folder, &keys, "reader opened for each proof", true)
}

type Signer = (EcdsaP256Signer, Ed25519Signer);

fn signer() -> Outcome<Signer> {
    let name = KeyName::new("bench.modu.example")?;
    let ecdsa = p256::ecdsa::SigningKey::from_slice(&[3; 32])?;
    let ed25519 = ed25519_dalek::SigningKey::from_bytes(&[1; 32]);
    let ecdsa = EcdsaP256Signer::new(name.clone(), ecdsa)?;
    Ok((ecdsa, Ed25519Signer::new(name, ed25519)?))
}

fn append(folder: &Path, entries: usize, batch: usize, keys: &LogKeys, signer: &Signer) -> Outcome {
    let mut log = Log::create(folder, keys, signer)?;
    let (cpu, mut spent, mut slowest) = (cpu_seconds()?, Duration::ZERO, Duration::ZERO);
    for first in (0..entries).step_by(batch) {
        let made: Vec<_> = (first..entries.min(first + batch))
            .map(|n| entry(n as u64, ENTRY_BYTES))
            .collect();
        let before = Instant::now();
        log.append_batch(&made, signer)?;
        spent += before.elapsed();
        slowest = slowest.max(before.elapsed());
    }
    let (cpu, seconds) = (cpu_seconds()? - cpu, spent.as_secs_f64());
    drop(log);
    let before = Instant::now();
    drop(Log::open(folder, keys)?);
    println!(
        "{}",
        json!({
            "measure": "append",
            "batch": batch,
            "entries": entries,
            "entry_bytes": ENTRY_BYTES,
            "entries_per_second": (entries as f64 / seconds).round(),
            "commits_per_second": (entries.div_ceil(batch) as f64 / seconds * 10.0).round() / 10.0,
            "slowest_commit_ms": milliseconds(slowest),
            "cpu_seconds": (cpu * 100.0).round() / 100.0,
            "open_ms": milliseconds(before.elapsed()),
            "peak_rss_mib": peak_rss_mib()?,
        })
    );
    Ok(())
}

fn grow(folder: &Path, leaves: u64, keys: &LogKeys, signer: &Signer) -> Outcome {
    const BATCH: u64 = 65_536;
    let mut log = Log::create(folder, keys, signer)?;
    let (cpu, start) = (cpu_seconds()?, Instant::now());
    for first in (0..leaves).step_by(BATCH as usize) {
        let batch: Vec<_> = (first..leaves.min(first + BATCH))
            .map(|n| entry(n, 16))
            .collect();
        log.append_batch(&batch, signer)?;
    }
    println!(
        "{}",
        json!({
            "measure": "grow",
            "leaves": leaves,
            "batch": BATCH,
            "entries_per_second": (leaves as f64 / start.elapsed().as_secs_f64()).round(),
            "cpu_seconds": ((cpu_seconds()? - cpu) * 100.0).round() / 100.0,
            "peak_rss_mib": peak_rss_mib()?,
        })
    );
    Ok(())
}

/// Inclusion proofs of entries spread over the whole log, each verified.
fn prove(folder: &Path, keys: &LogKeys, reader: &str, open_each_time: bool) -> Outcome {
    let mut log = LogReader::open(folder, keys)?;
    let size = log.size();
    let count = if open_each_time { PROOFS / 10 } else { PROOFS };
    let mut times = Vec::new();
    for n in 0..count {
        // A stride prime to the size visits entries all over the log.
        let index = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % size;
        let before = Instant::now();
        if open_each_time {
            log = LogReader::open(folder, keys)?;
        }
        let proof = log.inclusion_proof(index, size)?;
        times.push(before.elapsed());
        proof.verify(&Hash::of_leaf(&entry(index, 16)), &log.checkpoint().root)?;
    }
    times.sort();
    let at = |share: f64| milliseconds(times[((times.len() - 1) as f64 * share) as usize]);
    println!(
        "{}",
        json!({
            "measure": "inclusion proof",
            "reader": reader,
            "leaves": size,
            "proofs": times.len(),
            "p50_ms": at(0.5),
            "p99_ms": at(0.99),
            "max_ms": at(1.0),
            "peak_rss_mib": peak_rss_mib()?,
        })
    );
    Ok(())
}

/// No two entries are alike, and making them costs next to nothing.
fn entry(index: u64, length: usize) -> Vec<u8> {
    let mut entry = vec![b'.'; length];
    entry[..8].copy_from_slice(&index.to_be_bytes());
    entry
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// User and system time of this process (proc(5), fields 14 and 15; ticks are
/// 1/100 s on every Linux of today).
fn cpu_seconds() -> Outcome<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(')').next().ok_or("no process name")?;
    let ticks = after_name.split_whitespace().skip(11).take(2);
    let total: u64 = ticks.map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    Ok(total as f64 / 100.0)
}

fn peak_rss_mib() -> Outcome<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    Ok(kib.ok_or("no VmHWM")?.parse::<u64>()? / 1024)
}
