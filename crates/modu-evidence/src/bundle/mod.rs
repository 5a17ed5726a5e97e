//! Bundles: one entry of a log with all that its reader needs.
//!
//! A bundle is the file that leaves the house. It holds the signed statement,
//! the signer's certificate, the log's promise, the path from the entry to the
//! log's root, and the checkpoint with that root. With the trusted root of the
//! organisation and the artifact it is verified offline, long after the log's
//! server is gone.
//!
//! The form is Sigstore's bundle v0.3
//! (<https://github.com/sigstore/protobuf-specs>, `Bundle`) with a log entry of
//! Rekor's kind `dsse` 0.0.1. Other tools read many spellings of it; Modu reads
//! and writes one, canonical JSON (RFC 8785), and refuses every other.

mod document;

use modu_kernel::{Digest, canonical};

use crate::EvidenceError;
use crate::dsse::{Envelope, EnvelopeDocument};
use crate::encoding::encode_base64;
use crate::log::{Checkpoint, Hash, InclusionProof};
use crate::note::Note;

/// The largest bundle that is written or read, in bytes.
pub const MAX_BUNDLE_BYTES: usize = 4 << 20;

/// A log entry and its proofs, not yet verified: the parts that say something
/// of their own. All else in the file follows from them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The signed statement.
    pub envelope: Envelope,
    /// The signer's certificate, in DER.
    pub certificate: Vec<u8>,
    /// The log: SHA-256 of its ECDSA key's SPKI.
    pub log_id: Digest,
    /// When the log took the entry, in seconds since 1970.
    pub integrated_time: u64,
    /// The log's signature over entry, index and time (Rekor's *signed entry
    /// timestamp*), in DER.
    pub promise: Vec<u8>,
    /// The entry's index, the tree's size, and the way to the root.
    pub proof: InclusionProof,
    /// The checkpoint with the root, and the signatures under it.
    pub checkpoint: Note,
}

impl Bundle {
    /// The file's bytes.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] where the checkpoint is none or the bundle
    /// is over [`MAX_BUNDLE_BYTES`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, EvidenceError> {
        let checkpoint = Checkpoint::parse(self.checkpoint.text())?;
        if checkpoint.size != self.proof.size {
            return Err(malformed("treeSize", "it is not the checkpoint's"));
        }
        let document = document::write(self, &checkpoint.root)?;
        let bytes = canonical::to_vec(&document).map_err(|e| malformed("its content", e))?;
        check_length(&bytes)?;
        Ok(bytes)
    }

    /// Reads a bundle.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] for anything but the bytes that
    /// [`Self::to_bytes`] writes: unknown or double members, another order,
    /// white space, an entry of another envelope, a root or size that is not
    /// the checkpoint's.
    pub fn parse(bytes: &[u8]) -> Result<Self, EvidenceError> {
        check_length(bytes)?;
        let bundle = document::read(bytes)?;
        let again = bundle.to_bytes()?;
        if again != bytes {
            let place = (again.iter().zip(bytes))
                .position(|(ours, theirs)| ours != theirs)
                .unwrap_or_else(|| again.len().min(bytes.len()));
            let problem = "it contradicts the bundle's other parts, or is not written in the one form that is read";
            return Err(malformed(&format!("byte {place}"), problem));
        }
        Ok(bundle)
    }

    /// The log entry: what is hashed into the tree.
    ///
    /// # Errors
    /// Never for parts that this crate made or read.
    pub fn entry(&self) -> Result<Vec<u8>, EvidenceError> {
        entry(&self.envelope, &self.certificate)
    }

    /// The entry's leaf hash.
    ///
    /// # Errors
    /// As [`Self::entry`].
    pub fn leaf_hash(&self) -> Result<Hash, EvidenceError> {
        Ok(Hash::of_leaf(&self.entry()?))
    }
}

/// A Rekor entry of kind `dsse` 0.0.1: digests of envelope and payload, the
/// signature, and the certificate in PEM.
pub(crate) fn entry(envelope: &Envelope, certificate: &[u8]) -> Result<Vec<u8>, EvidenceError> {
    let envelope_json = canonical::to_vec(&EnvelopeDocument::from(envelope))
        .map_err(|e| malformed("its envelope", e))?;
    let hash = |bytes: &[u8]| serde_json::json!({ "algorithm": "sha256", "value": Digest::of(bytes).to_hex() });
    let body = serde_json::json!({
        "apiVersion": "0.0.1",
        "kind": "dsse",
        "spec": {
            "envelopeHash": hash(&envelope_json),
            "payloadHash": hash(envelope.payload()),
            "signatures": [{
                "signature": encode_base64(envelope.signature()),
                "verifier": encode_base64(pem(certificate).as_bytes()),
            }],
        },
    });
    canonical::to_vec(&body).map_err(|e| malformed("its entry", e))
}

/// What the log signs when it takes an entry, Rekor's *signed entry timestamp*:
/// canonical JSON of the entry, its time and its place.
///
/// # Errors
/// Never for an index and a time below 2^53.
pub fn promise_message(
    entry: &[u8],
    integrated_time: u64,
    log_id: &Digest,
    index: u64,
) -> Result<Vec<u8>, EvidenceError> {
    let promise = serde_json::json!({
        "body": encode_base64(entry),
        "integratedTime": integrated_time,
        "logID": log_id.to_hex(),
        "logIndex": index,
    });
    canonical::to_vec(&promise).map_err(|e| malformed("its promise", e))
}

/// RFC 7468, with lines of 64 characters and a final newline.
fn pem(der: &[u8]) -> String {
    let encoded = encode_base64(der);
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        // Base64 is ASCII, so every split is between characters.
        let (line, after) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}

fn check_length(bytes: &[u8]) -> Result<(), EvidenceError> {
    if bytes.len() > MAX_BUNDLE_BYTES {
        return Err(malformed("its length", "it is over the limit of 4 MiB"));
    }
    Ok(())
}

fn malformed(place: &str, problem: impl ToString) -> EvidenceError {
    EvidenceError::malformed("bundle", place, problem.to_string())
}
