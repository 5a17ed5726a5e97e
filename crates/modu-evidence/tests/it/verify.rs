//! What a bundle's reader finds out, and what not.

use modu_evidence::EvidenceError;
use modu_evidence::archive::{Archive, Cosignatures};
use modu_evidence::bundle::{Bundle, promise_message};
use modu_evidence::keys::{Keys, LogSigner, WitnessKey};
use modu_evidence::log::{ConsistencyProof, Hash};
use modu_evidence::note::{KeyName, Note, NoteSigner as _, UnixTime, cosign};
use modu_evidence::verify::{Assurance, Check, Earlier, Expectations, verify};
use modu_evidence::witness::WitnessPolicy;
use modu_kernel::Digest;

use crate::common::{Seeded, after, identity, passed, recorder, recorder_of, start};

fn check_of(result: Result<modu_evidence::verify::Verified, EvidenceError>) -> Check {
    match result {
        Err(EvidenceError::Unverified { check, .. }) => check,
        other => panic!("not refused by a check: {other:?}"),
    }
}

fn about(bytes: &[u8]) -> Digest {
    Digest::of(bytes)
}

/// The bundle with the promise that the log itself would give for it.
fn promised(mut bundle: Bundle, keys: &Keys) -> Bundle {
    let (time, index) = (bundle.integrated_time, bundle.proof.index);
    let entry = bundle.entry().unwrap();
    let message = promise_message(&entry, time, &bundle.log_id, index).unwrap();
    bundle.promise = keys.log_ecdsa.sign(&message);
    bundle
}

#[test]
fn each_thing_that_does_not_hold_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = recorder(folder.path());
    let batch: Vec<_> = (0..5u8).map(|n| passed(&[n])).collect();
    recorder.record_batch(&batch, after(10)).unwrap();
    let keys = Keys::load(&folder.path().join("evidence/keys/0001")).unwrap();
    let good = Bundle::parse(&recorder.export(3).unwrap()).unwrap();
    let root = recorder.trusted_root();
    let nothing = Expectations::default();
    let ask = |bundle: &Bundle, expectations: &Expectations| {
        verify(
            &bundle.to_bytes().unwrap(),
            root,
            &about(&[3]),
            expectations,
        )
    };
    ask(&good, &nothing).unwrap();

    let other = verify(&good.to_bytes().unwrap(), root, &about(b"?"), &nothing);
    assert_eq!(check_of(other), Check::Artifact);

    let mut broken = good.clone();
    broken.proof.hashes[1] = Hash::of_leaf(b"?");
    assert_eq!(check_of(ask(&broken, &nothing)), Check::Inclusion);

    let mut unpromised = good.clone();
    unpromised.integrated_time += 1;
    assert_eq!(check_of(ask(&unpromised, &nothing)), Check::Promise);

    for seconds in [-11, 601] {
        let mut late = good.clone();
        late.integrated_time = late.integrated_time.wrapping_add_signed(seconds);
        let late = promised(late, &keys);
        let check = check_of(ask(&late, &nothing));
        // Before the keys were made there was no log either.
        let expected = if seconds < 0 {
            Check::Log
        } else {
            Check::Validity
        };
        assert_eq!(check, expected);
    }
    let mut last_second = good.clone();
    last_second.integrated_time += 600;
    ask(&promised(last_second, &keys), &nothing).unwrap();

    let expect = |identity: Option<&str>, issuer: Option<&str>| Expectations {
        identity: identity.map(str::to_owned),
        issuer: issuer.map(str::to_owned),
        ..Expectations::default()
    };
    let stranger = expect(Some("https://modu.example/agency"), None);
    assert_eq!(check_of(ask(&good, &stranger)), Check::Identity);
    let stranger = expect(None, Some("https://example.org"));
    assert_eq!(check_of(ask(&good, &stranger)), Check::Issuer);
    let right = expect(Some(&identity().uri), Some(&identity().issuer));
    ask(&good, &right).unwrap();
}

