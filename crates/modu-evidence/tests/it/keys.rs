//! Private keys are made once, kept from others, and never shown.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use modu_evidence::EvidenceError;
use modu_evidence::keys::{EcdsaKey, Ed25519Key, Keys, Random, SystemRandom, WitnessKey};
use modu_evidence::note::{Cosigner as _, KeyName};

use crate::common::{Seeded, recorder};

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn an_archives_keys_are_files_that_only_their_owner_reads() {
    let folder = tempfile::tempdir().unwrap();
    let _recorder = recorder(folder.path());
    let keys = folder.path().join("evidence/keys");
    assert_eq!(mode(&keys), 0o700);
    assert_eq!(mode(&keys.join("0001")), 0o700);
    let files: Vec<_> = std::fs::read_dir(keys.join("0001")).unwrap().collect();
    assert_eq!(files.len(), 5);
    for file in files {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
}

#[test]
fn saved_keys_are_loaded_again_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("keys");
    let keys = Keys::generate(&mut SystemRandom).unwrap();
    keys.save(&place).unwrap();
    let loaded = Keys::load(&place).unwrap();
    assert_eq!(format!("{keys:?}"), format!("{loaded:?}"));
    assert_eq!(keys.identity.sign(b"x"), loaded.identity.sign(b"x"));
    assert_eq!(keys.log_ed25519.sign(b"x"), loaded.log_ed25519.sign(b"x"));
    let other = Keys::generate(&mut SystemRandom).unwrap();
    assert!(matches!(other.save(&place), Err(EvidenceError::Io { .. })));
    assert_eq!(
        format!("{loaded:?}"),
        format!("{:?}", Keys::load(&place).unwrap())
    );
}

#[test]
fn keys_that_others_can_reach_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("keys");
    Keys::generate(&mut Seeded(1))
        .unwrap()
        .save(&place)
        .unwrap();
    let file = place.join("identity.pem");
    for wrong in [0o640, 0o604, 0o660] {
        set_mode(&file, wrong);
        let loaded = Keys::load(&place);
        assert!(
            matches!(loaded, Err(EvidenceError::Key { .. })),
            "{wrong:o}"
        );
    }
    set_mode(&file, 0o600);
    Keys::load(&place).unwrap();
    for wrong in [0o750, 0o701] {
        set_mode(&place, wrong);
        let loaded = Keys::load(&place);
        assert!(
            matches!(loaded, Err(EvidenceError::Key { .. })),
            "{wrong:o}"
        );
    }
    set_mode(&place, 0o700);
    // A link could lead to a file that somebody else put there.
    let moved = folder.path().join("moved.pem");
    std::fs::rename(&file, &moved).unwrap();
    std::os::unix::fs::symlink(&moved, &file).unwrap();
    assert!(Keys::load(&place).is_err());
}

#[test]
fn a_file_that_holds_no_key_is_refused_without_being_quoted() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("keys");
    Keys::generate(&mut Seeded(1))
        .unwrap()
        .save(&place)
        .unwrap();
    let good = std::fs::read_to_string(place.join("identity.pem")).unwrap();
    let ed25519 = std::fs::read_to_string(place.join("log-ed25519.pem")).unwrap();
    let secret = "c2VjcmV0LWJ1dC1icm9rZW4";
    let damaged = good.replacen(&good[40..60], secret, 1);
    let long = format!("{good}{}", "x".repeat(5000));
    for wrong in ["", secret, &good[..90], &ed25519, &damaged, &long] {
        std::fs::write(place.join("identity.pem"), wrong).unwrap();
        let error = Keys::load(&place).unwrap_err().to_string();
        assert!(error.contains("identity.pem"), "{error}");
        assert!(!error.contains("c2Vj") && !error.contains("MIG"), "{error}");
    }
}

#[test]
fn no_form_of_a_key_that_can_be_printed_holds_the_key() {
    struct Marked;
    impl Random for Marked {
        fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EvidenceError> {
            bytes.fill(0x5a);
            Ok(())
        }
    }
    let name = KeyName::new("witness.example").unwrap();
    let shown = format!(
        "{:?} {:?} {:?}",
        EcdsaKey::generate(&mut Marked).unwrap(),
        Ed25519Key::generate(&mut Marked).unwrap(),
        WitnessKey::generate(name, &mut Marked).unwrap(),
    );
    for secret in ["5a5a5a5a", "90, 90", "WlpaWlpa", "ZZZZ"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn a_random_source_that_is_stuck_makes_no_key() {
    struct Stuck(u8);
    impl Random for Stuck {
        fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EvidenceError> {
            bytes.fill(self.0);
            Ok(())
        }
    }
    for value in [0, 0xff] {
        let made = EcdsaKey::generate(&mut Stuck(value));
        assert!(matches!(made, Err(EvidenceError::Random(_))));
    }
}

#[test]
fn a_witness_key_is_saved_and_loaded_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("witness.pem");
    let name = KeyName::new("witness.example/audit").unwrap();
    let key = WitnessKey::generate(name.clone(), &mut SystemRandom).unwrap();
    key.save(&path).unwrap();
    assert_eq!(mode(&path), 0o600);
    assert!(key.save(&path).is_err());
    let loaded = WitnessKey::load(name, &path).unwrap();
    assert_eq!(loaded.public(), key.public());
    assert_eq!(loaded.sign(b"x").unwrap(), key.sign(b"x").unwrap());
}
