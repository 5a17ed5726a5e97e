//! A witness cosigns one history only, and remembers before it signs.

use std::fs;

use modu_evidence::EvidenceError;
use modu_evidence::log::{Hash, Log, LogKeys, LogReader, Origin};
use modu_evidence::note::{Note, UnixTime};
use modu_evidence::witness::{AddCheckpoint, Refusal, Witness, WitnessPolicy};

use crate::log_keys::{
    ORIGIN, ed25519, entries, keys, memory_folder, signer, witness, witness_key,
};

fn now() -> UnixTime {
    UnixTime::new(1_763_785_800).unwrap()
}

/// A log of the test entries but those left out, signed by its owner.
fn log_without(left_out: &[u64], size: u64) -> (tempfile::TempDir, Log) {
    let folder = memory_folder();
    let mut log = Log::create(folder.path(), &keys(), &signer()).unwrap();
    let mut kept = entries(0..size + left_out.len() as u64);
    for index in left_out {
        kept.remove(*index as usize);
    }
    log.append_batch(&kept, &signer()).unwrap();
    (folder, log)
}

fn refusal(error: EvidenceError) -> Refusal {
    match error {
        EvidenceError::Refused(refusal) => *refusal,
        other => panic!("{other}"),
    }
}

#[test]
fn a_witness_follows_a_log_and_its_cosignatures_verify() {
    let home = memory_folder();
    let (_folder, mut log) = log_without(&[], 10);
    let mut held = 0;
    for size in [10, 10, 11, 256, 300, 1000] {
        let more = entries(log.checkpoint().size..size);
        log.append_batch(&more, &signer()).unwrap();
        let request = AddCheckpoint::new(log.reader(), held).unwrap();
        let request = AddCheckpoint::parse(request.to_string()).unwrap();
        // Opened anew each time: what it knows is on its disk.
        let mut other = Witness::open(home.path()).unwrap();
        let line = other.cosign(&keys(), &request, now(), &witness(5)).unwrap();
        let note = request.note.with_signature(line).unwrap();
        let policy = WitnessPolicy::new(vec![witness_key(5)], 1).unwrap();
        let witnessed = policy.count(&note).unwrap();
        assert!(witnessed.is_enough());
        assert_eq!(witnessed.cosigned, [(&witness_key(5), now())]);
        let (last, kept) = other.last(&keys()).unwrap().unwrap();
        assert_eq!((last.size, &kept), (size, &note));
        assert!(keys().open(&note).is_ok());
        held = size;
    }
}

#[test]
fn a_fork_that_its_owner_signed_again_is_refused_at_every_size() {
    let home = memory_folder();
    let (_folder, log) = log_without(&[], 600);
    let mut other = Witness::open(home.path()).unwrap();
    let request = AddCheckpoint::new(log.reader(), 0).unwrap();
    other.cosign(&keys(), &request, now(), &witness(5)).unwrap();

    // Larger: whatever proof the forked log offers.
    let (_folder, fork) = log_without(&[3], 700);
    let request = AddCheckpoint::new(fork.reader(), 600).unwrap();
    let error = other.cosign(&keys(), &request, now(), &witness(5));
    let Refusal::NotContinued { held, offered, .. } = refusal(error.unwrap_err()) else {
        panic!("another refusal");
    };
    assert_eq!((held.size, offered.size), (600, 700));
    assert_eq!(&offered, fork.checkpoint());

    // The same size.
    let (_folder, fork) = log_without(&[3], 600);
    let request = AddCheckpoint::new(fork.reader(), 600).unwrap();
    let error = other.cosign(&keys(), &request, now(), &witness(5));
    assert!(matches!(
        refusal(error.unwrap_err()),
        Refusal::SameSizeOtherRoot { .. }
    ));

    // Smaller: a rollback, be it of the same history.
    let (_folder, shorter) = log_without(&[], 500);
    let request = AddCheckpoint::new(shorter.reader(), 0).unwrap();
    let error = other.cosign(&keys(), &request, now(), &witness(5));
    assert_eq!(
        refusal(error.unwrap_err()),
        Refusal::Rollback {
            held: 600,
            offered: 500
        }
    );

    // It still holds, and cosigns, the first history.
    assert_eq!(other.last(&keys()).unwrap().unwrap().0, *log.checkpoint());
    let request = AddCheckpoint::new(log.reader(), 600).unwrap();
    assert!(other.cosign(&keys(), &request, now(), &witness(5)).is_ok());
}

