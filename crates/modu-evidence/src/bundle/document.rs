//! The bundle as JSON holds it (protobuf's JSON mapping).

use modu_kernel::Digest;
use serde::{Deserialize, Serialize};

use super::{Bundle, malformed};
use crate::EvidenceError;
use crate::dsse::EnvelopeDocument;
use crate::encoding::{base64_bytes, decimal};
use crate::log::{Hash, InclusionProof, MAX_PROOF_HASHES};
use crate::note::Note;

const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct BundleDocument {
    media_type: String,
    verification_material: MaterialDocument,
    dsse_envelope: EnvelopeDocument,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MaterialDocument {
    certificate: CertificateDocument,
    tlog_entries: [EntryDocument; 1],
    timestamp_verification_data: TimestampDocument,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CertificateDocument {
    #[serde(with = "base64_bytes")]
    raw_bytes: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EntryDocument {
    #[serde(with = "decimal")]
    log_index: u64,
    log_id: LogIdDocument,
    kind_version: KindDocument,
    #[serde(with = "decimal")]
    integrated_time: u64,
    inclusion_promise: PromiseDocument,
    inclusion_proof: ProofDocument,
    #[serde(with = "base64_bytes")]
    canonicalized_body: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LogIdDocument {
    #[serde(with = "base64_bytes")]
    key_id: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KindDocument {
    kind: String,
    version: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PromiseDocument {
    #[serde(with = "base64_bytes")]
    signed_entry_timestamp: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ProofDocument {
    #[serde(with = "decimal")]
    log_index: u64,
    root_hash: String,
    #[serde(with = "decimal")]
    tree_size: u64,
    hashes: Vec<String>,
    checkpoint: CheckpointDocument,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckpointDocument {
    envelope: String,
}

/// Sigstore's verifiers want the list of timestamps, empty as it is here.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TimestampDocument {
    rfc3161_timestamps: [(); 0],
}

pub(super) fn write(bundle: &Bundle, root: &Hash) -> Result<BundleDocument, EvidenceError> {
    let proof = &bundle.proof;
    let entry = EntryDocument {
        log_index: proof.index,
        log_id: LogIdDocument {
            key_id: bundle.log_id.as_bytes().to_vec(),
        },
        kind_version: KindDocument {
            kind: "dsse".into(),
            version: "0.0.1".into(),
        },
        integrated_time: bundle.integrated_time,
        inclusion_promise: PromiseDocument {
            signed_entry_timestamp: bundle.promise.clone(),
        },
        inclusion_proof: ProofDocument {
            log_index: proof.index,
            root_hash: root.to_string(),
            tree_size: proof.size,
            hashes: proof.hashes.iter().map(Hash::to_string).collect(),
            checkpoint: CheckpointDocument {
                envelope: bundle.checkpoint.to_string(),
            },
        },
        canonicalized_body: bundle.entry()?,
    };
    Ok(BundleDocument {
        media_type: MEDIA_TYPE.into(),
        verification_material: MaterialDocument {
            certificate: CertificateDocument {
                raw_bytes: bundle.certificate.clone(),
            },
            tlog_entries: [entry],
            timestamp_verification_data: TimestampDocument {
                rfc3161_timestamps: [],
            },
        },
        dsse_envelope: EnvelopeDocument::from(&bundle.envelope),
    })
}

/// Takes the parts that say something of their own. Whether the others follow
/// from them, the caller finds out by writing the bundle again.
pub(super) fn read(bytes: &[u8]) -> Result<Bundle, EvidenceError> {
    let document: BundleDocument = serde_json::from_slice(bytes).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        malformed(&place, error)
    })?;
    let material = document.verification_material;
    let [entry] = material.tlog_entries;
    let proof = entry.inclusion_proof;
    if proof.hashes.len() > MAX_PROOF_HASHES {
        return Err(malformed("hashes", "there are more than 63"));
    }
    let hash = |text: &String| {
        Hash::from_base64(text).ok_or_else(|| malformed("hashes", "one is not base64 of 32 bytes"))
    };
    let log_id = <[u8; 32]>::try_from(entry.log_id.key_id)
        .map_err(|_| malformed("keyId", "it does not have 32 bytes"))?;
    let bundle = Bundle {
        envelope: document.dsse_envelope.into(),
        certificate: material.certificate.raw_bytes,
        log_id: Digest::from_bytes(log_id),
        integrated_time: entry.integrated_time,
        promise: entry.inclusion_promise.signed_entry_timestamp,
        proof: InclusionProof {
            index: entry.log_index,
            size: proof.tree_size,
            hashes: proof.hashes.iter().map(hash).collect::<Result<_, _>>()?,
        },
        checkpoint: Note::parse(proof.checkpoint.envelope)?,
    };
    // Writing it again would find this too, and tell the reader less.
    if bundle.entry()? != entry.canonicalized_body {
        let problem = "the log's entry is of another statement, signature or certificate";
        return Err(malformed("canonicalizedBody", problem));
    }
    Ok(bundle)
}
