//! Fixed keys and entries for the tests of the log.

use modu_evidence::log::{LogKeys, Origin};
use modu_evidence::note::{
    Cosigner as _, EcdsaP256Signer, Ed25519Cosigner, Ed25519Signer, KeyName, VerifierKey,
};

pub(crate) const ORIGIN: &str = "log.modu.example";

/// A folder in memory where the system has one: a killed process loses nothing
/// that it wrote there, and syncs cost no time.
pub(crate) fn memory_folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

pub(crate) fn name(name: &str) -> KeyName {
    KeyName::new(name).unwrap()
}

pub(crate) fn ed25519(seed: u8) -> Ed25519Signer {
    let secret = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]);
    Ed25519Signer::new(name(ORIGIN), secret).unwrap()
}

pub(crate) fn ecdsa(seed: u8) -> EcdsaP256Signer {
    let secret = p256::ecdsa::SigningKey::from_slice(&[seed; 32]).unwrap();
    EcdsaP256Signer::new(name(ORIGIN), secret).unwrap()
}

pub(crate) fn witness(seed: u8) -> Ed25519Cosigner {
    let secret = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]);
    Ed25519Cosigner::new(name(&format!("witness{seed}.modu.example")), secret).unwrap()
}

pub(crate) fn witness_key(seed: u8) -> VerifierKey {
    witness(seed).key().clone()
}

/// The two lines that Modu's own logs carry.
pub(crate) fn signer() -> (EcdsaP256Signer, Ed25519Signer) {
    (ecdsa(3), ed25519(1))
}

pub(crate) fn keys() -> LogKeys {
    let (ecdsa, ed25519) = signer();
    let keys = vec![ecdsa.key().clone(), ed25519.key().clone()];
    LogKeys::new(Origin::new(ORIGIN).unwrap(), keys).unwrap()
}

/// Entry `index` of every log in these tests: lengths from 0 up, and no two
/// alike but those of length 0.
pub(crate) fn entry(index: u64) -> Vec<u8> {
    let length = (index * 7919 % 97) as usize;
    let stamp = index.to_be_bytes();
    stamp.iter().copied().cycle().take(length).collect()
}

pub(crate) fn entries(range: std::ops::Range<u64>) -> Vec<Vec<u8>> {
    range.map(entry).collect()
}
