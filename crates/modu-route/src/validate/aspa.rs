//! Provider authorisations, and the one place that knows which version of
//! their draft is spoken: draft-ietf-sidrops-aspa-profile-29, whose content has
//! version 1.

use bytes::Bytes;
use rpki::dep::bcder::decode::{Constructed, DecodeError, Source};
use rpki::dep::bcder::{Mode, Tag};
use rpki::oid;
use rpki::repository::resources::AsBlock;
use rpki::resources::Asn;

use super::certificate::Against;
use super::reason::{Judged, reason};
use super::signed;
use super::tree::ObjectOutcome;
use super::window::Window;
use crate::limits;
use crate::payload::Aspa;

/// The version of the content in this draft of the profile.
const VERSION: u8 = 1;

/// Judges an ASPA: its certificate must hold the customer, and nothing else.
pub(super) fn judge(
    bytes: &Bytes,
    against: &Against<'_>,
    window: &mut Window,
) -> Judged<ObjectOutcome> {
    let object = signed::decode(bytes, &oid::CT_ASPA)?;
    let aspa = (Mode::Der.decode(object.content().clone(), take_content))
        .map_err(|error| reason("aspa.malformed", error))?;
    if aspa.providers.len() > limits::PROVIDERS {
        let detail = format!("it names more than {} providers", limits::PROVIDERS);
        return Err(reason("limit.aspa", detail));
    }
    let certificate = object.cert();
    let blocks = certificate.as_resources().to_blocks().ok();
    let mut blocks = blocks.iter().flat_map(|blocks| blocks.iter());
    let only_customer = matches!(
        (blocks.next(), blocks.next()),
        (Some(AsBlock::Id(id)), None) if id == aspa.customer
    );
    if !only_customer {
        let detail = "its certificate does not hold exactly the customer's AS number";
        return Err(reason("aspa.resources", detail));
    }
    if certificate.has_ip_resources() {
        return Err(reason("aspa.resources", "its certificate holds addresses"));
    }
    let (validity, _) = signed::verify(object, bytes, against, window)?;
    Ok(ObjectOutcome::Aspa(validity, aspa))
}

/// `ASProviderAttestation`, section 3 of the draft. One more than the limit is
/// read at most.
fn take_content<S: Source>(
    content: &mut Constructed<'_, S>,
) -> Result<Aspa, DecodeError<S::Error>> {
    content.take_sequence(|content| {
        content.take_constructed_if(Tag::CTX_0, |version| version.skip_u8_if(VERSION))?;
        let customer = Asn::take_from(content)?;
        if customer == Asn::MIN {
            return Err(content.content_err("AS 0 is nobody's customer"));
        }
        let mut providers: Vec<Asn> = Vec::new();
        content.take_sequence(|content| {
            while let Some(provider) = Asn::take_opt_from(content)? {
                let problem = match providers.last() {
                    _ if provider == customer => Some("the customer is named as its own provider"),
                    Some(last) if *last >= provider => Some("the providers do not ascend"),
                    Some(&Asn::MIN) => Some("AS 0 stands beside other providers"),
                    _ => None,
                };
                if let Some(problem) = problem {
                    return Err(content.content_err(problem));
                }
                // What is past the limit is still read, so that the refusal
                // says the right thing; an object's bytes bound it.
                if providers.len() <= limits::PROVIDERS {
                    providers.push(provider);
                } else if let Some(last) = providers.last_mut() {
                    *last = provider;
                }
            }
            Ok(())
        })?;
        if providers.is_empty() {
            return Err(content.content_err("it names no provider"));
        }
        Ok(Aspa {
            customer,
            providers,
        })
    })
}
