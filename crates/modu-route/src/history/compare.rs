//! Comparing two trees.
//!
//! Authorities are the same where their issuers are and their certificates
//! have one URI: an issuer lists a name once, so nobody can pass as another's
//! authority. Objects of one authority are the same where their names are; a
//! ROA that is only signed again is no change.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rpki::resources::Asn;

use super::cause::{Cause, CauseKind, ManifestName};
use super::difference::{Change, Difference, Direction, Effect, Link, Saying};
use crate::payload::{Aspa, Payloads};
use crate::validate::{
    Authority, Decision, Manifest, Object, ObjectOutcome, Reason, ValidatedTree,
};
use crate::vrp::Vrp;

/// One of the two trees, seen from the other.
struct Side<'t> {
    tree: &'t ValidatedTree,
    /// For each of its authorities, the same one in the other tree.
    counterpart: Vec<Option<u32>>,
}

impl Difference {
    /// Compares two trees; every change since nothing where there is no
    /// earlier one. Cost: one pass over both, and their tables sorted.
    #[must_use]
    pub fn between(earlier: Option<&ValidatedTree>, later: &ValidatedTree) -> Self {
        let nothing = ValidatedTree::default();
        let before = earlier.unwrap_or(&nothing);
        let (old, new) = rayon::join(|| before.payloads(), || later.payloads());
        let matched = matched(before, later);
        let mut reverse = vec![None; later.authorities.len()];
        for (index, other) in matched.iter().enumerate() {
            if let Some(place) = other.and_then(|other| reverse.get_mut(other as usize)) {
                *place = Some(index as u32);
            }
        }
        let old_side = Side {
            tree: before,
            counterpart: matched,
        };
        let new_side = Side {
            tree: later,
            counterpart: reverse,
        };
        let mut telling = Telling::default();
        telling.one_way(&old_side, &new_side, Direction::Went);
        telling.one_way(&new_side, &old_side, Direction::Came);
        let changes = telling.changes(&old, &new);
        Self {
            earlier: earlier.map(|tree| tree.time),
            later: later.time,
            links: telling.links,
            causes: telling.causes,
            changes,
        }
    }
}

/// For each authority of a tree, the same one in another.
fn matched(from: &ValidatedTree, to: &ValidatedTree) -> Vec<Option<u32>> {
    let mut anchors = HashMap::new();
    let mut certified = HashMap::new();
    for (index, authority) in (0_u32..).zip(&to.authorities) {
        match authority.parent {
            None => drop(anchors.insert(anchor_of(to, authority), index)),
            Some(parent) => {
                certified.insert((parent, &*authority.certificate), index);
            }
        }
    }
    let mut found: Vec<Option<u32>> = Vec::with_capacity(from.authorities.len());
    for authority in &from.authorities {
        let same = match authority.parent {
            None => anchors.get(anchor_of(from, authority)),
            Some(parent) => (found.get(parent as usize).copied().flatten())
                .and_then(|parent| certified.get(&(parent, &*authority.certificate))),
        };
        found.push(same.copied());
    }
    found
}

/// The name of the trust anchor that an authority stands under.
pub(super) fn anchor_of<'t>(tree: &'t ValidatedTree, authority: &Authority) -> &'t str {
    let anchor = tree.anchors.get(usize::from(authority.anchor));
    anchor.map_or("", |anchor| &anchor.name)
}

/// The object of a name.
fn object_of<'t>(authority: &'t Authority, name: &str) -> Option<&'t Object> {
    let objects = &authority.objects;
    let place = objects.binary_search_by(|object| object.name.as_str().cmp(name));
    place.ok().and_then(|place| objects.get(place))
}

/// The file name at the end of a URI.
fn file_name(uri: &str) -> &str {
    uri.rsplit('/').next().unwrap_or(uri)
}

/// The manifest on which an authority stands.
pub(super) fn manifest_of(authority: &Authority) -> Result<&Manifest, &Reason> {
    match &authority.decision {
        Decision::Current(manifest) => Ok(manifest),
        Decision::Kept(fallback) => Ok(&fallback.manifest),
        Decision::Refused(reason) => Err(reason),
    }
}

