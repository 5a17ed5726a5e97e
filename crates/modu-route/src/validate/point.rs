//! One publication point: its manifest, its revocation list, its objects
//! (RFC 9286, section 6).

use bytes::Bytes;
use modu_kernel::Digest;
use modu_kernel::contained::contained;
use rayon::prelude::*;
use rpki::repository::cert::ResourceCert;
use rpki::repository::crl::Crl;
use rpki::repository::manifest::Manifest as SignedManifest;
use rpki::repository::x509::Time;
use rpki::uri;

use super::behind;
use super::certificate::{Against, valid_now};
use super::issuer::{Issuer, Names};
use super::object::{self, JudgedObject};
use super::reason::{Judged, reason};
use super::signed;
use super::tree::{Manifest, Object, ObjectOutcome, Validity};
use super::window::{Moment, Window};
use crate::limits;
use crate::repository::{PointPack, Source};

/// A publication point that can be used.
pub(super) struct Point {
    pub(super) manifest: Manifest,
    pub(super) stable: Validity,
    pub(super) objects: Vec<Object>,
    pub(super) children: Vec<(Names, ResourceCert)>,
}

/// A point that is looked at.
pub(super) struct Look<'a> {
    pub(super) issuer: &'a Issuer,
    pub(super) certificate: &'a ResourceCert,
    pub(super) source: &'a Source,
    pub(super) digest: Digest,
    pub(super) pack: &'a PointPack,
    /// The manifest that was believed before; an older one is a replay.
    pub(super) floor: Option<&'a Manifest>,
    pub(super) time: i64,
    /// The same instant as the `rpki` crate writes it.
    pub(super) at: Time,
}

/// A file that the manifest lists.
struct Listed<'a> {
    name: String,
    digest: Digest,
    bytes: &'a Bytes,
}

