//! A world: its authorities, and what each of them publishes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use modu_kernel::{NoProgress, Progress};
use modu_route::{Aspa, Vrp};
use rayon::prelude::*;
use rpki::repository::resources::ResourceSet;

use crate::authority::Blocks;
use crate::keys::ONE_OFF;
use crate::shape::draw;
use crate::sign::{self, ManifestList};
use crate::{Authority, Keys, Provider, RouteOrigin, Shape, WorldError};

/// Seconds of a year.
const YEAR: i64 = 365 * 86_400;

/// Authorities and their publication points.
///
/// The anchors stand in `authorities` too; a parent stands before its
/// children. Change an authority, then [`Self::publish`] it.
#[derive(Debug, Clone)]
pub struct World {
    /// What was asked for.
    pub shape: Shape,
    /// Now, in seconds since 1970 (UTC): what is signed is signed at it.
    pub time: i64,
    /// All authorities.
    pub authorities: Vec<Authority>,
    pub(crate) keys: Arc<Keys>,
    /// What is in each publication point, by authority and file name.
    pub points: Vec<BTreeMap<String, Bytes>>,
    /// Anchors' certificates by authority.
    pub anchors: BTreeMap<usize, Bytes>,
    /// Objects that are signed already, so that only what changed is signed.
    signed: Vec<BTreeMap<String, Bytes>>,
}

impl World {
    /// Makes a world and signs all of it.
    ///
    /// # Errors
    /// [`WorldError`] where there is no world of this shape.
    pub fn new(shape: &Shape, keys: Arc<Keys>) -> Result<Self, WorldError> {
        Self::with_progress(shape, keys, &NoProgress)
    }

