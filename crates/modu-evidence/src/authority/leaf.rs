//! The certificate that goes with a signature.

use der::Decode as _;
use der::asn1::{Ia5String, ObjectIdentifier, Utf8StringRef};
use jiff::{SignedDuration, Timestamp};
use modu_kernel::Digest;
use sha2::{Digest as _, Sha256};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName,
};
use x509_cert::name::Name;

use super::root::{AuthorityCertificate, KEY_USAGE, SUBJECT_KEY_ID, key_id};
use super::timestamp::CertificateTimestamp;
use super::x509::{Body, Certificate, extension, malformed, raw_extension, wrong};
use crate::EvidenceError;
use crate::keys::{EcdsaKey, EcdsaPublicKey, Keys};

/// How long a certificate is valid.
pub const VALIDITY: SignedDuration = SignedDuration::from_mins(10);
/// The longest identity or issuer, in bytes.
pub const MAX_NAME_BYTES: usize = 1024;

const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
const CODE_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3");
const AUTHORITY_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
const ALTERNATIVE_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
/// Fulcio's issuer extensions: bare text, and the same as a DER UTF8String
/// (<https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md>).
const ISSUER_TEXT: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.1");
const ISSUER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.8");

/// A certificate for the key that signs statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafCertificate {
    der: Vec<u8>,
    certificate: Certificate,
    key: EcdsaPublicKey,
    identity: String,
    issuer: String,
    period: (Timestamp, Timestamp),
    timestamp: CertificateTimestamp,
}

impl LeafCertificate {
    /// Certifies that the identity key of `keys` is `identity`'s, as `issuer`
    /// says, for [`VALIDITY`] from `now`. Two signatures.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] where identity or issuer is empty, not
    /// ASCII or over [`MAX_NAME_BYTES`].
    pub fn issue(
        keys: &Keys,
        authority: &AuthorityCertificate,
        identity: &str,
        issuer: &str,
        now: Timestamp,
    ) -> Result<Self, EvidenceError> {
        Self::issue_with(
            &keys.authority,
            &keys.certificate_log,
            authority,
            keys.identity.spki(),
            (identity, issuer),
            now,
        )
    }

    fn issue_with(
        authority_key: &EcdsaKey,
        certificate_log: &EcdsaKey,
        authority: &AuthorityCertificate,
        spki: &[u8],
        (identity, issuer): (&str, &str),
        now: Timestamp,
    ) -> Result<Self, EvidenceError> {
        let mut body = Body::new(
            serial(spki, now),
            authority.name().clone(),
            Name::default(),
            (now, now + VALIDITY),
            spki,
            extensions(spki, authority.key(), identity, issuer)?,
        )?;
        let without = body.to_der()?;
        let timestamp =
            CertificateTimestamp::sign(certificate_log, authority.key(), &without, now)?;
        let extension = timestamp.to_extension()?;
        body.extensions.get_or_insert_default().push(extension);
        Self::parse(&body.sign(authority_key)?, authority)
    }

    /// Reads a certificate of an authority and checks all that is the
    /// authority's doing: its form, its use and its signature. Not the time,
    /// and not the timestamp: see [`Self::is_vouched_by`].
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] for anything but what [`Self::issue`]
    /// writes for the same authority.
    pub fn parse(der: &[u8], authority: &AuthorityCertificate) -> Result<Self, EvidenceError> {
        let certificate = Certificate::parse(der)?;
        let body = &certificate.body;
        let (key, period) = (body.key()?, body.period()?);
        let Some([usual @ .., last]) = body.extensions.as_deref() else {
            return Err(malformed("its extensions", "there are none"));
        };
        let (identity, issuer) = (read_identity(usual)?, read_issuer(usual)?);
        let expected = extensions(key.spki(), authority.key(), &identity, &issuer)?;
        let as_issued = body.issuer == *authority.name()
            && body.subject.is_empty()
            && body.version == x509_cert::certificate::Version::V3
            && period.1 == period.0 + VALIDITY
            && usual == expected;
        if !as_issued {
            let problem = "it is not of the form that this authority issues";
            return Err(malformed("its content", problem));
        }
        let timestamp = CertificateTimestamp::from_extension(last)?;
        if !certificate.is_signed_by(authority.key()) {
            return Err(malformed("its signature", "it is not by the authority"));
        }
        Ok(Self {
            der: der.to_vec(),
            certificate,
            key,
            identity,
            issuer,
            period,
            timestamp,
        })
    }

    /// Whether the certificate log of this key vouched for the certificate.
    ///
    /// # Errors
    /// Never for a certificate that was read: the form is known to be sound.
    pub fn is_vouched_by(
        &self,
        key: &EcdsaPublicKey,
        authority: &AuthorityCertificate,
    ) -> Result<bool, EvidenceError> {
        let mut body = self.certificate.body.clone();
        if let Some(extensions) = &mut body.extensions {
            extensions.pop();
        }
        self.timestamp.is_by(key, authority.key(), &body.to_der()?)
    }

    /// The certificate's bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Which certificate log vouched for it.
    #[must_use]
    pub fn certificate_log(&self) -> Digest {
        self.timestamp.log_id
    }

    /// When the certificate log vouched for it.
    #[must_use]
    pub fn vouched(&self) -> Option<Timestamp> {
        let milliseconds = i64::try_from(self.timestamp.milliseconds).ok()?;
        Timestamp::from_millisecond(milliseconds).ok()
    }

    /// The key that signed the statement.
    #[must_use]
    pub fn key(&self) -> &EcdsaPublicKey {
        &self.key
    }

    /// Whose key it is, a URI.
    #[must_use]
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// Who says so, a URI.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The first and last second of its validity.
    #[must_use]
    pub fn period(&self) -> (Timestamp, Timestamp) {
        self.period
    }
}

