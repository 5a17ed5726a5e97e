//! A disk that fails at any step leaves whole statements.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails where something is missing"
)]

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use modu_kernel::Digest;

use super::{Identity, Recorder};
use crate::EvidenceError;
use crate::keys::{Random, SystemRandom};
use crate::statement::{Predicate, SimpleVerificationResult, Statement, Subject, VerifierName};
use crate::verify::{Expectations, verify};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).unwrap()
}

fn numbered(number: u64) -> Statement {
    Statement {
        subject: vec![Subject::new("it", Digest::of(&number.to_be_bytes()))],
        predicate: Predicate::SimpleVerificationResult(SimpleVerificationResult {
            verifier: VerifierName {
                id: "https://modu.example/gate".into(),
            },
            time_created: at(0),
            properties: vec!["PASSED".into()],
        }),
    }
}

fn identity() -> Identity {
    Identity {
        organisation: "수요부처".into(),
        uri: "https://modu.example/agency".into(),
        issuer: "https://modu.example/oidc".into(),
        origin: "log.modu.example".into(),
    }
}

fn fresh(parent: &Path) -> PathBuf {
    let folder = parent.join("evidence");
    let mut recorder = Recorder::init(&folder, identity(), &mut SystemRandom, at(0)).unwrap();
    recorder.record(&numbered(0), at(0)).unwrap();
    folder
}

/// Every entry says what was recorded at its place, and verifies.
fn check(recorder: &Recorder) {
    for entry in recorder.entries(0..u64::MAX) {
        let entry = entry.unwrap();
        assert_eq!(entry.statement, numbered(entry.index));
        let bundle = recorder.export(entry.index).unwrap();
        let artifact = Digest::of(&entry.index.to_be_bytes());
        let expectations = Expectations::default();
        verify(&bundle, recorder.trusted_root(), &artifact, &expectations).unwrap();
    }
}

#[test]
fn records_that_cannot_be_written_keep_the_batch_out_and_the_archive_sound() {
    let parent = tempfile::tempdir().unwrap();
    let folder = fresh(parent.path());
    let mut recorder = Recorder::open(&folder).unwrap();
    for (steps, once) in (0..).flat_map(|steps| [(steps, true), (steps, false)]) {
        let size = recorder.size();
        let batch: Vec<_> = (size..size + 3).map(numbered).collect();
        recorder.folder.faults.after(steps, once);
        let recorded = recorder.record_batch(&batch, at(1));
        recorder.folder.faults.clear();
        let failed = recorded.is_err();
        assert_eq!(recorder.size(), if failed { size } else { size + 3 });
        if failed {
            recorder.record(&numbered(size), at(1)).unwrap();
        }
        check(&recorder);
        if !failed && !once {
            assert!(steps > 3, "writing records has several steps");
            break;
        }
    }
    drop(recorder);
    check(&Recorder::open(&folder).unwrap());
}

#[test]
fn a_change_of_keys_that_fails_at_any_step_leaves_the_old_or_the_new_keys_in_use() {
    let mut changed = Vec::new();
    for steps in 0.. {
        let parent = tempfile::tempdir().unwrap();
        let folder = fresh(parent.path());
        let recorder = Recorder::open(&folder).unwrap();
        recorder.folder.faults.after(steps, false);
        let done = recorder.rotate(&mut SystemRandom, at(60)).is_ok();

        let mut recorder = Recorder::open(&folder).unwrap();
        check(&recorder);
        recorder.record(&numbered(1), at(60)).unwrap();
        let mut recorder = recorder.rotate(&mut SystemRandom, at(70)).unwrap();
        recorder.record(&numbered(2), at(70)).unwrap();
        check(&recorder);
        let written = std::fs::read(folder.join("trusted_root.json")).unwrap();
        assert_eq!(written, recorder.trusted_root().to_json().unwrap());
        changed.push(recorder.trusted_root().authorities().len() == 3);
        if done {
            break;
        }
    }
    // Before one step the old keys are in use, after it the new ones.
    assert!(changed.is_sorted(), "{changed:?}");
    assert!(!changed[0] && changed.len() > 5, "{changed:?}");
}

#[test]
fn a_folder_beside_a_new_archive_is_left_alone_whatever_its_name() {
    /// Draws the same lot twice, then others.
    struct Repeating(u8);
    impl Random for Repeating {
        fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EvidenceError> {
            self.0 += 1;
            bytes.fill(self.0.div_ceil(2));
            Ok(())
        }
    }
    let parent = tempfile::tempdir().unwrap();
    let names = [".evidence.new", ".evidence.0101010101010101.new"];
    let files = names.map(|name| parent.path().join(name).join("mine"));
    for file in &files {
        std::fs::create_dir(file.parent().unwrap()).unwrap();
        std::fs::write(file, b"mine").unwrap();
    }
    let folder = parent.path().join("evidence");
    let names = identity();
    let made = Recorder::init(&folder, names, &mut Repeating(0), at(0)).unwrap();
    check(&made);
    for file in &files {
        assert_eq!(std::fs::read(file).unwrap(), b"mine");
    }
    assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 3);
}
