//! The witness: another organisation that watches a log.
//!
//! Whoever holds a log's keys could rewrite it and sign the new one; nobody
//! who sees only the new one could tell. A witness remembers the last
//! checkpoint of each log it watches and signs a newer one only after checking
//! that it continues the remembered one. A reader who trusts some witnesses
//! then knows that all of them saw one history.
//!
//! Requests and answers are those of C2SP tlog-witness
//! (<https://c2sp.org/tlog-witness>), carried in files; the signatures are
//! those of C2SP tlog-cosignature.

mod request;
mod state;

pub use request::{AddCheckpoint, MAX_REQUEST_BYTES};
pub use state::{Refusal, Witness};

use crate::EvidenceError;
use crate::note::{Note, UnixTime, VerifierKey};

/// The witnesses that a reader trusts, and how many of them must have signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessPolicy {
    keys: Vec<VerifierKey>,
    quorum: usize,
}

/// Which trusted witnesses cosigned a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnessed<'k> {
    /// Each with the time of its cosignature.
    pub cosigned: Vec<(&'k VerifierKey, UnixTime)>,
    /// How many the reader demands.
    pub quorum: usize,
}

impl Witnessed<'_> {
    /// Whether enough of them signed. With a quorum of 0 this is true of an
    /// unwitnessed checkpoint: say so to the reader.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        self.cosigned.len() >= self.quorum
    }
}

impl WitnessPolicy {
    /// Trusts these witnesses, `quorum` of which must have signed. Two keys
    /// count as two witnesses: list one key for each organisation.
    ///
    /// # Errors
    /// [`EvidenceError::Signature`] where a key is no witness's key or is
    /// listed twice, or the quorum is more than there are keys.
    pub fn new(keys: Vec<VerifierKey>, quorum: usize) -> Result<Self, EvidenceError> {
        use crate::note::Algorithm::CosignatureV1;
        if let Some(key) = keys.iter().find(|key| key.algorithm() != CosignatureV1) {
            return Err(EvidenceError::Signature(format!(
                "{} {} is not a witness key (cosignature/v1)",
                key.name(),
                key.id()
            )));
        }
        for (place, key) in keys.iter().enumerate() {
            if keys[..place]
                .iter()
                .any(|other| other.encoded() == key.encoded())
            {
                return Err(EvidenceError::Signature(format!(
                    "the witness key {} {} is listed twice",
                    key.name(),
                    key.id()
                )));
            }
        }
        if quorum > keys.len() {
            return Err(EvidenceError::Signature(format!(
                "{quorum} witnesses are demanded, but only {} are trusted",
                keys.len()
            )));
        }
        Ok(Self { keys, quorum })
    }

    /// The trusted witnesses' keys.
    #[must_use]
    pub fn keys(&self) -> &[VerifierKey] {
        &self.keys
    }

    /// How many must have signed.
    #[must_use]
    pub fn quorum(&self) -> usize {
        self.quorum
    }

    /// Counts the trusted witnesses under a checkpoint whose log signature the
    /// caller has verified.
    ///
    /// # Errors
    /// [`EvidenceError::Signature`] where a trusted witness's line does not
    /// verify, which means the note was tampered with. Too few witnesses are
    /// not an error here: see [`Witnessed::is_enough`].
    pub fn count(&self, checkpoint: &Note) -> Result<Witnessed<'_>, EvidenceError> {
        let mentioned = checkpoint.signatures().iter().any(|line| {
            let of = |key: &VerifierKey| key.id() == line.id() && key.name() == line.name();
            self.keys.iter().any(of)
        });
        let verified = match mentioned {
            true => checkpoint.verify(&self.keys)?,
            false => Vec::new(),
        };
        let cosigned = verified
            .into_iter()
            .filter_map(|verified| Some((verified.key, verified.time?)))
            .collect();
        Ok(Witnessed {
            cosigned,
            quorum: self.quorum,
        })
    }
}
