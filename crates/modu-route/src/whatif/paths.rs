//! What a change of provider authorisations does to the paths of a table.
//!
//! A collector does not say whose customer it is, so every path is asked what
//! a provider's customer would ask ([`Direction::Downstream`]): what fails that
//! fails everywhere. Each different path is verified once, and again only
//! where it holds a network whose ASPA changes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use rpki::resources::Asn;

use super::report::{AspaChanges, BrokenPath, PathImpact, PathOriginImpact, PathTally};
use crate::announcement::{RouteTable, SeenPaths};
use crate::aspa::{AspaProposal, AspaTable, Direction, PathValidity};
use crate::limits;

const ASKED: Direction = Direction::Downstream;

/// A path whose validity changes.
struct Moved {
    path: u32,
    from: PathValidity,
    to: PathValidity,
}

/// Two tables of ASPAs over the same paths.
pub(super) struct PathComparison<'a> {
    routes: &'a RouteTable,
    seen: &'a SeenPaths,
    proposal: &'a AspaProposal,
    aspas: &'a AspaTable,
    after: AspaTable,
    /// By path: how many announcements are seen by it.
    weights: Vec<u64>,
    tallies: [PathTally; 2],
    moved: Vec<Moved>,
    /// Announcements with a path that turns invalid, ascending, and whether
    /// none of its paths stays as good as it was.
    hit: Vec<(usize, bool)>,
}

impl<'a> PathComparison<'a> {
    pub(super) fn of(
        aspas: &'a AspaTable,
        proposal: &'a AspaProposal,
        routes: &'a RouteTable,
        seen: &'a SeenPaths,
    ) -> Self {
        let mut comparison = Self {
            routes,
            seen,
            proposal,
            aspas,
            after: aspas.changed(proposal),
            weights: weights(routes, seen),
            tallies: [PathTally::default(); 2],
            moved: Vec::new(),
            hit: Vec::new(),
        };
        let validities = comparison.verify();
        comparison.hit = comparison.find_hit(&validities);
        comparison
    }

    /// What becomes of each path, by number.
    fn verify(&mut self) -> Vec<PathValidity> {
        let table = self.seen.table();
        let touched: BTreeSet<Asn> = (self.proposal.published.keys())
            .chain(&self.proposal.removed)
            .copied()
            .collect();
        let mut validities = Vec::with_capacity(table.len());
        for number in 0..table.len() as u32 {
            let path = table.get(number);
            let from = self.aspas.verify(path, ASKED);
            let to = match path.networks.iter().any(|it| touched.contains(it)) {
                true => self.after.verify(path, ASKED),
                false => from,
            };
            let weight = self.weights.get(number as usize).copied().unwrap_or(0);
            self.tallies[0].add(from, weight);
            self.tallies[1].add(to, weight);
            if from != to {
                let path = number;
                self.moved.push(Moved { path, from, to });
            }
            validities.push(to);
        }
        validities
    }

    fn find_hit(&self, after: &[PathValidity]) -> Vec<(usize, bool)> {
        let turned: BTreeSet<u32> = self.turned().map(|it| it.path).collect();
        if turned.is_empty() {
            return Vec::new();
        }
        let invalid = |path: &u32| after.get(*path as usize) == Some(&PathValidity::Invalid);
        let hit = |announcement: usize| {
            let paths = self.seen.of(announcement);
            (paths.iter().any(|it| turned.contains(it)))
                .then(|| (announcement, paths.iter().all(invalid)))
        };
        (0..self.routes.as_slice().len()).filter_map(hit).collect()
    }

    /// The paths that turn invalid.
    fn turned(&self) -> impl Iterator<Item = &Moved> {
        (self.moved.iter()).filter(|it| it.to == PathValidity::Invalid)
    }

    /// The places of the announcements that are hit, ascending.
    pub(super) fn hit(&self) -> impl Iterator<Item = usize> {
        self.hit.iter().map(|(announcement, _)| *announcement)
    }

    fn weight(&self, path: u32) -> u64 {
        self.weights.get(path as usize).copied().unwrap_or(0)
    }

    pub(super) fn report(&self) -> PathImpact {
        PathImpact {
            aspas_before: self.aspas.as_slice().len() as u64,
            aspas_after: self.after.as_slice().len() as u64,
            changes: AspaChanges {
                published: self.proposal.published.len() as u64,
                removed: self.proposal.removed.len() as u64,
                removed_not_there: (self.proposal.removed.iter())
                    .filter(|customer| self.aspas.of(**customer).is_none())
                    .count() as u64,
            },
            paths: self.seen.table().len() as u64,
            routes: self.weights.iter().sum(),
            before: self.tallies[0],
            after: self.tallies[1],
            paths_turn_invalid: self.turned().count() as u64,
            routes_turn_invalid: self.turned().map(|it| self.weight(it.path)).sum(),
            announcements_hit: self.hit.len() as u64,
            announcements_cut: self.hit.iter().filter(|(_, cut)| *cut).count() as u64,
            origins: self.origins(),
            listed: self.listed(),
        }
    }

    /// Whose traffic it is, the most addresses first.
    fn origins(&self) -> Vec<PathOriginImpact> {
        let mut origins: BTreeMap<Option<Asn>, PathOriginImpact> = BTreeMap::new();
        for (announcement, cut) in &self.hit {
            let Some(announcement) = self.routes.as_slice().get(*announcement) else {
                continue;
            };
            let impact = (origins.entry(announcement.origin)).or_insert_with(|| PathOriginImpact {
                origin: announcement.origin.map(Asn::into_u32),
                ..PathOriginImpact::default()
            });
            impact.hit += 1;
            impact.cut += u64::from(*cut);
            super::add_addresses(
                announcement.prefix,
                &mut impact.ipv4_addresses,
                &mut impact.ipv6_slash_48s,
            );
        }
        let mut origins: Vec<_> = origins.into_values().collect();
        origins.sort_by_key(|it| std::cmp::Reverse((it.ipv4_addresses, it.ipv6_slash_48s)));
        origins.truncate(limits::LISTED);
        origins
    }

    /// The paths that turn invalid, those of most announcements first.
    fn listed(&self) -> Vec<BrokenPath> {
        let mut turned: Vec<&Moved> = self.turned().collect();
        turned.sort_by_key(|it| (std::cmp::Reverse(self.weight(it.path)), it.path));
        let listed = turned.into_iter().take(limits::LISTED).filter_map(|moved| {
            let path = self.seen.table().get(moved.path);
            Some(BrokenPath {
                path: path.to_string(),
                before: moved.from,
                announcements: self.weight(moved.path),
                why: self.after.why_invalid(path, ASKED)?,
            })
        });
        listed.collect()
    }

    /// Every path whose validity changes, a line each.
    pub(super) fn csv(&self) -> String {
        let mut text = String::from("path,announcements,before,after\n");
        for moved in &self.moved {
            let (path, weight) = (self.seen.table().get(moved.path), self.weight(moved.path));
            let (from, to) = (moved.from.name(), moved.to.name());
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{path},{weight},{from},{to}");
        }
        text
    }
}

fn weights(routes: &RouteTable, seen: &SeenPaths) -> Vec<u64> {
    let mut weights = vec![0; seen.table().len()];
    for announcement in 0..routes.as_slice().len() {
        for path in seen.of(announcement) {
            if let Some(weight) = weights.get_mut(*path as usize) {
                *weight += 1;
            }
        }
    }
    weights
}
