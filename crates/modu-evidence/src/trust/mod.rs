//! What a reader trusts: the public keys, and when each was in use.
//!
//! A *trusted root* lists the authorities, certificate logs and logs of an
//! organisation. It is public, it is handed over once by a way that the reader
//! trusts, and everything that is later verified rests on it. When keys are
//! changed, the old ones stay in it with the time in which they were used.
//!
//! The file is Sigstore's `trusted_root.json`
//! (<https://github.com/sigstore/protobuf-specs>, `TrustedRoot`).

mod document;

use jiff::Timestamp;
use modu_kernel::Digest;

use crate::EvidenceError;
use crate::authority::AuthorityCertificate;
use crate::keys::{EcdsaPublicKey, Keys};
use crate::log::{LogKeys, Origin};
use crate::note::{Algorithm, KeyName, VerifierKey};

/// The largest trusted root that is read, in bytes.
pub const MAX_TRUSTED_ROOT_BYTES: usize = 1 << 20;

/// The time in which a key was in use, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// From then on.
    pub start: Timestamp,
    /// Until then; none while it is in use.
    pub end: Option<Timestamp>,
}

impl Period {
    /// Whether it covers a moment.
    #[must_use]
    pub fn covers(&self, moment: Timestamp) -> bool {
        self.start <= moment && self.end.is_none_or(|end| moment <= end)
    }
}

/// Something with the time in which it was in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated<T> {
    /// What was in use.
    pub it: T,
    /// When.
    pub period: Period,
}

/// The public keys that a reader trusts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrustedRoot {
    authorities: Vec<Dated<AuthorityCertificate>>,
    certificate_logs: Vec<Dated<EcdsaPublicKey>>,
    log_keys: Vec<Dated<VerifierKey>>,
}

impl TrustedRoot {
    /// Trusts nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the public side of some keys.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] where the origin cannot name a key.
    pub fn add(
        &mut self,
        keys: &Keys,
        authority: AuthorityCertificate,
        origin: &Origin,
        period: Period,
    ) -> Result<(), EvidenceError> {
        let name = KeyName::new(origin.as_str())?;
        let ecdsa = VerifierKey::ecdsa_p256(name.clone(), keys.log_ecdsa.spki())?;
        let ed25519 = VerifierKey::ed25519(name, &keys.log_ed25519.public())?;
        let certificate_log = EcdsaPublicKey::from_spki(keys.certificate_log.spki())?;
        self.authorities.push(Dated {
            it: authority,
            period,
        });
        self.certificate_logs.push(Dated {
            it: certificate_log,
            period,
        });
        for it in [ecdsa, ed25519] {
            self.log_keys.push(Dated { it, period });
        }
        Ok(())
    }

    /// Ends every period that has no end yet.
    pub fn close(&mut self, end: Timestamp) {
        let authorities = self.authorities.iter_mut().map(|dated| &mut dated.period);
        let certificate_logs = (self.certificate_logs.iter_mut()).map(|dated| &mut dated.period);
        let log_keys = self.log_keys.iter_mut().map(|dated| &mut dated.period);
        for period in authorities.chain(certificate_logs).chain(log_keys) {
            period.end.get_or_insert(end);
        }
    }

    /// The authorities.
    #[must_use]
    pub fn authorities(&self) -> &[Dated<AuthorityCertificate>] {
        &self.authorities
    }

    /// The certificate logs' keys.
    #[must_use]
    pub fn certificate_logs(&self) -> &[Dated<EcdsaPublicKey>] {
        &self.certificate_logs
    }

    /// The logs' keys. A key's name is its log's origin.
    #[must_use]
    pub fn log_keys(&self) -> &[Dated<VerifierKey>] {
        &self.log_keys
    }

    /// The log of an id, as entries name it: SHA-256 of its ECDSA key's SPKI.
    #[must_use]
    pub fn log(&self, id: &Digest) -> Option<&Dated<VerifierKey>> {
        self.log_keys
            .iter()
            .find(|dated| dated.it.algorithm() == Algorithm::EcdsaP256 && log_id(&dated.it) == *id)
    }

    /// All keys, old and new, of the log of an origin.
    ///
    /// # Errors
    /// [`EvidenceError::Signature`] where there is none.
    pub fn keys_of(&self, origin: &Origin) -> Result<LogKeys, EvidenceError> {
        let of_origin = |dated: &&Dated<VerifierKey>| dated.it.name().as_str() == origin.as_str();
        let keys = self.log_keys.iter().filter(of_origin);
        LogKeys::new(origin.clone(), keys.map(|dated| dated.it.clone()).collect())
    }
}

/// How Sigstore names a log: for ECDSA keys SHA-256 of the SPKI, for Ed25519
/// keys (as in Rekor's second version) SHA-256 over name and key. The first
/// four bytes are the key's id under notes.
pub(crate) fn log_id(key: &VerifierKey) -> Digest {
    match key.algorithm() {
        Algorithm::EcdsaP256 => Digest::of(key.encoded()),
        Algorithm::Ed25519 | Algorithm::CosignatureV1 => {
            let mut bytes = key.name().as_str().as_bytes().to_vec();
            bytes.extend_from_slice(b"\n\x01");
            bytes.extend_from_slice(key.encoded());
            Digest::of(&bytes)
        }
    }
}
