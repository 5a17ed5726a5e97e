//! Envelopes: a statement and the signature over it.
//!
//! DSSE (<https://github.com/secure-systems-lab/dsse>) signs the payload
//! together with its type and both lengths, the *pre-authentication encoding*,
//! so that no other reading of the same bytes has the same signature. The
//! standard allows several signatures; Modu's envelopes have exactly one.

use serde::{Deserialize, Serialize};

use crate::EvidenceError;
use crate::encoding::base64_bytes;
use crate::keys::{EcdsaKey, EcdsaPublicKey};
use crate::statement::{PAYLOAD_TYPE, Statement};

/// A signed statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl Envelope {
    /// Signs a statement.
    ///
    /// # Errors
    /// As [`Statement::to_bytes`].
    pub fn sign(statement: &Statement, key: &EcdsaKey) -> Result<Self, EvidenceError> {
        let payload = statement.to_bytes()?;
        let signature = key.sign(&pre_authentication_encoding(&payload));
        Ok(Self { payload, signature })
    }

    /// An envelope of its parts, unverified.
    #[must_use]
    pub fn from_parts(payload: Vec<u8>, signature: Vec<u8>) -> Self {
        Self { payload, signature }
    }

    /// Whether this key signed it.
    #[must_use]
    pub fn is_by(&self, key: &EcdsaPublicKey) -> bool {
        key.verifies(&pre_authentication_encoding(&self.payload), &self.signature)
    }

    /// The statement's bytes.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The signature, in DER.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }
}

/// PAE of DSSE v1.
fn pre_authentication_encoding(payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "DSSEv1 {} {PAYLOAD_TYPE} {} ",
        PAYLOAD_TYPE.len(),
        payload.len()
    )
    .into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// The envelope as JSON holds it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct EnvelopeDocument {
    #[serde(with = "base64_bytes")]
    payload: Vec<u8>,
    payload_type: String,
    signatures: [SignatureDocument; 1],
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureDocument {
    #[serde(with = "base64_bytes")]
    sig: Vec<u8>,
}

impl From<&Envelope> for EnvelopeDocument {
    fn from(envelope: &Envelope) -> Self {
        let sig = envelope.signature.clone();
        Self {
            payload: envelope.payload.clone(),
            payload_type: PAYLOAD_TYPE.into(),
            signatures: [SignatureDocument { sig }],
        }
    }
}

impl From<EnvelopeDocument> for Envelope {
    /// The payload's type is not kept: whoever writes the document again finds
    /// out whether it was [`PAYLOAD_TYPE`].
    fn from(document: EnvelopeDocument) -> Self {
        let [SignatureDocument { sig }] = document.signatures;
        Self::from_parts(document.payload, sig)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_that_of_the_dsse_document() {
        // The form of the protocol's own example, with our payload type.
        assert_eq!(
            pre_authentication_encoding(b"hello world"),
            b"DSSEv1 28 application/vnd.in-toto+json 11 hello world"
        );
        assert_eq!(
            pre_authentication_encoding(b""),
            b"DSSEv1 28 application/vnd.in-toto+json 0 "
        );
    }
}
