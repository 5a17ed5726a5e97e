//! An authority on the way down: what its children's validation needs of it.

use std::sync::{Arc, OnceLock};

use modu_kernel::Digest;
use rpki::crypto::KeyIdentifier;
use rpki::repository::cert::{Cert, ResourceCert};

use super::reason::{Judged, reason};
use super::tree::{Authority, Validity};
use crate::repository::PointPack;

/// Changes whenever the same certificate and pack could give other decisions:
/// part of every key, so that no older memory is believed.
const RULES: &str = "modu.route.rules/1";

/// An authority that is about to be walked.
pub(super) struct Issuer {
    /// Its own issuer; a trust anchor has none.
    pub(super) parent: Option<Arc<Issuer>>,
    /// Its place in the tree, known once its level is reached.
    pub(super) place: u32,
    /// Which trust anchor it stands under.
    pub(super) anchor: u16,
    /// What is said of it in the tree, before its point is looked at.
    pub(super) names: Names,
    /// Its certificate with the resources that are left of it. Where its
    /// issuer was taken over from memory nobody has looked at the certificate
    /// yet; and if it is taken over itself, nobody will.
    /// Apart, because it is large and mostly absent.
    certificate: OnceLock<Box<Judged<ResourceCert>>>,
    /// The pack that its point was read from, for its children's certificates.
    pub(super) pack: OnceLock<Judged<PointPack>>,
    /// That pack's digest, where it was taken over.
    pub(super) pack_digest: OnceLock<Digest>,
}

/// What an authority's certificate says of itself.
#[derive(Debug, Clone)]
pub(super) struct Names {
    pub(super) certificate: Arc<str>,
    pub(super) certificate_digest: Digest,
    pub(super) validity: Validity,
    pub(super) subject_key: [u8; 20],
    pub(super) notify: Option<Arc<str>>,
    pub(super) folder: Arc<str>,
    pub(super) manifest_uri: Arc<str>,
    pub(super) key: Digest,
}

impl Names {
    /// Of a certificate that was found valid at a URI.
    pub(super) fn of(uri: String, digest: Digest, key: Digest, certificate: &Cert) -> Judged<Self> {
        let missing = |what: &str| reason("certificate.profile", format!("it names no {what}"));
        let mut folder = certificate
            .ca_repository()
            .ok_or_else(|| missing("repository"))?
            .clone();
        folder.path_into_dir();
        Ok(Self {
            certificate: uri.into(),
            certificate_digest: digest,
            validity: Validity::of(certificate),
            subject_key: bytes_of(certificate.subject_key_identifier()),
            notify: certificate.rpki_notify().map(|uri| uri.as_str().into()),
            folder: folder.as_str().into(),
            manifest_uri: certificate
                .rpki_manifest()
                .ok_or_else(|| missing("manifest"))?
                .as_str()
                .into(),
            key,
        })
    }

    /// The same as an earlier run saw.
    pub(super) fn remembered(authority: &Authority) -> Self {
        Self {
            certificate: authority.certificate.clone(),
            certificate_digest: authority.certificate_digest,
            validity: authority.validity,
            subject_key: authority.subject_key,
            notify: authority.notify.clone(),
            folder: authority.folder.clone(),
            manifest_uri: authority.manifest_uri.clone(),
            key: authority.key,
        }
    }
}

/// A key identifier's 20 bytes.
pub(super) fn bytes_of(identifier: KeyIdentifier) -> [u8; 20] {
    let mut bytes = [0; 20];
    bytes.copy_from_slice(identifier.as_slice());
    bytes
}

/// What every decision of a trust anchor's point rests on: the rules, the
/// locator's key, and the certificate at its URI.
pub(super) fn anchor_key(locator: &[u8], uri: &str, certificate: Digest) -> Digest {
    digest_of(&[
        RULES.as_bytes(),
        locator,
        uri.as_bytes(),
        certificate.as_bytes(),
    ])
}

/// The same of another authority: its issuer's key covers the certificates
/// above it, and with them every resource that they leave over; so a
/// grandparent's shrinking changes the keys of all below. Revocation by the
/// issuer is a decision about the issuer's own point, whose pack holds the
/// list.
pub(super) fn key_below(issuer: &Digest, uri: &str, certificate: Digest) -> Digest {
    digest_of(&[issuer.as_bytes(), uri.as_bytes(), certificate.as_bytes()])
}

/// Each part behind its length, so that no two lists look alike.
fn digest_of(parts: &[&[u8]]) -> Digest {
    let mut bytes = Vec::with_capacity(256);
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    Digest::of(&bytes)
}

impl Issuer {
    /// One whose certificate has been found valid.
    pub(super) fn verified(
        parent: Option<Arc<Issuer>>,
        anchor: u16,
        names: Names,
        certificate: ResourceCert,
    ) -> Self {
        let issuer = Self::remembered(parent, anchor, names);
        // The cell is new, so that nothing stands in it yet.
        let _ = issuer.certificate.set(Box::new(Ok(certificate)));
        issuer
    }

    /// One whose certificate is known to be valid from memory.
    pub(super) fn remembered(parent: Option<Arc<Issuer>>, anchor: u16, names: Names) -> Self {
        Self {
            parent,
            place: 0,
            anchor,
            names,
            certificate: OnceLock::new(),
            pack: OnceLock::new(),
            pack_digest: OnceLock::new(),
        }
    }

    /// Its certificate, looked at now if nobody has yet.
    pub(super) fn certificate(
        &self,
        look: impl FnOnce() -> Judged<ResourceCert>,
    ) -> Judged<&ResourceCert> {
        let looked = self.certificate.get_or_init(|| Box::new(look()));
        looked.as_ref().as_ref().map_err(Clone::clone)
    }

    /// Itself and the authorities above it, upwards.
    pub(super) fn chain(&self) -> impl Iterator<Item = &Issuer> {
        std::iter::successors(Some(self), |issuer| issuer.parent.as_deref())
    }
}
