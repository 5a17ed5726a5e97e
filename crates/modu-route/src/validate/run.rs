//! The walk from the trust anchors down, level by level.
//!
//! All authorities of a level are judged at the same time and stand in the
//! tree in the order of their parents and names, whatever thread was first.

use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use modu_kernel::{Digest, Progress};
use rayon::prelude::*;
use rpki::repository::cert::ResourceCert;
use rpki::repository::tal::TalInfo;
use rpki::repository::x509::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::anchor;
use super::certificate;
use super::issuer::{Issuer, Names};
use super::locator::Locator;
use super::memory::{Known, Memory};
use super::point::{Look, Point};
use super::reason::{Judged, reason};
use super::tree::{
    Anchor, Authority, Decision, Fallback, Manifest, Reason, ValidatedTree, Validity,
};
use crate::repository::{Packs, PointKey, PointPack, RepositoryIndex, Source};
use crate::{RouteError, instant, limits};

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidateRequest {
    /// The instant to validate for, in UTC: seconds since 1970, and
    /// `2026-11-22T12:00:00Z` in documents.
    #[serde(with = "instant::text")]
    #[schemars(with = "String")]
    pub time: i64,
    /// Whether an earlier run's decisions spare their repetition. The result
    /// is the same; only tests say no.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub memory: bool,
}

fn yes() -> bool {
    true
}

impl ValidateRequest {
    /// A run for an instant, in seconds since 1970 (UTC).
    #[must_use]
    pub fn at(time: i64) -> Self {
        Self { time, memory: true }
    }
}

/// Validates what was fetched. `prior` is the run before: its decisions are
/// taken over where nothing changed that they rest on, and its manifests are
/// the last good state (RFC 9286, section 6.6).
///
/// Cost: two RSA verifications for each signed object and one for each
/// certificate and list that memory does not spare.
///
/// # Errors
/// [`RouteError`] where the locators or the index cannot be used, reading
/// fails in the machine, or the listener cancels. What strangers publish is
/// never an error.
pub fn run(
    request: &ValidateRequest,
    locators: &[Locator],
    index: &RepositoryIndex,
    packs: &dyn Packs,
    prior: Option<&ValidatedTree>,
    progress: &dyn Progress,
) -> Result<ValidatedTree, RouteError> {
    let mut locators: Vec<&Locator> = locators.iter().collect();
    locators.sort_by_key(|locator| locator.name());
    check(&locators)?;
    let run = Run::new(request, &locators, index, packs, prior)?;
    let mut tree = ValidatedTree {
        time: request.time,
        ..ValidatedTree::default()
    };
    let mut level = Vec::new();
    for (place, locator) in (0..).zip(&locators) {
        let (authority, kept) = match anchor::judge(&run, place, locator) {
            Ok((issuer, kept)) => {
                level.push(issuer);
                (Ok(level.len() as u32 - 1), kept)
            }
            Err(reason) => (Err(reason), None),
        };
        tree.anchors.push(Anchor {
            name: locator.name().to_owned(),
            authority,
            kept,
        });
    }
    let mut counts = vec![0_u32; locators.len()];
    while !level.is_empty() {
        run.no_failure()?;
        if progress.cancelled() {
            return Err(RouteError::Cancelled);
        }
        level = run.walk(level, &mut tree, &mut counts);
        progress.report("validate", tree.authorities.len() as u64, 0);
    }
    run.no_failure()?;
    Ok(tree)
}

fn check(locators: &[&Locator]) -> Result<(), RouteError> {
    if locators.len() > limits::LOCATORS {
        return Err(RouteError::TooMany {
            what: "trust anchor locators",
            limit: limits::LOCATORS as u64,
        });
    }
    match locators.windows(2).find(|it| it[0].name() == it[1].name()) {
        Some(twice) => Err(RouteError::Malformed {
            place: format!("the locator `{}`", twice[0].name()),
            problem: "another has the same name: give each its own".into(),
        }),
        None => Ok(()),
    }
}