    /// The same, telling how many authorities are signed.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_progress(
        shape: &Shape,
        keys: Arc<Keys>,
        progress: &dyn Progress,
    ) -> Result<Self, WorldError> {
        if shape.hosts.is_empty() || shape.anchors == 0 || shape.fan_out == 0 {
            let problem = "it needs a host, a trust anchor, and a fan-out of at least 1";
            return Err(WorldError::Shape(problem.into()));
        }
        let authorities = plant(shape)?;
        let mut world = Self {
            shape: shape.clone(),
            time: shape.time,
            points: vec![BTreeMap::new(); authorities.len()],
            signed: vec![BTreeMap::new(); authorities.len()],
            anchors: BTreeMap::new(),
            authorities,
            keys,
        };
        for number in world.anchor_numbers() {
            let certificate = world.sign_certificate(number)?;
            world.anchors.insert(number, certificate);
        }
        let all: Vec<_> = (0..world.authorities.len()).collect();
        world.publish_all(&all, progress)?;
        Ok(world)
    }

    /// The keys it is signed with.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The numbers of the anchors.
    #[must_use]
    pub fn anchor_numbers(&self) -> Vec<usize> {
        let numbers = 0..self.authorities.len();
        let anchors = numbers.filter(|it| self.authorities[*it].parent.is_none());
        anchors.collect()
    }

    /// The numbers of the authorities that are no anchors.
    #[must_use]
    pub fn below_anchors(&self) -> Vec<usize> {
        let numbers = 0..self.authorities.len();
        let below = numbers.filter(|it| self.authorities[*it].parent.is_some());
        below.collect()
    }

    /// An authority and all below it.
    #[must_use]
    pub fn subtree(&self, number: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut left = vec![number];
        while let Some(next) = left.pop() {
            if found.insert(next) {
                left.extend(&self.authorities[next].children);
            }
        }
        found
    }

    /// The folder of its publication point, an rsync URI that ends in `/`.
    #[must_use]
    pub fn folder(&self, number: usize) -> String {
        let authority = &self.authorities[number];
        format!(
            "{}{}/",
            self.shape.hosts[authority.host].rsync, authority.name
        )
    }

    /// The URI of its manifest.
    #[must_use]
    pub fn manifest_uri(&self, number: usize) -> String {
        format!(
            "{}{}.mft",
            self.folder(number),
            self.authorities[number].name
        )
    }

    /// The URI of its revocation list.
    #[must_use]
    pub fn revocations_uri(&self, number: usize) -> String {
        format!(
            "{}{}.crl",
            self.folder(number),
            self.authorities[number].name
        )
    }

    /// The URI of its certificate: in its issuer's folder, or an anchor's own.
    #[must_use]
    pub fn certificate_uri(&self, number: usize) -> String {
        let authority = &self.authorities[number];
        let folder = match authority.parent {
            Some(parent) => self.folder(parent),
            None => self.shape.hosts[authority.host].rsync.clone(),
        };
        format!("{folder}{}.cer", authority.name)
    }

    /// Where its host's RRDP files lie, an `https` URI that ends in `/`.
    #[must_use]
    pub fn https_base(&self, number: usize) -> Option<String> {
        let notify = self.shape.hosts[self.authorities[number].host]
            .notify
            .as_ref()?;
        notify.rsplit_once('/').map(|(base, _)| format!("{base}/"))
    }

    /// Signs what changed in an authority: its new objects, a new revocation
    /// list and a new manifest of the next number, at the world's time.
    ///
    /// # Errors
    /// [`WorldError`] where something cannot be signed.
    pub fn publish(&mut self, number: usize) -> Result<(), WorldError> {
        self.publish_all(&[number], &NoProgress)
    }

    /// The same for several, on all cores.
    ///
    /// # Errors
    /// As [`Self::publish`].
    pub fn publish_all(
        &mut self,
        numbers: &[usize],
        progress: &dyn Progress,
    ) -> Result<(), WorldError> {
        let mut serials = Vec::with_capacity(numbers.len());
        for number in numbers {
            let authority = &mut self.authorities[*number];
            authority.manifest_number += 1;
            serials.push((*number, authority.serial()));
        }
        let done = std::sync::atomic::AtomicU64::new(0);
        let world = &*self;
        let made: Result<Vec<_>, WorldError> = serials
            .into_par_iter()
            .map(|(number, serial)| {
                let point = world.point(number, serial)?;
                let done = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
                progress.report("authorities", done, numbers.len() as u64);
                Ok((number, point))
            })
            .collect();
        for (number, (signed, point)) in made? {
            self.signed[number] = signed;
            self.points[number] = point;
        }
        Ok(())
    }

    /// What an authority publishes now: what it signed, and all of its point.
    #[expect(clippy::type_complexity, reason = "two folders")]
    fn point(
        &self,
        number: usize,
        serial: u64,
    ) -> Result<(BTreeMap<String, Bytes>, BTreeMap<String, Bytes>), WorldError> {
        let authority = &self.authorities[number];
        let old = &self.signed[number];
        let mut signed = BTreeMap::new();
        let mut keep = |name: String, sign: &dyn Fn() -> Result<Bytes, WorldError>| {
            let object = old.get(&name).cloned().map_or_else(sign, Ok)?;
            signed.insert(name, object);
            Ok::<(), WorldError>(())
        };
        for child in &authority.children {
            let name = format!("{}.cer", self.authorities[*child].name);
            keep(name, &|| self.sign_certificate(*child))?;
        }
        for roa in &authority.roas {
            keep(roa.name(), &|| self.sign_roa(number, roa))?;
        }
        for aspa in &authority.aspas {
            keep(aspa.name(), &|| self.sign_aspa(number, aspa))?;
        }
        let due = self.time + self.shape.due_after;
        let mut point = signed.clone();
        point.insert(
            format!("{}.crl", authority.name),
            self.sign_revocations(number, &authority.revoked, self.time, due)?,
        );
        point.extend(authority.laid_in.clone());
        let list = sign::list_of(authority, point.iter(), (self.time, due));
        let manifest = self.sign_manifest(number, serial, &list)?;
        point.insert(format!("{}.mft", authority.name), manifest);
        Ok((signed, point))
    }

    /// The list that an honest manifest over the point as it lies now has.
    #[must_use]
    pub fn manifest_list(&self, number: usize) -> ManifestList {
        let authority = &self.authorities[number];
        let manifest = format!("{}.mft", authority.name);
        let objects = self.points[number]
            .iter()
            .filter(|(name, _)| **name != manifest);
        sign::list_of(
            authority,
            objects,
            (self.time, self.time + self.shape.due_after),
        )
    }

    /// Puts a manifest that says this into the point, and nothing else.
    ///
    /// # Errors
    /// [`WorldError`] where it cannot be signed.
    pub fn put_manifest(&mut self, number: usize, list: &ManifestList) -> Result<(), WorldError> {
        let serial = self.authorities[number].serial();
        let manifest = self.sign_manifest(number, serial, list)?;
        let name = format!("{}.mft", self.authorities[number].name);
        self.points[number].insert(name, manifest);
        Ok(())
    }

    /// Gives an authority a new certificate, as its fields say now, and
    /// publishes it with its issuer (an anchor: beside its points).
    ///
    /// # Errors
    /// [`WorldError`] where something cannot be signed.
    pub fn reissue(&mut self, number: usize) -> Result<(), WorldError> {
        let Some(parent) = self.authorities[number].parent else {
            self.authorities[number].certificate_serial += 1;
            let certificate = self.sign_certificate(number)?;
            self.anchors.insert(number, certificate);
            return Ok(());
        };
        let serial = self.authorities[parent].serial();
        let authority = &mut self.authorities[number];
        let old = std::mem::replace(&mut authority.certificate_serial, serial);
        let name = format!("{}.cer", authority.name);
        self.authorities[parent].revoked.push(old);
        self.signed[parent].remove(&name);
        self.publish(parent)
    }

    /// Takes resources away from an authority, not from those below it.
    ///
    /// # Errors
    /// As [`Self::reissue`].
    pub fn shrink(&mut self, number: usize, resources: ResourceSet) -> Result<(), WorldError> {
        self.authorities[number].resources = resources;
        self.reissue(number)
    }

    /// In that many of a hundred authorities below the anchors, drawn from the
    /// seed and `round`, one ROA is replaced by one of another network; where
    /// there is none only the manifest is new. Says which authorities.
    ///
    /// # Errors
    /// As [`Self::publish`].
    pub fn churn(&mut self, percent: f64, round: u64) -> Result<Vec<usize>, WorldError> {
        let mut numbers = self.below_anchors();
        let wanted = (numbers.len() as f64 * percent / 100.0).ceil() as usize;
        numbers.sort_by_key(|number| draw(self.shape.seed ^ round, [*number as u64, round]));
        numbers.truncate(wanted);
        for number in &numbers {
            let authority = &mut self.authorities[*number];
            if authority.roas.is_empty() {
                continue;
            }
            let RouteOrigin {
                origin, prefixes, ..
            } = authority.revoke_roa(0);
            let other = modu_route::Asn::from_u32(origin.into_u32() ^ 1);
            authority.add_roa(other, prefixes);
        }
        self.publish_all(&numbers, &NoProgress)?;
        Ok(numbers)
    }

    /// Moves time on and re-signs every manifest and revocation list.
    ///
    /// # Errors
    /// As [`Self::publish`].
    pub fn resign_at(&mut self, time: i64, progress: &dyn Progress) -> Result<(), WorldError> {
        self.time = time;
        let all: Vec<_> = (0..self.authorities.len()).collect();
        self.publish_all(&all, progress)
    }

    /// The VRPs of these authorities' ROAs, if all of them are believed.
    #[must_use]
    pub fn vrps_of(&self, numbers: impl IntoIterator<Item = usize>) -> BTreeSet<Vrp> {
        let authorities = numbers.into_iter().map(|number| &self.authorities[number]);
        let roas = authorities.flat_map(|authority| &authority.roas);
        roas.flat_map(RouteOrigin::vrps).collect()
    }

    /// The VRPs of the whole world.
    #[must_use]
    pub fn vrps(&self) -> BTreeSet<Vrp> {
        self.vrps_of(0..self.authorities.len())
    }

    /// The VRPs of all but an authority and those below it.
    #[must_use]
    pub fn vrps_without(&self, number: usize) -> BTreeSet<Vrp> {
        let lost = self.subtree(number);
        self.vrps_of((0..self.authorities.len()).filter(|it| !lost.contains(it)))
    }

    /// The ASPAs of the whole world, ascending by customer.
    #[must_use]
    pub fn aspas(&self) -> Vec<Aspa> {
        let aspas = self
            .authorities
            .iter()
            .flat_map(|authority| &authority.aspas);
        let mut aspas: Vec<_> = aspas.map(|it| it.aspa.clone()).collect();
        aspas.sort();
        aspas
    }
}

