//! Every byte of a bundle counts.

use modu_evidence::archive::{Cosignatures, Recorder};
use modu_evidence::bundle::Bundle;
use modu_evidence::dsse::Envelope;
use modu_evidence::keys::{EcdsaKey, EcdsaPublicKey, WitnessKey};
use modu_evidence::note::{KeyName, Note, SignatureLine, UnixTime, cosign};
use modu_evidence::trust::TrustedRoot;
use modu_evidence::verify::{Expectations, verify};
use modu_evidence::witness::WitnessPolicy;
use modu_kernel::Digest;

use crate::common::{Seeded, passed, recorder, start};

/// A bundle with a proof of several hashes, and what its reader has.
struct Specimen {
    bundle: Vec<u8>,
    root: TrustedRoot,
    expectations: Expectations,
}

impl Specimen {
    fn verifies(&self, bundle: &[u8]) -> bool {
        let artifact = Digest::of(&[2]);
        verify(bundle, &self.root, &artifact, &self.expectations).is_ok()
    }

    /// Runs over places in the bundle on all processors; gives those where
    /// one of the mutants verified.
    fn survivors(&self, mutants: impl Fn(usize, &mut dyn FnMut(&[u8])) + Sync) -> Vec<String> {
        assert!(self.verifies(&self.bundle), "the original must verify");
        let threads = std::thread::available_parallelism().map_or(2, Into::into);
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads)
                .map(|first| {
                    let mutants = &mutants;
                    scope.spawn(move || {
                        let mut found = Vec::new();
                        for place in (first..self.bundle.len()).step_by(threads) {
                            mutants(place, &mut |mutant| {
                                if mutant != self.bundle && self.verifies(mutant) {
                                    let byte = self.bundle[place];
                                    found.push(format!("byte {place}, {:?}", byte as char));
                                }
                            });
                        }
                        found
                    })
                })
                .collect();
            workers
                .into_iter()
                .flat_map(|it| it.join().unwrap())
                .collect()
        })
    }
}

fn archive(folder: &std::path::Path) -> Recorder {
    let mut recorder = recorder(folder);
    let batch: Vec<_> = (0..6u8).map(|n| passed(&[n])).collect();
    recorder.record_batch(&batch, start()).unwrap();
    recorder
}

fn plain() -> Specimen {
    let folder = tempfile::tempdir().unwrap();
    let recorder = archive(folder.path());
    Specimen {
        bundle: recorder.export(2).unwrap(),
        root: recorder.trusted_root().clone(),
        expectations: Expectations::default(),
    }
}

fn cosigned() -> Specimen {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = archive(folder.path());
    let name = KeyName::new("witness.example/audit").unwrap();
    let witness = WitnessKey::generate(name, &mut Seeded(9)).unwrap();
    let note = recorder.log().note().clone();
    let time = UnixTime::new(1_795_338_000).unwrap();
    let line = cosign(note.text(), time, &witness).unwrap();
    let keys = vec![witness.public().clone()];
    let note = note.with_signature(line).unwrap();
    recorder.keep_cosignatures(&note, &keys).unwrap();
    Specimen {
        bundle: recorder.export_as(2, Cosignatures::With).unwrap(),
        root: recorder.trusted_root().clone(),
        expectations: Expectations {
            witnesses: Some(WitnessPolicy::new(keys, 0).unwrap()),
            ..Expectations::default()
        },
    }
}

/// The lowest bit (a neighbour in the alphabet of base64, often only a padding
/// bit), the bit of a letter's case, the next character, the byte left out, and
/// the byte doubled.
fn mutate(bundle: &[u8], place: usize, each: &mut dyn FnMut(&[u8])) {
    let mut mutant = bundle.to_vec();
    let byte = bundle[place];
    for other in [byte ^ 1, byte ^ 0x20, byte.wrapping_add(1)] {
        mutant[place] = other;
        each(&mutant);
    }
    mutant.remove(place);
    each(&mutant);
    mutant.splice(place..place, [byte; 2]);
    each(&mutant);
}

#[test]
fn no_bundle_with_a_changed_byte_verifies() {
    let specimen = plain();
    let survivors = specimen.survivors(|place, each| mutate(&specimen.bundle, place, each));
    assert_eq!(survivors, Vec::<String>::new());
}

