//! Signing what an authority says.

use bytes::Bytes;
use modu_kernel::Digest;
use rpki::crypto::{DigestAlgorithm, RpkiSignatureAlgorithm};
use rpki::dep::bcder::{Mode, Oid, encode::Values};
use rpki::oid;
use rpki::repository::aspa::AspaBuilder;
use rpki::repository::cert::{KeyUsage, Overclaim, TbsCert};
use rpki::repository::crl::{CrlEntry, TbsCertList};
use rpki::repository::manifest::{FileAndHash, ManifestContent};
use rpki::repository::resources::ResourceSet;
use rpki::repository::roa::RoaBuilder;
use rpki::repository::sigobj::SignedObjectBuilder;
use rpki::repository::x509::{Serial, Time, Validity};
use rpki::uri;

use crate::{Authority, Provider, RouteOrigin, World, WorldError};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// What a manifest says (RFC 9286, section 4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestList {
    /// File names and SHA-256 digests, in the order of the list.
    pub entries: Vec<(Vec<u8>, [u8; 32])>,
    /// The manifest's number.
    pub number: u64,
    /// When it is made.
    pub this_update: i64,
    /// Until when the next one is due.
    pub next_update: i64,
}

/// Which signed object the content is said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    /// RFC 9286.
    Manifest,
    /// RFC 9582.
    Roa,
    /// draft-ietf-sidrops-aspa-profile.
    Aspa,
    /// RFC 6493.
    Ghostbusters,
}

impl ObjectKind {
    fn oid(self) -> Bytes {
        /// 1.2.840.113549.1.9.16.1.35, `id-ct-rpkiGhostbusters`.
        const GHOSTBUSTERS: &[u8] = &[42, 134, 72, 134, 247, 13, 1, 9, 16, 1, 35];
        Bytes::from_static(match self {
            Self::Manifest => oid::CT_RPKI_MANIFEST.0,
            Self::Roa => oid::ROUTE_ORIGIN_AUTHZ.0,
            Self::Aspa => oid::CT_ASPA.0,
            Self::Ghostbusters => GHOSTBUSTERS,
        })
    }
}

pub(crate) fn rsync(uri: &str) -> Result<uri::Rsync, WorldError> {
    let parsed = uri::Rsync::from_slice(uri.as_bytes());
    parsed.map_err(|error| WorldError::Shape(format!("{uri}: {error}")))
}

fn captured(values: impl Values) -> Bytes {
    values.to_captured(Mode::Der).into_bytes()
}

fn time(seconds: i64) -> Time {
    Time::new(chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default())
}

impl World {
    /// The certificate of an authority, issued by its parent.
    ///
    /// # Errors
    /// [`WorldError`] where it cannot be signed.
    pub fn sign_certificate(&self, number: usize) -> Result<Bytes, WorldError> {
        let subject = &self.authorities[number];
        let issuer = subject
            .parent
            .map_or(subject, |parent| &self.authorities[parent]);
        let certificate = self.certificate(number)?;
        let signed = certificate.into_cert(&*self.keys, &issuer.key);
        let signed = signed.map_err(|error| WorldError::sign(&subject.name, error))?;
        Ok(signed.to_captured().into_bytes())
    }

