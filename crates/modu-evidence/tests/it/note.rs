//! Notes are read in one spelling, and only trusted lines count.

use modu_evidence::EvidenceError;
use modu_evidence::log::{Checkpoint, LogKeys, Origin};
use modu_evidence::note::{
    Algorithm, Cosigner as _, KeyId, KeyName, Note, NoteSigner as _, SignatureLine, UnixTime,
    VerifierKey, cosign,
};
use proptest::prelude::*;

use crate::log_keys::{ORIGIN, ecdsa, ed25519, keys, name, signer, witness, witness_key};

/// A checkpoint over 1,000 entries `{"n":0}` to `{"n":999}`, signed by PyPI
/// `cryptography` 48.0.0 from the formats' texts alone: ECDSA, Ed25519 and a
/// cosignature.
const REFERENCE: &str = "log.modu.example
1000
Tqw9baQnubKRTf1IPiOg3t4TbuGOgrd5J0Wya/GpAqk=

\u{2014} log.modu.example KiKpHzBFAiEAr4/e3Gwh90KKHgPO6OQNjC1uu2t4HKekb+K7TMwVSCUCIFD/9kvRrFX5sE2CQsrfo0IAV0NBVl7EMbPH0IDkhbhX
\u{2014} log.modu.example /9LWnueHtpr1fY63/eIHg6rbK/7hhvdRnqoGnvjSVR5WCZfB+snN3sLzdJbVK44N8nBI5zCHjuH4rzvwXsSROOJY+Qw=
\u{2014} witness.modu.example ND0XwAAAAABpITxIjJ6GKzd7k3Rq0nFBhZC17llQSPJ9Jlv6gcf8jczajYYlEncubGmMaqF0te1c1YT+7ph5aaVwOxQrNCwZ0wXgAw==
";
const REFERENCE_KEYS: [&str; 3] = [
    "log.modu.example+2a22a91f+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJ+thK6uCLvvfwEAFNgs72oJ3isM+HG1zgxPHROlmlk0B8tFdp8QcOLCRw/lsb/mMTPAsM3GTqS/N5Go7CoH/U8=",
    "log.modu.example+ffd2d69e+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c",
    "witness.modu.example+343d17c0+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU",
];

fn reference_keys() -> Vec<VerifierKey> {
    REFERENCE_KEYS
        .iter()
        .map(|key| key.parse().unwrap())
        .collect()
}

#[test]
fn a_checkpoint_signed_by_another_implementation_verifies_line_by_line() {
    let note = Note::parse(REFERENCE).unwrap();
    assert_eq!(note.to_string(), REFERENCE);
    let keys = reference_keys();
    let verified = note.verify(&keys).unwrap();
    let seen: Vec<_> = verified
        .iter()
        .map(|v| (v.key.algorithm(), v.time.map(UnixTime::seconds)))
        .collect();
    assert_eq!(
        seen,
        [
            (Algorithm::EcdsaP256, None),
            (Algorithm::Ed25519, None),
            (Algorithm::CosignatureV1, Some(1_763_785_800)),
        ]
    );
    let checkpoint = Checkpoint::parse(note.text()).unwrap();
    assert_eq!(checkpoint.size, 1000);
    assert_eq!(checkpoint.to_string(), note.text());
}

#[test]
fn verifier_keys_are_written_as_they_are_read_and_their_ids_are_checked() {
    for (text, key) in REFERENCE_KEYS.iter().zip(reference_keys()) {
        assert_eq!(key.to_string(), *text);
        for place in 0..text.len() {
            let mut bytes = text.as_bytes().to_vec();
            bytes[place] ^= 1;
            let Ok(mutant) = String::from_utf8(bytes) else {
                continue;
            };
            // The id of an ECDSA key is that of the key alone, so a changed
            // name is another name for the same key; all else must fail.
            match mutant.parse::<VerifierKey>() {
                Err(_) => {}
                Ok(other) => {
                    assert_eq!(other.algorithm(), Algorithm::EcdsaP256, "{mutant}");
                    assert_eq!(other.encoded(), key.encoded(), "{mutant}");
                    assert_ne!(other.name(), key.name(), "{mutant}");
                }
            }
        }
    }
}

#[test]
fn no_changed_byte_of_a_note_leaves_all_its_signatures_verified() {
    let keys = reference_keys();
    let mut refused = 0;
    for place in 0..REFERENCE.len() {
        for bit in 0..8 {
            let mut bytes = REFERENCE.as_bytes().to_vec();
            bytes[place] ^= 1 << bit;
            let verified = Note::parse(&bytes)
                .ok()
                .and_then(|note| note.verify(&keys).map(|v| v.len()).ok());
            assert_ne!(verified, Some(3), "byte {place}, bit {bit}");
            refused += usize::from(verified.is_none());
        }
    }
    // What stays readable only lost a line, to a name or id of nobody's key.
    assert!(refused * 10 > REFERENCE.len() * 8 * 8, "{refused}");
}

