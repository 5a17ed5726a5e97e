//! An organisation's evidence from the first key to the reader.

use modu_evidence::EvidenceError;
use modu_evidence::archive::{Archive, Recorder};
use modu_evidence::statement::Predicate;
use modu_evidence::trust::TrustedRoot;
use modu_evidence::verify::{Assurance, Expectations, verify};
use modu_kernel::Digest;

use crate::common::{Seeded, after, identity, passed, recorder, start};

#[test]
fn a_statement_is_recorded_exported_and_verified_with_the_written_trusted_root() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = recorder(folder.path());
    let statement = passed(b"model");
    let entry = recorder.record(&statement, after(5)).unwrap();
    assert_eq!(entry.log_index, 0);
    let bundle = recorder.export(0).unwrap();

    let written = std::fs::read(folder.path().join("evidence/trusted_root.json")).unwrap();
    let root = TrustedRoot::parse(&written).unwrap();
    let expectations = Expectations {
        identity: Some(identity().uri),
        issuer: Some(identity().issuer),
        ..Expectations::default()
    };
    let verified = verify(&bundle, &root, &Digest::of(b"model"), &expectations).unwrap();
    assert_eq!(verified.statement, statement);
    assert_eq!(verified.reference(), entry);
    assert_eq!(verified.integrated_time, after(5));
    assert_eq!(verified.assurance(), Assurance::OwnerOnly);
    assert!(verified.assurance().label().ko.contains("증인 없음"));
}

#[test]
fn what_was_recorded_is_read_back_by_a_reader_while_the_recorder_works() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = recorder(folder.path());
    let statements: Vec<_> = (0..2500u32).map(|n| passed(&n.to_be_bytes())).collect();
    recorder.record_batch(&statements[..2000], start()).unwrap();
    let reader = Archive::open(folder.path().join("evidence")).unwrap();
    recorder
        .record_batch(&statements[2000..], after(60))
        .unwrap();
    for (archive, size) in [(&reader, 2000), (&*recorder, 2500)] {
        assert_eq!(archive.size(), size);
        let entries: Vec<_> = archive.entries(0..u64::MAX).map(Result::unwrap).collect();
        assert_eq!(entries.len() as u64, size);
        for (index, entry) in entries.iter().enumerate() {
            assert_eq!(entry.index, index as u64);
            assert_eq!(entry.statement, statements[index]);
        }
        assert_eq!(archive.get(1999).unwrap(), entries[1999]);
    }
    let leaf = recorder.signer(&recorder.get(2400).unwrap()).unwrap();
    assert_eq!(leaf.identity(), identity().uri);
    assert_eq!(leaf.period().0, after(60));
}

#[test]
fn one_process_writes_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let first = recorder(folder.path());
    let second = Recorder::open(folder.path().join("evidence"));
    assert!(
        matches!(second, Err(EvidenceError::InUse { .. })),
        "{second:?}"
    );
    drop(first);
    Recorder::open(folder.path().join("evidence")).unwrap();
}