#[test]
fn evidence_of_another_organisation_of_the_same_name_is_refused() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut real, mut false_one) = (recorder_of(one.path(), 1), recorder_of(two.path(), 2));
    real.record(&passed(b"x"), start()).unwrap();
    false_one.record(&passed(b"x"), start()).unwrap();
    let (bundle, root) = (false_one.export(0).unwrap(), real.trusted_root());
    let expectations = Expectations::default();
    let checked = verify(&bundle, root, &about(b"x"), &expectations);
    assert_eq!(check_of(checked), Check::Log);

    // With the real log's name and promise, but the false one's certificate.
    let keys = Keys::load(&one.path().join("evidence/keys/0001")).unwrap();
    let mut mixed = Bundle::parse(&bundle).unwrap();
    mixed.log_id = Digest::of(keys.log_ecdsa.spki());
    let signer = LogSigner::new(&keys, &real.origin().unwrap()).unwrap();
    let text = mixed.checkpoint.text().to_owned();
    mixed.checkpoint = Note::new(&*text, signer.sign(&text).unwrap()).unwrap();
    let mixed = promised(mixed, &keys).to_bytes().unwrap();
    let checked = verify(&mixed, root, &about(b"x"), &expectations);
    assert_eq!(check_of(checked), Check::Certificate);
}

#[test]
fn a_checkpoint_needs_the_lines_of_all_the_logs_keys_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = recorder(folder.path());
    recorder.record(&passed(b"x"), start()).unwrap();
    let good = Bundle::parse(&recorder.export(0).unwrap()).unwrap();
    let lines = good.checkpoint.signatures();
    let name = KeyName::new("witness.example").unwrap();
    let witness = WitnessKey::generate(name, &mut Seeded(3)).unwrap();
    let time = UnixTime::new(1).unwrap();
    let foreign = cosign(good.checkpoint.text(), time, &witness).unwrap();
    let sets = [
        vec![lines[0].clone()],
        vec![lines[1].clone()],
        vec![lines[1].clone(), lines[0].clone()],
        vec![lines[0].clone(), lines[1].clone(), foreign],
        vec![lines[0].clone(), lines[0].clone(), lines[1].clone()],
    ];
    for lines in sets {
        let mut bundle = good.clone();
        bundle.checkpoint = Note::new(good.checkpoint.text(), lines).unwrap();
        let bytes = bundle.to_bytes().unwrap();
        let (root, nothing) = (recorder.trusted_root(), Expectations::default());
        let checked = verify(&bytes, root, &about(b"x"), &nothing);
        assert_eq!(check_of(checked), Check::Checkpoint);
    }
}

#[test]
fn a_reader_who_asks_for_witnesses_learns_how_many_signed() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = recorder(folder.path());
    recorder.record(&passed(b"x"), start()).unwrap();
    assert!(matches!(
        recorder.export_as(0, Cosignatures::With),
        Err(EvidenceError::OutOfRange { .. })
    ));
    let witnesses = [3, 4].map(|seed| {
        let name = KeyName::new(format!("witness.example/{seed}")).unwrap();
        WitnessKey::generate(name, &mut Seeded(seed * 50)).unwrap()
    });
    let keys = witnesses.each_ref().map(|it| it.public().clone());
    let note = recorder.log().note().clone();
    // They answer one after the other; both answers are kept.
    for (witness, seconds) in witnesses.iter().zip([100, 200]) {
        let time = UnixTime::new(seconds).unwrap();
        let line = cosign(note.text(), time, witness).unwrap();
        let answer = note.clone().with_signature(line).unwrap();
        recorder.keep_cosignatures(&answer, &keys).unwrap();
    }
    recorder.record(&passed(b"y"), after(1)).unwrap();

    let ask = |index, cosignatures, quorum| {
        let bundle = recorder.export_as(index, cosignatures)?;
        let witnesses = Some(WitnessPolicy::new(keys.to_vec(), quorum).unwrap());
        let expectations = Expectations {
            witnesses,
            ..Expectations::default()
        };
        let artifact = about(if index == 0 { b"x" } else { b"y" });
        verify(&bundle, recorder.trusted_root(), &artifact, &expectations)
    };
    let verified = ask(0, Cosignatures::With, 2).unwrap();
    assert_eq!(verified.assurance(), Assurance::Witnesses(2));
    let times: Vec<_> = verified
        .witnesses
        .iter()
        .map(|(_, time)| time.seconds())
        .collect();
    assert_eq!(times, [100, 200]);
    let verified = ask(0, Cosignatures::Without, 0).unwrap();
    assert_eq!(verified.assurance(), Assurance::OwnerOnly);
    assert_eq!(check_of(ask(0, Cosignatures::Without, 1)), Check::Witnesses);
    assert!(ask(1, Cosignatures::With, 1).is_err());
    ask(1, Cosignatures::Without, 0).unwrap();
}

