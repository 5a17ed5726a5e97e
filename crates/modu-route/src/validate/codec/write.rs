//! Writing.

use modu_kernel::Digest;

use super::{MAGIC, tag};
use crate::payload::Aspa;
use crate::repository::Source;
use crate::validate::tree::{
    Anchor, Authority, Decision, Kind, Manifest, Object, ObjectOutcome, Reason, ValidatedTree,
    Validity,
};
use crate::vrp::{Vrp, bits_of};

pub(super) fn tree(tree: &ValidatedTree) -> Vec<u8> {
    let objects: usize = tree.authorities.iter().map(|it| it.objects.len()).sum();
    let size = MAGIC.len() + 600 * tree.authorities.len() + 90 * objects;
    let mut writer = Writer(Vec::with_capacity(size));
    writer.0.extend_from_slice(MAGIC);
    writer.instant(tree.time);
    writer.list(&tree.anchors, Writer::anchor);
    writer.list(&tree.authorities, Writer::authority);
    writer.0
}

struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn list<T>(&mut self, items: &[T], write: impl Fn(&mut Self, &T)) {
        self.number(items.len() as u64);
        for item in items {
            write(self, item);
        }
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    fn instant(&mut self, seconds: i64) {
        self.0.extend_from_slice(&seconds.to_be_bytes());
    }

    fn digest(&mut self, digest: &Digest) {
        self.0.extend_from_slice(digest.as_bytes());
    }

    fn validity(&mut self, validity: Validity) {
        self.instant(validity.not_before);
        self.instant(validity.not_after);
    }

    fn optional<T>(&mut self, item: Option<&T>, write: impl Fn(&mut Self, &T)) {
        match item {
            None => self.0.push(tag::ABSENT),
            Some(item) => {
                self.0.push(tag::PRESENT);
                write(self, item);
            }
        }
    }

    fn reason(&mut self, reason: &Reason) {
        self.text(&reason.code);
        self.text(&reason.detail);
    }

    fn anchor(&mut self, anchor: &Anchor) {
        self.text(&anchor.name);
        match &anchor.authority {
            Ok(place) => {
                self.0.push(tag::PRESENT);
                self.number(u64::from(*place));
            }
            Err(reason) => {
                self.0.push(tag::ABSENT);
                self.reason(reason);
            }
        }
        self.optional(anchor.kept.as_ref(), Self::reason);
    }

    fn authority(&mut self, authority: &Authority) {
        self.optional(authority.parent.as_ref(), |writer, parent| {
            writer.number(u64::from(*parent));
        });
        self.number(u64::from(authority.anchor));
        self.text(&authority.certificate);
        self.digest(&authority.certificate_digest);
        self.validity(authority.validity);
        self.0.extend_from_slice(&authority.subject_key);
        self.optional(authority.notify.as_ref(), |writer, uri| writer.text(uri));
        self.text(&authority.folder);
        self.text(&authority.manifest_uri);
        self.digest(&authority.key);
        self.validity(authority.stable);
        match &authority.decision {
            Decision::Current(manifest) => {
                self.0.push(tag::CURRENT);
                self.manifest(manifest);
            }
            Decision::Kept(fallback) => {
                self.0.push(tag::KEPT);
                self.manifest(&fallback.manifest);
                self.reason(&fallback.reason);
            }
            Decision::Refused(reason) => {
                self.0.push(tag::REFUSED);
                self.reason(reason);
            }
        }
        self.list(&authority.objects, Self::object);
    }

    fn manifest(&mut self, manifest: &Manifest) {
        match &manifest.source {
            Source::Rrdp(uri) => {
                self.0.push(tag::RRDP);
                self.text(uri);
            }
            Source::Rsync(uri) => {
                self.0.push(tag::RSYNC);
                self.text(uri);
            }
        }
        self.digest(&manifest.pack);
        self.digest(&manifest.digest);
        self.number(manifest.number.len() as u64);
        self.0.extend_from_slice(&manifest.number);
        self.instant(manifest.this_update);
        self.instant(manifest.next_update);
    }

    fn object(&mut self, object: &Object) {
        self.text(&object.name);
        self.digest(&object.digest);
        let choice = self.0.len();
        match &object.outcome {
            ObjectOutcome::Roa(validity, vrps) => {
                self.0.push(tag::ROA);
                self.validity(*validity);
                self.list(vrps, Self::vrp);
            }
            ObjectOutcome::Aspa(validity, aspa) => {
                self.0.push(tag::ASPA);
                self.validity(*validity);
                self.aspa(aspa);
            }
            ObjectOutcome::Authority(validity) => {
                self.0.push(tag::AUTHORITY);
                self.validity(*validity);
            }
            ObjectOutcome::RevocationList(validity) => {
                self.0.push(tag::REVOCATION_LIST);
                self.validity(*validity);
            }
            ObjectOutcome::PassedOver(kind) => {
                self.0.push(tag::PASSED_OVER);
                self.0.push(number_of(*kind));
            }
            ObjectOutcome::Rejected(reason) => {
                self.0.push(tag::REJECTED);
                self.reason(reason);
            }
        }
        if object.trailing
            && let Some(choice) = self.0.get_mut(choice)
        {
            *choice |= tag::TRAILING;
        }
    }

    /// The prefix's length; one bit for the family with the maxLength's
    /// excess; as many bytes of the address as the length needs; the origin.
    fn vrp(&mut self, vrp: &Vrp) {
        let length = vrp.prefix.len();
        let family = u64::from(vrp.prefix.is_v6());
        self.0.push(length);
        self.number(u64::from(vrp.max_length.saturating_sub(length)) << 1 | family);
        let address = bits_of(vrp.prefix).to_be_bytes();
        (self.0).extend_from_slice(&address[..usize::from(length.div_ceil(8))]);
        self.number(u64::from(vrp.origin.into_u32()));
    }

    fn aspa(&mut self, aspa: &Aspa) {
        self.number(u64::from(aspa.customer.into_u32()));
        self.list(&aspa.providers, |writer, provider| {
            writer.number(u64::from(provider.into_u32()));
        });
    }
}

fn number_of(kind: Kind) -> u8 {
    match kind {
        Kind::RouterKey => 0,
        Kind::Checklist => 1,
        Kind::AnchorKey => 2,
        Kind::PrefixList => 3,
        Kind::Ghostbusters => 4,
        Kind::Unknown => 5,
    }
}
