//! One object of a publication point.

use bytes::Bytes;
use modu_kernel::Digest;
use modu_kernel::contained::contained;
use rpki::repository::cert::ResourceCert;

use super::certificate::{self, Against};
use super::issuer::{Issuer, Names, bytes_of, key_below};
use super::reason::{Judged, reason};
use super::tree::{Kind, Object, ObjectOutcome, Validity};
use super::window::Window;
use super::{aspa, behind, roa};
use crate::limits;

/// What came of an object.
pub(super) struct JudgedObject {
    pub(super) object: Object,
    /// The instants within which the same comes of it.
    pub(super) stable: Validity,
    /// The authority that it opens.
    pub(super) child: Option<(Names, ResourceCert)>,
}

/// Judges an object whose hash is known to be right.
pub(super) fn judge(
    issuer: &Issuer,
    against: &Against<'_>,
    name: &str,
    digest: Digest,
    bytes: &Bytes,
    mut window: Window,
) -> JudgedObject {
    let mut child = None;
    // A decoder's assertion over a stranger's bytes is a refusal like another.
    let judged = contained(|| match name.rsplit_once('.').map_or("", |it| it.1) {
        "cer" => certificate_of(
            issuer,
            against,
            name,
            digest,
            bytes,
            &mut window,
            &mut child,
        ),
        "roa" => roa::judge(bytes, against, &mut window),
        "asa" => aspa::judge(bytes, against, &mut window),
        "gbr" => Ok(ObjectOutcome::PassedOver(Kind::Ghostbusters)),
        "sig" => Ok(ObjectOutcome::PassedOver(Kind::Checklist)),
        "tak" => Ok(ObjectOutcome::PassedOver(Kind::AnchorKey)),
        "spl" => Ok(ObjectOutcome::PassedOver(Kind::PrefixList)),
        _ => Ok(ObjectOutcome::PassedOver(Kind::Unknown)),
    });
    let outcome = judged
        .unwrap_or_else(|| {
            child = None;
            let detail = "the decoder gave up on it";
            Err(reason("object.malformed", detail))
        })
        .unwrap_or_else(ObjectOutcome::Rejected);
    let believed = !matches!(
        outcome,
        ObjectOutcome::Rejected(_) | ObjectOutcome::PassedOver(_)
    );
    JudgedObject {
        object: Object {
            name: name.to_owned(),
            digest,
            trailing: believed && behind::has_more(bytes),
            outcome,
        },
        stable: window.stable(),
        child,
    }
}

fn certificate_of(
    issuer: &Issuer,
    against: &Against<'_>,
    name: &str,
    digest: Digest,
    bytes: &Bytes,
    window: &mut Window,
    child: &mut Option<(Names, ResourceCert)>,
) -> Judged<ObjectOutcome> {
    let certificate = certificate::decode(bytes)?;
    if !certificate.is_ca() {
        return match certificate.extended_key_usage() {
            Some(_) => Ok(ObjectOutcome::PassedOver(Kind::RouterKey)),
            None => Err(reason(
                "certificate.profile",
                "it is neither an authority's nor a router's",
            )),
        };
    }
    let subject = bytes_of(certificate.subject_key_identifier());
    let mut depth = 0;
    for above in issuer.chain() {
        if above.names.subject_key == subject {
            let detail = format!("its key is that of {}", above.names.certificate);
            return Err(reason("chain.loop", detail));
        }
        depth += 1;
    }
    if depth >= limits::DEPTH {
        let detail = format!("there are {depth} authorities above it");
        return Err(reason("chain.depth", detail));
    }
    let (validity, verified) = against.authority(certificate, window)?;
    let uri = format!("{}{name}", issuer.names.folder);
    let key = key_below(&issuer.names.key, &uri, digest);
    let names = Names::of(uri, digest, key, verified.as_cert())?;
    *child = Some((names, verified));
    Ok(ObjectOutcome::Authority(validity))
}