/// A number that no other certificate of the key has, positive and in 16 bytes.
fn serial(spki: &[u8], now: Timestamp) -> [u8; 16] {
    let hash = Sha256::new()
        .chain_update(b"modu.example/certificate-serial/v1\0")
        .chain_update(spki)
        .chain_update(now.as_nanosecond().to_be_bytes())
        .finalize();
    let mut serial = [0; 16];
    serial.copy_from_slice(&hash[..16]);
    serial[0] = (serial[0] & 0x7f) | 0x40;
    serial
}

/// All extensions but the timestamp, in their order.
fn extensions(
    spki: &[u8],
    authority: &EcdsaPublicKey,
    identity: &str,
    issuer: &str,
) -> Result<Vec<Extension>, EvidenceError> {
    for (text, place) in [(identity, "its identity"), (issuer, "its issuer")] {
        if text.is_empty()
            || text.len() > MAX_NAME_BYTES
            || !text.bytes().all(|b| b.is_ascii_graphic())
        {
            let problem = "write a URI of 1 to 1024 ASCII characters without white space";
            return Err(malformed(place, problem));
        }
    }
    let authority_id = AuthorityKeyIdentifier {
        key_identifier: Some(key_id(authority.spki())?.0),
        ..AuthorityKeyIdentifier::default()
    };
    let name = GeneralName::UniformResourceIdentifier(Ia5String::new(identity).map_err(wrong)?);
    let usage = KeyUsage(KeyUsages::DigitalSignature.into());
    let purpose = ExtendedKeyUsage(vec![CODE_SIGNING]);
    let issuer_utf8 = Utf8StringRef::new(issuer).map_err(wrong)?;
    Ok(vec![
        extension(KEY_USAGE, true, &usage)?,
        extension(EXTENDED_KEY_USAGE, false, &purpose)?,
        extension(SUBJECT_KEY_ID, false, &key_id(spki)?)?,
        extension(AUTHORITY_KEY_ID, false, &authority_id)?,
        // Critical, as the subject is empty (RFC 5280, section 4.2.1.6).
        extension(ALTERNATIVE_NAME, true, &SubjectAltName(vec![name]))?,
        raw_extension(ISSUER_TEXT, false, issuer.as_bytes().to_vec())?,
        extension(ISSUER, false, &issuer_utf8)?,
    ])
}

fn find(extensions: &[Extension], oid: ObjectIdentifier) -> Result<&[u8], EvidenceError> {
    extensions
        .iter()
        .find(|extension| extension.extn_id == oid)
        .map(|extension| extension.extn_value.as_bytes())
        .ok_or_else(|| malformed("its extensions", "identity or issuer is missing"))
}

fn read_identity(extensions: &[Extension]) -> Result<String, EvidenceError> {
    let names = SubjectAltName::from_der(find(extensions, ALTERNATIVE_NAME)?).map_err(wrong)?;
    match names.0.as_slice() {
        [GeneralName::UniformResourceIdentifier(uri)] => Ok(uri.as_str().to_owned()),
        _ => Err(malformed("its identity", "it is not one URI")),
    }
}

fn read_issuer(extensions: &[Extension]) -> Result<String, EvidenceError> {
    String::from_utf8(find(extensions, ISSUER_TEXT)?.to_vec())
        .map_err(|_| malformed("its issuer", "it is not text"))
}
