//! Signed certificate timestamps (RFC 6962, section 3).

use der::Decode as _;
use der::asn1::{ObjectIdentifier, OctetString};
use jiff::Timestamp;
use modu_kernel::Digest;
use x509_cert::ext::Extension;

use super::x509::{extension, malformed, wrong};
use crate::EvidenceError;
use crate::keys::{EcdsaKey, EcdsaPublicKey};

pub(super) const OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11129.2.4.2");

/// What the certificate log promises: that it saw this certificate then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CertificateTimestamp {
    pub(super) log_id: Digest,
    pub(super) milliseconds: u64,
    pub(super) signature: Vec<u8>,
}

/// The bytes before the signature's length in a serialised timestamp.
const HEAD_BYTES: usize = 1 + 32 + 8 + 2 + 2;
/// Hash SHA-256 (4), signature ECDSA (3): RFC 5246, section 7.4.1.4.1.
const SHA256_ECDSA: [u8; 2] = [4, 3];

impl CertificateTimestamp {
    /// Vouches for the body of a certificate that will carry the timestamp.
    pub(super) fn sign(
        key: &EcdsaKey,
        authority: &EcdsaPublicKey,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Self, EvidenceError> {
        let milliseconds = u64::try_from(now.as_millisecond())
            .map_err(|_| malformed("its timestamp", "the time lies before 1970"))?;
        let message = signed_message(authority, body, milliseconds)?;
        Ok(Self {
            log_id: Digest::of(key.spki()),
            milliseconds,
            signature: key.sign(&message),
        })
    }

    pub(super) fn is_by(
        &self,
        key: &EcdsaPublicKey,
        authority: &EcdsaPublicKey,
        body: &[u8],
    ) -> Result<bool, EvidenceError> {
        let message = signed_message(authority, body, self.milliseconds)?;
        Ok(self.log_id == key.id() && key.verifies(&message, &self.signature))
    }

    /// The extension: an octet string with a list of one timestamp.
    pub(super) fn to_extension(&self) -> Result<Extension, EvidenceError> {
        let length = |bytes: &[u8]| {
            u16::try_from(bytes.len())
                .map(u16::to_be_bytes)
                .map_err(|_| malformed("its timestamp", "the signature is too long"))
        };
        let mut bytes = vec![0]; // version 1
        bytes.extend_from_slice(self.log_id.as_bytes());
        bytes.extend_from_slice(&self.milliseconds.to_be_bytes());
        bytes.extend_from_slice(&[0, 0]); // no extensions
        bytes.extend_from_slice(&SHA256_ECDSA);
        bytes.extend_from_slice(&length(&self.signature)?);
        bytes.extend_from_slice(&self.signature);
        for _ in ["the timestamp's length", "the list's length"] {
            let prefix = length(&bytes)?;
            bytes.splice(0..0, prefix);
        }
        extension(OID, false, &OctetString::new(bytes).map_err(wrong)?)
    }

    /// Reads what [`Self::to_extension`] writes.
    pub(super) fn from_extension(read: &Extension) -> Result<Self, EvidenceError> {
        let damaged = || malformed("its timestamp", "it is not one timestamp of version 1");
        let list = OctetString::from_der(read.extn_value.as_bytes()).map_err(wrong)?;
        let bytes = list.as_bytes().get(4..).ok_or_else(damaged)?;
        let (head, rest) = bytes
            .split_first_chunk::<HEAD_BYTES>()
            .ok_or_else(damaged)?;
        let (_, rest) = rest.split_first_chunk::<2>().ok_or_else(damaged)?;
        let (mut log_id, mut milliseconds) = ([0; 32], [0; 8]);
        log_id.copy_from_slice(&head[1..33]);
        milliseconds.copy_from_slice(&head[33..41]);
        let timestamp = Self {
            log_id: Digest::from_bytes(log_id),
            milliseconds: u64::from_be_bytes(milliseconds),
            signature: rest.to_vec(),
        };
        // Lengths, version and algorithm are right where writing gives the same.
        if timestamp.to_extension()? != *read {
            return Err(damaged());
        }
        Ok(timestamp)
    }
}

/// The `digitally-signed` struct of RFC 6962, section 3.2, for a precertificate.
fn signed_message(
    authority: &EcdsaPublicKey,
    body: &[u8],
    milliseconds: u64,
) -> Result<Vec<u8>, EvidenceError> {
    let length = u32::try_from(body.len())
        .ok()
        .filter(|length| *length < 1 << 24)
        .ok_or_else(|| malformed("its length", "it is too long for a timestamp"))?;
    let mut message = vec![0, 0]; // version 1, certificate_timestamp
    message.extend_from_slice(&milliseconds.to_be_bytes());
    message.extend_from_slice(&[0, 1]); // precert_entry
    message.extend_from_slice(authority.id().as_bytes());
    message.extend_from_slice(&length.to_be_bytes()[1..]);
    message.extend_from_slice(body);
    message.extend_from_slice(&[0, 0]); // no extensions
    Ok(message)
}