    /// The same, before it is signed: for what an honest issuer does not say.
    ///
    /// # Errors
    /// [`WorldError`] where a URI or key cannot be had.
    pub fn certificate(&self, number: usize) -> Result<TbsCert, WorldError> {
        let subject = &self.authorities[number];
        let issuer = subject
            .parent
            .map_or(subject, |parent| &self.authorities[parent]);
        let key = self.keys.public(subject.key)?;
        let issuer_key = self.keys.public(issuer.key)?;
        let mut certificate = TbsCert::new(
            Serial::from(subject.certificate_serial),
            issuer_key.to_subject_name(),
            Validity::new(time(self.time - DAY), time(subject.not_after)),
            None,
            key,
            KeyUsage::Ca,
            Overclaim::Refuse,
        );
        certificate.set_basic_ca(Some(true));
        certificate.set_ca_repository(Some(rsync(&self.folder(number))?));
        certificate.set_rpki_manifest(Some(rsync(&self.manifest_uri(number))?));
        if let Some(notify) = &self.shape.hosts[subject.host].notify {
            let notify = uri::Https::from_slice(notify.as_bytes());
            let notify = notify.map_err(|error| WorldError::Shape(error.to_string()))?;
            certificate.set_rpki_notify(Some(notify));
        }
        if let Some(parent) = subject.parent {
            certificate.set_authority_key_identifier(Some(issuer_key.key_identifier()));
            certificate.set_ca_issuer(Some(rsync(&self.certificate_uri(parent))?));
            certificate.set_crl_uri(Some(rsync(&self.revocations_uri(parent))?));
        }
        certificate.set_v4_resources(subject.resources.to_ip_resources_v4());
        certificate.set_v6_resources(subject.resources.to_ip_resources_v6());
        certificate.set_as_resources(subject.resources.to_as_resources());
        Ok(certificate)
    }

    fn object_builder(
        &self,
        issuer: usize,
        name: &str,
        serial: u64,
        until: i64,
    ) -> Result<SignedObjectBuilder, WorldError> {
        let mut builder = SignedObjectBuilder::new(
            Serial::from(serial),
            Validity::new(time(self.time - 300), time(until)),
            rsync(&self.revocations_uri(issuer))?,
            rsync(&self.certificate_uri(issuer))?,
            rsync(&format!("{}{name}", self.folder(issuer)))?,
        );
        builder.set_signing_time(time(self.time));
        Ok(builder)
    }

    /// A signed object of any content. `resources` go into its certificate.
    ///
    /// # Errors
    /// [`WorldError`] where it cannot be signed.
    pub fn sign_object(
        &self,
        issuer: usize,
        name: &str,
        serial: u64,
        (kind, content): (ObjectKind, Bytes),
        resources: &ResourceSet,
    ) -> Result<Bytes, WorldError> {
        let authority = &self.authorities[issuer];
        let mut builder = self.object_builder(issuer, name, serial, authority.not_after)?;
        builder.set_v4_resources(resources.to_ip_resources_v4());
        builder.set_v6_resources(resources.to_ip_resources_v6());
        builder.set_as_resources(resources.to_as_resources());
        let signed = builder.finalize(Oid(kind.oid()), content, &*self.keys, &authority.key);
        let signed = signed.map_err(|error| WorldError::sign(name, error))?;
        Ok(captured(signed.encode_ref()))
    }

    /// A ROA.
    ///
    /// # Errors
    /// [`WorldError`] where it has no prefix or cannot be signed.
    pub fn sign_roa(&self, issuer: usize, roa: &RouteOrigin) -> Result<Bytes, WorldError> {
        let name = roa.name();
        if roa.prefixes.is_empty() {
            return Err(WorldError::sign(name, "a ROA has at least one prefix"));
        }
        let authority = &self.authorities[issuer];
        let builder = self.object_builder(issuer, &name, roa.serial, authority.not_after)?;
        let mut content = RoaBuilder::new(roa.origin);
        for (prefix, max_length) in &roa.prefixes {
            content.push_addr(prefix.addr(), prefix.len(), *max_length);
        }
        let signed = content.finalize(builder, &*self.keys, &authority.key);
        let signed = signed.map_err(|error| WorldError::sign(name, error))?;
        Ok(signed.to_captured().into_bytes())
    }

