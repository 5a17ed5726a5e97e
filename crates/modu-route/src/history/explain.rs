//! Why a route is valid, invalid or unknown.

use modu_kernel::Digest;
use rpki::resources::{Asn, addr::Prefix};
use serde::Serialize;

use super::compare::{anchor_of, chain, manifest_name, manifest_of};
use super::difference::{Link, vrp_form};
use crate::origin::{Invalid, OriginIndex, Validity as RouteValidity};
use crate::repository::{Packs, PointPack, RepositoryIndex};
use crate::validate::{Authority, ObjectOutcome, Reason, ValidatedTree, Validity, claimed_vrps};
use crate::vrp::{Vrp, VrpTable};

/// What a tree says of a route, and which objects say it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The route's validity (RFC 6811).
    pub validity: RouteValidity,
    /// Why it is invalid, if it is.
    pub why_invalid: Option<Invalid>,
    /// The VRPs that cover it, those that authorise it first.
    pub covering: Vec<Covering>,
}

/// A VRP that covers a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Covering {
    /// Which.
    #[serde(with = "vrp_form")]
    pub vrp: Vrp,
    /// Whether it authorises the route.
    pub authorises: bool,
    /// The objects that say it; at least one.
    pub said_by: Vec<Sayer>,
}

/// An object that says something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sayer {
    /// Its URI.
    pub uri: String,
    /// Its digest.
    pub digest: Digest,
    /// From when until when it may be believed.
    pub validity: Validity,
    /// Its authority and its issuers, up to the trust anchor.
    pub chain: Vec<Link>,
}

/// An object that would say something of a route, were it believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unbelieved {
    /// Its URI.
    pub uri: String,
    /// Its digest.
    pub digest: Digest,
    /// Why it, or all of its publication point, is not believed.
    pub reason: Reason,
    /// What it would authorise of the route.
    #[serde(with = "vrp_form")]
    pub vrp: Vrp,
    /// Its authority and its issuers, up to the trust anchor.
    pub chain: Vec<Link>,
}

/// Whether a VRP's prefix covers a route's.
#[must_use]
pub fn covers(vrp: &Vrp, prefix: Prefix) -> bool {
    vrp.prefix.covers(prefix)
}

/// Whether a VRP authorises a route (RFC 6811, section 2).
#[must_use]
pub fn authorises(vrp: &Vrp, prefix: Prefix, origin: Asn) -> bool {
    covers(vrp, prefix)
        && prefix.len() <= vrp.max_length
        && vrp.origin == origin
        && origin != Asn::MIN
}

impl Explanation {
    /// Explains a route by a tree. Cost: one pass over it.
    #[must_use]
    pub fn of(tree: &ValidatedTree, prefix: Prefix, origin: Asn) -> Self {
        let mut covering = std::collections::BTreeMap::<(bool, Vrp), Vec<Sayer>>::new();
        for (index, authority) in (0..).zip(&tree.authorities) {
            for object in authority.objects.iter() {
                let ObjectOutcome::Roa(validity, vrps) = &object.outcome else {
                    continue;
                };
                for vrp in vrps.iter().filter(|vrp| covers(vrp, prefix)) {
                    let key = (!authorises(vrp, prefix, origin), *vrp);
                    covering.entry(key).or_default().push(Sayer {
                        uri: format!("{}{}", authority.folder, object.name),
                        digest: object.digest,
                        validity: *validity,
                        chain: links(tree, index),
                    });
                }
            }
        }
        let table: VrpTable = covering.keys().map(|(_, vrp)| *vrp).collect();
        let index = OriginIndex::new(&table);
        Self {
            validity: index.validity(prefix, Some(origin)),
            why_invalid: index.why_invalid(prefix, Some(origin)),
            covering: (covering.into_iter())
                .map(|((other, vrp), said_by)| Covering {
                    vrp,
                    authorises: !other,
                    said_by,
                })
                .collect(),
        }
    }
}

/// An authority and its issuers, up to the trust anchor.
fn links(tree: &ValidatedTree, authority: u32) -> Vec<Link> {
    let chain = chain(tree, authority).filter_map(|index| tree.authorities.get(index as usize));
    let link = |authority: &Authority| Link {
        issuer: authority.parent,
        anchor: anchor_of(tree, authority).to_owned(),
        certificate: authority.certificate.to_string(),
        digest: authority.certificate_digest,
        folder: authority.folder.to_string(),
        manifest: manifest_name(authority),
    };
    chain.map(link).collect()
}

/// The ROAs that would authorise a route but are not believed: those that were
/// rejected, and those of publication points that were refused, as they lie in
/// what was fetched. What is missing there is passed over. Cost: the packs of
/// the authorities that have any.
#[must_use]
pub fn unbelieved(
    tree: &ValidatedTree,
    index: &RepositoryIndex,
    packs: &dyn Packs,
    prefix: Prefix,
    origin: Asn,
) -> Vec<Unbelieved> {
    let mut found = Vec::new();
    for (place, authority) in (0..).zip(&tree.authorities) {
        for (name, reason, pack) in suspects(authority, index, packs) {
            let Some(bytes) = pack.get(&name) else {
                continue;
            };
            let claimed = claimed_vrps(bytes);
            let claimed = claimed.iter().filter(|vrp| authorises(vrp, prefix, origin));
            found.extend(claimed.map(|vrp| Unbelieved {
                uri: format!("{}{name}", authority.folder),
                digest: Digest::of(bytes),
                reason: reason.clone(),
                vrp: *vrp,
                chain: links(tree, place),
            }));
        }
    }
    found
}

/// The ROAs of an authority that are not believed, with their packs.
fn suspects(
    authority: &Authority,
    index: &RepositoryIndex,
    packs: &dyn Packs,
) -> Vec<(String, Reason, std::sync::Arc<PointPack>)> {
    let read = |digest: &Digest| {
        let bytes = packs.pack(digest).ok()?;
        PointPack::parse(&bytes).ok().map(std::sync::Arc::new)
    };
    let is_roa = |name: &str| name.ends_with(".roa");
    match manifest_of(authority) {
        Ok(manifest) => {
            let rejected: Vec<_> = (authority.objects.iter())
                .filter_map(|object| match &object.outcome {
                    ObjectOutcome::Rejected(reason) if is_roa(&object.name) => {
                        Some((object.name.clone(), reason.clone()))
                    }
                    _ => None,
                })
                .collect();
            let pack = match rejected.is_empty() {
                true => None,
                false => read(&manifest.pack),
            };
            let suspect = |(name, reason)| Some((name, reason, pack.clone()?));
            rejected.into_iter().filter_map(suspect).collect()
        }
        Err(reason) => {
            let points = index.points.iter();
            let here = points.filter(|(key, _)| *key.folder == *authority.folder);
            let packs = here.filter_map(|(_, pack)| read(&pack.digest));
            let roas = packs.flat_map(|pack| {
                let names: Vec<_> = pack.iter().map(|(name, _)| name.to_owned()).collect();
                let names = names.into_iter().filter(|name| is_roa(name));
                names.map(move |name| (name, reason.clone(), pack.clone()))
            });
            roas.collect()
        }
    }
}