/// What all of a run looks at.
pub(super) struct Run<'a> {
    pub(super) time: i64,
    pub(super) at: Time,
    pub(super) locators: &'a [&'a Locator],
    pub(super) index: &'a RepositoryIndex,
    pub(super) memory: Memory<'a>,
    packs: &'a dyn Packs,
    /// What failed in the machine, to be told once a level is through.
    failure: Mutex<Option<io::Error>>,
}

/// An authority that has been judged, and those below it.
struct Walked {
    decision: Decision,
    stable: Validity,
    objects: Arc<[super::tree::Object]>,
    children: Vec<Issuer>,
}

impl<'a> Run<'a> {
    fn new(
        request: &ValidateRequest,
        locators: &'a [&'a Locator],
        index: &'a RepositoryIndex,
        packs: &'a dyn Packs,
        prior: Option<&'a ValidatedTree>,
    ) -> Result<Self, RouteError> {
        let at = (instant::written(request.time).parse::<Time>()).ok();
        let at = at.filter(|at| at.timestamp() == request.time);
        let at = at.ok_or_else(|| RouteError::Malformed {
            place: "the time".into(),
            problem: "it must lie between the years 1 and 9999".into(),
        })?;
        Ok(Self {
            time: request.time,
            at,
            locators,
            index,
            memory: Memory::new(prior, request.memory),
            packs,
            failure: Mutex::new(None),
        })
    }

    fn no_failure(&self) -> Result<(), RouteError> {
        let mut failure = (self.failure.lock()).unwrap_or_else(|poisoned| poisoned.into_inner());
        match failure.take() {
            Some(error) => Err(RouteError::Read(error)),
            None => Ok(()),
        }
    }

    /// The bytes of an artifact. One that is not there or is spoilt is a
    /// reason; a failing machine ends the run after this level.
    pub(super) fn bytes(&self, digest: &Digest) -> Judged<Bytes> {
        self.packs.pack(digest).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => reason("pack.missing", digest),
            io::ErrorKind::InvalidData => reason("pack.corrupt", format!("{digest}: {error}")),
            _ => {
                let why = reason("pack.unread", &error);
                let mut failure =
                    (self.failure.lock()).unwrap_or_else(|poisoned| poisoned.into_inner());
                failure.get_or_insert(error);
                why
            }
        })
    }

    fn pack(&self, digest: &Digest) -> Judged<PointPack> {
        PointPack::parse(&self.bytes(digest)?).map_err(|error| reason("pack.corrupt", error))
    }

    /// Judges a level and appends it to the tree; what comes out is the next.
    fn walk(
        &self,
        level: Vec<Issuer>,
        tree: &mut ValidatedTree,
        counts: &mut [u32],
    ) -> Vec<Issuer> {
        let first = tree.authorities.len() as u32;
        let place = |(place, mut issuer): (u32, Issuer)| {
            issuer.place = place;
            Arc::new(issuer)
        };
        let level: Vec<Arc<Issuer>> = (first..).zip(level).map(place).collect();
        let walked: Vec<Option<Walked>> = (level.iter())
            .map(|issuer| self.refused(issuer, counts).or_else(|| self.spared(issuer)))
            .collect();
        // Threads are woken only for what memory does not spare.
        let judge = |(issuer, walked): (&Arc<Issuer>, Option<Walked>)| {
            walked.unwrap_or_else(|| self.judge(issuer))
        };
        let walked: Vec<Walked> = match walked.iter().any(Option::is_none) {
            true => (level.par_iter().zip(walked)).map(judge).collect(),
            false => walked.into_iter().flatten().collect(),
        };
        let mut next = Vec::new();
        for (issuer, walked) in level.iter().zip(walked) {
            next.extend(walked.children);
            tree.authorities.push(Authority {
                parent: issuer.parent.as_ref().map(|parent| parent.place),
                anchor: issuer.anchor,
                certificate: issuer.names.certificate.clone(),
                certificate_digest: issuer.names.certificate_digest,
                validity: issuer.names.validity,
                subject_key: issuer.names.subject_key,
                notify: issuer.names.notify.clone(),
                folder: issuer.names.folder.clone(),
                manifest_uri: issuer.names.manifest_uri.clone(),
                key: issuer.names.key,
                stable: walked.stable,
                decision: walked.decision,
                objects: walked.objects,
            });
        }
        next
    }

    /// Counts an authority; one too many under its anchor is refused.
    fn refused(&self, issuer: &Issuer, counts: &mut [u32]) -> Option<Walked> {
        let count = counts.get_mut(usize::from(issuer.anchor))?;
        *count = count.saturating_add(1);
        let detail = || {
            format!(
                "there are {} authorities under its trust anchor",
                limits::AUTHORITIES
            )
        };
        (*count > limits::AUTHORITIES).then(|| self.nothing(reason("limit.authorities", detail())))
    }

    fn nothing(&self, reason: Reason) -> Walked {
        Walked {
            decision: Decision::Refused(reason),
            stable: Validity {
                not_before: self.time,
                not_after: self.time,
            },
            objects: Arc::default(),
            children: Vec::new(),
        }
    }

    /// An unchanged authority, as memory has it.
    fn spared(&self, issuer: &Arc<Issuer>) -> Option<Walked> {
        let (source, digest) = self.candidates(&issuer.names).next()?;
        let known = self
            .memory
            .point(issuer, &source, &digest, self.time)
            .filter(|known| matches!(known.authority.decision, Decision::Current(_)))?;
        let decision = known.authority.decision.clone();
        Some(self.taken_over(issuer, known, decision, digest))
    }

    fn taken_over(
        &self,
        issuer: &Arc<Issuer>,
        known: Known<'a>,
        decision: Decision,
        pack: Digest,
    ) -> Walked {
        let _ = issuer.pack_digest.set(pack);
        Walked {
            decision,
            stable: known.authority.stable,
            objects: known.authority.objects.clone(),
            children: self.memory.children(issuer, known),
        }
    }

    /// The packs that may stand for an authority's point. RRDP comes before
    /// rsync (RFC 8182, section 3.4.5), unless its server failed last and the
    /// rsync server did not.
    fn candidates(&self, names: &Names) -> impl Iterator<Item = (Source, Digest)> {
        let rrdp = names
            .notify
            .as_deref()
            .map(|it| Source::Rrdp(it.to_owned()));
        let rsync = Source::module_of(&names.folder);
        let failed = |source: &Option<Source>| {
            source
                .as_ref()
                .is_some_and(|it| self.index.failed.contains(it))
        };
        let order = match failed(&rrdp) && !failed(&rsync) {
            true => [rsync, rrdp],
            false => [rrdp, rsync],
        };
        let folder = names.folder.to_string();
        order.into_iter().flatten().filter_map(move |source| {
            let key = PointKey {
                source,
                folder: folder.clone(),
            };
            let pack = self.index.points.get(&key)?;
            Some((key.source, pack.digest))
        })
    }

    /// Judges an authority's point: what was fetched, else the last good state.
    fn judge(&self, issuer: &Arc<Issuer>) -> Walked {
        let last = self.memory.last_good(issuer);
        let mut why = None;
        let mut tried = Vec::new();
        for (source, pack) in self.candidates(&issuer.names) {
            match self.point(issuer, &source, &pack, last) {
                Ok(found) => return self.walked(issuer, found, pack, None),
                Err(reason) => {
                    why.get_or_insert(reason);
                    tried.push((source, pack));
                }
            }
        }
        let why = why.unwrap_or_else(|| reason("point.missing", "it has not been fetched"));
        let Some(last) = last else {
            return self.nothing(why);
        };
        if tried.contains(&(last.source.clone(), last.pack)) {
            return self.nothing(why);
        }
        match self.point(issuer, &last.source, &last.pack, None) {
            Ok(found) => self.walked(issuer, found, last.pack, Some(why)),
            Err(_) => self.nothing(why),
        }
    }

    /// One pack as an authority's point.
    fn point(
        &self,
        issuer: &Arc<Issuer>,
        source: &Source,
        digest: &Digest,
        floor: Option<&Manifest>,
    ) -> Judged<Found<'a>> {
        if let Some(known) = self.memory.point(issuer, source, digest, self.time) {
            return Ok(Found::Known(known));
        }
        let certificate = self.certificate(issuer)?;
        let pack = self.pack(digest)?;
        let look = Look {
            issuer,
            certificate,
            source,
            digest: *digest,
            pack: &pack,
            floor,
            time: self.time,
            at: self.at,
        };
        look.judge().map(Found::New)
    }

    fn walked(
        &self,
        issuer: &Arc<Issuer>,
        found: Found<'a>,
        pack: Digest,
        why: Option<Reason>,
    ) -> Walked {
        let decision = |manifest: Manifest| match why {
            None => Decision::Current(manifest),
            Some(reason) => Decision::Kept(Fallback { manifest, reason }),
        };
        match found {
            Found::New(Point {
                manifest,
                stable,
                objects,
                children,
            }) => Walked {
                decision: decision(manifest),
                stable,
                objects: objects.into(),
                children: (children.into_iter())
                    .map(|(names, certificate)| {
                        let parent = Some(issuer.clone());
                        Issuer::verified(parent, issuer.anchor, names, certificate)
                    })
                    .collect(),
            },
            Found::Known(known) => match known.authority.decision.manifest() {
                Some(manifest) => self.taken_over(issuer, known, decision(manifest.clone()), pack),
                None => self.nothing(reason("point.missing", "it is not remembered")),
            },
        }
    }

    /// An authority's certificate. Where its issuer was taken over, it is
    /// taken from the issuer's pack and verified now.
    fn certificate<'i>(&self, issuer: &'i Issuer) -> Judged<&'i ResourceCert> {
        issuer.certificate(|| match &issuer.parent {
            None => self.anchor_certificate(issuer),
            Some(parent) => {
                let above = self.certificate(parent)?;
                let pack = parent.pack.get_or_init(|| match parent.pack_digest.get() {
                    Some(digest) => self.pack(digest),
                    None => Err(reason("pack.missing", "its issuer's")),
                });
                let pack = pack.as_ref().map_err(Clone::clone)?;
                let name = (issuer.names.certificate).strip_prefix(&*parent.names.folder);
                let bytes = name
                    .and_then(|name| pack.get(name))
                    .ok_or_else(|| reason("object.missing", &issuer.names.certificate))?;
                certificate::decode(bytes)?
                    .validate_ca_at(above, true, self.at)
                    .map_err(|error| reason("certificate.signature", error))
            }
        })
    }

    fn anchor_certificate(&self, issuer: &Issuer) -> Judged<ResourceCert> {
        let locator = self.locators.get(usize::from(issuer.anchor));
        let locator = locator.ok_or_else(|| reason("anchor.missing", "its locator"))?;
        let bytes = self.bytes(&issuer.names.certificate_digest)?;
        anchor::verified(locator, &bytes, self.at)
    }
}

/// A point that can be used.
enum Found<'a> {
    New(Point),
    Known(Known<'a>),
}

/// What the `rpki` crate wants to know of a locator.
pub(super) fn info(locator: &Locator) -> Arc<TalInfo> {
    TalInfo::from_name(locator.name().to_owned()).into_arc()
}

impl Decision {
    /// The manifest that stands, if any.
    #[must_use]
    pub fn manifest(&self) -> Option<&Manifest> {
        match self {
            Self::Current(manifest) => Some(manifest),
            Self::Kept(fallback) => Some(&fallback.manifest),
            Self::Refused(_) => None,
        }
    }
}
