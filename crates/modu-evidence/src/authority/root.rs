//! The authority's own certificate.

use der::asn1::ObjectIdentifier;
use jiff::{SignedDuration, Timestamp};
use x509_cert::ext::Extensions;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, KeyUsages, SubjectKeyIdentifier};
use x509_cert::name::Name;

use super::x509::{Body, Certificate, extension, malformed, name, wrong};
use crate::EvidenceError;
use crate::keys::{EcdsaKey, EcdsaPublicKey};

pub(super) const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
pub(super) const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
pub(super) const SUBJECT_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");

/// About ten years. Sigstore's clients take the trusted root's word for when
/// it was in use, which is much shorter.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24 * 3653);

/// The self-signed certificate that readers are given to trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityCertificate {
    der: Vec<u8>,
    name: Name,
    organisation: String,
    key: EcdsaPublicKey,
    period: (Timestamp, Timestamp),
}

impl AuthorityCertificate {
    /// Issues the certificate of a new authority.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] where the organisation's name is not fit
    /// for a certificate.
    pub fn issue(
        key: &EcdsaKey,
        organisation: &str,
        now: Timestamp,
    ) -> Result<Self, EvidenceError> {
        let period = (now, now + LIFETIME);
        let body = body(key.spki(), organisation, period)?;
        Self::parse(&body.sign(key)?)
    }

    /// Reads what [`Self::issue`] writes.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] for anything else.
    pub fn parse(der: &[u8]) -> Result<Self, EvidenceError> {
        let certificate = Certificate::parse(der)?;
        let body_read = &certificate.body;
        let (key, period) = (body_read.key()?, body_read.period()?);
        let organisation = (body_read.subject.organization())
            .map_err(wrong)?
            .ok_or_else(|| malformed("its subject", "there is no organisation"))?
            .value()
            .into_owned();
        if *body_read != body(key.spki(), &organisation, period)? {
            let problem = "it is not of the form of Modu's authorities";
            return Err(malformed("its content", problem));
        }
        if !certificate.is_signed_by(&key) {
            return Err(malformed("its signature", "it is not by its own key"));
        }
        Ok(Self {
            der: der.to_vec(),
            name: body_read.subject.clone(),
            organisation,
            key,
            period,
        })
    }

    /// The certificate's bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whose authority it is.
    #[must_use]
    pub fn organisation(&self) -> &str {
        &self.organisation
    }

    /// The authority's key.
    #[must_use]
    pub fn key(&self) -> &EcdsaPublicKey {
        &self.key
    }

    /// The first and last second of its validity.
    #[must_use]
    pub fn period(&self) -> (Timestamp, Timestamp) {
        self.period
    }

    pub(super) fn name(&self) -> &Name {
        &self.name
    }
}

/// `ub-organization-name` of RFC 5280, appendix A.1, in characters.
const MAX_ORGANISATION: usize = 64;

/// The common name of every authority.
pub(crate) const COMMON_NAME: &str = "modu authority";

fn body(
    spki: &[u8],
    organisation: &str,
    period: (Timestamp, Timestamp),
) -> Result<Body, EvidenceError> {
    let length = organisation.chars().count();
    if !(1..=MAX_ORGANISATION).contains(&length) || organisation.contains(char::is_control) {
        let problem = "an organisation's name has 1 to 64 characters and no control characters";
        return Err(malformed("its subject", problem));
    }
    let name = name(organisation, COMMON_NAME)?;
    let constraints = BasicConstraints {
        ca: true,
        path_len_constraint: Some(0),
    };
    let usage = KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign);
    let extensions: Extensions = vec![
        extension(BASIC_CONSTRAINTS, true, &constraints)?,
        extension(KEY_USAGE, true, &usage)?,
        extension(SUBJECT_KEY_ID, false, &key_id(spki)?)?,
    ];
    let mut serial = [0; 16];
    serial[15] = 1;
    Body::new(serial, name.clone(), name, period, spki, extensions)
}

/// RFC 5280, section 4.2.1.2, method 1.
pub(super) fn key_id(spki: &[u8]) -> Result<SubjectKeyIdentifier, EvidenceError> {
    let spki = der::Decode::from_der(spki).map_err(wrong)?;
    let spki: x509_cert::spki::SubjectPublicKeyInfoRef<'_> = spki;
    SubjectKeyIdentifier::try_from(spki).map_err(wrong)
}
