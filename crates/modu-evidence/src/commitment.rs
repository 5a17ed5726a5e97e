//! Commitments: naming bytes without giving away what they are.
//!
//! The digest of a small or guessable file gives it away: whoever can guess
//! the file can check the guess. A commitment hashes the digest together with
//! a random *salt* that its owner keeps. It says nothing until the owner opens
//! it by showing salt and digest, and it cannot be opened to anything else.

use std::fmt;

use modu_kernel::{Artifact, Digest};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroize as _;

use crate::EvidenceError;
use crate::encoding::hex;
use crate::keys::Random;

const DOMAIN: &[u8] = b"modu.example/commitment/v1\0";

/// 32 random bytes that their owner keeps.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Salt(#[serde(with = "hex")] [u8; 32]);

impl Salt {
    /// A new salt.
    ///
    /// # Errors
    /// [`EvidenceError::Random`].
    pub fn new(random: &mut dyn Random) -> Result<Self, EvidenceError> {
        let mut bytes = [0; 32];
        random.fill(&mut bytes)?;
        Ok(Self(bytes))
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(kept)")
    }
}

impl Drop for Salt {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// What is published for bytes whose digest is not:
/// SHA-256(domain || salt || digest || size as 8 bytes, big end first).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Commitment(Digest);

/// Salt and artifact: what opens a commitment. Its owner keeps it in a file of
/// its own and shows it to whom it wants to convince.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// The salt.
    pub salt: Salt,
    /// The bytes, by digest and size.
    pub artifact: Artifact,
}

impl Opening {
    /// Commits to an artifact with a new salt.
    ///
    /// # Errors
    /// [`EvidenceError::Random`].
    pub fn new(artifact: Artifact, random: &mut dyn Random) -> Result<Self, EvidenceError> {
        let salt = Salt::new(random)?;
        Ok(Self { salt, artifact })
    }

    /// What is published.
    #[must_use]
    pub fn commitment(&self) -> Commitment {
        let hash = Sha256::new()
            .chain_update(DOMAIN)
            .chain_update(self.salt.0)
            .chain_update(self.artifact.digest.as_bytes())
            .chain_update(self.artifact.size.to_be_bytes())
            .finalize();
        Commitment(Digest::from_bytes(hash.into()))
    }

    /// Whether it opens this commitment.
    #[must_use]
    pub fn opens(&self, commitment: &Commitment) -> bool {
        self.commitment() == *commitment
    }
}

impl Commitment {
    /// The hash that is published.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0
    }
}

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