#[test]
fn an_archive_is_never_made_over_another_or_with_names_that_no_certificate_holds() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("evidence");
    for wrong in ["", "with space", "한글"] {
        let mut names = identity();
        names.uri = wrong.into();
        let made = Recorder::init(&place, names, &mut Seeded(1), start());
        assert!(
            matches!(made, Err(EvidenceError::Malformed { .. })),
            "{made:?}"
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
    drop(recorder(folder.path()));
    let again = Recorder::init(&place, identity(), &mut Seeded(2), start());
    assert!(matches!(again, Err(EvidenceError::AlreadyExists { .. })));
    Recorder::open(&place).unwrap();
}

#[test]
fn after_a_rotation_of_keys_old_and_new_evidence_verifies_with_the_new_trusted_root() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = recorder(folder.path());
    let old_root = recorder.trusted_root().clone();
    recorder.record(&passed(b"old"), after(10)).unwrap();
    let before = recorder.export(0).unwrap();

    let mut recorder = recorder.rotate(&mut Seeded(77), after(20)).unwrap();
    // In the very second of the change both generations are in use.
    recorder.record(&passed(b"at once"), after(20)).unwrap();
    recorder.record(&passed(b"new"), after(30)).unwrap();
    let mut recorder = recorder.rotate(&mut Seeded(88), after(40)).unwrap();
    recorder.record(&passed(b"newest"), after(50)).unwrap();

    let root = recorder.trusted_root();
    let expected = Expectations::default();
    let holds = |bundle: &[u8], root: &TrustedRoot, bytes: &[u8]| {
        verify(bundle, root, &Digest::of(bytes), &expected)
    };
    holds(&before, root, b"old").unwrap();
    let all: [&[u8]; 4] = [b"old", b"at once", b"new", b"newest"];
    for (index, bytes) in all.into_iter().enumerate() {
        let bundle = recorder.export(index as u64).unwrap();
        holds(&bundle, root, bytes).unwrap();
        assert_eq!(holds(&bundle, &old_root, bytes).is_ok(), index == 0);
    }
    // A reader of the folder sees the same.
    drop(recorder);
    let reader = Archive::open(folder.path().join("evidence")).unwrap();
    holds(&reader.export(0).unwrap(), reader.trusted_root(), b"old").unwrap();
}

#[test]
fn a_clock_before_the_keys_is_refused_and_nothing_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = recorder(folder.path());
    let recorded = recorder.record(&passed(b"early"), after(-1));
    assert!(matches!(recorded, Err(EvidenceError::Clock { .. })));
    assert_eq!(recorder.size(), 0);
}

#[test]
fn time_never_goes_back_from_one_entry_to_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = recorder(folder.path());
    recorder.record(&passed(b"0"), after(10)).unwrap();
    let early = |result: Result<_, EvidenceError>| {
        assert!(
            matches!(result, Err(EvidenceError::Clock { .. })),
            "{result:?}"
        );
    };
    early(recorder.record(&passed(b"1"), after(9)));
    drop(recorder);
    let place = folder.path().join("evidence");
    let mut recorder = Recorder::open(&place).unwrap();
    early(recorder.record(&passed(b"1"), after(9)));
    assert_eq!(recorder.size(), 1);
    recorder.record(&passed(b"1"), after(10)).unwrap();
}

#[test]
fn keys_are_changed_after_their_last_entry_and_not_in_their_first_second() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("evidence");
    let rotate = |recorder: Recorder, seconds| recorder.rotate(&mut Seeded(5), after(seconds));
    let early = rotate(recorder(folder.path()), 0).unwrap_err();
    assert!(early.to_string().contains("wait a second"), "{early}");

    let mut recorder = Recorder::open(&place).unwrap();
    recorder.record(&passed(b"0"), after(10)).unwrap();
    let early = rotate(recorder, 9);
    assert!(
        matches!(early, Err(EvidenceError::Clock { .. })),
        "{early:?}"
    );
    let recorder = rotate(Recorder::open(&place).unwrap(), 10).unwrap();
    let bundle = recorder.export(0).unwrap();
    let expected = Expectations::default();
    verify(
        &bundle,
        recorder.trusted_root(),
        &Digest::of(b"0"),
        &expected,
    )
    .unwrap();
}

#[test]
fn records_left_by_a_killed_recorder_are_cleared_and_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("evidence");
    let mut first = recorder(folder.path());
    first.record(&passed(b"0"), start()).unwrap();
    drop(first);
    // Killed after the records were durable and before the log took them.
    let records = place.join("records");
    let kept = std::fs::read(records.join("00000000000000000000.jsonl")).unwrap();
    for (name, bytes) in [
        ("00000000000000000001.jsonl", kept.as_slice()),
        ("00000000000000000002.jsonl", b"half"),
        ("00000000000000000003.jsonl.new", b"{"),
    ] {
        std::fs::write(records.join(name), bytes).unwrap();
    }
    let reader = Archive::open(&place).unwrap();
    assert_eq!(reader.entries(0..9).map(Result::unwrap).count(), 1);

    let mut recorder = Recorder::open(&place).unwrap();
    let more: Vec<_> = (1..4u8).map(|n| passed(&[n])).collect();
    recorder.record_batch(&more, after(1)).unwrap();
    let entries: Vec<_> = recorder.entries(1..4).map(Result::unwrap).collect();
    let said: Vec<_> = entries.into_iter().map(|entry| entry.statement).collect();
    assert_eq!(said, more);
}