    /// An ASPA.
    ///
    /// # Errors
    /// [`WorldError`] where a provider is named twice or it cannot be signed.
    pub fn sign_aspa(&self, issuer: usize, provider: &Provider) -> Result<Bytes, WorldError> {
        let name = provider.name();
        let authority = &self.authorities[issuer];
        let builder = self.object_builder(issuer, &name, provider.serial, authority.not_after)?;
        let aspa = &provider.aspa;
        let content = AspaBuilder::new(aspa.customer, aspa.providers.clone());
        let content = content.map_err(|error| WorldError::sign(&name, error))?;
        let signed = content.finalize(builder, &*self.keys, &authority.key);
        let signed = signed.map_err(|error| WorldError::sign(name, error))?;
        Ok(signed.to_captured().into_bytes())
    }

    /// A revocation list of these serial numbers, of these times.
    ///
    /// # Errors
    /// [`WorldError`] where it cannot be signed.
    pub fn sign_revocations(
        &self,
        issuer: usize,
        revoked: &[u64],
        this_update: i64,
        next_update: i64,
    ) -> Result<Bytes, WorldError> {
        let authority = &self.authorities[issuer];
        let key = self.keys.public(authority.key)?;
        let entry = |serial: &u64| CrlEntry::new(Serial::from(*serial), time(this_update));
        let list = TbsCertList::new(
            RpkiSignatureAlgorithm::default(),
            key.to_subject_name(),
            time(this_update),
            time(next_update),
            revoked.iter().map(entry).collect::<Vec<_>>(),
            key.key_identifier(),
            Serial::from(authority.manifest_number),
        );
        let signed = list.into_crl(&*self.keys, &authority.key);
        let signed = signed.map_err(|error| WorldError::sign(&authority.name, error))?;
        Ok(signed.to_captured().into_bytes())
    }

    /// A manifest that says this.
    ///
    /// # Errors
    /// [`WorldError`] where it cannot be signed.
    pub fn sign_manifest(
        &self,
        issuer: usize,
        serial: u64,
        list: &ManifestList,
    ) -> Result<Bytes, WorldError> {
        let authority = &self.authorities[issuer];
        let name = format!("{}.mft", authority.name);
        let mut builder = self.object_builder(issuer, &name, serial, list.next_update)?;
        builder.set_validity(Validity::new(
            time(list.this_update),
            time(list.next_update),
        ));
        let entries = list
            .entries
            .iter()
            .map(|(name, digest)| FileAndHash::new(name, digest));
        let content = ManifestContent::new(
            Serial::from(list.number),
            time(list.this_update),
            time(list.next_update),
            DigestAlgorithm::default(),
            entries,
        );
        let signed = content.into_manifest(builder, &*self.keys, &authority.key);
        let signed = signed.map_err(|error| WorldError::sign(name, error))?;
        Ok(signed.to_captured().into_bytes())
    }

    /// The locator of an anchor (RFC 8630): URIs of its certificate, its key.
    ///
    /// # Errors
    /// [`WorldError`] where its key cannot be had.
    pub fn locator(&self, number: usize) -> Result<String, WorldError> {
        let key = self.keys.public(self.authorities[number].key)?;
        let key = base64::Engine::encode(
            &base64::engine::general_purpose::STANDARD,
            captured(key.encode_ref()),
        );
        let mut locator = String::new();
        if let Some(base) = self.https_base(number) {
            locator += &format!("{base}{}.cer\n", self.authorities[number].name);
        }
        locator += &format!("{}\n\n", self.certificate_uri(number));
        for line in key.as_bytes().chunks(64) {
            locator += &String::from_utf8_lossy(line);
            locator.push('\n');
        }
        Ok(locator)
    }
}

/// The default list over a folder.
pub(crate) fn list_of<'a>(
    authority: &Authority,
    objects: impl Iterator<Item = (&'a String, &'a Bytes)>,
    (this_update, next_update): (i64, i64),
) -> ManifestList {
    let entries = objects.map(|(name, object)| {
        let digest = *Digest::of(object).as_bytes();
        (name.clone().into_bytes(), digest)
    });
    ManifestList {
        entries: entries.collect(),
        number: authority.manifest_number,
        this_update,
        next_update,
    }
}