#[test]
fn cosignatures_of_another_log_or_by_nobody_known_are_not_kept() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut recorder = recorder_of(one.path(), 1);
    let mut forked = recorder_of(two.path(), 1);
    recorder.record(&passed(b"x"), start()).unwrap();
    forked.record(&passed(b"y"), start()).unwrap();
    let name = KeyName::new("witness.example").unwrap();
    let witness = WitnessKey::generate(name, &mut Seeded(3)).unwrap();
    let keys = [witness.public().clone()];
    let cosigned = |note: &Note| {
        let line = cosign(note.text(), UnixTime::new(5).unwrap(), &witness).unwrap();
        note.clone().with_signature(line).unwrap()
    };
    let bare = recorder.log().note().clone();
    assert!(recorder.keep_cosignatures(&bare, &keys).is_err());
    let kept = recorder.keep_cosignatures(&cosigned(forked.log().note()), &keys);
    assert!(matches!(kept, Err(EvidenceError::Fork { .. })), "{kept:?}");
    assert_eq!(recorder.cosigned().unwrap(), None);
    recorder.keep_cosignatures(&cosigned(&bare), &keys).unwrap();
    assert!(recorder.cosigned().unwrap().is_some());
}

#[test]
fn an_older_cosigned_checkpoint_does_not_replace_a_newer_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = recorder(folder.path());
    let witness = |seed| {
        let name = KeyName::new("witness.example").unwrap();
        WitnessKey::generate(name, &mut Seeded(seed)).unwrap()
    };
    let (one, two) = (witness(3), witness(4));
    let keys = [one.public().clone(), two.public().clone()];
    let cosigned = |note: &Note, by: &WitnessKey| {
        let line = cosign(note.text(), UnixTime::new(5).unwrap(), by).unwrap();
        note.clone().with_signature(line).unwrap()
    };
    recorder.record(&passed(b"x"), start()).unwrap();
    let older = recorder.log().note().clone();
    recorder.record(&passed(b"y"), start()).unwrap();
    let newer = recorder.log().note().clone();
    let first = cosigned(&newer, &one);
    recorder.keep_cosignatures(&first, &keys).unwrap();

    let refused = recorder.keep_cosignatures(&cosigned(&older, &two), &keys);
    let problem = refused.unwrap_err().to_string();
    assert!(problem.contains("1 entries") && problem.contains("of 2 is kept"));
    assert_eq!(recorder.cosigned().unwrap(), Some(first));

    // Another witness's line under the same checkpoint joins the first.
    recorder
        .keep_cosignatures(&cosigned(&newer, &two), &keys)
        .unwrap();
    let kept = recorder.cosigned().unwrap().unwrap();
    assert_eq!(kept.signatures().len(), newer.signatures().len() + 2);
}

