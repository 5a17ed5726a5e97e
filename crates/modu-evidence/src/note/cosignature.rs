//! Cosignatures: a witness's dated signature under somebody else's checkpoint.

use std::fmt;

use super::{Algorithm, SignatureLine, VerifierKey};
use crate::EvidenceError;

/// A moment in whole seconds since 1970-01-01T00:00:00Z (POSIX), at most
/// 2^63 - 1 as C2SP tlog-cosignature demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(u64);

impl UnixTime {
    /// A moment; `None` beyond 2^63 - 1 seconds.
    #[must_use]
    pub fn new(seconds: u64) -> Option<Self> {
        i64::try_from(seconds).is_ok().then_some(Self(seconds))
    }

    /// Seconds since the epoch.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A witness's key. The secret lives elsewhere.
pub trait Cosigner {
    /// The public side, of [`Algorithm::CosignatureV1`].
    fn key(&self) -> &VerifierKey;

    /// Signs bytes with Ed25519 (RFC 8032).
    ///
    /// # Errors
    /// Whatever keeps the key from signing.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], EvidenceError>;
}

/// The signed message of an Ed25519 cosignature: two lines before the text.
pub(super) fn message(text: &str, time: UnixTime) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{text}").into_bytes()
}

/// Makes a cosignature line over a checkpoint's note text (C2SP
/// tlog-cosignature, Ed25519). It checks nothing: [`crate::witness::Witness`]
/// does, and calls this.
///
/// # Errors
/// [`EvidenceError::Signature`] where the key is of another algorithm or
/// signed wrongly; else what the signer says.
pub fn cosign(
    text: &str,
    time: UnixTime,
    cosigner: &dyn Cosigner,
) -> Result<SignatureLine, EvidenceError> {
    let key = cosigner.key();
    if key.algorithm() != Algorithm::CosignatureV1 {
        return Err(EvidenceError::Signature(format!(
            "the key {} {} is not a cosignature/v1 key",
            key.name(),
            key.id()
        )));
    }
    let mut signature = time.seconds().to_be_bytes().to_vec();
    signature.extend_from_slice(&cosigner.sign(&message(text, time))?);
    let line = SignatureLine::new(key.name().clone(), key.id(), signature)?;
    key.verify(text, &line)?;
    Ok(line)
}
