//! The disk fails at every single step of a commit and of a recovery.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails where something is missing"
)]

use std::path::Path;

use modu_kernel::NoProgress;

use super::folder::Folder;
use super::{Log, LogKeys, LogReader, Origin};
use crate::EvidenceError;
use crate::note::{Ed25519Signer, KeyName};

/// In memory where the system has such a folder: the failures are made here,
/// and real syncs would only cost time.
fn memory_folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

fn signer() -> Ed25519Signer {
    let secret = ed25519_dalek::SigningKey::from_bytes(&[1; 32]);
    Ed25519Signer::new(KeyName::new("log.modu.example").unwrap(), secret).unwrap()
}

fn keys() -> LogKeys {
    let origin = Origin::new("log.modu.example").unwrap();
    LogKeys::new(origin, vec![signer().key().clone()]).unwrap()
}

fn entries(label: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{label} {n}")).collect()
}

/// The log opens, agrees with its checkpoint, and holds `first` and then
/// either nothing or all of `second`.
fn check(folder: &Path, first: &[String], second: &[String]) -> bool {
    let log = Log::open(folder, &keys()).unwrap();
    log.reader().audit(&NoProgress).unwrap();
    let held: Vec<_> = log
        .reader()
        .entries(0..u64::MAX)
        .map(|entry| String::from_utf8(entry.unwrap().1).unwrap())
        .collect();
    if held == first {
        return false;
    }
    assert_eq!(held, [first, second].concat());
    true
}

/// A log of 300 entries whose next batch of 300 fails after `steps` effects.
/// `None` once the batch goes through.
fn fail_an_append(folder: &Path, steps: u64, once: bool) -> Option<(Log, EvidenceError)> {
    let mut log = Log::create(folder, &keys(), &signer()).unwrap();
    log.append_batch(&entries("first", 300), &signer()).unwrap();
    log.faults().after(steps, once);
    let result = log.append_batch(&entries("second", 300), &signer());
    log.faults().clear();
    result.err().map(|error| (log, error))
}

#[test]
fn a_disk_that_dies_at_any_step_of_a_commit_leaves_the_batch_whole_or_absent() {
    let (first, second) = (entries("first", 300), entries("second", 300));
    let mut outcomes = Vec::new();
    for steps in 0.. {
        let folder = memory_folder();
        let Some((log, error)) = fail_an_append(folder.path(), steps, false) else {
            break;
        };
        assert!(matches!(error, EvidenceError::Io { .. }), "{error}");
        // A reader of the folder as it lies there is never misled.
        let reader = LogReader::open(folder.path(), &keys()).unwrap();
        reader.audit(&NoProgress).unwrap();
        drop(log);
        outcomes.push(check(folder.path(), &first, &second));
    }
    // Both happen, and once the batch lasts it lasts at every later step.
    assert!(outcomes.contains(&false) && outcomes.contains(&true));
    assert!(outcomes.is_sorted(), "{outcomes:?}");
}

#[test]
fn after_one_failed_write_the_same_log_goes_on_or_asks_to_be_opened_again() {
    let (first, third) = (entries("first", 300), entries("third", 301));
    let mut reopened = 0;
    for steps in 0.. {
        let folder = memory_folder();
        let Some((mut log, _)) = fail_an_append(folder.path(), steps, true) else {
            break;
        };
        match log.append_batch(&third, &signer()) {
            Ok(appended) => {
                assert_eq!(appended.first, 300);
                drop(log);
                assert!(check(folder.path(), &first, &third));
            }
            Err(EvidenceError::Reopen { .. }) => {
                reopened += 1;
                drop(log);
                check(folder.path(), &first, &entries("second", 300));
            }
            Err(error) => panic!("after {steps} steps: {error}"),
        }
    }
    assert!(reopened > 0);
}

#[test]
fn a_disk_that_dies_at_any_step_of_a_recovery_leaves_it_to_the_next_one() {
    let (first, second) = (entries("first", 300), entries("second", 300));
    let mut interrupted = 0;
    for append_steps in (0..).step_by(5) {
        for open_steps in (0..).step_by(2) {
            let folder = memory_folder();
            let Some((log, _)) = fail_an_append(folder.path(), append_steps, false) else {
                assert!(interrupted > 30, "{interrupted}");
                return;
            };
            drop(log);
            let faulty = Folder::new(folder.path());
            faulty.faults.after(open_steps, false);
            let opened = Log::open_folder(faulty, &keys());
            let done = opened.is_ok();
            drop(opened);
            check(folder.path(), &first, &second);
            if done {
                break;
            }
            interrupted += 1;
        }
    }
}

#[test]
fn a_disk_that_dies_at_any_step_of_a_creation_lets_it_be_tried_again() {
    for steps in 0.. {
        let folder = memory_folder();
        let faulty = Folder::new(folder.path().join("log"));
        faulty.faults.after(steps, false);
        match Log::create_folder(faulty, &keys(), &signer()) {
            Ok(log) => {
                assert_eq!(log.checkpoint().size, 0);
                assert!(steps > 5);
                return;
            }
            Err(error) => assert!(matches!(error, EvidenceError::Io { .. }), "{error}"),
        }
        let folder = folder.path().join("log");
        let log = match Log::create(&folder, &keys(), &signer()) {
            Err(EvidenceError::AlreadyExists { .. }) => Log::open(&folder, &keys()),
            created => created,
        };
        assert_eq!(log.unwrap().checkpoint().size, 0);
    }
}
