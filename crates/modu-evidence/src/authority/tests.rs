//! Certificates have one form, and it is the one that was meant.
#![allow(
    clippy::unwrap_used,
    reason = "a test fails where something is missing"
)]

use jiff::Timestamp;

use super::{AuthorityCertificate, LeafCertificate, MAX_NAME_BYTES, VALIDITY};
use crate::keys::{EcdsaPublicKey, Keys, SystemRandom};

const IDENTITY: &str = "https://modu.example/agency";
const ISSUER: &str = "https://modu.example/oidc";

fn now() -> Timestamp {
    "2026-11-22T09:00:00Z".parse().unwrap()
}

fn issued() -> (Keys, AuthorityCertificate, LeafCertificate) {
    let keys = Keys::generate(&mut SystemRandom).unwrap();
    let authority = AuthorityCertificate::issue(&keys.authority, "수요부처", now()).unwrap();
    let leaf = LeafCertificate::issue(&keys, &authority, IDENTITY, ISSUER, now()).unwrap();
    (keys, authority, leaf)
}

#[test]
fn a_certificate_says_what_was_certified() {
    let (keys, authority, leaf) = issued();
    assert_eq!((leaf.identity(), leaf.issuer()), (IDENTITY, ISSUER));
    assert_eq!(leaf.period(), (now(), now() + VALIDITY));
    assert_eq!(leaf.key().spki(), keys.identity.spki());
    assert_eq!(leaf.vouched(), Some(now()));
    assert_eq!(authority.organisation(), "수요부처");
    let log = EcdsaPublicKey::from_spki(keys.certificate_log.spki()).unwrap();
    assert!(leaf.is_vouched_by(&log, &authority).unwrap());
    let other = EcdsaPublicKey::from_spki(keys.log_ecdsa.spki()).unwrap();
    assert!(!leaf.is_vouched_by(&other, &authority).unwrap());
}

#[test]
fn no_certificate_with_a_changed_byte_is_read() {
    let (_, authority, leaf) = issued();
    LeafCertificate::parse(leaf.der(), &authority).unwrap();
    for place in 0..leaf.der().len() {
        let mut der = leaf.der().to_vec();
        der[place] ^= 1;
        assert!(LeafCertificate::parse(&der, &authority).is_err(), "{place}");
        let mut der = authority.der().to_vec();
        if let Some(byte) = der.get_mut(place) {
            *byte ^= 1;
            assert!(AuthorityCertificate::parse(&der).is_err(), "{place}");
        }
    }
    for cut in [&leaf.der()[1..], &[leaf.der(), b"\0"].concat(), b""] {
        assert!(LeafCertificate::parse(cut, &authority).is_err());
    }
}

#[test]
fn a_certificate_of_another_authority_of_the_same_name_is_not_read() {
    let (_, _, leaf) = issued();
    let (_, other, _) = issued();
    assert!(LeafCertificate::parse(leaf.der(), &other).is_err());
    // Nor does an authority's own certificate pass as a signer's.
    assert!(LeafCertificate::parse(other.der(), &other).is_err());
    assert!(AuthorityCertificate::parse(leaf.der()).is_err());
}

#[test]
fn only_names_that_a_certificate_can_hold_are_certified() {
    let (keys, authority, _) = issued();
    let long = format!("https://{}", "x".repeat(MAX_NAME_BYTES));
    for wrong in ["", "https://한글.example", "a b", "a\n", &long] {
        assert!(LeafCertificate::issue(&keys, &authority, wrong, ISSUER, now()).is_err());
        assert!(LeafCertificate::issue(&keys, &authority, IDENTITY, wrong, now()).is_err());
    }
    let longest = format!("https://{}", "x".repeat(MAX_NAME_BYTES - 8));
    let leaf = LeafCertificate::issue(&keys, &authority, &longest, &longest, now()).unwrap();
    assert_eq!(leaf.identity(), longest);
    let early = Timestamp::from_second(-1).unwrap();
    assert!(AuthorityCertificate::issue(&keys.authority, "x", early).is_err());
    for wrong in ["", &"이".repeat(65)] {
        assert!(
            AuthorityCertificate::issue(&keys.authority, wrong, now()).is_err(),
            "{wrong}"
        );
    }
}

#[test]
fn dates_after_2049_are_written_as_rfc_5280_demands() {
    let keys = Keys::generate(&mut SystemRandom).unwrap();
    let later: Timestamp = "2049-12-31T23:55:00Z".parse().unwrap();
    let authority = AuthorityCertificate::issue(&keys.authority, "x", later).unwrap();
    let leaf = LeafCertificate::issue(&keys, &authority, IDENTITY, ISSUER, later).unwrap();
    assert_eq!(leaf.period().1, later + VALIDITY);
    let text = String::from_utf8_lossy(leaf.der()).into_owned();
    assert!(text.contains("491231235500Z") && text.contains("20500101000500Z"));
}
