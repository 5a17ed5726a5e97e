//! Signing with keys that are in memory.

use ed25519_dalek::Signer as _;
use p256::pkcs8::EncodePublicKey as _;

use super::{Cosigner, KeyName, NoteSigner, SignatureLine, VerifierKey};
use crate::EvidenceError;

/// An Ed25519 key that signs notes. Wiped from memory when dropped.
pub struct Ed25519Signer {
    secret: ed25519_dalek::SigningKey,
    key: VerifierKey,
}

impl Ed25519Signer {
    /// A key for signing notes.
    ///
    /// # Errors
    /// As [`VerifierKey::ed25519`].
    pub fn new(name: KeyName, secret: ed25519_dalek::SigningKey) -> Result<Self, EvidenceError> {
        let key = VerifierKey::ed25519(name, secret.verifying_key().as_bytes())?;
        Ok(Self { secret, key })
    }

    /// The public side.
    #[must_use]
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }
}

impl NoteSigner for Ed25519Signer {
    fn sign(&self, text: &str) -> Result<Vec<SignatureLine>, EvidenceError> {
        let signature = self.secret.sign(text.as_bytes()).to_bytes();
        let line = SignatureLine::new(self.key.name().clone(), self.key.id(), signature)?;
        Ok(vec![line])
    }
}

/// A witness's Ed25519 key; one that signs notes must not be used as one too.
/// Wiped from memory when dropped.
pub struct Ed25519Cosigner {
    secret: ed25519_dalek::SigningKey,
    key: VerifierKey,
}

impl Ed25519Cosigner {
    /// A key for cosigning.
    ///
    /// # Errors
    /// As [`VerifierKey::cosignature`].
    pub fn new(name: KeyName, secret: ed25519_dalek::SigningKey) -> Result<Self, EvidenceError> {
        let key = VerifierKey::cosignature(name, secret.verifying_key().as_bytes())?;
        Ok(Self { secret, key })
    }
}

impl Cosigner for Ed25519Cosigner {
    fn key(&self) -> &VerifierKey {
        &self.key
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], EvidenceError> {
        Ok(self.secret.sign(message).to_bytes())
    }
}

/// An ECDSA P-256 key that signs notes as Rekor does. Wiped from memory when
/// dropped.
pub struct EcdsaP256Signer {
    secret: p256::ecdsa::SigningKey,
    key: VerifierKey,
}

impl EcdsaP256Signer {
    /// A key for signing notes.
    ///
    /// # Errors
    /// As [`VerifierKey::ecdsa_p256`].
    pub fn new(name: KeyName, secret: p256::ecdsa::SigningKey) -> Result<Self, EvidenceError> {
        let spki = secret
            .verifying_key()
            .to_public_key_der()
            .map_err(|error| {
                EvidenceError::malformed("verifier key", name.as_str(), error.to_string())
            })?;
        let key = VerifierKey::ecdsa_p256(name, spki.as_bytes())?;
        Ok(Self { secret, key })
    }

    /// The public side.
    #[must_use]
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }
}

impl NoteSigner for EcdsaP256Signer {
    fn sign(&self, text: &str) -> Result<Vec<SignatureLine>, EvidenceError> {
        let signature: p256::ecdsa::Signature = self.secret.sign(text.as_bytes());
        let signature = signature.normalize_s().to_der();
        let name = self.key.name().clone();
        let line = SignatureLine::new(name, self.key.id(), signature.as_bytes())?;
        Ok(vec![line])
    }
}

/// Several signers, whose lines follow one another.
impl<A: NoteSigner, B: NoteSigner> NoteSigner for (A, B) {
    fn sign(&self, text: &str) -> Result<Vec<SignatureLine>, EvidenceError> {
        let mut lines = self.0.sign(text)?;
        lines.extend(self.1.sign(text)?);
        Ok(lines)
    }
}

impl<S: NoteSigner + ?Sized> NoteSigner for &S {
    fn sign(&self, text: &str) -> Result<Vec<SignatureLine>, EvidenceError> {
        (**self).sign(text)
    }
}