#[test]
fn a_record_that_was_changed_is_not_what_the_log_stands_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = recorder(folder.path());
    recorder.record(&passed(b"model"), start()).unwrap();
    let other = recorder_with_other_statement();
    let file = "evidence/records/00000000000000000000.jsonl";
    std::fs::write(folder.path().join(file), other).unwrap();
    let read = recorder.get(0);
    assert!(
        matches!(read, Err(EvidenceError::Corrupt { .. })),
        "{read:?}"
    );
    assert!(recorder.export(0).is_err());

    std::fs::remove_file(folder.path().join(file)).unwrap();
    let read = recorder.get(0);
    assert!(
        matches!(read, Err(EvidenceError::Corrupt { .. })),
        "{read:?}"
    );
}

#[test]
fn a_record_whose_time_or_promise_was_changed_is_not_what_the_log_signed() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = recorder(folder.path());
    recorder.record(&passed(b"model"), after(10)).unwrap();
    let file = folder
        .path()
        .join("evidence/records/00000000000000000000.jsonl");
    let kept = std::fs::read_to_string(&file).unwrap();
    let time = after(10).as_second();
    let earlier = kept.replace(&time.to_string(), &(time - 5).to_string());
    let promise = kept.find("\"promise\":\"").unwrap() + 20;
    let mut other = kept.clone().into_bytes();
    other[promise] ^= 1;
    for changed in [earlier.into_bytes(), other] {
        assert_ne!(changed, kept.as_bytes());
        std::fs::write(&file, changed).unwrap();
        let read = recorder.get(0).map(drop);
        assert!(
            matches!(read, Err(EvidenceError::Corrupt { .. })),
            "{read:?}"
        );
        let exported = recorder.export(0);
        assert!(matches!(exported, Err(EvidenceError::Corrupt { .. })));
    }
    std::fs::write(&file, kept).unwrap();
    recorder.get(0).unwrap();
}

fn recorder_with_other_statement() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = recorder(folder.path());
    recorder.record(&passed(b"another"), start()).unwrap();
    let file = "evidence/records/00000000000000000000.jsonl";
    std::fs::read(folder.path().join(file)).unwrap()
}

#[test]
fn a_disk_that_takes_no_records_leaves_the_log_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = recorder(folder.path());
    recorder.record(&passed(b"0"), start()).unwrap();
    let records = folder.path().join("evidence/records");
    let kept = folder.path().join("kept");
    std::fs::rename(&records, &kept).unwrap();
    std::fs::write(&records, b"a file where the folder was").unwrap();
    assert!(recorder.record(&passed(b"1"), start()).is_err());
    assert_eq!(recorder.size(), 1);

    std::fs::remove_file(&records).unwrap();
    std::fs::rename(&kept, &records).unwrap();
    let entry = recorder.record(&passed(b"1"), start()).unwrap();
    assert_eq!(entry.log_index, 1);
    assert_eq!(recorder.get(1).unwrap().statement, passed(b"1"));
}

#[test]
fn a_statement_that_cannot_be_written_keeps_its_whole_batch_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = recorder(folder.path());
    let mut wrong = passed(b"wrong");
    wrong.subject.clear();
    let batch = [passed(b"sound"), wrong];
    assert!(recorder.record_batch(&batch, start()).is_err());
    let many = vec![passed(b"one of many"); 65_537];
    let refused = recorder.record_batch(&many, start());
    assert!(matches!(refused, Err(EvidenceError::TooLarge { .. })));
    assert_eq!(recorder.size(), 0);
    let entry = recorder.record(&batch[0], start()).unwrap();
    let read = recorder.get(entry.log_index).unwrap();
    assert!(matches!(
        read.statement.predicate,
        Predicate::SimpleVerificationResult(_)
    ));
}
