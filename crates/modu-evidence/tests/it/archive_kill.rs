//! A process that records is killed at random moments, again and again.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use modu_evidence::archive::{Archive, Recorder};
use modu_evidence::statement::Statement;

use crate::common::{after, passed, recorder};

const FOLDER: &str = "MODU_TEST_ARCHIVE_TO_RECORD_IN";
const KILLS: u64 = 20;

fn numbered(index: u64) -> Statement {
    passed(&index.to_be_bytes())
}

/// The child: records batches for ever and says so after each.
#[test]
#[ignore = "runs as the child of the test below"]
fn child_that_records_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let mut recorder = Recorder::open(folder).unwrap();
    let mut out = std::io::stdout();
    loop {
        let size = recorder.size();
        let batch: Vec<_> = (size..=size + size % 5).map(numbered).collect();
        recorder.record_batch(&batch, after(1)).unwrap();
        let line = format!("recorded {} whole\n", recorder.size());
        out.write_all(line.as_bytes()).unwrap();
        out.flush().unwrap();
    }
}

/// Runs a child, kills it `delay` after its first batch, and gives the size of
/// the archive that it told last.
fn run_and_kill(folder: &Path, delay: Duration) -> u64 {
    let mut child = Command::new("/proc/self/exe")
        .args([
            "--exact",
            "archive_kill::child_that_records_until_it_is_killed",
            "--ignored",
            "--nocapture",
            "--quiet",
        ])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| {
            let size = line.strip_prefix("recorded ")?.strip_suffix(" whole")?;
            size.parse().ok()
        });
    let first = told.next().unwrap();
    std::thread::sleep(delay);
    child.kill().unwrap();
    child.wait().unwrap();
    told.last().unwrap_or(first)
}

#[test]
fn an_archive_whose_recorder_is_killed_keeps_every_statement_that_it_acknowledged() {
    let parent = tempfile::tempdir().unwrap();
    drop(recorder(parent.path()));
    let folder = parent.path().join("evidence");
    for round in 0..KILLS {
        let delay = Duration::from_micros(round * 7919 % 20_000);
        let told = run_and_kill(&folder, delay);
        // As the folder lies there, and after the recorder has cleared it.
        let lying = Archive::open(&folder).unwrap().size();
        let recorder = Recorder::open(&folder).unwrap();
        assert!(lying >= told && recorder.size() >= lying);
        for entry in recorder.entries(told.saturating_sub(20)..u64::MAX) {
            let entry = entry.unwrap();
            assert_eq!(entry.statement, numbered(entry.index));
        }
    }
    let archive = Archive::open(&folder).unwrap();
    assert!(archive.size() >= KILLS);
    let entries = archive.entries(0..u64::MAX).map(Result::unwrap);
    for (index, entry) in (0..).zip(entries) {
        assert_eq!(entry.statement, numbered(index));
    }
}