#[test]
fn a_request_from_another_size_is_told_where_to_start() {
    let home = memory_folder();
    let (_folder, mut log) = log_without(&[], 100);
    let mut other = Witness::open(home.path()).unwrap();
    let first = AddCheckpoint::new(log.reader(), 0).unwrap();
    let early = AddCheckpoint::new(log.reader(), 50).unwrap();
    let error = other.cosign(&keys(), &early, now(), &witness(5));
    assert_eq!(
        refusal(error.unwrap_err()),
        Refusal::Stale {
            held: 0,
            offered: 50
        }
    );
    other.cosign(&keys(), &first, now(), &witness(5)).unwrap();
    log.append_batch(&entries(100..200), &signer()).unwrap();
    let stale = AddCheckpoint::new(log.reader(), 0).unwrap();
    let error = other.cosign(&keys(), &stale, now(), &witness(5));
    assert_eq!(
        refusal(error.unwrap_err()),
        Refusal::Stale {
            held: 100,
            offered: 0
        }
    );
}

#[test]
fn no_changed_proof_or_checkpoint_is_cosigned() {
    let home = memory_folder();
    let (_folder, mut log) = log_without(&[], 100);
    let mut other = Witness::open(home.path()).unwrap();
    let first = AddCheckpoint::new(log.reader(), 0).unwrap();
    other.cosign(&keys(), &first, now(), &witness(5)).unwrap();
    log.append_batch(&entries(100..200), &signer()).unwrap();
    let good = AddCheckpoint::new(log.reader(), 100).unwrap();
    let text = good.to_string();
    let size_before = other.last(&keys()).unwrap().unwrap().0.size;
    for place in 0..text.len() {
        let mut bytes = text.as_bytes().to_vec();
        bytes[place] ^= 1;
        let Ok(request) = AddCheckpoint::parse(&bytes) else {
            continue;
        };
        assert_eq!(request.to_string().as_bytes(), bytes, "one spelling");
        let signatures_only = request.note.text() == good.note.text()
            && request.proof == good.proof
            && request.old_size == good.old_size;
        match other.cosign(&keys(), &request, now(), &witness(5)) {
            // One of the log's two lines lost its name or id; the other one
            // vouches. The witness moved on, so put it back.
            Ok(_) => {
                assert!(signatures_only, "byte {place}");
                fs::remove_dir_all(home.path()).unwrap();
                drop(other);
                other = Witness::open(home.path()).unwrap();
                other.cosign(&keys(), &first, now(), &witness(5)).unwrap();
            }
            Err(_) => assert_eq!(other.last(&keys()).unwrap().unwrap().0.size, size_before),
        }
    }
    for hashes in 0..good.proof.len() {
        let mut shorter = good.clone();
        shorter.proof.truncate(hashes);
        assert!(other.cosign(&keys(), &shorter, now(), &witness(5)).is_err());
    }
    let mut longer = good.clone();
    longer.proof.push(Hash::of_empty_tree());
    assert!(other.cosign(&keys(), &longer, now(), &witness(5)).is_err());
    assert!(other.cosign(&keys(), &good, now(), &witness(5)).is_ok());
}

#[test]
fn a_log_that_the_witness_does_not_know_is_refused() {
    let home = memory_folder();
    let (_folder, log) = log_without(&[], 10);
    let mut other = Witness::open(home.path()).unwrap();
    let request = AddCheckpoint::new(log.reader(), 0).unwrap();
    let stranger = vec![ed25519(9).key().clone()];
    let strange_keys = LogKeys::new(Origin::new(ORIGIN).unwrap(), stranger).unwrap();
    let error = other.cosign(&strange_keys, &request, now(), &witness(5));
    assert!(matches!(error, Err(EvidenceError::Signature(_))));
    let elsewhere = Origin::new("elsewhere.example").unwrap();
    let other_log = LogKeys::new(elsewhere, keys().keys().to_vec()).unwrap();
    let error = other.cosign(&other_log, &request, now(), &witness(5));
    assert!(matches!(error, Err(EvidenceError::Malformed { .. })));
    assert!(other.last(&keys()).unwrap().is_none());
}

#[test]
fn a_witness_watches_several_logs_one_process_at_a_time() {
    let home = memory_folder();
    let mut other = Witness::open(home.path()).unwrap();
    assert!(matches!(
        Witness::open(home.path()),
        Err(EvidenceError::InUse { .. })
    ));
    let elsewhere = Origin::new("elsewhere.example/ 한 줄 ../x").unwrap();
    let second_keys = LogKeys::new(elsewhere, keys().keys().to_vec()).unwrap();
    let folder = memory_folder();
    let mut second = Log::create(folder.path(), &second_keys, &signer()).unwrap();
    second.append_batch(&entries(5..9), &signer()).unwrap();
    let (_folder, first) = log_without(&[], 10);
    for (log, keys) in [(&first, keys()), (&second, second_keys.clone())] {
        let request = AddCheckpoint::new(log.reader(), 0).unwrap();
        other.cosign(&keys, &request, now(), &witness(5)).unwrap();
    }
    assert_eq!(other.last(&keys()).unwrap().unwrap().0.size, 10);
    assert_eq!(other.last(&second_keys).unwrap().unwrap().0.size, 4);
}

