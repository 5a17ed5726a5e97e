//! ECDSA public keys.

use std::fmt;

use modu_kernel::Digest;
use p256::ecdsa::signature::Verifier as _;
use p256::pkcs8::{DecodePublicKey as _, EncodePublicKey as _};

use crate::EvidenceError;

/// An ECDSA P-256 public key.
#[derive(Clone, PartialEq, Eq)]
pub struct EcdsaPublicKey {
    key: p256::ecdsa::VerifyingKey,
    spki: Vec<u8>,
}

impl EcdsaPublicKey {
    /// Reads the DER of a SubjectPublicKeyInfo (RFC 5480).
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] for anything but an uncompressed P-256 key
    /// in DER.
    pub fn from_spki(spki: &[u8]) -> Result<Self, EvidenceError> {
        let wrong = |problem: &str| EvidenceError::malformed("public key", "its SPKI", problem);
        let key = p256::ecdsa::VerifyingKey::from_public_key_der(spki)
            .map_err(|_| wrong("it is not an ECDSA P-256 key"))?;
        let again = key
            .to_public_key_der()
            .map_err(|_| wrong("it cannot be written again"))?;
        if again.as_bytes() != spki {
            return Err(wrong("it is not in its usual DER form"));
        }
        let spki = spki.to_vec();
        Ok(Self { key, spki })
    }

    /// The DER of its SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// SHA-256 of its SPKI: the *log id* of RFC 6962 and of Rekor.
    #[must_use]
    pub fn id(&self) -> Digest {
        Digest::of(&self.spki)
    }

    /// Whether `signature`, in strict DER and with the lower of the two values
    /// that `s` may have, is this key's over `message`.
    ///
    /// With (r, s) the pair (r, n - s) satisfies ECDSA's equation too, so anybody
    /// could make other bytes of a signature that hold as well. Only the one
    /// that [`EcdsaKey::sign`](super::EcdsaKey::sign) writes is accepted.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let Ok(parsed) = p256::ecdsa::Signature::from_der(signature) else {
            return false;
        };
        // One spelling of each signature, whatever the parser lets through.
        parsed.to_der().as_bytes() == signature
            && parsed.normalize_s() == parsed
            && self.key.verify(message, &parsed).is_ok()
    }
}

impl fmt::Debug for EcdsaPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EcdsaPublicKey({})", self.id())
    }
}
