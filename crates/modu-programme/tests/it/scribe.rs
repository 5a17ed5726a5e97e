//! Evidence of many who ask at once.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use modu_evidence::archive::{Archive, Identity, Recorder};
use modu_evidence::keys::SystemRandom;
use modu_evidence::statement::{
    Predicate, RecordedBy, RecordedMetric, RecordedRun, Statement, Subject,
};
use modu_kernel::Digest;
use modu_programme::Scribe;
use tempfile::TempDir;

fn evidence() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence");
    let identity = Identity {
        organisation: "시험".to_owned(),
        uri: "https://modu.example/test".to_owned(),
        issuer: "https://modu.example/oidc".to_owned(),
        origin: "log.modu.example/test".to_owned(),
    };
    Recorder::init(&evidence, identity, &mut SystemRandom, Timestamp::now()).unwrap();
    (folder, evidence)
}

fn told(number: u64) -> Statement {
    let run = RecordedRun {
        name: format!("run {number}"),
        by: RecordedBy {
            organisation: "시험".to_owned(),
            organisation_number: 1,
            person_number: 2,
        },
        metrics: vec![RecordedMetric {
            name: "number".to_owned(),
            value: number as f64,
        }],
        parameters: Vec::new(),
        files: Vec::new(),
    };
    Statement::recorded_run(run).unwrap()
}

#[test]
fn each_of_many_threads_is_told_where_its_own_statement_stands() {
    let (_folder, evidence) = evidence();
    let scribe = Scribe::new(evidence.clone(), Timestamp::now);
    thread::scope(|scope| {
        for number in 0..48 {
            let (scribe, evidence) = (scribe.clone(), &evidence);
            scope.spawn(move || {
                let entry = scribe.record(told(number)).unwrap();
                let read = Archive::open(evidence)
                    .unwrap()
                    .get(entry.log_index)
                    .unwrap();
                assert_eq!(
                    (read.statement.clone(), read.reference()),
                    (told(number), entry)
                );
            });
        }
    });
    assert_eq!(Archive::open(&evidence).unwrap().size(), 48);
}

#[test]
fn a_statement_that_cannot_be_written_spoils_no_other() {
    let (_folder, evidence) = evidence();
    let scribe = Scribe::new(evidence.clone(), Timestamp::now);
    thread::scope(|scope| {
        for number in 0..16 {
            let scribe = scribe.clone();
            scope.spawn(move || {
                let mut statement = told(number);
                if number % 4 == 0 {
                    statement.subject.clear();
                }
                assert_eq!(scribe.record(statement).is_ok(), number % 4 != 0);
            });
        }
    });
    assert_eq!(Archive::open(&evidence).unwrap().size(), 12);
}

#[test]
fn another_writer_is_waited_for_and_gets_its_own_turn() {
    let (_folder, evidence) = evidence();
    let scribe = Scribe::new(evidence.clone(), Timestamp::now);
    let other = Recorder::open(&evidence).unwrap();
    let waits = {
        let scribe = scribe.clone();
        thread::spawn(move || scribe.record(told(1)).unwrap())
    };
    thread::sleep(Duration::from_millis(100));
    assert!(!waits.is_finished());
    drop(other);
    assert_eq!(waits.join().unwrap().log_index, 0);
    // Once nobody asks any more, the evidence is let go.
    let mut looks = 0..1_200;
    while Recorder::open(&evidence).is_err() {
        assert!(looks.next().is_some(), "it is held for ever");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_fails_is_told_to_all_who_wait_and_the_next_is_tried_anew() {
    let (_folder, evidence) = evidence();
    let scribe = Scribe::new(evidence.clone(), Timestamp::now);
    let keys = evidence.join("keys");
    let away = evidence.join("keys-away");
    std::fs::rename(&keys, &away).unwrap();
    let error = scribe.record(told(1)).unwrap_err();
    assert!(error.to_string().contains("evidence"), "{error}");
    std::fs::rename(&away, &keys).unwrap();
    assert_eq!(scribe.record(told(1)).unwrap().log_index, 0);
    let Predicate::RecordedRun(run) = &Archive::open(&evidence)
        .unwrap()
        .get(0)
        .unwrap()
        .statement
        .predicate
        .clone()
    else {
        panic!("it is a run");
    };
    assert_eq!(
        Subject::new("record", run.digest().unwrap()),
        told(1).subject[0]
    );
    assert_ne!(run.digest().unwrap(), Digest::of(b""));
}