#[test]
fn a_line_that_carries_a_trusted_name_and_id_but_does_not_verify_spoils_the_note() {
    let note = Note::parse(REFERENCE).unwrap();
    let changed = REFERENCE.replace("\n1000\n", "\n1001\n");
    let changed = Note::parse(changed).unwrap();
    let keys = reference_keys();
    for key in &keys {
        let alone = std::slice::from_ref(key);
        assert!(note.verify(alone).is_ok());
        assert!(matches!(
            changed.verify(alone),
            Err(EvidenceError::Signature(_))
        ));
    }
    // One good line does not make up for a bad one.
    let text = Checkpoint::parse(note.text()).unwrap().to_string();
    let bad = SignatureLine::new(name(ORIGIN), keys[1].id(), [7; 64]).unwrap();
    let mixed = Note::new(text, vec![note.signatures()[0].clone(), bad]).unwrap();
    assert!(mixed.verify(&keys[..1]).is_ok());
    assert!(mixed.verify(&keys[..2]).is_err());
}

#[test]
fn lines_of_unknown_keys_are_kept_but_never_enough() {
    let note = Note::parse(REFERENCE).unwrap();
    let strangers = [ed25519(9).key().clone(), ecdsa(9).key().clone()];
    assert!(matches!(
        note.verify(&strangers),
        Err(EvidenceError::Signature(_))
    ));
    let stranger = SignatureLine::new(name("someone.example"), KeyId([0; 4]), [0; 10]).unwrap();
    let more = note.with_signature(stranger.clone()).unwrap();
    assert!(more.to_string().ends_with(&stranger.to_string()));
    assert_eq!(Note::parse(more.to_string()).unwrap(), more);
    assert_eq!(more.verify(&reference_keys()).unwrap().len(), 3);
}

#[test]
fn a_key_with_two_lines_is_refused_and_a_replaced_line_leaves_one() {
    let text = Checkpoint::parse(Note::parse(REFERENCE).unwrap().text())
        .unwrap()
        .to_string();
    let at = |seconds| cosign(&text, UnixTime::new(seconds).unwrap(), &witness(5)).unwrap();
    let note = Note::new(text.clone(), vec![at(1), at(2)]).unwrap();
    assert!(note.verify(&[witness_key(5)]).is_err());
    let note = Note::new(text.clone(), vec![at(1)])
        .unwrap()
        .with_signature(at(2))
        .unwrap();
    let key = [witness_key(5)];
    let verified = note.verify(&key).unwrap();
    assert_eq!(
        verified[0].time.map(UnixTime::seconds),
        Some(2),
        "the later one stays"
    );
}

#[test]
fn a_cosignature_and_a_plain_signature_of_one_secret_do_not_pass_for_each_other() {
    let secret = || ed25519_dalek::SigningKey::from_bytes(&[5; 32]);
    let plain = VerifierKey::ed25519(name("w"), secret().verifying_key().as_bytes()).unwrap();
    let dated = VerifierKey::cosignature(name("w"), secret().verifying_key().as_bytes()).unwrap();
    assert_ne!(plain.id(), dated.id());
    let text = "w\n";
    let signer = modu_evidence::note::Ed25519Cosigner::new(name("w"), secret()).unwrap();
    let line = cosign(text, UnixTime::new(5).unwrap(), &signer).unwrap();
    assert!(dated.verify(text, &line).is_ok());
    assert!(plain.verify(text, &line).is_err());
    // The same bytes under the other key's id.
    let renamed = SignatureLine::new(name("w"), plain.id(), line.signature()).unwrap();
    assert!(plain.verify(text, &renamed).is_err());
    assert_eq!(signer.key(), &dated);
}

#[test]
fn a_checkpoint_of_another_log_is_refused_even_if_its_key_is_trusted() {
    let other = Checkpoint::parse(Note::parse(REFERENCE).unwrap().text()).unwrap();
    let other = Checkpoint {
        origin: Origin::new("other.modu.example").unwrap(),
        ..other
    };
    let text = other.to_string();
    let note = Note::new(text.clone(), signer().sign(&text).unwrap()).unwrap();
    let error = keys().open(&note).unwrap_err().to_string();
    assert!(error.contains("other.modu.example"), "{error}");
    assert!(LogKeys::new(other.origin, vec![]).is_err());
}

