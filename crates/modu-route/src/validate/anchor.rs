//! Trust anchors: the certificate that a locator's key signed for itself
//! (RFC 8630).

use bytes::Bytes;
use modu_kernel::Digest;
use modu_kernel::contained::contained;
use rpki::repository::cert::ResourceCert;
use rpki::repository::x509::Time;

use super::certificate;
use super::issuer::{Issuer, Names, anchor_key};
use super::locator::Locator;
use super::reason::{Judged, reason};
use super::run::{Run, info};
use super::tree::Reason;

/// A trust anchor's authority. An older certificate than the one that was
/// believed before is a replay, and one that cannot be used or is not there is
/// no reason to give up the one that could: then the earlier one stands, and
/// the reason beside it.
pub(super) fn judge(
    run: &Run<'_>,
    place: u16,
    locator: &Locator,
) -> Judged<(Issuer, Option<Reason>)> {
    let fetched = (run.index.anchors.get(locator.name()))
        .ok_or_else(|| reason("anchor.missing", "it has not been fetched"))
        .and_then(|entry| issuer(run, place, locator, &entry.uri, entry.certificate.digest));
    let Some(before) = run.memory.anchor(locator.name()) else {
        return fetched.map(|issuer| (issuer, None));
    };
    let why = match fetched {
        Ok(issuer) if issuer.names.certificate_digest == before.certificate_digest => {
            return Ok((issuer, None));
        }
        Ok(issuer) if issuer.names.validity.not_before >= before.validity.not_before => {
            return Ok((issuer, None));
        }
        Ok(_) => reason("anchor.older", "it is older than the one believed before"),
        Err(why) => why,
    };
    let (uri, digest) = (&before.certificate, before.certificate_digest);
    match issuer(run, place, locator, uri, digest) {
        Ok(issuer) => Ok((issuer, Some(why))),
        Err(_) => Err(why),
    }
}

fn issuer(
    run: &Run<'_>,
    place: u16,
    locator: &Locator,
    uri: &str,
    digest: Digest,
) -> Judged<Issuer> {
    let key = anchor_key(
        &locator.key().to_info_bytes(),
        &format!("{} {uri}", locator.name()),
        digest,
    );
    if let Some(known) = run.memory.authority(&key)
        && known.authority.validity.holds(run.time)
    {
        let names = Names::remembered(known.authority);
        return Ok(Issuer::remembered(None, place, names));
    }
    let certificate = verified(locator, &run.bytes(&digest)?, run.at)?;
    let names = Names::of(uri.to_owned(), digest, key, certificate.as_cert())?;
    Ok(Issuer::verified(None, place, names, certificate))
}

/// A locator's certificate from its bytes.
pub(super) fn verified(locator: &Locator, bytes: &Bytes, at: Time) -> Judged<ResourceCert> {
    contained(|| {
        let certificate = certificate::decode(bytes)?;
        if certificate.subject_public_key_info() != locator.key() {
            let detail = "its key is not the locator's";
            return Err(reason("anchor.key", detail));
        }
        (certificate.inspect_ta(true)).map_err(|error| reason("certificate.profile", error))?;
        certificate.verify_validity(at).map_err(|error| {
            match certificate.validity().not_before() > at {
                true => reason("certificate.early", error),
                false => reason("certificate.expired", error),
            }
        })?;
        (certificate.verify_ta_at(info(locator), true, at))
            .map_err(|error| reason("certificate.signature", error))
    })
    .unwrap_or_else(|| Err(reason("certificate.malformed", "the decoder gave up on it")))
}
