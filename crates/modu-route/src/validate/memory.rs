//! What an earlier run decided, to be taken over or fallen back upon.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use modu_kernel::Digest;

use super::issuer::{Issuer, Names};
use super::tree::{Authority, Manifest, ValidatedTree};
use crate::repository::Source;

/// An earlier run's tree with the ways into it. Each is made when it is first
/// used: where nothing changed only the children are.
pub(super) struct Memory<'a> {
    tree: Option<&'a ValidatedTree>,
    /// Whether decisions are taken over; the last good state is always there.
    used: bool,
    by_key: OnceLock<HashMap<Digest, u32>>,
    by_manifest: OnceLock<HashMap<(&'a str, [u8; 20]), u32>>,
    /// For each authority, where its children begin in the list behind.
    children: OnceLock<(Vec<u32>, Vec<u32>)>,
}

impl<'a> Memory<'a> {
    pub(super) fn new(tree: Option<&'a ValidatedTree>, used: bool) -> Self {
        Self {
            tree,
            used,
            by_key: OnceLock::new(),
            by_manifest: OnceLock::new(),
            children: OnceLock::new(),
        }
    }

    fn authorities(&self) -> &'a [Authority] {
        self.tree.map_or(&[], |tree| &tree.authorities)
    }

    fn of_key(&self, key: &Digest) -> Option<Known<'a>> {
        let by_key = self.by_key.get_or_init(|| {
            let places = (0..).zip(self.authorities());
            places.map(|(place, it)| (it.key, place)).first_of_each()
        });
        let place = *by_key.get(key)?;
        let authority = self.authorities().get(place as usize)?;
        Some(Known { place, authority })
    }

    /// The authority that rests on the same, if decisions are taken over.
    pub(super) fn authority(&self, key: &Digest) -> Option<Known<'a>> {
        self.of_key(key).filter(|_| self.used)
    }

    /// The trust anchor's authority that was believed before.
    pub(super) fn anchor(&self, name: &str) -> Option<&'a Authority> {
        let tree = self.tree?;
        let place = (tree
            .anchors
            .binary_search_by(|it| it.name.as_str().cmp(name)))
        .ok()?;
        let authority = tree.anchors.get(place)?.authority.as_ref().ok()?;
        tree.authorities.get(*authority as usize)
    }

    /// An authority of the same key, whose decisions stand on the same pack of
    /// the same source and are the same at this instant.
    pub(super) fn point(
        &self,
        issuer: &Issuer,
        source: &Source,
        pack: &Digest,
        time: i64,
    ) -> Option<Known<'a>> {
        let known = self.authority(&issuer.names.key)?;
        let manifest = known.authority.decision.manifest()?;
        let same = manifest.pack == *pack && manifest.source == *source;
        (same && known.authority.stable.holds(time)).then_some(known)
    }

    /// The manifest that an authority's last good state has. A certificate
    /// that was issued anew is still the same authority: what counts are its
    /// key and where it publishes its manifest.
    pub(super) fn last_good(&self, issuer: &Issuer) -> Option<&'a Manifest> {
        if let Some(known) = self.of_key(&issuer.names.key) {
            return known.authority.decision.manifest();
        }
        let by_manifest = self.by_manifest.get_or_init(|| {
            let places = (0..).zip(self.authorities());
            let standing = places.filter(|(_, it)| it.decision.manifest().is_some());
            standing
                .map(|(place, it)| ((&*it.manifest_uri, it.subject_key), place))
                .first_of_each()
        });
        let names = &issuer.names;
        let place = by_manifest.get(&(&*names.manifest_uri, names.subject_key))?;
        let known = self.authorities().get(*place as usize)?;
        known.decision.manifest()
    }

    /// The authorities below one that is taken over, in order.
    pub(super) fn children(&self, issuer: &Arc<Issuer>, known: Known<'a>) -> Vec<Issuer> {
        let authorities = self.authorities();
        let (starts, list) = (self.children).get_or_init(|| sorted_by_parent(authorities));
        let range =
            starts[known.place as usize] as usize..starts[known.place as usize + 1] as usize;
        let child = |place: &u32| {
            let names = Names::remembered(&authorities[*place as usize]);
            Issuer::remembered(Some(issuer.clone()), issuer.anchor, names)
        };
        list[range].iter().map(child).collect()
    }
}

/// An authority of the earlier run.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    place: u32,
    pub(super) authority: &'a Authority,
}

/// The places of all authorities that have a parent, by their parent; and for
/// each parent where its children begin.
fn sorted_by_parent(authorities: &[Authority]) -> (Vec<u32>, Vec<u32>) {
    let below = |(place, it): (usize, &Authority)| {
        let parent = it.parent? as usize;
        (parent < place).then_some((parent, place))
    };
    let mut starts = vec![0_u32; authorities.len() + 1];
    for (parent, _) in authorities.iter().enumerate().filter_map(below) {
        starts[parent + 1] += 1;
    }
    for place in 1..starts.len() {
        starts[place] += starts[place - 1];
    }
    let mut next = starts.clone();
    let mut list = vec![0; starts.last().map_or(0, |last| *last as usize)];
    for (parent, place) in authorities.iter().enumerate().filter_map(below) {
        list[next[parent] as usize] = place as u32;
        next[parent] += 1;
    }
    (starts, list)
}

/// Maps in which the first of two equal keys stays.
trait First<K, V> {
    fn first_of_each(self) -> HashMap<K, V>;
}

impl<K: std::hash::Hash + Eq, V, I: Iterator<Item = (K, V)>> First<K, V> for I {
    fn first_of_each(self) -> HashMap<K, V> {
        let mut map = HashMap::new();
        for (key, value) in self {
            map.entry(key).or_insert(value);
        }
        map
    }
}
