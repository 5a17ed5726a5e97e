//! Route origin authorisations (RFC 9582).

use bytes::Bytes;
use rpki::dep::bcder::Tag;
use rpki::dep::bcder::decode::{Constructed, DecodeError, Source};
use rpki::oid;
use rpki::repository::resources::{AddressFamily, Prefix as Block};
use rpki::resources::Asn;

use super::certificate::Against;
use super::reason::{Judged, reason};
use super::signed::{self, Addresses};
use super::tree::ObjectOutcome;
use super::window::Window;
use crate::limits;
use crate::vrp::{Vrp, bits_of, prefix_of};

/// Judges a ROA: its certificate must hold all of its prefixes.
pub(super) fn judge(
    bytes: &Bytes,
    against: &Against<'_>,
    window: &mut Window,
) -> Judged<ObjectOutcome> {
    let object = signed::decode(bytes, &oid::ROUTE_ORIGIN_AUTHZ)?;
    let content = object.content().clone();
    let certificate = object.cert();
    if certificate.as_resources().is_present() {
        return Err(reason("roa.resources", "its certificate holds AS numbers"));
    }
    if certificate.v4_resources().is_inherited() || certificate.v6_resources().is_inherited() {
        let detail = "its certificate inherits addresses";
        return Err(reason("roa.resources", detail));
    }
    let mut vrps = rpki::dep::bcder::Mode::Der
        .decode(content, take_content)
        .map_err(|error| reason("roa.malformed", error))?;
    if vrps.is_empty() || vrps.len() > limits::ROA_PREFIXES {
        let detail = format!("it names {} prefixes", vrps.len());
        return Err(reason("limit.roa", detail));
    }
    let (validity, certificate) = signed::verify(object, bytes, against, window)?;
    let (v4, v6) = (
        Addresses::of(certificate.v4_resources()),
        Addresses::of(certificate.v6_resources()),
    );
    for vrp in &vrps {
        let (from, length) = (bits_of(vrp.prefix), u32::from(vrp.prefix.len()));
        let to = from | u128::MAX.checked_shr(length).unwrap_or(0);
        let addresses = if vrp.prefix.is_v4() { &v4 } else { &v6 };
        if !addresses.hold(from, to) {
            let detail = format!("its certificate does not hold {}", vrp.prefix);
            return Err(reason("roa.overclaim", detail));
        }
    }
    vrps.sort_unstable();
    vrps.dedup();
    Ok(ObjectOutcome::Roa(validity, vrps))
}

/// What a ROA says, whether or not it may be believed; nothing where it cannot
/// be read. For explaining a rejection, and for nothing else.
pub(crate) fn claimed_vrps(bytes: &Bytes) -> Vec<Vrp> {
    let read = || {
        let object = signed::decode(bytes, &oid::ROUTE_ORIGIN_AUTHZ).ok()?;
        let content = object.content().clone();
        let mode = rpki::dep::bcder::Mode::Der;
        mode.decode(content, take_content).ok()
    };
    modu_kernel::contained::contained(read)
        .flatten()
        .unwrap_or_default()
}

/// `RouteOriginAttestation` of RFC 9582, section 4. One more than the limit is
/// read at most.
fn take_content<S: Source>(
    content: &mut Constructed<'_, S>,
) -> Result<Vec<Vrp>, DecodeError<S::Error>> {
    content.take_sequence(|content| {
        content.take_opt_constructed_if(Tag::CTX_0, |version| version.skip_u8_if(0))?;
        let origin = Asn::take_from(content)?;
        let mut vrps = Vec::new();
        let mut seen = [false; 2];
        content.take_sequence(|content| {
            while let Some(()) = content.take_opt_sequence(|content| {
                let family = AddressFamily::take_from(content)?;
                let seen = &mut seen[usize::from(matches!(family, AddressFamily::Ipv6))];
                if std::mem::replace(seen, true) {
                    return Err(content.content_err("an address family stands there twice"));
                }
                take_addresses(content, family, origin, &mut vrps)
            })? {}
            Ok(())
        })?;
        Ok(vrps)
    })
}

fn take_addresses<S: Source>(
    content: &mut Constructed<'_, S>,
    family: AddressFamily,
    origin: Asn,
    vrps: &mut Vec<Vrp>,
) -> Result<(), DecodeError<S::Error>> {
    let v4 = matches!(family, AddressFamily::Ipv4);
    let longest = if v4 { 32 } else { 128 };
    content.take_sequence(|content| {
        while let Some(()) = content.take_opt_sequence(|content| {
            if vrps.len() > limits::ROA_PREFIXES {
                return Err(content.content_err("too many prefixes"));
            }
            let block = Block::take_from(content)?;
            let length = block.addr_len();
            let max_length = content.take_opt_u8()?.unwrap_or(length);
            if length > longest || !(length..=longest).contains(&max_length) {
                return Err(content.content_err("a prefix or its maxLength is too long"));
            }
            let prefix = prefix_of(v4, block.addr().to_bits(), length)
                .ok_or_else(|| content.content_err("bits are set behind a prefix's length"))?;
            vrps.push(Vrp {
                prefix,
                max_length,
                origin,
            });
            Ok(())
        })? {}
        Ok(())
    })
}
