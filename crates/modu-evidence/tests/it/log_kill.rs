//! A process that appends is killed at random moments, again and again.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use modu_evidence::EvidenceError;
use modu_evidence::log::{Checkpoint, Log, LogReader};
use modu_kernel::NoProgress;

use crate::log_keys::{entries, entry, keys, memory_folder, signer};

const FOLDER: &str = "MODU_TEST_LOG_TO_APPEND_TO";
const KILLS: u64 = 75;

/// Numbers that look random and are the same in every run (SplitMix64).
fn scramble(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The child: appends batches for ever and says so after each.
#[test]
#[ignore = "runs as the child of the test below"]
fn child_that_appends_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let mut log = match Log::create(&folder, &keys(), &signer()) {
        Err(EvidenceError::AlreadyExists { .. }) => Log::open(&folder, &keys()).unwrap(),
        created => created.unwrap(),
    };
    let mut out = std::io::stdout();
    loop {
        let size = log.checkpoint().size;
        let batch = match scramble(size) % 4 {
            0 => 1,
            1 => 256 - size % 256,
            _ => scramble(size) % 700,
        };
        let done = log
            .append_batch(&entries(size..size + batch), &signer())
            .unwrap();
        // One write: a line is heard whole or, cut by the kill, not at all.
        let line = format!("{}\n", done.checkpoint.to_string().replace('\n', " "));
        out.write_all(line.as_bytes()).unwrap();
        out.flush().unwrap();
    }
}

/// Runs a child, kills it `delay` after its first `commits` commits, and gives
/// the checkpoints that it acknowledged.
fn run_and_kill(folder: &Path, commits: usize, delay: Duration) -> Vec<Checkpoint> {
    let mut child = Command::new("/proc/self/exe")
        .args([
            "--exact",
            "log_kill::child_that_appends_until_it_is_killed",
            "--ignored",
            "--nocapture",
            "--quiet",
        ])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut acknowledged = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| Checkpoint::parse(&line.replace(' ', "\n")).ok());
    let mut heard: Vec<_> = acknowledged.by_ref().take(commits).collect();
    std::thread::sleep(delay);
    child.kill().unwrap();
    child.wait().unwrap();
    heard.extend(acknowledged);
    heard
}

#[test]
fn a_log_whose_writer_is_killed_keeps_all_it_acknowledged_and_stays_one_history() {
    let folder = memory_folder();
    let folder = folder.path().join("log");
    let mut acknowledged: Vec<Checkpoint> = Vec::new();
    let mut cut_short = 0;
    for round in 0..KILLS {
        // Every third child is killed while it starts, recovers or creates.
        let commits = (round % 3) as usize;
        let delay = Duration::from_micros(scramble(round) % 30_000);
        let before = acknowledged.len();
        acknowledged.extend(run_and_kill(&folder, commits, delay));
        let last = acknowledged.last().map_or(0, |checkpoint| checkpoint.size);

        // As the folder lies there, before any recovery.
        let lying = match LogReader::open(&folder, &keys()) {
            Err(EvidenceError::NoLog { .. }) if last == 0 => continue,
            reader => reader.unwrap(),
        };
        assert!(lying.size() >= last);
        let log = Log::open(&folder, &keys()).unwrap();
        let reader = log.reader();
        assert!(reader.size() >= lying.size());
        reader.check_continues(lying.checkpoint()).unwrap();
        cut_short += u64::from(reader.size() > last);
        // With the last one heard before, and through it with all before it.
        for checkpoint in &acknowledged[before.saturating_sub(1)..] {
            reader.check_continues(checkpoint).unwrap();
        }
        // The newest entries, each the one that the child wrote.
        for held in reader.entries(last.saturating_sub(300)..u64::MAX) {
            let (index, bytes) = held.unwrap();
            assert_eq!(bytes, entry(index));
        }
    }
    assert!(
        acknowledged.len() as u64 >= KILLS,
        "each third child makes one, and each third two"
    );
    let reader = LogReader::open(&folder, &keys()).unwrap();
    reader.audit(&NoProgress).unwrap();
    for checkpoint in &acknowledged {
        assert_eq!(reader.root_at(checkpoint.size).unwrap(), checkpoint.root);
    }
    for held in reader.entries(0..u64::MAX) {
        let (index, bytes) = held.unwrap();
        assert_eq!(bytes, entry(index));
    }
    eprintln!(
        "{KILLS} kills, {} commits acknowledged, {cut_short} durable but not heard of, {} entries",
        acknowledged.len(),
        reader.size()
    );
}