/// An authority's subtree that is still to be planted.
struct Seedling {
    parent: Option<usize>,
    /// The anchor's number, where it is one.
    anchor: Option<usize>,
    depth: usize,
    /// Its first block; an anchor's is that of its first child.
    block: usize,
    /// Authorities in its subtree that have blocks.
    count: usize,
}

/// Every authority of a shape, nothing signed; parents first.
fn plant(shape: &Shape) -> Result<Vec<Authority>, WorldError> {
    let blocks = Blocks::of(shape)?;
    let mut authorities = Vec::with_capacity(shape.anchors + shape.authorities);
    let mut depths = Vec::with_capacity(authorities.capacity());
    let mut left = Vec::new();
    let mut block = 0;
    for (anchor, count) in share(shape.authorities, shape.anchors)
        .into_iter()
        .enumerate()
    {
        left.push(Seedling {
            parent: None,
            anchor: Some(anchor),
            depth: 0,
            block,
            count,
        });
        block += count;
    }
    left.reverse();
    while let Some(seedling) = left.pop() {
        let number = authorities.len();
        let authority = grow(shape, blocks, &seedling, number);
        if let Some(parent) = seedling.parent {
            let parent: &mut Authority = &mut authorities[parent];
            parent.children.push(number);
        }
        let own = usize::from(seedling.anchor.is_none());
        let mut block = seedling.block + own;
        let below = seedling.count - own;
        let mut children = Vec::new();
        for count in share(below, shape.fan_out.min(below)) {
            children.push(Seedling {
                parent: Some(number),
                anchor: None,
                depth: seedling.depth + 1,
                block,
                count,
            });
            block += count;
        }
        left.extend(children.into_iter().rev());
        depths.push(seedling.depth);
        authorities.push(authority);
    }
    number_certificates(&mut authorities);
    give_keys(shape, &mut authorities, &depths);
    Ok(authorities)
}

