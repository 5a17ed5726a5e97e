//! The public keys that verify signature lines.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

use super::cosignature::{self, UnixTime};
use super::{KeyId, KeyName, SignatureLine, excerpt};
use crate::EvidenceError;
use crate::keys::EcdsaPublicKey;

/// The longest verifier key text that is read, in bytes.
const MAX_VERIFIER_KEY_BYTES: usize = 1024;

/// How a key signs, with the type byte that C2SP signed-note assigns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// `0x01`: Ed25519 over the text.
    Ed25519,
    /// `0x02`: ECDSA on P-256 with SHA-256 over the text, in DER, as Rekor
    /// signs checkpoints. The key id is the start of SHA-256 of the key's SPKI.
    EcdsaP256,
    /// `0x04`: a dated Ed25519 cosignature of a witness.
    CosignatureV1,
}

impl Algorithm {
    const fn type_byte(self) -> u8 {
        match self {
            Self::Ed25519 => 1,
            Self::EcdsaP256 => 2,
            Self::CosignatureV1 => 4,
        }
    }
}

#[derive(Clone, PartialEq, Eq)]
enum PublicKey {
    Ed25519(ed25519_dalek::VerifyingKey),
    EcdsaP256(EcdsaPublicKey),
    CosignatureV1(ed25519_dalek::VerifyingKey),
}

/// A public key under a name. Its text form, the *vkey*, is what readers are
/// given to trust: `name+id+base64(type byte, key)`.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    id: KeyId,
    encoded: Vec<u8>,
    key: PublicKey,
}

impl VerifierKey {
    /// An Ed25519 key that signs text.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] where the bytes are not a key.
    pub fn ed25519(name: KeyName, public: &[u8; 32]) -> Result<Self, EvidenceError> {
        Self::new(name, Algorithm::Ed25519, public)
    }

    /// The Ed25519 key of a witness.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] where the bytes are not a key.
    pub fn cosignature(name: KeyName, public: &[u8; 32]) -> Result<Self, EvidenceError> {
        Self::new(name, Algorithm::CosignatureV1, public)
    }

    /// An ECDSA P-256 key, given as the DER of its SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] for anything but the DER that this crate
    /// would write for that key.
    pub fn ecdsa_p256(name: KeyName, spki: &[u8]) -> Result<Self, EvidenceError> {
        Self::new(name, Algorithm::EcdsaP256, spki)
    }

    fn new(name: KeyName, algorithm: Algorithm, encoded: &[u8]) -> Result<Self, EvidenceError> {
        let wrong = |problem: String| {
            EvidenceError::malformed("verifier key", excerpt(name.as_str()), problem)
        };
        let edwards = || {
            let bytes = <&[u8; 32]>::try_from(encoded)
                .map_err(|_| wrong("an Ed25519 key has 32 bytes".into()))?;
            let key = ed25519_dalek::VerifyingKey::from_bytes(bytes)
                .map_err(|error| wrong(format!("not an Ed25519 key: {error}")))?;
            if key.is_weak() {
                return Err(wrong(
                    "a weak Ed25519 key, which anything verifies with".into(),
                ));
            }
            Ok(key)
        };
        let key = match algorithm {
            Algorithm::Ed25519 => PublicKey::Ed25519(edwards()?),
            Algorithm::CosignatureV1 => PublicKey::CosignatureV1(edwards()?),
            Algorithm::EcdsaP256 => PublicKey::EcdsaP256(EcdsaPublicKey::from_spki(encoded)?),
        };
        Ok(Self {
            id: key_id(&name, algorithm, encoded),
            encoded: encoded.to_vec(),
            name,
            key,
        })
    }

