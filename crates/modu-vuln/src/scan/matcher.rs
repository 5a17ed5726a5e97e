//! One component after the other, held against an index.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use super::Undecided;
use crate::advisory::Freshness;
use crate::advisory::osv::Match;
use crate::index::{AdvisoryNumber, Asked, EcosystemNumber, Index};
use crate::inventory::{Component, OsvEcosystem, PackageUrl, Unplaced, normal_name};

/// A component and what is said of it.
pub(crate) struct Scanned<'a> {
    /// Its package URL without version and qualifiers; where that cannot be
    /// read, its name.
    pub(crate) component: &'a str,
    pub(crate) version: Cow<'a, str>,
    pub(crate) verdict: Verdict,
}

/// What came of one component.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Verdict {
    /// A stretch of the hits.
    Affected(u32, u32),
    NotAffected,
    Undecidable(Undecided),
}

/// Holds components against an index.
pub(crate) struct Matcher<'i> {
    index: &'i Index,
    freshness: Freshness,
    /// Advisories that affect a component, its own ascending by identifier.
    hits: Vec<AdvisoryNumber>,
    /// Where hits begin beside which an advisory could not be read.
    unread: HashSet<u32>,
    /// The ecosystems of a release, found once.
    ecosystems: HashMap<String, Vec<EcosystemNumber>>,
    release: String,
    key: Vec<u8>,
}

impl<'i> Matcher<'i> {
    pub(crate) fn new(index: &'i Index, freshness: Freshness) -> Self {
        Self {
            index,
            freshness,
            hits: Vec::new(),
            unread: HashSet::new(),
            ecosystems: HashMap::new(),
            release: String::new(),
            key: Vec::new(),
        }
    }

    /// The advisories of [`Verdict::Affected`].
    pub(crate) fn hits(&self, verdict: Verdict) -> &[AdvisoryNumber] {
        match verdict {
            Verdict::Affected(start, end) => {
                (self.hits.get(start as usize..end as usize)).unwrap_or_default()
            }
            _ => &[],
        }
    }

    pub(crate) fn scan<'a>(&mut self, component: &'a Component<'_>) -> Scanned<'a> {
        let in_list = component.version.as_deref();
        let purl = component.purl.as_deref().map(PackageUrl::parse);
        let Some(Ok(purl)) = purl else {
            return Scanned {
                component: &component.name,
                version: Cow::Borrowed(in_list.unwrap_or_default()),
                verdict: Verdict::Undecidable(Undecided::NoPackageUrl),
            };
        };
        let verdict = self.verdict(&purl, in_list);
        let in_list = in_list.map(Cow::Borrowed);
        Scanned {
            component: purl.package,
            version: purl.version.or(in_list).unwrap_or_default(),
            verdict,
        }
    }

    fn verdict(&mut self, purl: &PackageUrl<'_>, in_list: Option<&str>) -> Verdict {
        let package = match purl.osv() {
            Ok(package) => package,
            Err(Unplaced::UnknownEcosystem) => {
                return Verdict::Undecidable(Undecided::UnknownEcosystem);
            }
            Err(Unplaced::NoRelease) => return Verdict::Undecidable(Undecided::NoRelease),
        };
        let ecosystems = self.ecosystems(&package.ecosystem);
        if ecosystems.is_empty() {
            return Verdict::Undecidable(Undecided::NotCovered);
        }
        let Some(version) = package.version.as_deref().or(in_list) else {
            return Verdict::Undecidable(Undecided::NoVersion);
        };
        let start = self.hits.len();
        let mut unread = false;
        for number in ecosystems {
            unread |= self.held_against(number, &package.name, version);
        }
        self.sort_hits(start);
        let place = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        match (self.hits.len() > start, unread, self.freshness) {
            (true, ..) => {
                if unread {
                    self.unread.insert(place(start));
                }
                Verdict::Affected(place(start), place(self.hits.len()))
            }
            (false, unread, _) => self.without_hits(unread),
        }
    }

    fn without_hits(&self, unread: bool) -> Verdict {
        match (unread, self.freshness) {
            (true, _) => Verdict::Undecidable(Undecided::NotOrdered),
            (false, Freshness::Fresh) => Verdict::NotAffected,
            (false, _) => Verdict::Undecidable(Undecided::Stale),
        }
    }

    /// The verdict with these hits only, where statements cleared others.
    pub(super) fn without(&mut self, verdict: Verdict, kept: &[AdvisoryNumber]) -> Verdict {
        let Verdict::Affected(before, _) = verdict else {
            return verdict;
        };
        let unread = self.unread.contains(&before);
        let place = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        let start = place(self.hits.len());
        self.hits.extend_from_slice(kept);
        match kept.is_empty() {
            true => self.without_hits(unread),
            false => Verdict::Affected(start, place(self.hits.len())),
        }
    }

    /// Adds what affects a package; whether something could not be read.
    fn held_against(&mut self, number: EcosystemNumber, name: &str, version: &str) -> bool {
        let Some((ecosystem, scheme)) = self.index.ecosystem(number) else {
            return false;
        };
        let name = normal_name(ecosystem, name);
        let asked = Asked::new(scheme, version);
        let mut unread = false;
        let matches = (self.index).matches(number, &name, &asked, &mut self.key);
        for (advisory, found) in matches {
            match found {
                Match::Affected => self.hits.push(advisory),
                Match::Undecidable => unread = true,
                Match::NotAffected => {}
            }
        }
        unread
    }

    /// By identifier, each advisory once.
    fn sort_hits(&mut self, start: usize) {
        let fresh = &mut self.hits[start..];
        if fresh.len() < 2 {
            return;
        }
        fresh.sort_unstable_by(|one, other| self.index.id(*one).cmp(self.index.id(*other)));
        let mut kept = start;
        for place in start..self.hits.len() {
            if place == start || self.hits[place] != self.hits[kept - 1] {
                self.hits[kept] = self.hits[place];
                kept += 1;
            }
        }
        self.hits.truncate(kept);
    }

    fn ecosystems(&mut self, meant: &OsvEcosystem<'_>) -> Vec<EcosystemNumber> {
        self.release.clear();
        // Writing to a text does not fail.
        let _ = match meant {
            OsvEcosystem::Whole(name) => write!(self.release, "{name}"),
            OsvEcosystem::Release { family, release } => {
                write!(self.release, "{family}:{release}")
            }
        };
        match self.ecosystems.get(&self.release) {
            Some(known) => known.clone(),
            None => {
                let found = self.index.ecosystems(meant);
                self.ecosystems.insert(self.release.clone(), found.clone());
                found
            }
        }
    }
}