impl Look<'_> {
    /// Judges the point. What refuses the whole point is the error; what
    /// refuses one object stands with it.
    pub(super) fn judge(&self) -> Judged<Point> {
        contained(|| self.judge_within())
            .unwrap_or_else(|| Err(reason("manifest.malformed", "the decoder gave up on it")))
    }

    fn judge_within(&self) -> Judged<Point> {
        let mut window = Window::at(self.time);
        let name = (self.issuer.names.manifest_uri)
            .strip_prefix(&*self.issuer.names.folder)
            .unwrap_or_default();
        let bytes = self
            .pack
            .get(name)
            .ok_or_else(|| reason("manifest.missing", format!("there is no `{name}`")))?;
        let signed = self.verified_manifest(bytes, &mut window)?;
        let manifest = Manifest {
            source: self.source.clone(),
            pack: self.digest,
            digest: Digest::of(bytes),
            number: without_zeros(&signed.content().manifest_number().into_array()),
            this_update: signed.content().this_update().timestamp(),
            next_update: signed.content().next_update().timestamp(),
        };
        self.no_replay(&manifest)?;
        let listed = self.listed(&signed)?;
        let (list_uri, list) = self.revocation_list(&signed, &listed, &mut window)?;
        if list.contains(signed.cert().serial_number()) {
            let detail = "its certificate is revoked";
            return Err(reason("manifest.revoked", detail));
        }
        let against = Against {
            issuer: self.certificate,
            list: &list,
            list_uri: &list_uri,
            time: self.at,
        };
        Ok(self.objects(manifest, &listed, &against, window))
    }

    fn verified_manifest(&self, bytes: &Bytes, window: &mut Window) -> Judged<SignedManifest> {
        if bytes.len() as u64 > limits::SIGNED_OBJECT_BYTES {
            let detail = format!("it has {} bytes", bytes.len());
            return Err(reason("limit.manifest", detail));
        }
        let manifest = SignedManifest::decode(bytes.clone(), true)
            .map_err(|error| reason("manifest.malformed", error))?;
        let content = manifest.content();
        let span = Validity {
            not_before: content.this_update().timestamp(),
            not_after: content.next_update().timestamp(),
        };
        let written = crate::instant::written;
        match window.moment(span) {
            Moment::Early => {
                let detail = format!("it was made at {}", written(span.not_before));
                return Err(reason("manifest.early", detail));
            }
            Moment::Late => {
                let detail = format!("the next was due at {}", written(span.not_after));
                return Err(reason("manifest.stale", detail));
            }
            Moment::Within => {}
        }
        let certificate = manifest.cert();
        valid_now(certificate, window).map_err(|why| {
            reason(
                "manifest.certificate",
                format!("{}: {}", why.code, why.detail),
            )
        })?;
        let inherits = [
            certificate.v4_resources().is_inherited() || !certificate.v4_resources().is_present(),
            certificate.v6_resources().is_inherited() || !certificate.v6_resources().is_present(),
            certificate.as_resources().is_inherited() || !certificate.as_resources().is_present(),
        ];
        if inherits.contains(&false) {
            let detail = "its certificate must inherit its resources (RFC 9286, section 5.1)";
            return Err(reason("manifest.certificate", detail));
        }
        (manifest
            .clone()
            .validate_at(self.certificate, true, self.at))
        .map_err(|error| {
            let why = signed::why_under(bytes, self.certificate, &error);
            reason(
                "manifest.signature",
                format!("{}: {}", why.code, why.detail),
            )
        })?;
        Ok(manifest)
    }

    /// A manifest must have a larger number and a later time than the one that
    /// was believed before (RFC 9286, section 4.2.1).
    fn no_replay(&self, manifest: &Manifest) -> Judged<()> {
        let Some(floor) = self.floor.filter(|floor| floor.digest != manifest.digest) else {
            return Ok(());
        };
        let number = |manifest: &Manifest| (manifest.number.len(), manifest.number.clone());
        if number(manifest) <= number(floor) {
            let detail = "its number is not larger than that of the one before";
            return Err(reason("manifest.replayed", detail));
        }
        if manifest.this_update <= floor.this_update {
            let detail = "it is not later than the one before";
            return Err(reason("manifest.replayed", detail));
        }
        Ok(())
    }

    /// All files of the manifest; one that is missing or another refuses all
    /// (RFC 9286, section 6.4 and 6.5).
    fn listed(&self, manifest: &SignedManifest) -> Judged<Vec<Listed<'_>>> {
        let content = manifest.content();
        if content.len() > limits::POINT_OBJECTS {
            let detail = format!("it lists {} files", content.len());
            return Err(reason("limit.manifest", detail));
        }
        let blocks = self.certificate.v4_resources().iter().count()
            + self.certificate.v6_resources().iter().count();
        if blocks.saturating_mul(content.len()) > limits::POINT_COMPARISONS {
            let detail = format!("{blocks} blocks of addresses and {} files", content.len());
            return Err(reason("limit.point", detail));
        }
        let mut files = Vec::with_capacity(content.len());
        for file in content.iter() {
            let (name, hash) = file.into_pair();
            let name = String::from_utf8(name.to_vec())
                .map_err(|error| reason("manifest.malformed", error))?;
            files.push((name, hash));
        }
        files.sort_unstable();
        if let Some(pair) = files.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            let detail = format!("`{}` is listed twice", pair[0].0);
            return Err(reason("manifest.malformed", detail));
        }
        let check = |(name, hash): (String, Bytes)| {
            let bytes = self
                .pack
                .get(&name)
                .ok_or_else(|| reason("object.missing", format!("there is no `{name}`")))?;
            let digest = Digest::of(bytes);
            match digest.as_bytes()[..] == hash[..] {
                true => Ok(Listed {
                    name,
                    digest,
                    bytes,
                }),
                false => Err(reason(
                    "object.hash",
                    format!("`{name}` is another than the one that is listed"),
                )),
            }
        };
        files.into_iter().map(check).collect()
    }

    /// The one revocation list that is listed, which must be the one that the
    /// manifest's certificate names.
    fn revocation_list(
        &self,
        manifest: &SignedManifest,
        listed: &[Listed<'_>],
        window: &mut Window,
    ) -> Judged<(uri::Rsync, Crl)> {
        let mut lists = listed.iter().filter(|file| file.name.ends_with(".crl"));
        let list = match (lists.next(), lists.next()) {
            (Some(list), None) => list,
            (None, _) => return Err(reason("crl.missing", "the manifest lists none")),
            _ => return Err(reason("crl.several", "the manifest lists more than one")),
        };
        let folder = uri::Rsync::from_slice(self.issuer.names.folder.as_bytes());
        let place = folder
            .and_then(|folder| folder.join(list.name.as_bytes()))
            .map_err(|error| reason("crl.place", error))?;
        if manifest.cert().crl_uri() != Some(&place) {
            let detail = "the manifest's certificate names another";
            return Err(reason("crl.place", detail));
        }
        let mut crl =
            Crl::decode(list.bytes.clone()).map_err(|error| reason("crl.malformed", error))?;
        (crl.verify_issuer_claim(self.certificate, true))
            .map_err(|error| reason("crl.issuer", error))?;
        (crl.verify_signature(self.certificate.subject_public_key_info()))
            .map_err(|error| reason("crl.signature", error))?;
        match window.moment(span_of(&crl)) {
            Moment::Early => return Err(reason("crl.early", "it lies in the future")),
            Moment::Late => return Err(reason("crl.stale", "the next one was due")),
            Moment::Within => {}
        }
        crl.cache_serials();
        Ok((place, crl))
    }

    fn objects(
        &self,
        manifest: Manifest,
        listed: &[Listed<'_>],
        against: &Against<'_>,
        mut window: Window,
    ) -> Point {
        let judge = |file: &Listed<'_>| match file.name.ends_with(".crl") {
            true => JudgedObject {
                object: Object {
                    name: file.name.clone(),
                    digest: file.digest,
                    trailing: behind::has_more(file.bytes),
                    outcome: ObjectOutcome::RevocationList(span_of(against.list)),
                },
                stable: window.stable(),
                child: None,
            },
            false => object::judge(
                self.issuer,
                against,
                &file.name,
                file.digest,
                file.bytes,
                Window::at(self.time),
            ),
        };
        let judged: Vec<JudgedObject> = match listed.len() > limits::ALONE {
            true => (listed.par_iter().with_min_len(limits::ALONE / 4))
                .map(judge)
                .collect(),
            false => listed.iter().map(judge).collect(),
        };
        let mut objects = Vec::with_capacity(judged.len());
        let mut children = Vec::new();
        for it in judged {
            window.narrow(it.stable);
            objects.push(it.object);
            children.extend(it.child);
        }
        Point {
            manifest,
            stable: window.stable(),
            objects,
            children,
        }
    }
}

fn span_of(list: &Crl) -> Validity {
    Validity {
        not_before: list.this_update().timestamp(),
        not_after: list.next_update().timestamp(),
    }
}

/// A number's bytes without leading zeros; zero has none.
fn without_zeros(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number[zeros..].to_vec()
}