#[test]
fn no_cosigned_bundle_with_a_changed_byte_verifies() {
    let specimen = cosigned();
    let survivors = specimen.survivors(|place, each| {
        let mut mutant = specimen.bundle.clone();
        mutant[place] ^= 1;
        each(&mutant);
    });
    assert_eq!(survivors, Vec::<String>::new());
}

#[test]
fn no_bundle_that_is_cut_or_continued_verifies() {
    let specimen = plain();
    let survivors = specimen.survivors(|place, each| {
        each(&specimen.bundle[..place]);
        each(&specimen.bundle[place..]);
        let mut continued = specimen.bundle.clone();
        continued.push(specimen.bundle[place]);
        each(&continued);
    });
    assert_eq!(survivors, Vec::<String>::new());
    for more in ["\n", " ", "{}", "null"] {
        let continued = [&specimen.bundle, more.as_bytes()].concat();
        assert!(!specimen.verifies(&continued));
    }
}

#[test]
fn other_spellings_of_the_same_json_are_refused() {
    let specimen = plain();
    let text = String::from_utf8(specimen.bundle.clone()).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let pretty = serde_json::to_string_pretty(&value).unwrap();
    let spellings = [
        pretty,
        text.replace("\"treeSize\":\"6\"", "\"treeSize\":\"06\""),
        text.replace("\"treeSize\":\"6\"", "\"treeSize\":6"),
        text.replace("\"logIndex\":\"2\"", "\"logIndex\":\"+2\""),
        text.replacen("\"mediaType\":", "\"x\":1,\"mediaType\":", 1),
        text.replacen("\"mediaType\":", "\"mediaType\":\"a\",\"mediaType\":", 1),
        text.replacen("\\n", "\\u000a", 1),
        text.replacen("modu.example", "mo\\u0064u.example", 1),
        text.replacen("/Statement", "\\/Statement", 1),
        format!("\u{feff}{text}"),
    ];
    for spelling in spellings.iter().filter(|spelling| **spelling != text) {
        assert!(!specimen.verifies(spelling.as_bytes()), "{spelling}");
    }
    assert!(
        spellings
            .iter()
            .filter(|spelling| **spelling != text)
            .count()
            >= 8
    );
}

/// The other signature that satisfies ECDSA's equation, (r, n - s).
fn twin(signature: &[u8]) -> Vec<u8> {
    let (r, s) = p256::ecdsa::Signature::from_der(signature)
        .unwrap()
        .split_scalars();
    let twin = p256::ecdsa::Signature::from_scalars(r, -s).unwrap();
    twin.to_der().as_bytes().to_vec()
}

#[test]
fn no_bundle_with_the_twin_of_a_signature_verifies() {
    let specimen = plain();
    let bundle = Bundle::parse(&specimen.bundle).unwrap();
    assert!(specimen.verifies(&bundle.to_bytes().unwrap()));

    let mut promised = bundle.clone();
    promised.promise = twin(&bundle.promise);
    let mut signed = bundle.clone();
    let envelope = &bundle.envelope;
    let (payload, signature) = (envelope.payload().to_vec(), twin(envelope.signature()));
    signed.envelope = Envelope::from_parts(payload, signature);
    let mut noted = bundle.clone();
    let mut lines = bundle.checkpoint.signatures().to_vec();
    let line = &lines[0];
    lines[0] = SignatureLine::new(line.name().clone(), line.id(), twin(line.signature())).unwrap();
    noted.checkpoint = Note::new(bundle.checkpoint.text(), lines).unwrap();
    for mutant in [promised, signed, noted] {
        assert_ne!(mutant, bundle);
        assert!(!specimen.verifies(&mutant.to_bytes().unwrap()));
    }
}

#[test]
fn a_key_accepts_one_of_the_two_signatures_that_satisfy_its_equation() {
    let key = EcdsaKey::generate(&mut Seeded(7)).unwrap();
    let public = EcdsaPublicKey::from_spki(key.spki()).unwrap();
    // Half of all signatures have the higher `s` before it is chosen.
    for message in 0..16u8 {
        let signature = key.sign(&[message]);
        assert!(public.verifies(&[message], &signature));
        assert!(!public.verifies(&[message], &twin(&signature)));
    }
}