/// The name of the manifest on which an authority stands.
pub(super) fn manifest_name(authority: &Authority) -> Option<ManifestName> {
    let manifest = manifest_of(authority).ok()?;
    let digits = manifest.number.iter().map(|byte| format!("{byte:02x}"));
    Some(ManifestName {
        uri: authority.manifest_uri.to_string(),
        number: digits.collect(),
        digest: manifest.digest,
    })
}

/// What objects say: a line for routers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    Vrp(Vrp),
    Aspa(Aspa),
}

/// What one object says.
fn said_by(object: &Object) -> BTreeSet<Said> {
    match &object.outcome {
        ObjectOutcome::Roa(_, vrps) => vrps.iter().copied().map(Said::Vrp).collect(),
        ObjectOutcome::Aspa(_, aspa) => [Said::Aspa(aspa.clone())].into(),
        _ => BTreeSet::new(),
    }
}

/// The sayings that came or went, gathered by what they say.
#[derive(Default)]
struct Telling {
    links: Vec<Link>,
    /// The links by side and place in that side's tree.
    link_of: HashMap<(Direction, u32), u32>,
    causes: Vec<Cause>,
    cause_of: HashMap<Cause, u32>,
    vrps: BTreeMap<Vrp, Vec<Saying>>,
    aspas: BTreeMap<Asn, Vec<Saying>>,
}

impl Telling {
    /// All that `speaking` says and `silent` does not.
    fn one_way(&mut self, speaking: &Side<'_>, silent: &Side<'_>, direction: Direction) {
        for (index, authority) in (0_u32..).zip(&speaking.tree.authorities) {
            let other = counterpart(speaking, silent, index);
            if other.is_some_and(|other| other.objects == authority.objects) {
                continue;
            }
            for object in authority.objects.iter() {
                let same = other.and_then(|other| object_of(other, &object.name));
                if same.is_some_and(|same| same.outcome == object.outcome) {
                    continue;
                }
                let mut said = said_by(object);
                for also in same.map(said_by).unwrap_or_default() {
                    said.remove(&also);
                }
                if !said.is_empty() {
                    let cause = cause(speaking, silent, index, &object.name);
                    self.tell(speaking, direction, index, object, &cause, said);
                }
            }
        }
    }

    fn tell(
        &mut self,
        speaking: &Side<'_>,
        direction: Direction,
        authority: u32,
        object: &Object,
        cause: &Cause,
        said: BTreeSet<Said>,
    ) {
        let (ObjectOutcome::Roa(validity, _) | ObjectOutcome::Aspa(validity, _)) = &object.outcome
        else {
            return;
        };
        let saying = Saying {
            direction,
            object: object.name.clone(),
            digest: object.digest,
            validity: *validity,
            link: self.link(speaking.tree, direction, authority),
            cause: self.cause(cause),
        };
        for said in said {
            let sayings = match said {
                Said::Vrp(vrp) => self.vrps.entry(vrp).or_default(),
                Said::Aspa(aspa) => self.aspas.entry(aspa.customer).or_default(),
            };
            sayings.push(saying.clone());
        }
    }

    fn cause(&mut self, cause: &Cause) -> u32 {
        if let Some(known) = self.cause_of.get(cause) {
            return *known;
        }
        let place = self.causes.len() as u32;
        self.causes.push(cause.clone());
        self.cause_of.insert(cause.clone(), place);
        place
    }

    /// The link of an authority, made with those of its issuers.
    fn link(&mut self, tree: &ValidatedTree, direction: Direction, authority: u32) -> u32 {
        let mut missing = Vec::new();
        let mut issuer = None;
        for index in chain(tree, authority) {
            match self.link_of.get(&(direction, index)) {
                Some(known) => {
                    issuer = Some(*known);
                    break;
                }
                None => missing.push(index),
            }
        }
        for index in missing.into_iter().rev() {
            let Some(authority) = tree.authorities.get(index as usize) else {
                continue;
            };
            let place = self.links.len() as u32;
            self.links.push(Link {
                issuer,
                anchor: anchor_of(tree, authority).to_owned(),
                certificate: authority.certificate.to_string(),
                digest: authority.certificate_digest,
                folder: authority.folder.to_string(),
                manifest: manifest_name(authority),
            });
            self.link_of.insert((direction, index), place);
            issuer = Some(place);
        }
        issuer.unwrap_or_default()
    }