    /// The key's name.
    #[must_use]
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The key's id, computed from the key.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// How it signs.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self.key {
            PublicKey::Ed25519(_) => Algorithm::Ed25519,
            PublicKey::EcdsaP256(_) => Algorithm::EcdsaP256,
            PublicKey::CosignatureV1(_) => Algorithm::CosignatureV1,
        }
    }

    /// The 32 bytes of an Ed25519 key, or the SPKI DER of an ECDSA key.
    #[must_use]
    pub fn encoded(&self) -> &[u8] {
        &self.encoded
    }

    /// Whether a line claims to be by this key.
    pub(super) fn matches(&self, line: &SignatureLine) -> bool {
        self.id == line.id && self.name == line.name
    }

    /// Verifies one line over note text; gives the time of a cosignature.
    ///
    /// # Errors
    /// [`EvidenceError::Signature`].
    pub fn verify(
        &self,
        text: &str,
        line: &SignatureLine,
    ) -> Result<Option<UnixTime>, EvidenceError> {
        let wrong = |problem: &str| {
            EvidenceError::Signature(format!("{} {}: {problem}", line.name, line.id))
        };
        if !self.matches(line) {
            return Err(wrong("the line is by another key"));
        }
        let mismatch = || wrong("the signature does not verify");
        match &self.key {
            PublicKey::Ed25519(key) => {
                verify_ed25519(key, text.as_bytes(), &line.signature).ok_or_else(mismatch)?;
                Ok(None)
            }
            PublicKey::EcdsaP256(key) => {
                let verifies = key.verifies(text.as_bytes(), &line.signature);
                verifies.then_some(None).ok_or_else(mismatch)
            }
            PublicKey::CosignatureV1(key) => {
                let (seconds, signature) = line
                    .signature
                    .split_first_chunk::<8>()
                    .ok_or_else(mismatch)?;
                let time = UnixTime::new(u64::from_be_bytes(*seconds))
                    .ok_or_else(|| wrong("its time is beyond 2^63 - 1 seconds"))?;
                let message = cosignature::message(text, time);
                verify_ed25519(key, &message, signature).ok_or_else(mismatch)?;
                Ok(Some(time))
            }
        }
    }
}

fn verify_ed25519(
    key: &ed25519_dalek::VerifyingKey,
    message: &[u8],
    signature: &[u8],
) -> Option<()> {
    let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
    key.verify_strict(message, &signature).ok()
}

fn key_id(name: &KeyName, algorithm: Algorithm, encoded: &[u8]) -> KeyId {
    let hash = match algorithm {
        Algorithm::EcdsaP256 => Sha256::digest(encoded),
        Algorithm::Ed25519 | Algorithm::CosignatureV1 => Sha256::new()
            .chain_update(name.as_str())
            .chain_update([b'\n', algorithm.type_byte()])
            .chain_update(encoded)
            .finalize(),
    };
    KeyId([hash[0], hash[1], hash[2], hash[3]])
}

/// The vkey text.
impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![self.algorithm().type_byte()];
        bytes.extend_from_slice(&self.encoded);
        let encoded = BASE64_STANDARD.encode(bytes);
        write!(f, "{}+{}+{encoded}", self.name, self.id)
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({self})")
    }
}

impl FromStr for VerifierKey {
    type Err = EvidenceError;

    fn from_str(text: &str) -> Result<Self, EvidenceError> {
        let wrong =
            |problem: String| EvidenceError::malformed("verifier key", excerpt(text), problem);
        if text.len() > MAX_VERIFIER_KEY_BYTES {
            return Err(wrong("it is over the limit of 1024 bytes".into()));
        }
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(encoded)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong("expected name+id+base64".into()));
        };
        let bytes = BASE64_STANDARD
            .decode(encoded)
            .map_err(|error| wrong(format!("its key is not base64: {error}")))?;
        let algorithm = match bytes.first() {
            Some(1) => Algorithm::Ed25519,
            Some(2) => Algorithm::EcdsaP256,
            Some(4) => Algorithm::CosignatureV1,
            Some(other) => {
                return Err(wrong(format!(
                    "its type {other:#04x} is not one of 0x01 (Ed25519), 0x02 (ECDSA), 0x04 (cosignature)"
                )));
            }
            None => return Err(wrong("its key is empty".into())),
        };
        let key = Self::new(KeyName::new(name)?, algorithm, &bytes[1..])?;
        if key.id.to_string() != id {
            return Err(wrong(format!(
                "its id should be {}: a digit or the name was changed",
                key.id
            )));
        }
        Ok(key)
    }
}
