//! Signed objects (RFC 6488): a content, and the certificate of a key that
//! signed nothing else.

use bytes::Bytes;
use rpki::dep::bcder::Oid;
use rpki::repository::cert::ResourceCert;
use rpki::repository::resources::{IpBlock, IpBlocks};
use rpki::repository::sigobj::SignedObject;

use super::certificate::Against;
use super::reason::{Judged, reason};
use super::tree::{Reason, Validity};
use super::window::Window;
use crate::limits;

/// Decodes a signed object in DER, of one type.
pub(super) fn decode(bytes: &Bytes, wanted: &impl PartialEq<Oid>) -> Judged<SignedObject> {
    if bytes.len() as u64 > limits::SIGNED_OBJECT_BYTES {
        let detail = format!("it has more than {} bytes", limits::SIGNED_OBJECT_BYTES);
        return Err(reason("limit.object", detail));
    }
    let object = SignedObject::decode(bytes.clone(), true)
        .map_err(|error| reason("object.malformed", error))?;
    // A content type is compared by its bytes, whatever holds them.
    let found = Oid(Bytes::copy_from_slice(object.content_type().0.as_ref()));
    match wanted.eq(&found) {
        true => Ok(object),
        false => Err(reason("object.type", format!("it is {found}"))),
    }
}

/// Verifies a signed object down to its certificate's resources.
pub(super) fn verify(
    object: SignedObject,
    bytes: &Bytes,
    against: &Against<'_>,
    window: &mut Window,
) -> Judged<(Validity, ResourceCert)> {
    let validity = against.claims(object.cert(), window)?;
    let certificate = object
        .validate_at(against.issuer, true, against.time)
        .map_err(|error| why(bytes, against, &error))?;
    Ok((validity, certificate))
}

/// Which rule a refused object broke. It is decoded again, which costs only
/// those who are refused.
pub(super) fn why(bytes: &Bytes, against: &Against<'_>, error: &dyn std::fmt::Display) -> Reason {
    why_under(bytes, against.issuer, error)
}

/// The same where there is no revocation list yet.
pub(super) fn why_under(
    bytes: &Bytes,
    issuer: &ResourceCert,
    error: &dyn std::fmt::Display,
) -> Reason {
    let Ok(object) = SignedObject::decode(bytes.clone(), true) else {
        return reason("object.malformed", error);
    };
    let certificate = object.cert();
    let code = if certificate.inspect_ee(true).is_err() {
        "certificate.profile"
    } else if certificate
        .verify_signature(issuer.as_cert(), true)
        .is_err()
    {
        "certificate.signature"
    } else if overclaims(certificate, issuer) {
        "certificate.overclaim"
    } else {
        "object.signature"
    };
    reason(code, error)
}

fn overclaims(certificate: &rpki::repository::cert::Cert, issuer: &ResourceCert) -> bool {
    let mode = certificate.overclaim();
    let v4 = (issuer.v4_resources()).verify_issued(certificate.v4_resources(), mode);
    let v6 = (issuer.v6_resources()).verify_issued(certificate.v6_resources(), mode);
    let asn = (issuer.as_resources()).verify_issued(certificate.as_resources(), mode);
    v4.is_err() || v6.is_err() || asn.is_err()
}

/// Addresses of a certificate, for many questions: each is one search, where
/// the certificate's own list would be walked for each.
pub(super) struct Addresses(Vec<(u128, u128)>);

impl Addresses {
    pub(super) fn of(blocks: &IpBlocks) -> Self {
        let range = |block: IpBlock| (block.min().to_bits(), block.max().to_bits());
        let mut ranges: Vec<_> = blocks.iter().map(range).collect();
        ranges.sort_unstable();
        Self(ranges)
    }

    /// Whether all addresses from one to another are among them.
    pub(super) fn hold(&self, from: u128, to: u128) -> bool {
        let behind = self.0.partition_point(|(start, _)| *start <= from);
        let before = behind.checked_sub(1).and_then(|place| self.0.get(place));
        before.is_some_and(|(_, end)| *end >= to)
    }
}