    fn changes(&mut self, old: &Payloads, new: &Payloads) -> Vec<Change> {
        let vrps = std::mem::take(&mut self.vrps).into_iter();
        let aspas = std::mem::take(&mut self.aspas).into_iter();
        let vrps = vrps.map(|(vrp, sayings)| Change::Vrp {
            vrp,
            effect: match (old.vrps.contains(&vrp), new.vrps.contains(&vrp)) {
                (false, true) => Effect::Appeared,
                (true, false) => Effect::Vanished,
                _ => Effect::StillSaid,
            },
            sayings,
        });
        let aspas = aspas.map(|(customer, sayings)| Change::Aspa {
            customer,
            before: providers(old, customer),
            after: providers(new, customer),
            sayings,
        });
        vrps.chain(aspas).collect()
    }
}

fn providers(payloads: &Payloads, customer: Asn) -> Vec<Asn> {
    let aspas = &payloads.aspas;
    let place = aspas.binary_search_by_key(&customer, |aspa| aspa.customer);
    let found = place.ok().and_then(|place| aspas.get(place));
    found.map(|aspa| aspa.providers.clone()).unwrap_or_default()
}

/// An authority and its issuers, up to the trust anchor.
pub(super) fn chain(tree: &ValidatedTree, authority: u32) -> impl Iterator<Item = u32> + '_ {
    let mut next = Some(authority);
    std::iter::from_fn(move || {
        let here = next?;
        let authority = tree.authorities.get(here as usize)?;
        next = authority.parent.filter(|parent| *parent < here);
        Some(here)
    })
}

/// The same authority in the silent tree.
fn counterpart<'t>(speaking: &Side<'_>, silent: &Side<'t>, index: u32) -> Option<&'t Authority> {
    let other = speaking.counterpart.get(index as usize).copied().flatten();
    other.and_then(|other| silent.tree.authorities.get(other as usize))
}

/// Why an object's words are missing in the silent tree: the first place, from
/// the trust anchor down, at which the trees part.
fn cause(speaking: &Side<'_>, silent: &Side<'_>, index: u32, object: &str) -> Cause {
    let mut parted = None;
    // From the object's authority upwards, to the first that both trees have.
    for here in chain(speaking.tree, index) {
        if let Some(other) = counterpart(speaking, silent, here) {
            return match parted {
                None => below(other, object, false),
                Some(certificate) => below(other, file_name(certificate), true),
            };
        }
        parted =
            (speaking.tree.authorities.get(here as usize)).map(|authority| &*authority.certificate);
    }
    let authority = speaking.tree.authorities.get(index as usize);
    let name = authority.map_or("", |authority| anchor_of(speaking.tree, authority));
    let anchors = &silent.tree.anchors;
    let anchor = anchors.iter().find(|anchor| anchor.name == name);
    Cause {
        kind: match anchor {
            None => CauseKind::Locator,
            Some(_) => CauseKind::Anchor,
        },
        place: name.to_owned(),
        reason: anchor.and_then(|anchor| anchor.authority.clone().err()),
        manifest: None,
    }
}

/// Why an authority that both trees have does not give this object's words.
fn below(authority: &Authority, name: &str, is_certificate: bool) -> Cause {
    if let Err(reason) = manifest_of(authority) {
        return Cause {
            kind: CauseKind::Point,
            place: authority.manifest_uri.to_string(),
            reason: Some(reason.clone()),
            manifest: None,
        };
    }
    let place = format!("{}{name}", authority.folder);
    let found = object_of(authority, name);
    let reason = match found.map(|object| &object.outcome) {
        Some(ObjectOutcome::Rejected(reason)) => Some(reason.clone()),
        _ => None,
    };
    let kind = match (found, &reason, is_certificate) {
        (None, _, true) => CauseKind::CertificateListed,
        (None, _, false) => CauseKind::ObjectListed,
        (Some(_), _, true) => CauseKind::Certificate,
        (Some(_), Some(_), false) => CauseKind::Object,
        (Some(_), None, false) => CauseKind::Content,
    };
    Cause {
        kind,
        place,
        reason,
        manifest: manifest_name(authority),
    }
}
