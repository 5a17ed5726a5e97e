//! Certificates under an authority (RFC 6487), step by step, so that a refusal
//! names the rule that was broken.

use bytes::Bytes;
use rpki::repository::cert::{Cert, ResourceCert};
use rpki::repository::crl::Crl;
use rpki::repository::x509::Time;
use rpki::uri;

use super::reason::{Judged, reason};
use super::tree::Validity;
use super::window::{Moment, Window};
use crate::limits;

/// What a certificate is judged against.
pub(super) struct Against<'a> {
    pub(super) issuer: &'a ResourceCert,
    /// The issuer's revocation list and where it lies.
    pub(super) list: &'a Crl,
    pub(super) list_uri: &'a uri::Rsync,
    /// The instant as the `rpki` crate writes it.
    pub(super) time: Time,
}

/// Decodes a certificate of at most [`limits::CERTIFICATE_BYTES`].
pub(super) fn decode(bytes: &Bytes) -> Judged<Cert> {
    if bytes.len() as u64 > limits::CERTIFICATE_BYTES {
        let detail = format!("it has more than {} bytes", limits::CERTIFICATE_BYTES);
        return Err(reason("limit.certificate", detail));
    }
    Cert::decode(bytes.clone()).map_err(|error| reason("certificate.malformed", error))
}

impl Against<'_> {
    /// What can be said of any certificate before its signature is verified.
    pub(super) fn claims(&self, certificate: &Cert, window: &mut Window) -> Judged<Validity> {
        let validity = valid_now(certificate, window)?;
        (certificate.verify_issuer_claim(self.issuer, true))
            .map_err(|error| reason("certificate.issuer", error))?;
        if certificate.crl_uri() != Some(self.list_uri) {
            let detail = "its revocation list is not the one of the manifest";
            return Err(reason("certificate.crl", detail));
        }
        if self.list.contains(certificate.serial_number()) {
            let serial = certificate.serial_number();
            return Err(reason("certificate.revoked", format!("serial {serial}")));
        }
        Ok(validity)
    }

    /// An authority's certificate; overclaiming refuses it, or trims it where
    /// its policy says so (RFC 8360).
    pub(super) fn authority(
        &self,
        certificate: Cert,
        window: &mut Window,
    ) -> Judged<(Validity, ResourceCert)> {
        (certificate.inspect_ca(true)).map_err(|error| reason("certificate.profile", error))?;
        let validity = self.claims(&certificate, window)?;
        let again = certificate.clone();
        let verified = certificate
            .verify_ca_at(self.issuer, true, self.time)
            .map_err(
                |error| match again.verify_signature(self.issuer.as_cert(), true) {
                    Err(error) => reason("certificate.signature", error),
                    Ok(()) => reason("certificate.overclaim", error),
                },
            )?;
        Ok((validity, verified))
    }
}

/// Whether the instant lies in a certificate's validity.
pub(super) fn valid_now(certificate: &Cert, window: &mut Window) -> Judged<Validity> {
    let validity = Validity::of(certificate);
    let detail = || {
        let written = crate::instant::written;
        let (from, to) = (written(validity.not_before), written(validity.not_after));
        format!("it is valid from {from} to {to}")
    };
    match window.moment(validity) {
        Moment::Early => Err(reason("certificate.early", detail())),
        Moment::Late => Err(reason("certificate.expired", detail())),
        Moment::Within => Ok(validity),
    }
}