#[test]
fn broken_notes_are_refused() {
    let line = "\u{2014} a.example AAAAAQIDBA==\n";
    assert!(Note::parse(format!("text\n\n{line}")).is_ok());
    let long_name = "n".repeat(256);
    let corpus = [
        String::new(),
        "text\n".into(),
        "text\n\n".into(),
        "\n\n".into(),
        format!("text\n{line}"),
        format!("text\n\n{}", line.trim_end()),
        format!("text\n\n{line}\n"),
        format!("text\n\n{line}{line}text\n"),
        format!("text\r\n\n{line}"),
        format!("te\txt\n\n{line}"),
        format!("te\0xt\n\n{line}"),
        format!("text\n\n{}", line.replace('\u{2014}', "-")),
        format!("text\n\n{}", line.replace("a.example ", "a.example  ")),
        format!("text\n\n{}", line.replace("a.example", "a+example")),
        format!("text\n\n{}", line.replace("a.example", "a\u{a0}b")),
        format!("text\n\n{}", line.replace("a.example", "")),
        format!("text\n\n{}", line.replace("a.example", &long_name)),
        format!("text\n\n{}", line.replace("AAAAAQIDBA==", "AAAAAQIDBA")),
        format!("text\n\n{}", line.replace("AAAAAQIDBA==", "AAAAAQIDBB==")),
        format!("text\n\n{}", line.replace("AAAAAQIDBA==", "AAAAAQIDBA== ")),
        format!("text\n\n{}", line.replace("AAAAAQIDBA==", "AAAAAQID BA==")),
        format!("text\n\n{}", line.replace("AAAAAQIDBA==", "AAAA_QIDBA==")),
        format!("text\n\n{}", line.replace("AAAAAQIDBA==", "AAAAAA==")),
        format!("text\n\n{}", line.replace("AAAAAQIDBA==", "AAA=")),
        format!("text\n\n{}", line.repeat(65)),
        format!("{}\n\n{line}", "x".repeat(300 * 1024)),
        format!("text\n\n\u{2014} a.example {}\n", "A".repeat(24 * 1024)),
    ];
    for broken in corpus {
        let start: String = broken.chars().take(80).collect();
        assert!(
            matches!(Note::parse(&broken), Err(EvidenceError::Malformed { .. })),
            "{start:?}"
        );
    }
    assert!(Note::parse(b"te\xffxt\n\n\xe2\x80\x94 a AAAAAQIDBA==\n").is_err());
}

#[test]
fn broken_checkpoints_are_refused() {
    let root = "Tqw9baQnubKRTf1IPiOg3t4TbuGOgrd5J0Wya/GpAqk=";
    let empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    for good in [
        format!("log\n1000\n{root}\n"),
        format!("log\n0\n{empty}\n"),
        format!("log with spaces\n1\n{root}\nextension\n"),
        format!("log\n{}\n{root}\n", 1u64 << 62),
    ] {
        assert_eq!(Checkpoint::parse(&good).unwrap().to_string(), good);
    }
    for broken in [
        String::new(),
        "\n".into(),
        "log\n".into(),
        "log\n1000\n".into(),
        format!("log\n1000\n{root}"),
        format!("\n1000\n{root}\n"),
        format!("log\n01000\n{root}\n"),
        format!("log\n+1000\n{root}\n"),
        format!("log\n-1\n{root}\n"),
        format!("log\n1000 \n{root}\n"),
        format!("log\n1_000\n{root}\n"),
        format!("log\n\u{661}\n{root}\n"),
        format!("log\n{}\n{root}\n", (1u64 << 62) + 1),
        format!("log\n99999999999999999999999\n{root}\n"),
        format!("log\n0\n{root}\n"),
        format!("log\n1000\n{}\n", &root[..40]),
        format!("log\n1000\n{}\n", root.replace("k=", "l=")),
        format!("log\n1000\n{root}\n\n"),
        format!("log\n1000\n{root}\n\nextension\n"),
        format!("log\n1000\n{root}\n{}", "x\n".repeat(17)),
        format!("{}\n1000\n{root}\n", "l".repeat(256)),
        format!("l\tog\n1000\n{root}\n"),
    ] {
        assert!(
            matches!(
                Checkpoint::parse(&broken),
                Err(EvidenceError::Malformed { .. })
            ),
            "{broken:?}"
        );
    }
}

proptest! {
    #[test]
    fn a_note_is_read_back_as_it_was_written(
        text in "([^\u{0}-\u{1f}]{0,30}\n){1,5}",
        lines in prop::collection::vec(("[a-z.가-힣]{1,20}", any::<[u8; 4]>(), prop::collection::vec(any::<u8>(), 1..200)), 1..6),
    ) {
        let lines = lines
            .into_iter()
            .map(|(name, id, bytes)| SignatureLine::new(KeyName::new(name).unwrap(), KeyId(id), bytes).unwrap())
            .collect();
        let note = Note::new(text, lines).unwrap();
        prop_assert_eq!(Note::parse(note.to_string()).unwrap(), note);
    }

    #[test]
    fn any_bytes_are_read_as_a_note_in_one_spelling_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(note) = Note::parse(&bytes) {
            prop_assert_eq!(note.to_string().into_bytes(), bytes);
        }
    }

    #[test]
    fn a_slightly_changed_note_is_read_in_one_spelling_or_refused(place in 0..REFERENCE.len(), byte: u8) {
        let mut bytes = REFERENCE.as_bytes().to_vec();
        bytes[place] = byte;
        if let Ok(note) = Note::parse(&bytes) {
            prop_assert_eq!(note.to_string().into_bytes(), bytes);
        }
    }
}