#[test]
fn a_witness_whose_memory_was_damaged_does_not_sign() {
    let home = memory_folder();
    let mut other = Witness::open(home.path()).unwrap();
    let (_folder, log) = log_without(&[], 10);
    let request = AddCheckpoint::new(log.reader(), 0).unwrap();
    other.cosign(&keys(), &request, now(), &witness(5)).unwrap();
    let file = fs::read_dir(home.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|e| e == "checkpoint"))
        .unwrap();
    let good = fs::read_to_string(&file).unwrap();
    for damaged in [String::new(), good[..20].into(), good.replace(ORIGIN, "x")] {
        fs::write(&file, damaged).unwrap();
        let error = other.cosign(&keys(), &request, now(), &witness(5));
        assert!(matches!(error, Err(EvidenceError::Malformed { .. })));
    }
}

#[test]
fn a_quorum_counts_trusted_witnesses_only_and_each_once() {
    let (_folder, log) = log_without(&[], 10);
    let mut note: Note = log.reader().note().clone();
    for seed in [5, 6, 7] {
        let home = memory_folder();
        let mut other = Witness::open(home.path()).unwrap();
        let request = AddCheckpoint::new(log.reader(), 0).unwrap();
        let line = other.cosign(&keys(), &request, now(), &witness(seed));
        note = note.with_signature(line.unwrap()).unwrap();
    }
    let policy = |seeds: &[u8], quorum| {
        WitnessPolicy::new(
            seeds.iter().map(|seed| witness_key(*seed)).collect(),
            quorum,
        )
    };
    let count = |seeds: &[u8], quorum| {
        let policy = policy(seeds, quorum).unwrap();
        let witnessed = policy.count(&note).unwrap();
        (witnessed.cosigned.len(), witnessed.is_enough())
    };
    assert_eq!(count(&[5, 6, 7], 3), (3, true));
    assert_eq!(count(&[5, 6, 8], 2), (2, true));
    assert_eq!(count(&[5, 8], 2), (1, false));
    assert_eq!(count(&[8, 9], 1), (0, false));
    assert_eq!(count(&[], 0), (0, true));
    assert!(policy(&[5], 2).is_err());
    assert!(policy(&[5, 5], 2).is_err());
    assert!(WitnessPolicy::new(vec![ed25519(1).key().clone()], 1).is_err());

    let tampered = note.to_string().replacen("\n10\n", "\n11\n", 1);
    let tampered = Note::parse(tampered).unwrap();
    assert!(policy(&[5], 1).unwrap().count(&tampered).is_err());
}

#[test]
fn broken_requests_are_refused() {
    let (_folder, log) = log_without(&[], 10);
    let good = AddCheckpoint::new(log.reader(), 4).unwrap().to_string();
    assert!(AddCheckpoint::parse(&good).is_ok());
    let hash = format!("{}\n", Hash::of_empty_tree());
    for broken in [
        String::new(),
        "old 4\n".into(),
        "old 4\n\n".into(),
        good.replacen("old 4", "old 04", 1),
        good.replacen("old 4", "old  4", 1),
        good.replacen("old 4", "old -4", 1),
        good.replacen("old 4", "new 4", 1),
        good.replacen("old 4\n", "old 4\n\n", 1),
        good.replacen("old 4\n", "old 4\nAAAA\n", 1),
        good.replacen("old 4\n", &format!("old 4\n{}", hash.repeat(64)), 1),
        good.replacen('\n', "\r\n", 1),
        format!("{good}\n"),
        format!("{good}{}", "x".repeat(300 * 1024)),
    ] {
        let start: String = broken.chars().take(60).collect();
        assert!(
            matches!(
                AddCheckpoint::parse(&broken),
                Err(EvidenceError::Malformed { .. })
            ),
            "{start:?}"
        );
    }
}

#[test]
fn a_reader_may_demand_the_witness_that_a_forked_log_cannot_have() {
    let home = memory_folder();
    let mut other = Witness::open(home.path()).unwrap();
    let (_folder, log) = log_without(&[], 20);
    let request = AddCheckpoint::new(log.reader(), 0).unwrap();
    let line = other.cosign(&keys(), &request, now(), &witness(5)).unwrap();
    let (forked, fork) = log_without(&[3], 20);
    // The owner copies the witness's line under the fork.
    let stolen = fork.reader().note().clone().with_signature(line).unwrap();
    let reader = LogReader::at(forked.path(), stolen, &keys()).unwrap();
    let policy = WitnessPolicy::new(vec![witness_key(5)], 1).unwrap();
    assert!(policy.count(reader.note()).is_err());
    assert!(!policy.count(fork.reader().note()).unwrap().is_enough());
}
