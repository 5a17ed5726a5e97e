//! A writer that is killed at any moment.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use modu_kernel::{Digest, NoProgress};

use crate::child;
use crate::folder::{leftovers, open};
use crate::noise::Noise;

const TEST: &str = "killed::a_writer_killed_100_times_leaves_whole_artifacts_or_nothing";
const AT_ANY_TIME: u64 = 60;
const WITHIN_A_STREAM: u64 = 40;
const LONGEST: u64 = 200_000;

/// Noise that, having given some bytes, says so and then gives no more.
struct Stalls {
    noise: Noise,
    left: u64,
}

impl Read for Stalls {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            say("stalled");
            loop {
                std::thread::park();
            }
        }
        let length = self.left.min(buffer.len() as u64) as usize;
        self.left -= length as u64;
        self.noise.read(&mut buffer[..length])
    }
}

/// A line to the watcher. The name of the test stands on a line before it.
fn say(line: &str) {
    let mut out = std::io::stdout();
    write!(out, "\n{line}\n")
        .and_then(|()| out.flush())
        .unwrap();
}

/// Writes until it is killed, and says of each artifact when it is put.
fn write_forever(folder: &str, seed: u64, stall: bool) {
    let store = open(Path::new(folder));
    let mut noise = Noise::new(seed);
    say("ready");
    if stall {
        let left = noise.below(LONGEST);
        store.put(Stalls { noise, left }).unwrap();
    } else {
        loop {
            let length = noise.below(LONGEST);
            let artifact = store.put(noise.by_ref().take(length)).unwrap();
            say(&artifact.digest.to_string());
        }
    }
}

/// Starts a writer, kills it and returns what it had said was put.
fn kill_one(folder: &Path, seed: u64, stall: bool) -> Vec<Digest> {
    let part = [
        folder.to_str().unwrap(),
        &seed.to_string(),
        &stall.to_string(),
    ];
    let mut writer = child::command(TEST, &part)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let wait_for = if stall { "stalled" } else { "ready" };
    assert!(lines.any(|line| line.unwrap() == wait_for));
    if !stall {
        let delay = Noise::new(seed ^ 0xdead).below(30_000);
        std::thread::sleep(Duration::from_micros(delay));
    }
    writer.kill().unwrap();
    assert!(!writer.wait().unwrap().success());
    // A last line cut by the kill is no digest and was not said.
    lines.filter_map(|line| line.ok()?.parse().ok()).collect()
}

#[test]
fn a_writer_killed_100_times_leaves_whole_artifacts_or_nothing() {
    if let Some(part) = child::part() {
        write_forever(&part[0], part[1].parse().unwrap(), part[2] == "true");
        return;
    }
    let (mut said, mut interrupted) = (0, 0);
    for seed in 0..AT_ANY_TIME + WITHIN_A_STREAM {
        let stall = seed >= AT_ANY_TIME;
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("store");
        let put = kill_one(&root, seed, stall);
        let store = open(&root);
        let report = store.check(&NoProgress).unwrap();
        assert!(report.is_sound(), "round {seed}: {:?}", report.listed);
        for digest in &put {
            assert!(store.contains(*digest).unwrap(), "round {seed}: {digest}");
        }
        // At most the one between its name and its being said is more.
        assert!(report.sound - put.len() as u64 <= 1, "round {seed}");
        assert!(leftovers(&root) <= 1, "round {seed}");
        if stall {
            assert_eq!((report.sound, leftovers(&root)), (0, 1), "round {seed}");
        }
        said += put.len();
        interrupted += leftovers(&root);
        store.put_bytes(b"the next writer").unwrap();
    }
    println!("{said} artifacts said to be put, {interrupted} writes interrupted");
    assert!(interrupted >= WITHIN_A_STREAM as usize);
}