#[test]
fn a_rewritten_log_is_refused_by_whoever_kept_an_earlier_checkpoint() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut real = recorder_of(one.path(), 1);
    let mut forked = recorder_of(two.path(), 1);
    let numbered = |from: u8, to: u8| (from..to).map(|n| passed(&[n])).collect::<Vec<_>>();
    real.record_batch(&numbered(0, 5), start()).unwrap();
    let kept = real.log().note().clone();
    real.record_batch(&numbered(5, 9), after(1)).unwrap();
    forked.record_batch(&numbered(0, 3), start()).unwrap();
    forked.record_batch(&numbered(103, 109), after(1)).unwrap();

    let ask = |archive: &Archive, earlier: Earlier| {
        let expectations = Expectations {
            earlier: Some(earlier),
            ..Expectations::default()
        };
        let bundle = archive.export(1).unwrap();
        verify(&bundle, real.trusted_root(), &about(&[1]), &expectations)
    };
    let prove = |archive: &Archive| {
        let bundle = archive.export(1).unwrap();
        Earlier::prove(kept.clone(), archive.log(), &bundle)
    };
    let verified = ask(&real, prove(&real).unwrap()).unwrap();
    assert_eq!(verified.assurance(), Assurance::EarlierCheckpoint);
    let fork = ask(&forked, prove(&forked).unwrap());
    assert_eq!(check_of(fork), Check::Earlier);
    // Nor does a proof from the real log help, or none.
    let fork = ask(&forked, prove(&real).unwrap());
    assert_eq!(check_of(fork), Check::Earlier);
    let none = ConsistencyProof {
        old_size: 5,
        new_size: 5,
        hashes: vec![],
    };
    let checkpoint = kept.clone();
    let same_size = Earlier {
        checkpoint: real.log().note().clone(),
        proof: none.clone(),
    };
    let fork = ask(&forked, same_size);
    assert!(matches!(fork, Err(EvidenceError::Fork { .. })), "{fork:?}");
    let unproven = ask(
        &forked,
        Earlier {
            checkpoint,
            proof: none,
        },
    );
    assert_eq!(check_of(unproven), Check::Earlier);
}

#[test]
fn an_earlier_checkpoint_of_an_empty_log_assures_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = recorder(folder.path());
    let empty = recorder.log().note().clone();
    recorder.record(&passed(b"x"), start()).unwrap();
    let bundle = recorder.export(0).unwrap();
    let ask = |kept: Note| {
        let earlier = Earlier::prove(kept, recorder.log(), &bundle).unwrap();
        let expectations = Expectations {
            earlier: Some(earlier),
            ..Expectations::default()
        };
        let root = recorder.trusted_root();
        verify(&bundle, root, &about(b"x"), &expectations).unwrap()
    };
    assert_eq!(ask(empty).assurance(), Assurance::OwnerOnly);
    let kept = recorder.log().note().clone();
    assert_eq!(ask(kept).assurance(), Assurance::EarlierCheckpoint);
}

#[test]
fn a_kept_checkpoint_may_be_newer_than_the_bundle_and_of_a_shorter_fork() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut real = recorder_of(one.path(), 1);
    real.record(&passed(b"x"), start()).unwrap();
    let old_bundle = real.export(0).unwrap();
    real.record(&passed(b"y"), start()).unwrap();
    let kept = real.log().note().clone();
    let earlier = Earlier::prove(kept.clone(), real.log(), &old_bundle).unwrap();
    let expectations = Expectations {
        earlier: Some(earlier),
        ..Expectations::default()
    };
    verify(
        &old_bundle,
        real.trusted_root(),
        &about(b"x"),
        &expectations,
    )
    .unwrap();

    // The owner cut the log.
    let mut cut = recorder_of(two.path(), 1);
    cut.record(&passed(b"x"), start()).unwrap();
    let proof = Earlier::prove(kept, cut.log(), &cut.export(0).unwrap());
    assert!(
        matches!(proof, Err(EvidenceError::Fork { .. })),
        "{proof:?}"
    );
}
