//! X.509 certificates as Modu writes them (RFC 5280), in DER.

use std::time::Duration;

use der::asn1::{Any, BitString, ObjectIdentifier, OctetString, SetOfVec, Utf8StringRef};
use der::{DateTime, Decode as _, Encode, Sequence};
use jiff::Timestamp;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::certificate::Version;
use x509_cert::ext::{Extension, Extensions};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};

use crate::EvidenceError;
use crate::keys::{EcdsaKey, EcdsaPublicKey};

const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const ORGANIZATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
/// Ours have less than 1 KiB.
const MAX_CERTIFICATE_BYTES: usize = 8192;

/// `TBSCertificate`, the part that is signed. The crate's own type of that
/// name cannot be taken apart, as the timestamp's signature demands.
#[derive(Debug, Clone, PartialEq, Eq, Sequence)]
pub(super) struct Body {
    #[asn1(context_specific = "0", default = "Default::default")]
    pub(super) version: Version,
    pub(super) serial_number: SerialNumber,
    pub(super) signature: AlgorithmIdentifierOwned,
    pub(super) issuer: Name,
    pub(super) validity: Validity,
    pub(super) subject: Name,
    pub(super) subject_public_key_info: SubjectPublicKeyInfoOwned,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) extensions: Option<Extensions>,
}

#[derive(Debug, Clone, PartialEq, Eq, Sequence)]
pub(super) struct Certificate {
    pub(super) body: Body,
    pub(super) signature_algorithm: AlgorithmIdentifierOwned,
    pub(super) signature: BitString,
}

impl Body {
    pub(super) fn new(
        serial: [u8; 16],
        issuer: Name,
        subject: Name,
        (from, to): (Timestamp, Timestamp),
        spki: &[u8],
        extensions: Extensions,
    ) -> Result<Self, EvidenceError> {
        Ok(Self {
            version: Version::V3,
            serial_number: SerialNumber::new(&serial).map_err(wrong)?,
            signature: algorithm(),
            issuer,
            validity: Validity::new(time(from)?, time(to)?),
            subject,
            subject_public_key_info: SubjectPublicKeyInfoOwned::from_der(spki).map_err(wrong)?,
            extensions: Some(extensions),
        })
    }

    pub(super) fn to_der(&self) -> Result<Vec<u8>, EvidenceError> {
        Encode::to_der(self).map_err(wrong)
    }

    pub(super) fn sign(self, key: &EcdsaKey) -> Result<Vec<u8>, EvidenceError> {
        let signature = key.sign(&self.to_der()?);
        Certificate {
            body: self,
            signature_algorithm: algorithm(),
            signature: BitString::from_bytes(&signature).map_err(wrong)?,
        }
        .to_der()
        .map_err(wrong)
    }

    pub(super) fn key(&self) -> Result<EcdsaPublicKey, EvidenceError> {
        EcdsaPublicKey::from_spki(&self.subject_public_key_info.to_der().map_err(wrong)?)
    }

    /// The first and last second of validity.
    pub(super) fn period(&self) -> Result<(Timestamp, Timestamp), EvidenceError> {
        let moment = |time: &Time| {
            let seconds = time.to_unix_duration().as_secs();
            i64::try_from(seconds)
                .ok()
                .and_then(|seconds| Timestamp::from_second(seconds).ok())
                .ok_or_else(|| malformed("its validity", "a time is out of range"))
        };
        Ok((
            moment(&self.validity.not_before)?,
            moment(&self.validity.not_after)?,
        ))
    }
}

impl Certificate {
    /// Reads what [`Body::sign`] writes.
    pub(super) fn parse(der: &[u8]) -> Result<Self, EvidenceError> {
        if der.len() > MAX_CERTIFICATE_BYTES {
            return Err(malformed(
                "its length",
                "it is over the limit of 8192 bytes",
            ));
        }
        let certificate = Self::from_der(der).map_err(wrong)?;
        if certificate.to_der().map_err(wrong)? != der {
            return Err(malformed(
                "its bytes",
                "it is not in the one DER form of its content",
            ));
        }
        if certificate.signature_algorithm != algorithm()
            || certificate.body.signature != algorithm()
        {
            return Err(malformed("its algorithm", "only ecdsa-with-SHA256 is read"));
        }
        Ok(certificate)
    }

    pub(super) fn is_signed_by(&self, key: &EcdsaPublicKey) -> bool {
        let signature = self.signature.as_bytes();
        match (self.body.to_der(), signature) {
            (Ok(body), Some(signature)) => key.verifies(&body, signature),
            _ => false,
        }
    }
}

fn algorithm() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: ECDSA_WITH_SHA256,
        parameters: None,
    }
}

/// UTCTime through 2049, GeneralizedTime after it (RFC 5280, 4.1.2.5).
fn time(moment: Timestamp) -> Result<Time, EvidenceError> {
    let seconds = u64::try_from(moment.as_second())
        .map_err(|_| malformed("its validity", "a time lies before 1970"))?;
    DateTime::from_unix_duration(Duration::from_secs(seconds))
        .map(Time::from)
        .map_err(wrong)
}

/// `O=organisation, CN=common name`.
pub(super) fn name(organisation: &str, common_name: &str) -> Result<Name, EvidenceError> {
    let mut sequence = RdnSequence::default();
    for (oid, text) in [(ORGANIZATION, organisation), (COMMON_NAME, common_name)] {
        let value = Any::encode_from(&Utf8StringRef::new(text).map_err(wrong)?).map_err(wrong)?;
        let mut set = SetOfVec::new();
        set.insert(AttributeTypeAndValue { oid, value })
            .map_err(wrong)?;
        let attributes = set.into_vec();
        sequence.push(RelativeDistinguishedName::try_from(attributes).map_err(wrong)?);
    }
    Name::from_der(&sequence.to_der().map_err(wrong)?).map_err(wrong)
}

/// An extension whose value is DER.
pub(super) fn extension(
    oid: ObjectIdentifier,
    critical: bool,
    value: &impl Encode,
) -> Result<Extension, EvidenceError> {
    raw_extension(oid, critical, value.to_der().map_err(wrong)?)
}

/// An extension whose value is bytes.
pub(super) fn raw_extension(
    extn_id: ObjectIdentifier,
    critical: bool,
    value: Vec<u8>,
) -> Result<Extension, EvidenceError> {
    Ok(Extension {
        extn_id,
        critical,
        extn_value: OctetString::new(value).map_err(wrong)?,
    })
}

pub(super) fn wrong(error: der::Error) -> EvidenceError {
    malformed("its DER", &error.to_string())
}

pub(super) fn malformed(place: &str, problem: &str) -> EvidenceError {
    EvidenceError::malformed("certificate", place, problem)
}