fn grow(shape: &Shape, blocks: Blocks, seedling: &Seedling, number: usize) -> Authority {
    let mut authority = Authority {
        name: match seedling.anchor {
            Some(anchor) => format!("anchor{anchor}"),
            None => format!("ca{:05}", seedling.block),
        },
        parent: seedling.parent,
        children: Vec::new(),
        key: 0,
        host: seedling.anchor.unwrap_or(number) % shape.hosts.len(),
        resources: match seedling.anchor {
            Some(_) => ResourceSet::all(),
            None => blocks.resources(seedling.block, seedling.block + seedling.count),
        },
        certificate_serial: 1,
        not_after: shape.time + YEAR * if seedling.anchor.is_some() { 10 } else { 1 },
        roas: Vec::new(),
        aspas: Vec::new(),
        revoked: Vec::new(),
        laid_in: BTreeMap::new(),
        manifest_number: 0,
        next_serial: 1,
    };
    if seedling.anchor.is_none() {
        for (origin, prefixes) in blocks.roas(shape, seedling.block) {
            authority.add_roa(origin, prefixes);
        }
        for aspa in blocks.aspas(shape, seedling.block) {
            let serial = authority.serial();
            authority.aspas.push(Provider { serial, aspa });
        }
    }
    authority
}

/// Splits `count` into `parts` that differ by at most one.
fn share(count: usize, parts: usize) -> Vec<usize> {
    let part = |it| count / parts + usize::from(it < count % parts);
    (0..parts).map(part).collect()
}

fn number_certificates(authorities: &mut [Authority]) {
    for number in 0..authorities.len() {
        if let Some(parent) = authorities[number].parent {
            authorities[number].certificate_serial = authorities[parent].serial();
        }
    }
}

/// Own keys; or shared ones, those of one depth apart from those of another,
/// so that no key returns in its own chain.
fn give_keys(shape: &Shape, authorities: &mut [Authority], depths: &[usize]) {
    let levels = depths.iter().max().map_or(1, |deepest| deepest + 1);
    let each = (shape.shared_keys / levels).max(1);
    for (number, authority) in authorities.iter_mut().enumerate() {
        let key = match shape.shared_keys {
            0 => number,
            _ => depths[number] + levels * (number % each),
        };
        authority.key = ONE_OFF + key;
    }
}
